//! The release of keys, and what rounds are measured on.

use crate::{Config, Error, Event, Pallet, RoundTestSet, RoundTestSets, Series, SeriesOf, ROUND_RING};
use descent_protocol::{
	hash_chain_link, test_set_key, view::TestSetRelease, BlockNumber, ContentRef, GroupId, RoundIndex,
	Windows,
};
use descent_support::now;
use frame_support::{
	ensure,
	pallet_prelude::{
		DispatchResult, Get, InvalidTransaction, TransactionPriority, TransactionSource,
		TransactionValidityWithRefund, ValidTransaction, Weight,
	},
};
use pallet_groups::GroupRules;
use sp_core::H256;

/// The priority of releases in the transaction pool. They come before all that pays, as reports of committees
/// do: a round waits for each of them.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;
/// Number of blocks for which a release stays in the pool. One that comes late still uses up its set.
const LONGEVITY: u64 = 64;

impl<T: Config> Pallet<T> {
	/// Admits a release of the next value of a series. Only its requester knows one.
	pub(crate) fn authorize_release(
		_source: TransactionSource,
		series: &H256,
		value: &H256,
	) -> TransactionValidityWithRefund {
		Self::releasable(*series, *value).map_err(|_| InvalidTransaction::Call)?;
		ValidTransaction::with_tag_prefix("descent/release")
			.priority(PRIORITY)
			.and_provides((series, value))
			.longevity(LONGEVITY)
			.propagate(true)
			.build()
			.map(|valid| (valid, Weight::zero()))
	}

	/// Returns the series whose next value this is.
	fn releasable(id: H256, value: H256) -> Result<SeriesOf<T>, Error<T>> {
		let series = Series::<T>::get(id).ok_or(Error::<T>::UnknownSeries)?;
		let is_next = series.left > 0 && hash_chain_link(value) == series.latest;
		ensure!(is_next, Error::<T>::InvalidValue);
		Ok(series)
	}

	pub(crate) fn do_release(id: H256, value: H256) -> DispatchResult {
		let mut series = Self::releasable(id, value)?;
		let index = series.next();
		let round = Self::waiting_round(id, &series);
		if round.is_none() {
			Self::give_up(id, &series);
		}
		series.left = series.left.saturating_sub(1);
		series.latest = value;
		match round {
			Some((group, round, windows)) => {
				series.misses = 0;
				series.free = windows.settle.saturating_add(T::SettlementGrace::get());
				Self::put_round_set(group, round, RoundTestSet::Released { index, value });
				Self::deposit_event(Event::KeyReleased { series: id, group, round, index, value });
			}
			None => {
				// A requester that is back gives up one set.
				if series.is_suspended() {
					series.misses = 0;
				}
				Self::deposit_event(Event::SetSkipped { series: id, index, value });
			}
		}
		Series::<T>::insert(id, series);
		Ok(())
	}

	/// Returns the rounds of a group that name the series, have begun and are not measured on anything yet,
	/// with their rules' models and windows: the last, which takes commitments or has just closed them, and
	/// the one before, which is judged.
	fn open_rounds(id: H256, group: GroupId) -> impl Iterator<Item = (RoundIndex, ContentRef, Windows)> {
		let boundary = T::Groups::boundary(group).unwrap_or_default();
		let open = move |round: RoundIndex| {
			let rules = T::Groups::rules(group, round).filter(|rules| rules.policy.series() == Some(id))?;
			let windows = rules.clock.windows(round)?;
			Self::round_set(group, round).is_none().then_some((round, rules.model, windows))
		};
		(1..=2).filter_map(move |back| boundary.checked_sub(back)).filter_map(open)
	}

	/// Returns the round that waits for the next key of a series in this block, with its group and windows.
	fn waiting_round(id: H256, series: &SeriesOf<T>) -> Option<(GroupId, RoundIndex, Windows)> {
		let group = series.group?;
		let (round, _, windows) = Self::open_rounds(id, group).find(|(_, model, windows)| {
			series.is_awaited(group, *model) && windows.release().contains(&now::<T>())
		})?;
		Some((group, round, windows))
	}

	/// Takes a round off the series whose trainers may have committed holding the set that is given up now:
	/// they can't be asked to get another one. The requester pays as for a key that did not come, unless no
	/// round waited for it.
	fn give_up(id: H256, series: &SeriesOf<T>) {
		let Some(group) = series.group else {
			return;
		};
		let now = now::<T>();
		for (round, model, windows) in Self::open_rounds(id, group) {
			let committing = windows.commit.end.saturating_sub(windows.commit.start);
			let from = windows.commit.start.saturating_add(committing / 2);
			if (from..windows.reveal.end).contains(&now) {
				let is_awaited = series.is_awaited(group, model) && now < windows.release().end;
				let set = if is_awaited { RoundTestSet::GivenUp } else { RoundTestSet::Otherwise };
				// The first reveal tells of a round that no key came for.
				if is_awaited || series.is_suspended() {
					Self::put_round_set(group, round, set);
				}
			}
		}
	}

	/// Returns the set that a round is measured on, if it is known.
	pub(crate) fn round_set(group: GroupId, round: RoundIndex) -> Option<RoundTestSet> {
		let kept = RoundTestSets::<T>::get(group, place_of(round));
		kept.filter(|(kept, _)| *kept == round).map(|(_, set)| set)
	}

	pub(crate) fn put_round_set(group: GroupId, round: RoundIndex, set: RoundTestSet) {
		RoundTestSets::<T>::insert(group, place_of(round), (round, set));
	}

	/// Returns the state of the release for a round whose policy names the series.
	pub(crate) fn release_state(id: H256, group: GroupId, round: RoundIndex) -> TestSetRelease {
		match Self::round_set(group, round) {
			// A series that has ended meanwhile measures nothing: nobody could say where its sets are.
			Some(RoundTestSet::Released { index, value }) if Series::<T>::contains_key(id) => {
				TestSetRelease::Released { index, key: test_set_key(value) }
			}
			Some(_) => TestSetRelease::Otherwise,
			None => {
				let model = T::Groups::rules(group, round).map(|rules| rules.model);
				let is_awaited =
					|series: &SeriesOf<T>| model.is_some_and(|model| series.is_awaited(group, model));
				match Series::<T>::get(id).filter(is_awaited) {
					Some(series) => TestSetRelease::Awaited { index: series.next() },
					None => TestSetRelease::Otherwise,
				}
			}
		}
	}

	/// Returns the state of the release for a round with these windows as clients see it: a key is awaited no
	/// longer than it can be released.
	pub(crate) fn release_state_at(
		id: H256,
		(group, round): (GroupId, RoundIndex),
		windows: &Windows,
		block: BlockNumber,
	) -> TestSetRelease {
		match Self::release_state(id, group, round) {
			TestSetRelease::Awaited { .. } if block >= windows.release().end => TestSetRelease::Otherwise,
			state => state,
		}
	}
}

/// Returns the place of a round in the ring.
fn place_of(round: RoundIndex) -> u32 {
	round.checked_rem(ROUND_RING).unwrap_or_default()
}
