//! The doctor's look at an account: what it has beside what its role takes, and how it stands as a validator.

use super::finding::Finding;
use crate::{
	commands::validator::status::next_step,
	keystore::{self, Place},
};
use descent_client::{format_amount, AccountId, Client, Error, GroupKey, UNIT};
use descent_protocol::view::{ValidatorRules, ValidatorView};
use std::path::PathBuf;

/// The least that is left for fees: those of some hundred transactions.
const FEES: u128 = UNIT / 10;

/// Looks at the free balance, beside the deposit of a commitment in a group where one is named.
pub(super) async fn balance(client: &Client, account: &AccountId, group: Option<&GroupKey>) -> Finding {
	let read = async {
		let deposit = match group {
			None => 0,
			Some(key) => {
				let number = client.find_group(key).await?;
				client.group(number).await?.deposit
			}
		};
		Ok::<_, Error>((client.balance(account).await?.free, deposit))
	};
	match read.await {
		Err(error) => Finding::fault("balance", error.to_string(), "`descent group list` shows the groups"),
		Ok((free, deposit)) => compare(free, deposit),
	}
}

fn compare(free: u128, deposit: u128) -> Finding {
	let needed = deposit.saturating_add(FEES);
	let found = format!("{} are free", format_amount(free));
	match free < needed {
		true => Finding::fault(
			"balance",
			format!("{found}, and {} are needed: deposit and fees", format_amount(needed)),
			"send it some more: descent transfer ADDRESS NRN; or claim its rewards: descent rewards claim",
		),
		false => Finding::good("balance", found),
	}
}

/// Looks at the account as a validator; returns true if it is one, or has bonded to be one.
///
/// `folders` are those with the data of this machine's programs.
pub(super) async fn validator(
	client: &Client,
	account: &AccountId,
	folders: &[PathBuf],
) -> (bool, Vec<Finding>) {
	let read = async {
		let Some(validator) = client.validator(account).await? else {
			return Ok(None);
		};
		Ok::<_, Error>(Some((validator, client.validator_rules().await?, client.best_block().await?.number)))
	};
	let (validator, rules, now) = match read.await {
		Ok(None) => return (false, Vec::new()),
		Ok(Some(read)) => read,
		Err(error) => {
			return (true, vec![Finding::fault("validator", error.to_string(), "ask a node of this version")])
		}
	};
	let mut findings = vec![standing(&validator, &rules, now)];
	findings.extend(keys(&validator, folders));
	(true, findings)
}

fn standing(validator: &ValidatorView, rules: &ValidatorRules, now: u32) -> Finding {
	let found = format!(
		"{}, bond {}, {} strikes",
		crate::format::standing(validator.standing, now),
		format_amount(validator.bond),
		validator.strikes
	);
	match next_step(validator, rules, now) {
		Some(step) => Finding::fault("validator", found, step),
		None if validator.strikes > 0 => {
			Finding::warning("validator", found, "compare its evaluator with others: descent-worker selftest")
		}
		None => Finding::good("validator", found),
	}
}

/// Looks for the secrets of the session keys in the node's keystore.
fn keys(validator: &ValidatorView, folders: &[PathBuf]) -> Option<Finding> {
	const CHECK: &str = "session-keys";
	let keys = validator.keys?;
	Some(match keystore::look(folders, &keys) {
		Ok(Place::Here(keystore)) => {
			Finding::good(CHECK, format!("{} has the keys that the chain knows", keystore.display()))
		}
		Ok(Place::Elsewhere) => Finding::fault(
			CHECK,
			"the node's keystore does not have the keys that the chain knows: it can't validate with them",
			"name the data of the validator's own node, or make new keys in it: descent-node session-keys, \
			 and descent validator keys --set",
		),
		Ok(Place::NoKeystore) => Finding::warning(
			CHECK,
			"whether the node has the keys that the chain knows is not checked",
			"name its --base-path with --data, on its machine",
		),
		Err(error) => Finding::warning(
			CHECK,
			format!("the node's keystore may not be looked at: {error}"),
			"run the doctor as the user of the node, or with sudo",
		),
	})
}

#[cfg(test)]
mod tests {
	use super::{super::finding::State, *};
	use crate::commands::validator::status::tests::{rules, validator};
	use descent_client::H256;
	use descent_protocol::view::ValidatorStanding;

	#[test]
	fn what_a_role_takes_has_to_be_there() {
		assert_eq!(compare(UNIT, 0).state, State::Good);
		let poor = compare(UNIT, UNIT);
		assert!(poor.state == State::Fault && poor.found.contains("1.1 NRN are needed"), "{poor:?}");
	}

	#[test]
	fn the_keys_of_a_validator_are_looked_for_in_its_keystore() {
		let folder = tempfile::tempdir().unwrap();
		let view = ValidatorView { keys: Some([1, 2, 3].map(H256::repeat_byte)), ..validator() };
		let found = || keys(&view, &[folder.path().to_path_buf()]).map(|finding| finding.state);
		assert_eq!(found(), Some(State::Warning));
		std::fs::create_dir_all(folder.path().join("chains/local/keystore")).unwrap();
		assert_eq!(found(), Some(State::Fault));
		assert!(keys(&ValidatorView { keys: None, ..validator() }, &[]).is_none());
	}

	#[test]
	fn the_next_step_of_a_validator_is_its_remedy() {
		let mut view = ValidatorView { strikes: 0, ..validator() };
		assert_eq!(standing(&view, &rules(), 100).state, State::Good);
		view.strikes = 1;
		assert_eq!(standing(&view, &rules(), 100).state, State::Warning);
		view.standing = ValidatorStanding::Jailed { until: 90 };
		let jailed = standing(&view, &rules(), 100);
		assert!(
			jailed.state == State::Fault && jailed.remedy.unwrap().contains("descent validator validate")
		);
	}
}
