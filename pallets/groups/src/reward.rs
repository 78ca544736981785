use core::marker::PhantomData;
use descent_protocol::{proposer_reward, winner_reward, GroupId};
use frame_support::traits::fungible::Mutate;
use sp_runtime::{traits::Zero, SaturatedConversion};

/// Pays for work on a group.
pub trait Reward<AccountId, Balance> {
	/// Pays `who` for one piece of work and says how much that was.
	fn reward(group: GroupId, who: &AccountId) -> Balance;
}

/// How much of what is issued a piece of work is worth.
pub trait IssuanceShare {
	/// Its part of `issuance`.
	fn of(issuance: u128) -> u128;
}

/// What the winner of a round is paid, see [`winner_reward`].
pub struct WinnerShare;

impl IssuanceShare for WinnerShare {
	fn of(issuance: u128) -> u128 {
		winner_reward(issuance)
	}
}

/// What the proposer of an applied delta is paid, see [`proposer_reward`].
pub struct ProposerShare;

impl IssuanceShare for ProposerShare {
	fn of(issuance: u128) -> u128 {
		proposer_reward(issuance)
	}
}

/// Mints the share of what is issued.
pub struct MintShare<Currency, Share>(PhantomData<(Currency, Share)>);

impl<AccountId, Currency, Share> Reward<AccountId, Currency::Balance> for MintShare<Currency, Share>
where
	AccountId: Eq,
	Currency: Mutate<AccountId>,
	Share: IssuanceShare,
{
	fn reward(group: GroupId, who: &AccountId) -> Currency::Balance {
		let amount = Share::of(Currency::total_issuance().saturated_into());
		match Currency::mint_into(who, amount.saturated_into()) {
			Ok(minted) => minted,
			Err(error) => {
				log::warn!(
					target: "runtime::groups",
					"a reward of {amount} in group {group} could not be minted: {error:?}",
				);
				Zero::zero()
			}
		}
	}
}
