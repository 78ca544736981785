//! Groups whose checkpoints come with recorded trainings: one that trainers as people run them compete in,
//! and one in which each of many trainers lies in its own way. The evaluators compute as different machines
//! do.

mod audited;
mod lies;
mod trained;

use anyhow::{ensure, Context, Result};
use descent_client::Client;
use descent_integration_tests::{
	audit, scenario, synthetic, two_clouds_group, GroupSetup, Machine, Network, RoundLengths, Rpc,
	BLOCK_DEADLINE,
};
use descent_protocol::{trace::WorkReward, GroupId};
use std::time::Duration;

/// Number of steps of a segment, and of records of a step.
const STEPS: u16 = 20;
const BATCH: u32 = 32;
/// The learning rates that the groups take, and the smaller one in billionths.
const RATES: (f64, f64) = (0.000_01, 0.2);
const SMALLEST_RATE: u32 = 10_000;
/// Longest wait for a block, a round or an answer.
const WAIT: Duration = BLOCK_DEADLINE.saturating_mul(100);

#[tokio::test(flavor = "multi_thread")]
async fn honest_trainings_are_replayed_alike_by_all_and_every_lie_about_one_costs_the_deposit() -> Result<()>
{
	let builder = Network::builder()
		.node_option("--state-pruning=archive")
		.machine(1, Machine::OLD)
		.machine(2, Machine::MIDDLING);
	scenario(builder, async |network| {
		network.provider().await?;
		let stage = Stage::new(network).await?;
		lies::fund(&stage).await?;
		let mut played = trained::begin(&stage).await?;
		let both = tokio::try_join!(played.play(&stage), lies::are_found(&stage));
		let ((), found) = both.map_err(|error| error.context(played.logs()))?;
		trained::provenance_is_told(&stage, &played).await?;
		audited::an_honest_training_replays_as_a_whole(&stage, &played).await?;
		audited::every_lie_is_found_again(&stage, &found).await?;
		adds_up(&stage, found.group.deposit).await?;
		played.end().await
	})
	.await
}

/// All that the scenarios share.
struct Stage<'a> {
	network: &'a Network,
	rpc: Rpc,
	client: Client,
	files: synthetic::Files,
	/// Setup of a group of the linear model.
	linear: GroupSetup,
}

impl<'a> Stage<'a> {
	async fn new(network: &'a Network) -> Result<Self> {
		let linear = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		let rpc = network.nodes[0].rpc.clone();
		let files = synthetic::Files {
			model: linear.model.clone(),
			dataset: linear.dataset.clone(),
			validation: linear.validation.clone(),
		};
		Ok(Self { client: Client::connect(&rpc.ws()).await?, network, rpc, files, linear })
	}
}

/// Returns the setup of a group with this name and these lengths.
fn setup(stage: &Stage<'_>, name: &str, lengths: RoundLengths) -> GroupSetup {
	GroupSetup { name: name.into(), lengths, ..stage.linear.clone() }
}

/// Returns the reward for recorded work of a group.
async fn work(stage: &Stage<'_>, group: GroupId) -> Result<WorkReward> {
	let rules = stage.rpc.group(group, None).await?.optional_rules;
	rules.recipe().and_then(|rule| rule.work_reward).context("the group pays for no work")
}

/// Returns the options of a group that asks for recorded trainings, after others.
fn recipe_options<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
	let recipe = [("--recipe-steps", "20"), ("--recipe-batch", "32"), ("--recipe-rates", "0.00001..0.2")];
	[others, &recipe[..]].concat()
}

/// Checks that all money is where it belongs, that lies are all that was slashed, and that no validator has a
/// strike, although their machines differ.
async fn adds_up(stage: &Stage<'_>, deposit: u128) -> Result<()> {
	let (_, head) = stage.rpc.finalized().await?;
	let audit = audit(&stage.rpc, head).await?;
	audit.check()?;
	let lost = deposit / 2 * lies::lost_halves();
	ensure!(audit.slashed == lost && audit.slashes.is_empty(), "{lost} should be slashed: {audit:?}");
	let validators = stage.rpc.validators(Some(head)).await?;
	ensure!(validators.len() == stage.network.validators().len(), "{validators:?}");
	ensure!(validators.iter().all(|validator| validator.strikes == 0), "{validators:?}");
	Ok(())
}
