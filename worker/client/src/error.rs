use sp_core::{crypto::AccountId32, H256};
use std::fmt;
use subxt::rpcs;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A reason that something could not be read from or done on the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// The address is not one of a node.
	#[error(
		"`{0}` is not the address of a node: it begins with ws:// or wss://, for example ws://127.0.0.1:9944"
	)]
	Address(String),
	/// Nothing answers.
	#[error("no node answers at {url} ({reason}); is descent-node running, and is this its --rpc-port?")]
	Unreachable {
		/// The node's address.
		url: String,
		/// The attempt and its failure.
		reason: String,
	},
	/// The node follows another chain than it did, or than the one asked for.
	#[error(
		"the node at {url} is on another chain: its genesis is {found:?}, not {expected:?}; \
		 connect to a node of the right chain, or begin again with fresh state if the chain was wiped"
	)]
	OtherChain {
		/// The node's address.
		url: String,
		/// The genesis of the chain that is being followed.
		expected: H256,
		/// The genesis of the chain that the node has.
		found: H256,
	},
	/// The node does not know a request.
	#[error("the node at {url} does not offer {method}; is it a descent-node of this version?")]
	Unsupported {
		/// The node's address.
		url: String,
		/// The JSON-RPC method.
		method: String,
	},
	/// No group has a name.
	#[error("no group is called `{0}`; descent group list shows the groups")]
	UnknownGroup(String),
	/// Several groups have a name.
	#[error(
		"the groups {} are called `{name}`: give the number of the one that is meant",
		groups.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
	)]
	AmbiguousGroup {
		/// The name.
		name: String,
		/// The numbers of the groups.
		groups: Vec<u32>,
	},
	/// The node refused a request.
	#[error("{message}")]
	Refused {
		/// The JSON-RPC error code.
		code: i32,
		/// The node's message.
		message: String,
	},
	/// The node's answer makes no sense.
	#[error("the node's answer can't be read: {0}; are node and client of the same version?")]
	Answer(String),
	/// The call can't be made against this chain's metadata.
	#[error("the call does not fit this chain: {0}; are node and client of the same version?")]
	Encoding(String),
	/// The transaction was not admitted to the pool.
	#[error("the transaction of {account} was not admitted: {reason}")]
	Invalid {
		/// The signer.
		account: AccountId32,
		/// The reason, and a remedy.
		reason: String,
	},
	/// The call failed in its block.
	#[error("{0}")]
	Call(CallError),
	/// No block took the transaction while it was valid.
	#[error("no block took the transaction before block {expires}, so none will; submit it again")]
	Expired {
		/// The block from which it is no longer valid.
		expires: u32,
	},
	/// Another transaction of the account with the same nonce came first.
	#[error(
		"another transaction of {account} took the place of this one (nonce {nonce}); submit it again if \
		 it is still wanted"
	)]
	Superseded {
		/// The signer.
		account: AccountId32,
		/// The nonce of both.
		nonce: u64,
	},
	/// Waiting for a block took too long.
	#[error(
		"the transaction was in no {wanted} block after {seconds} s, though it may still get there; are \
		 blocks being {made}?"
	)]
	Timeout {
		/// `best` or `finalized`.
		wanted: &'static str,
		/// `made` or `finalized`.
		made: &'static str,
		/// Seconds waited.
		seconds: u64,
	},
	/// The subscription broke. What happened until it was restored is not delivered.
	#[error(
		"the event subscription broke ({0}) and is being restored; events may have been missed, read again \
		 what they are about"
	)]
	Interrupted(String),
}

/// The failure of a call in its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
	/// The pallet, or `Token`, `Arithmetic` and the like where it is not a pallet's error; empty where there
	/// is none.
	pub pallet: String,
	/// The error's name.
	pub name: String,
	/// The pallet's documentation of it; may be empty.
	pub doc: String,
}

impl fmt::Display for CallError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str("the call failed: ")?;
		if !self.pallet.is_empty() {
			write!(f, "{}::", self.pallet)?;
		}
		f.write_str(&self.name)?;
		if !self.doc.is_empty() {
			write!(f, ": {}", self.doc)?;
		}
		Ok(())
	}
}

impl std::error::Error for CallError {}

impl CallError {
	/// Returns true if it is one of a pallet's errors with these names.
	pub fn is_any(&self, pallet: &str, names: &[&str]) -> bool {
		self.pallet == pallet && names.contains(&self.name.as_str())
	}
}

/// JSON-RPC: the method does not exist.
const METHOD_NOT_FOUND: i32 = -32601;

impl Error {
	/// The error that an error of the RPC client means for a request of `method` to `url`.
	pub(crate) fn of_rpc(url: &str, method: &str, error: rpcs::Error) -> Self {
		match error {
			rpcs::Error::User(error) if error.code == METHOD_NOT_FOUND => {
				Self::Unsupported { url: url.into(), method: method.into() }
			}
			rpcs::Error::User(error) => {
				let data =
					error.data.as_ref().and_then(|data| serde_json::from_str::<String>(data.get()).ok());
				let message = match data {
					Some(data) if data != error.message => format!("{}: {data}", error.message),
					_ => error.message,
				};
				Self::Refused { code: error.code, message }
			}
			rpcs::Error::Client(error) => match error.downcast::<Self>() {
				Ok(error) => *error,
				Err(error) => Self::Unreachable { url: url.into(), reason: error.to_string() },
			},
			rpcs::Error::DisconnectedWillReconnect(reason) => Self::Unreachable { url: url.into(), reason },
			error => Self::Answer(error.to_string()),
		}
	}

	/// Returns true if the same request may succeed later without any change: the node was not reachable.
	pub fn is_transient(&self) -> bool {
		matches!(self, Self::Unreachable { .. } | Self::Interrupted(_))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn user(code: i32, message: &str, data: Option<&str>) -> rpcs::Error {
		let json = match data {
			Some(data) => serde_json::json!({ "code": code, "message": message, "data": data }),
			None => serde_json::json!({ "code": code, "message": message }),
		};
		rpcs::Error::User(serde_json::from_value(json).unwrap())
	}

	#[test]
	fn says_what_to_do() {
		let unknown = Error::of_rpc("ws://x", "training_groups", user(-32601, "Method not found", None));
		assert_eq!(
			unknown.to_string(),
			"the node at ws://x does not offer training_groups; is it a descent-node of this version?"
		);
		let refused = Error::of_rpc("ws://x", "training_group", user(1, "There is no group 7", None));
		assert_eq!(refused.to_string(), "There is no group 7");
		let detailed = Error::of_rpc("ws://x", "m", user(1010, "Invalid Transaction", Some("Outdated")));
		assert_eq!(detailed, Error::Refused { code: 1010, message: "Invalid Transaction: Outdated".into() });
		let gone = Error::of_rpc("ws://x", "m", rpcs::Error::Client("connection refused".into()));
		assert!(gone.is_transient());
		assert!(gone.to_string().contains("is descent-node running"), "{gone}");
	}

	#[test]
	fn the_transport_s_own_errors_pass_through() {
		let error =
			Error::OtherChain { url: "ws://x".into(), expected: H256::zero(), found: H256::repeat_byte(1) };
		let passed = Error::of_rpc("ws://x", "m", rpcs::Error::Client(Box::new(error.clone())));
		assert_eq!(passed, error);
		assert!(!passed.is_transient());
	}

	#[test]
	fn a_failed_call_reads_as_a_sentence() {
		let error = CallError { pallet: "Rounds".into(), name: "WrongPhase".into(), doc: "Not now.".into() };
		assert_eq!(error.to_string(), "the call failed: Rounds::WrongPhase: Not now.");
		let error = CallError { pallet: String::new(), name: "BadOrigin".into(), doc: String::new() };
		assert_eq!(error.to_string(), "the call failed: BadOrigin");
	}

	#[test]
	fn failures_are_told_apart() {
		let error = CallError { pallet: "Dataset".into(), name: "NotAnnounced".into(), doc: String::new() };
		assert!(error.is_any("Dataset", &["StaleBase", "NotAnnounced"]));
		assert!(!error.is_any("Dataset", &["StaleBase"]));
		assert!(!error.is_any("Groups", &["NotAnnounced"]));
	}
}
