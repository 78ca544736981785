use super::number;
use crate::PerformanceObserver;
use descent_protocol::Performance;
use frame_support::{parameter_types, weights::Weight};
use sp_runtime::AccountId32;

parameter_types! {
	/// The performance of members, as it was told.
	pub static Observed: Vec<Vec<(u8, Performance)>> = Vec::new();
}

/// Writes down what it is told.
pub struct Observer;

impl PerformanceObserver<AccountId32> for Observer {
	fn observed(performance: &[(AccountId32, Performance)]) -> Weight {
		let told = performance.iter().map(|(account, performance)| (number(account), *performance));
		Observed::mutate(|observed| observed.push(told.collect()));
		Weight::zero()
	}
}
