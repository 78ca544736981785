//! The calls of the chain that a client makes, by the names of their arguments.

mod economy;
mod governance;
mod value;
mod votes;

pub use votes::NewProposal;

use codec::Encode;
use descent_protocol::{
	BlockNumber, Clock, ContentRef, EvaluationPolicy, GroupId, Metric, RoundIndex, Salt, Score, Share, Shares,
};
use scale_info::TypeInfo;
use sp_core::{crypto::AccountId32, H256};
use subxt::{
	dynamic::{transaction, Value},
	ext::scale_value::Composite,
	tx::DynamicPayload,
};
use value::value;

/// A call, ready to be signed and submitted with [`crate::Client::submit`]. It is encoded against the chain's metadata by
/// the names of its arguments.
#[derive(Clone, Debug)]
pub struct Call(pub(crate) DynamicPayload<Composite<()>>);

/// A training group to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
	/// Its name, 1 to 64 bytes of UTF-8.
	pub name: String,
	/// The model description.
	pub model: ContentRef,
	/// The first delta of the data set.
	pub dataset: ContentRef,
	/// Base addresses of gateways that serve model and data, at most 8 of at most 128 bytes.
	pub providers: Vec<String>,
	/// What is to be lowered.
	pub metric: Metric,
	/// On what it is measured.
	pub policy: EvaluationPolicy,
	/// How far a measured score may be from its claim, in micro-units.
	pub tolerance: u64,
	/// How much a candidate has to be better than the head, in micro-units.
	pub minimum_improvement: u64,
	/// The score at which no further round is played.
	pub target: Option<Score>,
	/// The lengths of its rounds. A start that has passed becomes the next block.
	pub clock: Clock,
	/// The smallest deposit of a commitment, in the token's smallest unit.
	pub deposit: u128,
	/// What its owner stakes in it to begin with, in the token's smallest unit.
	pub stake: u128,
	/// How long a voting period is, in blocks.
	pub voting_period: BlockNumber,
	/// The part of all stake that a delta needs.
	pub quorum: Share,
	/// How what its rounds earn is divided.
	pub shares: Shares,
}

/// A checkpoint to be revealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// The salt of the commitment.
	pub salt: Salt,
	/// The claimed score.
	pub claim: Score,
	/// Base addresses of gateways that serve the checkpoint, at most 8 of at most 128 bytes.
	pub providers: Vec<String>,
}

/// An argument or a field.
fn with<T: Encode + TypeInfo + 'static>(name: &'static str, of: &T) -> (&'static str, Value) {
	(name, value(of))
}

fn texts<S: AsRef<[u8]>>(of: &[S]) -> Vec<Vec<u8>> {
	of.iter().map(|text| text.as_ref().to_vec()).collect()
}

impl Call {
	fn new<const N: usize>(pallet: &str, name: &str, arguments: [(&str, Value); N]) -> Self {
		Self(transaction(pallet, name, Composite::named(arguments)))
	}

	/// Creates a training group; [`crate::Included::group`] tells its number.
	pub fn create_group(group: &NewGroup) -> Self {
		let fields = Value::named_composite([
			with("name", &group.name.as_bytes().to_vec()),
			with("model", &group.model),
			with("dataset", &group.dataset),
			with("providers", &texts(&group.providers)),
			with("metric", &group.metric),
			with("policy", &group.policy),
			with("tolerance", &group.tolerance),
			with("minimum_improvement", &group.minimum_improvement),
			with("target", &group.target),
			with("clock", &group.clock),
			with("deposit", &group.deposit),
			with("stake", &group.stake),
			with("voting_period", &group.voting_period),
			with("quorum", &group.quorum),
			with("shares", &group.shares),
		]);
		Self::new("Groups", "create", [("group", fields)])
	}

	/// Commits to a checkpoint in a round, see [`descent_protocol::commitment_hash`]; `deposit` is held.
	///
	/// A trainer that does not know if an earlier commitment got through, as after a restart, may commit again: there is
	/// one per account and round, and the second fails with `AlreadyCommitted`.
	pub fn commit(group: GroupId, round: RoundIndex, commitment: H256, deposit: u128) -> Self {
		Self::new(
			"Rounds",
			"commit",
			[
				with("group", &group),
				with("round", &round),
				with("commitment", &commitment),
				with("deposit", &deposit),
			],
		)
	}

	/// Reveals the checkpoint that the signer committed to in a round.
	pub fn reveal(group: GroupId, round: RoundIndex, reveal: &Reveal) -> Self {
		Self::new(
			"Rounds",
			"reveal",
			[
				with("group", &group),
				with("round", &round),
				with("checkpoint", &reveal.checkpoint),
				with("salt", &reveal.salt),
				with("claim", &reveal.claim),
				with("providers", &texts(&reveal.providers)),
			],
		)
	}

	/// Settles a round that is due and has not been settled. Anybody may.
	pub fn settle(group: GroupId, round: RoundIndex) -> Self {
		Self::new("Rounds", "settle", [with("group", &group), with("round", &round)])
	}

	/// Moves `amount` of the smallest unit to another account; the signer's account stays alive.
	pub fn transfer(to: &AccountId32, amount: u128) -> Self {
		let to = Value::unnamed_variant("Id", [Value::from_bytes(to)]);
		Self::new("Balances", "transfer_keep_alive", [("dest", to), with("value", &amount)])
	}
}
