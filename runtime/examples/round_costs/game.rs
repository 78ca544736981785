//! A training round: validators that measure, trainers that take part, and the transactions of both.

use crate::chain::{apply, Chain, Cost};
use anyhow::{anyhow, ensure, Context, Result};
use codec::Encode;
use descent_protocol::{
	answer_hash, commitment_hash, Answer, Ballot, Clock, Codec, ContentRef, EvaluationPolicy, GroupId,
	Measurement, Metric, NewGroup, OptionalRule, OptionalRules, Outcome, RoundIndex, Score, Share, Shares,
	TaskId, Verdict,
};
use descent_runtime::{
	AccountId, Evaluators, Groups, Rounds, Runtime, RuntimeCall, RuntimeOrigin, SessionKeys, SignedPayload,
	System, UncheckedExtrinsic, NRN,
};
use frame_system::offchain::CreateAuthorizedTransaction;
use pallet_evaluators::{
	report_payload, Attest, AuthorityId, AuthoritySignature, CurrentEvaluators, Opening, Report, Tasks,
};
use serde::Serialize;
use serde_json::json;
use sp_core::{ed25519, sr25519, Pair, H256};
use sp_runtime::traits::Dispatchable;

/// The only group, and its first round.
pub(crate) const GROUP: GroupId = 0;
const ROUND: RoundIndex = 0;
/// Number of validators: as many as a committee has seats unless a group asks for another number.
pub(crate) const MEMBERS: u32 = descent_protocol::DEFAULT_COMMITTEE_SEATS;
/// Rounds with room for what is sent in each window, in one block.
const CLOCK: Clock = Clock { first: 0, start: 3, length: 12, reveal: 3, attest: 5, open: 3 };
/// The claim of the first trainer. Each of the others claims a micro-unit more than the one before.
pub(crate) const BEST: Score = Score(5_000);
const SALT: [u8; 32] = [9; 32];
const BOND: u128 = 10_000 * NRN;
const DEPOSIT: u128 = 5 * NRN;
const WEALTH: u128 = 10_000_000 * NRN;

type RuntimeTasks = <Runtime as pallet_evaluators::Config>::Tasks;

/// Costs of a round: of one message of each kind, and of the settlement.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct RoundCosts {
	pub(crate) commitment: Cost,
	pub(crate) reveal: Cost,
	/// The report of a member with its attestation.
	pub(crate) attestation: Cost,
	/// The report of a member with its opening.
	pub(crate) opening: Cost,
	pub(crate) settlement: Cost,
	/// Length of a block's header with its seal, in bytes.
	pub(crate) header_bytes: usize,
}

/// A chain with a group whose first round is about to begin.
pub(crate) struct Game {
	pub(crate) chain: Chain,
	/// Validators, in the order of committees.
	members: Vec<sr25519::Pair>,
	/// Trainers, all of which take part.
	pub(crate) trainers: Vec<sr25519::Pair>,
	/// The account that orders improvement and opens series.
	pub(crate) client: sr25519::Pair,
	/// Number of winners that the round pays.
	winners: u8,
}

impl Game {
	/// Starts a chain and creates the group, in a block that has not ended.
	pub(crate) fn new(trainers: u32, winners: u8) -> Result<Self> {
		let (members, trainers) = (pairs("//Alice", MEMBERS)?, pairs("//Trainer", trainers)?);
		let client = sr25519::Pair::from_string("//Client", None)?;
		let mut chain = Chain::new(members[0].clone(), |config| {
			let keys = (0..MEMBERS).zip(&members).map(|(number, pair)| {
				let finality =
					ed25519::Pair::from_string(&uri("//Alice", number), None).map(|pair| pair.public());
				let keys = SessionKeys {
					babe: pair.public().into(),
					grandpa: finality.expect("a hard derivation has a key; qed").into(),
					evaluator: pair.public().into(),
				};
				json!([account(pair), account(pair), keys])
			});
			config["session"]["keys"] = keys.collect();
			config["validators"]["bonds"] = members.iter().map(|pair| json!([account(pair), BOND])).collect();
			let rich = members.iter().chain(&trainers).chain([&client]);
			config["balances"]["balances"] = rich.map(|pair| json!([account(pair), WEALTH])).collect();
		})?;
		// The chain has no genesis hash before its first block.
		chain.begin()?;
		let evaluators = CurrentEvaluators::<Runtime>::get().evaluators;
		chain.end();
		let member = |key: &AuthorityId| members.iter().find(|pair| AuthorityId::from(pair.public()) == *key);
		let members: Vec<_> =
			evaluators.iter().filter_map(|evaluator| member(&evaluator.key).cloned()).collect();
		ensure!(members.len() == MEMBERS as usize, "not all validators evaluate");
		chain.begin()?;
		let created = Groups::create(RuntimeOrigin::signed(account(&trainers[0])), new_group(winners));
		ensure!(created.is_ok(), "the group can't be created: {created:?}");
		Ok(Self { chain, members, trainers, client, winners })
	}

	/// Plays the round. The block in which it is settled has not ended.
	pub(crate) fn play(&mut self) -> Result<RoundCosts> {
		let windows = CLOCK.windows(ROUND).context("the round has no windows")?;
		self.chain.end();
		self.chain.begin_at(windows.commit.start)?;
		let commitment = self.of_trainers(commit)?;
		let header_bytes = self.chain.end().encoded_size();
		self.chain.begin_at(windows.reveal.start)?;
		let reveal = self.of_trainers(reveal)?;
		self.chain.end();
		self.chain.begin_at(windows.attest.start)?;
		let attestation = self.of_members(attest)?;
		self.chain.end();
		self.chain.begin_at(windows.open.start)?;
		let opening = self.of_members(open)?;
		self.chain.end();
		// The alarm would have it settled, and would not tell the weight.
		pallet_scheduler::Agenda::<Runtime>::remove(windows.settle);
		self.chain.begin_at(windows.settle)?;
		let settlement = self.settle()?;
		Ok(RoundCosts { commitment, reveal, attestation, opening, settlement, header_bytes })
	}

	/// Puts a transaction of each trainer into the block. Returns the cost of the last one.
	fn of_trainers(&self, make: fn(u64, &sr25519::Pair) -> UncheckedExtrinsic) -> Result<Cost> {
		(0..).zip(&self.trainers).try_fold(Cost::default(), |_, (place, pair)| apply(make(place, pair)))
	}

	/// Puts a report of each member into the block. Returns the cost of the last one.
	fn of_members(&self, say: fn(&mut Report, u32, &sr25519::Pair, Answer) -> bool) -> Result<Cost> {
		let answer = answer(self.winners)?;
		(0..).zip(&self.members).try_fold(Cost::default(), |_, (member, pair)| {
			let mut report = Report::new(System::block_number());
			ensure!(say(&mut report, member, pair, answer.clone()), "a report holds nothing");
			let signature =
				AuthoritySignature::from(pair.sign(&report_payload(Evaluators::genesis(), &report)));
			let call =
				pallet_evaluators::Call::<Runtime>::report { key: pair.public().into(), report, signature };
			apply(authorized(call))
		})
	}

	/// Settles the round as its alarm does, and checks that it has as many winners as it pays.
	fn settle(&self) -> Result<Cost> {
		let call = RuntimeCall::from(pallet_rounds::Call::<Runtime>::settle { group: GROUP, round: ROUND });
		let settled = call.dispatch(RuntimeOrigin::root());
		let settled = settled.map_err(|error| anyhow!("the round can't be settled: {:?}", error.error))?;
		let round = pallet_rounds::Rounds::<Runtime>::get(GROUP, ROUND).context("the round is gone")?;
		let endings = round.commitments.iter().filter_map(|commitment| commitment.ending.as_ref());
		let won = endings.filter(|ending| matches!(ending.outcome, Outcome::Won | Outcome::Placed)).count();
		ensure!(won == usize::from(self.winners), "{won} trainers and not {} have won", self.winners);
		Ok(settled.actual_weight.context("the settlement tells no weight")?.into())
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

pub(crate) fn account(pair: &sr25519::Pair) -> AccountId {
	pair.public().into()
}

pub(crate) fn content(of: impl Encode) -> ContentRef {
	ContentRef { digest: H256(sp_io::hashing::blake2_256(&of.encode())), codec: Codec::Raw, size: 10 }
}

fn new_group(winners: u8) -> NewGroup<u128> {
	let mut optional_rules = OptionalRules::default();
	optional_rules.set(OptionalRule::RankedWinners { winners });
	NewGroup {
		name: b"digits".to_vec().try_into().expect("it is short; qed"),
		model: content("model"),
		dataset: content("data"),
		providers: Default::default(),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 100 },
		minimum_improvement: 1,
		target: None,
		clock: CLOCK,
		deposit: DEPOSIT,
		shares: Shares::default(),
		stake: 30 * NRN,
		voting_period: 1_000,
		quorum: Share::percent(20),
		optional_rules,
	}
}

/// Returns what every member measures: the first candidates score what they claim.
fn answer(winners: u8) -> Result<Answer> {
	let measured =
		|place: u8| Measurement { score: Score(BEST.0 + u64::from(place)), root: H256::repeat_byte(3) };
	let verdicts: Vec<_> = (0..winners).map(|place| Verdict::Match(measured(place))).collect();
	let verdicts = verdicts.try_into().map_err(|_| anyhow!("more verdicts than a ballot holds"))?;
	Ok(Answer::Round(Ballot { baseline: None, verdicts }))
}

/// Returns a transaction that an account signs.
pub(crate) fn signed(pair: &sr25519::Pair, call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	let account = account(pair);
	let mut extension = <Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_extension();
	extension.6 = frame_system::CheckNonce::from(System::account_nonce(&account));
	let payload = SignedPayload::new(call.into(), extension).expect("the extension has what it signs; qed");
	let signature = payload.using_encoded(|payload| pair.sign(payload));
	let (call, extension, _) = payload.deconstruct();
	UncheckedExtrinsic::new_signed(call, account.into(), signature.into(), extension)
}

/// Returns a transaction that brings its own proof.
pub(crate) fn authorized(call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	<Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_authorized_transaction(call.into())
}

fn commit(place: u64, trainer: &sr25519::Pair) -> UncheckedExtrinsic {
	let digest = content(place).digest;
	let commitment = commitment_hash(Rounds::genesis(), GROUP, ROUND, &account(trainer), digest, &SALT);
	let (group, round, deposit) = (GROUP, ROUND, DEPOSIT);
	signed(trainer, pallet_rounds::Call::<Runtime>::commit { group, round, commitment, deposit })
}

fn reveal(place: u64, trainer: &sr25519::Pair) -> UncheckedExtrinsic {
	let provider = b"http://203.0.113.7:8080".to_vec().try_into().expect("it is short; qed");
	let call = pallet_rounds::Call::<Runtime>::reveal {
		group: GROUP,
		round: ROUND,
		checkpoint: content(place),
		salt: SALT,
		claim: Score(BEST.0 + place),
		providers: vec![provider].try_into().expect("it is one; qed"),
	};
	signed(trainer, call)
}

const TASK: TaskId = TaskId::Round { group: GROUP, round: ROUND };

fn attest(report: &mut Report, member: u32, pair: &sr25519::Pair, answer: Answer) -> bool {
	let subject = RuntimeTasks::subject(&TASK).unwrap_or_default();
	let key = AuthorityId::from(pair.public());
	let hash = answer_hash(Evaluators::genesis(), &TASK, subject, &key, &answer, &SALT);
	report.attestations.try_push(Attest { task: TASK, member, hash }).is_ok()
}

fn open(report: &mut Report, member: u32, _: &sr25519::Pair, answer: Answer) -> bool {
	report.openings.try_push(Opening { task: TASK, member, answer, salt: SALT }).is_ok()
}
