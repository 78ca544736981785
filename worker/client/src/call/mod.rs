//! The calls of the chain that a client makes, by the names of their arguments.

mod costs;
mod custody;
mod economy;
mod governance;
mod proxies;
mod recorded;
mod test_sets;
mod value;
mod votes;

pub use economy::NewOrder;
pub use proxies::ProxyKind;
pub use votes::NewProposal;

use codec::Encode;
use descent_protocol::{ContentRef, GroupId, NewGroup, RoundIndex, Salt, Score};
use scale_info::TypeInfo;
use sp_core::{crypto::AccountId32, H256};
use subxt::{
	dynamic::{transaction, Value},
	ext::scale_value::Composite,
	tx::DynamicPayload,
};
use value::{new_group, value};

/// A call, ready to be signed and submitted with [`crate::Client::submit`]. It is encoded against the chain's
/// metadata by the names of its arguments.
#[derive(Clone, Debug)]
pub struct Call(pub(crate) DynamicPayload<Composite<()>>);

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

	/// The call as an argument of another.
	fn nested(&self) -> Value {
		self.0.clone().into_value()
	}

	/// Makes calls one after the other, all of them or none: if one fails, this one fails with its error.
	pub fn batch_all(calls: &[Self]) -> Self {
		let calls = Value::unnamed_composite(calls.iter().map(Self::nested));
		Self::new("Utility", "batch_all", [("calls", calls)])
	}

	/// Creates a training group; [`crate::Included::group`] tells its number.
	pub fn create_group(group: &NewGroup<u128>) -> Self {
		Self::new("Groups", "create", [("group", new_group(group))])
	}

	/// Commits to a checkpoint in a round, see [`descent_protocol::commitment_hash`]; `deposit` is held.
	///
	/// A trainer that does not know if an earlier commitment got through, as after a restart, may commit
	/// again: there is one per account and round, and the second fails with `AlreadyCommitted`.
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
