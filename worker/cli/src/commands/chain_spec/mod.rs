//! The maker of a chain specification from the ledger of a sale.
//!
//! It is used once in the life of a chain, before the first block. It needs no running node and no network:
//! it reads two CSV files and the specification that `descent-node export-chain-spec` prints, and writes the
//! specification of a chain whose issuance is exactly what was sold. Nothing else in the command line depends
//! on it.

mod base;
mod ledger;
mod lines;
mod spec;
mod validators;

use crate::output::Output;
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_client::{format_amount, parse_account, AccountId};
use ledger::Ledger;
use std::{collections::HashSet, path::PathBuf};
use validators::Validators;

/// Most members of the technical committee.
const MAX_MEMBERS: usize = 32;
/// Longest identifier of a chain, in bytes. It names the folder of the chain's state.
const MAX_ID: usize = 32;

const EXAMPLES: &str = "Example:
  descent chain-spec --sale ledger.csv --validators validators.csv --committee 5Grw..,5FHn..,5FLS.. --name \
    Descent --id descent > spec.json
  descent-node --chain spec.json

ledger.csv has the header account,amount or account,amount,vesting_start,vesting_blocks or \
account,amount,vesting_start,vesting_blocks,liquid. Amounts are in NRN, as 1500.25. What vests is released \
block by block from block vesting_start on, for vesting_blocks blocks, but for the part that is liquid at \
once; leave these cells empty for what is free.

validators.csv has the header account,bond,babe,grandpa,evaluator, with public keys in hex. Bonds are part \
of what these accounts bought.

What is issued is exactly what the ledger sums up to, which is printed on stderr. A line that is not right \
is refused with its number.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ChainSpec {
	/// Ledger of the sale, CSV
	#[arg(long, value_name = "FILE")]
	sale: PathBuf,
	/// Validators from the first block on, CSV
	#[arg(long, value_name = "FILE")]
	validators: Option<PathBuf>,
	/// Addresses of the technical committee's members, separated by commas
	#[arg(long, value_name = "ACCOUNTS", value_delimiter = ',', value_parser = parse_account)]
	committee: Vec<AccountId>,
	/// Name of the chain
	#[arg(long, value_name = "NAME", value_parser = crate::parse::name)]
	name: Option<String>,
	/// Identifier of the chain, which names the folder of its state
	#[arg(long, value_name = "ID", value_parser = id)]
	id: Option<String>,
	/// Specification to fill in; by default what `descent-node export-chain-spec --chain live` prints
	#[arg(long, value_name = "SPEC.json")]
	base: Option<PathBuf>,
}

/// An identifier of a chain.
fn id(text: &str) -> Result<String, String> {
	let fits = (1..=MAX_ID).contains(&text.len());
	let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
	match fits && text.bytes().all(plain) {
		true => Ok(text.into()),
		false => Err(format!("an identifier has 1 to {MAX_ID} small letters, digits, _ and -")),
	}
}

impl ChainSpec {
	pub(crate) fn run(self, output: &Output) -> Result<()> {
		let ledger = Ledger::read(&self.sale)?;
		let validators = match &self.validators {
			Some(file) => Validators::read(file, &ledger)?,
			None => Validators::default(),
		};
		check_committee(&self.committee)?;
		let base = match &self.base {
			Some(file) => base::read(file)?,
			None => base::export()?,
		};
		let genesis = spec::Genesis { ledger: &ledger, validators: &validators, committee: &self.committee };
		let mut spec = spec::fill(base, &genesis).context("the base specification can't be filled in")?;
		spec::rename(&mut spec, self.name, self.id);
		output.note(&summary(&ledger, &validators, &self.committee));
		output.print(&spec, |_| format!("{spec:#}"))
	}
}

fn check_committee(committee: &[AccountId]) -> Result<()> {
	ensure!(committee.len() <= MAX_MEMBERS, "the committee has at most {MAX_MEMBERS} members");
	let mut seen = HashSet::new();
	for member in committee {
		ensure!(seen.insert(member), "{member} is in --committee twice");
	}
	Ok(())
}

/// The sum of the sale, and warnings about a chain that would not work.
fn summary(ledger: &Ledger, validators: &Validators, committee: &[AccountId]) -> String {
	let mut text = format!("Sold: {} to {} accounts.", format_amount(ledger.total()), ledger.lines().len());
	if validators.lines().is_empty() {
		text.push_str("\nNo validators (--validators): nobody makes this chain's blocks.");
	}
	if committee.is_empty() {
		text.push_str("\nNo committee (--committee): nobody can ever change this chain's rules.");
	}
	for member in committee {
		if !ledger.has(member) {
			text.push_str(&format!(
				"\n{member} is in the committee and bought nothing: it can't pay for its motions."
			));
		}
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn identifiers_name_folders() {
		assert_eq!(id("descent-1"), Ok("descent-1".into()));
		for text in ["", "Descent", "a/b", "..", "a b", &"a".repeat(33)] {
			assert!(id(text).is_err(), "{text}");
		}
	}

	#[test]
	fn what_is_odd_is_said() {
		let member = |number: u8| AccountId::new([number; 32]);
		let ledger = Ledger::parse(format!("account,amount\n{},1.5\n", member(1)).as_bytes()).unwrap();
		let text = summary(&ledger, &Validators::default(), &[]);
		for part in ["Sold: 1.5 NRN to 1 accounts.", "No validators", "No committee"] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		let text = summary(&ledger, &Validators::default(), &[member(1), member(2)]);
		assert!(text.contains(&format!("{} is in the committee and bought nothing", member(2))), "{text}");
		assert!(!text.contains(&member(1).to_string()), "{text}");
		assert!(check_committee(&[member(1), member(2)]).is_ok());
		assert!(check_committee(&[member(1), member(1)]).is_err());
	}
}
