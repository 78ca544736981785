use super::*;
use crate::test_log::LogFolder;
use std::future::pending;

/// A client for a group whose log has three deltas, which `providers` serve.
fn client(folder: &LogFolder, log: &[LogEntryView], providers: &[String]) -> DatasetClient {
	let (store, cache) = open_folder(&folder.path("data"), 1 << 30).unwrap();
	let limits =
		FetchLimits { patience: Duration::from_millis(300), allow_private: true, ..FetchLimits::default() };
	DatasetClient {
		group: 0,
		providers: providers.to_vec(),
		log: log.to_vec(),
		description: folder.description(),
		fetcher: Fetcher::new(store, limits).unwrap(),
		cache: Arc::new(cache),
		scratch: folder.path("data/scratch"),
	}
}

#[tokio::test]
async fn every_version_comes_from_the_log_and_those_who_serve_it() {
	let source = LogFolder::new();
	let mut log = source.log(&[(&[1, 2, 3], &[]), (&[4], &[1]), (&[5], &[])]);
	let served = Store::open(source.path("store"), 1 << 30).unwrap();
	for version in 1..=3 {
		served.import_path(source.path(&format!("{version}.parquet"))).unwrap();
	}
	let free = "127.0.0.1:0".parse().unwrap();
	let (address, gateway) = descent_content::serve(free, served, pending()).await.unwrap();
	let (serving, silent) = (format!("http://{address}"), String::from("http://127.0.0.1:9"));
	// the last delta's proposer is the only one that serves it
	log[2].providers = vec![serving.clone()];
	let steps: OnStep = Arc::new(|_| ());

	let folder = LogFolder::new();
	let dataset = client(&folder, &log, &[serving.clone(), silent.clone()]);
	let second = dataset.version(2, &steps).await.unwrap();
	assert_eq!((second.root(), second.len()), (log[1].root, 3));
	let error = dataset.version(4, &steps).await.unwrap_err();
	assert!(error.to_string().contains("has the versions 1 to 3, but no version 4"));
	assert!(dataset.version(0, &steps).await.is_err());
	drop(dataset);

	let dataset = client(&folder, &log, std::slice::from_ref(&silent));
	let third = dataset.version(3, &steps).await.unwrap();
	assert_eq!((third.root(), third.len()), (log[2].root, 4));
	drop(dataset);

	gateway.abort();
	let dataset = client(&folder, &log, std::slice::from_ref(&silent));
	for (version, entry) in log.iter().enumerate() {
		let set = dataset.version(version as u32 + 1, &steps).await.unwrap();
		assert_eq!(set.root(), entry.root, "deltas and versions that are here need nobody");
	}
	assert_eq!(std::fs::read_dir(folder.path("data/scratch")).unwrap().count(), 0);

	let elsewhere = LogFolder::new();
	let error = client(&elsewhere, &log, &[silent]).version(1, &steps).await;
	let error = format!("{:#}", error.unwrap_err());
	assert!(error.starts_with("the delta 1 cannot be had: "), "{error}");
}

#[tokio::test]
async fn proposed_content_is_written_once_it_is_checked() {
	let source = LogFolder::new();
	let log = source.log(&[(&[1, 2], &[])]);
	let served = Store::open(source.path("store"), 1 << 30).unwrap();
	let content = served.import(&b"a proposed delta"[..]).unwrap();
	let (address, gateway) =
		descent_content::serve("127.0.0.1:0".parse().unwrap(), served, pending()).await.unwrap();
	let own = [format!("http://{address}")];
	let steps: OnStep = Arc::new(|_| ());
	let folder = LogFolder::new();
	let dataset = client(&folder, &log, &[]);
	let out = folder.path("out");
	dataset.content("proposed delta", &content, &own, &out, &steps).await.unwrap();
	assert_eq!(std::fs::read(&out).unwrap(), b"a proposed delta");
	std::fs::remove_file(&out).unwrap();
	let other = ContentRef::raw(b"what nobody serves").unwrap();
	let error = dataset.content("proposed delta", &other, &own, &out, &steps).await.unwrap_err();
	assert_eq!(error.to_string(), "the proposed delta cannot be had");
	assert!(!out.exists());
	gateway.abort();
}

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
