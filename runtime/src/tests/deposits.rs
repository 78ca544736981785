//! Deposits and fees cover the storage that they pay for, at its largest.

use crate::{constants::storage_deposit, AllPalletsWithSystem, Balance, Runtime, NRN};
use codec::MaxEncodedLen;
use frame_support::traits::{Get, StorageInfoTrait};

/// Returns the largest size of an item of a storage entry in bytes, its hashed keys included.
fn size(pallet: &str, entry: &str) -> u32 {
	let info = AllPalletsWithSystem::storage_info();
	let info = info
		.iter()
		.find(|info| info.pallet_name == pallet.as_bytes() && info.storage_name == entry.as_bytes());
	info.and_then(|info| info.max_size).unwrap_or_else(|| panic!("{pallet}.{entry} has a largest size"))
}

/// Returns the deposit of one item of each of these storage entries at its largest.
fn cost(entries: &[(&str, &str)]) -> Balance {
	let sizes = entries.iter().map(|(pallet, entry)| size(pallet, entry));
	sizes.map(|size| storage_deposit(1, size)).sum()
}

fn of<G: Get<Balance>>() -> Balance {
	G::get()
}

fn check(what: &str, deposit: Balance, entries: &[(&str, &str)]) {
	let cost = cost(entries);
	assert!(deposit >= cost, "{what}: {deposit} is held, {cost} is what it costs");
}

#[test]
fn what_groups_hold_pays_for_what_they_keep() {
	let groups = of::<<Runtime as pallet_groups::Config>::GroupDeposit>();
	check(
		"a group",
		groups,
		&[
			("Groups", "Groups"),
			("Groups", "Rules"),
			("Groups", "TotalStake"),
			("Groups", "Open"),
			("Groups", "NextAmendment"),
			("Groups", "EndedCount"),
			("Rounds", "Unsettled"),
			("Rounds", "Settlements"),
			("Rounds", "Heads"),
			("Dataset", "Versions"),
			("Dataset", "Log"),
			("Dataset", "Applied"),
			("Dataset", "NextProposal"),
			("Dataset", "Open"),
			("Dataset", "EndedCount"),
			("Emission", "Pots"),
			("Emission", "Fundings"),
			("Emission", "Orders"),
		],
	);
	check(
		"a stake",
		of::<<Runtime as pallet_groups::Config>::MinimumStake>(),
		&[("Groups", "Stakes"), ("Dataset", "Votes")],
	);
	check(
		"an amendment",
		of::<<Runtime as pallet_groups::Config>::AmendmentDeposit>(),
		&[("Groups", "Amendments"), ("Groups", "Ended")],
	);
	check(
		"a revision",
		of::<<Runtime as pallet_groups::Config>::AdoptionFee>(),
		&[("Groups", "Rules"), ("Rounds", "Heads")],
	);
}

#[test]
fn what_rounds_take_pays_for_what_they_keep() {
	check(
		"a commitment",
		of::<<Runtime as pallet_groups::Config>::MinimumCommitmentDeposit>(),
		&[("Rounds", "Reveals"), ("Rounds", "Recordings")],
	);
	check(
		"what stays of a commitment",
		of::<<Runtime as pallet_rounds::Config>::CommitmentFee>(),
		&[("Rounds", "UsedDigests"), ("Rounds", "Standings")],
	);
}

#[test]
fn what_deltas_hold_pays_for_what_they_keep() {
	check(
		"an announcement",
		of::<<Runtime as pallet_dataset::Config>::AnnouncementDeposit>(),
		&[("Dataset", "Announcements")],
	);
	check(
		"a proposal",
		of::<<Runtime as pallet_dataset::Config>::ProposalDeposit>(),
		&[("Dataset", "Proposals"), ("Dataset", "OpenChecks"), ("Dataset", "Ended")],
	);
	check(
		"an entry of the log",
		of::<<Runtime as pallet_dataset::Config>::LogFee>(),
		&[("Dataset", "Log"), ("Dataset", "Applied")],
	);
}

#[test]
fn what_validators_bond_and_clients_pay_in_pays_for_what_is_kept_of_them() {
	use crate::configs::dynamic_params::validators::MinimumBond;
	let bond = sp_io::TestExternalities::default().execute_with(of::<MinimumBond>);
	check(
		"a bond",
		bond,
		&[("Validators", "Ledgers"), ("Validators", "Struck"), ("Validators", "Sentences")],
	);
	let funding = pallet_emission::FundingOf::<Runtime>::max_encoded_len() as u32;
	let least = of::<<Runtime as pallet_emission::Config>::MinimumFundingPerRound>();
	assert!(least >= storage_deposit(1, funding));
	let order = pallet_emission::OrderOf::<Runtime>::max_encoded_len() as u32;
	let least = of::<<Runtime as pallet_emission::Config>::MinimumOrder>();
	assert!(least >= storage_deposit(1, order));

	// What is kept by account is kept under 8 bytes of hash and the account, what is kept by key under as
	// much, the kind of the key and its length.
	let keys = 3 * 32;
	let owners = 3 * (8 + 4 + 1 + 32 + 32);
	let deposit = of::<<Runtime as pallet_session::Config>::KeyDeposit>();
	assert!(deposit >= storage_deposit(4, 8 + 32 + keys + owners));
}

#[test]
fn what_people_hold_pays_for_what_they_keep() {
	type Multisig = <Runtime as pallet_multisig::Config>::DepositBase;
	let signers = 100 * of::<<Runtime as pallet_multisig::Config>::DepositFactor>();
	check("a call that waits for signers", of::<Multisig>() + signers, &[("Multisig", "Multisigs")]);
	let proxies = 32 * of::<<Runtime as pallet_proxy::Config>::ProxyDepositFactor>();
	check(
		"accounts that act for one",
		of::<<Runtime as pallet_proxy::Config>::ProxyDepositBase>() + proxies,
		&[("Proxy", "Proxies")],
	);
	let announcements = 32 * of::<<Runtime as pallet_proxy::Config>::AnnouncementDepositFactor>();
	check(
		"announced calls",
		of::<<Runtime as pallet_proxy::Config>::AnnouncementDepositBase>() + announcements,
		&[("Proxy", "Announcements")],
	);
	let schedules = <Runtime as pallet_vesting::Config>::MAX_VESTING_SCHEDULES;
	let vested = Balance::from(schedules) * of::<<Runtime as pallet_vesting::Config>::MinVestedTransfer>();
	check("what is released over time", vested, &[("Vesting", "Vesting")]);
	assert!(vested >= NRN);
}

#[test]
fn what_a_stored_call_holds_pays_for_it() {
	use crate::configs::{PreimageBaseDeposit, PreimageByteDeposit};
	/// The longest call that is stored.
	const LONGEST: u32 = 4 * 1024 * 1024;
	let stored = size("Preimage", "PreimageFor") - LONGEST;
	let status = size("Preimage", "RequestStatusFor");
	assert!(of::<PreimageBaseDeposit>() >= storage_deposit(2, stored + status));
	assert_eq!(of::<PreimageByteDeposit>(), storage_deposit(0, 1));
}
