//! Rounds on hidden test sets. The first one takes commitments before block 10, draws its seed in block 12,
//! and takes a key before block 15 and reveals before block 17.

use super::*;

const KEY: H256 = H256::repeat_byte(2);

fn harness() -> Harness {
	let harness = Harness::new();
	harness.chain.0.lock().unwrap().hidden = true;
	harness
}

impl Harness {
	/// Releases the key in a block.
	fn release(&self, block: BlockNumber) {
		self.chain.0.lock().unwrap().released = Some((block, KEY));
	}

	/// The claim of the first round, once it is revealed.
	fn claim(&self) -> Option<Score> {
		let ledger = self.chain.0.lock().unwrap();
		Some(ledger.rounds.get(&0)?.0.first()?.reveal.as_ref()?.claim)
	}

	fn skipped(&self) -> Option<String> {
		let events = self.events.0.lock().unwrap();
		events.iter().find_map(|event| match event {
			Event::Skipped { reason, .. } => Some(reason.clone()),
			_ => None,
		})
	}
}

fn public() -> Score {
	score(SEED, (0, 1))
}

#[tokio::test]
async fn the_reveal_waits_for_the_key_and_uses_it() {
	let harness = harness();
	let mut trainer = harness.start(1);
	for block in 0..14 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.counts(), (1, 0), "the key is awaited");
	harness.release(14);
	harness.at(&mut trainer, 14).await;
	assert_eq!(harness.claim(), Some(hidden_score(public(), KEY)));
	assert!(trainer.checkpoints.holds > 10, "from the start of the round on");
	for block in 15..22 {
		harness.at(&mut trainer, block).await;
	}
	harness.chain.settle(0, Outcome::Placed);
	harness.at(&mut trainer, 23).await;
	assert!(trainer.is_done());
	assert_eq!(harness.events.names(), ["round_started", "committed", "revealed", "ended"]);
	assert!(trainer.checkpoints.published.is_empty(), "it is not the head");
}

#[tokio::test]
async fn without_a_key_the_public_set_counts_once_the_time_for_it_is_over() {
	for suspended in [false, true] {
		let harness = harness();
		harness.chain.0.lock().unwrap().suspended = suspended;
		let mut trainer = harness.start(1);
		for block in 0..14 {
			harness.at(&mut trainer, block).await;
		}
		assert_eq!(harness.counts(), (1, 0), "a series that nobody waits for may be taken up again");
		harness.at(&mut trainer, 14).await;
		assert_eq!(harness.claim(), Some(public()));
	}
}

#[tokio::test]
async fn on_a_broken_set_the_public_one_counts() {
	let harness = harness();
	harness.release(13);
	let mut trainer = harness.start(1);
	trainer.checkpoints.broken = true;
	for block in 0..15 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.claim(), Some(public()));
}

#[tokio::test]
async fn a_round_without_its_sealed_set_is_skipped_with_the_reason() {
	let harness = harness();
	let mut trainer = harness.start(1);
	trainer.checkpoints.absent = Some("nobody serves it");
	for block in 0..12 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.counts(), (0, 0));
	assert_eq!(harness.events.names(), ["round_started", "skipped"]);
	assert_eq!(harness.skipped().unwrap(), "nobody serves it");
	assert_eq!(trainer.checkpoints.made, 0);
}

#[tokio::test]
async fn a_sealed_set_that_comes_before_the_last_moment_is_waited_for() {
	let harness = harness();
	let mut trainer = harness.start(1);
	// Offers take three blocks, so that one is due from block 4 on.
	trainer.checkpoints.expected = Duration::from_secs(9);
	trainer.checkpoints.absent = Some("it is being fetched");
	for block in 0..6 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!((harness.counts(), harness.skipped()), ((0, 0), None));
	trainer.checkpoints.absent = None;
	harness.at(&mut trainer, 6).await;
	assert_eq!(harness.counts(), (1, 0));
	let entry = trainer.state.entries().values().next().unwrap();
	assert_eq!(entry.spec.sealed.len(), 1);
	assert!(entry.spec.content().contains(&entry.spec.sealed[0]), "it stays on disk");
}

#[tokio::test]
async fn a_restart_between_release_and_reveal_keeps_the_claim_of_the_key() {
	let harness = harness();
	for block in 0..13 {
		harness.at(&mut harness.start(1), block).await;
	}
	harness.release(13);
	harness.chain.0.lock().unwrap().lose = 1;
	harness.at(&mut harness.start(1), 13).await;
	let state = State::open(harness.directory.path(), H256::zero(), 1, &account()).unwrap();
	let expected = Step::Measured { seed: SEED, claim: hidden_score(public(), KEY), key: Some(KEY) };
	assert_eq!(state.entries()[&0].step, expected);
	let mut trainer = harness.start(1);
	// It would find another score, but the claim is measured.
	trainer.checkpoints.broken = true;
	harness.at(&mut trainer, 14).await;
	assert_eq!(harness.claim(), Some(hidden_score(public(), KEY)));
}

#[tokio::test]
async fn a_release_counts_once_it_is_final() {
	let harness = harness();
	harness.chain.0.lock().unwrap().lag = 1;
	harness.release(13);
	let mut trainer = harness.start(1);
	for block in 0..14 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.counts(), (1, 0), "block 13 is not final yet");
	harness.at(&mut trainer, 14).await;
	assert_eq!(harness.claim(), Some(hidden_score(public(), KEY)));
}

#[tokio::test]
async fn a_release_that_a_fork_took_back_is_another_claim() {
	let harness = harness();
	harness.chain.0.lock().unwrap().lag = 100;
	harness.release(13);
	let mut trainer = harness.start(1);
	for block in 0..14 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.counts(), (1, 0));
	// Late enough to use what is not final, but the reveal is lost together with the release.
	harness.chain.0.lock().unwrap().lose = 1;
	harness.at(&mut trainer, 14).await;
	assert_eq!((harness.counts(), harness.claim()), ((1, 1), None));
	harness.chain.0.lock().unwrap().released = None;
	harness.at(&mut trainer, 15).await;
	assert_eq!(harness.claim(), Some(public()));
}
