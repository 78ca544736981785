use anyhow::Result;
use prometheus::{Encoder, Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// What the service counts, in the exposition format of Prometheus.
#[derive(Debug)]
pub struct Metrics {
	registry: Registry,
	/// Evaluations finished, by how they ended: done, failed.
	pub jobs: IntCounterVec,
	/// Candidates looked at, by verdict.
	pub verdicts: IntCounterVec,
	/// Evaluations waiting.
	pub queued: IntGauge,
	/// Ballots kept on disk.
	pub results: IntGauge,
	/// Bytes of content on disk.
	pub content_bytes: IntGauge,
	/// Seconds that evaluations took.
	pub seconds: Histogram,
}

impl Metrics {
	/// All at zero.
	pub fn new() -> Result<Self> {
		let jobs = IntCounterVec::new(
			Opts::new(
				"descent_evaluator_jobs_total",
				"Evaluations finished, by how they ended.",
			),
			&["outcome"],
		)?;
		let verdicts = IntCounterVec::new(
			Opts::new(
				"descent_evaluator_verdicts_total",
				"Candidates looked at, by verdict.",
			),
			&["verdict"],
		)?;
		let queued = IntGauge::new("descent_evaluator_queued_jobs", "Evaluations waiting.")?;
		let results = IntGauge::new("descent_evaluator_results", "Ballots kept on disk.")?;
		let content_bytes = IntGauge::new("descent_evaluator_content_bytes", "Bytes of content on disk.")?;
		let seconds = Histogram::with_opts(
			HistogramOpts::new("descent_evaluator_job_seconds", "Seconds that evaluations took.")
				.buckets(vec![0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0]),
		)?;
		let registry = Registry::new();
		for collector in [&queued, &results, &content_bytes] {
			registry.register(Box::new(collector.clone()))?;
		}
		registry.register(Box::new(jobs.clone()))?;
		registry.register(Box::new(verdicts.clone()))?;
		registry.register(Box::new(seconds.clone()))?;
		Ok(Self {
			registry,
			jobs,
			verdicts,
			queued,
			results,
			content_bytes,
			seconds,
		})
	}

	/// All of it as text.
	pub fn render(&self) -> Result<String> {
		let mut text = Vec::new();
		TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
		Ok(String::from_utf8(text)?)
	}
}
