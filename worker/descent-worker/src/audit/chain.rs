//! The audit of a round's recordings, with states that are fetched from their trainers.

use super::{
	report::{Audited, AuditedRound, Finding, Report},
	segment::{Recorded, Replayer},
	states::{Missing, States},
	Options, Progress,
};
use crate::network::connect;
use anyhow::{bail, ensure, Context, Result};
use descent_artifacts::{joined, on_thread, DatasetClient, DatasetStep, OnStep};
use descent_client::{Client, GroupKey};
use descent_content::{FetchLimits, Fetcher, Store};
use descent_dataset::Set;
use descent_model::{max_checkpoint_bytes, Checkpoint};
use descent_protocol::{
	trace::{departure_limit, Base, BatchOrder, Segment},
	view::{CandidateView, GroupView, RecordingView, RoundView},
	ContentRef, RoundIndex,
};
use descent_trainer::read_trace;
use indicatif::DecimalBytes;
use sp_core::H256;
use std::{sync::Arc, time::Duration};

/// Longest time in which no block of a state arrives.
const PATIENCE: Duration = Duration::from_secs(30);

/// Replays the drawn segments of a round's candidates, or all.
pub(super) async fn audit(
	options: &Options,
	group: &GroupKey,
	round: RoundIndex,
	progress: &Progress,
) -> Result<Report> {
	let client = connect(&options.node).await?;
	let group = client.group(client.find_group(group).await?).await?;
	let view = client.round(group.id, round).await?;
	ensure!(
		view.model_version == group.model_version,
		"round {round} was one of the group's model {}, and its model is {} by now: only --folder audits it",
		view.model_version,
		group.model_version
	);
	let recordings = recordings(&client, &group, &view, options).await?;
	let seed = view.seed.with_context(|| format!("the seed of round {round} is not drawn yet"))?;
	let link = client.block_hash(view.windows.commit.start).await?;
	let link = link.with_context(|| format!("the node knows no block {}", view.windows.commit.start))?;
	let log = client.dataset_log(group.id, 1).await?;
	let data = options.data.clone().or_else(DatasetClient::default_folder);
	let data = data.context("neither XDG_CACHE_HOME nor HOME is set: name a folder with --data")?;
	let on_step = steps(progress);
	let limit = options.max_data << 30;
	let dataset = DatasetClient::open(&group, log, &data, limit, options.allow_private, &on_step).await?;
	let records = dataset.version(view.dataset_version, &on_step).await?;
	let description = Arc::new(dataset.description().clone());
	let scratch = tempfile::tempdir().context("cannot make a temporary directory; set TMPDIR")?;
	let store = Store::open(scratch.path().join("content"), limit)?;
	let limits = FetchLimits {
		max_content_bytes: max_checkpoint_bytes(&description),
		patience: PATIENCE,
		allow_private: options.allow_private,
		..FetchLimits::default()
	};
	let fetcher = Fetcher::new(store, limits)?;
	let mut audited = Vec::new();
	for (candidate, recording) in recordings {
		let reveal = candidate.reveal.context("a candidate with a recording has no checkpoint")?;
		let account = candidate.account;
		let order = BatchOrder { genesis: client.genesis(), group: group.id, round, link, account };
		let subject = Subject {
			checkpoint: reveal.checkpoint,
			limit: departure_limit(seed, recording.recipe.precision),
			recording,
			order,
			records: records.clone(),
			states: States::new(
				fetcher.clone(),
				joined(&reveal.providers, &group.providers),
				description.clone(),
				scratch.path().join("state"),
			),
			progress: progress.clone(),
		};
		audited.push(subject.audit(options.all).await?);
	}
	Ok(Report::new(Some(AuditedRound { group: group.id, round }), audited))
}

/// Reads the recordings of the candidates that are asked for.
async fn recordings(
	client: &Client,
	group: &GroupView,
	view: &RoundView,
	options: &Options,
) -> Result<Vec<(CandidateView, RecordingView)>> {
	let (group, round) = (group.id, view.round);
	for account in &options.accounts {
		ensure!(
			view.candidates.iter().any(|candidate| candidate.account == *account),
			"{account} has no commitment in round {round} of group {group}"
		);
	}
	let is_asked_for = |candidate: &&CandidateView| {
		options.accounts.is_empty() || options.accounts.contains(&candidate.account)
	};
	let mut recordings = Vec::new();
	for candidate in view.candidates.iter().filter(is_asked_for) {
		match client.recording(group, round, &candidate.account).await? {
			Some(recording) => recordings.push((candidate.clone(), recording)),
			None if options.accounts.is_empty() => {}
			None => bail!("{} has revealed no recorded training in round {round}", candidate.account),
		}
	}
	ensure!(
		!recordings.is_empty(),
		"nobody has revealed a recorded training in round {round} of group {group}: they come with \
		 checkpoints where the group's rules have a recipe"
	);
	Ok(recordings)
}

/// Tells the steps of fetching the data set.
fn steps(progress: &Progress) -> OnStep {
	let bar = progress.bar.clone();
	Arc::new(move |step| {
		let (what, progress) = match step {
			DatasetStep::Description(progress) => ("fetching the model description".into(), Some(progress)),
			DatasetStep::Content { what, progress } => (format!("fetching the {what}"), Some(progress)),
			DatasetStep::Searching => ("looking for what is here already".into(), None),
			DatasetStep::Fetching { version, progress } => {
				(format!("fetching delta {version}"), Some(progress))
			}
			DatasetStep::Building { version } => (format!("building version {version}"), None),
		};
		let bytes = progress.map_or_else(String::new, |progress| {
			format!(": {} of {}", DecimalBytes(progress.done), DecimalBytes(progress.total))
		});
		bar.set_message(format!("{what}{bytes}"));
	})
}

/// The recording of a candidate.
struct Subject {
	recording: RecordingView,
	order: BatchOrder,
	checkpoint: ContentRef,
	/// The largest departure that is allowed, in billionths.
	limit: u64,
	records: Arc<Set>,
	states: States,
	progress: Progress,
}

/// A segment to be replayed, with the content at its ends.
struct Ends {
	number: u16,
	rate: u32,
	start: Option<ContentRef>,
	end: ContentRef,
}

impl Subject {
	async fn audit(mut self, all: bool) -> Result<Audited> {
		let account = self.order.account.to_string();
		let (segments, precision) = (self.recording.trace.segments, self.recording.recipe.precision);
		let mut replayed = Vec::new();
		let unavailable = match self.replay(all, &mut replayed).await {
			Ok(()) => None,
			Err(Missing::Unavailable(reason)) => Some(reason),
			Err(Missing::Invalid(reason)) => bail!("{account}: {reason}"),
			Err(Missing::Failed(error)) => return Err(error.context(account)),
		};
		Ok(Audited::new(account, segments, precision, replayed, unavailable))
	}

	async fn replay(&mut self, all: bool, replayed: &mut Vec<Finding>) -> Result<(), Missing> {
		let segments = match all {
			true => self.all().await?,
			false => vec![self.drawn()],
		};
		for ends in segments {
			let number = ends.number;
			let finding = match self.segment(ends).await {
				Err(Missing::Invalid(reason)) => Finding::departs(number, self.limit, reason),
				finding => finding?,
			};
			let departs = finding.departs;
			replayed.push(finding);
			if departs {
				break;
			}
		}
		Ok(())
	}

	fn drawn(&self) -> Ends {
		let RecordingView { number, rate, start, end, .. } = self.recording;
		Ends { number, rate, start, end }
	}

	/// Fetches the list of all segments, which the root of the trace leads to.
	async fn all(&self) -> Result<Vec<Ends>, Missing> {
		let trace = self.recording.trace;
		let fetch = |digests: Vec<H256>, sizes: &'static [u64]| {
			let done = format!("{}: fetching the list of {} segments", self.order.account, trace.segments);
			self.progress.bar.set_message(done);
			self.states.pieces(digests, sizes)
		};
		let segments = read_trace(&trace, fetch).await?;
		let state = |digest| ContentRef { digest, ..self.checkpoint };
		let base = match self.recording.recipe.base {
			Base::Initial { .. } => None,
			Base::Checkpoint { checkpoint } => Some(checkpoint),
		};
		let ends = |(number, segment): (u16, &Segment)| Ends {
			number,
			rate: segment.rate,
			start: match segment.from {
				Some(from) => segments.get(usize::from(from)).map(|from| state(from.state)),
				None => base,
			},
			end: state(segment.state),
		};
		Ok((0..=u16::MAX).zip(&segments).map(ends).collect())
	}

	async fn segment(&mut self, ends: Ends) -> Result<Finding, Missing> {
		let Ends { number, rate, start, end } = ends;
		let what = self.order.account.to_string();
		self.progress.bar.set_message(format!("{what}: fetching the states of segment {number}"));
		let start = match (start, self.recording.recipe.base) {
			(Some(start), _) => self.states.checkpoint(start).await?,
			(None, Base::Initial { seed }) => Arc::new(Checkpoint::initial(self.states.description(), seed)),
			(None, Base::Checkpoint { checkpoint }) => self.states.checkpoint(checkpoint).await?,
		};
		let end = self.states.checkpoint(end).await?;
		let (recipe, order, records) = (self.recording.recipe, self.order.clone(), self.records.clone());
		let (limit, progress) = (self.limit, self.progress.clone());
		let replayed = on_thread(move || {
			let (recipe, order, records, progress, what) = (&recipe, &order, &records, &progress, &what);
			let replayer = Replayer { recipe, order, records, limit, progress, what };
			replayer.replay(&Recorded { number, rate, start: &start, end: &end, losses: None })
		});
		replayed.await.map_err(Missing::Failed)
	}
}

#[cfg(test)]
pub(super) mod tests {
	use super::*;
	use crate::audit::tests::Recorded as Folder;
	use descent_protocol::trace::Precision;
	use descent_replay::Recording;
	use descent_trainer::trace_pieces;
	use std::fs::File;

	/// A thing that a trainer does not serve.
	#[derive(Clone, Copy, PartialEq, Eq)]
	pub(in crate::audit) enum Lie {
		None,
		/// The state at the end of a segment.
		NoState(u16),
		/// The list of segments.
		NoList,
	}

	/// Serves a recording as its trainer does, and audits it as one of a round in which this segment is
	/// drawn.
	pub(in crate::audit) async fn served(folder: &Folder, drawn: u16, lie: Lie, all: bool) -> Report {
		let recording = Recording::read(&folder.folder).unwrap();
		let any = "127.0.0.1:0".parse().unwrap();
		let directory = tempfile::tempdir().unwrap();
		let gateway = Store::open(directory.path().join("gateway"), 1 << 28).unwrap();
		let mut states = Vec::new();
		for number in 0..recording.count() {
			let path = recording.state_path(number).unwrap();
			states.push(descent_content::address(File::open(&path).unwrap()).unwrap());
			if lie != Lie::NoState(number) {
				gateway.import_path(path).unwrap();
			}
		}
		if lie != Lie::NoList {
			for piece in trace_pieces(recording.segments()) {
				gateway.import(&piece[..]).unwrap();
			}
		}
		let (address, _) = descent_content::serve(any, gateway, std::future::pending()).await.unwrap();
		let number = usize::from(drawn);
		let view = RecordingView {
			recipe: folder.header.recipe,
			trace: recording.trace(),
			number: drawn,
			rate: recording.segments()[number].rate,
			start: number.checked_sub(1).map(|before| states[before]),
			end: states[number],
		};
		let store = Store::open(directory.path().join("fetched"), 1 << 28).unwrap();
		let limits =
			FetchLimits { allow_private: true, patience: Duration::from_secs(3), ..FetchLimits::default() };
		let subject = Subject {
			checkpoint: states[3],
			limit: departure_limit(H256::zero(), Precision::F64),
			recording: view,
			order: folder.header.order.clone(),
			records: folder.fixture.set.clone(),
			states: States::new(
				Fetcher::new(store, limits).unwrap(),
				vec![format!("http://{address}")],
				Arc::new(folder.fixture.description.clone()),
				directory.path().join("state"),
			),
			progress: Progress::new(),
		};
		let round = Some(AuditedRound { group: 1, round: 7 });
		Report::new(round, vec![subject.audit(all).await.unwrap()])
	}
}
