//! Stakeholders that vote on the training data.

use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	audit,
	governance::{ended, found_valid, proposal, Stakeholder},
	mnist::{self, Mnist, PROPOSED},
	settled, wait_until, Account, Binary, GroupSetup, Network, RoundLengths, Rpc, TrainerSetup,
	BLOCK_DEADLINE, BLOCK_TIME,
};
use descent_protocol::{
	view::{GroupView, LogEntryView, ProposalEnding},
	GroupId, ProposalId, RoundIndex,
};
use serde_json::json;
use std::time::Duration;

/// Number of images to begin with: so few that 5,000 more lower the loss at once.
const IMAGES: u32 = 1_000;
/// Voting period in blocks: enough for three stakeholders to stake, propose, vote and change their votes.
const VOTING_PERIOD: u32 = 50;
/// Number of rounds that run after the delta was applied.
const ROUNDS: u32 = 2;

fn group(mnist: &Mnist, name: &str) -> GroupSetup {
	GroupSetup {
		name: name.into(),
		model: mnist.model.clone(),
		dataset: mnist.dataset.clone(),
		validation: mnist.validation.clone(),
		records: 5_000,
		minimum_improvement: 0.000_1,
		lengths: RoundLengths::SHORT,
		deposit: 10,
		stake: 100,
		voting_period: VOTING_PERIOD,
		seats: None,
	}
}

/// Two groups with the same data and the same trainers. In one of them three stakeholders vote on two deltas;
/// the data of the other one stays the same.
pub(crate) struct Groups {
	mnist: Mnist,
	with: GroupId,
	without: GroupId,
}

/// Creates the groups and starts their trainers.
pub(crate) async fn start(network: &mut Network) -> Result<Groups> {
	let data = network.directory().join("mnist");
	let mnist = tokio::task::spawn_blocking(move || mnist::prepare(&data, IMAGES)).await??;
	let with = network.create_group(&group(&mnist, "with more data")).await?.id;
	let without = network.create_group(&group(&mnist, "as it was")).await?.id;
	for (number, group) in [(1, with), (2, without)] {
		let setup = TrainerSetup::new(number, "adam", 0.001, 64);
		network.start_trainer(group, setup).await?;
	}
	Ok(Groups { mnist, with, without })
}

/// Votes, and follows the delta until it has lowered the loss.
pub(crate) async fn the_majority_s_delta_is_applied_paid_trained_on_and_lowers_the_loss(
	network: &Network,
	Groups { mnist, with, without }: &Groups,
) -> Result<()> {
	let (applied, proposer, wrong) = vote(network, mnist, *with).await?;
	let rpc = network.nodes[0].rpc.clone();
	the_log_has_it(&rpc, *with, &applied).await?;
	paid(&rpc, &proposer).await?;
	trained_on(network, *with, *without, applied.from).await?;
	wrong_labels_stand_out(network, *with, wrong).await?;
	rebuilt(network, *with).await
}

/// Proposes one delta with more images and one with the same images and wrong labels. Votes change until the
/// period closes.
async fn vote(
	network: &Network,
	mnist: &Mnist,
	group: GroupId,
) -> Result<(LogEntryView, Account, ProposalId)> {
	let provider = network.started_provider()?;
	let rpc = network.nodes[0].rpc.clone();
	let founder = Stakeholder::stranger("//Ferdie", group)?;
	let other = Stakeholder::join(network, "//Eve", group, 150).await?;
	let third = Stakeholder::join(network, "//Trainer8", group, 120).await?;
	let wrong = third.propose(network, &mnist.mislabelled, "more digits", &provider).await?;
	let right = other.propose(network, &mnist.more, "5,000 more images", &provider).await?;
	founder.vote(network, wrong).await?;
	let leads = proposal(&rpc, group, wrong).await?;
	ensure!(leads.ayes > proposal(&rpc, group, right).await?.ayes, "{leads:?}");
	for id in [wrong, right] {
		let found = found_valid(&rpc, group, id, BLOCK_DEADLINE * 60).await?;
		ensure!(found.delta.size > 0, "{found:?}");
	}
	looked_at(network, group, wrong).await?;
	founder.vote(network, right).await?;

	let ending = ended(&rpc, group, right, BLOCK_DEADLINE * 2 * VOTING_PERIOD).await?;
	ensure!(ending == ProposalEnding::Applied { version: 2 }, "{ending:?}");
	let lost = proposal(&rpc, group, wrong).await?;
	ensure!(lost.ending.is_none() && lost.lost == 1, "{lost:?}");
	let log = log(&rpc, group).await?;
	let applied = log.into_iter().nth(1).context("the log has one entry")?;
	ensure!(applied.proposer == other.account().id(), "{applied:?}");
	Ok((applied, other.account().clone(), wrong))
}

/// Looks at a proposal as a voter does that does not trust its proposer.
async fn looked_at(network: &Network, group: GroupId, proposal: ProposalId) -> Result<()> {
	let (group, proposal) = (group.to_string(), proposal.to_string());
	let voter = Account::from_uri("//Alice")?;
	let folder = network.directory().join("looked-at");
	let (data, file, png) = (
		folder.join("data"),
		network.directory().join("looked.parquet"),
		network.directory().join("looked.png"),
	);
	let item = ["--group", &group, "--proposal", &proposal];
	let data = ["--data", data.to_str().context("a path is not UTF-8")?, "--allow-private"];

	let shown = network.descent(&voter, &[&["dataset", "show"][..], &item].concat()).await?;
	ensure!(shown["delta"]["cid"].is_string() && shown["outlook"].is_string(), "{shown}");
	ensure!(shown["voters"].as_array().is_some_and(|voters| voters.len() == 2), "{shown}");

	let out = ["--out", file.to_str().context("a path is not UTF-8")?];
	let got = network.descent(&voter, &[&["dataset", "get"][..], &item, &out, &data].concat()).await?;
	ensure!(got["added"] == PROPOSED && file.metadata()?.len() == got["size"], "{got}");

	let out = ["--png", png.to_str().context("a path is not UTF-8")?, "--records", "30"];
	let drawn = network.descent(&voter, &[&["dataset", "sample"][..], &item, &out, &data].concat()).await?;
	ensure!(drawn["records"].as_array().is_some_and(|records| records.len() == 30), "{drawn}");
	ensure!(std::fs::read(&png)?.starts_with(b"\x89PNG"), "no picture");
	Ok(())
}

/// Judges the delta whose every label is that of the next digit: the worst records are labelled so.
async fn wrong_labels_stand_out(network: &Network, group: GroupId, proposal: ProposalId) -> Result<()> {
	let node = network.nodes[0].rpc.ws();
	let output = tokio::process::Command::new(Binary::Worker.path()?)
		.args(["judge", "--node", &node, "--group", &group.to_string(), "--proposal", &proposal.to_string()])
		.args(["--allow-private", "--json", "--records", "200", "--worst", "10", "--data"])
		.arg(network.directory().join("judging"))
		.arg("--png")
		.arg(network.directory().join("worst.png"))
		.kill_on_drop(true)
		.output();
	let output = tokio::time::timeout(Duration::from_secs(120), output).await.context("no judgement")??;
	ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	let judged: serde_json::Value = serde_json::from_slice(&output.stdout)?;
	let loss = |side: &str| judged[side]["loss"].as_f64().unwrap_or_default();
	ensure!(loss("new") > 5.0 * loss("own"), "{judged}");
	let worst = judged["worst"].as_array().context("no worst records")?;
	let is_wrong = |record: &&serde_json::Value| {
		let label = record["label"].as_str().and_then(|label| label.parse::<u64>().ok());
		label.zip(record["predicted"].as_u64()).is_some_and(|(label, digit)| label == (digit + 1) % 10)
	};
	ensure!(worst.len() == 10 && worst.iter().filter(is_wrong).count() >= 8, "{judged}");
	Ok(())
}

async fn log(rpc: &Rpc, group: GroupId) -> Result<Vec<LogEntryView>> {
	Ok(rpc.call("training_datasetLog", json!([group])).await?)
}

async fn the_log_has_it(rpc: &Rpc, group: GroupId, applied: &LogEntryView) -> Result<()> {
	let log = log(rpc, group).await?;
	let report = applied.report.context("an applied delta has a report")?;
	ensure!(
		(report.added, report.removed, report.records) == (PROPOSED.into(), 0, (IMAGES + PROPOSED).into()),
		"{report:?}"
	);
	let root = descent_protocol::dataset_root(log[0].root, applied.delta.digest);
	ensure!(log.len() == 2 && applied.root == root, "{log:?}");
	Ok(())
}

/// Checks that the reward was minted, and that all deposits except those of open proposals are back.
async fn paid(rpc: &Rpc, proposer: &Account) -> Result<()> {
	let (_, head) = wait_until("the reward is final", BLOCK_DEADLINE * 40, async || {
		let (_, head) = rpc.finalized().await?;
		let audit = audit(rpc, head).await?;
		Ok(audit.proposers.contains_key(&proposer.id()).then_some((audit, head)))
	})
	.await?;
	let audit = audit(rpc, head).await?;
	audit.check()?;
	ensure!(audit.slashed == 0, "{audit:?}");
	Ok(())
}

/// Checks that after more rounds the group with more data has the lower loss on the same validation set.
async fn trained_on(network: &Network, with: GroupId, without: GroupId, from: RoundIndex) -> Result<()> {
	let rpc = &network.nodes[0].rpc;
	let deadline = RoundLengths::SHORT.deadline(ROUNDS + 2);
	let before = settled(rpc, with, from.saturating_sub(1), deadline).await?;
	ensure!(before.dataset_version == 1, "{before:?}");
	let view = settled(rpc, with, from, deadline).await?;
	ensure!(view.dataset_version == 2, "{view:?}");
	let last = from + ROUNDS - 1;
	settled(rpc, with, last, deadline).await?;
	let head = async |group: GroupId| -> Result<GroupView> { Ok(rpc.group(group, None).await?) };
	let (with, without) = (head(with).await?, head(without).await?);
	ensure!(with.dataset_version == 2 && without.dataset_version == 1, "{with:?} {without:?}");
	let [with, without] = [with.head, without.head].map(|head| head.map(|head| head.score));
	let (with, without) = (with.context("no head with")?, without.context("no head without")?);
	ensure!(with < without, "the loss with 5,000 more images is {with}, without them it is {without}");
	Ok(())
}

/// Rebuilds both versions from the chain and the content alone, and compares their roots with the chain's.
async fn rebuilt(network: &Network, group: GroupId) -> Result<()> {
	let number = group.to_string();
	let data = network.directory().join("stranger");
	for (version, records) in [(2, IMAGES + PROPOSED), (1, IMAGES)] {
		let version = version.to_string();
		let out = network.directory().join(format!("version-{version}.parquet"));
		let arguments = [
			"dataset",
			"checkout",
			"--group",
			&number,
			"--version",
			&version,
			"--out",
			out.to_str().context("a path is not UTF-8")?,
			"--data",
			data.to_str().context("a path is not UTF-8")?,
			"--allow-private",
		];
		let stranger = Account::from_uri("//Alice")?;
		let printed = network.descent(&stranger, &arguments).await?;
		ensure!(printed["records"] == records && out.is_file(), "{printed}");
	}
	Ok(())
}

/// Checks that no wait is longer than the slowest machine needs.
#[test]
fn a_voting_period_is_long_enough_to_vote_in() {
	assert!(BLOCK_TIME * VOTING_PERIOD >= Duration::from_secs(120));
}
