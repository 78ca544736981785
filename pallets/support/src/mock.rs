//! The common half of the mock runtimes: accounts, and macros that configure the pallets of Substrate.
//!
//! The macros name the pallets as the mock runtime does: `System`, `Balances`, `Preimage` and `Scheduler`.

use frame_support::traits::Get;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{Hash, One, Saturating, Zero},
	AccountId32,
};

/// Number of block hashes that the mock runtimes keep.
pub const BLOCK_HASH_COUNT: u32 = 250;

/// Returns the account with a number.
pub fn account(number: u8) -> AccountId32 {
	AccountId32::new([number; 32])
}

/// Returns the number of an [`account`].
pub fn number(account: &AccountId32) -> u8 {
	let [number, ..] = *AsRef::<[u8; 32]>::as_ref(account);
	number
}

/// Gives the block before `block` a hash, as if it had a header, and forgets the oldest hash, as a chain
/// does.
pub fn note_parent<T: frame_system::Config>(block: BlockNumberFor<T>) {
	let one = BlockNumberFor::<T>::one();
	let parent = block.saturating_sub(one);
	if parent.is_zero() {
		return;
	}
	frame_system::BlockHash::<T>::insert(parent, T::Hashing::hash_of(&parent));
	let forgotten = parent.saturating_sub(T::BlockHashCount::get()).saturating_sub(one);
	if !forgotten.is_zero() {
		frame_system::BlockHash::<T>::remove(forgotten);
	}
}

/// Configures frame-system and pallet-balances of a mock runtime, and defines `run_to`, which executes empty
/// blocks.
#[macro_export]
macro_rules! mock_system {
	(
		runtime: $runtime:ident,
		block: $block:ident,
		existential_deposit: $deposit:ty,
		dust: $dust:ty $(,)?
	) => {
		use frame_support::derive_impl;

		#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
		impl frame_system::Config for $runtime {
			type Block = $block;
			type AccountId = sp_runtime::AccountId32;
			type Lookup = sp_runtime::traits::IdentityLookup<sp_runtime::AccountId32>;
			type AccountData = pallet_balances::AccountData<u128>;
			type BlockHashCount = frame_support::traits::ConstU32<{ $crate::mock::BLOCK_HASH_COUNT }>;
		}

		#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
		impl pallet_balances::Config for $runtime {
			type AccountStore = System;
			type Balance = u128;
			type ExistentialDeposit = $deposit;
			type DustRemoval = $dust;
		}

		/// Executes empty blocks until `block` has begun.
		pub(crate) fn run_to(block: u32) {
			System::run_to_block_with::<AllPalletsWithSystem>(
				block,
				frame_system::RunToBlockHooks::default().before_initialize(|block| {
					$crate::mock::note_parent::<$runtime>(block);
					System::set_block_consumed_resources(frame_support::weights::Weight::zero(), 0);
					// The call above sets the weight of ordinary transactions alone.
					frame_system::BlockWeight::<$runtime>::kill();
				}),
			);
		}
	};
}

/// Configures pallet-preimage and pallet-scheduler of a mock runtime, which schedules at most so many calls a
/// block.
#[macro_export]
macro_rules! mock_scheduler {
	(runtime: $runtime:ident, per_block: $per_block:ty $(,)?) => {
		impl pallet_preimage::Config for $runtime {
			type RuntimeEvent = RuntimeEvent;
			type WeightInfo = ();
			type Currency = Balances;
			type ManagerOrigin = frame_system::EnsureRoot<sp_runtime::AccountId32>;
			type Consideration = ();
		}

		frame_support::parameter_types! {
			pub const MaximumSchedulerWeight: frame_support::weights::Weight =
				frame_support::weights::Weight::MAX;
		}

		impl pallet_scheduler::Config for $runtime {
			type RuntimeEvent = RuntimeEvent;
			type RuntimeOrigin = RuntimeOrigin;
			type PalletsOrigin = OriginCaller;
			type RuntimeCall = RuntimeCall;
			type MaximumWeight = MaximumSchedulerWeight;
			type ScheduleOrigin = frame_system::EnsureRoot<sp_runtime::AccountId32>;
			type OriginPrivilegeCmp = frame_support::traits::EqualPrivilegeOnly;
			type MaxScheduledPerBlock = $per_block;
			type WeightInfo = ();
			type Preimages = Preimage;
			type BlockNumberProvider = System;
		}
	};
}

/// Gives a mock runtime blocks of transactions that authorize calls, and defines `validate` and `apply` for
/// calls.
#[macro_export]
macro_rules! mock_transactions {
	(runtime: $runtime:ident, block: $block:ident $(,)?) => {
		pub type TransactionExtension = (
			frame_system::AuthorizeCall<$runtime>,
			frame_system::CheckNonZeroSender<$runtime>,
			frame_system::CheckNonce<$runtime>,
			frame_system::CheckWeight<$runtime>,
		);
		pub type Extrinsic = sp_runtime::generic::UncheckedExtrinsic<
			sp_runtime::AccountId32,
			RuntimeCall,
			sp_runtime::MultiSignature,
			TransactionExtension,
		>;
		type $block = sp_runtime::generic::Block<
			sp_runtime::generic::Header<u32, sp_runtime::traits::BlakeTwo256>,
			Extrinsic,
		>;

		impl<Call> frame_system::offchain::CreateTransactionBase<Call> for $runtime
		where
			RuntimeCall: From<Call>,
		{
			type Extrinsic = Extrinsic;
			type RuntimeCall = RuntimeCall;
		}

		impl<Call> frame_system::offchain::CreateTransaction<Call> for $runtime
		where
			RuntimeCall: From<Call>,
		{
			type Extension = TransactionExtension;

			fn create_transaction(call: RuntimeCall, extension: TransactionExtension) -> Extrinsic {
				Extrinsic::new_transaction(call, extension)
			}
		}

		impl<Call> frame_system::offchain::CreateAuthorizedTransaction<Call> for $runtime
		where
			RuntimeCall: From<Call>,
		{
			fn create_extension() -> TransactionExtension {
				extension()
			}
		}

		pub fn extension() -> TransactionExtension {
			(
				frame_system::AuthorizeCall::new(),
				frame_system::CheckNonZeroSender::new(),
				frame_system::CheckNonce::from(0),
				frame_system::CheckWeight::new(),
			)
		}

		/// Returns what the transaction pool says of a call as a transaction that nobody pays for.
		pub fn validate(
			call: impl Into<RuntimeCall>,
		) -> Result<
			frame_support::pallet_prelude::ValidTransaction,
			frame_support::pallet_prelude::TransactionValidityError,
		> {
			use frame_support::{dispatch::GetDispatchInfo, pallet_prelude::TransactionSource};
			use sp_runtime::traits::{Applyable, Checkable};

			let transaction = transaction(call);
			let info = transaction.get_dispatch_info();
			let length = codec::Encode::encoded_size(&transaction);
			let checked = transaction.check(&frame_system::ChainContext::<$runtime>::default())?;
			checked.validate::<$runtime>(TransactionSource::External, &info, length)
		}

		/// Executes a call as a transaction that nobody pays for, the way a block does.
		pub fn apply(
			call: impl Into<RuntimeCall>,
		) -> Result<
			Result<(), sp_runtime::DispatchError>,
			frame_support::pallet_prelude::TransactionValidityError,
		> {
			apply_extrinsic(transaction(call))
		}

		pub fn apply_extrinsic(
			transaction: Extrinsic,
		) -> Result<
			Result<(), sp_runtime::DispatchError>,
			frame_support::pallet_prelude::TransactionValidityError,
		> {
			use frame_support::dispatch::GetDispatchInfo;
			use sp_runtime::traits::{Applyable, Checkable};

			let info = transaction.get_dispatch_info();
			let length = codec::Encode::encoded_size(&transaction);
			let checked = transaction.check(&frame_system::ChainContext::<$runtime>::default())?;
			let applied = checked.apply::<$runtime>(&info, length)?;
			Ok(applied.map(|_| ()).map_err(|failed| failed.error))
		}

		/// Returns the transaction of a call, encoded and decoded again.
		fn transaction(call: impl Into<RuntimeCall>) -> Extrinsic {
			use frame_system::offchain::CreateAuthorizedTransaction as Create;

			let transaction = <$runtime as Create<RuntimeCall>>::create_authorized_transaction(call.into());
			let encoded = codec::Encode::encode(&transaction);
			codec::Decode::decode(&mut &encoded[..]).expect("an encoded transaction can be decoded")
		}
	};
}
