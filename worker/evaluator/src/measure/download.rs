//! The checkpoints of a round on their way.

use super::Measurer;
use crate::{evaluation_set, request::states};
use descent_artifacts::{joined, ArtifactError, FetchWindow, Fetching, Source};
use descent_dataset::Description;
use descent_protocol::{
	evaluation::{CheckpointSource, EvaluationRequest},
	ContentRef,
};
use descent_replay::is_replayable;
use std::time::{Duration, Instant};

/// A checkpoint that is being fetched.
pub(super) struct Download {
	pub content: ContentRef,
	pub fetching: Result<Fetching, ArtifactError>,
}

impl Download {
	/// Returns true if nothing is to be waited for.
	pub(super) fn is_over(&self) -> bool {
		self.fetching.as_ref().map_or(true, Fetching::is_over)
	}
}

/// A candidate that is being fetched.
pub(super) struct CandidateDownload {
	pub checkpoint: Download,
	/// The states of its segment that is replayed, see [`states`].
	pub states: Vec<Download>,
}

/// All checkpoints of a round.
pub(super) struct Downloads {
	pub head: Option<Download>,
	/// The candidates in their order.
	pub candidates: Vec<CandidateDownload>,
}

impl Measurer {
	/// Begins to fetch the head, the candidates and the states that are replayed, side by side, so that no
	/// provider can make a committee wait for long.
	pub(super) fn fetch(
		&self,
		request: &EvaluationRequest,
		description: &Description,
		until: Instant,
	) -> Downloads {
		let time = self.deadlines.fetch.min(Duration::from_millis(request.fetch_ms));
		let window = FetchWindow { time, closing: until };
		let peers = &request.peers;
		let begin = |content: ContentRef, providers: Vec<String>, rank: usize| Download {
			content,
			fetching: evaluation_set::check_size(description, &content).map(|()| {
				self.artifacts.begin(Source { content, providers, peers: peers.clone(), rank }, window)
			}),
		};
		let head = request.head.as_ref();
		let head = head.map(|head| begin(head.checkpoint, head_providers(request, head), 0));
		let has_replays = is_replayable(description).is_ok();
		let candidates = request.candidates.iter().enumerate().map(|(rank, candidate)| {
			// What has to be looked at in any case is not to wait for room.
			let rank_of_room = if request.is_drawn(rank) { 0 } else { rank };
			let begin = |content| begin(content, candidate.providers.clone(), rank_of_room);
			// A candidate and its states get room on disk before those of later ranks.
			let checkpoint = begin(candidate.checkpoint);
			let states = if has_replays { states(request, rank) } else { Vec::new() };
			CandidateDownload { checkpoint, states: states.into_iter().map(begin).collect() }
		});
		Downloads { head, candidates: candidates.collect() }
	}
}

/// Returns the gateways that may serve the head. The trainer that won with it may be gone, or serve it to
/// some members only. The group's providers and those that train on from it have it, too.
fn head_providers(request: &EvaluationRequest, head: &CheckpointSource) -> Vec<String> {
	let segments = request.replays.iter().flat_map(|replays| &replays.segments);
	let continued = segments.zip(&request.candidates).filter_map(|(segment, candidate)| {
		[segment.start, Some(segment.end)].contains(&Some(head.checkpoint)).then_some(&candidate.providers)
	});
	continued.fold(joined(&head.providers, &request.providers), |all, own| joined(&all, own))
}
