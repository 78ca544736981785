//! The committee of a round: the task that the round sets.

use crate::{Config, Error, Pallet, Rounds, Subject, Subjects, Unsettled};
use alloc::{vec, vec::Vec};
use codec::Encode;
use descent_protocol::{
	evaluation::{PrefetchRequest, TestSetSource},
	hidden_ballots, hidden_performance, performance, tally, test_set_verdict,
	view::TestSetRelease,
	Answer, Ballot, BlockNumber, ContentRef, EvaluationPolicy, GroupId, HiddenBallot, Performance,
	RoundIndex, Tally, TaskId, TaskWindows, TestSetVerdict, Verdict, Weighted,
};
use frame_support::pallet_prelude::{DispatchError, Weight};
use pallet_evaluators::{BlockRandomness, Draw, RecordPlace, Request, Seat, Tasks};
use pallet_groups::{GroupRules, TestSets};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::SaturatedConversion;

/// Prefix of the keys of signing records. It changes when their encoding does.
const RECORDS: &[u8] = b"descent/rounds/v1";

/// Returns the group and the round of a task, if it is one of this pallet's.
fn round_of(task: &TaskId) -> Option<(GroupId, RoundIndex)> {
	match *task {
		TaskId::Round { group, round } => Some((group, round)),
		TaskId::Delta { .. } | TaskId::Custody { .. } => None,
	}
}

/// All that the measurements of a round depend on, beside its candidates.
pub(crate) struct Bound {
	/// The seed.
	pub seed: H256,
	/// The head.
	pub head: Option<ContentRef>,
	/// The hidden test set, where the policy names a series.
	pub test_set: Option<TestSetRelease>,
}

impl Bound {
	fn hash(&self) -> H256 {
		let bound = (b"descent/subject/v1", (self.seed, self.head));
		match &self.test_set {
			None => H256(bound.using_encoded(blake2_256)),
			Some(test_set) => H256((bound, test_set).using_encoded(blake2_256)),
		}
	}
}

/// The answers of a round's committee, as they count.
pub(crate) struct Answers {
	/// The ballots. In a round on a hidden test set, those that were measured on what 2/3 found.
	pub ballots: Vec<Weighted<Ballot>>,
	/// The answers on a hidden test set; empty in other rounds.
	hidden: Vec<Weighted<HiddenBallot>>,
	/// The verdict on the hidden test set; `None` where there is none, or no 2/3 for any.
	pub test_set: Option<TestSetVerdict>,
}

impl Answers {
	/// Returns the answers of these seats, in a round on a hidden test set or on another one.
	pub(crate) fn of<AccountId>(seats: &[Seat<AccountId>], is_hidden: bool) -> Self {
		if !is_hidden {
			let ballots = weighted(seats, Answer::ballot);
			return Self { ballots, hidden: Vec::new(), test_set: None };
		}
		let hidden: Vec<Weighted<HiddenBallot>> = weighted(seats, Answer::hidden_ballot);
		let test_set = test_set_verdict(&hidden);
		Self { ballots: hidden_ballots(&hidden, test_set), hidden, test_set }
	}

	/// Forgets what members say of the candidates at other ranks than those that had to be looked at, which
	/// has decided nothing. A member that had no time for them did what was asked.
	pub(crate) fn forget_others(&mut self, is_needed: impl Fn(usize) -> bool) {
		let forget = |ballot: &mut Ballot| {
			let verdicts = ballot.verdicts.iter_mut().enumerate();
			let others = verdicts.filter(|(rank, _)| !is_needed(*rank));
			others.for_each(|(_, verdict)| *verdict = Verdict::Abstained);
		};
		let hidden = self.hidden.iter_mut().filter_map(|member| member.answer.as_mut());
		hidden.for_each(|answer| forget(&mut answer.ballot));
		let ballots = self.ballots.iter_mut().filter_map(|member| member.answer.as_mut());
		ballots.for_each(forget);
	}

	/// Returns the performance of each member, in a round whose segments are replayed or in another one.
	pub(crate) fn performance(&self, is_replayed: bool) -> Vec<Performance> {
		if self.hidden.is_empty() {
			performance(&self.ballots, is_replayed)
		} else {
			hidden_performance(&self.hidden, is_replayed)
		}
	}

	/// Returns the ballots without the verdicts of members on their own candidates, given the account of each
	/// candidate in rank order.
	pub(crate) fn unbiased<AccountId: PartialEq>(
		&self,
		seats: &[Seat<AccountId>],
		candidates: &[&AccountId],
	) -> Vec<Weighted<Ballot>> {
		let mut ballots = self.ballots.clone();
		for (member, seat) in ballots.iter_mut().zip(seats) {
			for ballot in member.answer.iter_mut() {
				for (verdict, account) in ballot.verdicts.iter_mut().zip(candidates) {
					if **account == seat.member.account {
						*verdict = Verdict::Abstained;
					}
				}
			}
		}
		ballots
	}
}

fn weighted<AccountId, T>(seats: &[Seat<AccountId>], read: impl Fn(Answer) -> Option<T>) -> Vec<Weighted<T>> {
	let answer = |seat: &Seat<AccountId>| read(seat.answer.clone()?);
	seats.iter().map(|seat| Weighted { weight: seat.member.weight, answer: answer(seat) }).collect()
}

/// Returns the tallies of the candidates in rank order, up to the last that a member looked at.
pub(crate) fn tallies(committee: &[Weighted<Ballot>]) -> Vec<Tally> {
	let depth = committee.iter().flat_map(|member| &member.answer).map(|ballot| ballot.verdicts.len()).max();
	(0..depth.unwrap_or_default()).map(|rank| tally(committee, rank)).collect()
}

impl<T: Config> Pallet<T> {
	/// Returns the task of a round.
	pub fn task(group: GroupId, round: RoundIndex) -> TaskId {
		TaskId::Round { group, round }
	}

	/// Has the subject of a round bind one more candidate. The first reveal binds the seed, by which all are
	/// measured, the head, and the hidden test set.
	pub(crate) fn bind(
		group: GroupId,
		round: RoundIndex,
		first: impl FnOnce() -> Bound,
		candidate: impl Encode,
	) {
		Subjects::<T>::mutate((group, round), |subject| {
			let Subject { hash, reveals } =
				subject.unwrap_or_else(|| Subject { hash: first().hash(), reveals: 0 });
			let hash = H256((hash, candidate).using_encoded(blake2_256));
			*subject = Some(Subject { hash, reveals: reveals.saturating_add(1) });
		});
	}
}

impl<T: Config> Tasks<T::AccountId> for Pallet<T> {
	fn windows(task: &TaskId) -> Option<TaskWindows> {
		let (group, round) = round_of(task)?;
		if !Unsettled::<T>::get(group).contains(&round) {
			return None;
		}
		let windows = Self::windows(group, round)?;
		Some(TaskWindows { attest: windows.attest, open: windows.open })
	}

	/// Binds the seed, the head, and the candidates with their claims.
	fn subject(task: &TaskId) -> Option<H256> {
		Subjects::<T>::get(round_of(task)?).map(|subject| subject.hash)
	}

	fn draw(task: &TaskId) -> Option<Draw> {
		let (group, round) = round_of(task)?;
		let entered = Rounds::<T>::get(group, round).filter(|round| round.settled.is_none())?;
		let seed = entered.seed?;
		let rules = T::Groups::rules(group, round)?;
		let block = rules.clock.windows(round)?.seed;
		Some(Draw { seed, block, seats: rules.committee_seats() })
	}

	/// A ballot has a verdict on each candidate at most. One with a verdict on a hidden test set is for a
	/// round on such a set, and for no other.
	fn can_answer(task: &TaskId, answer: &Answer) -> bool {
		let Some((group, round)) = round_of(task) else {
			return false;
		};
		let (ballot, is_hidden) = match answer {
			Answer::Round(ballot) => (ballot, false),
			Answer::Hidden(hidden) => (&hidden.ballot, true),
			Answer::Delta(_) | Answer::Custody(_) => return false,
		};
		let revealed = Subjects::<T>::get((group, round)).map_or(0, |subject| subject.reveals);
		let fits = ballot.verdicts.len() <= revealed.saturated_into();
		fits && T::Groups::rules(group, round)
			.is_some_and(|rules| Self::is_hidden(group, round, &rules.policy) == is_hidden)
	}

	/// Rounds are decided by their settlement.
	fn decide(_: &TaskId, _: &[Seat<T::AccountId>]) -> Result<Vec<Performance>, DispatchError> {
		Err(Error::<T>::WrongPhase.into())
	}

	fn decide_weight(_: u32) -> Weight {
		Weight::zero()
	}

	fn ongoing(block: BlockNumber) -> Vec<TaskId> {
		let rounds = Unsettled::<T>::iter();
		let tasks = rounds.flat_map(|(group, unsettled)| {
			unsettled.into_iter().filter_map(move |round| {
				let windows = Self::windows(group, round)?;
				let is_ongoing = windows.attest.contains(&block) || windows.open.contains(&block);
				is_ongoing.then_some(TaskId::Round { group, round })
			})
		});
		tasks.collect()
	}

	fn request(task: &TaskId, _: BlockNumber) -> Option<Request> {
		let (group, round) = round_of(task)?;
		Self::evaluation_request(group, round).map(Request::Evaluation)
	}

	/// The sealed test sets of the rounds that take commitments, or have closed them.
	fn prefetches(block: BlockNumber) -> Vec<PrefetchRequest> {
		let newest = Unsettled::<T>::iter().filter_map(|(group, rounds)| Some((group, *rounds.last()?)));
		let prefetch = |(group, round)| {
			let rules = T::Groups::rules(group, round)?;
			let is_early = block < rules.clock.windows(round)?.reveal.end;
			let series = rules.policy.series().filter(|_| is_early)?;
			let TestSetSource { manifest, index, providers, .. } = T::TestSets::next(series, group)?;
			Some(PrefetchRequest { group, manifest, index, providers })
		};
		newest.filter_map(prefetch).collect()
	}

	/// A group has two places, one for even rounds and one for odd ones, as two rounds can be unsettled at a
	/// time.
	fn record_place(task: &TaskId) -> Option<RecordPlace> {
		let (group, round) = round_of(task)?;
		let key = (RECORDS, Self::genesis(), group, round & 1).encode();
		Some(RecordPlace { key, order: vec![round] })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(_: u32, is_attesting: bool) -> TaskId {
		crate::benchmarking::task::<T>(is_attesting)
	}
}

impl<T: Config> Pallet<T> {
	/// Returns true if a round is measured on a hidden test set: its key was released.
	pub(crate) fn is_hidden(group: GroupId, round: RoundIndex, policy: &EvaluationPolicy) -> bool {
		policy.series().is_some_and(|series| {
			matches!(T::TestSets::release_of(series, group, round), TestSetRelease::Released { .. })
		})
	}
}

impl<T: Config> BlockRandomness for Pallet<T> {
	fn randomness_at(block: BlockNumber) -> Option<[u8; 32]> {
		Self::kept_randomness(block)
	}
}
