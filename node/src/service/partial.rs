//! The parts of a node that commands on its database need too.

use super::{
	pool_tasks::PoolTasks,
	seal::{Sealed, Unsealed},
	Backend, Client, Consensus, FinalityImport, HostFunctions, Partial, Pool, SelectChain,
	JUSTIFICATION_PERIOD,
};
use descent_runtime::{opaque::Block, RuntimeApi};
use sc_consensus_babe::{BabeLink, ImportQueueParams};
use sc_service::{error::Error, Configuration, PartialComponents, TaskManager};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_babe::{
	inherents::{BabeCreateInherentDataProviders, InherentDataProvider},
	SlotDuration,
};
use sp_runtime::traits::NumberFor;
use std::sync::Arc;

/// Opens the database and makes everything that commands on it need: no network, no tasks that author or
/// vote.
pub(crate) fn new_partial(config: &Configuration) -> Result<Partial, Error> {
	let telemetry = connect_telemetry(config)?;
	let handle = telemetry.as_ref().map(|(_, telemetry)| telemetry.handle());

	let executor = sc_service::new_wasm_executor::<HostFunctions>(&config.executor);
	let (client, backend, keystore_container, mut task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(config, handle.clone(), executor, vec![])?;
	let client = Arc::new(client);
	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = Arc::new(
		sc_transaction_pool::Builder::new(
			PoolTasks::new(&task_manager),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);
	task_manager.keep_alive(transaction_pool.clone());

	let (finality_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		handle.clone(),
	)?;
	let (block_import, babe_link) = babe_import(&client, &finality_import, &select_chain, &transaction_pool)?;
	let (import_queue, babe_worker) = sc_consensus_babe::import_queue(ImportQueueParams {
		link: babe_link.clone(),
		block_import: block_import.clone(),
		justification_import: Some(Box::new(finality_import)),
		client: client.clone(),
		slot_duration: babe_link.config().slot_duration(),
		spawner: &task_manager.spawn_essential_handle(),
		registry: config.prometheus_registry(),
		telemetry: handle,
	})?;

	let telemetry = spawn_telemetry(telemetry, &task_manager);
	let other = Consensus { block_import, babe_link, babe_worker, grandpa_link, telemetry };
	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other,
	})
}

/// Puts BABE's import in front of GRANDPA's, with seals where both expect them.
fn babe_import(
	client: &Arc<Client>,
	finality_import: &FinalityImport,
	select_chain: &SelectChain,
	pool: &Arc<Pool>,
) -> Result<(Sealed, BabeLink<Block>), Error> {
	let babe = sc_consensus_babe::configuration(&**client)?;
	let slot_duration = babe.slot_duration();
	let (babe_import, babe_link) = sc_consensus_babe::block_import(
		babe,
		Unsealed(finality_import.clone()),
		client.clone(),
		inherents(slot_duration),
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(pool.clone()),
	)?;
	Ok((Sealed(babe_import), babe_link))
}

/// Returns the inherents of a block: the time and the slot that follows from it.
pub(super) fn inherents(slot_duration: SlotDuration) -> BabeCreateInherentDataProviders<Block> {
	Arc::new(move |_, _| async move {
		let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
		let slot = InherentDataProvider::from_timestamp_and_slot_duration(*timestamp, slot_duration);
		Ok((slot, timestamp))
	})
}

fn connect_telemetry(config: &Configuration) -> Result<Option<(TelemetryWorker, Telemetry)>, Error> {
	let Some(endpoints) = config.telemetry_endpoints.clone().filter(|endpoints| !endpoints.is_empty()) else {
		return Ok(None);
	};
	let worker = TelemetryWorker::new(16)?;
	let telemetry = worker.handle().new_telemetry(endpoints);
	Ok(Some((worker, telemetry)))
}

fn spawn_telemetry(
	telemetry: Option<(TelemetryWorker, Telemetry)>,
	task_manager: &TaskManager,
) -> Option<Telemetry> {
	let (worker, telemetry) = telemetry?;
	task_manager.spawn_handle().spawn("telemetry", None, worker.run());
	Some(telemetry)
}

/// Takes back what BABE and GRANDPA noted of the last blocks when these are reverted.
pub(crate) fn revert_consensus(
	client: Arc<Client>,
	backend: Arc<Backend>,
	blocks: NumberFor<Block>,
) -> sc_cli::Result<()> {
	sc_consensus_babe::revert(client.clone(), backend, blocks)?;
	sc_consensus_grandpa::revert(client, blocks)?;
	Ok(())
}
