//! Metrics in the exposition format of Prometheus.

use super::request::Request;
use anyhow::Result;
use prometheus::{
	Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
	Registry, TextEncoder,
};

/// All metrics of the service.
#[derive(Debug)]
pub(crate) struct Metrics {
	registry: Registry,
	ended: IntCounterVec,
	queued: IntGaugeVec,
	results: IntGaugeVec,
	seconds: HistogramVec,
	/// Candidates looked at, by verdict.
	pub verdicts: IntCounterVec,
	/// Proposed deltas checked, by verdict.
	pub deltas: IntCounterVec,
	/// Leaves asked of keepers, by outcome.
	pub leaves: IntCounterVec,
	/// Hidden test sets of rounds, by verdict.
	pub test_sets: IntCounterVec,
	/// Sealed test sets fetched ahead of their rounds, by outcome.
	pub prefetches: IntCounterVec,
	content_bytes: IntGauge,
}

/// Metrics of the jobs of one kind.
#[derive(Debug)]
pub(crate) struct JobMetrics {
	/// Jobs that were done.
	pub done: IntCounter,
	/// Jobs that failed.
	pub failed: IntCounter,
	/// Jobs waiting.
	pub queued: IntGauge,
	/// Results kept on disk.
	pub results: IntGauge,
	/// Seconds that jobs took.
	pub seconds: Histogram,
}

impl Metrics {
	/// Creates metrics that are all zero.
	pub(crate) fn new() -> Result<Self> {
		let registry = Registry::new();
		let name = |what: &str| format!("descent_evaluator_{what}");
		let counter = |what: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec> {
			let counter = IntCounterVec::new(Opts::new(name(what), help), labels)?;
			registry.register(Box::new(counter.clone()))?;
			Ok(counter)
		};
		let gauge = |what: &str, help: &str| -> Result<IntGaugeVec> {
			let gauge = IntGaugeVec::new(Opts::new(name(what), help), &["kind"])?;
			registry.register(Box::new(gauge.clone()))?;
			Ok(gauge)
		};
		let buckets = vec![0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0];
		let seconds = HistogramOpts::new(name("job_seconds"), "Seconds that jobs took.").buckets(buckets);
		let seconds = HistogramVec::new(seconds, &["kind"])?;
		registry.register(Box::new(seconds.clone()))?;
		let content_bytes = IntGauge::new(name("content_bytes"), "Bytes of content on disk.")?;
		registry.register(Box::new(content_bytes.clone()))?;
		let ended = "Jobs finished, by what was asked for and how they ended.";
		Ok(Self {
			ended: counter("jobs_total", ended, &["kind", "outcome"])?,
			queued: gauge("queued_jobs", "Jobs waiting.")?,
			results: gauge("results", "Results kept on disk.")?,
			seconds,
			verdicts: counter("verdicts_total", "Candidates looked at, by verdict.", &["verdict"])?,
			deltas: counter("deltas_total", "Proposed deltas checked, by verdict.", &["verdict"])?,
			leaves: counter("kept_leaves_total", "Leaves asked of keepers, by outcome.", &["outcome"])?,
			test_sets: counter("test_sets_total", "Hidden test sets of rounds, by verdict.", &["verdict"])?,
			prefetches: counter(
				"prefetches_total",
				"Sealed test sets fetched ahead, by outcome.",
				&["outcome"],
			)?,
			content_bytes,
			registry,
		})
	}

	/// Returns the metrics of jobs of one kind.
	pub(crate) fn of<R: Request>(&self) -> JobMetrics {
		let ended = |outcome| self.ended.with_label_values(&[R::KIND, outcome]);
		JobMetrics {
			done: ended("done"),
			failed: ended("failed"),
			queued: self.queued.with_label_values(&[R::KIND]),
			results: self.results.with_label_values(&[R::KIND]),
			seconds: self.seconds.with_label_values(&[R::KIND]),
		}
	}

	/// Sets the bytes of content on disk.
	pub(crate) fn set_content(&self, bytes: u64) {
		self.content_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
	}

	/// Renders all metrics as text.
	pub(crate) fn render(&self) -> Result<String> {
		let mut text = Vec::new();
		TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
		Ok(String::from_utf8(text)?)
	}
}
