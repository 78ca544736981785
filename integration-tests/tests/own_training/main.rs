//! People with programs of their own: loops in PyTorch and numpy win rounds, through the folder of the worker
//! and through the Python package. One trainer is reached by nobody, and another's node dies. The chain has a
//! single validator. In the end a group begins with weights that somebody made.

mod package;
mod pretrained;

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	candidate, free_port, ready, scenario, settled, two_clouds_group, wait_until, Account, Binary, Launch,
	Network, Process, RoundLengths, Rpc, Trainer, TrainerSetup,
};
use descent_protocol::{view::GroupView, Outcome, Phase, RoundIndex};
use std::time::Duration;

/// Rounds with one block more in the reveal window than [`RoundLengths::SHORT`], in which a trainer finds
/// another node.
const LENGTHS: RoundLengths = RoundLengths { round: 15, reveal: 5, attest: 5, open: 4 };
/// Longest wait for a round that is won.
const ROUND: Duration = Duration::from_secs(300);
/// Number of the trainer that nobody reaches.
const HIDDEN: usize = 1;
/// Number of the trainer whose node dies.
const ORPHAN: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn programs_of_other_people_win_rounds() -> Result<()> {
	scenario(Network::builder().validators(1).followers(1), async |network| {
		let mut groups = Vec::new();
		for name in ["folder and numpy", "folder and torch", "package and numpy", "package and torch"] {
			let mut setup = two_clouds_group(network.directory(), LENGTHS)?;
			setup.name = name.into();
			groups.push(network.create_group(&setup).await?);
		}
		let hidden = Hidden::start(network, &groups[0]).await?;
		let orphan = orphan(network, &groups[1]).await?;
		let (rpc, folder) = (network.nodes[0].rpc.clone(), network.directory().to_owned());
		let follower = &mut network.nodes[1].process;
		tokio::try_join!(
			hidden.wins(&rpc, &groups[0]),
			its_node_dies(&rpc, follower, &groups[1], orphan),
			package::wins(&folder, &rpc, groups[2].id, "numpy", "//Ferdie"),
			package::wins(&folder, &rpc, groups[3].id, "torch", "//Eve"),
		)?;
		pretrained::is_trained_further(network).await
	})
	.await
}

/// A trainer that nobody reaches, and a gateway of somebody else that accepts from it.
struct Hidden {
	trainer: Trainer,
	gateway: Process,
	address: String,
}

impl Hidden {
	async fn start(network: &Network, group: &GroupView) -> Result<Self> {
		let address = format!("127.0.0.1:{}", free_port()?);
		let setup = TrainerSetup::own(HIDDEN, "integration-tests/own/train_numpy.py");
		let account = Account::from_uri(&setup.uri)?.id().to_string();
		let launch = Launch::new("gateway-of-others", Binary::Cli.path()?, network.logs())
			.args(["--json", "content", "serve", "--listen", &address, "--accept-from", &account, "--store"])
			.arg(network.directory().join("gateway-of-others"));
		let mut gateway = Process::spawn(launch)?;
		let address = ready(&mut gateway).await?;
		let setup = setup.args(&["--rounds", "1", "--claim", "--push-to", &address]);
		let trainer = network.spawn_trainer(&network.nodes[0].rpc.ws(), group.id, setup)?;
		Ok(Self { trainer, gateway, address })
	}

	/// Checks that its checkpoint was fetched from the gateway alone.
	async fn wins(mut self, rpc: &Rpc, group: &GroupView) -> Result<()> {
		wins(rpc, group, self.trainer).await?;
		let head = rpc.group(group.id, None).await?.head.context("there is no head")?;
		ensure!(head.providers == [self.address.as_str()], "{head:?}");
		let account = head.account;
		wait_until("its reward is claimed", ROUND, async || {
			let rewards: serde_json::Value =
				rpc.call("training_rewards", serde_json::json!([account])).await?;
			Ok((rewards["claimed"] != "0").then_some(()))
		})
		.await?;
		self.gateway.stop().await
	}
}

/// Checks that a trainer's first round is won, and that it ends then, with its program.
async fn wins(rpc: &Rpc, group: &GroupView, mut trainer: Trainer) -> Result<()> {
	trainer.process.finishes(ROUND).await.context("the end of the own training")?;
	let events = trainer.process.events()?;
	let of = |name: &str| events.iter().filter(|event| event["event"] == name).collect::<Vec<_>>();
	ensure!(of("offered").iter().any(|event| event["prospect"]["verdict"] == "commit"), "{events:?}");
	ensure!(of("refused").is_empty(), "{:?}", of("refused"));
	let ended = of("ended");
	let [ended] = ended.as_slice() else { anyhow::bail!("{events:?}") };
	ensure!(ended["outcome"] == serde_json::to_value(Outcome::Won)?, "{ended}");
	let head = rpc.group(group.id, None).await?.head.context("there is no head")?;
	ensure!(head.account == trainer.account.id(), "{head:?}");
	Ok(())
}

/// Starts the trainer that asks the follower's node, and has the validator's to fall back to.
async fn orphan(network: &Network, group: &GroupView) -> Result<Trainer> {
	let [first, second] = [1, 0].map(|node| network.nodes[node].rpc.ws());
	let setup = TrainerSetup::own(ORPHAN, "integration-tests/own/train_torch.py");
	network.spawn_trainer(&first, group.id, setup.args(&["--rounds", "1", "--node", &second]))
}

/// Kills the node after the trainer has committed, and checks that the reveal arrives through the second one.
async fn its_node_dies(rpc: &Rpc, node: &mut Process, group: &GroupView, trainer: Trainer) -> Result<()> {
	let account = trainer.account.id();
	let round = wait_until("the trainer has committed", ROUND, async || {
		let newest: RoundIndex = rpc.group(group.id, None).await?.round.unwrap_or_default();
		let view = rpc.round(group.id, newest, None).await?;
		Ok((view.phase == Phase::Commit && candidate(&view, &account).is_some()).then_some(newest))
	})
	.await?;
	node.kill();
	let view = settled(rpc, group.id, round, ROUND).await?;
	let ended = candidate(&view, &account).context("the commitment is gone")?;
	ensure!(ended.reveal.is_some() && ended.outcome == Some(Outcome::Won) && ended.slashed == 0, "{ended:?}");
	let told = trainer.process.standard_error()?;
	ensure!(told.contains(&format!("asking the node at {}", rpc.ws())), "{told}");
	wins(rpc, group, trainer).await
}
