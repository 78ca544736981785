//! Training rounds: validators that measure, trainers that take part, and the transactions of both.

use crate::chain::{Chain, Executed, Kind, Transaction};
use anyhow::{ensure, Result};
use codec::Encode;
use descent_protocol::{
	answer_hash, commitment_hash, Answer, Ballot, BlockNumber, Clock, Codec, ContentRef, EvaluationPolicy,
	GroupId, Measurement, Metric, NewGroup, OptionalRule, OptionalRules, RoundIndex, Score, Share, Shares,
	TaskId, Verdict,
};
use descent_runtime::{
	AccountId, Evaluators, Groups, Rounds, Runtime, RuntimeCall, RuntimeOrigin, SessionKeys, SignedPayload,
	System, UncheckedExtrinsic, NRN,
};
use frame_system::offchain::CreateAuthorizedTransaction;
use pallet_evaluators::{
	report_payload, Attest, AuthorityId, AuthoritySignature, CurrentEvaluators, Opening, Report, Tasks,
	MAX_REPORTED,
};
use serde_json::json;
use sp_core::{ed25519, sr25519, Pair, H256};
use std::collections::VecDeque;

const SALT: [u8; 32] = [9; 32];
const BOND: u128 = 10_000 * NRN;
const DEPOSIT: u128 = 5 * NRN;
const WEALTH: u128 = 10_000_000 * NRN;

type RuntimeTasks = <Runtime as pallet_evaluators::Config>::Tasks;

/// Parameters of a game.
pub(crate) struct Setup {
	/// Number of validators, which are all members of every committee.
	pub(crate) members: u16,
	/// Number of trainers, which take part in every round.
	pub(crate) trainers: u32,
	/// Number of rounds that each group plays.
	pub(crate) rounds: u32,
	/// Clock of each group.
	pub(crate) clocks: Vec<Clock>,
}

/// A chain on which groups play rounds.
pub(crate) struct Game {
	chain: Chain,
	setup: Setup,
	/// Validators, in the order of committees.
	members: Vec<sr25519::Pair>,
	trainers: Vec<sr25519::Pair>,
	queue: VecDeque<Transaction>,
}

impl Game {
	/// Starts a chain and creates the groups.
	pub(crate) fn new(setup: Setup) -> Result<Self> {
		let members = pairs("//Alice", u32::from(setup.members))?;
		let trainers = pairs("//Trainer", setup.trainers)?;
		let mut chain = Chain::new(members[0].clone(), |config| {
			let keys = (0..u32::from(setup.members)).zip(&members).map(|(number, pair)| {
				let finality =
					ed25519::Pair::from_string(&uri("//Alice", number), None).map(|pair| pair.public());
				let account = account(pair);
				let keys = SessionKeys {
					babe: pair.public().into(),
					grandpa: finality.expect("a hard derivation has a key; qed").into(),
					evaluator: pair.public().into(),
				};
				json!([account, account, keys])
			});
			config["session"]["keys"] = keys.collect();
			config["validators"]["bonds"] = members.iter().map(|pair| json!([account(pair), BOND])).collect();
			let rich = members.iter().chain(&trainers).map(|pair| json!([account(pair), WEALTH]));
			config["balances"]["balances"] = rich.collect();
		})?;
		let mut queue = VecDeque::new();
		// The chain has no genesis hash before its first block.
		chain.block(&mut queue)?;
		let owner = account(&trainers[0]);
		let order = chain.between(|| {
			for clock in &setup.clocks {
				let origin = RuntimeOrigin::signed(owner.clone());
				let created = Groups::create(origin, new_group(*clock, setup.members));
				ensure!(created.is_ok(), "a group can't be created: {created:?}");
			}
			Ok(CurrentEvaluators::<Runtime>::get().evaluators)
		})??;
		let member = |key: &AuthorityId| members.iter().find(|pair| AuthorityId::from(pair.public()) == *key);
		let members: Vec<_> = order.iter().filter_map(|evaluator| member(&evaluator.key).cloned()).collect();
		ensure!(members.len() == usize::from(setup.members), "not all validators evaluate");
		Ok(Self { chain, setup, members, trainers, queue })
	}

	/// Executes the next block, with all that its participants have to say in it.
	pub(crate) fn block(&mut self) -> Result<Executed> {
		self.queue.extend(self.due(self.chain.number() + 1));
		self.chain.block(&mut self.queue)
	}

	/// Number of transactions that wait for room.
	pub(crate) fn waiting(&self) -> usize {
		self.queue.len()
	}

	/// Returns the transactions that are due from a block on.
	fn due(&self, block: BlockNumber) -> Vec<Transaction> {
		let (mut due, mut attested, mut opened) = (Vec::new(), Vec::new(), Vec::new());
		for (group, clock) in (0..).zip(&self.setup.clocks) {
			let current = clock.round_at(block).unwrap_or_default();
			let rounds = current.saturating_sub(1)..(current + 1).min(self.setup.rounds);
			for (round, windows) in rounds.filter_map(|round| Some((round, clock.windows(round)?))) {
				let trainers = (0..).zip(&self.trainers);
				if block == windows.commit.start {
					due.extend(trainers.map(|(place, trainer)| commit(group, round, place, trainer)));
				} else if block == windows.reveal.start {
					due.extend(trainers.map(|(place, trainer)| reveal(group, round, place, trainer)));
				} else if block == windows.attest.start {
					attested.push((group, round));
				} else if block == windows.open.start {
					opened.push((group, round));
				}
			}
		}
		due.extend(self.reports(Kind::Attest, &attested));
		due.extend(self.reports(Kind::Open, &opened));
		due
	}

	/// Returns the reports of all members on these rounds.
	fn reports<'a>(
		&'a self,
		kind: Kind,
		rounds: &'a [(GroupId, RoundIndex)],
	) -> impl Iterator<Item = Transaction> + 'a {
		rounds.chunks(MAX_REPORTED as usize).flat_map(move |rounds| {
			(0..).zip(&self.members).map(move |(place, pair)| {
				let (rounds, pair) = (rounds.to_vec(), pair.clone());
				let parts = rounds.len() as u32;
				Transaction { kind, parts, make: Box::new(move || report(kind, &rounds, place, &pair)) }
			})
		})
	}
}

fn uri(root: &str, number: u32) -> String {
	if number == 0 {
		root.into()
	} else {
		format!("{root}//{number}")
	}
}

fn pairs(root: &str, count: u32) -> Result<Vec<sr25519::Pair>> {
	(0..count).map(|number| Ok(sr25519::Pair::from_string(&uri(root, number), None)?)).collect()
}

fn account(pair: &sr25519::Pair) -> AccountId {
	pair.public().into()
}

fn content(of: impl Encode) -> ContentRef {
	ContentRef { digest: H256(sp_io::hashing::blake2_256(&of.encode())), codec: Codec::Raw, size: 10 }
}

fn new_group(clock: Clock, members: u16) -> NewGroup<u128> {
	let mut optional_rules = OptionalRules::default();
	if u32::from(members) > optional_rules.committee_seats() {
		optional_rules.set(OptionalRule::Committee { seats: members });
	}
	NewGroup {
		name: b"digits".to_vec().try_into().expect("it is short; qed"),
		model: content("model"),
		dataset: content("data"),
		providers: Default::default(),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 100 },
		minimum_improvement: 1,
		target: None,
		clock,
		deposit: DEPOSIT,
		shares: Shares::default(),
		stake: 30 * NRN,
		voting_period: 1_000,
		quorum: Share::percent(20),
		optional_rules,
	}
}

/// Returns the claim of a trainer: the first has the best, and each round's is better than that of the last.
fn claim(round: RoundIndex, trainer: u32) -> Score {
	Score(1_000_000 - 10 * u64::from(round) + u64::from(trainer))
}

/// Returns what every member measures.
fn answer(round: RoundIndex) -> Answer {
	let measured = |round| Measurement { score: claim(round, 0), root: H256::repeat_byte(3) };
	let verdicts = vec![Verdict::Match(measured(round))];
	Answer::Round(Ballot {
		baseline: round.checked_sub(1).map(measured),
		verdicts: verdicts.try_into().expect("it is one; qed"),
	})
}

fn signed(pair: &sr25519::Pair, call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	let account = account(pair);
	let mut extension = <Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_extension();
	extension.6 = frame_system::CheckNonce::from(System::account_nonce(&account));
	let payload = SignedPayload::new(call.into(), extension).expect("the extension has what it signs; qed");
	let signature = payload.using_encoded(|payload| pair.sign(payload));
	let (call, extension, _) = payload.deconstruct();
	UncheckedExtrinsic::new_signed(call, account.into(), signature.into(), extension)
}

fn commit(group: GroupId, round: RoundIndex, place: u32, trainer: &sr25519::Pair) -> Transaction {
	let trainer = trainer.clone();
	let make = move || {
		let (genesis, digest) = (Rounds::genesis(), content((group, round, place)).digest);
		let commitment = commitment_hash(genesis, group, round, &account(&trainer), digest, &SALT);
		signed(&trainer, pallet_rounds::Call::commit { group, round, commitment, deposit: DEPOSIT })
	};
	Transaction { kind: Kind::Commit, parts: 1, make: Box::new(make) }
}

fn reveal(group: GroupId, round: RoundIndex, place: u32, trainer: &sr25519::Pair) -> Transaction {
	let trainer = trainer.clone();
	let make = move || {
		let call = pallet_rounds::Call::reveal {
			group,
			round,
			checkpoint: content((group, round, place)),
			salt: SALT,
			claim: claim(round, place),
			providers: Default::default(),
		};
		signed(&trainer, call)
	};
	Transaction { kind: Kind::Reveal, parts: 1, make: Box::new(make) }
}

/// Returns a member's report on rounds: attestations, or openings.
fn report(
	kind: Kind,
	rounds: &[(GroupId, RoundIndex)],
	member: u32,
	pair: &sr25519::Pair,
) -> UncheckedExtrinsic {
	let (key, genesis) = (AuthorityId::from(pair.public()), Evaluators::genesis());
	let mut report = Report::new(System::block_number());
	for &(group, round) in rounds {
		let (task, answer) = (TaskId::Round { group, round }, answer(round));
		let has_room = if kind == Kind::Attest {
			let subject = RuntimeTasks::subject(&task).unwrap_or_default();
			let hash = answer_hash(genesis, &task, subject, &key, &answer, &SALT);
			report.attestations.try_push(Attest { task, member, hash }).is_ok()
		} else {
			report.openings.try_push(Opening { task, member, answer, salt: SALT }).is_ok()
		};
		assert!(has_room, "a report is as long as one may be");
	}
	let signature = AuthoritySignature::from(pair.sign(&report_payload(genesis, &report)));
	let call = pallet_evaluators::Call::report { key, report, signature };
	<Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_authorized_transaction(call.into())
}
