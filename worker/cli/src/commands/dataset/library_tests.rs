use super::super::testing::Folder;
use super::*;
use crate::fixtures::group;
use std::future::pending;

#[test]
fn the_cache_is_the_user_s() {
	let path = |text: &str| Some(OsString::from(text));
	let expected = |text: &str| Some(PathBuf::from(text));
	assert_eq!(cache(path("/c"), path("/home/u")), expected("/c/descent/datasets"));
	for none in [None, path(""), path("relative")] {
		assert_eq!(cache(none.clone(), path("/home/u")), expected("/home/u/.cache/descent/datasets"));
		assert_eq!(cache(none, None), None);
	}
	assert_eq!(cache(None, path("")), None);
}

/// A library of a group whose log has three deltas, which `providers` serve.
fn library(folder: &Folder, log: &[LogEntryView], providers: &[String]) -> Library {
	let scratch = folder.path("scratch");
	std::fs::create_dir_all(&scratch).unwrap();
	let store = Store::open(folder.path("content"), 1 << 30).unwrap();
	let limits = FetchLimits { patience: Duration::from_millis(300), ..FetchLimits::default() };
	Library {
		group: GroupView { providers: providers.to_vec(), ..group() },
		log: log.to_vec(),
		fetcher: Fetcher::new(store, limits).unwrap(),
		shelf: Shelf::open(&folder.path("sets"), &folder.schema()).unwrap(),
		scratch,
	}
}

#[tokio::test]
async fn every_version_comes_from_the_log_and_those_who_serve_it() {
	let source = Folder::new();
	let mut log = source.log(&[(&[1, 2, 3], &[]), (&[4], &[1]), (&[5], &[])]);
	let served = Store::open(source.path("store"), 1 << 30).unwrap();
	for version in 1..=3 {
		served.import_path(source.path(&format!("{version}.parquet"))).unwrap();
	}
	let free = "127.0.0.1:0".parse().unwrap();
	let (address, gateway) = descent_content::serve(free, served, pending()).await.unwrap();
	let (serving, silent) = (format!("http://{address}"), String::from("http://127.0.0.1:9"));
	// the last delta's proposer serves it, and nobody else
	log[2].providers = vec![serving.clone()];
	let output = Output::new(true);

	let folder = Folder::new();
	let group = library(&folder, &log, &[serving.clone(), silent.clone()]);
	let second = group.version(2, &output).await.unwrap();
	assert_eq!((second.root(), second.len()), (log[1].root, 3));
	let error = group.version(4, &output).await.unwrap_err();
	assert!(error.to_string().contains("has the versions 1 to 3, but no version 4"));
	assert!(group.version(0, &output).await.is_err());
	drop(group);

	let group = library(&folder, &log, std::slice::from_ref(&silent));
	let third = group.version(3, &output).await.unwrap();
	assert_eq!((third.root(), third.len()), (log[2].root, 4));
	drop(group);

	gateway.abort();
	let group = library(&folder, &log, std::slice::from_ref(&silent));
	for (version, entry) in log.iter().enumerate() {
		let set = group.version(version as u32 + 1, &output).await.unwrap();
		assert_eq!(set.root(), entry.root, "deltas and versions that are here need nobody");
	}
	assert_eq!(super::super::testing::names(&folder.path("scratch")), [""; 0]);

	let elsewhere = Folder::new();
	let error = library(&elsewhere, &log, &[silent]).version(1, &output).await;
	let error = format!("{:#}", error.unwrap_err());
	assert!(error.starts_with("the delta 1 cannot be had: "), "{error}");
}
