//! A node's parts, put together.

mod full;
mod network;
mod partial;
mod pool_tasks;
mod seal;

pub(crate) use full::new_full;
pub(crate) use partial::{new_partial, revert_consensus};

use descent_runtime::{opaque::Block, RuntimeApi};
use sc_consensus_babe::{BabeBlockImport, BabeLink, BabeWorkerHandle};
use sc_consensus_grandpa::{GrandpaBlockImport, LinkHalf};
use sc_executor::WasmExecutor;
use sc_telemetry::Telemetry;
use sp_consensus_babe::inherents::BabeCreateInherentDataProviders;

/// Functions of the node that the runtime may call.
type HostFunctions = sp_io::SubstrateHostFunctions;
/// Executes blocks and answers questions about them.
pub(crate) type Client = sc_service::TFullClient<Block, RuntimeApi, WasmExecutor<HostFunctions>>;
/// The database.
pub(crate) type Backend = sc_service::TFullBackend<Block>;
/// The longest chain wins, among those that contain the finalized block.
pub(crate) type SelectChain = sc_consensus::LongestChain<Backend, Block>;
/// Transactions that wait for a block.
pub(crate) type Pool = sc_transaction_pool::TransactionPoolHandle<Block, Client>;

type FinalityImport = GrandpaBlockImport<Backend, Block, Client, SelectChain>;
type BabeImport =
	BabeBlockImport<Block, Client, seal::Unsealed, BabeCreateInherentDataProviders<Block>, SelectChain>;

/// Interval in which finality proofs are kept, in blocks.
const JUSTIFICATION_PERIOD: u32 = 512;

/// The parts of [`new_partial`] that only a running node needs.
pub(crate) struct Consensus {
	block_import: seal::Sealed,
	babe_link: BabeLink<Block>,
	babe_worker: BabeWorkerHandle<Block>,
	grandpa_link: LinkHalf<Block, Client, SelectChain>,
	telemetry: Option<Telemetry>,
}

/// The parts of a node before it has a network.
pub(crate) type Partial = sc_service::PartialComponents<
	Client,
	Backend,
	SelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	Pool,
	Consensus,
>;
