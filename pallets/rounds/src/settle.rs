use crate::{
	migrations::NameModels, views::claims, Attestations, BalanceOf, Best, Commitment, CommitmentOf, Config,
	Ending, Error, Event, Head, Heads, HoldReason, Pallet, Reveal, RoundOf, Rounds, Settled, Standings,
	Unsettled, WeightInfo,
};
use alloc::vec::Vec;
use descent_protocol::{
	Ballot, EvaluationPolicy, GroupId, Incumbent, Outcome, Performance, Phase, RoundIndex, Settlement,
};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, Get, Weight},
	traits::{fungible::BalancedHold, Imbalance, OnUnbalanced},
};
use pallet_evaluators::PerformanceObserver;
use pallet_groups::{GroupRules, Rewards};
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion,
};

/// How much there was to do.
pub(crate) struct Work {
	pub(crate) candidates: u32,
	pub(crate) members: u32,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_settle(group: GroupId, round: RoundIndex) -> Result<Work, DispatchError> {
		let rules = T::Groups::rules(group, round).ok_or(Error::<T>::UnknownGroup)?;
		let mut unsettled = Unsettled::<T>::get(group);
		ensure!(unsettled.contains(&round), Error::<T>::NotUnsettled);
		let windows = rules.clock.windows(round).ok_or(Error::<T>::WrongPhase)?;
		ensure!(windows.phase(Self::now()) == Phase::Settle, Error::<T>::WrongPhase);
		ensure!(unsettled.first() == Some(&round), Error::<T>::SettlementOverdue);
		let mut entered = Rounds::<T>::get(group, round).ok_or(Error::<T>::NotUnsettled)?;
		let reveals = Self::reveals(group, round, &entered.commitments);
		let committee = Self::committee(group, round).unwrap_or_default();
		let said = Self::said(group, round, committee.len());
		let performance = descent_protocol::performance(&said);
		let opened: Vec<_> = said.into_iter().flatten().collect();
		let settlement = descent_protocol::settle(
			&claims(&reveals),
			&opened,
			committee.len(),
			Self::incumbent(group, rules.policy, &entered),
			rules.minimum_improvement,
		);

		unsettled.remove(0);
		// Off-chain workers walk over the groups that have something to settle, and over no others.
		if unsettled.is_empty() {
			Unsettled::<T>::remove(group);
		} else {
			Unsettled::<T>::insert(group, unsettled);
		}
		let winner = Self::crown(group, round, rules.policy, &settlement, reveals, &entered);
		let work = Work {
			candidates: entered.commitments.len().saturated_into(),
			members: committee.len().saturated_into(),
		};
		let members = committee.into_iter().map(|(member, _)| member);
		let performance: Vec<_> = members.zip(performance).collect();
		let sound: Vec<_> = performance
			.iter()
			.filter(|(_, performance)| *performance == Performance::Sound)
			.map(|(member, _)| member.clone())
			.collect();
		let reward = T::Rewards::round_settled(group, round, rules.shares, winner.as_ref(), &sound);
		T::Performance::observed(&performance);
		let found = settlement.outcomes.iter().zip(&settlement.measured);
		for (place, (commitment, (outcome, measured))) in
			entered.commitments.iter_mut().zip(found).enumerate()
		{
			let ending = Ending {
				outcome: *outcome,
				measured: *measured,
				reward: if *outcome == Outcome::Won { reward } else { Zero::zero() },
				slashed: Self::return_deposit(commitment, *outcome, settlement.contested == Some(place)),
			};
			commitment.ending = Some(ending);
			Self::note_standing(group, entered.model_version, &commitment.account, &ending);
			Self::deposit_event(Event::Ended {
				group,
				round,
				account: commitment.account.clone(),
				outcome: ending.outcome,
				measured: ending.measured,
				reward: ending.reward,
				slashed: ending.slashed,
			});
		}
		entered.settled = Some(Settled {
			winner: settlement.winner.map(|(place, _)| place.saturated_into()),
			baseline: settlement.baseline,
		});
		Rounds::<T>::insert(group, round, entered);
		Self::deposit_event(Event::Settled {
			group,
			round,
			winner,
			score: settlement.winner.map(|(_, score)| score),
			baseline: settlement.baseline,
		});
		let pruned = Self::keep_settled(group, round);
		Ok(Work {
			candidates: work.candidates.max(pruned.candidates),
			members: work.members.max(pruned.members),
		})
	}

	/// The weight of a settlement, with what those weigh who are told of it.
	pub(crate) fn settle_weight(candidates: u32, members: u32) -> Weight {
		T::WeightInfo::settle(candidates, members)
			.saturating_add(T::Rewards::round_settled_weight(members))
			.saturating_add(T::Performance::observed_weight(members))
	}

	/// What each member of a round's committee has opened.
	pub(crate) fn said(group: GroupId, round: RoundIndex, committee: usize) -> Vec<Option<Ballot>> {
		(0u32..)
			.take(committee)
			.map(|member| Attestations::<T>::get((group, round), member)?.ballot)
			.collect()
	}

	/// The head that a round's candidates compete with.
	fn incumbent(group: GroupId, policy: EvaluationPolicy, entered: &RoundOf<T>) -> Incumbent {
		match Heads::<T>::get(group, entered.model_version) {
			None => Incumbent::Nobody,
			Some(head) if head.is_comparable(policy, entered.dataset_version) => {
				Incumbent::Accepted(head.score)
			}
			Some(_) => Incumbent::Incomparable,
		}
	}

	/// Makes the winner's checkpoint the head of the model that the round trained. Who won.
	fn crown(
		group: GroupId,
		round: RoundIndex,
		policy: EvaluationPolicy,
		settlement: &Settlement,
		reveals: Vec<Option<Reveal>>,
		entered: &RoundOf<T>,
	) -> Option<T::AccountId> {
		let (place, score) = settlement.winner?;
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

	/// Slashes what the outcome costs of a deposit and returns the rest. What was slashed.
	fn return_deposit(commitment: &CommitmentOf<T>, outcome: Outcome, is_contested: bool) -> BalanceOf<T> {
		let Commitment { account, deposit, .. } = commitment;
		let part = || T::UnrevealedPenalty::get().mul_floor(*deposit);
		let loss = match outcome {
			Outcome::NoQuorum if is_contested => part(),
			Outcome::Won | Outcome::Outranked | Outcome::NotBetter | Outcome::NoQuorum => Zero::zero(),
			Outcome::Unrevealed => part(),
			Outcome::Refuted => *deposit,
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
