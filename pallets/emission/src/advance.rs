use crate::{
	Accumulators, Config, Entrusted, Event, GenesisIssuance, Minted, Pallet, StreamState, Streams, TotalStake,
};
use descent_protocol::{era, flown, Accumulator, BlockNumber, Stream};
use descent_support::now;
use frame_support::{
	defensive,
	pallet_prelude::Get,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{DepositConsequence, Provenance},
	},
};

/// The streams as they are at a block.
pub(crate) struct Advanced {
	pub(crate) streams: [StreamState; 2],
	pub(crate) accumulators: [Accumulator; 2],
	/// The amount that has to be minted for it.
	pub(crate) minted: u128,
}

impl<T: Config> Pallet<T> {
	/// Returns the length of the periods of a stream, in blocks.
	pub(crate) fn period(stream: Stream) -> BlockNumber {
		match stream {
			Stream::Trainers => T::EmissionPeriod::get(),
			Stream::Proposers => T::VotingPeriod::get(),
		}
	}

	/// Returns true if a stream has to begin its next period.
	pub(crate) fn is_period_over() -> bool {
		let now = now::<T>();
		let mut streams = Stream::ALL.into_iter().zip(Streams::<T>::get());
		streams.any(|(stream, state)| now.saturating_sub(state.since) >= Self::period(stream))
	}

	/// Mints what has flown since the last call, and begins the next period of each stream whose period is
	/// over. Returns the tokens that the streams have minted per unit of stake.
	pub(crate) fn advance() -> [Accumulator; 2] {
		let before = Streams::<T>::get();
		let after = Self::advanced(before);
		if after.streams == before {
			return after.accumulators;
		}
		if after.minted > 0 {
			if T::Currency::mint_into(&Self::account_id(), after.minted).is_err() {
				defensive!("what can be deposited cannot be minted");
				return Accumulators::<T>::get();
			}
			Minted::<T>::mutate(|minted| *minted = minted.saturating_add(after.minted));
			Entrusted::<T>::mutate(|entrusted| *entrusted = entrusted.saturating_add(after.minted));
			Accumulators::<T>::put(after.accumulators);
		}
		Streams::<T>::put(after.streams);
		for ((stream, before), state) in Stream::ALL.into_iter().zip(before).zip(after.streams) {
			if before.since != state.since {
				Self::deposit_event(Event::PeriodBegan { stream, emission: state.emission });
			}
		}
		after.accumulators
	}

	/// Returns the state of `streams` in this block.
	pub(crate) fn advanced(streams: [StreamState; 2]) -> Advanced {
		let now = now::<T>();
		let stake = TotalStake::<T>::get();
		let mut advanced = Advanced { streams, accumulators: Accumulators::<T>::get(), minted: 0 };
		Self::flow(&mut advanced, now, stake);
		if Self::begin_periods(&mut advanced.streams, now, advanced.minted) {
			Self::flow(&mut advanced, now, stake);
		}
		advanced
	}

	/// Lets the streams flow until a block, or the end of their periods. Without stake nothing is minted:
	/// what flows then is left out for ever.
	fn flow(advanced: &mut Advanced, now: BlockNumber, stake: u128) {
		for (stream, state) in Stream::ALL.into_iter().zip(&mut advanced.streams) {
			let elapsed = now.saturating_sub(state.since);
			let flown = flown(state.emission, elapsed, Self::period(stream));
			let new = flown.saturating_sub(state.flown);
			state.due = if stake > 0 { state.due.saturating_add(new) } else { 0 };
			state.flown = flown;
		}
		let due = advanced.streams.iter().fold(0u128, |sum, state| sum.saturating_add(state.due));
		let minted = advanced.minted.saturating_add(due);
		if due == 0 || !Self::can_mint(minted) {
			return;
		}
		let mut accumulators = advanced.accumulators;
		let mut parts = accumulators.iter_mut().zip(&advanced.streams);
		if parts.all(|(accumulator, state)| accumulator.distribute(state.due, stake)) {
			advanced.accumulators = accumulators;
			advanced.minted = minted;
			for state in &mut advanced.streams {
				state.due = 0;
			}
		}
	}

	/// Begins the next period of each stream whose period is over. `minted` is the amount that is minted and
	/// not issued yet. Returns true if a period began.
	pub(crate) fn begin_periods(streams: &mut [StreamState; 2], now: BlockNumber, minted: u128) -> bool {
		let mut has_begun = false;
		for (stream, state) in Stream::ALL.into_iter().zip(streams) {
			let period = Self::period(stream);
			if now.saturating_sub(state.since) >= period {
				let over = now.checked_rem(period).unwrap_or_default();
				state.since = now.saturating_sub(over);
				Self::begin_period(stream, state, minted);
				has_begun = true;
			}
		}
		has_begun
	}

	fn begin_period(stream: Stream, state: &mut StreamState, minted: u128) {
		let issuance = T::Currency::total_issuance().saturating_add(minted);
		state.emission = stream.emission(issuance, era(state.since, T::EraLength::get()));
		state.flown = 0;
	}

	fn can_mint(amount: u128) -> bool {
		let outcome = T::Currency::can_deposit(&Self::account_id(), amount, Provenance::Minted);
		outcome == DepositConsequence::Success
	}

	/// Stores the issuance at genesis, and begins the first periods.
	pub(crate) fn begin() {
		GenesisIssuance::<T>::put(T::Currency::total_issuance());
		Streams::<T>::mutate(|streams| {
			for (stream, state) in Stream::ALL.into_iter().zip(streams) {
				Self::begin_period(stream, state, 0);
			}
		});
	}
}
