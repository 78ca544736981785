//! Requesters that have models measured on hidden test sets, and clients that order improvement, in groups
//! of their own on four honest validators. A requester misses a round, another one seals garbage, a node
//! restarts at the wrong time, and a client wins its own order.

mod broken;
mod competition;
mod measured;
mod missed;
mod opened;
mod order_ends;
mod orders;
mod own_order;
mod restarted;
mod scripted;

use anyhow::{ensure, Context, Result};
use descent_client::Client;
use descent_integration_tests::{
	audit, scenario, synthetic, two_clouds_group, wait_until, Account, GroupSetup, Network, RoundLengths,
	Rpc, BLOCK_DEADLINE,
};
use descent_protocol::{
	view::{GroupView, TestSetRelease},
	BlockNumber, GroupId, RoundIndex,
};
use std::time::Duration;

/// Lengths of rounds on hidden test sets. A key may come for seven blocks. A node can restart between the key
/// and the last reveal, and two candidates be measured once more until the settlement.
const LENGTHS: RoundLengths = RoundLengths { round: 24, reveal: 13, attest: 6, open: 4 };
/// Longest wait for anything but the end of an order.
const WAIT: Duration = BLOCK_DEADLINE.saturating_mul(120);
/// One neuron (NRN), in its smallest unit.
const NRN: u128 = 1_000_000_000_000;
/// Balance of a development account at genesis.
const ENDOWMENT: u128 = 1_000_000 * NRN;

#[tokio::test(flavor = "multi_thread")]
async fn hidden_sets_decide_rounds_orders_pay_for_their_gains_and_whoever_fails_pays() -> Result<()> {
	let builder = Network::builder().followers(1).funding_grace(10).node_option("--state-pruning=archive");
	scenario(builder, async |network| {
		network.provider().await?;
		let follower = network.nodes.pop().context("there is no follower")?;
		let stage = Stage::new(network).await?;
		tokio::try_join!(
			orders::pay_for_gains(&stage),
			own_order::costs_its_winner(&stage),
			competition::is_played(&stage, follower),
			broken::costs_the_bond(&stage),
		)?;
		adds_up(&stage).await
	})
	.await
}

/// All that the scenarios share.
struct Stage<'a> {
	network: &'a Network,
	rpc: Rpc,
	client: Client,
	/// Base URLs of the evaluators.
	evaluators: Vec<String>,
	/// Setup of a group of the linear model, which real trainers train.
	linear: GroupSetup,
	/// Setup of a group of the wider model, for checkpoints whose scores the tests know.
	wider: GroupSetup,
}

impl<'a> Stage<'a> {
	async fn new(network: &'a mut Network) -> Result<Self> {
		let mut evaluators = Vec::new();
		for evaluator in &mut network.evaluators {
			evaluators.push(evaluator.ready()?.context("an evaluator is not ready")?);
		}
		let linear = two_clouds_group(network.directory(), LENGTHS)?;
		let model = synthetic::write_wider_model(network.directory())?;
		let rpc = network.nodes[0].rpc.clone();
		Ok(Self {
			client: Client::connect(&rpc.ws()).await?,
			wider: GroupSetup { model, ..linear.clone() },
			network,
			rpc,
			evaluators,
			linear,
		})
	}

	/// Creates a group whose first round begins in so many blocks.
	async fn create(
		&self,
		owner: &Account,
		setup: &GroupSetup,
		blocks: BlockNumber,
		options: &[(&str, &str)],
	) -> Result<GroupView> {
		let start = (self.rpc.best().await? + blocks).to_string();
		let options = [options, &[("--start", start.as_str())][..]].concat();
		self.network.create_group_with(owner, setup, &options).await
	}

	/// Waits until the key for a round is released, in the best block or in a final one. Returns the place of
	/// its set.
	async fn released(&self, group: GroupId, round: RoundIndex, is_final: bool) -> Result<u16> {
		wait_until(&format!("the key for round {round} is released"), WAIT, async || {
			let at = if is_final { Some(self.rpc.finalized().await?.1) } else { None };
			let set = self.rpc.round_test_set(group, round, at).await?;
			Ok(match set.map(|set| set.state) {
				Some(TestSetRelease::Released { index, .. }) => Some(index),
				_ => None,
			})
		})
		.await
	}

	/// Returns the value of a counter of each evaluator.
	async fn counters(&self, name: &str) -> Result<Vec<u64>> {
		let http = reqwest::Client::builder().no_proxy().build()?;
		let mut values = Vec::new();
		for evaluator in &self.evaluators {
			let metrics = http.get(format!("{evaluator}/metrics")).send().await?.text().await?;
			let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
			values.push(value.unwrap_or_default());
		}
		Ok(values)
	}
}

/// Checks that all money is where it belongs, and that nobody lost anything but the two requesters.
async fn adds_up(stage: &Stage<'_>) -> Result<()> {
	let (_, head) = stage.rpc.finalized().await?;
	let audit = audit(&stage.rpc, head).await?;
	audit.check()?;
	ensure!(audit.slashes.is_empty(), "{:?}", audit.slashes);
	ensure!(audit.series.missed == missed::PENALTY && audit.series.slashed == broken::BOND, "{audit:?}");
	ensure!(audit.series.left == missed::BOND - missed::PENALTY, "{:?}", audit.series);
	ensure!(audit.orders.left == 0 && audit.orders.accrued > 0, "{:?}", audit.orders);
	let winner = Account::from_uri(own_order::CLIENT)?.id();
	ensure!(audit.wealth(&winner) < ENDOWMENT, "a client gained by its own order: {audit:?}");
	Ok(())
}
