//! The calls of stakeholders and of those who propose deltas.

use super::{texts, with, Call};
use descent_protocol::{AmendmentId, Change, ContentRef, GroupId, ProposalId, Salt};
use sp_core::H256;

/// A delta to be proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProposal {
	/// The group.
	pub group: GroupId,
	/// The version of the data set that it was made for, which has to be the current one.
	pub base: u32,
	/// The delta.
	pub delta: ContentRef,
	/// Base addresses of gateways that serve it, beside the group's, at most 8 of at most 128 bytes.
	pub providers: Vec<String>,
	/// Its summary, 1 to 256 bytes of UTF-8.
	pub summary: String,
	/// The salt of the announcement.
	pub salt: Salt,
}

impl Call {
	/// Stakes `amount` more of the smallest unit in a group.
	pub fn stake(group: GroupId, amount: u128) -> Self {
		Self::new("Groups", "stake", [with("group", &group), with("amount", &amount)])
	}

	/// Takes `amount` of the smallest unit out of a group's stake: it does not vote any more, and can be
	/// withdrawn a voting period later.
	pub fn unstake(group: GroupId, amount: u128) -> Self {
		Self::new("Groups", "unstake", [with("group", &group), with("amount", &amount)])
	}

	/// Withdraws what was unstaked and has come free.
	pub fn withdraw(group: GroupId) -> Self {
		Self::new("Groups", "withdraw", [with("group", &group)])
	}

	/// Proposes to change a group's rules, at most 8 changes with a summary of 1 to 256 bytes of UTF-8;
	/// [`crate::Included::amendment`] tells the amendment's number. The signer approves it.
	pub fn propose_amendment(group: GroupId, changes: &[Change], summary: &str) -> Self {
		Self::new(
			"Groups",
			"propose_amendment",
			[
				with("group", &group),
				with("changes", &changes.to_vec()),
				with("summary", &summary.as_bytes().to_vec()),
			],
		)
	}

	/// Approves an amendment with all the signer's stake, or no longer does.
	pub fn vote_amendment(group: GroupId, amendment: AmendmentId, aye: bool) -> Self {
		Self::new(
			"Groups",
			"vote_amendment",
			[with("group", &group), with("amendment", &amendment), with("aye", &aye)],
		)
	}

	/// Takes an amendment of the signer back.
	pub fn withdraw_amendment(group: GroupId, amendment: AmendmentId) -> Self {
		Self::new("Groups", "withdraw_amendment", [with("group", &group), with("amendment", &amendment)])
	}

	/// Closes a voting period that is over and was not closed by itself. Anybody may.
	pub fn close_period(group: GroupId) -> Self {
		Self::new("Groups", "close_period", [with("group", &group)])
	}

	/// Announces a delta without telling which, see [`descent_protocol::announcement_hash`]: it can be
	/// proposed from the next block on.
	pub fn announce(group: GroupId, hash: H256) -> Self {
		Self::new("Dataset", "announce", [with("group", &group), with("hash", &hash)])
	}

	/// Proposes a delta that was announced; [`crate::Included::proposal`] tells the proposal's number. Where
	/// the signer has stake, it votes for it.
	pub fn propose(proposal: &NewProposal) -> Self {
		Self::new(
			"Dataset",
			"propose",
			[
				with("group", &proposal.group),
				with("base", &proposal.base),
				with("delta", &proposal.delta),
				with("providers", &texts(&proposal.providers)),
				with("summary", &proposal.summary.as_bytes().to_vec()),
				with("salt", &proposal.salt),
			],
		)
	}

	/// Votes for a delta with all the signer's stake, and no longer for the one it voted for before.
	pub fn vote(group: GroupId, proposal: ProposalId) -> Self {
		Self::new("Dataset", "vote", [with("group", &group), with("proposal", &proposal)])
	}

	/// Votes for no delta any more.
	pub fn withdraw_vote(group: GroupId) -> Self {
		Self::new("Dataset", "withdraw_vote", [with("group", &group)])
	}

	/// Takes a proposal of the signer back, once it has lost a voting period.
	pub fn withdraw_proposal(group: GroupId, proposal: ProposalId) -> Self {
		Self::new("Dataset", "withdraw_proposal", [with("group", &group), with("proposal", &proposal)])
	}
}
