//! The settlement of a round, in three steps: gather what it depends on, decide, apply.

use crate::{
	committee::{tallies, Answers},
	migrations::{CommitteesByTasks, NameModels},
	recording::DrawnWork,
	views::claims,
	BalanceOf, Best, Commitment, CommitmentOf, Config, Ending, Error, Event, Head, Heads, HoldReason, Pallet,
	Reveal, RoundOf, Rounds, Settled, Standings, Subjects, Tallies, Unsettled, WeightInfo,
};
use alloc::vec::Vec;
use descent_protocol::{
	rank,
	trace::{WorkReward, MAX_DRAWN},
	EvaluationPolicy, GroupId, Incumbent, MeasuredOn, Outcome, Performance, Phase, RoundIndex, Settlement,
	Tally, TestSetVerdict, Windows, MAX_CANDIDATES, MAX_COMMITTEE, MAX_RANKED_WINNERS, SMALLEST_TOLERANT,
};
use descent_support::ClosedBlocks;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, Get, Weight},
	traits::{fungible::BalancedHold, ConstU32, Imbalance, OnUnbalanced},
	BoundedVec,
};
use pallet_evaluators::{sound, tasks::Committees, Seat};
use pallet_groups::{GroupRules, Rewards, Rules, SettledRound, TestSets};
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion,
};

/// A round that can be settled, with all that its settlement depends on.
struct DueRound<T: Config> {
	rules: Rules<BalanceOf<T>>,
	/// The rounds of the group that stay unsettled.
	unsettled: BoundedVec<RoundIndex, ConstU32<2>>,
	round: RoundOf<T>,
	/// The reveals in commit order.
	reveals: Vec<Option<Reveal>>,
	seats: Vec<Seat<T::AccountId>>,
	incumbent: Incumbent,
	/// True if the chain may have had no room for a reveal in a block of the reveal window.
	was_closed: bool,
	/// True if the key of a hidden test set was released, to measure the candidates on it.
	is_hidden: bool,
}

/// The result of a round, and how each member of its committee did.
struct Decision<AccountId> {
	settlement: Settlement,
	performance: Vec<(AccountId, Performance)>,
	/// The tallies of the candidates in rank order, up to the last that somebody looked at.
	tallies: Vec<Tally>,
	/// The work that the round pays for, and the positions of those whose work is confirmed.
	work: Option<(WorkReward, Vec<usize>)>,
	/// The verdict on the hidden test set.
	test_set: Option<TestSetVerdict>,
}

/// The rewards of a round's trainers.
#[derive(Default)]
struct Rewarded<Balance> {
	/// Those of the winners, in their order.
	winners: Vec<Balance>,
	/// The reward of each draw of a trainer whose work is confirmed.
	work: Balance,
	/// The positions of these trainers, once for each draw.
	worked: Vec<usize>,
}

impl<Balance: Copy + Default + Saturating> Rewarded<Balance> {
	/// Returns all that the trainer at a position is paid.
	fn of(&self, place: usize, settlement: &Settlement) -> Balance {
		let winner = settlement.accepted.iter().position(|(accepted, _)| *accepted == place);
		let won = winner.and_then(|winner| self.winners.get(winner)).copied().unwrap_or_default();
		let draws = self.worked.iter().filter(|worked| **worked == place);
		draws.fold(won, |sum, _| sum.saturating_add(self.work))
	}
}

impl<T: Config> DueRound<T> {
	/// Judges the candidates and the committee by the rules of the protocol. It reads and writes nothing.
	fn decide(&self) -> Decision<T::AccountId> {
		let claims = claims(&self.reveals);
		let commitments = &self.round.commitments;
		let ranked = rank(&claims);
		let candidates = ranked.iter().filter_map(|place| commitments.get(*place));
		let candidates: Vec<_> = candidates.map(|commitment| &commitment.account).collect();
		let mut answers = Answers::of(&self.seats, self.is_hidden);
		let ballots = answers.unbiased(&self.seats, &candidates);
		let mut settlement = descent_protocol::settle(
			&claims,
			&ballots,
			self.incumbent,
			self.rules.minimum_improvement,
			self.rules.optional_rules.ranked_winners().into(),
		);
		let recipe = self.rules.optional_rules.recipe();
		let drawn = DrawnWork::of::<T>(recipe, &self.round);
		let work = drawn.as_ref().map(|DrawnWork { reward, drawn }| {
			let is_near = |score, head| reward.is_near(score, head);
			(*reward, settlement.judge_work(&claims, &ballots, drawn, is_near))
		});
		let tallies = tallies(&answers.ballots);
		if settlement.winner().is_some() {
			let is_drawn = |rank| {
				let place = ranked.get(rank);
				drawn.as_ref().zip(place).is_some_and(|(work, place)| work.has(*place))
			};
			answers.forget_others(|rank| rank < settlement.looked || is_drawn(rank));
		}
		let members = self.seats.iter().map(|seat| seat.member.account.clone());
		Decision {
			tallies,
			performance: members.zip(answers.performance(recipe.is_some())).collect(),
			work,
			test_set: answers.test_set,
			settlement,
		}
	}

	/// Returns the policy that selected the records of a round whose hidden test set has this verdict.
	fn measured_by(&self, test_set: Option<TestSetVerdict>) -> EvaluationPolicy {
		match test_set {
			Some(TestSetVerdict::Sound) => self.rules.policy,
			_ => self.rules.policy.without_hidden(),
		}
	}

	/// Returns true if clients' orders pay for the gain of the round: it is one on the records that they ask
	/// for, over a head that was measured on them, where there is one.
	fn shows_gain(&self, decision: &Decision<T::AccountId>) -> bool {
		let is_asked_for =
			self.rules.policy.series().is_none() || decision.test_set == Some(TestSetVerdict::Sound);
		is_asked_for && (self.incumbent == Incumbent::Nobody || decision.settlement.baseline.is_some())
	}

	/// Returns true if a trainer may have had no chance to reveal: the chain had no room for it, or it may
	/// not have got the hidden test set on which it had to measure its claim.
	fn excuses_silence(&self, test_set: Option<TestSetVerdict>) -> bool {
		self.was_closed
			|| self.is_hidden && !matches!(test_set, Some(TestSetVerdict::Sound | TestSetVerdict::Broken))
	}
}

impl<T: Config> Pallet<T> {
	/// Settles a round. Returns the weight of all that it did.
	pub(crate) fn do_settle(group: GroupId, index: RoundIndex) -> Result<Weight, DispatchError> {
		let due = Self::due_round(group, index)?;
		let decision = due.decide();
		Ok(Self::apply(group, index, due, decision))
	}

	/// Checks that a round can be settled now. Returns its rules and windows.
	pub(crate) fn check_due(
		group: GroupId,
		index: RoundIndex,
	) -> Result<(Rules<BalanceOf<T>>, Windows), Error<T>> {
		let rules = T::Groups::rules(group, index).ok_or(Error::<T>::UnknownGroup)?;
		let unsettled = Unsettled::<T>::get(group);
		ensure!(unsettled.contains(&index), Error::<T>::NotUnsettled);
		let windows = rules.clock.windows(index).ok_or(Error::<T>::WrongPhase)?;
		ensure!(windows.phase(Self::now()) == Phase::Settle, Error::<T>::WrongPhase);
		ensure!(unsettled.first() == Some(&index), Error::<T>::SettlementOverdue);
		Ok((rules, windows))
	}

	/// Reads a round that can be settled now, or returns the error why it can't.
	fn due_round(group: GroupId, index: RoundIndex) -> Result<DueRound<T>, DispatchError> {
		let (rules, windows) = Self::check_due(group, index)?;
		let mut unsettled = Unsettled::<T>::get(group);
		unsettled.retain(|waiting| *waiting != index);
		let round = Rounds::<T>::get(group, index).ok_or(Error::<T>::NotUnsettled)?;
		CommitteesByTasks::<T>::pull(group, index);
		let is_hidden = Self::is_hidden(group, index, &rules.policy);
		let policy = if is_hidden { rules.policy } else { rules.policy.without_hidden() };
		Ok(DueRound {
			reveals: Self::reveals(group, index, &round.commitments),
			seats: T::Committees::take(&Self::task(group, index)),
			incumbent: Self::incumbent(group, &rules, policy, &round),
			is_hidden,
			was_closed: Self::any_closed(&windows.reveal),
			rules,
			unsettled,
			round,
		})
	}

	/// Settles a round as it was decided. Returns the weight of the settlement.
	fn apply(
		group: GroupId,
		index: RoundIndex,
		due: DueRound<T>,
		decision: Decision<T::AccountId>,
	) -> Weight {
		let shows_gain = due.shows_gain(&decision);
		let Decision { settlement, performance, tallies, work, test_set } = decision;
		let (policy, is_excused) = (due.measured_by(test_set), due.excuses_silence(test_set));
		let DueRound { rules, unsettled, mut round, reveals, seats, .. } = due;
		// Off-chain workers walk over the groups that have something to settle, and over no others.
		if unsettled.is_empty() {
			Unsettled::<T>::remove(group);
		} else {
			Unsettled::<T>::insert(group, unsettled);
		}
		Subjects::<T>::remove((group, index));
		if !tallies.is_empty() {
			Tallies::<T>::insert((group, index), BoundedVec::truncate_from(tallies));
		}
		// A committee that is too small to tolerate a fault has nobody pay for what one member says.
		let is_tolerant = seats.len() >= SMALLEST_TOLERANT;
		if let Some((series, verdict)) = rules.policy.series().zip(test_set).filter(|_| is_tolerant) {
			T::TestSets::judged(series, group, verdict);
		}
		let is_recorded = rules.optional_rules.recipe().is_some();
		if is_recorded {
			let worked = work.as_ref().map(|(_, worked)| &worked[..]).unwrap_or_default();
			Self::note_bases(group, round.model_version, &settlement, worked, &reveals);
		}
		let winner = Self::crown(group, index, policy, &settlement, reveals, &round);
		let mut rewards = Rewarded::default();
		if let Some((reward, worked)) = work {
			rewards.work = Self::pay_work(group, &rules, &reward, &worked, &round);
			rewards.worked = worked;
		}
		rewards.winners = Self::pay((group, index), &rules, &settlement, &round, &performance, shows_gain);
		let observed = T::Committees::observed(&performance);
		Self::end_commitments(group, index, &mut round, &settlement, is_excused, &rewards);
		let candidates: u32 = round.commitments.len().saturated_into();
		round.settled = Some(Settled {
			winner: settlement.winner().map(|(place, _)| place.saturated_into()),
			baseline: settlement.baseline,
		});
		Rounds::<T>::insert(group, index, round);
		Self::deposit_event(Event::Settled {
			group,
			round: index,
			winner,
			score: settlement.winner().map(|(_, score)| score),
			baseline: settlement.baseline,
		});
		let pruned = Self::keep_settled(group, index);
		let judged = rules.policy.series().map(|_| T::TestSets::judged_weight()).unwrap_or_default();
		let recorded = if is_recorded { Self::recorded_weight() } else { Weight::zero() };
		Self::work_weight(candidates.max(pruned), seats.len().saturated_into())
			.saturating_add(judged)
			.saturating_add(recorded)
			.saturating_add(observed)
	}

	/// Pays the trainers at these positions for their work. Returns the reward of each draw.
	fn pay_work(
		group: GroupId,
		rules: &Rules<BalanceOf<T>>,
		reward: &WorkReward,
		worked: &[usize],
		round: &RoundOf<T>,
	) -> BalanceOf<T> {
		let trainers = worked.iter().filter_map(|place| Some(round.commitments.get(*place)?.account.clone()));
		T::Rewards::work_confirmed(group, rules.shares, reward, &trainers.collect::<Vec<_>>())
	}

	/// Pays the winners and the members who did sound work. Returns the reward of each winner.
	fn pay(
		(group, index): (GroupId, RoundIndex),
		rules: &Rules<BalanceOf<T>>,
		settlement: &Settlement,
		round: &RoundOf<T>,
		performance: &[(T::AccountId, Performance)],
		shows_gain: bool,
	) -> Vec<BalanceOf<T>> {
		let accepted = settlement.accepted.iter();
		let winners: Vec<_> =
			accepted.filter_map(|(place, _)| Some(round.commitments.get(*place)?.account.clone())).collect();
		T::Rewards::round_settled(&SettledRound {
			group,
			round: index,
			shares: rules.shares,
			winners: &winners,
			score: settlement.winner().map(|(_, score)| score).filter(|_| shows_gain),
			baseline: settlement.baseline,
			members: &sound(performance),
		})
	}

	/// Gives every commitment of a round its outcome, returns or slashes its deposit, and updates the
	/// trainer's standing.
	fn end_commitments(
		group: GroupId,
		index: RoundIndex,
		round: &mut RoundOf<T>,
		settlement: &Settlement,
		is_excused: bool,
		rewards: &Rewarded<BalanceOf<T>>,
	) {
		let model_version = round.model_version;
		let found = settlement.outcomes.iter().zip(&settlement.measured);
		for (place, (commitment, (outcome, measured))) in round.commitments.iter_mut().zip(found).enumerate()
		{
			let loses_part = match outcome {
				Outcome::NoQuorum => settlement.contested == Some(place),
				Outcome::Unrevealed => !is_excused,
				_ => false,
			};
			let ending = Ending {
				outcome: *outcome,
				measured: *measured,
				reward: rewards.of(place, settlement),
				slashed: Self::return_deposit(commitment, *outcome, loses_part),
			};
			commitment.ending = Some(ending);
			Self::note_standing(group, model_version, &commitment.account, &ending);
			Self::deposit_event(Event::Ended {
				group,
				round: index,
				account: commitment.account.clone(),
				outcome: ending.outcome,
				measured: ending.measured,
				reward: ending.reward,
				slashed: ending.slashed,
			});
		}
	}

	/// Returns the weight of a settlement and its rewards, without what follows from the performance of
	/// members. The benchmark takes the committee away as well, and its pot is empty.
	fn work_weight(candidates: u32, members: u32) -> Weight {
		T::WeightInfo::settle(candidates, members).saturating_add(T::Rewards::round_settled_weight(members))
	}

	/// Returns the weight of what a round with recordings needs beside that, estimated: the checkpoints that
	/// are confirmed and the head are noted, and work is paid for.
	fn recorded_weight() -> Weight {
		let confirmed = u64::from(MAX_RANKED_WINNERS).saturating_add(MAX_DRAWN.into());
		// One that does not beat the head, and the head.
		let noted = T::DbWeight::get().reads_writes(1, confirmed.saturating_add(2));
		noted.saturating_add(T::Rewards::work_confirmed_weight())
	}

	/// Returns the largest weight of a settlement.
	pub(crate) fn settle_weight() -> Weight {
		Self::work_weight(MAX_CANDIDATES, MAX_COMMITTEE)
			.saturating_add(T::TestSets::judged_weight())
			.saturating_add(Self::recorded_weight())
			.saturating_add(T::Committees::observed_weight(MAX_COMMITTEE))
	}

	/// Returns the head, or else the pretrained checkpoint, with which a round's candidates compete.
	fn incumbent(
		group: GroupId,
		rules: &Rules<BalanceOf<T>>,
		policy: EvaluationPolicy,
		entered: &RoundOf<T>,
	) -> Incumbent {
		let measured = MeasuredOn { policy, dataset_version: entered.dataset_version };
		match Heads::<T>::get(group, entered.model_version) {
			None if rules.optional_rules.pretrained().is_some() => Incumbent::Incomparable,
			None => Incumbent::Nobody,
			// No set of a series is used twice.
			Some(_) if policy.series().is_some() => Incumbent::Incomparable,
			Some(head) if head.measured().is_comparable(&measured) => Incumbent::Accepted(head.score),
			Some(_) => Incumbent::Incomparable,
		}
	}

	/// Makes the winner's checkpoint the head of the model that the round trained. Returns the winner.
	fn crown(
		group: GroupId,
		round: RoundIndex,
		policy: EvaluationPolicy,
		settlement: &Settlement,
		reveals: Vec<Option<Reveal>>,
		entered: &RoundOf<T>,
	) -> Option<T::AccountId> {
		let (place, score) = settlement.winner()?;
		let account = entered.commitments.get(place)?.account.clone();
		let reveal = reveals.into_iter().nth(place)??;
		let head = Head {
			round,
			account: account.clone(),
			checkpoint: reveal.checkpoint,
			score,
			policy,
			dataset_version: entered.dataset_version,
			providers: reveal.providers,
		};
		Heads::<T>::insert(group, entered.model_version, head);
		Some(account)
	}

	/// Slashes all of a refuted commitment's deposit, or a part of another one's if it `loses_part`, and
	/// returns the rest to the trainer. Returns the slashed amount.
	fn return_deposit(commitment: &CommitmentOf<T>, outcome: Outcome, loses_part: bool) -> BalanceOf<T> {
		let Commitment { account, deposit, .. } = commitment;
		let loss = match outcome {
			Outcome::Refuted | Outcome::Departed => *deposit,
			_ if loses_part => T::UnrevealedPenalty::get().mul_floor(*deposit),
			_ => Zero::zero(),
		};
		let mut slashed = Zero::zero();
		if !loss.is_zero() {
			let (credit, _) = T::Currency::slash(&HoldReason::Commitment.into(), account, loss);
			slashed = credit.peek();
			T::Slash::on_unbalanced(credit);
		}
		let rest = deposit.saturating_sub(slashed);
		if !rest.is_zero() {
			Self::release(account, rest);
		}
		slashed
	}

	fn note_standing(
		group: GroupId,
		model_version: u32,
		account: &T::AccountId,
		ending: &Ending<BalanceOf<T>>,
	) {
		let mut updated = NameModels::<T>::standing(group, account).unwrap_or_default();
		updated.rounds = updated.rounds.saturating_add(1);
		if ending.outcome == Outcome::Won {
			updated.wins = updated.wins.saturating_add(1);
		}
		if let Some(score) = ending.measured {
			let before = updated.best.filter(|best| best.model_version == model_version);
			updated.best =
				Some(Best { model_version, score: before.map_or(score, |best| best.score.min(score)) });
		}
		updated.earned = updated.earned.saturating_add(ending.reward);
		updated.slashed = updated.slashed.saturating_add(ending.slashed);
		Standings::<T>::insert(group, account, updated);
	}
}
