//! A chain in memory. Its blocks are built by the native runtime, and executed by the wasm as a node does
//! that imports them.

use anyhow::{anyhow, bail, ensure, Context, Result};
use codec::Encode;
use descent_runtime::{
	Babe, Block, BlockNumber, Executive, Hash, Header, Runtime, RuntimeEvent, System, UncheckedExtrinsic,
	BABE_GENESIS_EPOCH_CONFIG, WASM_BINARY,
};
use frame_support::{
	genesis_builder_helper::get_preset, storage::with_transaction_unchecked, weights::Weight,
};
use sc_executor::WasmExecutor;
use serde_json::Value;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryVRFPreDigest},
	make_vrf_sign_data, AuthorityId, Slot,
};
use sp_core::{
	crypto::VrfSecret,
	sr25519,
	traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
	Pair,
};
use sp_genesis_builder::runtime_decl_for_genesis_builder::GenesisBuilder;
use sp_runtime::{
	traits::Header as _, transaction_validity::TransactionValidityError, ApplyExtrinsicResult, Digest,
	DigestItem, TransactionOutcome,
};
use std::{
	collections::VecDeque,
	sync::LazyLock,
	time::{Duration, Instant},
};

/// The virtual machine, which compiles the runtime once.
static EXECUTOR: LazyLock<WasmExecutor> = LazyLock::new(|| WasmExecutor::builder().build());

/// Subject of a transaction, or of what the chain does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
	Commit,
	Reveal,
	Attest,
	Open,
	Settle,
}

impl Kind {
	pub(crate) const ALL: [Self; 5] = [Self::Commit, Self::Reveal, Self::Attest, Self::Open, Self::Settle];
}

/// A transaction that is made when it is put into a block.
pub(crate) struct Transaction {
	pub(crate) kind: Kind,
	/// Number of things that it does.
	pub(crate) parts: u32,
	pub(crate) make: Box<dyn Fn() -> UncheckedExtrinsic>,
}

/// A block that was executed.
pub(crate) struct Executed {
	/// Number of things that were done in it, by their kinds.
	pub(crate) counts: [u32; Kind::ALL.len()],
	/// Number of transactions that were refused, though there was room.
	pub(crate) refused: u32,
	/// Weight of the block.
	pub(crate) weight: Weight,
	/// Time in which it was executed and its state written.
	pub(crate) elapsed: Duration,
}

/// Result of putting a transaction into a block.
enum Put {
	Done,
	Full,
	Refused,
}

/// A chain.
pub(crate) struct Chain {
	state: sp_io::TestExternalities,
	wasm: &'static [u8],
	number: BlockNumber,
	/// Hash of the last block.
	hash: Hash,
	author: sr25519::Pair,
}

impl Chain {
	/// Creates a chain that begins with the default genesis as `change` leaves it. The author of all of its
	/// blocks is a validator of its.
	pub(crate) fn new(author: sr25519::Pair, change: impl FnOnce(&mut Value)) -> Result<Self> {
		let wasm = WASM_BINARY.context("this was built without the runtime's wasm: unset SKIP_WASM_BUILD")?;
		let default = get_preset::<descent_runtime::RuntimeGenesisConfig>(&None, |_| None);
		let mut config: Value = serde_json::from_slice(&default.context("there is no default genesis")?)?;
		config["babe"]["epochConfig"] = serde_json::to_value(BABE_GENESIS_EPOCH_CONFIG)?;
		change(&mut config);
		let config = serde_json::to_vec(&config)?;
		let mut chain = Self {
			state: sp_io::TestExternalities::default(),
			wasm,
			number: 0,
			hash: Hash::default(),
			author,
		};
		let built = chain.between(|| <Runtime as GenesisBuilder<Block>>::build_state(config))?;
		built.map_err(|error| anyhow!("the genesis can't be built: {error}"))?;
		Ok(chain)
	}

	/// Number of the last block.
	pub(crate) fn number(&self) -> BlockNumber {
		self.number
	}

	/// Changes or reads the state between two blocks.
	pub(crate) fn between<R>(&mut self, change: impl FnOnce() -> R) -> Result<R> {
		let result = self.state.execute_with(change);
		self.state.commit_all().map_err(|error| anyhow!(error))?;
		Ok(result)
	}

	/// Makes a block with as many transactions of the queue as it has room for, and executes it.
	pub(crate) fn block(&mut self, queue: &mut VecDeque<Transaction>) -> Result<Executed> {
		self.number += 1;
		let mut executed =
			Executed { counts: [0; 5], refused: 0, weight: Weight::zero(), elapsed: Duration::ZERO };
		let (number, parent, author) = (self.number, self.hash, &self.author);
		let block = self.state.execute_with(|| build(number, parent, author, queue, &mut executed))?;
		self.hash = block.header.hash();
		self.state.reset_overlay();

		let code = WrappedRuntimeCode(self.wasm.into());
		let code = RuntimeCode { code_fetcher: &code, heap_pages: None, hash: vec![0; 32] };
		let (block, context) = (block.encode(), CallContext::Onchain { import: true });
		let started = Instant::now();
		let (result, _) = EXECUTOR.call(&mut self.state.ext(), &code, "Core_execute_block", &block, context);
		result.with_context(|| format!("the wasm refuses block {number}"))?;
		self.state.commit_all().map_err(|error| anyhow!(error))?;
		executed.elapsed = started.elapsed();

		let is_settlement = |event: &RuntimeEvent| {
			matches!(event, RuntimeEvent::Rounds(pallet_rounds::Event::Settled { .. }))
		};
		let settled = self.state.execute_with(|| {
			System::read_events_no_consensus().filter(|record| is_settlement(&record.event)).count()
		});
		executed.counts[Kind::Settle as usize] = u32::try_from(settled)?;
		Ok(executed)
	}
}

/// Builds a block in the slot of the same number.
fn build(
	number: BlockNumber,
	parent: Hash,
	author: &sr25519::Pair,
	queue: &mut VecDeque<Transaction>,
	executed: &mut Executed,
) -> Result<Block> {
	let digest = Digest { logs: vec![pre_digest(number, author)?] };
	Executive::initialize_block(&Header::new(number, Default::default(), Default::default(), parent, digest));
	let now = u64::from(number) * descent_runtime::constants::MILLISECONDS_PER_BLOCK;
	let time = UncheckedExtrinsic::new_bare(pallet_timestamp::Call::set { now }.into());
	let Put::Done = put(&time) else { bail!("block {number} refuses the time") };
	let mut extrinsics = vec![time];
	while let Some(next) = queue.front() {
		let extrinsic = (next.make)();
		match put(&extrinsic) {
			Put::Done => {
				extrinsics.push(extrinsic);
				executed.counts[next.kind as usize] += next.parts;
			}
			Put::Full => break,
			Put::Refused => executed.refused += 1,
		}
		queue.pop_front();
	}
	let header = Executive::finalize_block();
	executed.weight = System::block_weight().total();
	Ok(Block { header, extrinsics })
}

/// Puts a transaction into the block, which is as before if it refuses it.
fn put(extrinsic: &UncheckedExtrinsic) -> Put {
	let result = with_transaction_unchecked(|| match Executive::apply_extrinsic(extrinsic.clone()) {
		Ok(result) => TransactionOutcome::Commit(ApplyExtrinsicResult::Ok(result)),
		Err(error) => TransactionOutcome::Rollback(Err(error)),
	});
	match result {
		Ok(Ok(())) => Put::Done,
		Err(TransactionValidityError::Invalid(invalid)) if invalid.exhausted_resources() => Put::Full,
		_ => Put::Refused,
	}
}

/// Returns the digest by which the author claims the slot.
fn pre_digest(number: BlockNumber, author: &sr25519::Pair) -> Result<DigestItem> {
	let slot = Slot::from(u64::from(number));
	let has_ended = slot >= Babe::current_epoch_start() + descent_runtime::constants::EPOCH_DURATION_IN_SLOTS;
	let epoch = if has_ended { Babe::next_epoch() } else { Babe::current_epoch() };
	let key = AuthorityId::from(author.public());
	let place = epoch.authorities.iter().position(|(authority, _)| *authority == key);
	ensure!(place.is_some(), "the author of block {number} is no validator");
	let data = make_vrf_sign_data(&epoch.randomness, slot, epoch.epoch_index);
	Ok(DigestItem::babe_pre_digest(PreDigest::SecondaryVRF(SecondaryVRFPreDigest {
		authority_index: u32::try_from(place.unwrap_or_default())?,
		slot,
		vrf_signature: author.vrf_sign(&data),
	})))
}
