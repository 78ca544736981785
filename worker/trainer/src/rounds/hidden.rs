//! The hidden test set of a round: held before the commitment, and drawn from once its key is released.

use super::{reveal::UNFINALIZED, Chain, CheckpointSource, RoundMachine};
use crate::{events::Report, round_spec::RoundSpec};
use anyhow::Result;
use descent_protocol::{
	evaluation::TestSetSource,
	view::{RoundTestSetView, RoundView, TestSetRelease},
	BlockNumber, ContentRef, RoundIndex,
};
use sp_core::H256;

/// The set that the records of a round are drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DrawnFrom {
	/// The one that the policy names in public.
	Public,
	/// A hidden one, whose key is released. If it is broken, it is the public one.
	Hidden(TestSetSource),
}

impl DrawnFrom {
	/// Returns the key of a hidden one.
	pub(super) fn key(&self) -> Option<H256> {
		match self {
			Self::Public => None,
			Self::Hidden(test_set) => Some(test_set.key),
		}
	}
}

impl<C: Chain, S: CheckpointSource, R: Report> RoundMachine<C, S, R> {
	/// Holds the sealed test set that comes next in a round. Returns the content that has to stay on disk for
	/// it, none where there is no such set. The inner error is the reason that it is not here.
	pub(super) async fn hold(
		&mut self,
		spec: &RoundSpec,
		round: RoundIndex,
	) -> Result<Result<Vec<ContentRef>, String>> {
		if spec.policy.series().is_none() {
			return Ok(Ok(Vec::new()));
		}
		let test_set = self.chain.test_set(round).await?;
		let next = test_set.filter(|test_set| test_set.index().is_some());
		Ok(next.map_or(Ok(Vec::new()), |test_set| self.checkpoints.hold(spec, &test_set)))
	}

	/// Returns the set that a round is drawn from once that is final, or shortly before the window closes. If
	/// the block of a release were abandoned, a claim measured on its set would be false.
	pub(super) async fn drawn_from(
		&self,
		block: BlockNumber,
		view: &RoundView,
		spec: &RoundSpec,
	) -> Result<Option<DrawnFrom>> {
		if spec.policy.series().is_none() {
			return Ok(Some(DrawnFrom::Public));
		}
		let end = view.windows.release().end;
		let (finalized, test_set) = self.chain.finalized_test_set(view.round).await?;
		let known = decided(test_set, finalized, end);
		let is_late = block.saturating_add(UNFINALIZED) >= view.windows.reveal.end;
		if known.is_some() || !is_late {
			return Ok(known);
		}
		Ok(decided(self.chain.test_set(view.round).await?, block, end))
	}
}

/// Returns the set that a round is drawn from, where the state of its release was read at a block; `None`
/// while a key can be released before the block `end`. Until then a series that nobody waits for may be
/// taken up again.
fn decided(test_set: Option<RoundTestSetView>, block: BlockNumber, end: BlockNumber) -> Option<DrawnFrom> {
	let is_over = block.saturating_add(1) >= end;
	match test_set {
		Some(RoundTestSetView {
			manifest,
			providers,
			state: TestSetRelease::Released { index, key },
			..
		}) => Some(DrawnFrom::Hidden(TestSetSource { manifest, index, key, providers })),
		_ => is_over.then_some(DrawnFrom::Public),
	}
}
