//! The command `descent dataset sample`.

use super::{
	blocking::{until_stopped, Draft},
	data::{self, DataArg},
	sheet::{self, Looked},
	show::find,
};
use crate::{
	args::Global,
	content_ref::open,
	description,
	output::{plain, Output},
	positional::{AnyGroupArg, AnyProposalArg},
	table::table,
};
use anyhow::{ensure, Context, Result};
use clap::{ArgGroup, Args};
use descent_client::H256;
use descent_dataset::{DeltaSample, Schema, Vocabulary, MAX_VOCABULARY_BYTES};
use descent_protocol::{GroupId, ProposalId};
use serde::Serialize;
use std::{
	io::Read,
	path::{Path, PathBuf},
};

const EXAMPLES: &str = "Examples:
  descent dataset sample 0 3 --png proposed.png
  descent dataset sample 0 --png set.png
  descent dataset sample 1 3 --records 50 --vocabulary vocab.json
  descent dataset sample --file more.parquet --description mnist.json --png more.png

Records are drawn at random, so that a proposer can't know which are looked at; --seed draws the same again. \
They are ordered by their labels, in the table and on the sheet, where each label stands below its picture. \
A delta's removals are counted; descent dataset get has their ids.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("set").args(["group_or_name", "group", "file"]).required(true))]
pub(crate) struct Sample {
	#[command(flatten)]
	group: AnyGroupArg,
	#[command(flatten)]
	proposal: AnyProposalArg,
	/// Version of the data set to sample, from 1; the newest unless given
	#[arg(
		long,
		value_name = "V",
		conflicts_with_all = ["proposal_number", "proposal"],
		value_parser = clap::value_parser!(u32).range(1..)
	)]
	at: Option<u32>,
	/// Delta file on this machine to sample, without a network
	#[arg(long, value_name = "FILE", conflicts_with_all = ["group_or_name", "group", "at"], requires = "description")]
	file: Option<PathBuf>,
	/// Model description that names the columns of the file
	#[arg(long, value_name = "FILE", requires = "file")]
	description: Option<PathBuf>,
	#[command(flatten)]
	look: Look,
	#[command(flatten)]
	data: DataArg,
}

/// The records to look at, and the form in which they are shown.
#[derive(Clone, Debug, Args)]
struct Look {
	/// Most records to show
	#[arg(
		long,
		value_name = "N",
		default_value_t = 20,
		value_parser = clap::value_parser!(u32).range(1..=1000)
	)]
	records: u32,
	/// Seed that draws the records; a random one unless given
	#[arg(long, value_name = "N")]
	seed: Option<u64>,
	/// PNG file to write the pictures to, where the input has the shape of pictures
	#[arg(long, value_name = "FILE")]
	png: Option<PathBuf>,
	/// Vocabulary that makes text of tokens: a vocab.json or tokenizer.json, or bytes where each token is a
	/// byte
	#[arg(long, value_name = "FILE|bytes")]
	vocabulary: Option<PathBuf>,
}

/// Records that were drawn, and the number of those that they were drawn from.
#[derive(Debug, Serialize)]
struct Drawn {
	#[serde(skip_serializing_if = "Option::is_none")]
	group: Option<GroupId>,
	#[serde(skip_serializing_if = "Option::is_none")]
	proposal: Option<ProposalId>,
	#[serde(skip_serializing_if = "Option::is_none")]
	version: Option<u32>,
	#[serde(skip_serializing_if = "Option::is_none")]
	file: Option<PathBuf>,
	/// Records that the delta adds, or that the version has.
	added: u64,
	/// Records that the delta removes.
	removed: u64,
	seed: u64,
	/// Sheet with the pictures.
	#[serde(skip_serializing_if = "Option::is_none")]
	png: Option<PathBuf>,
	records: Vec<Looked>,
}

impl Sample {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let draft = self.look.png.as_deref().map(Draft::new).transpose()?;
		let vocabulary = self.look.vocabulary.as_deref().map(vocabulary).transpose()?;
		let seed = self.look.seed.unwrap_or_else(rand::random);
		let (schema, sample, mut drawn) = self.draw(global, output, seed).await?;
		let mut records = sample.records;
		sheet::sort(&schema, &mut records);
		drawn.records = sheet::look(&schema, &records, vocabulary.as_ref());
		if let Some(draft) = draft {
			std::fs::write(draft.path(), sheet::png(&schema, &records)?)?;
			draft.finish()?;
		}
		output.print(&drawn, |output| show(output, &drawn))
	}

	/// Draws the records, and says what they are of.
	async fn draw(
		&self,
		global: &Global,
		output: &Output,
		seed: u64,
	) -> Result<(Schema, DeltaSample, Drawn)> {
		let count = self.look.records;
		if let (Some(file), Some(description)) = (&self.file, &self.description) {
			let schema = description::read(description)?.schema();
			let sample = delta(file, &schema, seed, count, output).await;
			let sample =
				sample.with_context(|| format!("{} is not a delta for this model", file.display()))?;
			let drawn = self.drawn(&sample, seed, None, None);
			return Ok((schema, sample, drawn));
		}
		let group = self.group.id(global).await?.context("name a group, or a file with --file")?;
		let client = global.connect().await?;
		let group = client.group(group).await?;
		let dataset = data::open(&client, group.id, &self.data, output).await?;
		let schema = dataset.description().schema();
		let Some(proposal) = self.proposal.value() else {
			let version = self.at.unwrap_or(dataset.newest());
			let set = data::version(&dataset, version, output).await?;
			let added = set.len();
			let records = until_stopped(move || Ok(set.sample(seeded(seed), count)?)).await?;
			let sample = DeltaSample { added, removed: 0, records };
			let drawn = self.drawn(&sample, seed, Some(group.id), Some(version));
			return Ok((schema, sample, drawn));
		};
		let proposals = client.proposals(group.id).await?;
		let proposal = find(&group, &proposals, proposal)?;
		let folder = tempfile::tempdir().context("there is no folder for temporary files; set TMPDIR")?;
		let file = folder.path().join("delta");
		data::proposed(&dataset, proposal, &file, output).await?;
		let sample = delta(&file, &schema, seed, count, output).await;
		let sample =
			sample.with_context(|| format!("proposal {} is not a delta for this model", proposal.id))?;
		let drawn = self.drawn(&sample, seed, Some(group.id), None);
		Ok((schema, sample, drawn))
	}

	fn drawn(&self, sample: &DeltaSample, seed: u64, group: Option<GroupId>, version: Option<u32>) -> Drawn {
		Drawn {
			group,
			proposal: self.proposal.value(),
			version,
			file: self.file.clone(),
			added: sample.added,
			removed: sample.removed,
			seed,
			png: self.look.png.clone(),
			records: vec![],
		}
	}
}

fn seeded(seed: u64) -> H256 {
	H256::from_low_u64_be(seed)
}

/// Draws additions of a delta file.
///
/// # Errors
/// Fails if a row is not one of a delta.
async fn delta(file: &Path, schema: &Schema, seed: u64, count: u32, output: &Output) -> Result<DeltaSample> {
	let (file, schema) = (file.to_path_buf(), schema.clone());
	let spinner = output.spinner("reading the delta");
	let sample = until_stopped(move || Ok(DeltaSample::draw(&file, &schema, seeded(seed), count, |_| ())?));
	let sample = sample.await;
	spinner.finish_and_clear();
	sample
}

/// Reads a vocabulary, or the word `bytes`.
fn vocabulary(file: &Path) -> Result<Vocabulary> {
	if file == Path::new("bytes") {
		return Ok(Vocabulary::Bytes);
	}
	let mut json = Vec::new();
	open(file)?.take(MAX_VOCABULARY_BYTES.saturating_add(1)).read_to_end(&mut json)?;
	let size = u64::try_from(json.len()).unwrap_or(u64::MAX);
	ensure!(
		size <= MAX_VOCABULARY_BYTES,
		"{} is longer than the {MAX_VOCABULARY_BYTES} bytes that are read of a vocabulary",
		file.display()
	);
	Vocabulary::parse(&json).with_context(|| format!("{} is no vocabulary", file.display()))
}

fn show(output: &Output, drawn: &Drawn) -> String {
	let what = match (drawn.proposal, drawn.version, &drawn.file) {
		(Some(proposal), _, _) => {
			format!("proposal {proposal} adds {} records and removes {}", drawn.added, drawn.removed)
		}
		(None, Some(version), _) => format!("version {version} has {} records", drawn.added),
		(None, None, file) => {
			let file = file.as_deref().unwrap_or(Path::new("the file")).display();
			format!("{file} adds {} records and removes {}", drawn.added, drawn.removed)
		}
	};
	let mut text = format!("{what}; {} of them, drawn by the seed {}:", drawn.records.len(), drawn.seed);
	if let Some(png) = &drawn.png {
		text.push_str(&format!("\nthe pictures are in {}, in the order of the table", png.display()));
	}
	let place = if drawn.version.is_some() { "position" } else { "row" };
	let row = |(record, number): (&Looked, u32)| {
		let id = record.id.get(..16).unwrap_or(&record.id).to_string();
		let shown = plain(&record.values);
		[number.to_string(), record.place.to_string(), id, record.label.clone(), shown]
	};
	let rows: Vec<_> = drawn.records.iter().zip(1..).map(row).collect();
	format!("{text}\n\n{}", table(output, ["no.", place, "id begins", "label", "input"], &rows))
}

#[cfg(test)]
#[path = "sample_tests.rs"]
mod tests;
