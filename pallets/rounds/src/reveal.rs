//! Reveals of checkpoints.

use crate::{
	committee::Bound, recording::Shown, Config, Error, Event, Heads, Pallet, RecordedSegment, Recordings,
	Reveal, Reveals, RoundOf, Rounds, Unsettled, UsedDigests,
};
use descent_protocol::{
	are_addresses, commitment_hash, trace::Recording, view::TestSetRelease, GroupId, Phase, RoundIndex, Salt,
};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use pallet_groups::{GroupRules, TestSets};
use sp_core::H256;
use sp_runtime::SaturatedConversion;

/// The round of a reveal that can be taken.
pub(crate) struct Admitted<T: Config> {
	round: RoundOf<T>,
	/// The seed of the round, which the first reveal fixes.
	seed: H256,
	/// The series of hidden test sets that the group's policy names.
	series: Option<H256>,
}

impl<T: Config> Pallet<T> {
	/// Checks everything on which a reveal depends. It writes nothing.
	pub(crate) fn check_reveal(
		group: GroupId,
		round: RoundIndex,
		account: &T::AccountId,
		salt: &Salt,
		reveal: &Reveal,
		recording: Option<&Recording>,
	) -> Result<Admitted<T>, Error<T>> {
		let checkpoint = reveal.checkpoint;
		let rules = T::Groups::rules(group, round).ok_or(Error::<T>::UnknownGroup)?;
		let windows = rules.clock.windows(round).ok_or(Error::<T>::WrongPhase)?;
		ensure!(windows.phase(Self::now()) == Phase::Reveal, Error::<T>::WrongPhase);
		let entered = Rounds::<T>::get(group, round).ok_or(Error::<T>::NotCommitted)?;
		let commitment = entered
			.commitments
			.iter()
			.find(|commitment| commitment.account == *account)
			.ok_or(Error::<T>::NotCommitted)?;
		// An earlier round that is settled late may still change the head, which this round's committee
		// measures.
		ensure!(Unsettled::<T>::get(group).first() == Some(&round), Error::<T>::SettlementOverdue);
		ensure!(!Reveals::<T>::contains_key((group, round), account), Error::<T>::AlreadyRevealed);
		ensure!(checkpoint.size > 0 && checkpoint.is_canonical(), Error::<T>::InvalidContent);
		ensure!(are_addresses(&reveal.providers), Error::<T>::InvalidProvider);
		let shown = Shown::new(rules.optional_rules.recipe(), recording)?;
		let digest = checkpoint.digest;
		let submission = shown.as_ref().map_or(digest, |shown| shown.submission(digest));
		let hash = commitment_hash(Self::genesis(), group, round, account, submission, salt);
		ensure!(commitment.hash == hash, Error::<T>::CommitmentMismatch);
		ensure!(!UsedDigests::<T>::contains_key(group, digest), Error::<T>::DigestUsed);
		let seed = entered.seed.or_else(|| Self::drawn_seed(group, round, windows.seed));
		let seed = seed.ok_or(Error::<T>::SeedMissing)?;
		if let Some(shown) = shown {
			shown.check(digest, seed, commitment.deposit.saturated_into())?;
			if let Some(base) = shown.base() {
				Self::check_base(group, entered.model_version, &rules, base)?;
			}
		}
		let series = rules.policy.series();
		if let Some(series) = series.filter(|_| Self::now() < windows.release().end) {
			let release = T::TestSets::release_of(series, group, round);
			ensure!(!matches!(release, TestSetRelease::Awaited { .. }), Error::<T>::KeyAwaited);
		}
		Ok(Admitted { seed, round: entered, series })
	}

	pub(crate) fn do_reveal(
		group: GroupId,
		round: RoundIndex,
		account: T::AccountId,
		salt: Salt,
		reveal: Reveal,
		recording: Option<Recording>,
	) -> DispatchResult {
		let Reveal { checkpoint, claim, .. } = reveal;
		let admitted = Self::check_reveal(group, round, &account, &salt, &reveal, recording.as_ref())?;
		let Admitted { round: mut entered, seed, series } = admitted;
		if entered.seed.is_none() {
			entered.seed = Some(seed);
			Rounds::<T>::insert(group, round, &entered);
			if let Some(series) = series {
				T::TestSets::fix(series, group, round);
			}
		}
		let first = || Bound {
			seed: entered.seed.unwrap_or_default(),
			// A pretrained checkpoint follows from the rules.
			head: Heads::<T>::get(group, entered.model_version).map(|head| head.checkpoint),
			test_set: series.map(|series| T::TestSets::release_of(series, group, round)),
		};
		match &recording {
			None => Self::bind(group, round, first, (&account, checkpoint, claim)),
			Some(recording) => Self::bind(group, round, first, (&account, checkpoint, claim, recording)),
		}
		if let Some(recording) = recording {
			Recordings::<T>::insert((group, round), &account, RecordedSegment::new(recording));
		}
		UsedDigests::<T>::insert(group, checkpoint.digest, round);
		Reveals::<T>::insert((group, round), &account, reveal);
		Self::deposit_event(Event::Revealed { group, round, account, checkpoint, claim });
		Ok(())
	}
}
