use crate::RuntimeCall;
use frame_support::traits::Contains;

/// The calls that accounts can't make: burning tokens, which would leave no record in the ledger of what is issued.
pub struct AccountableCalls;

impl Contains<RuntimeCall> for AccountableCalls {
	fn contains(call: &RuntimeCall) -> bool {
		!matches!(call, RuntimeCall::Balances(pallet_balances::Call::burn { .. }))
	}
}
