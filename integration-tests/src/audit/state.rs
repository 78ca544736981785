//! Balances and amounts in the state of one block.

use super::{At, Audit};
use anyhow::{Context, Result};
use descent_client::AccountId;
use sp_core::H256;
use std::collections::BTreeMap;
use subxt::{
	dynamic::{constant, storage, Value},
	ext::{scale_decode::DecodeAsType, scale_encode::EncodeAsType, scale_value::ValueDef},
	utils::AccountId32,
	OnlineClient, SubstrateConfig,
};

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
	data: AccountData,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountData {
	free: u128,
	reserved: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Hold {
	id: Value,
	amount: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Bond {
	bond: u128,
	unbonding: Vec<(u128, u32)>,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Stake {
	active: u128,
	unstaking: Vec<(u128, u32)>,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Round {
	commitments: Vec<Commitment>,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Commitment {
	deposit: u128,
	ending: Option<Value>,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Order {
	left: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Series {
	bond: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Keeper {
	deposit: u128,
}

/// Reads the audit of a block from its state.
pub(super) async fn read(chain: &OnlineClient<SubstrateConfig>, block: H256) -> Result<Audit> {
	let at = chain.at_block(block).await?;
	let first = chain.at_block(0u32).await?;
	let mut audit = Audit {
		block: u32::try_from(at.block_number())?,
		genesis: number(&first, "Balances", "TotalIssuance").await?,
		issuance: number(&at, "Balances", "TotalIssuance").await?,
		minted: number(&at, "Emission", "Minted").await?,
		burned: number(&at, "Emission", "Burned").await?,
		..Audit::default()
	};
	for (account, AccountInfo { data }) in by_account::<AccountInfo>(&at, "System", "Account").await? {
		audit.accounts.insert(account, data.free + data.reserved);
		audit.held += data.reserved;
	}
	for (_, holds) in by_account::<Vec<Hold>>(&at, "Balances", "Holds").await? {
		for Hold { id, amount } in holds {
			*audit.holds.entry(reason(&id)?).or_default() += amount;
		}
	}
	// This pallet reserves its deposits, which takes no reason.
	let proxies = later::<AccountId32, (Value, u128)>(&at, "Proxy", "Proxies").await?;
	audit.holds.insert("Proxy.Proxies".into(), proxies.iter().map(|(_, deposit)| deposit).sum());
	audit.accrued = by_account(&at, "Emission", "Accrued").await?.into_iter().collect();
	audit.earned = audit.accrued.clone();
	for (account, claimed) in by_account::<u128>(&at, "Emission", "Claimed").await? {
		*audit.earned.entry(account).or_default() += claimed;
	}
	audit.recorded = recorded(&at).await?;
	let orders = later::<u32, Vec<Order>>(&at, "Emission", "Orders").await?;
	audit.orders.left = orders.iter().flatten().map(|order| order.left).sum();
	let series = later::<Value, Series>(&at, "TestSets", "Series").await?;
	audit.series.left = series.iter().map(|series| series.bond).sum();
	let keepers = later::<u32, Vec<Keeper>>(&at, "Custody", "Keepers").await?;
	let deposits = keepers.iter().flatten().map(|keeper| keeper.deposit).sum();
	audit.recorded.insert("Custody.Keeper".into(), deposits);
	audit.recorded.insert("TestSets.TestSets".into(), audit.series.left);
	audit.existential_deposit = at.constants().entry(constant("Balances", "ExistentialDeposit"))?;
	let treasury: AccountId32 = at.constants().entry(constant("Treasury", "pot_account"))?;
	let treasury = AccountId::new(treasury.0);
	let began_with = by_account::<AccountInfo>(&first, "System", "Account")
		.await?
		.into_iter()
		.find(|(account, _)| *account == treasury)
		.map(|(_, AccountInfo { data })| data.free);
	let has = audit.accounts.get(&treasury).copied().unwrap_or_default();
	audit.treasury = has.saturating_sub(began_with.unwrap_or_default());
	Ok(audit)
}

/// Returns the amounts that the pallets record as held, by reason.
async fn recorded(at: &At) -> Result<BTreeMap<String, u128>> {
	let sum = |amounts: Vec<(u128, u32)>| amounts.iter().map(|(amount, _)| amount).sum::<u128>();
	let mut bonds = 0;
	for (_, Bond { bond, unbonding }) in by_account::<Bond>(at, "Validators", "Ledgers").await? {
		bonds += bond + sum(unbonding);
	}
	let mut stakes = 0;
	for Stake { active, unstaking } in values::<Stake>(at, "Groups", "Stakes").await? {
		stakes += active + sum(unstaking);
	}
	let mut commitments = 0;
	for round in values::<Round>(at, "Rounds", "Rounds").await? {
		let open = round.commitments.iter().filter(|entry| entry.ending.is_none());
		commitments += open.map(|commitment| commitment.deposit).sum::<u128>();
	}
	Ok([("Validators.Bond", bonds), ("Groups.Stake", stakes), ("Rounds.Commitment", commitments)]
		.map(|(reason, amount)| (reason.to_owned(), amount))
		.into())
}

/// Returns the values of a map with one key that runtimes have had only since it was added; none before.
async fn later<K: EncodeAsType + DecodeAsType, T: DecodeAsType>(
	at: &At,
	pallet: &str,
	item: &str,
) -> Result<Vec<T>> {
	let Ok(mut entries) = at.storage().iter(storage::<(K,), T>(pallet, item), ()).await else {
		return Ok(Vec::new());
	};
	let mut all = Vec::new();
	while let Some(entry) = entries.next().await {
		all.push(entry?.value().decode()?);
	}
	Ok(all)
}

/// Returns the reason of a hold, `{pallet}.{reason}`, which is a variant in a variant.
fn reason(id: &Value) -> Result<String> {
	let ValueDef::Variant(pallet) = &id.value else {
		anyhow::bail!("{id} is not the reason of a hold");
	};
	let inner = pallet.values.values().next().map(|value| &value.value);
	Ok(match inner {
		Some(ValueDef::Variant(reason)) => format!("{}.{}", pallet.name, reason.name),
		_ => pallet.name.clone(),
	})
}

/// Returns a number in the state, 0 if there is none.
async fn number(at: &At, pallet: &str, item: &str) -> Result<u128> {
	let entry = at.storage().try_fetch(storage::<(), u128>(pallet, item), ()).await?;
	Ok(match entry {
		Some(entry) => entry.decode()?,
		None => 0,
	})
}

/// Returns all entries of a map whose keys are accounts.
async fn by_account<T: DecodeAsType>(at: &At, pallet: &str, item: &str) -> Result<Vec<(AccountId, T)>> {
	let address = storage::<(AccountId32,), T>(pallet, item);
	let mut entries = at.storage().iter(address, ()).await?;
	let mut all = Vec::new();
	while let Some(entry) = entries.next().await {
		let entry = entry?;
		let (account,) = entry.key()?.decode()?;
		all.push((AccountId::new(account.0), entry.value().decode()?));
	}
	Ok(all)
}

/// Returns the values of a map with two keys.
async fn values<T: DecodeAsType>(at: &At, pallet: &str, item: &str) -> Result<Vec<T>> {
	let address = storage::<(Value, Value), T>(pallet, item);
	let mut entries =
		at.storage().iter(address, ()).await.with_context(|| format!("{pallet} has no {item}"))?;
	let mut all = Vec::new();
	while let Some(entry) = entries.next().await {
		all.push(entry?.value().decode()?);
	}
	Ok(all)
}
