use super::{
	scenario::{
		announce, check, junk, log_fee, ok, on_a_chain, proposal_deposit, propose, proposer_pot, skip_to, to,
		valid, wealth,
	},
	Row,
};
use crate::{
	constants::{DAYS, NRN},
	tests::economy::actor::actor,
	Dataset, Groups, Runtime, System,
};
use descent_protocol::DeltaVerdict;
use frame_support::assert_ok;
use pallet_dataset::Error;

const HONEST: &str = "//Trainer2";
const DELTA: u8 = 20;

/// Has the honest twin's delta proposed, checked, voted for and applied, while the liar does something else.
/// Returns the results of both.
fn row(lie: &'static str, lies: impl FnOnce(), loses: i128) -> Row {
	on_a_chain(|| {
		// After a day the proposer's reward exceeds the fee of an entry of the log.
		skip_to(DAYS + 2);
		let before = ["//Liar", HONEST].map(wealth);
		lies();
		let (id, proposal) = pallet_dataset::Proposals::<Runtime>::iter_prefix(0)
			.find(|(_, proposal)| proposal.proposer == actor(HONEST).account)
			.expect("the honest proposal is open");
		check(id, proposal.block, [0, 1, 2, 3].map(|member| (member, valid(DELTA))));
		ok("//Trainer1", pallet_dataset::Call::vote { group: 0, proposal: id });
		to(Groups::closes(0).expect("there is a group"));
		assert_eq!(Dataset::version(0), 2);
		let row = Row { lie, liar: wealth("//Liar") - before[0], twin: wealth(HONEST) - before[1] };
		assert!(proposer_pot() > log_fee());
		assert_eq!((row.liar, row.twin), (-loses, proposer_pot() - log_fee()), "{lie}");
		row
	})
}

/// The liar proposes another delta, before the honest twin does, and the committee finds this of it.
fn proposes_another(finds: DeltaVerdict) {
	let another = 21;
	assert_ok!(announce("//Liar", another));
	to(System::block_number() + 1);
	assert_ok!(propose("//Liar", another));
	let since = System::block_number();
	check(0, since, [0, 1, 2, 3].map(|member| (member, finds)));
	assert_ok!(announce(HONEST, DELTA));
	to(System::block_number() + 1);
	assert_ok!(propose(HONEST, DELTA));
}

pub(crate) fn proposes_junk() -> Row {
	row("proposer: an invalid delta", || proposes_another(junk()), proposal_deposit())
}

pub(crate) fn proposes_what_nobody_serves() -> Row {
	row(
		"proposer: a delta that nobody serves",
		|| proposes_another(DeltaVerdict::Unavailable),
		proposal_deposit(),
	)
}

/// The liar sees the delta on its way into a block, and gets its own copy into a block first.
pub(crate) fn copies_and_proposes_first() -> Row {
	row(
		"proposer: another's delta, proposed first",
		|| {
			assert_ok!(announce(HONEST, DELTA));
			to(System::block_number() + 1);
			assert_ok!(announce("//Liar", DELTA));
			to(System::block_number() + 1);
			assert_ok!(propose("//Liar", DELTA));
			assert_ok!(propose(HONEST, DELTA));
		},
		0,
	)
}

/// The liar copies a delta that is proposed already. Its announcement leads nowhere, and is lost with the
/// next.
pub(crate) fn copies_too_late() -> Row {
	row(
		"proposer: another's delta, too late",
		|| {
			assert_ok!(announce(HONEST, DELTA));
			to(System::block_number() + 1);
			assert_ok!(propose(HONEST, DELTA));
			assert_ok!(announce("//Liar", DELTA));
			to(System::block_number() + 1);
			let copied = propose("//Liar", DELTA);
			assert_eq!(copied, Err(Error::<Runtime>::AlreadyProposed.into()));
			assert_ok!(announce("//Liar", DELTA + 1));
		},
		NRN as i128,
	)
}
