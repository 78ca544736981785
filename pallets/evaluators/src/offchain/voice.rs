use crate::AuthorityId;
use alloc::vec::Vec;
use codec::{Decode, Encode};
use descent_protocol::{BlockNumber, Salt};
use sp_io::offchain;

/// What a node has said, or is about to say, with one of its evaluator keys.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Voice {
	/// The key.
	evaluator: AuthorityId,
	/// Hides what was found until it is opened.
	pub salt: Salt,
	/// The block at which the attestation was sent last.
	pub attested: Option<BlockNumber>,
	/// The block at which the opening was sent last.
	pub opened: Option<BlockNumber>,
}

/// The voices of a node in one matter, one for every key that speaks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Voices(Vec<Voice>);

impl Voices {
	/// The voice of a key, if it has one.
	pub fn known(&self, evaluator: &AuthorityId) -> Option<&Voice> {
		self.0.iter().find(|voice| voice.evaluator == *evaluator)
	}

	/// The voice of a key, with a fresh salt if it is new.
	pub fn of(&mut self, evaluator: &AuthorityId) -> &mut Voice {
		let known = self.0.iter().position(|voice| voice.evaluator == *evaluator);
		let index = known.unwrap_or_else(|| {
			self.0.push(Voice {
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
