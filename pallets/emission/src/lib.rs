//! Emission: new tokens, the pots of groups, and the earnings of accounts.
//!
//! Tokens come into being here and nowhere else. Two [streams](descent_protocol::Stream) mint them, one for
//! trainers and one for proposers of data. A group's part of a stream is its part of all stake; it gathers in
//! the group's pot, which pays for the work that other pallets tell of through
//! [`Rewards`](pallet_groups::Rewards). Clients may add payments for a group's rounds, and order improvement
//! of its model. The earnings of an account accrue until it claims them: no call pays out to another account
//! than its sender, and no loop over accounts pays anything. What a client has paid in and is not used is
//! returned to it by the call that ends its funding or order.
//!
//! # Terms
//!
//! - **Stream**: a source of new tokens, which mints a part of all that is issued in every period.
//! - **Period**: the blocks over which a stream mints one amount, evenly.
//! - **Era**: the blocks between two halvings of emission.
//! - **Pot**: the tokens that a group has to pay with.
//! - **Funding**: the payment of a client for a group's rounds, spent round by round.
//! - **Terms**: the rules of a group that a client pays for, see
//!   [`Rules::terms`](pallet_groups::Rules::terms).
//! - **Notice**: the announcement that a funding ends, by its client or because the terms change.
//! - **Order**: the payment of a client for each micro-unit by which a group's score gets better.
//! - **Mark**: the best score that an order has seen; improvement above it is not paid for.
//! - **Accrued**: earned and not claimed yet.
//!
//! # Usage
//!
//! 1. [`claim`](Pallet::claim) pays the sender its earnings.
//! 2. [`fund`](Pallet::fund) pays for the rounds of a group.
//! 3. [`stop_funding`](Pallet::stop_funding) gives notice, and [`refund`](Pallet::refund) returns the rest
//!    once the rounds that have begun are over.
//! 4. [`order`](Pallet::order) pays for improvement, and [`cancel_order`](Pallet::cancel_order) ends the
//!    order with the rounds that have begun. [`refund_order`](Pallet::refund_order) returns the rest of one
//!    that is over.
//!
//! Other pallets report work through [`Rewards`](pallet_groups::Rewards) and stake through
//! [`GroupObserver`](pallet_groups::GroupObserver). The runtime passes slashes to [`Burn`] or [`ToAccount`].
//! [`Stream`](descent_protocol::Stream) computes the emission of a period:
//!
//! ```
//! use descent_protocol::Stream;
//! use pallet_emission::StreamState;
//!
//! // A hundred thousandth of all that is issued, and half as much in the next era.
//! let emission = Stream::Trainers.emission(1_000_000_000, 0);
//! let state = StreamState { emission, ..Default::default() };
//! assert_eq!(state.emission, 10_000);
//! assert_eq!(Stream::Trainers.emission(1_000_000_000, 1), 5_000);
//! ```
//!
//! # Streams
//!
//! ```text
//! blocks      | 0          L |            2L |          3L |  ..
//! emission    | e(0)         | e(1)          | e(2)        |
//!                    ^ a stake changes: what has flown so far is minted for the stakes before
//! ```
//!
//! A stream's periods of `L` blocks follow each other from block 0 on. The emission of a period is fixed at
//! its first block, by all that is issued then and by the number of eras that are over: each era halves it,
//! by a shift of bits, until it is zero. It flows evenly: after a part of the period's blocks, that part of
//! the emission has been minted, rounded down, and all of it at the end. An account that raises its stake
//! just before a payout earns nothing for the time before.
//!
//! Emission that flows while there is no stake at all is never minted. The pallet's account can't exist with
//! less than the existential deposit: an amount that it can't receive is due, and minted with what flows
//! next.
//!
//! # Pots
//!
//! Nothing loops over groups. An [`Accumulator`](descent_protocol::Accumulator) for each stream counts the
//! tokens minted per unit of stake since genesis, and each [`Pot`] has the value of each accumulator at the
//! group's last change of stake. A stake change, a payout and the end of a period each cost the same with one
//! group and with a million.
//!
//! The part of the trainers' stream is divided by the [`Shares`](descent_protocol::Shares) of the group's
//! next round that is settled, or of the round that takes commitments if a delta is checked before. The
//! winner of the round gets the winners' part. The members of its committee that did sound work get the
//! validators' part, in equal amounts. Members that check a delta get a quarter of what has come in for
//! validators since. A part for which there is nobody stays in the pot, and so does the rest of a division.
//! The keepers' part is put aside until a check of what they serve pays it, see
//! [`divide_custody`](descent_protocol::divide_custody). The part of the proposers' stream is for the
//! proposer of the next delta that is applied.
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
//! A client that wants a group's model to improve funds its rounds: each round with a winner takes
//! `per_round` from the funding, divided by the round's shares. Trainers rely on it. So a client that wants
//! to stop gives notice, and pays for the rounds that have begun. When the last of them can be settled, and a
//! grace period for its settlement has passed, the client takes back the rest. A client can't lower
//! `per_round`.
//!
//! A funding is for the terms that its client has named. So the close that changes them *pauses* each funding
//! of the group: it gives notice in the client's place. The rounds that have begun are played by the old
//! rules and paid for; what is left afterwards is never spent by the new ones. The client takes it back with
//! [`refund`](Pallet::refund), without a call before, or goes on by another [`fund`](Pallet::fund) that names
//! the new terms. A `fund` that was signed for other terms than those that are in force by its block fails,
//! so that nobody pays for rules that came in between.
//!
//! The number of fundings of a group is bounded; when there are as many, one that pays strictly
//! more for each of two rounds takes the place of the one that pays least, which is refunded at once.
//!
//! # Orders
//!
//! ```text
//! order: 300 to 200 | round r: 280 | round r+1: 285     | round r+2: 250 | round r+3: 190
//! gain              | 20           | 0: worse by chance | 30             | 50, and the bonus
//! mark 300          | 280          | 280                | 250            | 190: fulfilled
//! ```
//!
//! A client that wants a better model, however many rounds that takes, orders improvement. It names the price
//! of a micro-unit, the score from which on it pays, a target, a bonus for reaching it, and a number of
//! rounds. [`OrderTerms`](descent_protocol::OrderTerms) has the rule of payment. A round that is won pays for
//! the gain from the head's score on the round's records, or from the order's mark if that is lower, down to
//! the winner's score. The mark is the best score so far. It makes the sum of all payments bounded by the
//! price of the whole way from the first score to the target, and the bonus. Scores on sampled records vary,
//! and without the mark a trainer would be paid for the same improvement as often as chance undoes it.
//!
//! The payment joins the pot before it is divided, as those of fundings do. So a client that wins its own
//! order pays the members of the committee, and the keepers' part, and gains nothing.
//!
//! An order pays for the rounds that begin after it was placed, in which its terms are in force, up to its
//! end. Cancelling moves the end to the first round that has not begun, and so does a change of the terms.
//! The rest is free when the last of these rounds can be settled and the grace period is over. Anybody may
//! send the refund of an order that is over, which goes to its client. The rest of an order whose target is
//! reached accrues to the client with the settlement.
//!
//! The number of orders of a group is bounded. In a full list an order that is over is refunded and gives
//! way; otherwise the one with the least money left gives way to one with strictly more, and still pays for
//! the rounds that have begun. The money decides
//! and not the price: any price can be named for a micro-unit that nobody reaches, but money has to be there.
//!
//! # Exact sums
//!
//! The total issuance is the issuance at genesis, plus all that was minted since, less all that was
//! [`Burn`]ed. The pallet's account has at least what was minted and what clients paid in, less what was paid
//! out. That is the sum of the pots, of the rest of the fundings and orders, of the unclaimed earnings, and,
//! for each group but one, of less than a unit of each stream: fractions that its mark keeps and pays later.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod advance;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod burn;
mod claim;
mod contribution;
mod funding;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros of a test runtime make public items")]
mod mock;
mod order;
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
pub use types::{Funding, Notice, Order, Pot, StreamState};
pub use weights::WeightInfo;

use descent_protocol::{BlockNumber, MAX_ENDING_ORDERS, MAX_FUNDINGS, MAX_ORDERS};
use frame_support::{
	traits::{fungible::Credit, ConstU32, Get},
	BoundedVec,
};
use sp_runtime::traits::AccountIdConversion;

/// The imbalance of an amount that was taken from an account in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The funding type of a configuration.
pub type FundingOf<T> = Funding<<T as frame_system::Config>::AccountId>;

/// The type of a group's fundings.
pub type FundingsOf<T> = BoundedVec<FundingOf<T>, ConstU32<MAX_FUNDINGS>>;

/// The order type of a configuration.
pub type OrderOf<T> = Order<<T as frame_system::Config>::AccountId>;

/// The type of a group's orders.
pub type OrdersOf<T> = BoundedVec<OrderOf<T>, ConstU32<{ MAX_ORDERS.saturating_add(MAX_ENDING_ORDERS) }>>;

// The casts are the macro's; a call has as many arguments as it needs.
#[allow(clippy::as_conversions, clippy::too_many_arguments)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use core::marker::PhantomData;
	use descent_protocol::{Accumulator, GroupId, OrderTerms, RoundIndex, Score, Stream};
	use frame_support::{pallet_prelude::*, traits::fungible, PalletId};
	use frame_system::pallet_prelude::*;
	use pallet_groups::{GroupRules, Stakeholders};
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The emission pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The configuration of the pallet.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The currency that is minted and paid out.
		type Currency: fungible::Mutate<Self::AccountId, Balance = u128> + fungible::Balanced<Self::AccountId>;
		/// The name of the account that keeps what is minted and funded.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// The groups, their rounds and stakes.
		type Groups: GroupRules<u128> + Stakeholders<Self::AccountId, u128>;
		/// The length of the periods of the trainers' stream, in blocks.
		#[pallet::constant]
		type EmissionPeriod: Get<BlockNumber>;
		/// The length of the periods of the proposers' stream, in blocks.
		#[pallet::constant]
		type VotingPeriod: Get<BlockNumber>;
		/// The length of an era, after which emission halves, in blocks.
		#[pallet::constant]
		type EraLength: Get<BlockNumber>;
		/// The least that a round may be worth to a client.
		#[pallet::constant]
		type MinimumFundingPerRound: Get<u128>;
		/// The least that an order begins with.
		#[pallet::constant]
		type MinimumOrder: Get<u128>;
		/// Number of blocks that a client waits after the last round that it pays for can be settled.
		#[pallet::constant]
		type FundingGrace: Get<BlockNumber>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The states of the streams: trainers, proposers.
	#[pallet::storage]
	pub type Streams<T> = StorageValue<_, [StreamState; 2], ValueQuery>;

	/// The tokens that the streams have minted per unit of stake: trainers, proposers.
	#[pallet::storage]
	pub type Accumulators<T> = StorageValue<_, [Accumulator; 2], ValueQuery>;

	/// All stake in groups.
	#[pallet::storage]
	pub type TotalStake<T> = StorageValue<_, u128, ValueQuery>;

	/// The pots of groups.
	#[pallet::storage]
	pub type Pots<T: Config> = StorageMap<_, Twox64Concat, GroupId, Pot, ValueQuery>;

	/// The fundings of each group's rounds, the oldest first.
	#[pallet::storage]
	pub type Fundings<T: Config> = StorageMap<_, Twox64Concat, GroupId, FundingsOf<T>, ValueQuery>;

	/// The orders of each group, the oldest first.
	#[pallet::storage]
	pub type Orders<T: Config> = StorageMap<_, Twox64Concat, GroupId, OrdersOf<T>, ValueQuery>;

	/// The earnings of accounts that are not claimed yet.
	#[pallet::storage]
	pub type Accrued<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u128, ValueQuery>;

	/// The earnings that accounts have claimed.
	#[pallet::storage]
	pub type Claimed<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u128, ValueQuery>;

	/// The total issuance at genesis.
	#[pallet::storage]
	pub type GenesisIssuance<T> = StorageValue<_, u128, ValueQuery>;

	/// All that was minted since genesis.
	#[pallet::storage]
	pub type Minted<T> = StorageValue<_, u128, ValueQuery>;

	/// All that was burned since genesis.
	#[pallet::storage]
	pub type Burned<T> = StorageValue<_, u128, ValueQuery>;

	/// All that was minted and that clients paid in, less what was paid out: the tokens that the pallet's
	/// account keeps for others.
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

	/// The events of the pallet.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A period of a stream began.
		PeriodBegan {
			/// The stream.
			stream: Stream,
			/// The emission of the period, which is minted if there is stake all the time.
			emission: u128,
		},
		/// Members of a committee were paid.
		MembersPaid {
			/// The group.
			group: GroupId,
			/// Number of members that were paid.
			members: u32,
			/// The amount that each of them gets.
			each: u128,
		},
		/// An account has claimed what it had earned.
		Claimed {
			/// The account.
			account: T::AccountId,
			/// The amount.
			amount: u128,
		},
		/// A client funds a group's rounds.
		Funded {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The amount that it adds.
			amount: u128,
			/// The rest of its funding now.
			left: u128,
			/// The amount that each round with a winner takes.
			per_round: u128,
		},
		/// A client has given notice of the end of its funding.
		FundingStopped {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The first block in which it can take back the rest.
			free: BlockNumber,
		},
		/// A group's rules change, so that a client's funding ends unless the client funds the group anew.
		FundingPaused {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The first block in which it can take back the rest.
			free: BlockNumber,
		},
		/// Rounds have used up a funding.
		FundingSpent {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
		},
		/// The rest of a funding was returned.
		Refunded {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The amount.
			amount: u128,
		},
		/// A client orders improvement of a group's model.
		Ordered {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The amount that it pays in.
			amount: u128,
			/// The amount that it pays for each micro-unit.
			price: u128,
			/// The amount that it pays in addition when the target is reached.
			bonus: u128,
			/// The score from which on it pays.
			from: Score,
			/// The score with which the order is fulfilled.
			target: Score,
			/// The first round that it does not pay for.
			until: RoundIndex,
		},
		/// An order has paid for a round that was won.
		OrderPaid {
			/// The group.
			group: GroupId,
			/// The round.
			round: RoundIndex,
			/// The client.
			client: T::AccountId,
			/// The improvement that it pays for, in micro-units.
			gain: u64,
			/// The amount for the gain.
			amount: u128,
			/// The bonus, if the target was reached.
			bonus: u128,
			/// The rest of the order now.
			left: u128,
		},
		/// A client ends its order: it pays for rounds that have begun.
		OrderCancelled {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The first round that it does not pay for.
			until: RoundIndex,
			/// The first block in which the rest can be returned.
			free: BlockNumber,
		},
		/// A group's rules change, so that an order ends with the rounds that have begun.
		OrderPaused {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The first round that it does not pay for.
			until: RoundIndex,
			/// The first block in which the rest can be returned.
			free: BlockNumber,
		},
		/// An order gives way to one with more money. It pays for the rounds that have begun.
		OrderDisplaced {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The first round that it does not pay for.
			until: RoundIndex,
			/// The first block in which the rest can be returned.
			free: BlockNumber,
		},
		/// Improvement has used up an order.
		OrderSpent {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
		},
		/// The target of an order was reached.
		OrderFulfilled {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The rest of the order, which the client can claim.
			refunded: u128,
		},
		/// The rest of an order was returned.
		OrderRefunded {
			/// The group.
			group: GroupId,
			/// The client.
			client: T::AccountId,
			/// The amount.
			amount: u128,
		},
	}

	/// The errors of the calls.
	#[pallet::error]
	pub enum Error<T> {
		/// The account has earned nothing that it has not claimed.
		NothingToClaim,
		/// There is no such group.
		UnknownGroup,
		/// A round has to be worth more to a client.
		PerRoundTooSmall,
		/// The amount per round can't be lowered: stop the funding, take back what is left and fund anew.
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
		/// The group's rules are not those that the client pays for.
		TermsChanged,
		/// The client has an order of the group that is not over.
		AlreadyOrdered,
		/// A micro-unit of improvement has to be worth something.
		PriceTooSmall,
		/// The target has to be lower than the score from which on the client pays.
		TargetTooHigh,
		/// An order begins with the least amount of orders, and with enough for its bonus and one micro-unit.
		OrderTooSmall,
		/// An order pays for one round at least.
		NoRounds,
		/// The group has as many orders as it can, and none has less money left.
		TooManyOrders,
		/// The account has no order of the group.
		UnknownOrder,
		/// The order pays for no round that has not begun.
		NothingToCancel,
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Pays the sender all that it has earned.
		///
		/// Emits [`Event::Claimed`].
		///
		/// Fails with [`Error::NothingToClaim`], or if the sender's account can't receive the amount.
		#[pallet::call_index(0)]
		pub fn claim(origin: OriginFor<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_claim(account)
		}

		/// Funds the rounds of a group with `amount`, of which each round with a winner takes `per_round`.
		///
		/// A client that funds the group already adds to its funding, may raise `per_round`, and takes back a
		/// notice, its own or that of a change of the rules.
		///
		/// - `terms`: the [`Rules::terms`](pallet_groups::Rules::terms) that the client pays for, those of
		///   the group's newest rules.
		///
		/// Emits [`Event::Funded`], and [`Event::Refunded`] for a funding that loses its place to this one.
		///
		/// Fails with [`Error::UnknownGroup`], [`Error::TermsChanged`], [`Error::PerRoundTooSmall`],
		/// [`Error::PerRoundLowered`], [`Error::AmountTooSmall`] and [`Error::TooManyFundings`], or if the
		/// balance does not suffice.
		#[pallet::call_index(1)]
		pub fn fund(
			origin: OriginFor<T>,
			group: GroupId,
			amount: u128,
			per_round: u128,
			terms: H256,
		) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_fund(group, client, amount, per_round, terms)
		}

		/// Gives notice of the end of the sender's funding of a group. It pays for the rounds that have
		/// begun.
		///
		/// Emits [`Event::FundingStopped`].
		///
		/// Fails with [`Error::UnknownFunding`], [`Error::AlreadyStopped`] and [`Error::UnknownGroup`].
		#[pallet::call_index(2)]
		pub fn stop_funding(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_stop_funding(group, client)
		}

		/// Returns the rest of the sender's funding of a group, once it has ended.
		///
		/// Emits [`Event::Refunded`].
		///
		/// Fails with [`Error::UnknownFunding`], [`Error::NotStopped`] and [`Error::TooEarly`].
		#[pallet::call_index(3)]
		pub fn refund(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_refund(group, client)
		}

		/// Orders improvement of a group's model for `amount`: each round that is won pays for the gain over
		/// the head and over all winners since the order was placed.
		///
		/// An account has one order of a group at a time. One of its own that is over is refunded by this
		/// call, after `amount` was paid in.
		///
		/// - `price`: the amount for each micro-unit.
		/// - `bonus`: the amount in addition for the winner that reaches the target. It is set aside.
		/// - `from`: the score from which on the client pays, the head's as a rule.
		/// - `target`: the score with which the order is fulfilled.
		/// - `rounds`: the number of rounds that it pays for, beginning with the first that has not begun.
		/// - `terms`: the [`Rules::terms`](pallet_groups::Rules::terms) that the client pays for, those of
		///   the group's newest rules.
		///
		/// Emits [`Event::Ordered`], and [`Event::OrderRefunded`] for an order whose place this one takes.
		///
		/// Fails with [`Error::UnknownGroup`], [`Error::TermsChanged`], [`Error::PriceTooSmall`],
		/// [`Error::TargetTooHigh`], [`Error::OrderTooSmall`], [`Error::NoRounds`],
		/// [`Error::AlreadyOrdered`] and [`Error::TooManyOrders`], or if the balance does not suffice, or the
		/// rounds lie beyond the last block number.
		#[pallet::call_index(4)]
		pub fn order(
			origin: OriginFor<T>,
			group: GroupId,
			amount: u128,
			price: u128,
			bonus: u128,
			from: Score,
			target: Score,
			rounds: u32,
			terms: H256,
		) -> DispatchResult {
			let client = ensure_signed(origin)?;
			let paid_for = OrderTerms { price, bonus, target, mark: from };
			Self::do_order(group, client, amount, paid_for, rounds, terms)
		}

		/// Ends the sender's order of a group. It pays for the rounds that have begun.
		///
		/// Emits [`Event::OrderCancelled`].
		///
		/// Fails with [`Error::UnknownOrder`], [`Error::UnknownGroup`] and [`Error::NothingToCancel`].
		#[pallet::call_index(5)]
		pub fn cancel_order(origin: OriginFor<T>, group: GroupId) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_cancel_order(group, client)
		}

		/// Returns the rest of a client's order of a group to the client, once it is over. Any account may
		/// send it.
		///
		/// Emits [`Event::OrderRefunded`].
		///
		/// Fails with [`Error::UnknownOrder`] and [`Error::TooEarly`].
		#[pallet::call_index(6)]
		pub fn refund_order(origin: OriginFor<T>, group: GroupId, client: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_refund_order(group, client)
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
	/// Returns the account that keeps what is minted and funded until it is paid out.
	pub fn account_id() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Panics if the configuration could not work.
	#[cfg(feature = "std")]
	fn check_constants() {
		use frame_support::traits::fungible::Inspect;
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
		assert!(
			T::MinimumOrder::get() >= T::Currency::minimum_balance(),
			"an order could be too small for the account that keeps it"
		);
	}
}
