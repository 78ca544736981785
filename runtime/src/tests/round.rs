//! A round of group 0 as one trainer and four validators play it.

use super::{
	account,
	chain::{block, run_to, submit, submit_authorized, COMMITTEE},
	content, pair,
};
use crate::{apis::runtime_decl_for_training_api::TrainingApi as _, constants::NRN, Rounds, Runtime};
use descent_protocol::{attestation_hash, commitment_hash, Ballot, Measurement, RoundIndex, Score, Verdict};
use frame_support::assert_ok;
use pallet_evaluators::{AuthorityId, AuthoritySignature};
use sp_core::{Pair, H256};

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
			for member in 0..COMMITTEE.len() {
				assert_ok!(submit_authorized(member_call(round, member, &ballot, is_attesting)));
			}
		});
	}
	run_to(windows.settle);
}

/// Returns a committee member's attestation, or its opening.
fn member_call(
	round: RoundIndex,
	member: usize,
	ballot: &Ballot,
	is_attesting: bool,
) -> pallet_rounds::Call<Runtime> {
	let signer = pair(COMMITTEE[member]);
	let key = AuthorityId::from(signer.public());
	let (genesis, member) = (Rounds::genesis(), member as u32);
	let hash = attestation_hash(genesis, 0, round, &key, ballot, &SALT);
	if is_attesting {
		let payload = pallet_rounds::attest_payload(genesis, 0, round, member, hash);
		pallet_rounds::Call::attest {
			group: 0,
			round,
			member,
			hash,
			signature: AuthoritySignature::from(signer.sign(&payload)),
		}
	} else {
		let payload = pallet_rounds::open_payload(genesis, 0, round, member, hash);
		pallet_rounds::Call::open {
			group: 0,
			round,
			member,
			ballot: ballot.clone(),
			salt: SALT,
			signature: AuthoritySignature::from(signer.sign(&payload)),
		}
	}
}
