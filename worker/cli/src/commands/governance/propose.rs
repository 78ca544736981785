//! The commands `descent governance propose ..`.

use super::{code, outcome::Outcome, stalled::Stalled};
use crate::{
	args::{Global, Signing},
	commands::submit::Sender,
	output::Output,
};
use anyhow::{ensure, Context, Result};
use clap::{Args, Subcommand};
use descent_client::{parse_account, parse_amount, AccountId, Call, Client, Encoded, Parameter, UNIT};
use std::path::PathBuf;

/// Largest payment that takes more than half of the committee; a larger one takes two thirds, as root.
const MAJORITY_SPENDS: u128 = 100_000 * UNIT;

#[derive(Debug, Subcommand)]
pub(crate) enum Propose {
	/// Move that a new runtime may be brought in
	Upgrade(Upgrade),
	/// Move that a parameter of the runtime is set
	Parameter(SetParameter),
	/// Move that the treasury pays somebody
	Spend(Spend),
	/// Move that finality goes on with the next set of validators, as the votes of this one are gone for good
	Stalled(Stalled),
	/// Move any call, as root
	Call(Raw),
}

const UPGRADE_EXAMPLES: &str = "Example:
  descent governance propose upgrade --wasm descent_runtime.compact.compressed.wasm --key-file \
    ~/.descent/key

The motion authorizes the hash of the code. Once it is approved and closed, anybody brings the code in: \
descent governance apply.";

#[derive(Debug, Args)]
#[command(after_help = UPGRADE_EXAMPLES)]
pub(crate) struct Upgrade {
	/// The new runtime's code
	#[arg(long, value_name = "FILE")]
	wasm: PathBuf,
	#[command(flatten)]
	signing: Signing,
}

const SET_PARAMETER_EXAMPLES: &str = "Examples:
  descent governance propose parameter minimum-bond 2000 --key-file ~/.descent/key
  descent governance propose parameter seats 50 --key-file ~/.descent/key

Parameters:
  minimum-bond  the least that a validator bonds, in NRN
  seats         the most validators of a session";

#[derive(Debug, Args)]
#[command(after_help = SET_PARAMETER_EXAMPLES)]
pub(crate) struct SetParameter {
	/// Name of the parameter
	#[arg(value_name = "NAME", value_parser = ["minimum-bond", "seats"])]
	name: String,
	/// New value of the parameter
	#[arg(value_name = "VALUE")]
	value: String,
	#[command(flatten)]
	signing: Signing,
}

const SPEND_EXAMPLES: &str = "Example:
  descent governance propose spend 500 --to 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty --key-file \
    ~/.descent/key

Up to 100000 NRN it takes more than half of the committee, beyond that two thirds. Once it is approved and \
closed, anybody pays it out within 30 days: descent governance payout.";

#[derive(Debug, Args)]
#[command(after_help = SPEND_EXAMPLES)]
pub(crate) struct Spend {
	/// Amount to pay
	#[arg(value_name = "NRN", value_parser = parse_amount)]
	amount: u128,
	/// Address of the account to pay
	#[arg(long, value_name = "ACCOUNT", value_parser = parse_account)]
	to: AccountId,
	#[command(flatten)]
	signing: Signing,
}

const RAW_EXAMPLES: &str = "Example:
  descent governance propose call 0x00001468656c6c6f --key-file ~/.descent/key

The call is written in SCALE, as wallets show it. Before it is moved, the runtime has to understand it.";

#[derive(Debug, Args)]
#[command(after_help = RAW_EXAMPLES)]
pub(crate) struct Raw {
	/// The call in SCALE, in hex
	#[arg(value_name = "HEX", value_parser = encoded)]
	call: Encoded,
	#[command(flatten)]
	signing: Signing,
}

/// A call in SCALE, in hex.
fn encoded(text: &str) -> Result<Encoded, String> {
	let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok();
	let bytes = bytes.filter(|bytes| bytes.len() >= 2);
	bytes.map(Encoded).ok_or_else(|| "write a call in SCALE, as 0x and hex digits, two for each byte".into())
}

/// The majority that a motion takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Votes {
	/// More than half of the committee makes the call.
	Majority,
	/// Two thirds of the committee have root make the call.
	TwoThirds,
}

impl Votes {
	/// Number of ayes that it takes in a committee of so many members.
	fn threshold(self, members: usize) -> u32 {
		let count = match self {
			Self::Majority => (members / 2).saturating_add(1),
			Self::TwoThirds => members.saturating_mul(2).div_ceil(3),
		};
		u32::try_from(count).unwrap_or(u32::MAX)
	}
}

impl Propose {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let (call, votes, signing) = self.moved(&client).await?;
		let sender = Sender::new(client, &signing, output)?;
		let client = &sender.client;
		let governance = client.governance().await?;
		let members = governance.members.len();
		ensure!(
			governance.members.contains(&sender.account()),
			"{} is not a member of the technical committee: descent governance show lists them",
			sender.account()
		);
		let call = match votes {
			Votes::Majority => call,
			Votes::TwoThirds => {
				let hash = client.encode(&call).await?.hash();
				Call::as_root(&call, hash)
			}
		};
		let encoded = client.encode(&call).await?;
		output.note(&format!("Moving {}", call.in_words()));
		let threshold = votes.threshold(members);
		let motion = Call::propose_motion(threshold, &call, encoded.length());
		let (included, done) = sender.send(&motion).await?;
		// If one vote is enough, the motion is carried out at once: no vote is held.
		let carried_out = included.motion.is_none();
		let outcome = Outcome::of(encoded.hash(), carried_out.then_some(true), included, done)?;
		output.print(&outcome, |_| show(&outcome, threshold, members))
	}

	/// The call that is moved, the majority that it takes, and the signer.
	async fn moved(self, client: &Client) -> Result<(Call, Votes, Signing)> {
		Ok(match self {
			Self::Upgrade(Upgrade { wasm, signing }) => {
				let code = tokio::task::spawn_blocking(move || code::read(&wasm)).await??;
				let call = Call::authorize_upgrade(code::hash(&code));
				(call, Votes::TwoThirds, signing)
			}
			Self::Parameter(SetParameter { name, value, signing }) => {
				let call = Call::set_parameter(parameter(&name, &value)?);
				(call, Votes::TwoThirds, signing)
			}
			Self::Spend(Spend { amount, to, signing }) => {
				let votes = match amount <= MAJORITY_SPENDS {
					true => Votes::Majority,
					false => Votes::TwoThirds,
				};
				(Call::spend(amount, &to), votes, signing)
			}
			Self::Stalled(stalled) => {
				let call = stalled.call(client).await?;
				(call, Votes::TwoThirds, stalled.signing)
			}
			Self::Call(Raw { call, signing }) => {
				let call = client.decode(&call).await?;
				(call, Votes::TwoThirds, signing)
			}
		})
	}
}

/// A parameter by its name.
fn parameter(name: &str, value: &str) -> Result<Parameter> {
	match name {
		"minimum-bond" => Ok(Parameter::MinimumBond(parse_amount(value)?)),
		_ => {
			let seats: u32 = value.parse().with_context(|| format!("`{value}` is no number of seats"))?;
			ensure!(seats > 0, "a chain needs a validator: write at least 1 seat");
			Ok(Parameter::Seats(seats))
		}
	}
}

fn show(outcome: &Outcome, threshold: u32, members: usize) -> String {
	let (motion, block) = (outcome.motion, outcome.done.block);
	if outcome.approved == Some(true) {
		return format!("Carried out at once in block {block}, as it takes one vote.{}", outcome.rest());
	}
	format!(
		"Moved in block {block}: {motion:?}. It takes {threshold} ayes of {members}, yours as well: descent \
		 governance vote {motion:?} aye"
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::submit::Done;
	use descent_client::H256;

	#[test]
	fn thresholds_are_whole_members() {
		let thresholds = |votes: Votes| [1, 2, 3, 4, 5, 32].map(|members| votes.threshold(members));
		assert_eq!(thresholds(Votes::TwoThirds), [1, 2, 2, 3, 4, 22]);
		assert_eq!(thresholds(Votes::Majority), [1, 2, 2, 3, 3, 17]);
	}

	#[test]
	fn parameters_have_their_own_values() {
		assert_eq!(parameter("minimum-bond", "1.5").unwrap(), Parameter::MinimumBond(3 * UNIT / 2));
		assert_eq!(parameter("seats", "50").unwrap(), Parameter::Seats(50));
		for (name, value) in [("minimum-bond", "x"), ("seats", "1.5"), ("seats", "0"), ("seats", "-1")] {
			assert!(parameter(name, value).is_err(), "{name} {value}");
		}
	}

	#[test]
	fn calls_are_bytes() {
		assert_eq!(encoded("0x0001ff"), Ok(Encoded(vec![0, 1, 255])));
		assert_eq!(encoded("0001"), Ok(Encoded(vec![0, 1])));
		for text in ["", "0x", "00", "0x000", "zz"] {
			assert!(encoded(text).is_err(), "{text}");
		}
	}

	#[test]
	fn says_what_it_takes() {
		let mut outcome =
			Outcome { motion: H256::repeat_byte(1), approved: None, spend: None, done: Done::at(9) };
		let text = show(&outcome, 2, 3);
		assert!(
			text.contains("It takes 2 ayes of 3") && text.contains("descent governance vote 0x0101"),
			"{text}"
		);
		(outcome.approved, outcome.spend) = (Some(true), Some(0));
		let text = show(&outcome, 1, 1);
		assert!(text.contains("at once") && text.ends_with("governance payout 0"), "{text}");
	}
}
