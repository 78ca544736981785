//! A chain with a hundred validators and a thousand groups.

use super::{
	actor::actor,
	blocks::{begin, end, submit_authorized},
};
use crate::{
	constants::NRN,
	tests::{config_of, content, new_group, round::SALT},
	AccountId, Balances, BlockNumber, Dataset, Evaluators, Groups, Rounds, Runtime, RuntimeBlockWeights,
	RuntimeOrigin, SessionKeys, System, LOCAL_PRESET,
};
use codec::Encode;
use descent_protocol::{
	announcement_hash, answer_hash, commitment_hash, Answer, Ballot, Clock, ContentRef, DeltaReport,
	DeltaVerdict, GroupId, Measurement, RoundIndex, Score, TaskId, Verdict, DEFAULT_COMMITTEE_SEATS,
};
use frame_support::assert_ok;
use pallet_evaluators::{
	report_payload, Attest, Attestations, AuthorityId, AuthoritySignature, Committee, Opening, Report, Tasks,
	MAX_REPORTED,
};
use pallet_groups::NewGroup;
use sp_core::{ed25519, sr25519, Pair, H256};
use std::collections::BTreeMap;

const VALIDATORS: u32 = 100;
const GROUPS: u32 = 1_000;
/// Every group is created in one of these blocks, so that rounds settle in every block.
const LENGTH: BlockNumber = 40;
const CLOCK: Clock = Clock { first: 0, start: 0, length: LENGTH, reveal: 3, attest: 5, open: 3 };
/// One group in so many has a proposed delta.
const PROPOSING: u32 = 20;
/// The last block of the game: every round that began first is settled by then.
const LAST: BlockNumber = 2 * LENGTH + 20;

type RuntimeTasks = <Runtime as pallet_evaluators::Config>::Tasks;

/// The keys of the validators: Alice's first, who authors the blocks.
fn validators() -> Vec<(sr25519::Pair, ed25519::Pair)> {
	let derived = (1..VALIDATORS).map(|number| format!("//Alice//{number}"));
	let uris = std::iter::once("//Alice".into()).chain(derived);
	uris.map(|uri: String| {
		(sr25519::Pair::from_string(&uri, None).unwrap(), ed25519::Pair::from_string(&uri, None).unwrap())
	})
	.collect()
}

/// A genesis with these validators, whose bonds differ by half.
fn genesis(validators: &[(sr25519::Pair, ed25519::Pair)]) -> serde_json::Value {
	let mut config = config_of(LOCAL_PRESET);
	let accounts: Vec<AccountId> = validators.iter().map(|(pair, _)| pair.public().into()).collect();
	let keys: Vec<_> = validators
		.iter()
		.zip(&accounts)
		.map(|((pair, finality), account)| {
			let keys = SessionKeys {
				babe: pair.public().into(),
				grandpa: finality.public().into(),
				evaluator: pair.public().into(),
			};
			(account, account, keys)
		})
		.collect();
	let bonds: Vec<_> =
		(0u128..).zip(&accounts).map(|(number, account)| (account, (2_000 + 10 * number) * NRN)).collect();
	let balances: Vec<_> = accounts.iter().map(|account| (account, 1_000_000 * NRN)).collect();
	config["session"]["keys"] = serde_json::to_value(keys).unwrap();
	config["validators"]["bonds"] = serde_json::to_value(bonds).unwrap();
	let known = config["balances"]["balances"].as_array().unwrap().clone();
	let own: Vec<_> = balances.into_iter().map(|balance| serde_json::to_value(balance).unwrap()).collect();
	let is_new = |balance: &serde_json::Value| own.iter().all(|other| other[0] != balance[0]);
	let known: Vec<_> = known.into_iter().filter(is_new).collect();
	config["balances"]["balances"] = [known, own].concat().into();
	config
}

/// The counts of a game.
#[derive(Debug, Default)]
struct Counts {
	attestations: u64,
	openings: u64,
	reports: u64,
	/// The largest report, in attestations and in openings.
	largest: (usize, usize),
	/// The fullest block, in thousandths of what a block takes.
	fullest: u64,
}

struct Game {
	keys: BTreeMap<AuthorityId, sr25519::Pair>,
	trainer: AccountId,
	proposer: AccountId,
	counts: Counts,
}

impl Game {
	fn signed(account: &AccountId) -> RuntimeOrigin {
		RuntimeOrigin::signed(account.clone())
	}

	fn create(&self) {
		let group = NewGroup { clock: CLOCK, voting_period: 1_000, ..new_group("digits") };
		assert_ok!(Groups::create(Self::signed(&self.trainer), group));
	}

	/// Does what trainers and proposers of a group do in a block.
	fn participate(&self, group: GroupId, now: BlockNumber) {
		let genesis = Rounds::genesis();
		let windows = Rounds::windows(group, 0).unwrap();
		let checkpoint = checkpoint(group);
		if now == windows.commit.start {
			let hash = commitment_hash(genesis, group, 0, &self.trainer, checkpoint.digest, &SALT);
			assert_ok!(Rounds::commit(Self::signed(&self.trainer), group, 0, hash, 5 * NRN));
		}
		if now == windows.reveal.start {
			let claim = Score(70);
			let reveal = Rounds::reveal(
				Self::signed(&self.trainer),
				group,
				0,
				checkpoint,
				SALT,
				claim,
				Default::default(),
			);
			assert_ok!(reveal);
		}
		let proposes = group.is_multiple_of(PROPOSING);
		let delta = content(9);
		if proposes && now == windows.commit.start {
			let hash = announcement_hash(genesis, group, &self.proposer, delta.digest, &SALT);
			assert_ok!(Dataset::announce(Self::signed(&self.proposer), group, hash));
		}
		if proposes && now == windows.commit.start + 1 {
			let summary = b"more digits".to_vec().try_into().unwrap();
			let proposer = Self::signed(&self.proposer);
			assert_ok!(Dataset::propose(proposer, group, 1, delta, Default::default(), summary, SALT));
		}
	}

	/// Has every committee member say all that is due in a block, in one report a key.
	fn report(&mut self, now: BlockNumber) {
		let mut tasks = RuntimeTasks::ongoing(now);
		tasks.sort_unstable();
		let mut reports = BTreeMap::new();
		for task in tasks {
			let Some(windows) = RuntimeTasks::windows(&task) else {
				continue;
			};
			let (attests, opens) = (windows.attest.contains(&now), windows.open.contains(&now));
			if !attests && !opens {
				continue;
			}
			let Committee { members, .. } = Evaluators::committee(&task).expect("its seed is known");
			let seats: u64 = members.iter().map(|member| member.weight).sum();
			assert_eq!(seats, u64::from(DEFAULT_COMMITTEE_SEATS));
			for (place, member) in (0u32..).zip(members) {
				let attestation = Attestations::<Runtime>::get(task, place);
				let report = reports.entry(member.key.clone()).or_insert_with(|| Report::new(now));
				say(
					report,
					&task,
					place,
					&member.key,
					attests,
					attestation.map(|kept| kept.answer.is_some()),
				);
			}
		}
		for (key, report) in reports.into_iter().filter(|(_, report)| !report.is_empty()) {
			let (attestations, openings) = (report.attestations.len(), report.openings.len());
			self.counts.reports += 1;
			self.counts.attestations += attestations as u64;
			self.counts.openings += openings as u64;
			let (most_attestations, most_openings) = self.counts.largest;
			self.counts.largest = (most_attestations.max(attestations), most_openings.max(openings));
			let payload = report_payload(Evaluators::genesis(), &report);
			let signature = AuthoritySignature::from(self.keys[&key].sign(&payload));
			let call = pallet_evaluators::Call::report { key, report, signature };
			assert_ok!(submit_authorized(call.into()).expect("there is room in the block"));
		}
	}

	fn block(&mut self, now: BlockNumber) {
		begin(now);
		let created = GROUPS.div_ceil(LENGTH) * (now - 1).min(LENGTH);
		let groups = created.min(GROUPS);
		for group in 0..groups {
			self.participate(group, now);
		}
		self.report(now);
		if now <= LENGTH {
			(groups..(groups + GROUPS.div_ceil(LENGTH)).min(GROUPS)).for_each(|_| self.create());
		}
		let (used, most) = (System::block_weight().total(), RuntimeBlockWeights::get().max_block);
		assert!(used.all_lte(most), "block {now}: {used} of {most}");
		self.counts.fullest = self.counts.fullest.max(used.ref_time() * 1_000 / most.ref_time());
		end();
	}
}

fn checkpoint(group: GroupId) -> ContentRef {
	let digest = H256(sp_io::hashing::blake2_256(&group.encode()));
	ContentRef { digest, ..content(0) }
}

/// Adds what a member says of a task, unless its report is full.
fn say(
	report: &mut Report,
	task: &TaskId,
	member: u32,
	key: &AuthorityId,
	attests: bool,
	opened: Option<bool>,
) {
	let answer = answer(task);
	let subject = RuntimeTasks::subject(task).unwrap_or_default();
	let task = *task;
	match opened {
		None if attests && report.attestations.len() < MAX_REPORTED as usize => {
			let hash = answer_hash(Evaluators::genesis(), &task, subject, key, &answer, &SALT);
			report.attestations.try_push(Attest { task, member, hash }).expect("there is room");
		}
		Some(false) if !attests && report.openings.len() < MAX_REPORTED as usize => {
			report.openings.try_push(Opening { task, member, answer, salt: SALT }).expect("there is room");
		}
		_ => {}
	}
}

/// The honest answer to a task.
fn answer(task: &TaskId) -> Answer {
	let root = H256::repeat_byte(3);
	match task {
		TaskId::Round { .. } => {
			let found = Verdict::Match(Measurement { score: Score(70), root });
			Answer::Round(Ballot { baseline: None, verdicts: vec![found].try_into().unwrap() })
		}
		TaskId::Delta { .. } => {
			Answer::Delta(DeltaVerdict::Valid(DeltaReport { added: 1, removed: 0, records: 101, root }))
		}
		TaskId::Custody { .. } => unreachable!("no group has keepers"),
	}
}

#[test]
fn a_hundred_validators_decide_all_rounds_and_deltas_of_a_thousand_groups() {
	let validators = validators();
	let config = serde_json::to_vec(&genesis(&validators)).expect("it is JSON");
	let mut chain = sp_state_machine::BasicExternalities::new_empty();
	chain.execute_with(|| {
		crate::genesis::build(config).expect("the preset builds");
		let keys = validators.iter().map(|(pair, _)| (pair.public().into(), pair.clone())).collect();
		let (trainer, proposer) = (actor("//Trainer1").account.clone(), actor("//Trainer2").account.clone());
		for account in [&trainer, &proposer] {
			let balance = 10_000_000 * NRN;
			assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account.clone().into(), balance));
		}
		let mut game = Game { keys, trainer, proposer, counts: Counts::default() };
		(1..=LAST).for_each(|now| game.block(now));

		let first: RoundIndex = 0;
		for group in 0..GROUPS {
			let round = pallet_rounds::Rounds::<Runtime>::get(group, first).expect("it is kept");
			let settled = round.settled.unwrap_or_else(|| panic!("group {group} has a round that is open"));
			assert_eq!(settled.winner, Some(0));
			if group.is_multiple_of(PROPOSING) {
				let check = pallet_dataset::OpenChecks::<Runtime>::get(group, 0).expect("it is open");
				assert!(check.is_decided);
			}
		}
		println!("{:?}", game.counts);
	});
}
