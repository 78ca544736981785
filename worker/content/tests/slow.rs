//! Fetching beside providers that are silent, slow or busy: one good provider is enough.

mod support;

use std::{
	net::TcpListener,
	time::{Duration, Instant},
};

use axum::http::StatusCode;
use descent_content::{FetchLimits, Progress};
use support::{assert_unavailable, quick, sample, Provider, Reply, TestStore, LEAF};

fn quiet(_: Progress) {}

/// The limits that users have.
fn usual() -> FetchLimits {
	FetchLimits { allow_private: true, ..FetchLimits::default() }
}

/// Fetches from these providers, and returns the time that it took.
async fn timed(limits: FetchLimits, content: &descent_protocol::ContentRef, urls: &[&str]) -> Duration {
	let test = TestStore::new();
	let started = Instant::now();
	test.fetcher(limits).fetch(content, urls, quiet).await.unwrap();
	started.elapsed()
}

#[tokio::test]
async fn a_silent_or_dripping_provider_costs_less_than_two_seconds() {
	let (content, _, blocks) = sample(1, 5 * LEAF);
	let good = Provider::honest(blocks.clone()).await;
	for reply in [|| Reply::Stall, || Reply::Drip] {
		let slow = Provider::start(blocks.clone(), move |_, _| reply()).await;
		for urls in [[slow.url.as_str(), &good.url], [&good.url, slow.url.as_str()]] {
			let took = timed(usual(), &content, &urls).await;
			assert!(took < Duration::from_secs(2), "{took:?}");
		}
	}
}

/// It takes connections and never answers, from the first block on or after some good ones.
#[tokio::test]
async fn a_provider_that_falls_silent_is_left() {
	let (content, _, blocks) = sample(2, 12 * LEAF);
	let good = Provider::honest(blocks.clone()).await;
	let falling = Provider::start(blocks, |before, _| if before < 3 { Reply::Honest } else { Reply::Stall });
	let falling = falling.await;
	let took = timed(usual(), &content, &[&falling.url, &good.url]).await;
	assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn many_silent_providers_cost_a_few_seconds_though_few_requests_are_allowed() {
	let (content, _, blocks) = sample(3, 3 * LEAF);
	let good = Provider::honest(blocks).await;
	let silent: Vec<_> = (0..15).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
	let mut urls: Vec<_> =
		silent.iter().map(|silent| format!("http://{}", silent.local_addr().unwrap())).collect();
	urls.push(good.url.clone());
	let urls: Vec<_> = urls.iter().map(String::as_str).collect();
	let took = timed(FetchLimits { requests: 4, ..usual() }, &content, &urls).await;
	assert!(took < Duration::from_secs(5), "{took:?}");
}

/// Each block would take ten seconds.
#[tokio::test]
async fn a_slow_provider_is_overtaken() {
	let (content, _, blocks) = sample(4, 4 * LEAF);
	let good = Provider::honest(blocks.clone()).await;
	let slow = Provider::start(blocks, |_, _| Reply::Trickle).await;
	let took = timed(usual(), &content, &[&slow.url, &good.url]).await;
	assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_slow_provider_alone_is_enough() {
	let (content, _, blocks) = sample(5, LEAF / 4);
	let slow = Provider::start(blocks, |_, _| Reply::Trickle).await;
	let took = timed(usual(), &content, &[&slow.url]).await;
	assert!(took > Duration::from_secs(2), "{took:?}");
	assert_eq!(slow.requests(), 1);
}

#[tokio::test]
async fn a_retry_after_is_obeyed() {
	let (content, _, blocks) = sample(6, 3 * LEAF);
	let good = Provider::honest(blocks.clone()).await;
	let busy = Provider::start(blocks.clone(), |_, _| Reply::RetryAfter("3600".into())).await;
	let took = timed(usual(), &content, &[&busy.url, &good.url]).await;
	assert!(took < Duration::from_secs(2), "{took:?}");
	assert!(busy.requests() <= 4);
	let soon =
		Provider::start(
			blocks,
			|before, _| {
				if before == 0 {
					Reply::RetryAfter("2".into())
				} else {
					Reply::Honest
				}
			},
		);
	let soon = soon.await;
	let took = timed(usual(), &content, &[&soon.url]).await;
	assert!(took >= Duration::from_secs(2), "{took:?}");
}

/// Whoever gets no answer at all from anyone may have no network.
#[tokio::test]
async fn it_is_told_if_anyone_answered() {
	let (content, _, blocks) = sample(7, 10);
	let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
	let silent = TcpListener::bind("127.0.0.1:0").unwrap();
	let limits = FetchLimits { patience: Duration::from_secs(2), ..quick() };
	let dead = [format!("http://{closed}"), format!("http://{}", silent.local_addr().unwrap())];
	let fetch = async |urls: Vec<&str>| {
		let test = TestStore::new();
		let fetched = test.fetcher(limits.clone()).fetch(&content, &urls, quiet).await;
		assert_unavailable(fetched).2
	};
	assert!(!fetch(vec![]).await);
	assert!(!fetch(vec![&dead[0], &dead[1]]).await);
	let failing = Provider::start(blocks.clone(), |_, _| Reply::Status(StatusCode::BAD_GATEWAY)).await;
	assert!(fetch(vec![&dead[0], &failing.url]).await);
	let dripping = Provider::start(blocks, |_, _| Reply::Drip).await;
	assert!(fetch(vec![&dripping.url]).await, "the head of an answer is one");
}

#[tokio::test]
async fn an_earlier_deadline_says_what_came() {
	let (content, _, blocks) = sample(8, 2 * LEAF);
	let dripping = Provider::start(blocks, |_, _| Reply::Drip).await;
	let test = TestStore::new();
	let until = tokio::time::Instant::now() + Duration::from_secs(1);
	let fetcher = test.fetcher(usual()).until(until);
	// A busy machine may take a while to notice.
	let late = until + Duration::from_secs(10);
	let fetched = tokio::time::timeout_at(late, fetcher.fetch(&content, &[&dripping.url], quiet)).await;
	let (done, _, answered) = assert_unavailable(fetched.expect("it ends by itself"));
	assert!(done == 0 && answered);
}
