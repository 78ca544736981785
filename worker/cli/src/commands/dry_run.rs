//! Transactions that are shown and not sent.

use crate::{failure::Failure, hints::hinted, output::Output, table::fields};
use anyhow::Result;
use descent_client::{format_amount, AccountId, Call, Client, DryRun, Key};
use serde::Serialize;
use std::fmt;

/// The end of a dry run that the chain would have carried out. It is no failure.
#[derive(Debug)]
pub(crate) struct Ended;

impl fmt::Display for Ended {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str("nothing was sent: this is a dry run")
	}
}

impl std::error::Error for Ended {}

/// A transaction that was not sent.
#[derive(Debug, Serialize)]
struct Planned {
	dry_run: bool,
	/// The call in words.
	call: String,
	/// The call in SCALE, in hex, as wallets take it.
	encoded: String,
	account: AccountId,
	/// The account that signs, where it is a proxy.
	#[serde(skip_serializing_if = "Option::is_none")]
	signer: Option<AccountId>,
	/// As texts, in the token's smallest unit.
	fee: String,
	takes: String,
	free: String,
	/// True if the chain would carry it out now; none where a proxy makes it, of which only the block tells.
	accepted: Option<bool>,
	/// Code of the error with which it would fail now.
	#[serde(skip_serializing_if = "Option::is_none")]
	code: Option<String>,
}

/// Prints what would be sent and what comes of it; returns [`Ended`], or the error with which it would fail.
///
/// # Errors
/// Fails if the node can't be asked.
pub(super) async fn show(client: &Client, key: &Key, call: &Call, output: &Output) -> Result<anyhow::Error> {
	let DryRun { fee, takes, error } = client.dry_run(key, call).await?;
	let by_proxy = key.acts_for().map(|account| Call::for_account(account, call));
	let (account, signed) = (key.account(), by_proxy.as_ref().unwrap_or(call));
	let free = client.balance(&account).await?.free;
	let encoded = format!("0x{}", hex::encode(client.encode(signed).await?.0));
	let signer = key.acts_for().map(|_| key.signer());
	let error = error.map(hinted);
	let planned = Planned {
		dry_run: true,
		call: signed.in_words(),
		encoded,
		account,
		signer,
		fee: fee.to_string(),
		takes: takes.to_string(),
		free: free.to_string(),
		accepted: match (&error, key.acts_for()) {
			(Some(_), _) => Some(false),
			(None, None) => Some(true),
			(None, Some(_)) => None,
		},
		code: error.as_ref().map(|error| Failure::of(error).code),
	};
	output.print(&planned, |output| text(output, &planned, [fee, takes, free]))?;
	Ok(error.unwrap_or_else(|| Ended.into()))
}

fn text(output: &Output, planned: &Planned, [fee, takes, free]: [u128; 3]) -> String {
	let outcome = match planned.accepted {
		Some(false) => "the chain would refuse it now; the reason is below",
		Some(true) => "the chain would carry it out now",
		None => "not known: the account is a proxy, and if it may make this call shows in its block only",
	};
	let mut pairs = vec![
		("call", planned.call.clone()),
		("in SCALE", planned.encoded.clone()),
		("account", planned.account.to_string()),
	];
	pairs.extend(planned.signer.as_ref().map(|signer| ("signed by", format!("{signer}, its proxy"))));
	pairs.extend([
		("fee", format_amount(fee)),
		("takes", format!("{} beside the fee", format_amount(takes))),
		("free", format_amount(free)),
		("outcome", outcome.into()),
	]);
	format!("{}\n\nNothing was sent: this is a dry run.", fields(output, &pairs))
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::UNIT;

	fn planned(accepted: Option<bool>, signer: Option<AccountId>) -> Planned {
		Planned {
			dry_run: true,
			call: "Groups.stake(0, 5)".into(),
			encoded: "0x0708".into(),
			account: AccountId::new([1; 32]),
			signer,
			fee: "1".into(),
			takes: "5".into(),
			free: "9".into(),
			accepted,
			code: (accepted == Some(false)).then(|| "Groups::UnknownGroup".into()),
		}
	}

	#[test]
	fn the_costs_and_the_outcome_are_shown() {
		let amounts = [UNIT / 100, 5 * UNIT, 9 * UNIT];
		let own = text(&Output::new(true), &planned(Some(true), None), amounts);
		for part in ["Groups.stake(0, 5)", "0x0708", "0.01 NRN", "5 NRN beside the fee", "carry it out now"] {
			assert!(own.contains(part), "{part} in\n{own}");
		}
		let by_proxy = text(&Output::new(true), &planned(None, Some(AccountId::new([2; 32]))), amounts);
		assert!(by_proxy.contains("its proxy") && by_proxy.contains("not known"), "{by_proxy}");
		let refused = planned(Some(false), None);
		assert!(text(&Output::new(true), &refused, amounts).contains("would refuse it"));
		let json = serde_json::to_value(&refused).unwrap();
		assert_eq!(
			(json["accepted"].as_bool(), json["code"].as_str()),
			(Some(false), Some("Groups::UnknownGroup"))
		);
	}
}
