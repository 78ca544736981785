//! Fetching from providers that work, lie, stall, die, or have only a part.

mod support;

use std::{
	collections::HashSet,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Mutex,
	},
	time::{Duration, Instant},
};

use axum::http::StatusCode;
use descent_content::{serve, BlockId, FetchError, FetchLimits, Progress};
use descent_protocol::LEAF_SIZE;
use support::{
	assert_unavailable, quick, random_bytes, sample, some_of, Blocks, Provider, Reply, TestStore, LEAF,
};

fn quiet(_: Progress) {}

#[tokio::test]
async fn content_of_every_size_comes_from_a_real_gateway() {
	let source = TestStore::new();
	let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
	let shutdown = async move { drop(stopped.await) };
	let (address, task) =
		serve("127.0.0.1:0".parse().unwrap(), source.store.clone(), shutdown).await.unwrap();
	let providers = [format!("http://{address}")];
	for len in [0, 1, LEAF, LEAF + 1, 5 * LEAF + 3] {
		let bytes = random_bytes(len as u64, len);
		let content = source.store.import(bytes.as_slice()).unwrap();
		let test = TestStore::new();
		let seen = Mutex::new(Vec::new());
		let fetcher = test.fetcher(FetchLimits { allow_private: true, ..FetchLimits::default() });
		fetcher.fetch(&content, &providers, |progress| seen.lock().unwrap().push(progress)).await.unwrap();
		assert!(test.store.read(&content, content.size).unwrap() == bytes);
		assert_eq!(test.store.pins(), [content]);
		let seen = seen.into_inner().unwrap();
		assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done));
		let last = seen.last().unwrap();
		// On disk, a node has its length before it.
		let nodes = u64::from(len > LEAF);
		let used = test.store.used_bytes() - 4 * nodes;
		assert_eq!((last.done, last.total, last.downloaded), (content.size, content.size, used));
	}
	drop(stop);
	task.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_the_store_has_is_not_asked_for() {
	let (content, bytes, blocks) = sample(1, 5 * LEAF + 3);
	let provider = Provider::honest(blocks.clone()).await;
	let test = TestStore::new();
	let present = some_of(&content, &blocks, 2);
	test.take(&content, present.clone()).await;
	let fetcher = test.fetcher(quick());
	fetcher.fetch(&content, &[&provider.url], quiet).await.unwrap();
	assert_eq!(provider.requests(), blocks.len() - present.len());
	assert!(present.keys().all(|id| !provider.asked().contains(id)));
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
	fetcher.fetch(&content, &[&provider.url], quiet).await.unwrap();
	fetcher.fetch(&content, &[] as &[&str], quiet).await.unwrap();
	assert_eq!(provider.requests(), blocks.len() - present.len());
}

#[tokio::test]
async fn a_damaged_block_in_the_store_is_fetched_again() {
	let (content, bytes, blocks) = sample(2, 2 * LEAF);
	let provider = Provider::honest(blocks.clone()).await;
	let test = TestStore::new();
	let fetcher = test.fetcher(quick());
	fetcher.fetch(&content, &[&provider.url], quiet).await.unwrap();
	let used = test.store.used_bytes();
	test.damage(&content, LEAF + 1);
	// Nobody has looked at it since, so that it counts as whole.
	fetcher.fetch(&content, &[&provider.url], quiet).await.unwrap();
	assert_eq!(provider.requests(), blocks.len());
	test.store.read(&content, u64::MAX).unwrap_err();
	assert_eq!(test.store.used_bytes(), used - LEAF_SIZE);
	fetcher.fetch(&content, &[&provider.url], quiet).await.unwrap();
	assert_eq!(provider.requests(), blocks.len() + 1);
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
	assert_eq!(test.store.used_bytes(), used);
}

#[tokio::test]
async fn a_liar_is_found_out_and_left() {
	let (content, bytes, blocks) = sample(3, 6 * LEAF + 1);
	for lie in [|| Reply::Corrupt, || Reply::Endless] {
		let liar = Provider::start(blocks.clone(), move |_, _| lie()).await;
		let honest = Provider::honest(blocks.clone()).await;
		let test = TestStore::new();
		let limits = quick();
		let slots = limits.requests_per_provider;
		let fetcher = test.fetcher(limits);
		fetcher.fetch(&content, &[&liar.url, &honest.url], quiet).await.unwrap();
		assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
		assert!((1..=slots).contains(&liar.requests()), "{} requests to a liar", liar.requests());
		assert_eq!(honest.requests(), blocks.len());
	}
}

#[tokio::test]
async fn only_liars_make_content_unavailable_at_once() {
	let (content, _, blocks) = sample(4, 2 * LEAF);
	let liar = Provider::start(blocks, |_, _| Reply::Corrupt).await;
	let test = TestStore::new();
	let limits = FetchLimits { patience: Duration::from_secs(3600), ..quick() };
	let (done, reason, _) =
		assert_unavailable(test.fetcher(limits).fetch(&content, &[&liar.url], quiet).await);
	assert_eq!((done, test.store.used_bytes(), liar.requests()), (0, 0, 1));
	assert!(reason.contains("something else than block"), "{reason}");
}

#[tokio::test]
async fn stalling_and_failing_providers_do_not_stop_an_honest_one() {
	let (content, bytes, blocks) = sample(5, 9 * LEAF);
	let stalling = Provider::start(blocks.clone(), |_, _| Reply::Stall).await;
	let cutting = Provider::start(blocks.clone(), |_, _| Reply::Cut).await;
	let failing = Provider::start(blocks.clone(), |_, _| Reply::Status(StatusCode::BAD_GATEWAY)).await;
	let honest = Provider::honest(blocks.clone()).await;
	let gone = "http://127.0.0.1:1".to_owned();
	let urls = [&gone, &stalling.url, &cutting.url, &failing.url, &honest.url];
	let test = TestStore::new();
	let started = Instant::now();
	test.fetcher(quick()).fetch(&content, &urls, quiet).await.unwrap();
	assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
	assert_eq!(honest.requests(), blocks.len());
}

#[tokio::test]
async fn a_fetch_whose_provider_dies_is_resumed_from_another() {
	let (content, bytes, blocks) = sample(6, 8 * LEAF + 5);
	let dying =
		Provider::start(blocks.clone(), |before, _| if before < 4 { Reply::Honest } else { Reply::Cut })
			.await;
	let test = TestStore::new();
	let limits = FetchLimits { requests_per_provider: 1, patience: Duration::from_secs(3), ..quick() };
	let fetcher = test.fetcher(limits);
	let (done, reason, _) = assert_unavailable(fetcher.fetch(&content, &[&dying.url], quiet).await);
	// The root and three leaves came; the short last leaf may be one of them.
	assert!([3 * LEAF_SIZE, 2 * LEAF_SIZE + 5].contains(&done), "{done}");
	assert!(reason.contains("failed on block"), "{reason}");
	assert!(test.store.pins().is_empty());
	let other = Provider::honest(blocks.clone()).await;
	fetcher.fetch(&content, &[&dying.url, &other.url], quiet).await.unwrap();
	assert_eq!(other.requests(), blocks.len() - 4);
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
}

#[tokio::test]
async fn two_halves_make_a_whole() {
	let (content, bytes, blocks) = sample(7, 12 * LEAF);
	let (mut first, mut second) = (Blocks::new(), Blocks::new());
	for (index, (id, block)) in blocks.iter().enumerate() {
		let half = if index % 2 == 0 { &mut first } else { &mut second };
		half.insert(*id, block.clone());
	}
	let (first, second) = (Provider::honest(first).await, Provider::honest(second).await);
	let test = TestStore::new();
	test.fetcher(quick()).fetch(&content, &[&first.url, &second.url], quiet).await.unwrap();
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
	let alone = TestStore::new();
	let limits = FetchLimits { patience: Duration::from_secs(3), ..quick() };
	let (done, reason, _) =
		assert_unavailable(alone.fetcher(limits).fetch(&content, &[&first.url], quiet).await);
	assert!(done < content.size && reason.contains("does not have block"), "{done}: {reason}");
}

#[tokio::test]
async fn a_block_that_appears_later_is_found() {
	let (content, bytes, blocks) = sample(8, 2 * LEAF);
	let root = BlockId::from(&content);
	let asked = Arc::new(Mutex::new(HashSet::new()));
	let provider = Provider::start(blocks, move |_, id| {
		let known = !asked.lock().unwrap().insert(*id);
		if known || *id == root {
			Reply::Honest
		} else {
			Reply::Absent
		}
	});
	let provider = provider.await;
	let test = TestStore::new();
	test.fetcher(quick()).fetch(&content, &[&provider.url], quiet).await.unwrap();
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
}

#[tokio::test]
async fn repeated_leaves_are_fetched_once() {
	let source = TestStore::new();
	let content = source.store.import(&vec![0; 9 * LEAF][..]).unwrap();
	let blocks = support::blocks_of(&source.store, &content);
	let provider = Provider::honest(blocks.clone()).await;
	let test = TestStore::new();
	let last = Mutex::new(Progress::default());
	let fetcher = test.fetcher(quick());
	fetcher.fetch(&content, &[&provider.url], |progress| *last.lock().unwrap() = progress).await.unwrap();
	assert_eq!((provider.requests(), blocks.len()), (2, 2));
	assert_eq!(last.into_inner().unwrap().done, content.size);
}

#[tokio::test]
async fn a_redirect_is_final_and_its_address_is_told() {
	let (content, _, blocks) = sample(9, 10);
	let target = Provider::honest(blocks.clone()).await;
	let to = target.url.replace("://", "://user:secret@");
	let redirecting = Provider::start(blocks, move |_, _| Reply::Redirect(to.clone())).await;
	let test = TestStore::new();
	let limits = FetchLimits { patience: Duration::from_secs(3600), ..quick() };
	let (_, reason, answered) =
		assert_unavailable(test.fetcher(limits).fetch(&content, &[&redirecting.url], quiet).await);
	let expected = format!("it redirects to {}: name that address as the provider", target.url);
	assert!(reason.contains(&expected) && reason.contains(&redirecting.url), "{reason}");
	assert!(answered && !reason.contains("secret"), "{reason}");
	assert_eq!((target.requests(), redirecting.requests()), (0, 1));
}

/// A host name is refused when it is resolved, and an address that is written out before.
#[tokio::test]
async fn private_addresses_are_not_asked_unless_allowed() {
	let (content, _, blocks) = sample(14, 10);
	let provider = Provider::honest(blocks).await;
	let by_name = provider.url.replace("127.0.0.1", "localhost");
	let limits = FetchLimits { allow_private: false, patience: Duration::from_secs(3600), ..quick() };
	for url in [&provider.url, &by_name] {
		let test = TestStore::new();
		let fetched = test.fetcher(limits.clone()).fetch(&content, &[url], quiet).await;
		let (_, reason, answered) = assert_unavailable(fetched);
		assert!(reason.contains("--allow-private") && reason.contains(url) && !answered, "{reason}");
	}
	assert_eq!(provider.requests(), 0);
	TestStore::new().fetcher(quick()).fetch(&content, &[by_name], quiet).await.unwrap();
}

#[tokio::test]
async fn nobody_to_ask_is_unavailable_at_once() {
	let (content, _, _) = sample(10, 10);
	let test = TestStore::new();
	for urls in [&[][..], &["", "ftp://127.0.0.1/", "127.0.0.1:80", "http://"]] {
		assert_unavailable(
			test.fetcher(FetchLimits { allow_private: true, ..FetchLimits::default() })
				.fetch(&content, urls, quiet)
				.await,
		);
	}
}

#[tokio::test]
async fn the_deadline_holds_though_blocks_trickle_in() {
	let (content, _, blocks) = sample(11, 8 * LEAF);
	let root = BlockId::from(&content);
	let trickling =
		Provider::start(
			blocks,
			move |before, id| {
				if *id == root || before % 3 == 0 {
					Reply::Honest
				} else {
					Reply::Stall
				}
			},
		);
	let trickling = trickling.await;
	let test = TestStore::new();
	let limits = FetchLimits {
		deadline: Duration::from_secs(2),
		request_timeout: Duration::from_millis(500),
		requests_per_provider: 1,
		..quick()
	};
	let started = Instant::now();
	let (done, _, _) =
		assert_unavailable(test.fetcher(limits).fetch(&content, &[&trickling.url], quiet).await);
	assert!(started.elapsed() < Duration::from_secs(10) && done < content.size, "{:?}", started.elapsed());
}

#[tokio::test]
async fn too_large_content_is_refused_without_a_request() {
	let (content, _, blocks) = sample(12, 2 * LEAF);
	let provider = Provider::honest(blocks).await;
	let test = TestStore::new();
	let limits = FetchLimits { max_content_bytes: content.size - 1, ..quick() };
	let error = test.fetcher(limits).fetch(&content, &[&provider.url], quiet).await.unwrap_err();
	assert!(
		matches!(error, FetchError::TooLarge { size, limit } if size == content.size && limit == size - 1)
	);
	let small = TestStore::with_cap(content.size - 1);
	let error = small.fetcher(quick()).fetch(&content, &[&provider.url], quiet).await.unwrap_err();
	assert!(matches!(error, FetchError::Io(_)) && error.to_string().contains("raise the cap"), "{error}");
	assert_eq!(provider.requests(), 0);
	small.store.import(&random_bytes(1, LEAF / 2)[..]).unwrap();
	let tight = FetchLimits { max_content_bytes: 1 << 30, ..quick() };
	let nearly_full = TestStore::with_cap(content.size + 1);
	nearly_full.store.import(&random_bytes(2, LEAF)[..]).unwrap();
	let error = nearly_full.fetcher(tight).fetch(&content, &[&provider.url], quiet).await.unwrap_err();
	assert!(matches!(error, FetchError::Io(_)), "{error}");
	assert!(nearly_full.store.used_bytes() <= nearly_full.store.max_bytes());
}

/// A collection in the middle of a fetch takes strays, not the blocks that the fetch has brought or found.
#[tokio::test]
async fn gc_spares_a_fetch_under_way() {
	let (content, bytes, blocks) = sample(13, 6 * LEAF);
	let provider = Provider::honest(blocks.clone()).await;
	let test = TestStore::new();
	let (stray, _, strays) = sample(14, 2 * LEAF);
	test.take(&stray, some_of(&stray, &strays, 1)).await;
	let store = test.store.clone();
	let freed = Arc::new(AtomicU64::new(0));
	let counted = freed.clone();
	let collect = move |_| {
		counted.fetch_add(store.gc().unwrap(), Ordering::SeqCst);
	};
	let (fetcher, url) = (test.fetcher(quick()), provider.url.clone());
	let fetch = tokio::spawn(async move { fetcher.fetch(&content, &[url], collect).await });
	fetch.await.unwrap().unwrap();
	assert_eq!(provider.requests(), blocks.len());
	assert!(!test.store.has(&BlockId::from(&stray)).unwrap() && !test.part(&stray).exists());
	assert!((LEAF_SIZE..2 * LEAF_SIZE).contains(&freed.load(Ordering::SeqCst)));
	assert!(test.store.read(&content, u64::MAX).unwrap() == bytes);
}
