//! The client's way to a private competition: sealed test sets, a series of them, a group, an order.

use super::{
	bill::Bill,
	shell::{Shell, KEY},
	WINNERS,
};
use crate::report::Report;
use anyhow::{ensure, Context, Result};
use descent_client::{AccountId, H256, UNIT};
use descent_integration_tests::{mnist::Images, wait_until, Network, RoundLengths};
use descent_protocol::{GroupId, Shares};
use serde_json::Value;
use std::{
	fs,
	ops::Range,
	os::unix::fs::symlink,
	path::{Path, PathBuf},
	time::Duration,
};

/// Lengths of a round of a minute. A key can come for five blocks. Four candidates, one of them the head, are
/// measured in the attest window.
const LENGTHS: RoundLengths = RoundLengths { round: 20, reveal: 8, attest: 7, open: 4 };
/// Number of blocks until the first round, in which the group is created and the order is placed.
const LEAD: u32 = 15;
/// Number of test images, which are cut into hidden test sets.
const TEST_IMAGES: u32 = 10_000;
/// Most records that a round is measured on.
const RECORDS: u32 = 2_000;
/// Amount that the client pays in for its order, in NRN.
const AMOUNT: u128 = 1_000;
/// Terms of the order: from a score that any model reaches soon, down to one that takes long.
const TERMS: &str = "--per-thousandth 1.5 --bonus 100 --from 0.6 --target 0.05 --rounds 20";
/// Longest wait until the chain has what a command has sent.
const PATIENCE: Duration = Duration::from_secs(60);

/// A private competition.
#[derive(Clone, Debug)]
pub(super) struct Competition {
	pub(super) group: GroupId,
	/// Division of what the group's rounds earn.
	pub(super) shares: Shares,
	/// Series that the group is measured on.
	pub(super) series: H256,
	pub(super) bill: Bill,
}

/// Returns the name of the file of a test set, by its place in the series.
pub(super) fn set(number: u32) -> String {
	format!("set{number}.parquet")
}

/// Makes the test sets and the group, and places the order.
///
/// # Errors
/// Fails if one of the commands does, or if the chain has something else than they say.
pub(super) async fn open(
	shell: &Shell,
	network: &mut Network,
	client: &AccountId,
	sets: u32,
	report: &mut Report,
) -> Result<Competition> {
	cut(shell, sets, report).await?;
	seal(shell, sets, report).await?;
	let served = serve(network, report).await?;
	let series = open_series(shell, &served, report).await?;
	let (group, shares) = create_group(shell, network, series, sets, &served, report).await?;
	let bill = order(shell, network, client, group, report).await?;
	Ok(Competition { group, shares, series, bill })
}

/// Cuts MNIST into a training set, a public validation set and the test sets.
async fn cut(shell: &Shell, sets: u32, report: &mut Report) -> Result<()> {
	let size = TEST_IMAGES / sets;
	report.step(&format!(
		"1. its data: 50,000 images to train on and 5,000 as the public validation set, for everybody; \
		 {sets} test sets of {size} images, which nobody sees yet"
	));
	let images = tokio::task::spawn_blocking(Images::fetch).await??;
	fs::copy(images.model(), shell.file("mnist.json"))?;
	symlink(images.folder().canonicalize()?, shell.file("mnist"))?;
	build(shell, "train", 0..50_000, "train.parquet", report).await?;
	build(shell, "train", 55_000..60_000, "validation.parquet", report).await?;
	for number in 0..sets {
		build(shell, "t10k", number * size..(number + 1) * size, &set(number), report).await?;
	}
	Ok(())
}

/// Writes a delta that adds the images of a range. `images` is `train` or `t10k`.
async fn build(shell: &Shell, images: &str, range: Range<u32>, out: &str, report: &mut Report) -> Result<()> {
	let command = format!(
		"descent dataset build --images mnist/{images}-images-idx3-ubyte \
		 --labels mnist/{images}-labels-idx1-ubyte --from {} --to {} --description mnist.json --out {out}",
		range.start, range.end
	);
	shell.run_silently(report, &command).await
}

async fn seal(shell: &Shell, sets: u32, report: &mut Report) -> Result<()> {
	report.step("2. it seals the test sets: the sealed files are public, their keys are its secret");
	let files: Vec<String> = (0..sets).map(set).collect();
	let command = format!("descent test-set seal {} --model mnist.json --out series", files.join(" "));
	shell.run(report, &command).await?;
	Ok(())
}

/// Content that a gateway serves.
struct Served {
	/// Address of the gateway.
	provider: String,
	/// Store of the gateway, from the client's folder.
	store: PathBuf,
}

/// Serves all content from now on.
async fn serve(network: &mut Network, report: &mut Report) -> Result<Served> {
	report.step("3. it serves the sealed files, opens the series, creates the group and places an order");
	let provider = network.provider().await?;
	let store = network.store();
	let store = Path::new("..").join(store.strip_prefix(network.directory())?);
	let address = provider.trim_start_matches("http://");
	report.command(&format!("descent content serve --store {} --listen {address} &", store.display()));
	Ok(Served { provider, store })
}

async fn open_series(shell: &Shell, served: &Served, report: &mut Report) -> Result<H256> {
	let Served { provider, store } = served;
	let store = store.display();
	let command =
		format!("descent test-set open series --provider {provider} --store {store} --key-file {KEY}");
	shell.run(report, &command).await?;
	let opened: Value = serde_json::from_slice(&fs::read(shell.file("series/series.json"))?)?;
	serde_json::from_value(opened["series"].clone()).context("series.json names no series")
}

/// Creates the group that is measured on the series. Returns its number and its shares.
async fn create_group(
	shell: &Shell,
	network: &Network,
	series: H256,
	sets: u32,
	served: &Served,
	report: &mut Report,
) -> Result<(GroupId, Shares)> {
	let Served { provider, store } = served;
	let RoundLengths { round, reveal, attest, open } = LENGTHS;
	let records = RECORDS.min(TEST_IMAGES / sets);
	let start = network.nodes[0].rpc.best().await? + LEAD;
	let command = format!(
		"descent group create --name mnist --model mnist.json --dataset train.parquet \
		 --hidden-series {series:?} --otherwise validation.parquet --winners {WINNERS} --records {records} \
		 --minimum-improvement 0.0001 --round-length {round} --reveal {reveal} --attest {attest} \
		 --open {open} --start {start} --provider {provider} --store {} --key-file {KEY}",
		store.display()
	);
	shell.run(report, &command).await?;
	let group = wait_until("the group is on the chain", PATIENCE, async || {
		let groups = network.groups().await?;
		Ok(groups.into_iter().next_back())
	})
	.await?;
	ensure!(group.policy.series() == Some(series), "the group is not measured on the series: {group:?}");
	Ok((group.id, group.shares))
}

/// Places the client's order, after a look at what it can cost.
async fn order(
	shell: &Shell,
	network: &Network,
	client: &AccountId,
	group: GroupId,
	report: &mut Report,
) -> Result<Bill> {
	let command = format!("descent order create {group} --amount {AMOUNT} {TERMS} --key-file {KEY}");
	shell.run(report, &format!("{command} --dry-run")).await?;
	shell.run(report, &command).await?;
	let rpc = &network.nodes[0].rpc;
	let order = wait_until("the order is on the chain", PATIENCE, async || {
		let orders = rpc.orders(group, None).await?;
		Ok(orders.into_iter().find(|order| order.client == *client))
	})
	.await?;
	ensure!(order.left == AMOUNT * UNIT, "the chain has another order than was placed: {order:?}");
	Ok(Bill::new(&order))
}
