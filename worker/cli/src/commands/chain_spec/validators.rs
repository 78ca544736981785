//! The validators from the first block on.

use super::{
	ledger::{Ledger, EXISTENTIAL_DEPOSIT},
	lines::{self, Line},
};
use anyhow::{ensure, Context, Result};
use descent_client::{format_amount, parse_account, parse_amount, AccountId, H256, UNIT};
use descent_protocol::MAX_COMMITTEE;
use std::{collections::HashSet, io::Read, path::Path};

/// Smallest bond of a validator when a chain begins: a thousand neurons.
const MINIMUM_BOND: u128 = 1_000 * UNIT;

const HEADERS: &[&[&str]] = &[&["account", "bond", "babe", "grandpa", "evaluator"]];

/// A validator of the first session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Validator {
	pub account: AccountId,
	pub bond: u128,
	/// The public keys of babe, grandpa and evaluator.
	pub keys: [H256; 3],
}

/// The validators of the first session.
#[derive(Debug, Default)]
pub(super) struct Validators(Vec<Validator>);

impl Validators {
	/// Reads the validators from a file.
	///
	/// # Errors
	/// See [`Self::parse`].
	pub(super) fn read(file: &Path, ledger: &Ledger) -> Result<Self> {
		let opened = lines::open(file)?;
		Self::parse(opened, ledger)
			.with_context(|| format!("the list of validators {} is not right", file.display()))
	}

	/// Reads the validators.
	///
	/// # Errors
	/// - for a line that is wrong, with its number: its account bought nothing, or less than it bonds and has
	///   to hold beside the bond, or is there for the second time, or its key is malformed or another
	///   validator's
	/// - for more validators than a chain has
	pub(super) fn parse(input: impl Read, ledger: &Ledger) -> Result<Self> {
		let mut validators = Vec::new();
		let (mut accounts, mut keys) = (HashSet::new(), HashSet::new());
		lines::read(input, HEADERS, |line| {
			let validator = validator(line, ledger)?;
			ensure!(accounts.insert(validator.account.clone()), "{} is there already", validator.account);
			for (key, kind) in validator.keys.iter().zip(["babe", "grandpa", "evaluator"]) {
				ensure!(
					keys.insert((kind, *key)),
					"another validator has the {kind} key {key:?}: each makes its own"
				);
			}
			let full = u32::try_from(validators.len()).map_or(true, |count| count >= MAX_COMMITTEE);
			ensure!(!full, "a chain has at most {MAX_COMMITTEE} validators");
			validators.push(validator);
			Ok(())
		})?;
		ensure!(
			!validators.is_empty(),
			"it has no line below its header: leave --validators out for a chain without"
		);
		Ok(Self(validators))
	}

	/// All of them, in the order of the file.
	pub(super) fn lines(&self) -> &[Validator] {
		&self.0
	}
}

fn validator(line: &Line, ledger: &Ledger) -> Result<Validator> {
	let account = parse_account(line.required(0, "the account")?)?;
	let bond = parse_amount(line.required(1, "the bond")?)?;
	ensure!(
		bond >= MINIMUM_BOND,
		"a validator bonds {} at least, not {}",
		format_amount(MINIMUM_BOND),
		format_amount(bond)
	);
	ensure!(ledger.has(&account), "{account} bought nothing that it could bond");
	let bought = ledger.amount(&account);
	ensure!(
		bond.checked_add(EXISTENTIAL_DEPOSIT).is_some_and(|needed| needed <= bought),
		"{account} bonds {} and bought {}: it bonds at most that less {}, which an account has to hold",
		format_amount(bond),
		format_amount(bought),
		format_amount(EXISTENTIAL_DEPOSIT)
	);
	let keys = [
		key(line.required(2, "the babe key")?, "babe")?,
		key(line.required(3, "the grandpa key")?, "grandpa")?,
		key(line.required(4, "the evaluator key")?, "evaluator")?,
	];
	Ok(Validator { account, bond, keys })
}

fn key(text: &str, kind: &str) -> Result<H256> {
	crate::parse::hash(text)
		.ok()
		.with_context(|| format!("the {kind} key is no public key: write it as 0x and 64 hex digits"))
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn account(number: u8) -> AccountId {
		AccountId::new([number; 32])
	}

	fn ledger() -> Ledger {
		let text = format!("account,amount\n{},100000\n{},5000\n", account(1), account(2));
		Ledger::parse(text.as_bytes()).unwrap()
	}

	fn parse(lines: &str) -> Result<Validators> {
		let text = format!("account,bond,babe,grandpa,evaluator\n{lines}");
		Validators::parse(text.as_bytes(), &ledger())
	}

	fn keys(number: u8) -> String {
		let key = |offset: u8| hex::encode([number + offset; 32]);
		format!("0x{},{},0x{}", key(0), key(1), key(2))
	}

	#[test]
	fn reads_bonds_and_keys() {
		let (first, second) = (account(1), account(2));
		let validators =
			parse(&format!("{first},99999.999,{}\n{second},1000,{}\n", keys(1), keys(2))).unwrap();
		assert_eq!(
			validators.lines(),
			[
				Validator {
					account: first,
					bond: 100_000 * UNIT - EXISTENTIAL_DEPOSIT,
					keys: [1, 2, 3].map(H256::repeat_byte)
				},
				Validator { account: second, bond: MINIMUM_BOND, keys: [2, 3, 4].map(H256::repeat_byte) },
			]
		);
	}

	#[test]
	fn what_is_not_right_is_told_with_its_line() {
		let (first, second, third) = (account(1), account(2), account(3));
		let (one, two) = (keys(1), keys(7));
		let short = one.replacen("01", "", 1);
		for (lines, part) in [
			(format!("{first},100000,{one}"), "line 2: "),
			(format!("{first},100000,{one}"), "it bonds at most that less 0.001 NRN"),
			(format!("{first},{}p,{one}", u128::MAX), "bonds at most"),
			(format!("{first},999.9,{one}"), "bonds 1000 NRN at least"),
			(format!("{third},1000,{one}"), "bought nothing"),
			(format!("{first},1000,{one}\n{first},1000,{two}"), "line 3: "),
			(format!("{first},1000,{one}\n{first},1000,{two}"), "is there already"),
			(format!("{first},1000,{one}\n{second},1000,{one}"), "another validator has the babe key"),
			(format!("{first},1000,{short}"), "the babe key is no public key"),
			(format!("{first},1000,,,"), "the babe key is missing"),
			(format!("{first},1"), "line: 2"),
			(String::new(), "no line below its header"),
		] {
			let error = format!("{:#}", parse(&lines).unwrap_err());
			assert!(error.contains(part), "{part} in {error}");
		}
		let other = Validators::parse(&b"account,bond,keys\n"[..], &ledger()).unwrap_err();
		assert!(format!("{other:#}").contains("the column `keys` is unknown"));
	}

	proptest! {
		#[test]
		fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
			let header = b"account,bond,babe,grandpa,evaluator\n";
			let _ = Validators::parse(&[&header[..], &bytes[..]].concat()[..], &ledger());
		}
	}
}
