//! A chain in memory that makes one block after the other, and the costs of what is in them. Everything here
//! runs inside externalities.

use anyhow::{anyhow, bail, ensure, Context, Result};
use codec::Encode;
use descent_runtime::{
	constants::{EPOCH_DURATION_IN_SLOTS, MILLISECONDS_PER_BLOCK},
	Babe, Block, BlockNumber, Executive, Hash, Header, Runtime, RuntimeEvent, RuntimeGenesisConfig, System,
	UncheckedExtrinsic, BABE_GENESIS_EPOCH_CONFIG,
};
use frame_support::{genesis_builder_helper::get_preset, weights::Weight};
use serde::Serialize;
use serde_json::Value;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryVRFPreDigest},
	make_vrf_sign_data, AuthorityId, Slot,
};
use sp_core::{crypto::VrfSecret, sr25519, Pair};
use sp_genesis_builder::runtime_decl_for_genesis_builder::GenesisBuilder;
use sp_runtime::{traits::Header as _, Digest, DigestItem};

/// The cost of a transaction, or of what the chain does by itself.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Cost {
	/// Length of the transaction in bytes; 0 where there is none.
	pub(crate) bytes: usize,
	/// Fee in units of the token, of which an NRN has 10^12.
	pub(crate) fee: u64,
	/// Time of the weight, in picoseconds.
	pub(crate) picoseconds: u64,
	/// Size of the weight's proof, in bytes.
	pub(crate) proof_bytes: u64,
}

impl From<Weight> for Cost {
	fn from(weight: Weight) -> Self {
		Self { picoseconds: weight.ref_time(), proof_bytes: weight.proof_size(), ..Self::default() }
	}
}

/// A chain whose blocks all have one author.
pub(crate) struct Chain {
	author: sr25519::Pair,
	number: BlockNumber,
	/// Hash of the last block.
	hash: Hash,
}

impl Chain {
	/// Creates a chain that begins with the default genesis as `change` leaves it. The author is a validator
	/// of its.
	pub(crate) fn new(author: sr25519::Pair, change: impl FnOnce(&mut Value)) -> Result<Self> {
		let default = get_preset::<RuntimeGenesisConfig>(&None, |_| None);
		let mut config: Value = serde_json::from_slice(&default.context("there is no default genesis")?)?;
		config["babe"]["epochConfig"] = serde_json::to_value(BABE_GENESIS_EPOCH_CONFIG)?;
		change(&mut config);
		let built = <Runtime as GenesisBuilder<Block>>::build_state(serde_json::to_vec(&config)?);
		built.map_err(|error| anyhow!("the genesis can't be built: {error}"))?;
		Ok(Self { author, number: 0, hash: Hash::default() })
	}

	/// Begins the next block, in the slot of the same number.
	pub(crate) fn begin(&mut self) -> Result<()> {
		self.number += 1;
		let digest = Digest { logs: vec![self.pre_digest()?] };
		let (number, parent) = (self.number, self.hash);
		let header = Header::new(number, Default::default(), Default::default(), parent, digest);
		Executive::initialize_block(&header);
		let now = u64::from(number) * MILLISECONDS_PER_BLOCK;
		let time = UncheckedExtrinsic::new_bare(pallet_timestamp::Call::set { now }.into());
		let applied = Executive::apply_extrinsic(time);
		ensure!(matches!(applied, Ok(Ok(()))), "block {number} refuses the time: {applied:?}");
		Ok(())
	}

	/// Makes the blocks before one, and begins it.
	pub(crate) fn begin_at(&mut self, number: BlockNumber) -> Result<()> {
		ensure!(self.number < number, "block {number} was begun before");
		while self.number + 1 < number {
			self.begin()?;
			self.end();
		}
		self.begin()
	}

	/// Ends the block. Returns its header with the author's seal, as other nodes get it.
	pub(crate) fn end(&mut self) -> Header {
		let mut header = Executive::finalize_block();
		self.hash = header.hash();
		let seal = DigestItem::babe_seal(self.author.sign(self.hash.as_bytes()).into());
		header.digest.push(seal);
		header
	}

	/// Returns the digest by which the author claims the slot.
	fn pre_digest(&self) -> Result<DigestItem> {
		let slot = Slot::from(u64::from(self.number));
		let has_ended = slot >= Babe::current_epoch_start() + EPOCH_DURATION_IN_SLOTS;
		let epoch = if has_ended { Babe::next_epoch() } else { Babe::current_epoch() };
		let key = AuthorityId::from(self.author.public());
		let Some(place) = epoch.authorities.iter().position(|(authority, _)| *authority == key) else {
			bail!("the author of block {} is no validator", self.number);
		};
		let data = make_vrf_sign_data(&epoch.randomness, slot, epoch.epoch_index);
		Ok(DigestItem::babe_pre_digest(PreDigest::SecondaryVRF(SecondaryVRFPreDigest {
			authority_index: u32::try_from(place)?,
			slot,
			vrf_signature: self.author.vrf_sign(&data),
		})))
	}
}

/// Puts a transaction into the block. Returns its cost, as the chain's events tell it.
pub(crate) fn apply(extrinsic: UncheckedExtrinsic) -> Result<Cost> {
	let bytes = extrinsic.encoded_size();
	let before = System::read_events_no_consensus().count();
	let applied = Executive::apply_extrinsic(extrinsic);
	ensure!(matches!(applied, Ok(Ok(()))), "a transaction failed: {applied:?}");
	let (mut fee, mut cost) = (0, None);
	for record in System::read_events_no_consensus().skip(before) {
		match &record.event {
			RuntimeEvent::TransactionPayment(pallet_transaction_payment::Event::TransactionFeePaid {
				actual_fee,
				..
			}) => fee = u64::try_from(*actual_fee)?,
			RuntimeEvent::System(frame_system::Event::ExtrinsicSuccess { dispatch_info }) => {
				cost = Some(Cost::from(dispatch_info.weight));
			}
			_ => {}
		}
	}
	Ok(Cost { bytes, fee, ..cost.context("no event tells the transaction's weight")? })
}
