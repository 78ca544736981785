//! The published numbers, era by era, until nothing is minted any more.

use crate::{
	mock::{chain, pot, run_to, stake, Balances, Emission, EmissionPeriod, EraLength, Test, VotingPeriod},
	Minted,
};

const NRN: u128 = 1_000_000_000_000;
/// A sale of a billion.
const SOLD: u128 = 1_000_000_000 * NRN;
/// Blocks of a trainers' period, a proposers' period and an era.
const LENGTHS: [u32; 3] = [2, 4, 8];

#[test]
fn one_group_with_all_stake_gets_the_published_numbers_in_every_era() {
	let [period, voting, era] = LENGTHS;
	EmissionPeriod::set(period);
	VotingPeriod::set(voting);
	EraLength::set(era);
	chain(SOLD / 100).execute_with(|| {
		stake(0, 1, 7 * NRN);
		assert_eq!(Balances::total_issuance(), SOLD);
		let mut issuance = SOLD;
		let (mut trainers, mut proposers) = (0, 0);
		let mut eras = 0u32;
		loop {
			// All that an era mints: four periods for trainers, of which every second ends with one for
			// proposers.
			let mut era_trainers = 0;
			let mut era_proposers = 0;
			for half in 0..era / voting {
				let for_proposers = issuance / 1_000_000 / 2u128.pow(eras);
				for quarter in 0..voting / period {
					let for_trainers = issuance / 100_000 / 2u128.pow(eras);
					let block = eras * era + half * voting + (quarter + 1) * period;
					run_to(block);
					trainers += for_trainers;
					era_trainers += for_trainers;
					let is_last = quarter + 1 == voting / period;
					let flown =
						for_proposers * u128::from(quarter + 1) * u128::from(period) / u128::from(voting);
					let pot = pot(0);
					assert_eq!(pot.fresh, trainers, "trainers at block {block}");
					assert_eq!(pot.proposer, proposers + flown, "proposers at block {block}");
					issuance = SOLD + trainers + proposers + flown;
					if is_last {
						assert_eq!(flown, for_proposers);
						proposers += for_proposers;
						era_proposers += for_proposers;
					}
					assert_eq!(Balances::total_issuance(), issuance);
				}
			}
			Emission::do_try_state().expect("the state stays consistent");
			match eras {
				0 => assert!(era_trainers / 4 / NRN == 10_000 && era_proposers / 2 / NRN == 1_000),
				1 => assert!(era_trainers / 4 / NRN == 5_000 && era_proposers / 2 / NRN == 500),
				2 => assert!(era_trainers / 4 / NRN == 2_500 && era_proposers / 2 / NRN == 250),
				_ => {}
			}
			eras += 1;
			if era_trainers == 0 && era_proposers == 0 {
				break;
			}
		}
		// 10^16 has 54 bits.
		assert_eq!(eras, 55);
		let minted = Minted::<Test>::get();
		run_to(eras * era + 400);
		assert_eq!(pot(0).fresh + pot(0).proposer, minted);
		assert_eq!(Balances::total_issuance(), SOLD + minted);
		Emission::do_try_state().expect("the state stays consistent");
	});
}

#[test]
fn the_first_periods_in_numbers() {
	let [period, voting, era] = LENGTHS;
	EmissionPeriod::set(period);
	VotingPeriod::set(voting);
	EraLength::set(era);
	chain(SOLD / 100).execute_with(|| {
		stake(0, 1, 1);
		// Trainers: 0.001% of what is issued, which grows; proposers: 0.0001%.
		let table = [
			(2, 10_000_000_000_000_000, 500_000_000_000_000),
			(4, 20_000_105_000_000_000, 1_000_000_000_000_000),
			(6, 30_000_315_001_050_000, 1_500_010_500_052_500),
			(8, 40_000_630_004_305_011, 2_000_021_000_105_000),
			// An era is over.
			(10, 45_000_840_007_560_033, 2_250_031_500_267_751),
		];
		for (block, trainers, proposers) in table {
			run_to(block);
			assert_eq!((pot(0).fresh, pot(0).proposer), (trainers, proposers), "block {block}");
		}
		Emission::do_try_state().expect("the state stays consistent");
	});
}

#[test]
fn a_period_belongs_to_the_era_in_which_it_begins() {
	EraLength::set(15);
	chain(1_000_000_000).execute_with(|| {
		stake(0, 1, 100);
		let mut before = 0;
		for (block, per_period) in [(10, 1_000_000), (20, 1_000_010), (30, 500_010), (40, 250_006)] {
			run_to(block);
			let fresh = pot(0).fresh;
			assert_eq!(fresh - before, per_period, "the period that ends at block {block}");
			before = fresh;
		}
		Emission::do_try_state().expect("the state stays consistent");
	});
}
