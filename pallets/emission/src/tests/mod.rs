#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]

mod advance;
mod burn;
mod claim;
mod constant;
mod crowd;
mod eras;
mod funding;
mod order_end;
mod order_room;
mod orders;
mod payout;
mod terms;
mod try_state;
mod views;

use crate::mock::{account, Emission};
use descent_protocol::{GroupId, RoundIndex, Score, Shares};
use pallet_groups::{Rewards, SettledRound};
use sp_runtime::AccountId32;

/// A settled round of a group.
#[derive(Clone, Debug)]
struct Settled {
	group: GroupId,
	round: RoundIndex,
	shares: Shares,
	winners: Vec<u8>,
	score: Option<Score>,
	baseline: Option<Score>,
	members: Vec<u8>,
}

impl Settled {
	/// Settles it. Returns the rewards of the winners.
	fn pay(&self) -> Vec<u128> {
		let accounts = |numbers: &[u8]| numbers.iter().copied().map(account).collect::<Vec<AccountId32>>();
		let (winners, members) = (accounts(&self.winners), accounts(&self.members));
		<Emission as Rewards<AccountId32, u128>>::round_settled(&SettledRound {
			group: self.group,
			round: self.round,
			shares: self.shares,
			winners: &winners,
			score: self.score,
			baseline: self.baseline,
			members: &members,
		})
	}
}

/// Settles a round of a group without scores. Returns the reward of the winner, 0 if there is none.
fn settle(group: GroupId, round: RoundIndex, shares: Shares, winner: Option<u8>, members: &[u8]) -> u128 {
	let winners = winner.into_iter().collect();
	let settled =
		Settled { group, round, shares, winners, score: None, baseline: None, members: members.to_vec() };
	settled.pay().first().copied().unwrap_or_default()
}
