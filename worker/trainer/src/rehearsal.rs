//! The dress rehearsal: a checkpoint is measured as a committee would, on draws that nobody knew before, and
//! compared with the head and with those that won.

mod past_round;

use crate::{group_client::ChainLog, trainer::connect};
use anyhow::{Context, Result};
use descent_artifacts::{
	dataset_log::{sources, DatasetLog, LogSource},
	within, Artifacts, Quota,
};
use descent_client::GroupKey;
use descent_dataset::{Description, Set};
use descent_evaluator::evaluation_set::{self, EvaluationSet};
use descent_model::Checkpoint;
use descent_protocol::{
	evaluation::DeltaSource,
	view::{GroupView, RoundSummary},
	EvaluationPolicy, RoundIndex, Score,
};
use past_round::PastRound;
use serde::Serialize;
use sp_core::H256;
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};
use tokio::runtime::Handle;

/// Longest time to fetch model and data.
const DATA_LIMIT: Duration = Duration::from_secs(6 * 3600);
/// Longest time to fetch the head, and to measure one checkpoint once.
const HEAD_LIMIT: Duration = Duration::from_secs(3600);
/// Rounds whose winners are shown.
const ROUNDS: usize = 5;

/// Settings of a rehearsal.
#[derive(Clone, Debug)]
pub struct RehearsalSettings {
	/// Addresses of nodes' RPC, one or more: where one fails, the next is asked.
	pub nodes: Vec<String>,
	/// Hash of the first block of the chain that the nodes have to be of; that of the first node if absent.
	pub genesis: Option<H256>,
	/// The training group.
	pub group: GroupKey,
	/// The checkpoint, a safetensors file.
	pub checkpoint: PathBuf,
	/// Directory for content and data sets, which no other process may use meanwhile.
	pub cache: PathBuf,
	/// Number of draws.
	pub draws: u16,
	/// A round of a group with hidden test sets, whose records are drawn again in place of those draws.
	pub round: Option<RoundIndex>,
	/// Largest size of content on disk, in bytes.
	pub max_content: u64,
	/// Largest size of data sets on disk, in bytes.
	pub max_data: u64,
	/// Allows providers of content on this machine and in private networks, which a local chain needs.
	pub allow_private: bool,
}

/// Findings of a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rehearsal {
	/// Records of a draw.
	pub records: u32,
	/// The set that they are drawn from.
	pub drawn_from: RecordSource,
	/// Micro-units by which the head has to be beaten.
	pub minimum_improvement: u64,
	/// The draws.
	pub draws: Vec<Draw>,
	/// Draws in which the checkpoint would have won.
	pub won: usize,
	/// Winners of the last rounds with this model, the last one first.
	pub winners: Vec<Winner>,
}

/// A set that the records of a rehearsal are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordSource {
	/// The training set.
	Training,
	/// The validation set, on which rounds are measured.
	Validation,
	/// The public validation set of a group whose rounds are measured on hidden test sets.
	Otherwise,
	/// The hidden test set of a past round, whose key is released.
	Hidden,
}

/// Scores on the records that one seed draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Draw {
	/// The seed.
	pub seed: H256,
	/// The checkpoint's score.
	pub mine: Score,
	/// The head's score; absent if there is no head, or it has no score.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub head: Option<Score>,
}

/// The winner of a settled round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Winner {
	/// The round.
	pub round: RoundIndex,
	/// Its score, on the records of that round.
	pub score: Score,
	/// The score that it had to beat, on the same records; absent if there was none.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub baseline: Option<Score>,
}

/// Measures a checkpoint as the committee of a round would.
///
/// # Errors
/// If the node or the group cannot be reached, model, data or head cannot be had, or a committee would call
/// the checkpoint invalid.
pub async fn rehearse(settings: RehearsalSettings) -> Result<Rehearsal> {
	let client = connect(&settings.nodes, settings.genesis).await?;
	let group = client.group(client.find_group(&settings.group).await?).await?;
	let from = group.settled.map_or(0, |last| last.saturating_sub(100));
	// A node of an older chain has no history, which is no reason not to measure.
	let history = client.history(group.id, from).await.unwrap_or_else(|error| {
		tracing::warn!("the last rounds cannot be read: {error}");
		Vec::new()
	});
	let winners = winners(&group, &history);
	let past = match settings.round {
		Some(round) => Some(PastRound::read(&client, &group, round).await?),
		None => None,
	};
	let handle = Handle::current();
	let log = ChainLog::new(client, group.id, handle.clone());
	let measured = tokio::task::spawn_blocking(move || -> Result<Rehearsal> {
		let quota = Quota {
			content: settings.max_content,
			candidates: 0,
			data: settings.max_data,
			allow_private: settings.allow_private,
		};
		let artifacts = Artifacts::open(&settings.cache, quota, handle)?;
		let measurer = Measurer::fetch(&artifacts, log, &group, past.as_ref())?;
		let mine = evaluation_set::load(&measurer.description, &settings.checkpoint)
			.context("a committee would call this checkpoint invalid")?;
		let seeds = match &past {
			Some(past) => vec![past.seed],
			None => (0..settings.draws).map(|_| H256(rand::random())).collect(),
		};
		let draws = measurer.draws(&mine, &seeds)?;
		Ok(Rehearsal::new(&group, measurer.drawn_from, draws, winners))
	});
	measured.await?
}

/// Returns the winners of the last rounds with the group's model, the last one first.
fn winners(group: &GroupView, history: &[RoundSummary]) -> Vec<Winner> {
	let own = history.iter().rev().filter(|round| round.model_version == group.model_version);
	let winner = |round: &RoundSummary| {
		let score = round.winner.as_ref()?.score;
		Some(Winner { round: round.round, score, baseline: round.baseline })
	};
	own.filter_map(winner).take(ROUNDS).collect()
}

/// Returns the deltas of the public set that records are drawn from.
fn public(log: impl LogSource, group: &GroupView) -> Result<(Vec<DeltaSource>, RecordSource)> {
	let alone = |set| vec![DeltaSource { delta: set, providers: Vec::new() }];
	Ok(match group.policy {
		EvaluationPolicy::Training { .. } => {
			let mut log = DatasetLog::new(log);
			(sources(log.read(group.dataset_version, group.dataset_root)?), RecordSource::Training)
		}
		EvaluationPolicy::Validation { set, .. } => (alone(set), RecordSource::Validation),
		EvaluationPolicy::Hidden { otherwise, .. } => (alone(otherwise), RecordSource::Otherwise),
	})
}

/// All that the checkpoints of a group are measured with.
struct Measurer {
	description: Description,
	/// The records that evaluation sets are drawn from.
	set: Arc<Set>,
	drawn_from: RecordSource,
	head: Option<Checkpoint>,
	group: GroupView,
}

impl Measurer {
	/// Fetches what is not on disk. The records are those of a past round's hidden test set, where it has a
	/// sound one whose key is released, and else the public ones of the group.
	fn fetch(
		artifacts: &Artifacts,
		log: impl LogSource,
		group: &GroupView,
		past: Option<&PastRound>,
	) -> Result<Self> {
		let (providers, until) = (&group.providers, within(DATA_LIMIT));
		tracing::info!("fetching model and data");
		let description = artifacts.description(&group.model, providers, until)?;
		let hidden = past.map(|past| past.test_set(artifacts, &description, providers, until));
		let (set, drawn_from) = match hidden.transpose()?.flatten() {
			Some(set) => (set, RecordSource::Hidden),
			None => {
				let (deltas, drawn_from) = public(log, group)?;
				(artifacts.set(&description, &deltas, providers, until)?, drawn_from)
			}
		};
		let head = group.incumbent().map(|head| {
			evaluation_set::check_size(&description, &head.checkpoint)?;
			let file = artifacts
				.file(&head.checkpoint, head.providers, within(HEAD_LIMIT))
				.context("the head cannot be had")?;
			anyhow::Ok(evaluation_set::load(&description, &file)?)
		});
		let head = head.transpose()?;
		Ok(Self { description, set, drawn_from, head, group: group.clone() })
	}

	/// Measures a checkpoint and the head on the records that each of these seeds draws.
	fn draws(&self, mine: &Checkpoint, seeds: &[H256]) -> Result<Vec<Draw>> {
		let draw = |seed: &H256| -> Result<Draw> {
			let (records, metric) = (self.group.policy.records(), self.group.metric);
			let drawn = EvaluationSet::draw(self.set.clone(), *seed, records, metric)?;
			let mine = drawn
				.evaluate(mine, within(HEAD_LIMIT))
				.context("a committee would find no score for this checkpoint")?
				.score;
			let head = self.head.as_ref();
			let head = head.map(|head| drawn.evaluate(head, within(HEAD_LIMIT))).transpose();
			let head = head.context("the head has no score on this draw")?;
			Ok(Draw { seed: *seed, mine, head: head.map(|evaluated| evaluated.score) })
		};
		seeds.iter().map(draw).collect()
	}
}

impl Rehearsal {
	fn new(group: &GroupView, drawn_from: RecordSource, draws: Vec<Draw>, winners: Vec<Winner>) -> Self {
		let minimum_improvement = group.minimum_improvement;
		let won = draws.iter().filter(|draw| draw.wins(minimum_improvement)).count();
		Self { records: group.policy.records(), drawn_from, minimum_improvement, draws, won, winners }
	}
}

impl Draw {
	/// Returns true if the checkpoint beats the head by as much as the group asks for.
	fn wins(&self, minimum_improvement: u64) -> bool {
		self.head.is_none_or(|head| self.mine.beats(head, minimum_improvement))
	}
}

impl fmt::Display for Rehearsal {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let asked = Score(self.minimum_improvement);
		for draw in &self.draws {
			let head = draw.head.map_or_else(|| "no head".into(), |head| format!("head {head}"));
			let would = if draw.wins(self.minimum_improvement) { "would win" } else { "would not win" };
			writeln!(f, "mine {}, {head}, asked {asked}: {would}", draw.mine)?;
		}
		for Winner { round, score, baseline } in &self.winners {
			let beaten = baseline.map_or_else(String::new, |baseline| format!(" against {baseline}"));
			writeln!(f, "round {round} was won with {score}{beaten}, on other records")?;
		}
		match self.drawn_from {
			RecordSource::Training | RecordSource::Validation => {}
			RecordSource::Otherwise => writeln!(
				f,
				"these are records of the public validation set; rounds of this group are measured on hidden \
				 test sets"
			)?,
			RecordSource::Hidden => writeln!(f, "these are the records of a past round's hidden test set")?,
		}
		let (won, draws) = (self.won, self.draws.len());
		write!(f, "It would have won in {won} of {draws} draws of {} records", self.records)?;
		match (won, draws) {
			(0, _) => write!(f, "."),
			_ if won == draws => write!(f, ", if no other candidate were better."),
			_ => write!(f, ": which records are drawn decides, and a lost round costs no deposit."),
		}
	}
}

#[cfg(test)]
#[path = "rehearsal_tests.rs"]
mod tests;
