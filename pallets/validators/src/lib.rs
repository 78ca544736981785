//! Validators: their bonds, the set of each session, and the cost of offences.
//!
//! A validator puts up a *bond*. An account that has bonded enough is a *candidate*; the candidates with the
//! largest bonds are the validators of the next *session*. A validator that contradicts itself or the work of
//! its peers commits an *offence*: a part of its bond is *slashed*, it is *jailed*, and it may ask to be a
//! candidate again once it has served.
//!
//! ```text
//!             bond                                unbond                            withdraw
//!              |------------- candidate -------------|------- still slashable -------|
//!                       |           |           |
//!  session        n     |    n+1    |    n+2    |
//!                  chosen for n+2   |           |
//!                                   serves      |
//!                              offence| slashed, disabled for as long as it sits in a set
//!                                     | jailed ----------------------------| validate
//! ```
//!
//! # Terms
//!
//! - **Bond**: the amount that is held of an account as a validator. It is the account's weight among the
//!   candidates.
//! - **Unbonding**: an amount that was taken out of a bond. It is no weight any more, but it stays held, and
//!   can be slashed, for [`Config::UnbondingPeriod`].
//! - **Candidate**: an account that can be chosen for the next set.
//! - **Chilled**: an account that has a bond and does not want to be a candidate.
//! - **Strike**: one misattestation. It is forgotten after
//!   [`STRIKE_LIFETIME`](descent_protocol::STRIKE_LIFETIME).
//! - **Offence**: an equivocation, or [`MAX_STRIKES`](descent_protocol::MAX_STRIKES) strikes.
//! - **Slash**: a part of all that is held of an offender, which goes to [`Config::Slash`].
//! - **Jail**: the time after an offence in which the offender can't be a candidate.
//!
//! # Usage
//!
//! 1. [`bond`](Pallet::bond) makes the sender a candidate, once it has set session keys with
//!    `pallet-session`.
//! 2. [`chill`](Pallet::chill) ends the candidacy, [`validate`](Pallet::validate) begins it again.
//! 3. [`set_gateway`](Pallet::set_gateway) names the address at which the sender serves to the other
//!    validators what it has fetched for a round.
//! 4. [`unbond`](Pallet::unbond) takes an amount out of the bond, [`withdraw`](Pallet::withdraw) releases it
//!    later.
//!
//! A runtime tells misattestations through [`PerformanceObserver`](pallet_evaluators::PerformanceObserver),
//! and passes [`Pallet`] to `pallet-session` as the manager of its sessions and to `pallet-offences` as the
//! handler of offences. [`BondLedger`] keeps what an account has on hold:
//!
//! ```
//! use pallet_validators::BondLedger;
//!
//! let unbonding = vec![(200, 28_800)].try_into().unwrap();
//! let ledger = BondLedger { bond: 1_000u128, unbonding, chilled: false };
//! assert_eq!(ledger.held(), 1_200);
//! assert!(!ledger.is_empty());
//! ```
//!
//! # Bonds
//!
//! The unbonding period is longer than [`Config::LongestDispute`]; so nobody is out of reach for what it did
//! as a validator. A bond is never smaller than [`Config::MinimumBond`], except for what a slash or a raised
//! minimum leaves: then its owner tops it up, or leaves.
//!
//! # Candidates
//!
//! The number of candidates is bounded. They are in descending order of their bonds; of equal bonds, the one
//! that was there first comes first. When the list is full, a strictly larger bond takes the place of the
//! smallest, so that nobody can occupy places cheaply. An account whose bond suffices is a candidate at once,
//! until it chills. A candidate that has chilled, has lost its place or was jailed asks to validate again.
//!
//! # Sessions
//!
//! As a session starts, the one after it is planned, of the first [`Config::Seats`] candidates that have set
//! session keys and whose bonds still suffice. A minimum that was raised excludes a third of those at most,
//! and leaves [`SMALLEST_TOLERANT`], or the first to have so much would be the whole set: candidates with
//! less fill it up. Of these the largest bonds are chosen, as many as have most in common, see [`set_size`]:
//! blocks and finality give every validator one seat, so that small bonds beside large ones would buy seats
//! cheaply. With no candidate the set stays as it is, for a chain without validators can't be repaired. The
//! set is passed on even if it has not changed, as the proofs that are needed to report an offence are of the
//! keys of its session.
//!
//! # Offences
//!
//! Equivocations of blocks and votes are reported to `pallet-offences` with a proof of the key's owner, see
//! [`KeyOwners`]. The pallets that decide the work of committees report misattestations. [`MAX_STRIKES`]
//! strikes are a [`Misattestation`]. A validator that could not measure has done nothing wrong. A validator
//! that does not take part for [`MAX_ABSENCES`](descent_protocol::MAX_ABSENCES) times in a row, a day apart
//! at least, although 2/3 of its committees do, is taken to be gone: it is chilled, at no other cost.
//!
//! The cost of an offence grows with the number of validators that commit it at the same time: a mistake is
//! cheap, an attack takes many. Of a hundred validators,
//!
//! | offenders | each loses |
//! |----------:|-----------:|
//! | 1 to 10   | 10%        |
//! | 11        | 10.89%     |
//! | 16        | 23.04%     |
//! | 25        | 56.25%     |
//! | 34 or more| everything |
//!
//! and never less than [`MINIMUM_SLASH`](descent_protocol::MINIMUM_SLASH), whatever the report says. It is a
//! part of all that is held at that moment, what is unbonding included.
//!
//! # Repeated reports
//!
//! An offence is often reported again, as others are found to have committed it too; and a misconfigured node
//! commits hundreds before its owner notices. So one [`SlashRecord`] stands for all that an account did until
//! the end of the session after the one of the slash, the last that it may have been chosen for. A later
//! report of that time costs the difference to the largest part only, and no further time in jail. An act in
//! a later session is another offence, except for misattestations while the account is in jail, which are
//! work that it had taken on before.
//!
//! # Jail
//!
//! An offender is no candidate for [`Config::JailPeriod`]. As the next session was chosen already, it may sit
//! in one more set: there it is disabled again, as far as the runtime's disabling strategy goes, which never
//! disables more than a third.
//!
//! # Costs
//!
//! No loop over accounts pays or punishes: calls touch the caller and one bounded list, sessions their set,
//! and a report its offenders.
//!
//! [`MAX_STRIKES`]: descent_protocol::MAX_STRIKES
//! [`SMALLEST_TOLERANT`]: descent_protocol::SMALLEST_TOLERANT
//! [`set_size`]: descent_protocol::set_size
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod bond;
mod candidates;
mod gateway;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod offence;
mod ownership;
mod performance;
mod session;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod views;
pub mod weights;

pub use ownership::KeyOwners;
pub use pallet::*;
pub use performance::Misattestation;
pub use session::NoIdentification;
pub use types::{BondLedger, Incidents, SlashRecord, MAX_CANDIDATES, MAX_UNBONDING};
pub use weights::WeightInfo;

use descent_protocol::BlockNumber;
use frame_support::traits::fungible::{self, Credit};

/// The currency of a configuration.
pub(crate) type CurrencyOf<T> = <T as Config>::Currency;

/// The balance type of a configuration's currency.
pub type BalanceOf<T> = <CurrencyOf<T> as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;

/// The imbalance of a slash in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, CurrencyOf<T>>;

/// The ledger type of a configuration.
pub type LedgerOf<T> = BondLedger<BalanceOf<T>>;

// The casts are the macro's.
#[allow(clippy::as_conversions)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::OnUnbalanced};
	use frame_system::pallet_prelude::*;
	use pallet_evaluators::Gateway;
	use pallet_session::historical::{self, IdentificationTuple};
	use sp_runtime::Perbill;
	use sp_staking::offence::ReportOffence;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The validators pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The configuration of the pallet.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>>
		+ historical::Config<ValidatorId = <Self as frame_system::Config>::AccountId, FullIdentification = ()>
	{
		/// Holds the bonds.
		type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::BalancedHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// Takes what is slashed of bonds.
		type Slash: OnUnbalanced<CreditOf<Self>>;
		/// Takes the reports of misattestations, and has this pallet punish them.
		type Offences: ReportOffence<
			Self::AccountId,
			IdentificationTuple<Self>,
			Misattestation<IdentificationTuple<Self>>,
		>;
		/// The least that a candidate bonds. May change at any time.
		type MinimumBond: Get<BalanceOf<Self>>;
		/// The most validators of a session; no more than the largest committee in any case. May change at
		/// any time.
		type Seats: Get<u32>;
		/// Number of blocks for which an unbonded amount stays held.
		#[pallet::constant]
		type UnbondingPeriod: Get<BlockNumber>;
		/// Number of blocks after the choice of a set for which offences of its validators can be reported.
		#[pallet::constant]
		type LongestDispute: Get<BlockNumber>;
		/// Number of blocks for which an offender can't be a candidate.
		#[pallet::constant]
		type JailPeriod: Get<BlockNumber>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The reasons of the pallet to hold balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The account's bond as a validator, and what it is taking out of it.
		Bond,
	}

	/// The bonds of accounts, and the amounts that they are unbonding.
	#[pallet::storage]
	pub type Ledgers<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, LedgerOf<T>, ValueQuery>;

	/// The accounts that can be in the next set, with their bonds, the largest first.
	#[pallet::storage]
	pub type Candidates<T: Config> =
		StorageValue<_, BoundedVec<(T::AccountId, BalanceOf<T>), ConstU32<MAX_CANDIDATES>>, ValueQuery>;

	/// The last slash of every account that ever committed an offence.
	#[pallet::storage]
	pub type Sentences<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, SlashRecord<BalanceOf<T>>>;

	/// The misattestations that may count against validators.
	#[pallet::storage]
	pub type Struck<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Incidents, ValueQuery>;

	/// The absences in a row of candidates.
	#[pallet::storage]
	pub type Absences<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Incidents, ValueQuery>;

	/// The addresses at which accounts that have something on hold serve to the other validators what they
	/// have fetched.
	#[pallet::storage]
	pub type Gateways<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Gateway>;

	/// The validators of this session with the keys that they serve with; keys that they have set since do
	/// not count.
	#[pallet::storage]
	#[pallet::unbounded]
	pub type ServingKeys<T: Config> =
		StorageValue<_, Vec<(T::AccountId, <T as pallet_session::Config>::Keys)>, ValueQuery>;

	/// The validators that the chain begins with.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The accounts that bond, each with its bond, which it has to own. They need session keys to be
		/// chosen.
		pub bonds: Vec<(T::AccountId, BalanceOf<T>)>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for (account, amount) in &self.bonds {
				Pallet::<T>::do_bond(account.clone(), *amount).expect(
					"everybody who bonds at genesis owns more than its bond, which is at least the minimum",
				);
			}
		}
	}

	/// The events of the pallet.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account bonded.
		Bonded {
			/// The account.
			account: T::AccountId,
			/// The amount.
			amount: BalanceOf<T>,
			/// Its bond now.
			bond: BalanceOf<T>,
		},
		/// An account takes an amount out of its bond.
		Unbonded {
			/// The account.
			account: T::AccountId,
			/// The amount.
			amount: BalanceOf<T>,
			/// Its bond now.
			bond: BalanceOf<T>,
			/// The block from which the amount can be withdrawn.
			until: BlockNumber,
		},
		/// An account got back what it had unbonded.
		Withdrawn {
			/// The account.
			account: T::AccountId,
			/// The amount.
			amount: BalanceOf<T>,
		},
		/// An account became a candidate.
		Entered {
			/// The account.
			account: T::AccountId,
			/// Its bond.
			bond: BalanceOf<T>,
		},
		/// An account is no candidate any more, because it chilled, unbonded, was absent, or committed an
		/// offence.
		Left {
			/// The account.
			account: T::AccountId,
		},
		/// A candidate with a larger bond took the place of this one in the full list.
		Displaced {
			/// The account that lost its place.
			account: T::AccountId,
		},
		/// A part of what an offender has on hold was slashed.
		Slashed {
			/// The offender.
			account: T::AccountId,
			/// The amount.
			amount: BalanceOf<T>,
			/// The part of what was held that its offences cost together.
			share: Perbill,
		},
		/// An offender can't be a candidate for a while.
		Jailed {
			/// The offender.
			account: T::AccountId,
			/// The first block in which it can be one again.
			until: BlockNumber,
		},
		/// A validator attested something else than 2/3 of a committee.
		Struck {
			/// The validator.
			account: T::AccountId,
			/// Number of misattestations that count against it now.
			strikes: u32,
		},
		/// A validator was absent for so long that it is taken to be gone, and was chilled.
		Missed {
			/// The validator.
			account: T::AccountId,
		},
		/// A validator serves what it has fetched at another address, or no longer.
		GatewaySet {
			/// The validator.
			account: T::AccountId,
			/// The base address of its gateway.
			address: Option<Gateway>,
		},
	}

	/// The errors of the calls.
	#[pallet::error]
	pub enum Error<T> {
		/// The amount is zero.
		ZeroAmount,
		/// The bond would be smaller than the minimum: bond more, or unbond all of it.
		BondTooSmall,
		/// The account has bonded less than that.
		NotEnoughBond,
		/// The account takes out as many amounts as it can at a time: withdraw those that are free, or wait
		/// for them.
		TooManyUnbonding,
		/// Nothing that was unbonded is free yet.
		NothingToWithdraw,
		/// The account has no bond.
		NotBonded,
		/// The account has chilled already.
		AlreadyChilled,
		/// The account is a candidate already.
		AlreadyCandidate,
		/// The account committed an offence and has not served its time.
		Jailed,
		/// The account has no session keys: set them first.
		NoKeys,
		/// There are as many candidates as there can be, and none has a smaller bond: bond more.
		TooManyCandidates,
		/// The gateway's address is not one that can be shown and tried: give one like
		/// `http://203.0.113.7:8080`.
		InvalidGateway,
	}

	#[pallet::call(weight = <T as Config>::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Adds `amount` of the sender's balance to its bond, which is held.
		///
		/// The sender becomes a candidate, unless it is jailed, has chilled, or the list is full of bonds as
		/// large.
		///
		/// Emits [`Event::Bonded`], and [`Event::Entered`] if the sender becomes a candidate, with
		/// [`Event::Displaced`] for the account that loses its place by it.
		///
		/// Fails with [`Error::ZeroAmount`] and [`Error::BondTooSmall`], or if the balance does not suffice.
		#[pallet::call_index(0)]
		pub fn bond(origin: OriginFor<T>, amount: BalanceOf<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_bond(account, amount)
		}

		/// Takes `amount` out of the sender's bond, which can be withdrawn after the unbonding period.
		///
		/// The rest of the bond is zero, or at least the minimum. Without a bond the sender is no candidate.
		///
		/// Emits [`Event::Unbonded`], and [`Event::Left`] if the sender was a candidate and has no bond any
		/// more.
		///
		/// Fails with [`Error::ZeroAmount`], [`Error::NotEnoughBond`], [`Error::BondTooSmall`] and
		/// [`Error::TooManyUnbonding`].
		#[pallet::call_index(1)]
		pub fn unbond(origin: OriginFor<T>, amount: BalanceOf<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_unbond(account, amount)
		}

		/// Releases the amounts that the sender has unbonded and whose unbonding period is over.
		///
		/// Emits [`Event::Withdrawn`].
		///
		/// Fails with [`Error::NothingToWithdraw`].
		#[pallet::call_index(2)]
		pub fn withdraw(origin: OriginFor<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_withdraw(account)
		}

		/// Ends the sender's candidacy. It is a validator until the end of the last session that it was
		/// chosen for.
		///
		/// Emits [`Event::Left`] if the sender was a candidate.
		///
		/// Fails with [`Error::NotBonded`] and [`Error::AlreadyChilled`].
		#[pallet::call_index(3)]
		pub fn chill(origin: OriginFor<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_chill(account)
		}

		/// Makes the sender a candidate again.
		///
		/// Emits [`Event::Entered`], and [`Event::Displaced`] for the account that loses its place by it.
		///
		/// Fails with [`Error::NotBonded`], [`Error::BondTooSmall`], [`Error::Jailed`], [`Error::NoKeys`],
		/// [`Error::AlreadyCandidate`] and [`Error::TooManyCandidates`].
		#[pallet::call_index(4)]
		pub fn validate(origin: OriginFor<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_validate(account)
		}

		/// Names the base address of the gateway at which the sender serves to the other validators what it
		/// has fetched for a round, or takes it back. It is forgotten when nothing is held of the sender any
		/// more.
		///
		/// Emits [`Event::GatewaySet`].
		///
		/// Fails with [`Error::NotBonded`] and [`Error::InvalidGateway`].
		#[pallet::call_index(5)]
		pub fn set_gateway(origin: OriginFor<T>, address: Option<Gateway>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_set_gateway(account, address)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "std")]
		fn integrity_test() {
			assert!(
				T::UnbondingPeriod::get() > T::LongestDispute::get(),
				"what a validator did must cost it its bond for as long as it can be disputed"
			);
			assert!(
				Self::reported_sessions() > 0,
				"a dispute must last longer than it takes to choose a set and to serve"
			);
			assert!(T::JailPeriod::get() > 0, "an offender must serve");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
