//! The technical committee, which may become Root by a motion.
//!
//! The motion is a `utility.batch_all` of `whitelist.whitelist_call` with a call's hash and
//! `whitelist.dispatch_whitelisted_call_with_preimage` with the call itself. It takes two thirds of the
//! committee.

use super::RuntimeBlockWeights;
use crate::{
	constants::DAYS, AccountId, BlockNumber, Preimage, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin,
	System,
};
use frame_support::{
	parameter_types,
	traits::{ConstU32, EitherOfDiverse},
	weights::Weight,
};
use frame_system::EnsureRoot;
use pallet_collective::{
	DefaultVote, EnsureProportionAtLeast, EnsureProportionMoreThan, Instance1, MemberCount,
};
use sp_runtime::Perbill;

/// Time in which a motion takes votes.
const MOTION_DURATION: BlockNumber = 7 * DAYS;
/// Largest number of open motions.
const MAX_MOTIONS: u32 = 32;
/// Largest number of members of the committee.
const MAX_MEMBERS: u32 = 32;

/// At least two thirds of the committee.
type TwoThirds = EnsureProportionAtLeast<AccountId, Instance1, 2, 3>;
/// More than half of the committee.
pub(super) type Majority = EnsureProportionMoreThan<AccountId, Instance1, 1, 2>;
/// Origins that may have calls dispatched as Root.
type RootOrTwoThirds = EitherOfDiverse<EnsureRoot<AccountId>, TwoThirds>;

parameter_types! {
	/// Share of a block that a motion's call may take.
	pub MaximumMotionWeight: Weight = Perbill::from_percent(50) * RuntimeBlockWeights::get().max_block;
}

/// Counts a member that does not vote as against: nobody becomes Root because others were silent.
pub struct SilenceIsNay;

impl DefaultVote for SilenceIsNay {
	fn default_vote(_: Option<bool>, _: MemberCount, _: MemberCount, _: MemberCount) -> bool {
		false
	}
}

/// Motions are free: their number is bounded, they end, and only members make them, which Root names.
impl pallet_collective::Config<Instance1> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = ConstU32<MOTION_DURATION>;
	type MaxProposals = ConstU32<MAX_MOTIONS>;
	type MaxMembers = ConstU32<MAX_MEMBERS>;
	type DefaultVote = SilenceIsNay;
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
	type SetMembersOrigin = EnsureRoot<AccountId>;
	type MaxProposalWeight = MaximumMotionWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = ();
}

impl pallet_whitelist::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WhitelistOrigin = RootOrTwoThirds;
	type DispatchWhitelistedOrigin = RootOrTwoThirds;
	type Preimages = Preimage;
	type DeferredDispatchExpiration = ConstU32<MOTION_DURATION>;
	type BlockNumberProvider = System;
	type WeightInfo = pallet_whitelist::weights::SubstrateWeight<Runtime>;
}
