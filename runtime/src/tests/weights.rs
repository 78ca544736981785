//! Every call and hook of the chain's own pallets has a measured weight.

use crate::Runtime;
use frame_support::{traits::GetCallName, weights::Weight};
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::{Path, PathBuf},
};

/// A pallet as it is in the runtime and in its folder.
struct Measured {
	folder: PathBuf,
	calls: &'static [&'static str],
}

/// The pallets that `scripts/weights` measures.
fn measured() -> BTreeMap<&'static str, Measured> {
	let pallets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pallets");
	[
		("dataset", pallet_dataset::Call::<Runtime>::get_call_names()),
		("emission", pallet_emission::Call::<Runtime>::get_call_names()),
		("evaluators", pallet_evaluators::Call::<Runtime>::get_call_names()),
		("groups", pallet_groups::Call::<Runtime>::get_call_names()),
		("rounds", pallet_rounds::Call::<Runtime>::get_call_names()),
		("validators", pallet_validators::Call::<Runtime>::get_call_names()),
	]
	.map(|(name, calls)| (name, Measured { folder: pallets.join(name).join("src"), calls }))
	.into()
}

/// Calls whose weight is the sum of others: what is done is measured in parts, in more than one pallet.
const SUMS: [(&str, &str); 1] = [("evaluators", "decide")];

/// Returns the names of the functions whose line follows one that is marked.
fn functions(text: &str, is_marked: impl Fn(&str) -> bool) -> BTreeSet<String> {
	let before = [""].into_iter().chain(text.lines());
	let named = before.zip(text.lines()).filter(|(before, _)| is_marked(before)).map(|(_, line)| line);
	named
		.filter_map(|line| line.trim().strip_prefix("fn ")?.split(['(', '<']).next().map(String::from))
		.collect()
}

#[test]
fn every_call_has_a_measured_weight() {
	for (name, pallet) in measured() {
		let weights = fs::read_to_string(pallet.folder.join("weights.rs")).unwrap();
		let benchmarks = fs::read_to_string(pallet.folder.join("benchmarking.rs")).unwrap();
		assert!(
			weights.starts_with("//! The weights of `pallet_"),
			"{name}: scripts/weights writes this file"
		);
		assert!(weights.contains(" repeats, "), "{name}: it says how it was measured");
		let interface = weights.split("pub trait WeightInfo {").nth(1).unwrap().split("\n}").next().unwrap();
		let weighed = functions(interface, |_| true);
		let benched = functions(&benchmarks, |before| before.trim().starts_with("#[benchmark"));
		assert_eq!(weighed, benched, "{name}: scripts/weights {name} measures what is new");
		for call in pallet.calls {
			let has_own = weighed.iter().any(|known| {
				known == call || known.strip_prefix(call).is_some_and(|case| case.starts_with('_'))
			});
			assert!(has_own || SUMS.contains(&(name, call)), "{name}: nothing measures {call}");
		}
	}
}

#[test]
fn no_weight_of_a_pallet_is_written_by_hand() {
	for (name, pallet) in measured() {
		let mut folders = vec![pallet.folder.clone()];
		while let Some(folder) = folders.pop() {
			for entry in fs::read_dir(folder).unwrap() {
				let path = entry.unwrap().path();
				let is_ours =
					["tests", "mock", "mock.rs", "weights.rs"].iter().all(|other| !path.ends_with(other));
				if path.is_dir() && is_ours {
					folders.push(path);
				} else if is_ours {
					let text = fs::read_to_string(&path).unwrap();
					assert!(
						!text.contains("Weight::from_parts"),
						"{name}: {} has an estimate",
						path.display()
					);
				}
			}
		}
	}
}

#[test]
fn a_call_costs_more_than_nothing_and_less_than_a_block() {
	use frame_support::dispatch::GetDispatchInfo;
	let all = [
		pallet_rounds::Call::<Runtime>::settle { group: 0, round: 0 }.get_dispatch_info(),
		pallet_evaluators::Call::<Runtime>::decide {
			task: descent_protocol::TaskId::Round { group: 0, round: 0 },
		}
		.get_dispatch_info(),
		pallet_groups::Call::<Runtime>::close_period { group: 0 }.get_dispatch_info(),
		pallet_emission::Call::<Runtime>::claim {}.get_dispatch_info(),
	];
	let most = <Runtime as frame_system::Config>::BlockWeights::get().max_block;
	for info in all {
		assert!(info.call_weight.all_gt(Weight::zero()), "{info:?}");
		assert!(info.call_weight.all_lte(most), "{info:?} of {most:?}");
	}
}

/// Weight of the settlement of a round with three candidates and a committee of so many members, and of all
/// that follows from it.
fn settlement(members: u32) -> Weight {
	use pallet_emission::weights::WeightInfo as _;
	use pallet_rounds::weights::WeightInfo as _;
	use pallet_validators::weights::WeightInfo as _;
	pallet_rounds::weights::SubstrateWeight::<Runtime>::settle(3, members)
		.saturating_add(pallet_emission::weights::SubstrateWeight::<Runtime>::round_settled(members))
		.saturating_add(pallet_validators::weights::SubstrateWeight::<Runtime>::observed(members))
}

#[test]
fn a_block_has_room_for_the_settlements_of_seventy_rounds_of_31_seats() {
	use frame_support::dispatch::GetDispatchInfo;
	// An alarm rings in a block only if the largest settlement there can be would find room in it.
	let largest =
		pallet_rounds::Call::<Runtime>::settle { group: 0, round: 0 }.get_dispatch_info().call_weight;
	let room = <Runtime as pallet_scheduler::Config>::MaximumWeight::get().saturating_sub(largest);
	for members in [4, 31, 100] {
		let settled = room.checked_div_per_component(&settlement(members)).unwrap();
		println!("{members} members: {settled} rounds a block, each {}", settlement(members));
	}
	assert!(settlement(31).saturating_mul(70).all_lte(room), "{} of {room}", settlement(31));
}
