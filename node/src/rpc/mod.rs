//! The RPC methods of a node, besides those of every Substrate node.

mod listen;
mod training;

pub(crate) use listen::as_told;

use crate::service::{Client, Pool, SelectChain};
use descent_runtime::opaque::Block;
use jsonrpsee::RpcModule;
use sc_consensus_babe::BabeWorkerHandle;
use sp_keystore::KeystorePtr;
use std::{error::Error, sync::Arc};

/// The parts of a node that the methods read.
pub(crate) struct FullDeps {
	pub(crate) client: Arc<Client>,
	pub(crate) pool: Arc<Pool>,
	pub(crate) babe: BabeDeps,
}

/// The parts that the methods about authorship read.
pub(crate) struct BabeDeps {
	pub(crate) worker: BabeWorkerHandle<Block>,
	pub(crate) keystore: KeystorePtr,
	pub(crate) select_chain: SelectChain,
}

/// Returns all methods: `system_*`, `payment_*`, `babe_*` and `training_*`.
pub(crate) fn create_full(deps: FullDeps) -> Result<RpcModule<()>, Box<dyn Error + Send + Sync>> {
	use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
	use sc_consensus_babe_rpc::{Babe, BabeApiServer};
	use substrate_frame_rpc_system::{System, SystemApiServer};
	use training::{Training, TrainingApiServer};

	let FullDeps { client, pool, babe } = deps;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(Babe::new(client.clone(), babe.worker, babe.keystore, babe.select_chain).into_rpc())?;
	module.merge(Training::new(client).into_rpc())?;
	Ok(module)
}
