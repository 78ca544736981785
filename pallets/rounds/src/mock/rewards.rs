//! Payments and performance that the pallet reports, recorded for the tests.

use super::number;
use descent_protocol::{divide_reward, trace::WorkReward, GroupId, Performance, RoundIndex, Score, Shares};
use frame_support::{parameter_types, weights::Weight};
use pallet_evaluators::PerformanceObserver;
use pallet_groups::SettledRound;
use sp_runtime::AccountId32;

/// Reward that is reported to winners; nothing is paid.
pub const REWARD: u128 = 1_000;

/// Reward that is reported for each draw of a trainer whose work is confirmed; nothing is paid.
pub const WORK_REWARD: u128 = 30;

/// Weight of each member that is found false.
pub const CONVICTION: Weight = Weight::from_parts(100_000, 1);

/// A settled round, as it was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
	pub group: GroupId,
	pub round: RoundIndex,
	pub shares: Shares,
	pub winners: Vec<u8>,
	pub score: Option<Score>,
	pub baseline: Option<Score>,
	pub members: Vec<u8>,
}

parameter_types! {
	/// The rounds that were settled.
	pub static Paid: Vec<Payment> = Vec::new();
	/// The trainers whose work was confirmed, of each round that pays for work.
	pub static Worked: Vec<(GroupId, Vec<u8>)> = Vec::new();
	/// Performance of the members of each committee.
	pub static Observed: Vec<Vec<(u8, Performance)>> = Vec::new();
}

pub struct Rewards;

impl pallet_groups::Rewards<AccountId32, u128> for Rewards {
	fn round_settled(settled: &SettledRound<AccountId32>) -> Vec<u128> {
		let SettledRound { group, round, shares, .. } = *settled;
		let told = Payment {
			group,
			round,
			shares,
			winners: settled.winners.iter().map(number).collect(),
			score: settled.score,
			baseline: settled.baseline,
			members: settled.members.iter().map(number).collect(),
		};
		Paid::mutate(|paid| paid.push(told));
		divide_reward(REWARD, settled.winners.len())
	}

	fn work_confirmed(group: GroupId, _: Shares, _: &WorkReward, trainers: &[AccountId32]) -> u128 {
		let trainers = trainers.iter().map(number).collect();
		Worked::mutate(|worked| worked.push((group, trainers)));
		WORK_REWARD
	}

	fn delta_checked(_: GroupId, _: &[AccountId32]) {
		unreachable!("rounds have nothing to do with deltas")
	}

	fn delta_applied(_: GroupId, _: &AccountId32) -> u128 {
		unreachable!("rounds have nothing to do with deltas")
	}

	fn round_settled_weight(members: u32) -> Weight {
		Weight::from_parts(1_000, 10).saturating_mul(members.into())
	}
}

pub struct Observer;

impl PerformanceObserver<AccountId32> for Observer {
	fn observed(performance: &[(AccountId32, Performance)]) -> Weight {
		let told: Vec<_> =
			performance.iter().map(|(member, performance)| (number(member), *performance)).collect();
		let convicted = told.iter().filter(|(_, performance)| *performance == Performance::False).count();
		Observed::mutate(|observed| observed.push(told));
		CONVICTION.saturating_mul(convicted.try_into().expect("it is small"))
	}

	fn observed_weight(members: u32) -> Weight {
		CONVICTION.saturating_mul(members.into())
	}
}
