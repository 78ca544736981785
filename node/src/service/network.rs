//! The network of a node: the engine that syncs with peers, and what else the network is built from.

use super::{Client, Pool};
use descent_runtime::opaque::{Block, Hash};
use sc_network::{config::FullNetworkConfiguration, NotificationMetrics};
use sc_network_sync::{engine::SyncingEngine, service::network::NetworkServiceProvider, WarpSyncConfig};
use sc_service::{
	build_default_block_downloader, build_polkadot_syncing_strategy, default_gap_sync_body_policy,
	error::Error, BuildNetworkAdvancedParams, Configuration, ImportQueue, TaskManager,
};
use sp_consensus::block_validation::DefaultBlockAnnounceValidator;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::sleep;

/// The only network that is compiled in.
pub(super) type Network = sc_network::Litep2pNetworkBackend;

/// Parameters of the network of this node, which has this queue of blocks to import.
type Params<'a, Queue> = BuildNetworkAdvancedParams<'a, Block, Network, Pool, Queue, Client>;

/// Time from the end of an essential task until the node takes it for a failure. At an ordinary end all
/// tasks are told to end at once, and some end a moment before, as they miss those that they work with.
const ENDING: Duration = Duration::from_secs(2);

/// Runs an essential task and ends [`ENDING`] after it, so that an ordinary end of the node comes first.
pub(super) async fn outlasting(task: impl Future<Output = ()>) {
	task.await;
	sleep(ENDING).await;
}

/// Protocols, addresses, metrics, and how the node catches up.
pub(super) struct Setup {
	pub(super) config: FullNetworkConfiguration<Block, Hash, Network>,
	pub(super) metrics: NotificationMetrics,
	pub(super) warp_sync: WarpSyncConfig<Block>,
}

/// Starts the engine that syncs with peers, and returns all that the network is built from.
///
/// [`sc_service::build_network`] does the same, but takes the end of the engine for a failure even where the
/// network has ended a moment before it because the node ends.
///
/// # Errors
/// Returns the failure of the engine's start.
pub(super) fn with_syncing<'a, Queue: ImportQueue<Block> + 'static>(
	config: &'a Configuration,
	setup: Setup,
	client: Arc<Client>,
	transaction_pool: Arc<Pool>,
	import_queue: Queue,
	manager: &TaskManager,
) -> Result<Params<'a, Queue>, Error> {
	let Setup { config: mut net_config, metrics, warp_sync } = setup;
	let (spawn_handle, spawn_essential_handle) = (manager.spawn_handle(), manager.spawn_essential_handle());
	let network_service_provider = NetworkServiceProvider::new();
	let (protocol_id, fork_id) = (config.protocol_id(), config.chain_spec.fork_id());
	let metrics_registry = config.prometheus_config.as_ref().map(|config| &config.registry);
	let downloader = build_default_block_downloader(
		&protocol_id,
		fork_id,
		&mut net_config,
		network_service_provider.handle(),
		client.clone(),
		most_peers(config),
		&spawn_handle,
	);
	let strategy = build_polkadot_syncing_strategy(
		protocol_id.clone(),
		fork_id,
		&mut net_config,
		Some(warp_sync),
		downloader,
		client.clone(),
		&spawn_handle,
		metrics_registry,
		default_gap_sync_body_policy(config.blocks_pruning),
	)?;
	let (engine, sync_service, block_announce_config) = SyncingEngine::new(
		(&config.role).into(),
		client.clone(),
		metrics_registry,
		metrics.clone(),
		&net_config,
		protocol_id.clone(),
		fork_id,
		Box::new(DefaultBlockAnnounceValidator),
		strategy,
		network_service_provider.handle(),
		import_queue.service(),
		net_config.peer_store_handle(),
	)?;
	spawn_essential_handle.spawn_blocking("syncing", None, outlasting(engine.run()));
	Ok(BuildNetworkAdvancedParams {
		role: config.role,
		protocol_id,
		fork_id,
		announce_block: config.announce_block,
		net_config,
		client,
		transaction_pool,
		spawn_handle,
		spawn_essential_handle,
		import_queue,
		sync_service,
		block_announce_config,
		network_service_provider,
		metrics_registry,
		metrics,
		blocks_pruning: config.blocks_pruning,
	})
}

/// Most peers that the node is connected with.
fn most_peers(config: &Configuration) -> usize {
	let peers = &config.network.default_peers_set;
	usize::try_from(peers.in_peers.saturating_add(peers.out_peers)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::FutureExt;

	#[tokio::test]
	async fn an_essential_task_outlasts_an_ordinary_end() {
		let mut task = Box::pin(outlasting(async {}));
		assert!(task.as_mut().now_or_never().is_none(), "it is not taken for a failure at once");
		tokio::time::timeout(2 * ENDING, task).await.expect("it is in the end");
	}
}
