//! The accounts that the presets endow, with all their keys, made once.

use crate::{AccountId, Runtime, RuntimeCall, SessionKeys, SignedPayload, System, UncheckedExtrinsic};
use codec::Encode;
use frame_support::pallet_prelude::TransactionValidityError;
use frame_system::offchain::CreateAuthorizedTransaction;
use pallet_evaluators::AuthorityId;
use sp_core::{ed25519, proof_of_possession::ProofOfPossessionGenerator, sr25519, Pair};
use sp_runtime::DispatchResult;
use std::sync::LazyLock;

/// Result of a call: not admitted, failed, or done.
pub(crate) type Submitted = Result<DispatchResult, TransactionValidityError>;

/// An account that signs.
#[derive(Clone)]
pub(crate) struct Actor {
	pub(crate) name: &'static str,
	pub(crate) account: AccountId,
	pub(crate) pair: sr25519::Pair,
	grandpa: ed25519::Pair,
}

static ACTORS: LazyLock<Vec<Actor>> = LazyLock::new(|| {
	let names = [
		"//Alice",
		"//Bob",
		"//Charlie",
		"//Dave",
		"//Eve",
		"//Ferdie",
		"//Trainer1",
		"//Trainer2",
		"//Trainer3",
		"//Trainer4",
		"//Trainer5",
		"//Trainer6",
		"//Trainer7",
		"//Trainer8",
		"//Liar",
	];
	names
		.into_iter()
		.map(|name| {
			let pair = sr25519::Pair::from_string(name, None).unwrap();
			Actor {
				name,
				account: pair.public().into(),
				pair,
				grandpa: ed25519::Pair::from_string(name, None).unwrap(),
			}
		})
		.collect()
});

/// Returns all actors.
pub(crate) fn actors() -> &'static [Actor] {
	&ACTORS
}

/// Returns the actor of a name.
pub(crate) fn actor(name: &str) -> &'static Actor {
	let found = actors().iter().find(|actor| actor.name == name);
	found.expect("there is such an actor")
}

/// Returns the actor with an account.
pub(crate) fn owner(account: &AccountId) -> Option<&'static Actor> {
	actors().iter().find(|actor| actor.account == *account)
}

impl Actor {
	/// Returns its evaluator key, which is that of its account.
	pub(crate) fn evaluator(&self) -> AuthorityId {
		self.pair.public().into()
	}

	/// Returns its session keys, and the proof that it has them.
	pub(crate) fn session_keys(&self) -> (SessionKeys, Vec<u8>) {
		let keys = SessionKeys {
			babe: self.pair.public().into(),
			grandpa: self.grandpa.public().into(),
			evaluator: self.evaluator(),
		};
		let owner = self.account.encode();
		let babe = self.pair.clone().generate_proof_of_possession(&owner);
		let grandpa = self.grandpa.clone().generate_proof_of_possession(&owner);
		let evaluator = self.pair.clone().generate_proof_of_possession(&owner);
		(keys, (babe, grandpa, evaluator).encode())
	}

	/// Signs a call and puts it into the block.
	pub(crate) fn submit(&self, call: impl Into<RuntimeCall>) -> Submitted {
		let mut extension = <Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_extension();
		extension.6 = frame_system::CheckNonce::from(System::account_nonce(&self.account));
		let payload = SignedPayload::new(call.into(), extension).expect("the extension has what it signs");
		let signature = payload.using_encoded(|payload| self.pair.sign(payload));
		let (call, extension, _) = payload.deconstruct();
		let address = self.account.clone().into();
		let transaction = UncheckedExtrinsic::new_signed(call, address, signature.into(), extension);
		crate::Executive::apply_extrinsic(transaction)
	}
}
