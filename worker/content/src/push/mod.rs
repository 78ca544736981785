//! Pushes: content that named accounts store at a gateway of others, for those whom nobody reaches.

mod client;
mod pushed;
mod token;

pub use client::{PushError, PushedContent, Pusher, Sign};
pub use pushed::pushed;
pub(crate) use pushed::Pushed;
pub use token::{PushAction, PushToken};

/// Function that returns true if the signature of a text is the account's, sr25519.
pub type VerifySignature = fn(account: &[u8; 32], text: &str, signature: &[u8; 64]) -> bool;

/// Whose pushes a gateway accepts.
#[derive(Clone, Debug)]
pub struct PushPolicy {
	/// Public keys of the accounts.
	pub accounts: Vec<[u8; 32]>,
	/// Most bytes of content that each of them may have at one time.
	pub max_bytes: u64,
	/// Verification of their signatures.
	pub verify: VerifySignature,
}
