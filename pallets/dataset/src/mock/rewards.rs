//! Payments and performance that the pallet reports, recorded for the tests.

use super::number;
use descent_protocol::{trace::WorkReward, GroupId, Performance, Shares};
use frame_support::{parameter_types, weights::Weight};
use pallet_evaluators::PerformanceObserver;
use pallet_groups::SettledRound;
use sp_runtime::AccountId32;

/// Reward that is reported to proposers; nothing is paid.
pub const REWARD: u128 = 100;
/// Weight of paying a proposer.
pub const APPLIED_WEIGHT: Weight = Weight::from_parts(77, 7);

/// A payment, as it was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payment {
	/// A check was decided that these members are paid for.
	Checked(GroupId, Vec<u8>),
	/// A delta of this proposer was applied.
	Applied(GroupId, u8),
}

parameter_types! {
	/// The reported payments.
	pub static Paid: Vec<Payment> = Vec::new();
	/// Performance of the members, for each check that was decided.
	pub static Observed: Vec<Vec<(u8, Performance)>> = Vec::new();
}

pub struct Rewards;

impl pallet_groups::Rewards<AccountId32, u128> for Rewards {
	fn round_settled(_: &SettledRound<AccountId32>) -> Vec<u128> {
		unreachable!("data sets have nothing to do with rounds")
	}

	fn work_confirmed(_: GroupId, _: Shares, _: &WorkReward, _: &[AccountId32]) -> u128 {
		unreachable!("data sets have nothing to do with rounds")
	}

	fn delta_checked(group: GroupId, members: &[AccountId32]) {
		let members = members.iter().map(number).collect();
		Paid::mutate(|paid| paid.push(Payment::Checked(group, members)));
	}

	fn delta_applied(group: GroupId, proposer: &AccountId32) -> u128 {
		Paid::mutate(|paid| paid.push(Payment::Applied(group, number(proposer))));
		REWARD
	}

	fn delta_checked_weight(members: u32) -> Weight {
		Weight::from_parts(1_000, 10).saturating_mul(members.into())
	}

	fn delta_applied_weight() -> Weight {
		APPLIED_WEIGHT
	}
}

pub struct Observer;

impl PerformanceObserver<AccountId32> for Observer {
	fn observed(performance: &[(AccountId32, Performance)]) -> Weight {
		let performance = performance.iter().map(|(member, performance)| (number(member), *performance));
		Observed::mutate(|observed| observed.push(performance.collect()));
		Weight::zero()
	}

	fn observed_weight(members: u32) -> Weight {
		Weight::from_parts(100_000, 1).saturating_mul(members.into())
	}
}
