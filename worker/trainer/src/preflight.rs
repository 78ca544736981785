//! Measurements before the first deposit: the address that others fetch from, and the times of a claim and of
//! a checkpoint's way to the validators, against the windows of the group.

use crate::{
	evaluate::Evaluate,
	events::Event,
	loader::{Assets, EvaluationAssets},
	publisher::Publisher,
	round_spec::RoundSpec,
	timings::{judge, Timings, Windows},
};
use anyhow::{Context, Result};
use descent_artifacts::{within, ArtifactError, ContentCache, PinGuard};
use descent_content::{FetchLimits, Fetcher, Store};
use descent_dataset::Description;
use descent_evaluator::evaluation_set::EvaluationSet;
use descent_model::{Device, Model};
use descent_protocol::{view::GroupView, ContentRef, Metric};
use rand::Rng;
use sp_core::H256;
use std::{
	fs::File,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, PoisonError},
	time::{Duration, Instant},
};

/// Longest time until a first byte comes through the public address.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of the content that tries the public address.
const PROBE_BYTES: usize = 1024;
/// Bytes of blocks that a checkpoint in a store may need beside its own.
const STORE_OVERHEAD: u64 = 16 << 20;

/// Files of a checkpoint's size that a reveal with a recorded training publishes: the checkpoint, and both
/// ends of the drawn segment.
const RECORDED_FILES: u32 = 3;

/// Serves content, and fetches it through its public address.
#[derive(Clone)]
pub(crate) struct Probe {
	pub cache: ContentCache,
	/// The place from which others fetch.
	pub publisher: Publisher,
	/// Directory for temporary files.
	pub scratch: PathBuf,
	/// True if the address may be on this machine or in a private network, as on a local chain. The
	/// evaluators of a public one do not fetch from there.
	pub allow_private: bool,
}

impl Probe {
	/// Fetches a little content through the public address.
	///
	/// # Errors
	/// If others cannot fetch from there.
	pub(crate) async fn reach(&self) -> Result<()> {
		let bytes: Vec<u8> = (0..PROBE_BYTES).map(|_| rand::rng().random()).collect();
		let content = ContentRef::raw(&bytes).context("the probe has no address")?;
		let _pin = self.cache.hold(vec![content]);
		let cache = self.cache.clone();
		let imported = tokio::task::spawn_blocking(move || -> Result<()> {
			let _reservation = cache.reserve(&content, 0)?;
			cache.store().import(&bytes[..])?;
			Ok(())
		});
		imported.await??;
		let published = self.publisher.publish(self.cache.store(), &content).await;
		let reached = match published {
			Ok(()) => self.fetch(&content, PATIENCE).await,
			Err(error) => Err(error),
		};
		self.discard(&content).await;
		reached.map(drop)
	}

	/// Removes content that the caller alone holds.
	async fn discard(&self, content: &ContentRef) {
		self.publisher.withdraw(content).await;
		if let Err(error) = self.cache.discard(content) {
			tracing::debug!("content of the preflight stays for now: {error}");
		}
	}

	/// Fetches content through the public address into another store, and returns the time that it took.
	async fn fetch(&self, content: &ContentRef, limit: Duration) -> Result<Duration> {
		let folder = tempfile::tempdir_in(&self.scratch)?;
		let store = Store::open(folder.path(), content.size.saturating_add(STORE_OVERHEAD))?;
		let limits = FetchLimits {
			deadline: limit,
			patience: PATIENCE,
			request_timeout: PATIENCE,
			allow_private: self.allow_private,
			..FetchLimits::default()
		};
		let began = Instant::now();
		let fetched = Fetcher::new(store, limits)?.fetch(content, &[self.publisher.address()], |_| {}).await;
		fetched.with_context(|| {
			format!(
				"nobody can fetch checkpoints from {}, and every deposit would be lost. {}. --no-preflight \
				 skips this test, for a network that does not let this machine reach its own public address",
				self.publisher.address(),
				self.publisher.remedy()
			)
		})?;
		Ok(began.elapsed())
	}
}

/// The rules that a preflight is for. Others need another one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Subject {
	model: ContentRef,
	records: u32,
	/// Files of a checkpoint's size that are published with a reveal.
	files: u32,
	windows: Windows,
}

/// A preflight for each model of the group.
pub(crate) struct Preflight {
	probe: Probe,
	evaluator: Arc<dyn Evaluate>,
	subject: Option<Subject>,
	/// The times, once they are measured.
	measured: Arc<Mutex<Option<Result<Timings>>>>,
	/// The times that fit, or the reason to commit to nothing.
	verdict: Option<Result<Timings, String>>,
}

impl Preflight {
	pub(crate) fn new(probe: Probe, evaluator: Arc<dyn Evaluate>) -> Self {
		Self { probe, evaluator, subject: None, measured: Arc::default(), verdict: None }
	}

	/// Returns the times that fit into the windows, or the reason to commit to nothing, once it is known.
	pub(crate) fn verdict(&self) -> Option<&Result<Timings, String>> {
		self.verdict.as_ref()
	}

	/// Begins to measure once model and data of the group are here, and again for another model or other
	/// windows. Returns an event when it is done.
	pub(crate) fn follow(&mut self, group: &GroupView, assets: &Assets) -> Option<Event> {
		let windows = Windows::new(&group.clock, &group.policy);
		let files = if group.optional_rules.recipe().is_some() { RECORDED_FILES } else { 1 };
		let subject = Subject { model: group.model, records: group.policy.records(), files, windows };
		if self.subject.as_ref() != Some(&subject) {
			(self.subject, self.verdict) = (None, None);
			let evaluation = assets.evaluation(&RoundSpec::from(group))?.clone();
			self.start(subject, evaluation, group.metric, assets);
			return None;
		}
		let measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner).take()?;
		let (timings, refused) = match measured {
			Ok(timings) => (Some(timings), judge(&timings, &windows).err()),
			Err(error) => (None, Some(format!("{error:#}"))),
		};
		self.verdict = match (timings, refused.clone()) {
			(_, Some(reason)) => Some(Err(reason)),
			(timings, None) => timings.map(Ok),
		};
		Some(Event::preflight(timings, &windows, refused))
	}

	fn start(&mut self, subject: Subject, evaluation: EvaluationAssets, metric: Metric, assets: &Assets) {
		let (probe, evaluator) = (self.probe.clone(), self.evaluator.clone());
		let pause = assets.training.as_ref().map(|(_, training)| training.pause());
		let measured = Arc::new(Mutex::new(None));
		(self.measured, self.subject) = (measured.clone(), Some(subject.clone()));
		tokio::spawn(async move {
			let timings = measure(&probe, evaluator, evaluation, metric, subject).await;
			drop(pause);
			*measured.lock().unwrap_or_else(PoisonError::into_inner) = Some(timings);
		});
	}
}

/// Measures the times of a freshly initialised checkpoint.
async fn measure(
	probe: &Probe,
	evaluator: Arc<dyn Evaluate>,
	evaluation: EvaluationAssets,
	metric: Metric,
	subject: Subject,
) -> Result<Timings> {
	let file = tempfile::NamedTempFile::new_in(&probe.scratch)?.into_temp_path();
	let (own, cache, windows) = (file.to_path_buf(), probe.cache.clone(), subject.windows);
	let measured =
		tokio::task::spawn_blocking(move || -> Result<(Duration, Duration, ContentRef, PinGuard)> {
			let description = &evaluation.description;
			Model::new(description, rand::rng().random(), Device::Cpu)?.save(&own)?;
			let set =
				EvaluationSet::draw(evaluation.set, H256(rand::rng().random()), subject.records, metric)?;
			let claim = measure_claim(&*evaluator, description, &set, &own, windows.reveal)?;
			let began = Instant::now();
			let content = descent_content::address(File::open(&own)?)?;
			let pin = cache.hold(vec![content]);
			let _reservation = cache.reserve(&content, 0)?;
			cache.store().import_path(&own)?;
			Ok((claim, began.elapsed(), content, pin))
		});
	let (claim, publish, content, _pin) = measured.await??;
	let began = Instant::now();
	let published = probe.publisher.publish(probe.cache.store(), &content).await;
	let publish = publish.saturating_add(began.elapsed()).saturating_mul(subject.files);
	let fetch = match published {
		Ok(()) => probe.fetch(&content, windows.fetch.saturating_add(PATIENCE)).await,
		Err(error) => Err(error),
	};
	probe.discard(&content).await;
	Ok(Timings { bytes: content.size, claim, publish, fetch: fetch?.saturating_mul(subject.files) })
}

/// Measures the time of a claim, which ends soon after it is known to be too long.
fn measure_claim(
	evaluator: &dyn Evaluate,
	description: &Description,
	set: &EvaluationSet,
	file: &Path,
	limit: Duration,
) -> Result<Duration> {
	let began = Instant::now();
	let limit = limit.saturating_add(PATIENCE);
	match evaluator.evaluate(description, set, file, within(limit)) {
		// Weights that nothing has trained may have no score; their time is the same.
		Ok(_) | Err(ArtifactError::Invalid(_) | ArtifactError::IllConditioned(_)) => Ok(began.elapsed()),
		Err(_) if began.elapsed() >= limit => Ok(began.elapsed()),
		Err(error) => Err(error).context("a claim cannot be measured on this machine"),
	}
}

#[cfg(test)]
#[path = "preflight_tests.rs"]
mod tests;
