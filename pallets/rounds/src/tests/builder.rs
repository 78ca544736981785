//! A builder of rounds: commitments, reveals, attestations, openings and settlements.

use crate::{
	mock::{
		account, apply, evaluator, run_to, Evaluators, Rounds, RuntimeCall, RuntimeOrigin, System, Test,
		DEPOSIT,
	},
	Ending, Pallet,
};
use codec::Encode;
use descent_protocol::{
	answer_hash, commitment_hash, Answer, Ballot, ContentRef, GroupId, HiddenBallot, Measurement, Outcome,
	RoundIndex, Salt, Score, TaskId, Verdict, Windows,
};
use frame_support::assert_ok;
use pallet_evaluators::{report_payload, tasks::Committees, Attest, Opening, Report, Seat, Tasks};
use sp_core::{Pair, H256};
use sp_runtime::{AccountId32, DispatchResult};
use std::collections::BTreeMap;

/// Everybody's salt.
pub(crate) const SALT: Salt = [7; 32];

/// The checkpoint that an account trains for a round.
pub(crate) fn checkpoint(number: u8, round: RoundIndex) -> ContentRef {
	ContentRef::raw(&(number, round).encode()).unwrap()
}

pub(crate) fn measurement(score: u64) -> Measurement {
	Measurement { score: Score(score), root: H256::from_low_u64_be(score) }
}

pub(crate) fn ballot(baseline: Option<u64>, verdicts: &[Verdict]) -> Ballot {
	Ballot { baseline: baseline.map(measurement), verdicts: verdicts.to_vec().try_into().unwrap() }
}

/// A round of group 0, or of another.
#[derive(Clone)]
pub(crate) struct Round {
	pub(crate) group: GroupId,
	pub(crate) index: RoundIndex,
	pub(crate) ballots: BTreeMap<u32, Ballot>,
}

impl Round {
	/// Round 0 of group 0.
	pub(crate) fn new() -> Self {
		Self::number(0)
	}

	pub(crate) fn number(index: RoundIndex) -> Self {
		Self { group: 0, index, ballots: BTreeMap::new() }
	}

	pub(crate) fn of(group: GroupId) -> Self {
		Self { group, ..Self::new() }
	}

	pub(crate) fn windows(&self) -> Windows {
		Rounds::windows(self.group, self.index).unwrap()
	}

	/// Goes to a block of the round, unless the chain is there.
	pub(crate) fn at(self, block: impl FnOnce(Windows) -> u32) -> Self {
		run_to(block(self.windows()).max(System::block_number()));
		self
	}

	/// Accounts commit to their checkpoints with the smallest deposit.
	pub(crate) fn commits(self, numbers: &[u8]) -> Self {
		let deposits: Vec<_> = numbers.iter().map(|number| (*number, DEPOSIT)).collect();
		self.deposits(&deposits)
	}

	/// Accounts commit to their checkpoints with deposits of their choice.
	pub(crate) fn deposits(self, deposits: &[(u8, u128)]) -> Self {
		let this = self.at(|windows| windows.commit.start);
		for (number, deposit) in deposits {
			assert_ok!(this.commit(*number, *deposit));
		}
		this
	}

	pub(crate) fn commitment(&self, number: u8) -> H256 {
		let digest = checkpoint(number, self.index).digest;
		commitment_hash(Rounds::genesis(), self.group, self.index, &account(number), digest, &SALT)
	}

	pub(crate) fn commit(&self, number: u8, deposit: u128) -> DispatchResult {
		let origin = RuntimeOrigin::signed(account(number));
		Rounds::commit(origin, self.group, self.index, self.commitment(number), deposit)
	}

	/// Accounts show their checkpoints and claim scores.
	pub(crate) fn reveals(self, claims: &[(u8, u64)]) -> Self {
		let this = self.at(|windows| windows.reveal.start);
		for (number, claim) in claims {
			assert_ok!(this.reveal(*number, *claim));
		}
		this
	}

	pub(crate) fn reveal(&self, number: u8, claim: u64) -> DispatchResult {
		self.reveal_as(number, checkpoint(number, self.index), SALT, claim)
	}

	pub(crate) fn reveal_as(
		&self,
		number: u8,
		checkpoint: ContentRef,
		salt: Salt,
		claim: u64,
	) -> DispatchResult {
		let provider = b"http://10.0.0.1".to_vec().try_into().unwrap();
		Rounds::reveal(
			RuntimeOrigin::signed(account(number)),
			self.group,
			self.index,
			checkpoint,
			salt,
			Score(claim),
			vec![provider].try_into().unwrap(),
		)
	}

	/// Members attest, the first of them to the first ballot and so on.
	pub(crate) fn attests(self, ballots: &[Ballot]) -> Self {
		let mut this = self.at(|windows| windows.attest.start);
		for (member, ballot) in (0..).zip(ballots) {
			assert_eq!(apply(this.attest_call(member, ballot)), Ok(Ok(())));
			this.ballots.insert(member, ballot.clone());
		}
		this
	}

	pub(crate) fn task(&self) -> TaskId {
		Rounds::task(self.group, self.index)
	}

	pub(crate) fn attest_call(&self, member: u32, ballot: &Ballot) -> RuntimeCall {
		self.attest_by(Self::validator(member), member, ballot)
	}

	/// The attestation of a validator that has a place in the committee.
	pub(crate) fn attest_by(&self, validator: u8, member: u32, ballot: &Ballot) -> RuntimeCall {
		self.attest_answer(validator, member, &Answer::Round(ballot.clone()))
	}

	fn attest_answer(&self, validator: u8, member: u32, answer: &Answer) -> RuntimeCall {
		let (task, pair) = (self.task(), evaluator(validator));
		let subject = Rounds::subject(&task).unwrap_or_default();
		let hash = answer_hash(Rounds::genesis(), &task, subject, &pair.public(), answer, &SALT);
		Self::report_by(validator, |report| {
			report.attestations.try_push(Attest { task, member, hash }).unwrap();
		})
	}

	/// Members open their attestations.
	pub(crate) fn opens(self, members: &[u32]) -> Self {
		let this = self.at(|windows| windows.open.start);
		for member in members {
			assert_eq!(apply(this.open_call(*member, &this.ballots[member])), Ok(Ok(())));
		}
		this
	}

	pub(crate) fn open_call(&self, member: u32, ballot: &Ballot) -> RuntimeCall {
		self.open_by(Self::validator(member), member, ballot)
	}

	/// The opening of a validator that has a place in the committee.
	pub(crate) fn open_by(&self, validator: u8, member: u32, ballot: &Ballot) -> RuntimeCall {
		self.open_answer(validator, member, Answer::Round(ballot.clone()))
	}

	pub(crate) fn open_answer(&self, validator: u8, member: u32, answer: Answer) -> RuntimeCall {
		let task = self.task();
		Self::report_by(validator, |report| {
			report.openings.try_push(Opening { task, member, answer, salt: SALT }).unwrap();
		})
	}

	/// The report of a validator, signed.
	pub(crate) fn report_by(validator: u8, say: impl FnOnce(&mut Report)) -> RuntimeCall {
		let mut report = Report::new(System::block_number());
		say(&mut report);
		let pair = evaluator(validator);
		let signature = pair.sign(&report_payload(Rounds::genesis(), &report));
		pallet_evaluators::Call::report { key: pair.public(), report, signature }.into()
	}

	/// The seats of the committee.
	pub(crate) fn seats(&self) -> Vec<Seat<AccountId32>> {
		Evaluators::seats(&self.task())
	}

	/// Members attest and open.
	pub(crate) fn votes(self, ballots: &[Ballot]) -> Self {
		let members: Vec<_> = (0..).take(ballots.len()).collect();
		self.attests(ballots).opens(&members)
	}

	/// Members attest and open ballots on a hidden test set.
	pub(crate) fn hidden_votes(self, ballots: &[HiddenBallot]) -> Self {
		let answers: Vec<_> = ballots.iter().cloned().map(Answer::Hidden).collect();
		let this = self.at(|windows| windows.attest.start);
		for (member, answer) in (0..).zip(&answers) {
			assert_eq!(apply(this.attest_answer(Self::validator(member), member, answer)), Ok(Ok(())));
		}
		let this = this.at(|windows| windows.open.start);
		for (member, answer) in (0..).zip(answers) {
			assert_eq!(apply(this.open_answer(Self::validator(member), member, answer)), Ok(Ok(())));
		}
		this
	}

	/// Goes to the block in which the alarm settles the round.
	pub(crate) fn settles(self) -> Self {
		self.at(|windows| windows.settle)
	}

	/// An account calls `settle`.
	pub(crate) fn nudge(&self, number: u8) -> DispatchResult {
		let origin = RuntimeOrigin::signed(account(number));
		Pallet::<Test>::settle(origin, self.group, self.index).map(|_| ()).map_err(|failed| failed.error)
	}

	pub(crate) fn stored(&self) -> crate::RoundOf<Test> {
		crate::Rounds::<Test>::get(self.group, self.index).unwrap()
	}

	/// Returns the ending of an account's commitment.
	pub(crate) fn ending(&self, number: u8) -> Ending<u128> {
		self.stored()
			.commitments
			.into_iter()
			.find(|commitment| commitment.account == account(number))
			.and_then(|commitment| commitment.ending)
			.unwrap()
	}

	/// Returns the endings of the commitments, in commit order.
	pub(crate) fn outcomes(&self) -> Vec<Outcome> {
		self.stored().commitments.into_iter().map(|commitment| commitment.ending.unwrap().outcome).collect()
	}

	/// The validator that has a place in the committee.
	fn validator(member: u32) -> u8 {
		u8::try_from(200 + member).unwrap()
	}
}
