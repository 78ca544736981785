//! A group whose rounds are measured on hidden test sets, with three trainers. The first trainer and the
//! requester ask a node of their own, which is no validator.

use crate::{Stage, WAIT};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	candidate, settled, synthetic, wait_until, Account, History, Node, Process, Requester, Trainer,
	TrainerSetup,
};
use descent_protocol::{view::GroupView, BlockNumber, Outcome};
use sp_core::H256;
use std::path::PathBuf;

/// Number of sealed sets.
pub(crate) const SETS: usize = 5;
/// Number of blocks until the first round begins.
const LEAD: BlockNumber = 8;
/// Learning rates of the trainers, the first of which is the fastest.
const RATES: [f64; 3] = [0.000_2, 0.000_15, 0.000_1];
/// Arguments of the trainers. They commit early, so that evaluators have time to fetch the sealed set, and
/// take part in the three rounds of the test.
const ARGUMENTS: [&str; 4] = ["--commit-margin", "4", "--rounds", "3"];

/// The group and all that take part.
pub(crate) struct Competition<'a> {
	pub(crate) stage: &'a Stage<'a>,
	pub(crate) group: GroupView,
	pub(crate) series: H256,
	/// The test sets before they were sealed.
	pub(crate) sets: Vec<PathBuf>,
	pub(crate) requester: Requester,
	/// The node that the requester and the first trainer ask.
	pub(crate) follower: Node,
	pub(crate) trainers: Vec<Trainer>,
}

/// Plays three rounds: on a hidden set, on the public one as no key comes, and on a hidden one again.
pub(crate) async fn is_played(stage: &Stage<'_>, follower: Node) -> Result<()> {
	let mut competition = Competition::begin(stage, follower).await?;
	let played = competition.play().await;
	played.with_context(|| competition.logs())?;
	competition.end().await
}

impl<'a> Competition<'a> {
	async fn begin(stage: &'a Stage<'a>, follower: Node) -> Result<Self> {
		let (network, owner) = (stage.network, Account::from_uri("//Ferdie")?);
		let folder = network.directory().join("series");
		let sets = synthetic::write_test_sets(network.directory(), SETS)?;
		network.seal_test_sets(&sets, &stage.linear.model, &folder).await?;
		let series = network.open_test_sets(&owner, &folder).await?;
		let named = format!("{series:?}");
		let rules = [("--hidden-series", named.as_str()), ("--winners", "3")];
		let group = stage.create(&owner, &stage.linear, LEAD, &rules).await?;
		wait_until("the node knows the group", WAIT, async || {
			Ok(Some(follower.rpc.group(group.id, None).await?))
		})
		.await?;
		let (own, other) = (follower.rpc.ws(), stage.rpc.ws());
		let requester = network.start_requester("requester", &folder, &own)?;
		let mut trainers = Vec::new();
		for ((number, rate), node) in (1..).zip(RATES).zip([&own, &other, &other]) {
			let setup = TrainerSetup::new(number, "sgd", rate, 64).args(&ARGUMENTS);
			trainers.push(network.spawn_trainer(node, group.id, setup)?);
		}
		Ok(Self { stage, group, series, sets, requester, follower, trainers })
	}
}

impl Competition<'_> {
	async fn play(&mut self) -> Result<()> {
		self.opens_a_set().await?;
		self.misses_a_round().await?;
		self.node_restarts().await?;
		// Each measurement takes the head from its trainer, which serves it until the third round is settled.
		self.restarted_claim_is_true().await?;
		self.missed_round_is_public().await?;
		let view = settled(&self.stage.rpc, self.group.id, 2, WAIT).await?;
		let own = candidate(&view, &self.trainers[0].account.id()).context("the commitment is gone")?;
		let is_honest = !matches!(own.outcome, None | Some(Outcome::Unrevealed | Outcome::Refuted));
		ensure!(is_honest && own.slashed == 0, "{view:?}");
		let history = History::read(&self.stage.rpc).await?;
		self.bond_has_paid(&history).await?;
		self.no_key_was_known_before(&history).await
	}

	/// Returns the ends of the logs of the processes that the network does not know.
	fn logs(&self) -> String {
		let trainers = self.trainers.iter().map(|trainer| &trainer.process);
		let processes = trainers.chain([&self.requester.process, &self.follower.process]);
		processes.map(|process| format!("--- {}\n{}\n", process.name(), process.tail(12))).collect()
	}

	async fn end(mut self) -> Result<()> {
		for trainer in &mut self.trainers {
			end(&mut trainer.process).await?;
		}
		end(&mut self.requester.process).await?;
		end(&mut self.follower.process).await
	}
}

/// Checks how a process has ended, or asks it to end.
async fn end(process: &mut Process) -> Result<()> {
	if process.is_running() {
		process.stop().await
	} else {
		process.finishes(WAIT).await
	}
}
