/// A source of the bonds of validators.
pub trait Bonds<AccountId> {
	/// Returns the bond of a validator, zero if it has none.
	fn bond(account: &AccountId) -> u128;
}

/// All validators have the same bond.
impl<AccountId> Bonds<AccountId> for () {
	fn bond(_: &AccountId) -> u128 {
		1
	}
}
