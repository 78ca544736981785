//! Parameters that governance can change without a new runtime.

#![allow(unreachable_pub, reason = "the macro's items are public")]

use crate::{
	constants::{MAX_VALIDATORS, NRN},
	AccountId, Balance, Runtime, RuntimeEvent,
};
use frame_support::{
	dynamic_params::{dynamic_pallet_params, dynamic_params},
	traits::{AsEnsureOriginWithArg, Get},
};
use frame_system::EnsureRoot;

/// The parameters, by concern. A change takes effect with the next block.
#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Runtime>)]
pub mod dynamic_params {
	use super::*;

	/// The limits of the validator set.
	#[dynamic_pallet_params]
	#[codec(index = 0)]
	pub mod validators {
		/// Smallest bond of a candidate.
		#[codec(index = 0)]
		pub static MinimumBond: Balance = 1_000 * NRN;
		/// Largest number of validators in a session.
		#[codec(index = 1)]
		pub static Seats: u32 = MAX_VALIDATORS;
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl Default for RuntimeParameters {
	fn default() -> Self {
		use dynamic_params::validators::{MinimumBond, Parameters};
		Self::Validators(Parameters::MinimumBond(MinimumBond, Some(NRN)))
	}
}

/// Largest number of validators in a session: the parameter, within the limits of the chain.
pub struct Seats;

impl Get<u32> for Seats {
	fn get() -> u32 {
		dynamic_params::validators::Seats::get().clamp(1, MAX_VALIDATORS)
	}
}

impl pallet_parameters::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeParameters = RuntimeParameters;
	type AdminOrigin = AsEnsureOriginWithArg<EnsureRoot<AccountId>>;
	type WeightInfo = ();
}
