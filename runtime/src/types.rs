//! The types of accounts, amounts, blocks and keys.

use crate::{Babe, Evaluators, Grandpa, UncheckedExtrinsic};
use alloc::vec::Vec;
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};

/// A signature over a transaction.
pub type Signature = MultiSignature;
/// An account: the public key of a signer, or its hash.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// An account as a call names it.
pub type Address = MultiAddress<AccountId, ()>;
/// An amount in the token's smallest unit, 10^-12 NRN.
pub type Balance = u128;
/// Number of transactions that an account has sent.
pub type Nonce = u32;
/// A hash, blake2b-256.
pub type Hash = sp_core::H256;
/// A block's number.
pub type BlockNumber = descent_protocol::BlockNumber;
/// A block's header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// The types of a node, which does not decode transactions and so survives changes of the runtime.
pub mod opaque {
	use super::BlakeTwo256;
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// A block's header.
	pub type Header = super::Header;
	/// A block.
	pub type Block = sp_runtime::generic::Block<Header, UncheckedExtrinsic>;
	/// A block's hash.
	pub type Hash = <BlakeTwo256 as sp_runtime::traits::Hash>::Output;
}

impl_opaque_keys! {
	/// The keys with which a validator signs blocks, finality votes and the results of its evaluator.
	pub struct SessionKeys {
		/// Authors blocks: sr25519, key type `babe`.
		pub babe: Babe,
		/// Votes on finality: ed25519, key type `gran`.
		pub grandpa: Grandpa,
		/// Signs the attestations of a validator: sr25519, key type `eval`.
		pub evaluator: Evaluators,
	}
}
