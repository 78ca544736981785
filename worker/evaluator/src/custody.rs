//! Checks of what keepers serve.

use super::{
	measure::{HEARING, NO_NETWORK},
	metrics::Metrics,
	runner::JobRunner,
};
use anyhow::{bail, ensure, Result};
use descent_artifacts::{within, Artifacts};
use descent_protocol::{
	evaluation::{CustodyRequest, Kept},
	kept_hash,
};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Runner that fetches a leaf from each keeper.
#[derive(Clone)]
pub(crate) struct CustodyChecker {
	pub artifacts: Arc<Artifacts>,
	pub metrics: Arc<Metrics>,
}

impl JobRunner<CustodyRequest> for CustodyChecker {
	fn run(&mut self, request: &CustodyRequest, over: Instant, _: &dyn Fn(u32)) -> Result<Kept> {
		let CustodyRequest { genesis, group, check, ref leaves, ref gateways, fetch_ms } = *request;
		let until = within(Duration::from_millis(fetch_ms)).min(over);
		let contacts = self.artifacts.contacts();
		let kept = self
			.artifacts
			.leaves(leaves, until, move |leaf, bytes| kept_hash(genesis, group, check, &leaf.keeper, bytes));
		let served = kept.iter().flatten().count();
		if served == 0 && self.artifacts.contacts() == contacts {
			// Nobody was heard of, so that nothing was served says nothing.
			ensure!(self.artifacts.is_heard_of(gateways, within(HEARING).min(over)), NO_NETWORK);
		}
		tracing::info!(group, check, keepers = leaves.len(), served, "asked keepers for a leaf each");
		let count = |outcome: &str, number: usize| {
			self.metrics.leaves.with_label_values(&[outcome]).inc_by(number.try_into().unwrap_or_default());
		};
		count("served", served);
		count("missed", leaves.len().saturating_sub(served));
		let Ok(kept) = kept.try_into() else {
			bail!("more keepers than a group has");
		};
		Ok(Kept { kept })
	}
}
