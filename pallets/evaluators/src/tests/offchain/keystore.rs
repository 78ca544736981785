//! A keystore that lists a key and does not sign with it, as one on a machine of its own may do.

use super::*;
use sp_core::{
	crypto::KeyTypeId,
	ecdsa, ed25519, sr25519,
	sr25519::vrf::{VrfInput, VrfPreOutput, VrfSignData, VrfSignature},
};
use sp_keystore::Error;

/// The keys of these validators, of which the first does not sign.
struct Failing(Vec<u8>);

impl Failing {
	fn keys(&self) -> impl Iterator<Item = sr25519::Public> + '_ {
		self.0.iter().map(|validator| evaluator(*validator).public().into())
	}
}

impl Keystore for Failing {
	fn sr25519_public_keys(&self, _: KeyTypeId) -> Vec<sr25519::Public> {
		self.keys().collect()
	}

	fn sr25519_sign(
		&self,
		_: KeyTypeId,
		public: &sr25519::Public,
		message: &[u8],
	) -> Result<Option<sr25519::Signature>, Error> {
		let place = self.keys().position(|key| key == *public);
		let validator = place.filter(|place| *place > 0).map(|place| self.0[place]);
		Ok(validator.map(|validator| evaluator(validator).sign(message).into()))
	}

	fn sr25519_generate_new(&self, _: KeyTypeId, _: Option<&str>) -> Result<sr25519::Public, Error> {
		unimplemented!()
	}

	fn sr25519_vrf_sign(
		&self,
		_: KeyTypeId,
		_: &sr25519::Public,
		_: &VrfSignData,
	) -> Result<Option<VrfSignature>, Error> {
		unimplemented!()
	}

	fn sr25519_vrf_pre_output(
		&self,
		_: KeyTypeId,
		_: &sr25519::Public,
		_: &VrfInput,
	) -> Result<Option<VrfPreOutput>, Error> {
		unimplemented!()
	}

	fn ed25519_public_keys(&self, _: KeyTypeId) -> Vec<ed25519::Public> {
		unimplemented!()
	}

	fn ed25519_generate_new(&self, _: KeyTypeId, _: Option<&str>) -> Result<ed25519::Public, Error> {
		unimplemented!()
	}

	fn ed25519_sign(
		&self,
		_: KeyTypeId,
		_: &ed25519::Public,
		_: &[u8],
	) -> Result<Option<ed25519::Signature>, Error> {
		unimplemented!()
	}

	fn ecdsa_public_keys(&self, _: KeyTypeId) -> Vec<ecdsa::Public> {
		unimplemented!()
	}

	fn ecdsa_generate_new(&self, _: KeyTypeId, _: Option<&str>) -> Result<ecdsa::Public, Error> {
		unimplemented!()
	}

	fn ecdsa_sign(
		&self,
		_: KeyTypeId,
		_: &ecdsa::Public,
		_: &[u8],
	) -> Result<Option<ecdsa::Signature>, Error> {
		unimplemented!()
	}

	fn ecdsa_sign_prehashed(
		&self,
		_: KeyTypeId,
		_: &ecdsa::Public,
		_: &[u8; 32],
	) -> Result<Option<ecdsa::Signature>, Error> {
		unimplemented!()
	}

	fn insert(&self, _: KeyTypeId, _: &str, _: &[u8]) -> Result<(), ()> {
		unimplemented!()
	}

	fn keys(&self, _: KeyTypeId) -> Result<Vec<Vec<u8>>, Error> {
		unimplemented!()
	}

	fn has_keys(&self, _: &[(Vec<u8>, KeyTypeId)]) -> bool {
		unimplemented!()
	}
}

#[test]
fn a_key_that_does_not_sign_keeps_no_other_from_it_and_is_tried_again() {
	for kind in KINDS {
		let mut world = World::new(kind, 1);
		world.chain.register_extension(KeystoreExt::new(Failing(vec![21, OWN])));
		world.set_evaluators([21, OWN, 3]);
		let sent = world.attest();
		assert_eq!(sent.attestations()[0].member, MEMBER);
		world.include(ASK + 2, &sent).unwrap();
		assert!(world.run(ASK + 2).is_empty());
		world.chain.register_extension(keystore(&[21, OWN]));
		let sent = world.run(ASK + 3).pop().unwrap();
		assert_eq!(sent.attestations()[0].member, 0);
		assert_eq!(world.include(ASK + 4, &sent), Ok(()));
	}
}
