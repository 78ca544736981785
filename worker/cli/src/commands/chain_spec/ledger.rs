//! The ledger of a sale: the accounts, and the amount that each bought.

use super::lines::{self, Line};
use anyhow::{bail, ensure, Context, Result};
use descent_client::{format_amount, parse_account, parse_amount, AccountId};
use descent_protocol::BlockNumber;
use std::{
	collections::{hash_map::Entry, HashMap},
	io::Read,
	path::Path,
};

/// Smallest balance of an account: a thousandth of a neuron, in the smallest unit.
pub(super) const EXISTENTIAL_DEPOSIT: u128 = 1_000_000_000;

const HEADERS: &[&[&str]] = &[
	&["account", "amount"],
	&["account", "amount", "vesting_start", "vesting_blocks"],
	&["account", "amount", "vesting_start", "vesting_blocks", "liquid"],
];

/// The release of an amount that vests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vesting {
	/// Block after which the release begins.
	pub start: BlockNumber,
	/// Number of blocks that the release lasts.
	pub blocks: BlockNumber,
	/// The amount that is free at once.
	pub liquid: u128,
}

/// An account's purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sale {
	pub account: AccountId,
	pub amount: u128,
	pub vesting: Option<Vesting>,
}

/// All purchases and their sum.
#[derive(Debug, Default)]
pub(super) struct Ledger {
	lines: Vec<Sale>,
	/// The index of each account in `lines`.
	places: HashMap<AccountId, usize>,
	total: u128,
}

impl Ledger {
	/// Reads a ledger from a file.
	///
	/// # Errors
	/// See [`Self::parse`].
	pub(super) fn read(file: &Path) -> Result<Self> {
		let opened = lines::open(file)?;
		Self::parse(opened).with_context(|| format!("the ledger {} is not right", file.display()))
	}

	/// Reads a ledger.
	///
	/// # Errors
	/// - for a line that is wrong, with its number: it has no account or amount, or names an account for the
	///   second time, or less than an account has to hold, or a schedule that makes no sense
	/// - for a sum beyond what a chain can hold
	/// - for a ledger without purchases
	pub(super) fn parse(input: impl Read) -> Result<Self> {
		let mut ledger = Self::default();
		let mut numbers = Vec::new();
		lines::read(input, HEADERS, |line| {
			let sale = sale(line)?;
			match ledger.places.entry(sale.account.clone()) {
				Entry::Occupied(place) => {
					let first = numbers.get(*place.get()).copied().unwrap_or(0u64);
					bail!("{} is in line {first} already: write all that it bought in one line", sale.account)
				}
				Entry::Vacant(place) => place.insert(ledger.lines.len()),
			};
			let total = ledger.total.checked_add(sale.amount);
			ledger.total = total.context("the sum up to here is larger than any chain can hold")?;
			ledger.lines.push(sale);
			numbers.push(line.number);
			Ok(())
		})?;
		ensure!(!ledger.lines.is_empty(), "nothing was sold: it has no line below its header");
		Ok(ledger)
	}

	/// The purchases, in the order of the file.
	pub(super) fn lines(&self) -> &[Sale] {
		&self.lines
	}

	/// The amount that an account bought; 0 for an account that is not in the ledger.
	pub(super) fn amount(&self, account: &AccountId) -> u128 {
		let sale = self.places.get(account).and_then(|place| self.lines.get(*place));
		sale.map_or(0, |sale| sale.amount)
	}

	/// Returns true if an account bought something.
	pub(super) fn has(&self, account: &AccountId) -> bool {
		self.places.contains_key(account)
	}

	/// The sum of all amounts, exactly.
	pub(super) fn total(&self) -> u128 {
		self.total
	}
}

fn sale(line: &Line) -> Result<Sale> {
	let account = parse_account(line.required(0, "the account")?)?;
	let amount = parse_amount(line.required(1, "the amount")?)?;
	ensure!(
		amount >= EXISTENTIAL_DEPOSIT,
		"{} is less than an account has to hold, {}",
		format_amount(amount),
		format_amount(EXISTENTIAL_DEPOSIT)
	);
	let vesting = vesting(line, amount)?;
	Ok(Sale { account, amount, vesting })
}

fn vesting(line: &Line, amount: u128) -> Result<Option<Vesting>> {
	let (start, blocks) = match (line.cell(2), line.cell(3)) {
		(None, None) => {
			ensure!(line.cell(4).is_none(), "nothing vests, so liquid is empty: everything is free");
			return Ok(None);
		}
		(Some(start), Some(blocks)) => (number(start, "vesting_start")?, number(blocks, "vesting_blocks")?),
		_ => bail!("vesting_start and vesting_blocks are given both or neither"),
	};
	let liquid = line.cell(4).map(parse_amount).transpose()?.unwrap_or(0);
	ensure!(blocks > 0, "vesting_blocks is 0: leave both empty where nothing vests");
	ensure!(start.checked_add(blocks).is_some(), "it would vest beyond the last block that a chain can have");
	ensure!(
		liquid < amount,
		"{} of {} are liquid, so nothing vests: leave vesting_start, vesting_blocks and liquid empty",
		format_amount(liquid),
		format_amount(amount)
	);
	ensure!(
		amount.saturating_sub(liquid) >= u128::from(blocks),
		"less than the smallest unit would vest in a block: make vesting_blocks smaller"
	);
	Ok(Some(Vesting { start, blocks, liquid }))
}

fn number(text: &str, name: &str) -> Result<BlockNumber> {
	let digits = text.bytes().all(|byte| byte.is_ascii_digit());
	let number = text.parse().ok().filter(|_| digits);
	number.with_context(|| format!("{name} is no number of blocks: `{}`", crate::output::plain(text)))
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
