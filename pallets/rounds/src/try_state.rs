//! Checks of the pallet's storage.

use crate::{
	BalanceOf, Bases, Closed, Config, DitheredSince, Heads, HoldReason, Kept, Pallet, Recordings, Reveals,
	RoundOf, Rounds, Seeds, Settlements, Subjects, Tallies, Unsettled, UsedDigests, KEPT_RING,
};
use alloc::collections::BTreeMap;
use descent_protocol::{trace::WorkReward, BlockNumber, GroupId, Outcome, RoundIndex};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use pallet_groups::{DatasetLog, GroupRules};
use sp_runtime::{
	traits::{Saturating, Zero},
	SaturatedConversion, TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the pallet's storage between any two calls:
	///
	/// - every account has on hold exactly what it put at stake in rounds that are not settled, and the
	///   others nothing;
	/// - every commitment of a settled round has one ending, and those of other rounds have none; nobody but
	///   winners is paid, or who has worked where the group pays for that, and a trainer that did nothing
	///   wrong lost nothing;
	/// - the rounds to be settled are kept and in order, and of the settled ones no more than the last few
	///   are kept;
	/// - every round has the versions of model and data set that the rules and the log say;
	/// - reveals, subjects and tallies belong to a round that is kept; a subject binds as many candidates as
	///   have revealed, and there are no more tallies than that;
	/// - a recording belongs to a reveal, and every reveal of a group with a rule for recipes has one;
	/// - every revealed digest is noted as used where it was revealed, and every head as won, by a round of
	///   its model; a recorded training may begin with nothing that was not revealed;
	/// - the ring of randomness has every block at its place;
	/// - scores are dithered from a block on that is not after the next.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_rounds()?;
		Self::try_order()?;
		Self::try_belongings()?;
		Self::try_heads()?;
		Self::try_seeds()?;
		Self::try_closed()?;
		ensure!(
			DitheredSince::<T>::get() <= Self::now().saturating_add(1),
			"scores are dithered from a later block on"
		);
		Ok(())
	}

	fn try_rounds() -> Result<(), TryRuntimeError> {
		let mut at_stake = BTreeMap::<T::AccountId, BalanceOf<T>>::new();
		for (group, index, round) in Rounds::<T>::iter() {
			ensure!(!round.commitments.is_empty(), "a round without commitments is kept");
			let is_settled = round.settled.is_some();
			ensure!(
				is_settled != Unsettled::<T>::get(group).contains(&index),
				"a round is settled and waiting to be, or neither"
			);
			let rules = T::Groups::rules(group, index).ok_or("a round is of no group")?;
			ensure!(
				rules.model_version == round.model_version,
				"a round has another model than its rules say"
			);
			ensure!(
				T::Dataset::version_at(group, index) == round.dataset_version,
				"a round has another data set than the log says"
			);
			Self::try_endings(&round)?;
			Self::try_rewards(&round, rules.optional_rules.recipe().and_then(|rule| rule.work_reward))?;
			for (place, commitment) in round.commitments.iter().enumerate() {
				let mut later = round.commitments.iter().skip(place.saturating_add(1));
				ensure!(
					later.all(|other| other.account != commitment.account),
					"an account has two commitments in one round"
				);
				let sum = at_stake.entry(commitment.account.clone()).or_default();
				if !is_settled {
					*sum = sum.saturating_add(commitment.deposit);
				}
			}
		}
		for account in frame_system::Account::<T>::iter_keys() {
			let sum = at_stake.get(&account).copied().unwrap_or_default();
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Commitment.into(), &account) == sum,
				"an account's hold is not what its open commitments add up to"
			);
		}
		Ok(())
	}

	fn try_endings(round: &RoundOf<T>) -> Result<(), TryRuntimeError> {
		let mut winners = round
			.commitments
			.iter()
			.enumerate()
			.filter(|(_, commitment)| commitment.ending.is_some_and(|ending| ending.outcome == Outcome::Won))
			.map(|(place, _)| place.saturated_into::<u32>());
		let winner = winners.next();
		ensure!(winners.next().is_none(), "a round has two winners");
		ensure!(
			winner == round.settled.and_then(|settled| settled.winner),
			"a round's winner is not who ended so"
		);
		let ended = round.commitments.iter().filter(|commitment| commitment.ending.is_some());
		let expected = if round.settled.is_some() { round.commitments.len() } else { 0 };
		ensure!(
			ended.count() == expected,
			"a settled round has a commitment without ending, or an open one with"
		);
		let endings = || round.commitments.iter().filter_map(|commitment| commitment.ending);
		ensure!(
			round
				.commitments
				.iter()
				.filter_map(|commitment| Some((commitment.deposit, commitment.ending?)))
				.all(|(deposit, ending)| ending.slashed <= deposit),
			"more was slashed than was at stake"
		);
		let is_guiltless = |outcome| {
			matches!(outcome, Outcome::Won | Outcome::Placed | Outcome::Outranked | Outcome::NotBetter)
		};
		ensure!(
			endings().all(|ending| ending.slashed.is_zero() || !is_guiltless(ending.outcome)),
			"somebody was slashed who did nothing wrong"
		);
		let contested =
			endings().filter(|ending| ending.outcome == Outcome::NoQuorum && !ending.slashed.is_zero());
		ensure!(contested.count() <= 1, "a round ended without a quorum at two candidates");
		Ok(())
	}

	fn try_rewards(round: &RoundOf<T>, work: Option<WorkReward>) -> Result<(), TryRuntimeError> {
		for commitment in &round.commitments {
			let Some(ending) = commitment.ending.filter(|ending| !ending.reward.is_zero()) else {
				continue;
			};
			let is_winner = matches!(ending.outcome, Outcome::Won | Outcome::Placed);
			let declared = work.map_or(0, |work| work.segments(commitment.deposit.saturated_into::<u128>()));
			let is_worker = declared > 0
				&& !matches!(ending.outcome, Outcome::Refuted | Outcome::Departed | Outcome::Unrevealed);
			ensure!(is_winner || is_worker, "somebody was paid who has neither won nor worked");
		}
		Ok(())
	}

	fn try_order() -> Result<(), TryRuntimeError> {
		for (group, unsettled) in Unsettled::<T>::iter() {
			ensure!(!unsettled.is_empty(), "a group without rounds to be settled is kept among those with");
			ensure!(
				unsettled.windows(2).all(|pair| pair.first() < pair.last()),
				"rounds to be settled are out of order"
			);
			let last = Self::last_settled(group);
			for round in unsettled {
				ensure!(Rounds::<T>::contains_key(group, round), "a round that is to be settled is not kept");
				ensure!(last.is_none_or(|last| last < round), "a round was settled before its predecessor");
			}
		}
		for (group, progress) in Settlements::<T>::iter() {
			let kept: u32 = Kept::<T>::iter_prefix(group).count().saturated_into();
			ensure!(
				kept > 0 && kept <= progress.count.min(KEPT_RING),
				"not as many settled rounds are kept as there should be"
			);
			let settled = Rounds::<T>::iter_prefix(group).filter(|(_, round)| round.settled.is_some());
			let settled: u32 = settled.count().saturated_into();
			ensure!(
				settled == kept
					&& Kept::<T>::iter_prefix_values(group)
						.all(|round| Rounds::<T>::contains_key(group, round)),
				"the settled rounds are not those that are kept"
			);
		}
		Ok(())
	}

	fn try_belongings() -> Result<(), TryRuntimeError> {
		for ((group, index), account, reveal) in Reveals::<T>::iter() {
			let round = Self::kept_round(group, index)?;
			ensure!(round.seed.is_some(), "something was revealed in a round without seed");
			ensure!(
				round.commitments.iter().any(|commitment| commitment.account == account),
				"an account has revealed without a commitment"
			);
			ensure!(
				UsedDigests::<T>::get(group, reveal.checkpoint.digest) == Some(index),
				"a revealed digest is not noted as used"
			);
		}
		for (key, account, _) in Recordings::<T>::iter() {
			ensure!(Reveals::<T>::contains_key(key, account), "a recording belongs to no reveal");
		}
		for ((group, index), account, _) in Reveals::<T>::iter() {
			let rules = T::Groups::rules(group, index).ok_or("a reveal is of no group")?;
			ensure!(
				rules.optional_rules.recipe().is_some()
					== Recordings::<T>::contains_key((group, index), account),
				"a checkpoint has no recording and needs one, or has one and needs none"
			);
		}
		let revealed = |key: (GroupId, RoundIndex)| Reveals::<T>::iter_key_prefix(key).count();
		for ((group, index), subject) in Subjects::<T>::iter() {
			let round = Self::kept_round(group, index)?;
			ensure!(
				round.seed.is_some() && round.settled.is_none(),
				"a round has a subject without candidates"
			);
			let reveals: usize = subject.reveals.saturated_into();
			ensure!(reveals == revealed((group, index)), "a subject does not bind the candidates");
		}
		for ((group, index), tallies) in Tallies::<T>::iter() {
			ensure!(Self::kept_round(group, index)?.settled.is_some(), "an open round has tallies");
			let is_counted = !tallies.is_empty() && tallies.len() <= revealed((group, index));
			ensure!(is_counted, "a round has not as many tallies as candidates");
		}
		Ok(())
	}

	fn kept_round(group: GroupId, index: RoundIndex) -> Result<RoundOf<T>, TryRuntimeError> {
		Rounds::<T>::get(group, index)
			.ok_or(TryRuntimeError::Other("something is kept of a round that is not"))
	}

	fn try_heads() -> Result<(), TryRuntimeError> {
		for (group, model_version, head) in Heads::<T>::iter() {
			ensure!(
				UsedDigests::<T>::get(group, head.checkpoint.digest) == Some(head.round),
				"a head was not revealed in the round that it won"
			);
			ensure!(
				T::Groups::rules(group, head.round).is_some_and(|rules| rules.model_version == model_version),
				"a head was won in a round of another model"
			);
			ensure!(
				Self::last_settled(group).is_some_and(|last| head.round <= last),
				"a head's round is not settled"
			);
		}
		for (group, digest, _) in Bases::<T>::iter() {
			ensure!(UsedDigests::<T>::contains_key(group, digest), "a base was never revealed");
		}
		Ok(())
	}

	fn try_seeds() -> Result<(), TryRuntimeError> {
		for (slot, (block, _)) in Seeds::<T>::iter() {
			ensure!(
				slot < T::SeedRing::get() && slot == Self::slot_of(block),
				"a block's randomness is not at its place"
			);
		}
		Ok(())
	}

	fn try_closed() -> Result<(), TryRuntimeError> {
		let ranges = Closed::<T>::get();
		let next = ranges.iter().skip(1).map(|(first, _)| *first).chain([BlockNumber::MAX]);
		ensure!(
			ranges.iter().zip(next).all(|((first, last), next)| first <= last && *last < next),
			"the ranges of closed blocks are not in order"
		);
		Ok(())
	}
}
