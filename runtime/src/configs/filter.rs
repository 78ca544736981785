use crate::RuntimeCall;
use frame_support::traits::Contains;

/// The calls that accounts can't make:
///
/// - burning tokens, which would leave no record in the ledger of what is issued;
/// - reporting equivocations. Reports are free and stay for ever, and who holds a validator's key can make as
///   many as it likes of itself. Validators' nodes report what they see in their own blocks, by the unsigned
///   calls of the same name.
pub struct AccountableCalls;

impl Contains<RuntimeCall> for AccountableCalls {
	fn contains(call: &RuntimeCall) -> bool {
		!matches!(
			call,
			RuntimeCall::Balances(pallet_balances::Call::burn { .. })
				| RuntimeCall::Babe(pallet_babe::Call::report_equivocation { .. })
				| RuntimeCall::Grandpa(pallet_grandpa::Call::report_equivocation { .. })
		)
	}
}
