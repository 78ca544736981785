use core::marker::PhantomData;
use descent_protocol::winner_reward;
use frame_support::traits::fungible::Mutate;
use sp_runtime::{traits::Zero, SaturatedConversion};

/// Pays the winner of a round.
pub trait RewardWinner<AccountId, Balance> {
	/// Pays `who` for one round and says how much that was.
	fn reward(who: &AccountId) -> Balance;
}

/// Mints [`winner_reward`] of what is issued.
pub struct MintWinnerReward<Currency>(PhantomData<Currency>);

impl<AccountId: Eq, Currency: Mutate<AccountId>> RewardWinner<AccountId, Currency::Balance>
	for MintWinnerReward<Currency>
{
	fn reward(who: &AccountId) -> Currency::Balance {
		let amount = winner_reward(Currency::total_issuance().saturated_into());
		match Currency::mint_into(who, amount.saturated_into()) {
			Ok(minted) => minted,
			Err(error) => {
				log::warn!(target: "runtime::rounds", "a reward of {amount} could not be minted: {error:?}");
				Zero::zero()
			}
		}
	}
}
