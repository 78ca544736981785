//! Amounts in the events of one block.

use super::{At, Audit, Slash};
use anyhow::Result;
use descent_client::AccountId;
use descent_protocol::{GroupId, Share, DEFAULT_COMMITTEE_SEATS};
use std::collections::BTreeMap;
use subxt::{
	dynamic::{constant, Value},
	events::Event,
	ext::{scale_decode::DecodeAsType, scale_value::ValueDef},
	utils::AccountId32,
	SubstrateConfig,
};

/// A round's commitment or a proposed delta, and its outcome.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Ended {
	account: AccountId32,
	reward: u128,
	slashed: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Ending {
	ending: Value,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Committed {
	group: u32,
	round: u32,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct MembersPaid {
	members: u32,
	each: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct CustodyChecked {
	served: u32,
	each: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Forfeited {
	slashed: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Slashed {
	account: AccountId32,
	amount: u128,
	/// Share of the bond, in billionths.
	share: u32,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct TransactionFeePaid {
	actual_fee: u128,
	tip: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Amount {
	amount: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct OrderPaid {
	amount: u128,
	bonus: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct OrderFulfilled {
	refunded: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct SeriesOpened {
	bond: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RoundMissed {
	paid: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct SeriesClosed {
	returned: u128,
}

/// Adds the events of a block to the audit. The committees of these groups have these numbers of seats.
pub(super) async fn read(at: &At, seats: &BTreeMap<GroupId, u32>, audit: &mut Audit) -> Result<()> {
	for event in at.events().fetch().await?.iter() {
		let event = event?;
		match (event.pallet_name(), event.event_name()) {
			// The first 16 commitments of a round cost nothing more, and no test has as many.
			("Rounds", "Committed") => {
				audit.kept += fee(at, "Rounds", "CommitmentFee")?;
				let Committed { group, round } = event.decode_fields_unchecked_as()?;
				if audit.committed.insert((group, round)) {
					// Runtimes before the fee have no such constant.
					let seat = fee(at, "Rounds", "SeatFee").unwrap_or_default();
					let seats = seats.get(&group).copied().unwrap_or(DEFAULT_COMMITTEE_SEATS);
					audit.kept += u128::from(seats) * seat;
				}
			}
			("Rounds", "Ended") => {
				paid(event.decode_fields_unchecked_as()?, audit);
			}
			("Groups", "AmendmentEnded") if is(&event, "Adopted")? => {
				audit.kept += fee(at, "Groups", "AdoptionFee")?;
			}
			("Dataset", "ProposalEnded") => {
				if is(&event, "Applied")? {
					audit.kept += fee(at, "Dataset", "LogFee")?;
				}
				let ended: Ended = event.decode_fields_unchecked_as()?;
				if ended.reward > 0 {
					let proposer = AccountId::new(ended.account.0);
					*audit.proposers.entry(proposer).or_default() += ended.reward;
				}
				paid(ended, audit);
			}
			("Emission", name) => read_emission(&event, name, audit)?,
			("TestSets", name) => read_test_sets(&event, name, audit)?,
			("Custody", "Checked") => {
				let CustodyChecked { served, each } = event.decode_fields_unchecked_as()?;
				audit.to_keepers += u128::from(served) * each;
			}
			("Dataset", "Forfeited") | ("Custody", "KeeperSlashed") => {
				let Forfeited { slashed } = event.decode_fields_unchecked_as()?;
				audit.slashed += slashed;
			}
			("Validators", "Slashed") => {
				let slashed: Slashed = event.decode_fields_unchecked_as()?;
				audit.slashes.push(Slash {
					block: u32::try_from(at.block_number())?,
					account: AccountId::new(slashed.account.0),
					amount: slashed.amount,
					share: Share(slashed.share / 1_000),
				});
			}
			("TransactionPayment", "TransactionFeePaid") => {
				let paid: TransactionFeePaid = event.decode_fields_unchecked_as()?;
				audit.note_fee(paid.actual_fee.saturating_sub(paid.tip));
			}
			_ => {}
		}
	}
	Ok(())
}

/// Adds an event of payments and orders to the audit.
fn read_emission(event: &Event<'_, SubstrateConfig>, name: &str, audit: &mut Audit) -> Result<()> {
	match name {
		"MembersPaid" => {
			let MembersPaid { members, each } = event.decode_fields_unchecked_as()?;
			audit.to_members += u128::from(members) * each;
		}
		"Ordered" => {
			let Amount { amount } = event.decode_fields_unchecked_as()?;
			audit.orders.paid_in += amount;
		}
		"OrderPaid" => {
			let OrderPaid { amount, bonus } = event.decode_fields_unchecked_as()?;
			audit.orders.paid += amount + bonus;
		}
		"OrderFulfilled" => {
			let OrderFulfilled { refunded } = event.decode_fields_unchecked_as()?;
			audit.orders.accrued += refunded;
		}
		"OrderRefunded" => {
			let Amount { amount } = event.decode_fields_unchecked_as()?;
			audit.orders.refunded += amount;
		}
		_ => {}
	}
	Ok(())
}

/// Adds an event of series of hidden test sets to the audit.
fn read_test_sets(event: &Event<'_, SubstrateConfig>, name: &str, audit: &mut Audit) -> Result<()> {
	match name {
		"SeriesOpened" => {
			let SeriesOpened { bond } = event.decode_fields_unchecked_as()?;
			audit.series.opened += bond;
		}
		"RoundMissed" => {
			let RoundMissed { paid } = event.decode_fields_unchecked_as()?;
			audit.series.missed += paid;
		}
		"SeriesSlashed" => {
			let Forfeited { slashed } = event.decode_fields_unchecked_as()?;
			audit.series.slashed += slashed;
		}
		"SeriesClosed" => {
			let SeriesClosed { returned } = event.decode_fields_unchecked_as()?;
			audit.series.returned += returned;
		}
		_ => {}
	}
	Ok(())
}

/// Returns the fee that a pallet takes for data that it keeps.
fn fee(at: &At, pallet: &str, name: &str) -> Result<u128> {
	Ok(at.constants().entry(constant(pallet, name))?)
}

/// Returns true if the event has this outcome.
fn is(event: &Event<'_, SubstrateConfig>, ending: &str) -> Result<bool> {
	let Ending { ending: ended } = event.decode_fields_unchecked_as()?;
	Ok(matches!(&ended.value, ValueDef::Variant(variant) if variant.name == ending))
}

/// Records the payment or loss of an outcome.
fn paid(ended: Ended, audit: &mut Audit) {
	if ended.reward > 0 {
		*audit.rewards.entry(AccountId::new(ended.account.0)).or_default() += ended.reward;
	}
	audit.slashed += ended.slashed;
}
