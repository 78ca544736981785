//! The dashboard in a real browser, against a real network: votes are cast with a wallet, a round is followed
//! from its commitments to the reason why somebody was paid, a hostile name of a group does nothing, and the
//! page comes back with its node.

use anyhow::{bail, ensure, Context, Result};
use descent_integration_tests::{
	governance::{amendment, proposal, Stakeholder},
	repository, scenario, synthetic, two_clouds_group, GroupSetup, Network, RoundLengths, TrainerSetup,
};
use descent_protocol::GroupId;
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
	io::{AsyncBufReadExt, BufReader, Lines},
	process::{Child, ChildStdout, Command},
};

/// Longest time until the browser has seen what comes next.
const PATIENCE: Duration = Duration::from_secs(300);
/// Name of a group, and summary of a delta, that would run code if they became markup.
const HOSTILE: &str = "<img src=x onerror=window.hurt=1>";
/// Voting period in blocks: no vote closes while the test runs.
const VOTING_PERIOD: u32 = 2_000;

/// A browser that looks at the page.
struct Browser {
	_child: Child,
	lines: Lines<BufReader<ChildStdout>>,
}

impl Browser {
	/// Returns the reason for which there is no browser on this machine.
	fn is_missing() -> Option<&'static str> {
		let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".into());
		let playwright = repository("dashboard/node_modules/playwright-core");
		match (Path::new(&chromium).exists(), playwright.exists()) {
			(false, _) => Some("there is no Chromium: install it, or name it in CHROMIUM"),
			(_, false) => Some("there is no playwright-core: run npm ci in dashboard/"),
			_ => None,
		}
	}

	fn start(address: &str, group: u32, folder: &Path) -> Result<Self> {
		let mut child = Command::new("node")
			.arg(repository("dashboard/test/browser.mjs"))
			.args([address, &group.to_string(), HOSTILE])
			.arg(folder)
			.stdin(Stdio::null())
			.stdout(Stdio::piped())
			.kill_on_drop(true)
			.spawn()
			.context("node, which drives the browser, does not start")?;
		let lines = BufReader::new(child.stdout.take().context("it has no output")?).lines();
		Ok(Self { _child: child, lines })
	}

	/// Waits until it has seen something.
	async fn sees(&mut self, what: &str) -> Result<()> {
		let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
		match line.with_context(|| format!("the browser did not tell '{what}' in time"))?? {
			Some(line) => ensure!(line == what, "the browser tells '{line}' instead of '{what}'"),
			None => bail!("the browser ended before it told '{what}'; its error is above"),
		}
		Ok(())
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_are_cast_a_round_is_followed_live_and_a_hostile_name_does_nothing() -> Result<()> {
	if let Some(reason) = Browser::is_missing() {
		eprintln!("the dashboard is not looked at: {reason}");
		return Ok(());
	}
	scenario(Network::builder(), async |network| {
		let folder = network.directory().join("pictures");
		std::fs::create_dir(&folder)?;
		let group = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		let group = GroupSetup { name: HOSTILE.into(), voting_period: VOTING_PERIOD, ..group };
		let group = network.create_group(&group).await?;
		propose(network, group.id).await?;
		let address = network.dashboard().await?;
		let mut browser = Browser::start(&address, group.id, &folder)?;
		browser.sees("voted").await?;
		all_stake_approves(network, group.id).await?;
		network.start_trainer(group.id, TrainerSetup::new(1, "adam", 0.01, 32)).await?;
		browser.sees("followed").await?;
		network.nodes[0].process.kill();
		browser.sees("lost").await?;
		network.nodes[0].process.restart()?;
		browser.sees("recovered").await?;
		browser.sees("visited").await?;
		if let Some(kept) = std::env::var_os("DESCENT_PICTURES") {
			for picture in std::fs::read_dir(&folder)? {
				let picture = picture?;
				std::fs::copy(picture.path(), Path::new(&kept).join(picture.file_name()))?;
			}
		}
		Ok(())
	})
	.await
}

/// Proposes a delta and an amendment, both with the number 0, of an account that has half of the stake and
/// approves them.
async fn propose(network: &Network, group: GroupId) -> Result<()> {
	let proposer = Stakeholder::join(network, "//Eve", group, 100).await?;
	let deltas = synthetic::write_test_sets(network.directory(), 1)?;
	let delta = deltas.first().context("no delta was written")?;
	let id = proposer.propose(network, delta, HOSTILE, &network.started_provider()?).await?;
	let change = proposer.amend(network, &["--voting-period", "1000"]).await?;
	ensure!((id, change) == (0, 0), "the delta has the number {id}, the amendment {change}");
	Ok(())
}

/// Checks that the chain has the votes of the browser beside those of the proposer.
async fn all_stake_approves(network: &Network, group: GroupId) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let stake = rpc.group(group, None).await?.stake;
	let (delta, change) = (proposal(rpc, group, 0).await?, amendment(rpc, group, 0).await?);
	ensure!(delta.ayes == stake, "of {stake:?} {:?} votes for the delta", delta.ayes);
	ensure!(change.ayes == stake, "of {stake:?} {:?} approves the amendment", change.ayes);
	Ok(())
}
