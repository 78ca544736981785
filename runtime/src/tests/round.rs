//! A round of group 0 as one trainer and four validators play it.

use super::{
	account,
	chain::{block, run_to, submit, submit_authorized, COMMITTEE},
	content,
	economy::{actor::actor, calls::Seat},
};
use crate::{apis::runtime_decl_for_training_api::TrainingApi as _, constants::NRN, Rounds, Runtime};
use descent_protocol::{commitment_hash, Answer, Ballot, Measurement, RoundIndex, Score, TaskId, Verdict};
use frame_support::assert_ok;
use sp_core::H256;

pub(crate) const SALT: [u8; 32] = [8; 32];

/// Commits to a checkpoint with the smallest deposit.
pub(crate) fn commit(trainer: &str, round: RoundIndex, checkpoint: u8) {
	let digest = content(checkpoint).digest;
	let commitment = commitment_hash(Rounds::genesis(), 0, round, &account(trainer), digest, &SALT);
	block(|| {
		let call = pallet_rounds::Call::commit { group: 0, round, commitment, deposit: 5 * NRN };
		assert_ok!(submit(trainer, call));
	});
}

/// Has a trainer win the round that takes commitments with the group's first checkpoint. All validators
/// confirm its claim.
pub(crate) fn win(trainer: &str, checkpoint: u8, score: Score) {
	let round = Runtime::group(0).unwrap().round.expect("a round takes commitments");
	let windows = Runtime::round(0, round).unwrap().windows;
	commit(trainer, round, checkpoint);
	run_to(windows.reveal.start - 1);
	block(|| {
		let call = pallet_rounds::Call::reveal {
			group: 0,
			round,
			checkpoint: content(checkpoint),
			salt: SALT,
			claim: score,
			providers: Default::default(),
		};
		assert_ok!(submit(trainer, call));
	});
	let root = H256::repeat_byte(checkpoint);
	let ballot = Ballot {
		baseline: None,
		verdicts: vec![Verdict::Match(Measurement { score, root })].try_into().unwrap(),
	};
	for (window, is_attesting) in [(windows.attest, true), (windows.open, false)] {
		run_to(window.start - 1);
		block(|| {
			for (member, name) in (0u32..).zip(COMMITTEE) {
				let seat = Seat { task: TaskId::Round { group: 0, round }, member };
				let (by, answer) = (actor(name), Answer::Round(ballot.clone()));
				assert_ok!(submit_authorized(if is_attesting {
					seat.attest(by, seat.hash(by, &answer, &SALT))
				} else {
					seat.open(by, answer, SALT)
				}));
			}
		});
	}
	run_to(windows.settle);
}
