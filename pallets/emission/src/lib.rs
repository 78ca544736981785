//! Emission: new tokens, the pots of groups, and what was earned.
//!
//! Tokens come into being here and nowhere else. Two [streams](descent_protocol::Stream) mint them, one for trainers and one
//! for those who propose data. A group's part of what they mint is its part of all stake; it gathers in the group's pot,
//! which pays for the work that other pallets tell of through [`Rewards`](pallet_groups::Rewards). What clients
//! pay for a group's rounds is added to it. What an account has earned accrues until it claims it: nobody is paid in a call
//! of somebody else's, and nothing is paid in a loop over accounts.
//!
//! # Streams
//!
//! ```text
//! blocks      | 0          L |            2L |          3L |  ..
//! emission    | e(0)         | e(1)          | e(2)        |
//!                    ^ a stake changes: what has flown so far is minted for the stakes before
//! ```
//!
//! A stream's periods of `L` blocks follow each other from block 0 on. What a period mints is fixed by all that is issued
//! when it begins, and by how many eras are over: with each era it halves, by a shift of bits, until it is zero. It
//! flows evenly: when a part of the period's blocks is over, that part of it has been minted, rounded down, and all of
//! it at the end. Whoever raises a stake just before a payout earns nothing for the time before.
//!
//! What flows while there is no stake at all is never minted. The pallet's account can't exist with less than the
//! existential deposit: what it can't receive is due, and minted with what flows next.
//!
//! # Pots
//!
//! Nothing loops over groups. An [`Accumulator`](descent_protocol::Accumulator) for each stream knows how much was minted per
//! unit of stake since ever, and each [`Pot`] where it stood when the group's stake changed last. A stake change, a payout
//! and the end of a period each cost the same with one group and with a million.
//!
//! What the trainers' stream mints is divided by the [`Shares`](descent_protocol::Shares) of the group's next round that is
//! settled, or of the round that takes commitments when a delta is checked before. The round's winner gets the winners' part, the
//! members of its committee who did sound work the validators' in equal parts; members who check a delta get a quarter of what has
//! come in for validators since. What nobody is there for stays in the pot, and so does
//! what does not divide. The keepers' part is put aside. What the proposers' stream mints is for who proposes the next
//! delta that is applied.
//!
//! # Fundings
//!
//! ```text
//! fund        | round r         | round r+1    ..
//! .. won: pays per_round          .. won: pays per_round ..
//!                   ^ stop_funding                    ^ r can be settled    ^ refund
//!                                                     |<-- grace period --->|
//! ```
//!
//! A client who wants a group's model to get better funds its rounds with [`Pallet::fund`]: each round that somebody wins
//! takes what a round is worth to the client, divided by the round's shares. Trainers rely on it, so who wants to stop gives
//! notice with [`Pallet::stop_funding`], and pays for the rounds that have begun. When the last of them can be settled, and
//! some time has passed in which it is, [`Pallet::refund`] gives back what is left. Nor can a client lower what a round is
//! worth. A group has a bounded number of fundings; when there are as many, one that pays strictly more for each of two rounds takes
//! the place of the one that pays least, which is given back at once.
//!
//! # What is exact
//!
//! All that is issued is what was issued at genesis, and what was minted since, less what was [`Burn`]ed. The pallet's
//! account has at least what was minted and funded less what was paid out, which is what pots have, fundings have left and
//! accounts have not claimed, and for each group but one less than a unit of each stream: fractions that its mark keeps
//! and pays later.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod advance;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod burn;
mod claim;
mod funding;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod payout;
mod pot;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
pub mod weights;

pub use burn::{Burn, ToAccount};
pub use pallet::*;
pub use types::{Funding, Notice, Pot, StreamState};
pub use weights::WeightInfo;

use descent_protocol::{BlockNumber, MAX_FUNDINGS};
use frame_support::{
	traits::{
		fungible::{Credit, Inspect},
		ConstU32, Get,
	},
	BoundedVec,
};
use sp_runtime::traits::AccountIdConversion;

/// What is taken from somebody in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The funding type of a configuration.
pub type FundingOf<T> = Funding<<T as frame_system::Config>::AccountId>;

/// The type of a group's fundings.
pub type FundingsOf<T> = BoundedVec<FundingOf<T>, ConstU32<MAX_FUNDINGS>>;

// The casts are the macro's.
#[allow(clippy::as_conversions)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use core::marker::PhantomData;
	use descent_protocol::{Accumulator, GroupId, Stream};
	use frame_support::{pallet_prelude::*, traits::fungible, PalletId};
	use frame_system::pallet_prelude::*;
	use pallet_groups::{GroupRules, Stakeholders};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The emission pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Mints, and keeps what is minted.
		type Currency: fungible::Mutate<Self::AccountId, Balance = u128> + fungible::Balanced<Self::AccountId>;
		/// Names the account that keeps what is minted and funded.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// The groups, their rounds and stakes.
		type Groups: GroupRules<u128> + Stakeholders<Self::AccountId, u128>;
		/// How long the periods of the trainers' stream are, in blocks.
		#[pallet::constant]
		type EmissionPeriod: Get<BlockNumber>;
		/// How long the periods of the proposers' stream are, in blocks.
		#[pallet::constant]
		type VotingPeriod: Get<BlockNumber>;
		/// After how many blocks emission halves.
		#[pallet::constant]
		type EraLength: Get<BlockNumber>;
		/// The least that a round may be worth to a client.
		#[pallet::constant]
		type MinimumFundingPerRound: Get<u128>;
		/// For how many blocks a client waits after the last round that it pays for can be settled.
		#[pallet::constant]
		type FundingGrace: Get<BlockNumber>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// How far the streams have got: trainers, proposers.
	#[pallet::storage]
	pub type Streams<T> = StorageValue<_, [StreamState; 2], ValueQuery>;

	/// What the streams have minted per unit of stake: trainers, proposers.
	#[pallet::storage]
	pub type Accumulators<T> = StorageValue<_, [Accumulator; 2], ValueQuery>;

	/// All stake in groups.
	#[pallet::storage]
	pub type TotalStake<T> = StorageValue<_, u128, ValueQuery>;

	/// What each group has to pay with.
	#[pallet::storage]
	pub type Pots<T: Config> = StorageMap<_, Twox64Concat, GroupId, Pot, ValueQuery>;

	/// What clients pay for each group's rounds, the oldest first.
	#[pallet::storage]
	pub type Fundings<T: Config> = StorageMap<_, Twox64Concat, GroupId, FundingsOf<T>, ValueQuery>;

	/// What accounts have earned and not claimed.
	#[pallet::storage]
	pub type Accrued<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u128, ValueQuery>;

	/// What accounts have claimed.
	#[pallet::storage]
	pub type Claimed<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u128, ValueQuery>;

	/// What was issued at genesis.
	#[pallet::storage]
	pub type GenesisIssuance<T> = StorageValue<_, u128, ValueQuery>;

	/// All that was minted since genesis.
	#[pallet::storage]
	pub type Minted<T> = StorageValue<_, u128, ValueQuery>;

	/// All that was burned since genesis.
	#[pallet::storage]
	pub type Burned<T> = StorageValue<_, u128, ValueQuery>;

	/// All that was minted and funded, less what was paid out: what the pallet's account keeps for others.
	#[pallet::storage]
	pub type Entrusted<T> = StorageValue<_, u128, ValueQuery>;

	/// Begins emission with what is issued at genesis. Only right where it is built after the balances.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T> {
		/// Nothing is configured.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::begin();
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A period of a stream began.
		PeriodBegan {
			/// The stream.
			stream: Stream,
			/// What the period mints, if there is stake for all of it.
			emission: u128,
		},
		/// Members of a committee were paid.
		MembersPaid {
			/// The group.
			group: GroupId,
			/// How many.
			members: u32,
			/// What each of them gets.
			each: u128,
		},
		/// An account has claimed what it had earned.
		Claimed {
			/// The account.
			account: T::AccountId,
			/// How much.
			amount: u128,
		},
		/// A client funds a group's rounds.
		Funded {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// What it adds.
			amount: u128,
			/// What is left of its funding now.
			left: u128,
			/// What of it each round is worth that somebody wins.
			per_round: u128,
		},
		/// A client has given notice of the end of its funding.
		FundingStopped {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The block from which it can take back what is left.
			free: BlockNumber,
		},
		/// Rounds have used up a funding.
		FundingSpent {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
		},
		/// What was left of a funding was given back.
		Refunded {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// How much.
			amount: u128,
		},
	}

	/// Why a call failed.
	#[pallet::error]
	pub enum Error<T> {
		/// The account has earned nothing that it has not claimed.
		NothingToClaim,
		/// There is no such group.
		UnknownGroup,
		/// A round has to be worth more to a client.
		PerRoundTooSmall,
		/// What a round is worth can't be lowered: stop the funding, take back what is left and fund anew.
		PerRoundLowered,
		/// A funding has to pay for one round at least, and for two where it takes the place of another.
		AmountTooSmall,
		/// The group has as many fundings as it can, and none pays less for a round.
		TooManyFundings,
		/// The account does not fund the group.
		UnknownFunding,
		/// The client has given notice already.
		AlreadyStopped,
		/// The funding goes on: give notice with `stop_funding` first.
		NotStopped,
		/// Rounds that the client pays for are not over: it was told from which block on they are.
		TooEarly,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Pays the sender all that it has earned.
		#[pallet::call_index(0)]
		pub fn claim(origin: OriginFor<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_claim(account)
		}

		/// Funds the rounds of a group with an amount of the sender's, of which each round is worth `per_round` that somebody
		/// wins. Who funds the group already adds to it, may raise what a round is worth, and takes back a notice.
		#[pallet::call_index(1)]
		pub fn fund(origin: OriginFor<T>, group: GroupId, amount: u128, per_round: u128) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_fund(group, client, amount, per_round)
		}

		/// Gives notice of the end of the sender's funding of a group. It pays for the rounds that have begun.
		#[pallet::call_index(2)]
		pub fn stop_funding(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_stop_funding(group, client)
		}

		/// Gives the sender back what is left of its funding of a group, once it has ended.
		#[pallet::call_index(3)]
		pub fn refund(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_refund(group, client)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_now: BlockNumberFor<T>) -> Weight {
			if !Self::is_period_over() {
				return T::WeightInfo::on_initialize();
			}
			Self::advance();
			T::WeightInfo::begin_periods()
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			Self::check_constants();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The account that keeps what is minted and funded until it is paid out.
	pub fn account_id() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Panics where the configuration could not work.
	#[cfg(feature = "std")]
	fn check_constants() {
		assert!(
			T::EmissionPeriod::get() > 0 && T::VotingPeriod::get() > 0,
			"a period without a block would begin for ever"
		);
		assert!(
			T::EraLength::get() >= T::EmissionPeriod::get().max(T::VotingPeriod::get()),
			"periods would leave out eras"
		);
		assert!(
			T::MinimumFundingPerRound::get() >= T::Currency::minimum_balance(),
			"a funding could be too small for the account that keeps it"
		);
	}
}
