//! Values that are given by their position, and by an option as in earlier releases.

use crate::args::Global;
use anyhow::{Context, Result};
use clap::Args;
use descent_client::{parse_account, parse_amount, AccountId, GroupKey};
use descent_protocol::{AmendmentId, GroupId, ProposalId, RoundIndex};

/// Makes the arguments of a required value, with the name of the value in usage and the hidden option. An
/// option that is given takes the place of the positional value.
macro_rules! required {
	($(#[$doc:meta])* $name:ident: $type:ty, $id:literal, $shown:literal, $option:literal, $parser:expr) => {
		#[derive(Clone, Debug, Args)]
		pub(crate) struct $name {
			$(#[$doc])*
			#[arg(
				id = $id,
				value_name = $shown,
				value_parser = $parser,
				required = true,
				conflicts_with = $option
			)]
			positional: Option<$type>,
			$(#[$doc])*
			#[arg(id = $option, long = $option, value_name = $shown, value_parser = $parser, hide = true)]
			option: Option<$type>,
		}

		impl $name {
			/// Returns the value.
			pub(crate) fn value(&self) -> Result<$type> {
				let given = self.positional.clone().or_else(|| self.option.clone());
				given.context(concat!("no ", $shown, " is given"))
			}
		}
	};
}

/// Makes the arguments of a value that may be left out, as [`required`] does.
macro_rules! optional {
	($(#[$doc:meta])* $name:ident: $type:ty, $id:literal, $shown:literal, $option:literal, $parser:expr) => {
		#[derive(Clone, Debug, Args)]
		pub(crate) struct $name {
			$(#[$doc])*
			#[arg(id = $id, value_name = $shown, value_parser = $parser, conflicts_with = $option)]
			positional: Option<$type>,
			$(#[$doc])*
			#[arg(id = $option, long = $option, value_name = $shown, value_parser = $parser, hide = true)]
			option: Option<$type>,
		}

		impl $name {
			/// Returns the value, if it is given.
			pub(crate) fn value(&self) -> Option<$type> {
				self.positional.clone().or_else(|| self.option.clone())
			}
		}
	};
}

fn number(text: &str) -> Result<u32, String> {
	text.parse().map_err(|_| "not a number".into())
}

fn group(text: &str) -> Result<GroupKey, String> {
	Ok(GroupKey::from(text))
}

required! {
	/// Number of the group, or its name if no other group has it
	GroupArg: GroupKey, "group_or_name", "GROUP", "group", group
}
optional! {
	/// Number of a group, or its name if no other group has it
	AnyGroupArg: GroupKey, "group_or_name", "GROUP", "group", group
}
required! {
	/// Number of the amendment
	AmendmentArg: AmendmentId, "amendment_number", "AMENDMENT", "amendment", number
}
required! {
	/// Number of the proposal
	ProposalArg: ProposalId, "proposal_number", "PROPOSAL", "proposal", number
}
optional! {
	/// Number of the proposal; all of the group's data set without it
	AnyProposalArg: ProposalId, "proposal_number", "PROPOSAL", "proposal", number
}
required! {
	/// Number of the round
	RoundArg: RoundIndex, "round_number", "ROUND", "round", number
}
optional! {
	/// Number of the round; the newest that fits unless given
	AnyRoundArg: RoundIndex, "round_number", "ROUND", "round", number
}
required! {
	/// Amount of NRN
	AmountArg: u128, "amount_in_nrn", "NRN", "amount", parse_amount
}
required! {
	/// Address of the account to send to
	RecipientArg: AccountId, "recipient", "ADDRESS", "to", parse_account
}
optional! {
	/// Address of the account; the key's unless given
	AnyAccountArg: AccountId, "account_address", "ACCOUNT", "account", parse_account
}

/// The options of a new group, which a group that is there does not have. Options that hold others are no
/// group of their own, so that each is named.
const NEW_GROUP: [&str; 23] = [
	"name",
	"model",
	"dataset",
	"validation",
	"hidden_series",
	"otherwise",
	"metric",
	"records",
	"minimum_improvement",
	"deposit",
	"stake",
	"voting_period",
	"quorum",
	"validators_share",
	"keepers_share",
	"committee_seats",
	"winners",
	"RecipeArgs",
	"Rounds",
	"Providers",
	"ImportArg",
	"ProbeArg",
	"sealed",
];

/// The group of an order: one that is there, or a new one.
#[derive(Clone, Debug, Args)]
pub(crate) struct OrderedGroupArg {
	/// Number of the group, or its name if no other group has it; not with --model, which creates one
	#[arg(
		id = "group_or_name",
		value_name = "GROUP",
		value_parser = group,
		required_unless_present_any = ["group", "model"],
		conflicts_with = "group",
		conflicts_with_all = NEW_GROUP
	)]
	positional: Option<GroupKey>,
	#[arg(
		id = "group",
		long = "group",
		value_name = "GROUP",
		value_parser = group,
		hide = true,
		conflicts_with_all = NEW_GROUP
	)]
	option: Option<GroupKey>,
}

impl OrderedGroupArg {
	/// Returns the group's number, if it is not a new one.
	///
	/// # Errors
	/// Those of [`GroupArg::id`].
	pub(crate) async fn id(&self, global: &Global) -> Result<Option<GroupId>> {
		match self.positional.clone().or_else(|| self.option.clone()) {
			None => Ok(None),
			Some(key) => id(key, global).await.map(Some),
		}
	}
}

/// Returns the number of a group, which a node is asked for where it is named.
async fn id(key: GroupKey, global: &Global) -> Result<GroupId> {
	match key {
		GroupKey::Number(number) => Ok(number),
		name @ GroupKey::Name(_) => Ok(global.connect().await?.find_group(&name).await?),
	}
}

impl GroupArg {
	/// Returns the group's number.
	///
	/// # Errors
	/// Fails if it is named, and no node can be asked, or none or several groups have the name.
	pub(crate) async fn id(&self, global: &Global) -> Result<GroupId> {
		id(self.value()?, global).await
	}
}

impl AnyGroupArg {
	/// Returns the group's number, if one is given.
	///
	/// # Errors
	/// Those of [`GroupArg::id`].
	pub(crate) async fn id(&self, global: &Global) -> Result<Option<GroupId>> {
		match self.value() {
			None => Ok(None),
			Some(key) => id(key, global).await.map(Some),
		}
	}
}
