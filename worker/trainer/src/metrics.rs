//! The trainer's metrics in the exposition format of Prometheus, made of its events.

use crate::{
	events::{Event, Report},
	progress::Steps,
};
use anyhow::{Context, Result};
use axum::{http::StatusCode, response::IntoResponse, routing::get, Router};
use descent_content::ServerHandle;
use descent_protocol::{Outcome, Score};
use prometheus::{Encoder, Gauge, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use std::{net::SocketAddr, sync::Arc};

/// Metrics of a trainer. Passes its events on.
#[derive(Clone)]
pub(crate) struct Metered<R> {
	report: R,
	metrics: Arc<Metrics>,
}

struct Metrics {
	registry: Registry,
	block: IntGauge,
	steps: IntGauge,
	rate: Gauge,
	loss: Gauge,
	learning_rate: Gauge,
	taken: IntGauge,
	holdout: Gauge,
	head: Gauge,
	events: IntCounterVec,
	won: IntCounter,
	placed: IntCounter,
}

impl<R: Report> Metered<R> {
	/// Counts the events that `report` gets.
	pub(crate) fn new(report: R) -> Result<Self> {
		Ok(Self { report, metrics: Arc::new(Metrics::new()?) })
	}

	/// Serves the metrics at `/metrics` of an address.
	pub(crate) async fn serve(&self, address: SocketAddr) -> Result<ServerHandle> {
		let metrics = self.metrics.clone();
		let render = || async move {
			metrics
				.render()
				.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response())
		};
		let router = Router::new().route("/metrics", get(render));
		let server = ServerHandle::routes(address, router).await;
		server.with_context(|| format!("cannot listen on {address}: choose another address with --metrics"))
	}
}

impl<R: Report> Report for Metered<R> {
	fn event(&self, event: Event) {
		self.metrics.note(&event);
		self.report.event(event);
	}

	fn progress(&self, line: &str) {
		self.report.progress(line);
	}
}

impl Metrics {
	fn new() -> Result<Self> {
		let registry = Registry::new();
		let name = |what: &str| format!("descent_trainer_{what}");
		let gauge = |what: &str, help: &str| -> Result<Gauge> {
			let gauge = Gauge::new(name(what), help)?;
			registry.register(Box::new(gauge.clone()))?;
			Ok(gauge)
		};
		let number = |what: &str, help: &str| -> Result<IntGauge> {
			let gauge = IntGauge::new(name(what), help)?;
			registry.register(Box::new(gauge.clone()))?;
			Ok(gauge)
		};
		let help = "Rounds and checkpoints, by what came of them.";
		let events = IntCounterVec::new(Opts::new(name("events_total"), help), &["event"])?;
		registry.register(Box::new(events.clone()))?;
		let counter = |what: &str, help: &str| -> Result<IntCounter> {
			let counter = IntCounter::new(name(what), help)?;
			registry.register(Box::new(counter.clone()))?;
			Ok(counter)
		};
		Ok(Self {
			block: number("block", "The best block.")?,
			steps: number("steps", "Steps of the built-in training since its start.")?,
			rate: gauge("steps_per_second", "Steps in the last second.")?,
			loss: gauge("loss", "The training loss, smoothed.")?,
			learning_rate: gauge("learning_rate", "The learning rate.")?,
			taken: number("checkpoints_taken", "Checkpoints taken from another program.")?,
			holdout: gauge("holdout_score", "The best score on the holdout since the last commitment.")?,
			head: gauge("head_score", "The head's score on the holdout.")?,
			won: counter("rounds_won_total", "Rounds that this trainer has won.")?,
			placed: counter("rounds_placed_total", "Rounds that paid this trainer behind their winner.")?,
			events,
			registry,
		})
	}

	fn note(&self, event: &Event) {
		let name = match event {
			Event::Progress(progress) => {
				self.block.set(progress.block.into());
				if let Some(Steps { step, rate, loss, learning_rate }) = progress.steps {
					self.steps.set(i64::try_from(step).unwrap_or(i64::MAX));
					self.rate.set(rate);
					self.loss.set(loss);
					self.learning_rate.set(learning_rate);
				}
				self.taken.set(i64::try_from(progress.taken.unwrap_or_default()).unwrap_or(i64::MAX));
				for (gauge, score) in [(&self.holdout, progress.holdout), (&self.head, progress.head)] {
					gauge.set(score.map_or(f64::NAN, Score::to_f64));
				}
				return;
			}
			Event::Committed { .. } => "committed",
			Event::Skipped { .. } => "skipped",
			Event::Revealed { .. } => "revealed",
			Event::Ended { outcome, .. } => {
				match outcome {
					Some(Outcome::Won) => self.won.inc(),
					Some(Outcome::Placed) => self.placed.inc(),
					_ => {}
				}
				"ended"
			}
			Event::Offered { .. } => "offered",
			Event::Refused { .. } => "refused",
			_ => return,
		};
		self.events.with_label_values(&[name]).inc();
	}

	fn render(&self) -> Result<String> {
		let mut text = Vec::new();
		TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
		Ok(String::from_utf8(text)?)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::progress::TrainingProgress;
	use tokio::{
		io::{AsyncReadExt, AsyncWriteExt},
		net::TcpStream,
	};

	struct Ignored;

	impl Report for Ignored {
		fn event(&self, _event: Event) {}
	}

	#[tokio::test]
	async fn events_become_metrics() {
		let metered = Metered::new(Ignored).unwrap();
		let server = metered.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
		metered.event(Event::Progress(TrainingProgress {
			block: 7,
			holdout: Some(Score(70_100)),
			..TrainingProgress::default()
		}));
		metered.event(Event::Skipped { round: 1, reason: "none".into() });
		for (round, outcome) in [(2, Outcome::Won), (3, Outcome::Placed), (4, Outcome::Placed)] {
			metered.event(Event::Ended { round, outcome: Some(outcome), sentence: "Paid.".into() });
		}
		let mut stream = TcpStream::connect(server.address()).await.unwrap();
		stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await.unwrap();
		let mut answer = String::new();
		stream.read_to_string(&mut answer).await.unwrap();
		for line in [
			"descent_trainer_block 7",
			"descent_trainer_holdout_score 0.0701",
			"descent_trainer_head_score NaN",
			"descent_trainer_events_total{event=\"skipped\"} 1",
			"descent_trainer_rounds_won_total 1",
			"descent_trainer_rounds_placed_total 2",
		] {
			assert!(answer.lines().any(|found| found == line), "{line} in {answer}");
		}
		server.stop().await.unwrap();
	}
}
