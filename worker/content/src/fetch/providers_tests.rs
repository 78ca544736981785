use super::*;
use descent_protocol::Codec;
use std::collections::HashMap;

fn providers(urls: &[&str], per_origin: usize) -> Providers {
	Providers::new(urls, &[] as &[&str], None, per_origin, true)
}

#[test]
fn only_http_urls_count_and_each_once() {
	let long = format!("http://a/{}", "x".repeat(1024));
	let urls =
		["http://a:1", "https://b/base/", "http://a:1/", "ftp://c", "file:///etc/passwd", "", "a:1", &long];
	let known = providers(&urls, 1);
	assert_eq!(known.all.len(), 2);
	assert!(known.fault().unwrap().contains("is not an http(s) URL"));
	let id = BlockId::of(Codec::Raw, b"x");
	assert_eq!(known.url(0, &id).as_str(), format!("http://a:1/ipfs/{id}?format=raw"));
	assert_eq!(known.url(1, &id).as_str(), format!("https://b/base/ipfs/{id}?format=raw"));
	let many: Vec<_> = (1..100).map(|port| format!("http://a:{port}")).collect();
	let peers: Vec<_> = (100..300).map(|port| format!("http://a:{port}")).collect();
	let all = Providers::new(&many, &peers, None, 1, true);
	assert_eq!(all.all.len(), 2 * MAX_PROVIDERS);
	let mut last = ProviderSet::default();
	last.insert(all.all.len() - 1);
	assert!(last.contains(2 * MAX_PROVIDERS - 1));
}

#[test]
fn the_own_gateway_has_a_part_and_is_not_asked() {
	let peers: Vec<_> = (1..=80).map(|port| format!("http://a:{port}")).collect();
	let mut all = Providers::new(&["http://p"; 1], &peers, Some("http://a:7/"), 2, true);
	assert_eq!((all.fetchers(), all.all.len()), (65, 66));
	let (now, nobody) = (Instant::now(), ProviderSet::default());
	let own = all.all.iter().position(|p| p.kind == Kind::Own).unwrap();
	assert_eq!(all.all.iter().filter(|p| p.base.port() == Some(7)).count(), 1);
	let mut counts = HashMap::new();
	for block in 0u32..6_500 {
		let id = BlockId::of(Codec::Raw, &block.to_le_bytes());
		let who = all.responsible(&id.digest, now).unwrap();
		assert_ne!(who, Responsible::Peer(own));
		let taken = all.take_for(who, 1, nobody, now).unwrap();
		match who {
			Responsible::Own => assert_eq!(all.kind(taken), Kind::Provider),
			Responsible::Peer(peer) => assert_eq!(taken, peer),
		}
		assert_eq!(all.take_for(who, 1, nobody, now), None, "one at a time");
		all.overtaken(taken, Duration::ZERO);
		*counts.entry(taken).or_insert(0) += 1;
	}
	assert_eq!(counts.len(), 65);
	// The part of a peer that fails falls to others.
	let id = BlockId::of(Codec::Raw, b"x");
	let mut failed = Vec::new();
	while let Some(Responsible::Peer(peer)) = all.responsible(&id.digest, now) {
		assert!(!failed.contains(&peer));
		all.take_for(Responsible::Peer(peer), 1, nobody, now).unwrap();
		all.refused(peer, &Refusal::Failed("reset".into()), now);
		failed.push(peer);
	}
	assert_eq!(all.responsible(&id.digest, now), Some(Responsible::Own));
}

#[test]
fn liars_and_redirects_go_for_good_and_failures_pause() {
	let mut providers = providers(&["http://a", "http://b", "http://c"], 2);
	let now = Instant::now();
	let nobody = ProviderSet::default();
	let take = |providers: &mut Providers| providers.take(Kind::Provider, nobody, now);
	assert_eq!(
		[take(&mut providers), take(&mut providers), take(&mut providers)],
		[Some(0), Some(1), Some(2)]
	);
	providers.refused(0, &Refusal::WrongBytes, now);
	providers.refused(2, &Refusal::Final("it redirects".into()), now);
	providers.refused(1, &Refusal::Failed("reset".into()), now);
	assert!(take(&mut providers).is_none() && !providers.exhausted());
	let later = providers.next_ready(now).unwrap();
	assert_eq!(later, now + FIRST_PAUSE);
	assert_eq!(providers.take(Kind::Provider, nobody, later), Some(1));
	let second = providers.take(Kind::Provider, nobody, later);
	assert_eq!(second, None, "one request at a time after a failure");
	providers.delivered(1, Duration::from_millis(1));
	assert_eq!(providers.all[1].failures, 0);
	let mut asked = nobody;
	asked.insert(1);
	assert!(providers.all_in(asked) && !providers.all_in(nobody));
	assert_eq!(providers.take(Kind::Provider, asked, later), None);
}

#[test]
fn doubtful_providers_get_only_what_nobody_else_may_have() {
	let mut providers = providers(&["http://a", "http://b"], 2);
	let mut now = Instant::now();
	let (mut not_b, nobody) = (ProviderSet::default(), ProviderSet::default());
	not_b.insert(1);
	let failed = Refusal::Failed("reset".into());
	let take = |providers: &mut Providers, asked, now| providers.take(Kind::Provider, asked, now);
	let side_by_side = [take(&mut providers, not_b, now), take(&mut providers, not_b, now)];
	assert_eq!(side_by_side, [Some(0), Some(0)]);
	providers.refused(0, &failed, now);
	providers.refused(0, &failed, now);
	assert_eq!(providers.all[0].failures, 1, "requests made side by side fail together");
	now += MAX_PAUSE;
	assert_eq!(take(&mut providers, not_b, now), Some(0));
	providers.refused(0, &failed, now);
	now += MAX_PAUSE;
	assert_eq!(take(&mut providers, nobody, now), Some(1));
	assert_eq!(take(&mut providers, nobody, now), Some(1));
	assert_eq!(take(&mut providers, nobody, now), None, "rather wait for b than ask a");
	assert_eq!(take(&mut providers, not_b, now), Some(0));
}

#[test]
fn a_provider_that_stalls_is_asked_last_for_a_while() {
	let mut providers = providers(&["http://a", "http://b"], 1);
	let now = Instant::now();
	let nobody = ProviderSet::default();
	assert_eq!(providers.take(Kind::Provider, nobody, now), Some(0));
	providers.stalls(0, now);
	providers.overtaken(0, Duration::from_secs(1));
	assert_eq!(providers.take(Kind::Provider, nobody, now), Some(1));
	assert_eq!(providers.take(Kind::Provider, nobody, now), None);
	providers.delivered(1, Duration::from_millis(10));
	let later = now + SLOW;
	assert_eq!(providers.take(Kind::Provider, nobody, later), Some(1), "the quicker one comes first");
	assert_eq!(providers.take(Kind::Provider, nobody, later), Some(0));
}

#[test]
fn an_origin_has_its_slots_however_many_urls_name_it() {
	let mut providers = providers(&["http://a/1", "http://a/2", "http://a:80/3", "http://b"], 2);
	let now = Instant::now();
	let nobody = ProviderSet::default();
	let taken: Vec<_> = std::iter::from_fn(|| providers.take(Kind::Provider, nobody, now)).collect();
	assert_eq!(taken.len(), 4);
	assert_eq!(taken.iter().filter(|index| **index == 3).count(), 2);
	providers.delivered(taken[0], Duration::from_millis(1));
	assert!(providers.take(Kind::Provider, nobody, now).is_some());
}

#[test]
fn who_asks_for_a_pause_gets_it_without_a_strike() {
	let mut providers = providers(&["http://a"], 2);
	let now = Instant::now();
	let nobody = ProviderSet::default();
	assert_eq!(providers.take(Kind::Provider, nobody, now), Some(0));
	providers.refused(0, &Refusal::Busy(Duration::from_secs(7)), now);
	assert_eq!(providers.next_ready(now), Some(now + Duration::from_secs(7)));
	assert_eq!(providers.all[0].failures, 0);
	let later = now + Duration::from_secs(7);
	assert_eq!(providers.take(Kind::Provider, nobody, now), None);
	let both = [(); 2].map(|()| providers.take(Kind::Provider, nobody, later));
	assert_eq!(both, [Some(0), Some(0)]);
}

#[test]
fn a_peer_without_the_block_is_no_failure_and_pauses_briefly() {
	let mut providers = Providers::new(&["http://a"], &["http://p"], None, 2, true);
	let now = Instant::now();
	let nobody = ProviderSet::default();
	assert_eq!(providers.take(Kind::Peer, nobody, now), Some(1));
	assert_eq!(providers.take(Kind::Peer, nobody, now), None, "one at a time until it has had a block");
	providers.refused(1, &Refusal::Absent, now);
	assert_eq!(providers.all[1].failures, 0);
	assert_eq!(providers.take(Kind::Peer, nobody, now), None);
	let later = now + FIRST_ABSENCE;
	assert_eq!(providers.take(Kind::Peer, nobody, later), Some(1));
	providers.delivered(1, Duration::from_millis(1));
	let both = [(); 2].map(|()| providers.take(Kind::Peer, nobody, later));
	assert_eq!(both, [Some(1), Some(1)]);
}
