//! Groups and proposals by their position, and by an option as in earlier releases.

use clap::Args;
use descent_client::GroupKey;
use descent_protocol::ProposalId;

/// A group that has to be given.
#[derive(Args, Clone, Debug)]
pub(crate) struct GroupArg {
	/// Number of the group, or its name if no other group has it.
	#[arg(id = "group_or_name", value_name = "GROUP", value_parser = group, required = true, conflicts_with = "group")]
	positional: Option<GroupKey>,
	/// Number of the group, or its name if no other group has it.
	#[arg(id = "group", long = "group", value_name = "GROUP", value_parser = group, hide = true)]
	option: Option<GroupKey>,
}

/// A group that may be left out.
#[derive(Args, Clone, Debug)]
pub(crate) struct AnyGroupArg {
	/// Number of a group, or its name if no other group has it.
	#[arg(id = "group_or_name", value_name = "GROUP", value_parser = group, conflicts_with = "group")]
	positional: Option<GroupKey>,
	/// Number of a group, or its name if no other group has it.
	#[arg(id = "group", long = "group", value_name = "GROUP", value_parser = group, hide = true)]
	option: Option<GroupKey>,
}

/// A proposal that may be left out.
#[derive(Args, Clone, Debug)]
pub(crate) struct AnyProposalArg {
	/// Number of the proposal.
	#[arg(id = "proposal_number", value_name = "PROPOSAL", conflicts_with = "proposal")]
	positional: Option<ProposalId>,
	/// Number of the proposal.
	#[arg(id = "proposal", long = "proposal", value_name = "PROPOSAL", hide = true)]
	option: Option<ProposalId>,
}

fn group(text: &str) -> Result<GroupKey, String> {
	Ok(GroupKey::from(text))
}

impl GroupArg {
	/// Returns the group; `None` only if clap let neither through.
	pub(crate) fn value(self) -> Option<GroupKey> {
		self.positional.or(self.option)
	}
}

impl AnyGroupArg {
	/// Returns the group, if it is given.
	pub(crate) fn value(&self) -> Option<GroupKey> {
		self.positional.clone().or_else(|| self.option.clone())
	}
}

impl AnyProposalArg {
	/// Returns the proposal, if it is given.
	pub(crate) fn value(&self) -> Option<ProposalId> {
		self.positional.or(self.option)
	}
}
