//! The keys with which validators sign their findings: sr25519, key type `eval`.

use sp_application_crypto::KeyTypeId;

/// Type of evaluator keys in a node's keystore.
pub const KEY_TYPE: KeyTypeId = KeyTypeId(*b"eval");

#[allow(missing_docs)]
mod app {
	use sp_application_crypto::{app_crypto, sr25519};
	app_crypto!(sr25519, super::KEY_TYPE);
}

/// The public evaluator key of a validator.
pub type AuthorityId = app::Public;
/// A signature with an evaluator key.
pub type AuthoritySignature = app::Signature;

sp_application_crypto::with_pair! {
	/// The secret evaluator key of a validator.
	pub type AuthorityPair = app::Pair;
}
