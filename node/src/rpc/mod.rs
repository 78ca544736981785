//! What a node answers besides the methods that every Substrate node has.

mod training;

use crate::service::{Client, Pool, SelectChain};
use descent_runtime::opaque::Block;
use jsonrpsee::RpcModule;
use sc_consensus_babe::BabeWorkerHandle;
use sp_keystore::KeystorePtr;
use std::{error::Error, sync::Arc};

/// What the answers are made from.
pub(crate) struct FullDeps {
	pub client: Arc<Client>,
	pub pool: Arc<Pool>,
	pub babe: BabeDeps,
}

/// What the answers about authorship are made from.
pub(crate) struct BabeDeps {
	pub worker: BabeWorkerHandle<Block>,
	pub keystore: KeystorePtr,
	pub select_chain: SelectChain,
}

/// All methods: `system_*`, `payment_*`, `babe_*` and `training_*`.
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
