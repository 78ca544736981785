//! Metrics in the exposition format of Prometheus.

use crate::Event;
use anyhow::{Context, Result};
use axum::{http::StatusCode, response::IntoResponse, routing::get, Router};
use descent_content::ServerHandle;
use prometheus::{Encoder, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use std::{net::SocketAddr, sync::Arc};

/// Metrics of a keeper.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
	registry: Arc<Registry>,
	events: IntCounterVec,
	/// Bytes on disk.
	pub used: IntGauge,
	/// The best block.
	pub block: IntGauge,
}

impl Metrics {
	pub(crate) fn new() -> Result<Self> {
		let registry = Registry::new();
		let events = Opts::new("descent_keeper_events_total", "Events, by kind.");
		let events = IntCounterVec::new(events, &["event"])?;
		let used = IntGauge::new("descent_keeper_content_bytes", "Bytes of content on disk.")?;
		let block = IntGauge::new("descent_keeper_block", "The best block.")?;
		registry.register(Box::new(events.clone()))?;
		registry.register(Box::new(used.clone()))?;
		registry.register(Box::new(block.clone()))?;
		Ok(Self { registry: Arc::new(registry), events, used, block })
	}

	/// Counts an event.
	pub(crate) fn note(&self, event: &Event) {
		let name = match event {
			Event::Ready { .. } => "ready",
			Event::Kept { .. } => "kept",
			Event::Fetched { .. } => "fetched",
			Event::Missing { .. } => "missing",
			Event::Removed { .. } => "removed",
			Event::Joined { .. } => "joined",
			Event::SeatLost { .. } => "seat_lost",
			Event::CheckOpened { .. } => "check_opened",
			Event::Missed { .. } => "missed",
			Event::Claimed { .. } => "claimed",
		};
		self.events.with_label_values(&[name]).inc();
	}

	/// Serves the metrics at `/metrics` of an address.
	pub(crate) async fn serve(&self, address: SocketAddr) -> Result<ServerHandle> {
		let registry = self.registry.clone();
		let render = || async move {
			let mut text = Vec::new();
			match TextEncoder::new().encode(&registry.gather(), &mut text) {
				Ok(()) => text.into_response(),
				Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
			}
		};
		let router = Router::new().route("/metrics", get(render));
		let server = ServerHandle::routes(address, router).await;
		server.with_context(|| format!("cannot listen on {address}: choose another address with --metrics"))
	}
}
