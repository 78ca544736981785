//! Deltas that are invalid, each in its own way, and a validator that attests that all of them are valid.

use anyhow::{ensure, Context, Result};
use descent_dataset::{DeltaWriter, Description};
use descent_integration_tests::{
	audit, free_port,
	governance::{ended, proposal, Stakeholder},
	scenario, synthetic, two_clouds_group, wait_until, Account, ByzantineEvaluator, Network, RoundLengths,
	Rpc, BLOCK_DEADLINE,
};
use descent_protocol::{view::ProposalEnding, DeltaFault, GroupId, RowProblem};
use std::{
	path::{Path, PathBuf},
	time::Duration,
};

/// Longest wait. The first attempt at a small delta takes 15 blocks. The second attempt, which decides that
/// nobody serves one, takes 45 more. All deltas are checked at the same time.
const WAIT: Duration = BLOCK_DEADLINE.saturating_mul(120);

/// Position of the validator that lies.
const LIAR: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn false_deltas_are_refused_whatever_one_validator_says_and_cost_their_proposers() -> Result<()> {
	let liar = ByzantineEvaluator::listen().await?;
	let builder =
		Network::builder().node_option("--state-pruning=archive").external_evaluator(LIAR, liar.address());
	scenario(builder, async |network| {
		let setup = two_clouds_group(network.directory(), RoundLengths::SHORT)?;
		let group = network.create_group(&setup).await?.id;
		let provider = network.provider().await?;
		let rpc = network.nodes[0].rpc.clone();
		// It takes the longest, so it comes first.
		let absent = free_port()?;
		let nowhere = format!("http://127.0.0.1:{absent}");
		let unserved = unserved(network, group, &setup.dataset, &nowhere).await?;
		let mut proposed = vec![(unserved, "nobody serves it", ProposalEnding::Unavailable)];
		for ((name, file, expected), number) in
			lies(network.directory(), &setup.dataset)?.into_iter().zip(1..)
		{
			let proposer = Stakeholder::stranger(&format!("//Trainer{number}"), group)?;
			let id = proposer.propose(network, &file, name, &provider).await?;
			proposed.push((id, name, expected));
		}

		let mut deposits = 0;
		for (id, name, expected) in proposed {
			let ending = ended(&rpc, group, id, WAIT).await?;
			ensure!(ending == expected, "{name}: {ending:?}");
			deposits += proposal(&rpc, group, id).await?.deposit;
		}
		ensure!(liar.requests() > 0, "the liar was never asked");
		slashed(&rpc, deposits, &network.validators()[LIAR]).await
	})
	.await
}

/// Checks that all deposits are slashed, and a part of the bond of the validator that lied, and nothing else.
async fn slashed(rpc: &Rpc, deposits: u128, liar: &Account) -> Result<()> {
	let audit = wait_until("the last ending is final", WAIT, async || {
		let (_, head) = rpc.finalized().await?;
		let audit = audit(rpc, head).await?;
		Ok((audit.slashed >= deposits).then_some(audit))
	})
	.await?;
	audit.check()?;
	ensure!(audit.slashed == deposits, "{} of {deposits} slashed", audit.slashed);
	let [slash] = &audit.slashes[..] else {
		anyhow::bail!("not one offence, but {:?}", audit.slashes);
	};
	ensure!(slash.account == liar.id() && slash.amount > 0, "{slash:?}");
	ensure!(!audit.earned.contains_key(&liar.id()), "a liar was paid");
	Ok(())
}

/// Returns summaries, files and expected endings of invalid deltas.
fn lies(folder: &Path, dataset: &Path) -> Result<Vec<(&'static str, PathBuf, ProposalEnding)>> {
	let description = Description::parse(synthetic::MODEL.as_bytes())?;
	let schema = description.schema();
	let record = |x: f32| [&x.to_le_bytes()[..], &0.5f32.to_le_bytes(), &[1]].concat();
	let invalid = |fault| ProposalEnding::Invalid { fault };
	let row = |row, problem| invalid(DeltaFault::Row { row, problem });

	let good = folder.join("good.parquet");
	let mut writer = DeltaWriter::create(&good, &schema)?;
	(0u8..100).try_for_each(|x| writer.add(&record(f32::from(x))).map(drop))?;
	writer.finish()?;
	let bytes = std::fs::read(&good)?;

	let truncated = folder.join("truncated.parquet");
	std::fs::write(&truncated, &bytes[..bytes.len() / 2])?;

	let absent = folder.join("absent.parquet");
	let mut writer = DeltaWriter::create(&absent, &schema)?;
	writer.remove(descent_dataset::RecordId::of(&record(7.0)))?;
	writer.finish()?;

	let mut other = serde_json::from_str::<serde_json::Value>(synthetic::MODEL)?;
	other["inputs"][0]["shape"] = serde_json::json!([3]);
	let other = Description::parse(other.to_string().as_bytes())?;
	let misshapen = folder.join("misshapen.parquet");
	let mut writer = DeltaWriter::create(&misshapen, &other.schema())?;
	writer.add(&[&record(1.0)[..8], &0.5f32.to_le_bytes(), &[1]].concat())?;
	writer.finish()?;

	let text = folder.join("text.parquet");
	std::fs::write(&text, "op,id,x,y\nadd,1,2,3\n")?;

	Ok(vec![
		("more points", truncated, invalid(DeltaFault::Malformed)),
		("the first delta once more", again(folder, dataset)?, row(0, RowProblem::Duplicate)),
		("a removal of what is not there", absent, row(0, RowProblem::Absent)),
		("points in space", misshapen, row(0, RowProblem::Shape)),
		("a table", text, invalid(DeltaFault::Malformed)),
	])
}

/// Writes the records of a delta to a file with other bytes, because the same file cannot be proposed twice.
fn again(folder: &Path, dataset: &Path) -> Result<PathBuf> {
	let description = Description::parse(synthetic::MODEL.as_bytes())?;
	let schema = description.schema();
	let path = folder.join("again.parquet");
	let mut writer = DeltaWriter::create(&path, &schema)?;
	for row in descent_dataset::DeltaReader::open(dataset, &schema, &Default::default())?.take(10) {
		writer.add(&row?.record.context("the first delta only adds")?)?;
	}
	writer.finish()?;
	Ok(path)
}

/// Proposes a file that nobody serves.
async fn unserved(network: &Network, group: GroupId, dataset: &Path, provider: &str) -> Result<u32> {
	let proposer = Account::from_uri("//Liar")?;
	let content = descent_protocol::ContentRef::raw(&[&std::fs::read(dataset)?[..], b"more"].concat())
		.context("more than a leaf")?;
	let delta = format!("{}:{}", descent_content::BlockId::from(&content), content.size);
	let group_number = group.to_string();
	let data = network.directory().join("announcements");
	let arguments = [
		"dataset",
		"propose",
		"--group",
		&group_number,
		"--delta",
		&delta,
		"--provider",
		provider,
		"--summary",
		"trust me",
		"--unchecked-providers",
		"--data",
		data.to_str().context("a path is not UTF-8")?,
	];
	network.descent(&proposer, &arguments).await?;
	let proposals = descent_integration_tests::governance::proposals(&network.nodes[0].rpc, group).await?;
	let own = proposals.iter().find(|proposal| proposal.proposer == proposer.id());
	own.map(|proposal| proposal.id).context("the proposal is not on the chain")
}
