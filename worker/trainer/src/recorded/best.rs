//! The place of the best weights of a recorded training.

use descent_protocol::Score;

/// Segments without a better score after which the training goes back to the best weights.
pub(super) const STALE_SEGMENTS: u32 = 10;

/// The best weights so far: those at the end of a segment, or the base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Best {
	/// Number of the segment, or `None` for the base.
	pub at: Option<u16>,
	/// The score on the holdout, once it is known.
	pub score: Option<Score>,
	/// Segments since.
	pub stale: u32,
	/// The best segment and its score, whether it is better than the base or not.
	pub segment: Option<(u16, Score)>,
}

impl Best {
	/// Compares the end of a segment with the best weights. Returns true once none of the last
	/// [`STALE_SEGMENTS`] was better.
	pub(super) fn record(&mut self, number: u16, score: Score) -> bool {
		if self.segment.is_none_or(|(_, best)| score < best) {
			self.segment = Some((number, score));
		}
		if self.score.is_none_or(|best| score < best) {
			*self = Self { at: Some(number), score: Some(score), stale: 0, segment: self.segment };
			return false;
		}
		self.stale = self.stale.saturating_add(1);
		self.stale >= STALE_SEGMENTS
	}

	/// Returns the segment with the best weights and their score, if they are better than the base.
	pub(super) fn better(&self) -> Option<(u16, Score)> {
		Some((self.at?, self.score?))
	}
}
