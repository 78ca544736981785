//! Rounds of a group whose checkpoints come with a recorded training.

use super::*;
use crate::recorded::RoundWatch;
use descent_protocol::{
	trace::{submission_hash, Base, RecipeRule, WorkReward},
	OptionalRule, Share,
};

fn recorded() -> Harness {
	let harness = Harness::new();
	harness.chain.0.lock().unwrap().recorded = true;
	harness
}

fn skipped(harness: &Harness) -> String {
	match harness.events.0.lock().unwrap().last() {
		Some(Event::Skipped { reason, .. }) => reason.clone(),
		other => panic!("{other:?}"),
	}
}

#[tokio::test]
async fn the_commitment_binds_the_recording_and_the_reveal_shows_the_drawn_segment() {
	let harness = recorded();
	let mut trainer = harness.start(1);
	for block in 0..12 {
		harness.at(&mut trainer, block).await;
	}
	let entry = trainer.state.entries()[&0].clone();
	let digest = entry.checkpoint.digest;
	let bound = submission_hash(digest, &recipe(), &trace(digest));
	let hash = |bound| descent_protocol::commitment_hash(H256::zero(), 1, 0, &account(), bound, &entry.salt);
	assert_eq!(entry.commitment, hash(bound));
	let committed = harness.events.0.lock().unwrap().last().cloned();
	assert!(matches!(committed, Some(Event::Committed { segments: Some(5), .. })), "{committed:?}");
	for block in 12..22 {
		harness.at(&mut trainer, block).await;
	}
	// The chain has checked it against the seed.
	assert_eq!(harness.chain.0.lock().unwrap().recordings.len(), 1);
	let shown = trainer.state.entries()[&0].shown.clone();
	assert!(!shown.is_empty() && shown.iter().all(|state| trainer.checkpoints.published.contains(state)));
	harness.chain.settle(0, Outcome::NotBetter);
	harness.at(&mut trainer, 23).await;
	assert!(trainer.is_done() && trainer.checkpoints.published.is_empty());
	let submission = Submission::new(entry.checkpoint, 5);
	let (revealed, over) = (Submission { revealed: true, ..submission }, true);
	let confirmed = true;
	let noted: Vec<_> = trainer.checkpoints.noted.iter().map(|(_, noted)| *noted).collect();
	assert_eq!(noted, [submission, submission, revealed, Submission { over, confirmed, ..revealed }]);
	assert_eq!(harness.events.names(), ["round_started", "committed", "revealed", "ended"]);
}

#[tokio::test]
async fn killed_after_every_block_it_shows_the_same_recording() {
	let harness = recorded();
	for block in 0..23 {
		harness.at(&mut harness.start(1), block).await;
	}
	harness.chain.settle(0, Outcome::Outranked);
	harness.at(&mut harness.start(1), 23).await;
	let names = harness.events.names();
	assert_eq!(names[names.len() - 3..], ["committed", "revealed", "ended"], "{names:?}");
	assert_eq!(harness.counts(), (1, 1));
}

#[tokio::test]
async fn another_seed_draws_another_segment() {
	let harness = recorded();
	let mut trainer = harness.start(1);
	harness.at(&mut trainer, 7).await;
	harness.chain.0.lock().unwrap().lose = 1;
	harness.at(&mut trainer, 13).await;
	let before = trainer.state.entries()[&0].shown.clone();
	let digest = trainer.state.entries()[&0].checkpoint.digest;
	let drawn = |seed| {
		let submission = submission_hash(digest, &recipe(), &trace(digest));
		descent_protocol::trace::drawn_segment(seed, submission, 5)
	};
	let other = (1..).map(H256::from_low_u64_be).find(|seed| drawn(*seed).abs_diff(drawn(SEED)) > 1);
	harness.chain.0.lock().unwrap().seed = other.unwrap();
	harness.at(&mut trainer, 14).await;
	harness.at(&mut trainer, 15).await;
	let recordings = harness.chain.0.lock().unwrap().recordings.clone();
	assert_eq!(recordings.len(), 1);
	assert_eq!(recordings[0].drawn.number, drawn(other.unwrap()));
	let shown = trainer.state.entries()[&0].shown.clone();
	assert!(shown.len() > before.len(), "both are served, as either seed may be the final one");
	assert!(before.iter().all(|state| shown.contains(state)));
}

#[tokio::test]
async fn a_checkpoint_without_a_recording_is_not_committed_where_one_is_asked_for() {
	for (is_recorded, base) in [(true, None), (false, Some((Base::Initial { seed: 1 }, None)))] {
		let harness = Harness::new();
		harness.chain.0.lock().unwrap().recorded = is_recorded;
		let mut trainer = harness.start(1);
		trainer.checkpoints.base = base;
		for block in 0..12 {
			harness.at(&mut trainer, block).await;
		}
		assert_eq!(harness.counts(), (0, 0));
		assert!(skipped(&harness).contains("recorded as the group asks for"), "{}", skipped(&harness));
		assert!(trainer.open_rounds().is_empty() && !trainer.state.checkpoint(0).exists());
	}
}

#[tokio::test]
async fn a_base_that_no_committee_has_confirmed_is_not_built_upon() {
	for (outcome, reason) in [
		(Some(Outcome::Won), None),
		(Some(Outcome::Placed), None),
		(Some(Outcome::NotBetter), None),
		(Some(Outcome::Outranked), Some("no committee has confirmed: it is outranked")),
		(Some(Outcome::Departed), Some("no committee has confirmed: it is departed")),
		(None, Some("is not settled yet")),
	] {
		let harness = recorded();
		let mut trainer = harness.start(2);
		for block in 0..18 {
			harness.at(&mut trainer, block).await;
		}
		let checkpoint = trainer.state.entries()[&0].checkpoint;
		trainer.checkpoints.base = Some((Base::Checkpoint { checkpoint }, Some(0)));
		if let Some(outcome) = outcome {
			harness.chain.settle(0, outcome);
		}
		for block in 18..22 {
			harness.at(&mut trainer, block).await;
		}
		let names = harness.events.names();
		let commits = names.iter().filter(|name| *name == "committed").count();
		assert_eq!(commits, if reason.is_none() { 2 } else { 1 }, "{outcome:?}: {names:?}");
		if let Some(reason) = reason {
			assert!(skipped(&harness).contains(reason), "{}", skipped(&harness));
		}
	}
}

/// Sets the reward for work of the group, and returns the deposit of the commitment to a recording of five
/// segments; otherwise the reason that there is none.
async fn deposit(least: u128, max_deposit: u128, asked: Option<u128>) -> Result<u128, String> {
	const REWARD: WorkReward =
		WorkReward { share: Share::percent(20), deposit: 100, draws: 1, margin: Share::percent(10) };
	let harness = recorded();
	let mut trainer = harness.start(1);
	trainer.participation.max_deposit = max_deposit;
	trainer.participation.deposit = asked;
	harness.chain.0.lock().unwrap().block = 7;
	let mut group = harness.chain.group();
	group.deposit = least;
	group
		.optional_rules
		.set(OptionalRule::Recipe { recipe: RecipeRule { work_reward: Some(REWARD), ..RULE } });
	trainer.step(&group).await.unwrap();
	let ledger = harness.chain.0.lock().unwrap();
	match ledger.rounds.get(&0) {
		Some((candidates, _)) => Ok(candidates[0].deposit),
		None => {
			drop(ledger);
			Err(skipped(&harness))
		}
	}
}

#[tokio::test]
async fn the_deposit_declares_what_was_recorded() {
	for (least, most, asked, expected) in [
		(1, 1_000, None, 500),
		(1, 320, None, 320),
		(150, 150, None, 150),
		(1, 1_000, Some(700), 500),
		(1, 1_000, Some(450), 500),
		(560, 1_000, None, 560),
		(1, 570, Some(570), 570),
	] {
		assert_eq!(deposit(least, most, asked).await, Ok(expected), "{least} {most} {asked:?}");
	}
	let refused = deposit(600, 1_000, None).await.unwrap_err();
	assert!(refused.contains("declares 6 segments, and only 5 are recorded"), "{refused}");
}

#[tokio::test]
async fn a_base_that_is_the_head_is_known_to_the_chain() {
	let harness = recorded();
	let mut trainer = harness.start(1);
	let checkpoint = ContentRef::raw(b"head").unwrap();
	trainer.checkpoints.base = Some((Base::Checkpoint { checkpoint }, Some(9_000)));
	harness.chain.0.lock().unwrap().block = 7;
	let mut group = harness.chain.group();
	trainer.step(&group).await.unwrap();
	assert_eq!(harness.counts(), (0, 0), "round 9000 is not that of any own checkpoint");
	let mut trainer = harness.start(1);
	trainer.checkpoints.base = Some((Base::Checkpoint { checkpoint }, Some(9_000)));
	group.head = Some(head(0, checkpoint));
	trainer.step(&group).await.unwrap();
	assert_eq!(harness.counts(), (1, 0));
}

#[tokio::test]
async fn a_round_starts_once_its_first_block_is_final() {
	let harness = recorded();
	harness.chain.0.lock().unwrap().lag = 2;
	let mut watch = RoundWatch::new(H256::repeat_byte(1), account());
	let mut links = Vec::new();
	for block in 10..16 {
		harness.chain.0.lock().unwrap().block = block;
		let start = watch.follow(&harness.chain, &harness.chain.group()).await.unwrap();
		links.push(start.map(|start| (start.order.round, start.order.link)));
	}
	let first = Some((0, H256::from_low_u64_be(1)));
	let second = Some((1, H256::from_low_u64_be(13)));
	assert_eq!(links, [first, first, None, None, second, second], "block 12 is final at block 14");
	let group = harness.chain.group();
	let start = watch.follow(&harness.chain, &group).await.unwrap().unwrap();
	assert_eq!((start.rule, start.order.account), (RULE, account()));
	assert_eq!((start.dataset.version, start.dataset.root), (1, group.dataset_root));
	harness.chain.0.lock().unwrap().recorded = false;
	assert_eq!(watch.follow(&harness.chain, &harness.chain.group()).await.unwrap(), None);
}
