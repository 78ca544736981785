//! A group with rounds and a data set that tests run step by step, without transaction fees: balances change
//! by the costs and rewards of each step alone.

use crate::{
	constants::NRN,
	tests::{
		content,
		economy::{
			actor::{actor, Actor},
			blocks,
			calls::Seat,
			recorded::{Training, RULE},
		},
		genesis_of, new_group,
	},
	Balance, Balances, BlockNumber, Dataset, Groups, Rounds, Runtime, RuntimeCall, System, LOCAL_PRESET,
};
use descent_protocol::{
	announcement_hash, commitment_hash, flown, Answer, Ballot, DeltaFault, DeltaReport, DeltaVerdict,
	HiddenBallot, Measurement, OptionalRules, RoundIndex, Score, Share, Shares, Split, Stream, TaskId,
	Verdict, Windows, DEFAULT_COMMITTEE_SEATS,
};
use frame_support::{
	assert_ok,
	traits::{fungible::Inspect, Get},
};
use frame_system::RawOrigin;
use pallet_groups::{GroupRules, NewGroup};
use sp_core::H256;
use sp_runtime::{traits::Dispatchable, DispatchResult};

pub(crate) const SALT: [u8; 32] = [9; 32];
/// Deposit of a commitment.
pub(crate) const DEPOSIT: Balance = 5 * NRN;
/// Bond of a validator of the preset.
pub(crate) const BOND: Balance = 100_000 * NRN;
/// True score of an honest trainer's checkpoint.
pub(crate) const TRUTH: Score = Score(5_000);
/// Division of a round's earnings in the group.
pub(crate) const SHARES: Shares = Shares { validators: Share::percent(20), keepers: Share(0) };
/// The committee, by its seats.
pub(crate) const COMMITTEE: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];
const PERIOD: BlockNumber = 90;

/// Runs on a new chain: Trainer1 makes group 0 in block 1 and stakes in it. Its first round takes commitments
/// from block 2 on, which has begun.
pub(crate) fn on_a_chain<R>(play: impl FnOnce() -> R) -> R {
	on_a_chain_with(|| make_group("//Trainer1", 30 * NRN), play)
}

/// The same with a block 1 in which group 0 is made in another way.
pub(crate) fn on_a_chain_with<R>(prepare: impl FnOnce(), play: impl FnOnce() -> R) -> R {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		blocks::begin(1);
		prepare();
		to(2);
		play()
	})
}

/// Makes a group with a stake of its owner.
pub(crate) fn make_group(owner: &str, stake: Balance) {
	make_group_with(owner, stake, OptionalRules::default());
}

/// The same with rules that not all groups have.
pub(crate) fn make_group_with(owner: &str, stake: Balance, optional_rules: OptionalRules) {
	let group = NewGroup {
		optional_rules,
		stake,
		shares: SHARES,
		voting_period: PERIOD,
		quorum: Share::percent(50),
		..new_group("digits")
	};
	ok(owner, pallet_groups::Call::create { group });
}

/// Returns an account's wealth: free, on hold, and earned.
pub(crate) fn wealth(of: &str) -> i128 {
	let account = &actor(of).account;
	let owned = Balances::total_balance(account) + pallet_emission::Accrued::<Runtime>::get(account);
	i128::try_from(owned).expect("nobody has that much")
}

/// Makes blocks until this one has begun.
pub(crate) fn to(block: BlockNumber) {
	while System::block_number() < block {
		let next = System::block_number() + 1;
		blocks::end();
		blocks::begin(next);
	}
}

/// Ends this block and begins one that comes later.
pub(crate) fn skip_to(block: BlockNumber) {
	blocks::end();
	blocks::begin(block);
}

pub(crate) fn does(who: &str, call: impl Into<RuntimeCall>) -> DispatchResult {
	let origin = RawOrigin::Signed(actor(who).account.clone());
	let done = call.into().dispatch(origin.into());
	done.map(drop).map_err(|failed| failed.error)
}

pub(crate) fn ok(who: &str, call: impl Into<RuntimeCall>) {
	assert_eq!(does(who, call), Ok(()), "{who}");
}

/// Submits a free call of a committee member, checked as by the transaction pool.
pub(crate) fn submit_free(call: RuntimeCall) -> bool {
	blocks::submit_authorized(call) == Ok(Ok(()))
}

/// Returns the windows of a round of group 0.
pub(crate) fn windows(round: RoundIndex) -> Windows {
	let rules = <Groups as GroupRules<u128>>::rules(0, round).expect("the group is there");
	rules.clock.windows(round).expect("the round will be")
}

/// Returns the amount minted by a stream between two blocks of its first period, with stake all the time.
pub(crate) fn minted(stream: Stream, from: BlockNumber, to: BlockNumber) -> Balance {
	let issuance = pallet_emission::GenesisIssuance::<Runtime>::get();
	let period = match stream {
		Stream::Trainers => <Runtime as pallet_emission::Config>::EmissionPeriod::get(),
		Stream::Proposers => <Runtime as pallet_emission::Config>::VotingPeriod::get(),
	};
	let emission = stream.emission(issuance, 0);
	flown(emission, to, period) - flown(emission, from, period)
}

/// Returns the worth of a round that is settled in its first possible block, after one settled in block
/// `since`.
pub(crate) fn worth(round: RoundIndex, since: BlockNumber) -> Split {
	SHARES.split(minted(Stream::Trainers, since, windows(round).settle))
}

/// Returns the fee of the committee, which the first commitment pays.
pub(crate) fn committee_fee() -> i128 {
	let fee: Balance = <Runtime as pallet_rounds::Config>::SeatFee::get();
	i128::try_from(fee * Balance::from(DEFAULT_COMMITTEE_SEATS)).expect("it is small")
}

/// Returns the fee for the part of a commitment that stays on the chain.
pub(crate) fn commitment_fee() -> i128 {
	let fee: Balance = <Runtime as pallet_rounds::Config>::CommitmentFee::get();
	i128::try_from(fee).expect("it is small")
}

pub(crate) fn committed(who: &str, round: RoundIndex, file: u8) -> H256 {
	let account = &actor(who).account;
	commitment_hash(Rounds::genesis(), 0, round, account, content(file).digest, &SALT)
}

pub(crate) fn commit(who: &str, round: RoundIndex, commitment: H256) {
	let call = pallet_rounds::Call::commit { group: 0, round, commitment, deposit: DEPOSIT };
	ok(who, call);
}

pub(crate) fn reveal(who: &str, round: RoundIndex, file: u8, claim: Score) -> DispatchResult {
	let call = pallet_rounds::Call::reveal {
		group: 0,
		round,
		checkpoint: content(file),
		salt: SALT,
		claim,
		providers: Default::default(),
	};
	does(who, call)
}

/// The recorded training of a file, in four segments.
fn training(file: u8) -> Training {
	Training::new(RULE, 4, content(file).digest)
}

/// Commits to a file with its recorded training.
pub(crate) fn commit_recorded(who: &str, round: RoundIndex, file: u8) {
	let submission = training(file).submission(content(file).digest);
	commit(who, round, commitment_hash(Rounds::genesis(), 0, round, &actor(who).account, submission, &SALT));
}

/// Reveals a file with its recorded training.
pub(crate) fn reveal_recorded(who: &str, round: RoundIndex, file: u8, claim: Score) -> DispatchResult {
	let (checkpoint, seed) = (content(file), Rounds::seed_of(0, round).expect("it is drawn"));
	let recording = training(file).recording(checkpoint.digest, seed);
	let providers = Default::default();
	let (group, salt) = (0, SALT);
	let call =
		pallet_rounds::Call::reveal_recorded { group, round, checkpoint, salt, claim, providers, recording };
	does(who, call)
}

/// Returns the true measurement of a file with this score.
pub(crate) fn found(file: u8, score: Score) -> Measurement {
	Measurement { score, root: H256::repeat_byte(file) }
}

/// Returns a ballot with these verdicts, in a group with this head.
pub(crate) fn ballot(baseline: Option<Measurement>, verdicts: Vec<Verdict>) -> Ballot {
	Ballot { baseline, verdicts: verdicts.try_into().expect("there are few") }
}

/// The strategy of a committee member in a round.
#[derive(Clone)]
pub(crate) enum Strategy {
	/// It attests to this ballot.
	Attests(Ballot),
	/// It attests to this ballot on a hidden test set.
	Judges(HiddenBallot),
	/// It does not attest.
	Nothing,
	/// It copies what the first member attests to, and tries to open that.
	Copies,
}

impl Strategy {
	/// Returns the answer that it attests to, if it is one of its own.
	fn answer(&self) -> Option<Answer> {
		match self {
			Self::Attests(ballot) => Some(Answer::Round(ballot.clone())),
			Self::Judges(hidden) => Some(Answer::Hidden(hidden.clone())),
			Self::Nothing | Self::Copies => None,
		}
	}
}

/// Has the committee measure a round, whose reveal window is open, and the alarm settle it.
pub(crate) fn measure_and_settle(round: RoundIndex, members: [Strategy; 4]) {
	let windows = windows(round);
	let seat = |member| Seat { task: TaskId::Round { group: 0, round }, member };
	let first = members[0].answer().expect("the first member attests");
	let copied = seat(0).hash(actor(COMMITTEE[0]), &first, &SALT);
	to(windows.attest.start);
	for ((member, by), plays) in (0..).zip(COMMITTEE.map(actor)).zip(&members) {
		let hash = match (plays, plays.answer()) {
			(_, Some(answer)) => seat(member).hash(by, &answer, &SALT),
			(Strategy::Copies, None) => copied,
			(_, None) => continue,
		};
		assert!(submit_free(seat(member).attest(by, hash)));
	}
	to(windows.open.start);
	for ((member, by), plays) in (0..).zip(COMMITTEE.map(actor)).zip(&members) {
		match (plays, plays.answer()) {
			(_, Some(answer)) => assert!(submit_free(seat(member).open(by, answer, SALT))),
			// A copied attestation is bound to another member's key and can't be opened.
			(Strategy::Copies, None) => assert!(!submit_free(seat(member).open(by, first.clone(), SALT))),
			(_, None) => (),
		}
	}
	to(windows.settle);
	assert!(pallet_rounds::Unsettled::<Runtime>::get(0).first() != Some(&round));
}

/// Runs a round that Trainer2 wins with a file, a little better than what it won with before, with these
/// members, where `lie` is what the last one attests to.
pub(crate) fn honest_round(round: RoundIndex, file: u8, last: impl FnOnce(&Ballot) -> Strategy) {
	let score = |file: u8| Score(TRUTH.0 - u64::from(file) * 10);
	to(windows(round).commit.start);
	commit("//Trainer2", round, committed("//Trainer2", round, file));
	to(windows(round).reveal.start);
	assert_ok!(reveal("//Trainer2", round, file, score(file)));
	let head = pallet_rounds::Heads::<Runtime>::get(0, 0)
		.map(|head| found(head.checkpoint.digest.as_bytes()[0], head.score));
	let honest = ballot(head, vec![Verdict::Match(found(file, score(file)))]);
	let last = last(&honest);
	let honest = || Strategy::Attests(honest.clone());
	measure_and_settle(round, [honest(), honest(), honest(), last]);
}

/// Announces a delta.
pub(crate) fn announce(who: &str, delta: u8) -> DispatchResult {
	let account = &actor(who).account;
	let hash = announcement_hash(Dataset::genesis(), 0, account, content(delta).digest, &SALT);
	does(who, pallet_dataset::Call::announce { group: 0, hash })
}

/// Proposes the delta that was announced.
pub(crate) fn propose(who: &str, delta: u8) -> DispatchResult {
	let call = pallet_dataset::Call::propose {
		group: 0,
		base: Dataset::version(0),
		delta: content(delta),
		providers: Default::default(),
		summary: b"more digits".to_vec().try_into().expect("it is short"),
		salt: SALT,
	};
	does(who, call)
}

/// Returns the deposit of a proposal of a small delta.
pub(crate) fn proposal_deposit() -> i128 {
	i128::try_from(Dataset::deposit_for(content(1).size)).expect("it is small")
}

/// Returns the fee of an entry of the log.
pub(crate) fn log_fee() -> i128 {
	let fee: Balance = <Runtime as pallet_dataset::Config>::LogFee::get();
	i128::try_from(fee).expect("it is small")
}

pub(crate) fn valid(delta: u8) -> DeltaVerdict {
	DeltaVerdict::Valid(DeltaReport { added: 1, removed: 0, records: 2, root: H256::repeat_byte(delta) })
}

pub(crate) fn junk() -> DeltaVerdict {
	DeltaVerdict::Invalid(DeltaFault::Malformed)
}

/// Has the committee attest to a verdict on a delta that was proposed in block `since`, in the order of
/// `members`, until it is decided. Every attempt has the same verdicts.
pub(crate) fn check(proposal: u32, since: BlockNumber, members: [(usize, DeltaVerdict); 4]) {
	let version = Dataset::version(0);
	let mut block = since + 1;
	loop {
		to(block);
		let Some(check) = pallet_dataset::OpenChecks::<Runtime>::get(0, proposal) else {
			return;
		};
		let Some(phase) = check.phase(block).filter(|_| !check.is_decided) else {
			return;
		};
		for (member, verdict) in members {
			let by: &Actor = actor(COMMITTEE[member]);
			let task = TaskId::Delta { group: 0, proposal, version, attempt: phase.attempt };
			let seat = Seat { task, member: u32::try_from(member).expect("there are four") };
			let answer = Answer::Delta(verdict);
			let call = if phase.is_attesting {
				seat.attest(by, seat.hash(by, &answer, &SALT))
			} else {
				seat.open(by, answer, SALT)
			};
			submit_free(call);
		}
		block = phase.window.end;
	}
}

/// Returns the amount that the proposers' stream has minted for group 0 since block 1.
pub(crate) fn proposer_pot() -> i128 {
	let minted = minted(Stream::Proposers, 1, System::block_number());
	i128::try_from(minted).expect("it is little")
}
