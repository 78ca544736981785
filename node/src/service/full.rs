//! A running node, put together in phases: network, off-chain workers, RPC, authoring, finality.

use super::{
	network::{self, outlasting, Network},
	partial,
	seal::Sealed,
	Backend, Client, Consensus, Pool, SelectChain, JUSTIFICATION_PERIOD,
};
use crate::{
	evaluator::Evaluators,
	rpc::{self, BabeDeps, FullDeps},
};
use descent_runtime::opaque::Block;
use futures::FutureExt;
use jsonrpsee::RpcModule;
use sc_client_api::Backend as _;
use sc_consensus::JustificationSyncLink;
use sc_consensus_babe::{BabeLink, BabeParams, BabeWorkerHandle, SlotProportion};
use sc_consensus_grandpa::{GrandpaParams, LinkHalf, SharedVoterState, VotingRule, VotingRulesBuilder};
use sc_network::{
	config::FullNetworkConfiguration, service::traits::NetworkService, NetworkBackend, NotificationService,
	ProtocolName,
};
use sc_offchain::{OffchainWorkerOptions, OffchainWorkers};
use sc_service::{
	config::PrometheusConfig, error::Error, Configuration, Role, SpawnTaskHandle, SpawnTasksParams,
	TaskManager, WarpSyncConfig,
};
use sc_telemetry::TelemetryHandle;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus::SyncOracle;
use sp_keystore::KeystorePtr;
use std::{sync::Arc, time::Duration};

type BlockHash = descent_runtime::opaque::Hash;
type GrandpaLink = LinkHalf<Block, Client, SelectChain>;

/// Interval in which finality votes are gossiped.
const GOSSIP_INTERVAL: Duration = Duration::from_millis(333);
/// Share of a slot that an author spends on a block before it sends it.
const PROPOSAL_PORTION: f32 = 2.0 / 3.0;

/// The parts that all phases share.
struct Node {
	client: Arc<Client>,
	backend: Arc<Backend>,
	pool: Arc<Pool>,
	keystore: KeystorePtr,
	select_chain: SelectChain,
	role: Role,
	name: String,
	prometheus: Option<PrometheusConfig>,
}

struct GrandpaProtocol {
	name: ProtocolName,
	notifications: Box<dyn NotificationService>,
}

/// Starts a node: it follows the chain, answers RPC, runs off-chain workers, and authors and votes where it
/// has the keys.
pub(crate) fn new_full(config: Configuration, evaluators: &Evaluators) -> Result<TaskManager, Error> {
	let partial = partial::new_partial(&config)?;
	let mut task_manager = partial.task_manager;
	let Consensus { block_import, babe_link, babe_worker, grandpa_link, mut telemetry } = partial.other;
	let node = Node {
		client: partial.client,
		backend: partial.backend,
		pool: partial.transaction_pool,
		keystore: partial.keystore_container.keystore(),
		select_chain: partial.select_chain,
		role: config.role,
		name: config.network.node_name.clone(),
		prometheus: config.prometheus_config.clone(),
	};
	let (setup, grandpa) = node.network_setup(&config, &grandpa_link);
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _) =
		sc_service::build_network_advanced(network::with_syncing(
			&config,
			setup,
			node.client.clone(),
			node.pool.clone(),
			partial.import_queue,
			&task_manager,
		)?)?;
	node.store_evaluators(evaluators);
	node.spawn_offchain_workers(&config, &task_manager.spawn_handle(), network.clone())?;
	let (force_authoring, votes) = (config.force_authoring, !config.disable_grandpa);
	sc_service::spawn_tasks(SpawnTasksParams {
		config,
		client: node.client.clone(),
		backend: node.backend.clone(),
		task_manager: &mut task_manager,
		keystore: node.keystore.clone(),
		transaction_pool: node.pool.clone(),
		rpc_builder: node.rpc_builder(babe_worker),
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;
	let telemetry = telemetry.as_ref().map(|telemetry| telemetry.handle());
	if node.role.is_authority() {
		let author = Author { block_import, babe_link, force_authoring, telemetry: telemetry.clone() };
		node.spawn_author(&task_manager, author, sync_service.clone())?;
	}
	if votes {
		let params = node.voter(grandpa_link, grandpa, network, sync_service, telemetry);
		let voter = sc_consensus_grandpa::run_grandpa_voter(params)?;
		task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, outlasting(voter));
	}
	Ok(task_manager)
}

/// The parts that only the author of blocks needs.
struct Author {
	block_import: Sealed,
	babe_link: BabeLink<Block>,
	force_authoring: bool,
	telemetry: Option<TelemetryHandle>,
}

impl Node {
	fn network_setup(
		&self,
		config: &Configuration,
		grandpa_link: &GrandpaLink,
	) -> (network::Setup, GrandpaProtocol) {
		let mut net_config = FullNetworkConfiguration::<Block, BlockHash, Network>::new(
			&config.network,
			config.prometheus_registry().cloned(),
		);
		let metrics = <Network as NetworkBackend<Block, BlockHash>>::register_notification_metrics(
			config.prometheus_registry(),
		);
		let name = sc_consensus_grandpa::protocol_standard_name(
			&self.client.chain_info().genesis_hash,
			&config.chain_spec,
		);
		let (grandpa_set, notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<Block, Network>(
			name.clone(),
			metrics.clone(),
			net_config.peer_store_handle(),
		);
		net_config.add_notification_protocol(grandpa_set);
		let warp_sync = sc_consensus_grandpa::warp_proof::NetworkProvider::new(
			self.backend.clone(),
			grandpa_link.shared_authority_set().clone(),
			Vec::new(),
		);
		let setup = network::Setup {
			config: net_config,
			metrics,
			warp_sync: WarpSyncConfig::WithProvider(Arc::new(warp_sync)),
		};
		(setup, GrandpaProtocol { name, notifications })
	}

	/// Puts the evaluators' addresses where the off-chain worker reads them.
	fn store_evaluators(&self, evaluators: &Evaluators) {
		if let Some(mut storage) = self.backend.offchain_storage() {
			evaluators.store(&mut storage);
		}
	}

	/// Runs the off-chain worker of each block, unless the operator forbids it.
	fn spawn_offchain_workers(
		&self,
		config: &Configuration,
		spawner: &SpawnTaskHandle,
		network: Arc<dyn NetworkService>,
	) -> Result<(), Error> {
		if !config.offchain_worker.enabled {
			return Ok(());
		}
		let workers = OffchainWorkers::new(OffchainWorkerOptions {
			runtime_api_provider: self.client.clone(),
			is_validator: self.role.is_authority(),
			keystore: Some(self.keystore.clone()),
			offchain_db: self.backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(self.pool.clone())),
			network_provider: Arc::new(network),
			enable_http_requests: true,
			custom_extensions: |_| vec![],
		})?;
		let run = workers.run(self.client.clone(), spawner.clone()).boxed();
		spawner.spawn("offchain-workers-runner", "offchain-worker", run);
		Ok(())
	}

	fn rpc_builder<T>(
		&self,
		worker: BabeWorkerHandle<Block>,
	) -> Box<dyn Fn(T) -> Result<RpcModule<()>, Error>> {
		let (client, pool) = (self.client.clone(), self.pool.clone());
		let (keystore, select_chain) = (self.keystore.clone(), self.select_chain.clone());
		Box::new(move |_| {
			let babe = BabeDeps {
				worker: worker.clone(),
				keystore: keystore.clone(),
				select_chain: select_chain.clone(),
			};
			rpc::create_full(FullDeps { client: client.clone(), pool: pool.clone(), babe })
				.map_err(Into::into)
		})
	}

	fn spawn_author<S>(&self, task_manager: &TaskManager, author: Author, sync: S) -> Result<(), Error>
	where
		S: SyncOracle + JustificationSyncLink<Block> + Clone + 'static,
	{
		let env = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			self.client.clone(),
			self.pool.clone(),
			self.prometheus.as_ref().map(|config| &config.registry),
			author.telemetry.clone(),
		);
		let slot_duration = author.babe_link.config().slot_duration();
		let author = sc_consensus_babe::start_babe(BabeParams {
			keystore: self.keystore.clone(),
			client: self.client.clone(),
			select_chain: self.select_chain.clone(),
			env,
			block_import: author.block_import,
			sync_oracle: sync.clone(),
			justification_sync_link: sync,
			create_inherent_data_providers: partial::inherents(slot_duration),
			force_authoring: author.force_authoring,
			backoff_authoring_blocks: None::<()>,
			babe_link: author.babe_link,
			block_proposal_slot_portion: SlotProportion::new(PROPOSAL_PORTION),
			max_block_proposal_slot_portion: None,
			telemetry: author.telemetry,
		})?;
		let group = Some("block-authoring");
		task_manager.spawn_essential_handle().spawn_blocking("babe", group, outlasting(author));
		Ok(())
	}

	/// Returns the parameters of the voter on finality. A node without authority observes.
	fn voter<S>(
		self,
		link: GrandpaLink,
		protocol: GrandpaProtocol,
		network: Arc<dyn NetworkService>,
		sync: S,
		telemetry: Option<TelemetryHandle>,
	) -> GrandpaParams<
		Block,
		Client,
		Arc<dyn NetworkService>,
		S,
		SelectChain,
		impl VotingRule<Block, Client> + Clone + 'static,
	> {
		let config = sc_consensus_grandpa::Config {
			gossip_duration: GOSSIP_INTERVAL,
			justification_generation_period: JUSTIFICATION_PERIOD,
			observer_enabled: false,
			local_role: self.role,
			name: Some(self.name),
			keystore: self.role.is_authority().then_some(self.keystore),
			telemetry: telemetry.clone(),
			protocol_name: protocol.name,
		};
		GrandpaParams {
			config,
			link,
			network,
			sync,
			notification_service: protocol.notifications,
			voting_rule: VotingRulesBuilder::default().build(),
			prometheus_registry: self.prometheus.map(|config| config.registry),
			shared_voter_state: SharedVoterState::empty(),
			telemetry,
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(self.pool),
		}
	}
}
