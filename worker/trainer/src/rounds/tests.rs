use super::*;
use descent_protocol::{view::HeadView, Clock, MeasuredOn, Outcome};
use fakes::*;
use std::collections::BTreeMap;

#[path = "fakes.rs"]
mod fakes;
#[path = "hidden_tests.rs"]
mod hidden_tests;
#[path = "recorded_tests.rs"]
mod recorded_tests;

fn head(round: RoundIndex, checkpoint: ContentRef) -> HeadView {
	HeadView {
		model_version: 0,
		round,
		account: AccountId32::new([8; 32]),
		checkpoint,
		score: Score(1_000),
		measured_on: None,
		providers: vec![],
	}
}

#[tokio::test]
async fn a_round_in_full() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	for block in 0..22 {
		harness.at(&mut trainer, block).await;
	}
	harness.chain.settle(0, Outcome::Won);
	harness.at(&mut trainer, 23).await;
	assert!(trainer.is_done());
	assert_eq!(harness.events.names(), ["round_started", "committed", "revealed", "ended"]);
	assert_eq!(harness.counts(), (1, 1));
	assert_eq!(trainer.checkpoints.published.len(), 1, "the head stays served");
	let mut group = harness.chain.group();
	trainer.step(&group).await.unwrap();
	assert_eq!(trainer.checkpoints.published.len(), 1, "by a view from before it won");
	let checkpoint = ContentRef::raw(b"another").unwrap();
	group.head = Some(head(1, checkpoint));
	trainer.step(&group).await.unwrap();
	assert!(trainer.checkpoints.published.is_empty(), "until there is another");
}

#[tokio::test]
async fn a_claim_is_measured_by_the_rule_of_its_round() {
	for (dithered, expected) in [(false, Rounding::HalfEven), (true, Rounding::dithered(SEED))] {
		let harness = Harness::new();
		harness.chain.0.lock().unwrap().dithered = dithered;
		let mut trainer = harness.start(1);
		for block in 0..22 {
			harness.at(&mut trainer, block).await;
		}
		assert_eq!(trainer.checkpoints.rounding, Some(expected));
	}
}

#[tokio::test]
async fn what_found_no_node_is_sent_at_the_next_block() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	for (refused, sent) in [(7, 8), (13, 14)] {
		harness.chain.0.lock().unwrap().refuse = 1;
		harness.chain.0.lock().unwrap().block = refused;
		trainer.step(&harness.chain.group()).await.unwrap_err();
		harness.at(&mut trainer, sent).await;
		harness.at(&mut trainer, sent + 1).await;
	}
	assert_eq!(harness.events.names(), ["round_started", "committed", "revealed"]);
	assert_eq!(harness.counts(), (2, 2));
}

#[tokio::test]
async fn killed_after_every_block() {
	let harness = Harness::new();
	for block in 0..23 {
		harness.at(&mut harness.start(1), block).await;
	}
	harness.chain.settle(0, Outcome::Outranked);
	harness.at(&mut harness.start(1), 23).await;
	let names = harness.events.names();
	let count = |wanted: &str| names.iter().filter(|name| *name == wanted).count();
	assert_eq!([count("committed"), count("revealed"), count("ended")], [1, 1, 1], "{names:?}");
	let ledger = harness.chain.0.lock().unwrap();
	assert_eq!(ledger.rounds[&0].0[0].reveal.as_ref().unwrap().claim, score(SEED, (0, 1)));
}

#[tokio::test]
async fn what_was_written_but_never_sent_is_sent() {
	let harness = Harness::new();
	harness.chain.0.lock().unwrap().lose = 1;
	harness.at(&mut harness.start(1), 7).await;
	assert!(harness.chain.0.lock().unwrap().rounds.is_empty());
	harness.at(&mut harness.start(1), 8).await;
	harness.at(&mut harness.start(1), 9).await;
	assert_eq!(harness.events.names().last().unwrap(), "committed");
}

#[tokio::test]
async fn lost_transactions_are_sent_again() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	trainer.participation.margin = 6;
	harness.chain.0.lock().unwrap().lose = 1;
	for block in 0..12 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.counts(), (2, 0));
	harness.chain.0.lock().unwrap().lose = 1;
	for block in 12..17 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.counts(), (2, 2));
	assert_eq!(harness.events.names(), ["round_started", "committed", "revealed"]);
}

#[tokio::test]
async fn a_commitment_that_came_too_late_is_given_up() {
	let harness = Harness::new();
	harness.chain.0.lock().unwrap().lose = 9;
	let mut trainer = harness.start(1);
	for block in 0..18 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.events.names(), ["round_started", "ended"]);
	assert!(trainer.open_rounds().is_empty());
}

#[tokio::test]
async fn the_claim_waits_for_a_final_seed_but_not_too_long() {
	let harness = Harness::new();
	harness.chain.0.lock().unwrap().lag = 1;
	let mut trainer = harness.start(1);
	harness.at(&mut trainer, 7).await;
	harness.at(&mut trainer, 12).await;
	assert_eq!(harness.counts(), (1, 0), "block 12 is not final yet");
	harness.at(&mut trainer, 13).await;
	assert_eq!(harness.counts(), (1, 1));

	let harness = Harness::new();
	harness.chain.0.lock().unwrap().lag = 100;
	let mut trainer = harness.start(1);
	harness.at(&mut trainer, 7).await;
	harness.at(&mut trainer, 13).await;
	assert_eq!(harness.counts(), (1, 0));
	harness.at(&mut trainer, 14).await;
	assert_eq!(harness.counts(), (1, 1), "the window closes at block 17");
}

#[tokio::test]
async fn another_seed_is_another_claim() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	harness.at(&mut trainer, 7).await;
	harness.chain.0.lock().unwrap().lose = 1;
	harness.at(&mut trainer, 13).await;
	harness.chain.0.lock().unwrap().seed = H256::repeat_byte(4);
	harness.at(&mut trainer, 14).await;
	harness.at(&mut trainer, 15).await;
	let ledger = harness.chain.0.lock().unwrap();
	assert_eq!(ledger.rounds[&0].0[0].reveal.as_ref().unwrap().claim, score(H256::repeat_byte(4), (0, 1)));
}

#[tokio::test]
async fn the_next_round_is_committed_to_while_this_one_is_judged() {
	let harness = Harness::new();
	let mut trainer = harness.start(2);
	for block in 0..22 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(trainer.open_rounds(), [0, 1]);
	harness.chain.settle(0, Outcome::Won);
	harness.at(&mut trainer, 23).await;
	assert_eq!(trainer.open_rounds(), [1]);
	for block in 24..34 {
		harness.at(&mut trainer, block).await;
	}
	harness.chain.settle(1, Outcome::NotBetter);
	harness.at(&mut trainer, 35).await;
	assert!(trainer.is_done());
	assert_eq!(harness.counts(), (2, 2), "a third round was not asked for");
}

#[tokio::test]
async fn nothing_worth_committing() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	trainer.checkpoints.nothing = true;
	for block in 0..12 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.events.names(), ["round_started", "skipped"]);
	assert_eq!(harness.counts(), (0, 0));
}

#[tokio::test]
async fn a_commitment_made_elsewhere_is_left_alone() {
	let harness = Harness::new();
	harness.chain.commit(0, H256::repeat_byte(1), 1).await.unwrap();
	let mut trainer = harness.start(1);
	for block in 0..12 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.events.names(), ["round_started", "skipped"]);
}

#[tokio::test]
async fn a_round_that_the_chain_forgot_ends() {
	let harness = Harness::new();
	harness.at(&mut harness.start(1), 7).await;
	harness.chain.0.lock().unwrap().pruned = true;
	let mut trainer = harness.start(1);
	harness.chain.0.lock().unwrap().block = 100;
	trainer.step(&harness.chain.group()).await.unwrap_err();
	harness.at(&mut trainer, 9_000).await;
	assert!(trainer.is_done());
	assert_eq!(harness.events.names().last().unwrap(), "ended");
}

/// Rules and data set change with round 1, while round 0 is judged; killed after every block or not at all.
#[tokio::test]
async fn a_round_keeps_the_terms_that_it_began_with() {
	for is_killed in [false, true] {
		let harness = Harness::new();
		harness.chain.0.lock().unwrap().versions = BTreeMap::from([(0, (0, 1)), (1, (0, 2)), (2, (1, 2))]);
		let mut trainer = harness.start(3);
		for block in 0..48 {
			if is_killed {
				trainer = harness.start(3);
			}
			harness.at(&mut trainer, block).await;
			if block % 12 == 11 && block > 12 {
				let over = block / 12 - 1;
				harness.chain.settle(over, Outcome::NotBetter);
			}
		}
		let ledger = harness.chain.0.lock().unwrap();
		let claims: Vec<_> = ledger
			.rounds
			.values()
			.take(3)
			.map(|(candidates, _)| candidates[0].reveal.as_ref().unwrap().claim)
			.collect();
		let expected = [(0, 1), (0, 2), (1, 2)].map(|versions| score(SEED, versions));
		assert_eq!(claims, expected, "killed: {is_killed}");
	}
}

#[tokio::test]
async fn between_two_clocks_there_is_nothing_to_do() {
	let harness = Harness::new();
	let next = Clock { first: 1, start: 20, length: 12, ..CLOCK };
	harness.chain.0.lock().unwrap().next = Some(next);
	let mut trainer = harness.start(2);
	for block in 0..20 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.events.names(), ["round_started", "committed", "revealed"]);
	for block in 20..34 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(trainer.open_rounds(), [0, 1]);
	assert_eq!(harness.counts(), (2, 2));
}

#[tokio::test]
async fn a_reached_target_is_said_once_and_waited_out() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	for block in 0..12 {
		harness.chain.0.lock().unwrap().block = block;
		let mut group = harness.chain.group();
		group.target = Some(Score(1_000));
		group.head = Some(head(0, group.model));
		trainer.step(&group).await.unwrap();
	}
	assert_eq!(harness.events.names(), ["target_reached"]);
	assert_eq!(harness.counts(), (0, 0));
	for block in 12..24 {
		harness.chain.0.lock().unwrap().block = block;
		let mut group = harness.chain.group();
		group.target = Some(Score(999));
		group.head = Some(head(0, group.model));
		trainer.step(&group).await.unwrap();
	}
	assert_eq!(harness.events.names(), ["target_reached", "round_started", "committed"]);
}

#[tokio::test]
async fn a_head_that_was_measured_on_other_data_reaches_no_target() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	let mut view = harness.chain.group();
	let (policy, version) = (view.policy, view.dataset_version);
	view.target = Some(Score(1_000));
	for (dataset_version, is_reached) in [(version, true), (version + 1, false)] {
		let measured_on = Some(MeasuredOn { policy, dataset_version });
		view.head = Some(HeadView { measured_on, ..head(0, view.model) });
		assert_eq!(view.reached_target().is_some(), is_reached);
	}
	for block in 0..12 {
		harness.chain.0.lock().unwrap().block = block;
		view.block = block;
		view.round = harness.chain.group().round;
		trainer.step(&view).await.unwrap();
	}
	assert_eq!(harness.events.names(), ["round_started", "committed"]);
}

#[tokio::test]
async fn an_overdue_round_is_asked_to_be_settled_a_few_times() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	for block in 0..28 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.chain.0.lock().unwrap().settlements, 0, "it is due at block 23");
	harness.at(&mut trainer, 28).await;
	harness.at(&mut trainer, 29).await;
	assert_eq!(harness.chain.0.lock().unwrap().settlements, 1);
	for block in 30..200 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.chain.0.lock().unwrap().settlements, 3);
	harness.chain.settle(0, Outcome::NotBetter);
	harness.at(&mut trainer, 200).await;
	assert!(trainer.is_done());
}

#[tokio::test]
async fn an_offer_begins_as_early_as_it_takes() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	trainer.checkpoints.expected = Duration::from_millis(3 * 3_000 + 1);
	for block in 0..3 {
		harness.at(&mut trainer, block).await;
	}
	assert_eq!(harness.counts(), (0, 0));
	harness.at(&mut trainer, 3).await;
	assert_eq!(harness.counts(), (1, 0), "4 blocks before the margin of 2, which ends with block 10");
}

#[tokio::test]
async fn a_checkpoint_that_is_ready_too_late_is_not_committed() {
	for (blocks, commits) in [(1, 1), (2, 0)] {
		let harness = Harness::new();
		let mut trainer = harness.start(1);
		trainer.checkpoints.slow = Some((harness.chain.clone(), blocks));
		harness.at(&mut trainer, 7).await;
		assert_eq!(harness.counts(), (commits, 0), "{blocks} blocks");
		if commits == 0 {
			assert_eq!(harness.events.names(), ["round_started", "skipped"]);
			assert!(trainer.open_rounds().is_empty() && !trainer.state.checkpoint(0).exists());
		}
	}
}

#[tokio::test]
async fn a_larger_deposit_than_agreed_to_is_not_paid() {
	let harness = Harness::new();
	let mut trainer = harness.start(1);
	harness.chain.0.lock().unwrap().block = 7;
	let mut group = harness.chain.group();
	group.deposit = 2_500_000_000_000;
	trainer.step(&group).await.unwrap();
	let Some(Event::Skipped { reason, .. }) = harness.events.0.lock().unwrap().last().cloned() else {
		panic!("{:?}", harness.events.names());
	};
	assert!(reason.contains("2.5") && reason.contains("0.000000000001"), "{reason}");
	// Nor after a restart, with a commitment that was never sent.
	harness.chain.0.lock().unwrap().lose = 1;
	let mut trainer = harness.start(1);
	harness.at(&mut trainer, 7).await;
	assert_eq!(harness.counts(), (1, 0));
	let mut trainer = harness.start(1);
	trainer.step(&group).await.unwrap();
	assert_eq!(harness.counts(), (1, 0));
	trainer.participation.max_deposit = group.deposit;
	trainer.step(&group).await.unwrap();
	assert_eq!(harness.counts(), (2, 0));
	let ledger = harness.chain.0.lock().unwrap();
	assert_eq!(ledger.rounds[&0].0[0].deposit, group.deposit);
}

#[tokio::test]
async fn rewards_are_claimed_for_a_round_that_is_won_if_that_is_asked_for() {
	for (claims, outcome, claimed) in [
		(true, Outcome::Won, 1),
		(true, Outcome::Placed, 1),
		(true, Outcome::NotBetter, 0),
		(false, Outcome::Won, 0),
	] {
		let harness = Harness::new();
		let mut trainer = harness.start(1);
		trainer.participation.claims = claims;
		for block in 0..22 {
			harness.at(&mut trainer, block).await;
		}
		harness.chain.settle(0, outcome);
		harness.at(&mut trainer, 23).await;
		assert!(trainer.is_done(), "a claim that fails ends nothing");
		assert_eq!(harness.chain.0.lock().unwrap().reward_claims, claimed);
	}
}
