//! Authorship and finality: BABE, GRANDPA, and the sessions that carry validators' keys to both of them and
//! to the committees that measure checkpoints and check deltas.

use super::validators::{OnlyChanges, ReportLongevity, ReportedSessions};
use crate::{
	constants::{storage_deposit, EPOCH_DURATION_IN_SLOTS, MAX_VALIDATORS, MILLISECONDS_PER_BLOCK},
	AccountId, Babe, Balance, Balances, BlockNumber, Custody, Dataset, Offences, Rounds, Runtime,
	RuntimeEvent, Scheduler, Session, SessionKeys, System, Validators,
};
use frame_support::{
	dispatch::DispatchClass,
	traits::{ConstU128, ConstU32, ConstU64, Get},
	weights::Weight,
};
use pallet_session::{
	disabling::UpToLimitWithReEnablingDisablingStrategy, historical::NoteHistoricalRoot,
	FindAccountFromAuthorIndex, ShouldEndSession,
};
use pallet_validators::{KeyOwners, WeightInfo};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_runtime::{
	traits::{ConvertInto, OpaqueKeys},
	SaturatedConversion,
};
use sp_session::MembershipProof;

/// One slot in four has a primary author on average; the secondary author of every other slot brings a VRF
/// output as well, so that each block has one: rounds draw their evaluation sets from it.
pub const BABE_GENESIS_EPOCH_CONFIG: BabeEpochConfiguration =
	BabeEpochConfiguration { c: (1, 4), allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots };

/// Deposit of session keys: the three keys of an account, and the owner of each.
const KEY_DEPOSIT: Balance = storage_deposit(4, 384);

impl pallet_babe::Config for Runtime {
	type EpochDuration = ConstU64<EPOCH_DURATION_IN_SLOTS>;
	type ExpectedBlockTime = ConstU64<MILLISECONDS_PER_BLOCK>;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem =
		pallet_babe::EquivocationReportSystem<Self, Offences, KeyOwners<Self>, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ReportedSessions;
	type KeyOwnerProof = MembershipProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, KeyOwners<Self>, ReportLongevity>;
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = FindAccountFromAuthorIndex<Self, Babe>;
	type EventHandler = ();
}

/// Ends the session where BABE ends its epoch, and counts what that takes.
///
/// The sessions pallet would count a whole block, so that the first block of each session took no
/// transactions. This ends the session itself, in the hook of that pallet, which asks once a block, and says
/// that the session goes on.
pub struct RotateSessions;

impl ShouldEndSession<BlockNumber> for RotateSessions {
	fn should_end_session(now: BlockNumber) -> bool {
		if <Babe as ShouldEndSession<BlockNumber>>::should_end_session(now) {
			let weight = Self::weight();
			Session::rotate_session();
			System::register_extra_weight_unchecked(weight, DispatchClass::Mandatory);
		}
		false
	}
}

impl RotateSessions {
	/// Returns the weight of the end of a session. Both its validators and their successors count.
	fn weight() -> Weight {
		let validators = pallet_session::QueuedKeys::<Runtime>::decode_len().unwrap_or_default();
		let candidates = pallet_validators::Candidates::<Runtime>::decode_len().unwrap_or_default();
		let seats = <Runtime as pallet_validators::Config>::Seats::get();
		let largest = seats.min(candidates.saturated_into()).max(validators.saturated_into());
		<Runtime as pallet_validators::Config>::WeightInfo::rotate_session(largest)
	}
}

/// A session is an epoch. The validators are those with the largest bonds; each may rotate its keys.
impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = RotateSessions;
	type NextSessionRotation = Babe;
	type SessionManager = NoteHistoricalRoot<Self, OnlyChanges<Validators>>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = UpToLimitWithReEnablingDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = ConstU128<KEY_DEPOSIT>;
}

/// Committees measure checkpoints, check deltas and fetch from keepers.
impl pallet_evaluators::Config for Runtime {
	type Tasks = ((Rounds, Dataset), Custody);
	type Bonds = Validators;
	type Performance = Validators;
	type Scheduler = Scheduler;
	type WeightInfo = pallet_evaluators::weights::SubstrateWeight<Runtime>;
}
