//! A group's data set and rules as its stakeholders change them, across all pallets.

use super::{
	account,
	chain::{block, run_to, submit, submit_authorized, COMMITTEE},
	content,
	economy::{actor::actor, calls::Seat},
	genesis_of, new_group, round,
};
use crate::{
	apis::runtime_decl_for_training_api::TrainingApi as _, constants::NRN, Balances, BlockNumber, Dataset,
	Runtime, RuntimeCall, System, Treasury, LOCAL_PRESET,
};
use descent_protocol::{
	announcement_hash, dataset_root,
	view::{AmendmentEnding, ChainEvent, ProposalEnding},
	Answer, Change, CheckWindows, DeltaFault, DeltaReport, DeltaVerdict, Phase, ProposalId, Score, Share,
	TaskId,
};
use frame_support::assert_ok;
use pallet_groups::NewGroup;
use sp_core::H256;
use sp_runtime::transaction_validity::InvalidTransaction;

/// Blocks from one close of a voting period to the next; the group is created in block 1. No close may fall
/// on a block that ends a session, which has no weight left for alarms, so that they ring with the block
/// after.
const PERIOD: BlockNumber = 30;
const SALT: [u8; 32] = [7; 32];

fn report(delta: u8) -> DeltaReport {
	DeltaReport { added: 5_000, removed: 0, records: 65_000, root: H256::repeat_byte(delta) }
}

/// A group in which Trainer1, its owner, has 20% of the stake, and Eve and Ferdie 40% each. Block 1 is its
/// block.
fn with_stakeholders(test: impl FnOnce()) {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		block(|| {
			let group = NewGroup { voting_period: PERIOD, quorum: Share::percent(50), ..new_group("digits") };
			assert_ok!(submit("//Trainer1", pallet_groups::Call::create { group }));
			for stakeholder in ["//Eve", "//Ferdie"] {
				let amount = 60 * NRN;
				assert_ok!(submit(stakeholder, pallet_groups::Call::stake { group: 0, amount }));
			}
		});
		test();
	});
}

/// Announces a delta and proposes it in the block after.
fn propose(proposer: &str, delta: u8) {
	let digest = content(delta).digest;
	let hash = announcement_hash(Dataset::genesis(), 0, &account(proposer), digest, &SALT);
	block(|| {
		assert_ok!(submit(proposer, pallet_dataset::Call::announce { group: 0, hash }));
	});
	block(|| {
		let call = pallet_dataset::Call::propose {
			group: 0,
			base: Runtime::group(0).unwrap().dataset_version,
			delta: content(delta),
			providers: Default::default(),
			summary: b"more digits".to_vec().try_into().unwrap(),
			salt: SALT,
		};
		assert_ok!(submit(proposer, call));
	});
}

fn vote(stakeholder: &str, proposal: ProposalId) {
	assert_ok!(submit(stakeholder, pallet_dataset::Call::vote { group: 0, proposal }));
}

/// Returns the report of a committee member's attestation, or of its opening.
fn member_call(
	proposal: ProposalId,
	member: usize,
	verdict: DeltaVerdict,
	is_attesting: bool,
) -> RuntimeCall {
	let version = Runtime::group(0).unwrap().dataset_version;
	let task = TaskId::Delta { group: 0, proposal, version, attempt: 0 };
	let seat = Seat { task, member: member as u32 };
	let (by, answer) = (actor(COMMITTEE[member]), Answer::Delta(verdict));
	if is_attesting {
		seat.attest(by, seat.hash(by, &answer, &SALT))
	} else {
		seat.open(by, answer, SALT)
	}
}

/// Has the committee check deltas that were just proposed, with the verdict of each member on each of them.
fn check(found: &[(ProposalId, [DeltaVerdict; 4])]) {
	let members = || {
		let of = |(proposal, verdicts): &(ProposalId, [DeltaVerdict; 4])| {
			let proposal = *proposal;
			let members = verdicts.iter().copied().enumerate();
			members.map(move |(member, verdict)| (proposal, member, verdict)).collect::<Vec<_>>()
		};
		found.iter().flat_map(of)
	};
	block(|| {
		for (proposal, member, verdict) in members() {
			assert_ok!(submit_authorized(member_call(proposal, member, verdict, true)));
			let again = submit_authorized(member_call(proposal, member, verdict, true));
			assert_eq!(again, Err(InvalidTransaction::Stale.into()));
		}
	});
	let ends = Runtime::proposals(0, 0, u32::MAX).into_iter().filter_map(|view| view.check?.until);
	let opens = ends.max().expect("members attest");
	run_to(opens - 1);
	block(|| {
		for (proposal, member, verdict) in members() {
			assert_ok!(submit_authorized(member_call(proposal, member, verdict, false)));
		}
	});
	// The alarm rings when the open window is over.
	let windows = CheckWindows::new(0, 1);
	run_to(opens + windows.open);
}

#[test]
fn the_majority_s_delta_is_applied_at_the_close_and_played_from_the_next_round_on() {
	with_stakeholders(|| {
		propose("//Trainer2", 3);
		propose("//Trainer3", 4);
		block(|| {
			vote("//Eve", 0);
			vote("//Ferdie", 1);
		});
		let valid = |delta| [DeltaVerdict::Valid(report(delta)); 4];
		check(&[(0, valid(3)), (1, valid(4))]);
		block(|| vote("//Eve", 1));
		let close = Runtime::group(0).unwrap().closes;
		assert_eq!(close, 1 + PERIOD);
		run_to(close - 1);
		let (gathered, round) =
			(Runtime::pot(0).unwrap().proposer, Runtime::group(0).unwrap().round.unwrap());
		block(|| ());

		let reward = Runtime::rewards(account("//Trainer3")).accrued;
		assert!(reward > gathered && gathered > 0, "what the group has gathered flows on");
		assert_eq!(Runtime::pot(0).unwrap().proposer, 0);
		assert_eq!(Balances::reserved_balance(account("//Trainer3")), 0);
		let ended = ChainEvent::ProposalEnded {
			group: 0,
			proposal: 1,
			account: account("//Trainer3"),
			ending: ProposalEnding::Applied { version: 2 },
			reward,
			slashed: 0,
		};
		assert!(Runtime::events().contains(&ended));
		let log = Runtime::dataset_log(0, 1, 100);
		let roots =
			[dataset_root(H256::zero(), content(2).digest), dataset_root(log[0].root, content(4).digest)];
		assert_eq!([log[0].root, log[1].root], roots);
		assert_eq!((log[1].from, log[1].report), (round + 1, Some(report(4))));
		assert_eq!(Runtime::dataset_log(0, 2, 100), [log[1].clone()]);
		assert!(Runtime::dataset_log(0, 3, 100).is_empty() && Runtime::dataset_log(0, 1, 0).is_empty());

		let group = Runtime::group(0).unwrap();
		assert_eq!((group.round, group.dataset_version), (Some(round), 1));
		assert_eq!(group.dataset_root, roots[0]);
		let next = Runtime::round(0, round + 1).unwrap();
		assert_eq!((next.phase, next.dataset_version), (Phase::Waiting, 2));
		run_to(next.windows.commit.start);
		let group = Runtime::group(0).unwrap();
		assert_eq!((group.round, group.dataset_version), (Some(round + 1), 2));
		assert_eq!(group.dataset_root, roots[1]);
		let loser = &Runtime::proposals(0, 0, u32::MAX)[0];
		assert_eq!((loser.id, loser.lost, loser.ending), (0, 1, None));
		assert_eq!(loser.check.as_ref().unwrap().version, 2, "it is checked anew");
	});
}

#[test]
fn one_validator_of_four_cannot_attest_junk_as_valid_and_its_proposer_pays() {
	with_stakeholders(|| {
		propose("//Liar", 3);
		block(|| vote("//Eve", 0));
		let deposit = Runtime::proposals(0, 0, u32::MAX)[0].deposit;
		assert_eq!(Balances::reserved_balance(account("//Liar")), deposit);
		let junk = DeltaVerdict::Invalid(DeltaFault::Malformed);
		let treasury = || Balances::free_balance(Treasury::account_id());
		let before = treasury();
		check(&[(0, [DeltaVerdict::Valid(report(3)), junk, junk, junk])]);

		let ending = ProposalEnding::Invalid { fault: DeltaFault::Malformed };
		assert_eq!(Runtime::proposals(0, 0, u32::MAX)[0].ending, Some(ending));
		assert_eq!(Balances::reserved_balance(account("//Liar")), 0);
		assert_eq!(treasury(), before + deposit);
		run_to(Runtime::group(0).unwrap().closes);
		assert_eq!(Runtime::dataset_log(0, 1, 100).len(), 1);
	});
}

#[test]
fn stake_that_is_taken_out_after_voting_does_not_vote_and_stays_held_for_a_period() {
	with_stakeholders(|| {
		propose("//Trainer2", 3);
		block(|| {
			vote("//Eve", 0);
			vote("//Trainer1", 0);
		});
		check(&[(0, [DeltaVerdict::Valid(report(3)); 4])]);
		block(|| {
			let amount = 60 * NRN;
			assert_ok!(submit("//Eve", pallet_groups::Call::unstake { group: 0, amount }));
		});
		let until = System::block_number() + PERIOD;
		let eve = Runtime::stake(0, account("//Eve")).unwrap();
		assert_eq!((eve.stake, eve.total), (0, 90 * NRN));
		assert_eq!((eve.unstaking[0].amount, eve.unstaking[0].until), (60 * NRN, until));
		assert_eq!(Runtime::proposals(0, 0, u32::MAX)[0].ayes, 30 * NRN);
		run_to(1 + PERIOD);
		assert_eq!(Runtime::dataset_log(0, 1, 100).len(), 1, "a third is no quorum");

		run_to(until - 2);
		let withdraw = || submit("//Eve", pallet_groups::Call::withdraw { group: 0 });
		block(|| assert!(withdraw().is_err()));
		assert_eq!(Balances::reserved_balance(account("//Eve")), 60 * NRN);
		block(|| {
			assert_ok!(withdraw());
		});
		assert_eq!(Balances::reserved_balance(account("//Eve")), 0);
	});
}

/// Has Eve propose these changes. She approves them with 40% of the stake.
fn amend(changes: Vec<Change>) {
	block(|| {
		let call = pallet_groups::Call::propose_amendment {
			group: 0,
			changes: changes.try_into().unwrap(),
			summary: b"for the better".to_vec().try_into().unwrap(),
		};
		assert_ok!(submit("//Eve", call));
	});
}

fn approve(stakeholder: &str) {
	block(|| {
		let call = pallet_groups::Call::vote_amendment { group: 0, amendment: 0, aye: true };
		assert_ok!(submit(stakeholder, call));
	});
}

#[test]
fn a_majority_shortens_the_voting_period_and_a_minority_does_not() {
	with_stakeholders(|| {
		amend(vec![Change::VotingPeriod { blocks: 25 }]);
		run_to(1 + PERIOD);
		let amendment = &Runtime::amendments(0, 0, u32::MAX)[0];
		assert_eq!((amendment.ayes, amendment.lost), (60 * NRN, 1));
		let group = Runtime::group(0).unwrap();
		assert_eq!((group.voting_period, group.closes), (PERIOD, 1 + 2 * PERIOD));

		approve("//Ferdie");
		let ferdie = Runtime::stake(0, account("//Ferdie")).unwrap();
		assert_eq!((ferdie.stake, ferdie.amendments), (60 * NRN, vec![0]));
		run_to(group.closes);
		assert!(matches!(
			Runtime::amendments(0, 0, u32::MAX)[0].ending,
			Some(AmendmentEnding::Adopted { .. })
		));
		let group = Runtime::group(0).unwrap();
		assert_eq!((group.voting_period, group.closes), (25, 1 + 2 * PERIOD + 25));

		propose("//Eve", 3);
		check(&[(0, [DeltaVerdict::Valid(report(3)); 4])]);
		block(|| vote("//Ferdie", 0));
		run_to(group.closes - 1);
		assert_eq!(Runtime::dataset_log(0, 1, 100).len(), 1);
		block(|| ());
		assert_eq!(Runtime::dataset_log(0, 1, 100).len(), 2);
	});
}

#[test]
fn two_thirds_fork_the_model_and_the_head_is_retired_with_its_history() {
	with_stakeholders(|| {
		block(|| ());
		amend(vec![Change::Model { model: content(9) }]);
		approve("//Trainer1");
		round::win("//Trainer2", 5, Score(67_036));
		run_to(1 + PERIOD);
		assert_eq!(Runtime::amendments(0, 0, u32::MAX)[0].lost, 1, "60% are not two thirds");
		approve("//Ferdie");
		run_to(1 + 2 * PERIOD);
		let Some(AmendmentEnding::Adopted { from }) = Runtime::amendments(0, 0, u32::MAX)[0].ending else {
			panic!("{:?}", Runtime::amendments(0, 0, u32::MAX));
		};

		let before = Runtime::group(0).unwrap();
		assert_eq!(before.round, Some(from - 1));
		assert_eq!((before.model, before.model_version), (content(1), 0));
		assert_eq!(before.head.as_ref().unwrap().score, Score(67_036));
		assert!(Runtime::retired_heads(0, 0, u32::MAX).is_empty());

		run_to(Runtime::round(0, from).unwrap().windows.commit.start);
		let after = Runtime::group(0).unwrap();
		assert_eq!(after.round, Some(from));
		assert_eq!((after.model, after.model_version), (content(9), 1));
		assert_eq!(after.head, None);
		assert_eq!(Runtime::retired_heads(0, 0, u32::MAX), [before.head.unwrap()]);
		assert_eq!(after.dataset_root, before.dataset_root);

		round::commit("//Trainer2", from, 6);
		assert_eq!(Runtime::round(0, from).unwrap().model_version, 1);
		assert_eq!(Runtime::round(0, from - 1).unwrap().model_version, 0);
	});
}
