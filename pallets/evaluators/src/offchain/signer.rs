//! The salts of a node's evaluator keys, and the blocks with which they last sent something.

use crate::AuthorityId;
use alloc::vec::Vec;
use codec::{Decode, Encode};
use descent_protocol::{BlockNumber, Salt};
use sp_io::offchain;

/// The calls that one of a node's evaluator keys has signed in one matter, or is about to sign.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Signer {
	evaluator: AuthorityId,
	/// The salt that hides the finding until it is opened.
	pub salt: Salt,
	/// The block with which the attestation was last sent.
	pub attested: Option<BlockNumber>,
	/// The block with which the opening was last sent.
	pub opened: Option<BlockNumber>,
}

/// The signers of a node in one matter, one for each of its keys in the committee.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Signers(Vec<Signer>);

impl Signers {
	/// Returns the signer of a key, if there is one.
	pub fn known(&self, evaluator: &AuthorityId) -> Option<&Signer> {
		self.0.iter().find(|signer| signer.evaluator == *evaluator)
	}

	/// Returns the signer of a key. A new one gets a fresh salt.
	pub fn of(&mut self, evaluator: &AuthorityId) -> &mut Signer {
		let known = self.0.iter().position(|signer| signer.evaluator == *evaluator);
		let index = known.unwrap_or_else(|| {
			self.0.push(Signer {
				evaluator: evaluator.clone(),
				salt: offchain::random_seed(),
				attested: None,
				opened: None,
			});
			self.0.len().saturating_sub(1)
		});
		&mut self.0[index]
	}
}
