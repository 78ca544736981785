//! Requests of the node, and the checks on them.

use descent_protocol::{
	evaluation::{
		CheckRequest, Checked, CustodyRequest, DeltaSource, EvaluationRequest, Kept, Measured,
		PrefetchRequest, ReplaySource, Replays, TestSetSource,
	},
	trace::{Base, MAX_DRAWN, RATE_UNIT},
	ContentRef, EvaluationPolicy, GroupId, MAX_CANDIDATES, MAX_COMMITTEE, MAX_KEEPERS, MAX_LOG,
	MAX_PROVIDERS, MAX_PROVIDER_LENGTH, MAX_RANKED_WINNERS, MAX_TEST_SETS,
};
use descent_replay::{MAX_BATCH, MAX_STEPS};
use serde::{de::DeserializeOwned, Serialize};
use sp_core::H256;
use std::{fmt::Debug, time::Duration};

/// The most records that one checkpoint is measured on.
const MAX_RECORDS: u32 = 1 << 20;

/// A request that the service takes.
pub(crate) trait Request: Clone + Debug + DeserializeOwned + Send + Sync + 'static {
	/// Outcome of its job.
	type Outcome: Clone + Debug + Serialize + DeserializeOwned + Send + 'static;
	/// Its name in addresses, metrics and messages.
	const KIND: &'static str;

	/// Returns the id of its job.
	fn id(&self) -> H256;
	/// Returns the group that it is about.
	fn group(&self) -> GroupId;
	/// Checks everything that bounds the work it asks for.
	fn check(&self) -> Result<(), String>;
	/// Returns the content that is pinned while its job waits or runs. The deltas of the data set are not:
	/// each of them is needed once, to be applied.
	fn named(&self) -> Vec<ContentRef>;
	/// Returns the time to fetch: half of the window in which the node can use the outcome.
	fn fetch_time(&self) -> Duration;
}

/// Reason that a request is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
	/// It is not JSON.
	Syntax(String),
	/// It is JSON but not a request that this service can work on.
	Content(String),
}

/// Reads a request and checks it.
pub(crate) fn parse<R: Request>(body: &[u8]) -> Result<R, Refused> {
	let request: R = read(body, R::KIND)?;
	request.check().map_err(Refused::Content)?;
	Ok(request)
}

/// Reads a request to fetch a test set ahead, and checks it.
pub(crate) fn parse_prefetch(body: &[u8]) -> Result<PrefetchRequest, Refused> {
	let request: PrefetchRequest = read(body, "test-set")?;
	let checked = test_set(&request.manifest, request.index, &request.providers);
	checked.map_err(Refused::Content)?;
	Ok(request)
}

fn read<T: DeserializeOwned>(body: &[u8], kind: &str) -> Result<T, Refused> {
	serde_json::from_slice(body).map_err(|error| {
		let reason = format!("not a request of kind {kind}: {error}");
		if error.is_data() {
			Refused::Content(reason)
		} else {
			Refused::Syntax(reason)
		}
	})
}

impl Request for EvaluationRequest {
	type Outcome = Measured;
	const KIND: &'static str = "evaluation";

	fn id(&self) -> H256 {
		self.id()
	}

	fn group(&self) -> GroupId {
		self.group
	}

	fn check(&self) -> Result<(), String> {
		let records = self.policy.records();
		if !(1..=MAX_RECORDS).contains(&records) {
			return Err(format!("records must be 1 to {MAX_RECORDS}, not {records}"));
		}
		if self.candidates.len() > MAX_CANDIDATES as usize {
			return Err(format!("at most {MAX_CANDIDATES} candidates are measured"));
		}
		if !(1..=MAX_RANKED_WINNERS).contains(&self.winners) {
			return Err(format!("a round has 1 to {MAX_RANKED_WINNERS} winners, not {}", self.winners));
		}
		if self.deltas.is_empty() && matches!(self.policy, EvaluationPolicy::Training { .. }) {
			return Err("the data set has no delta".into());
		}
		group_providers(&self.providers)?;
		addresses(&self.peers, MAX_COMMITTEE)?;
		content(&self.model)?;
		deltas(&self.deltas)?;
		if let Some(set) = validation_set(&self.policy) {
			content(&set)?;
		}
		match (&self.policy, &self.test_set) {
			(EvaluationPolicy::Hidden { .. }, Some(TestSetSource { manifest, index, providers, .. })) => {
				test_set(manifest, *index, providers)?;
			}
			(EvaluationPolicy::Training { .. } | EvaluationPolicy::Validation { .. }, None) => {}
			_ => return Err("a policy with hidden test sets comes with one, and no other does".into()),
		}
		if let Some(listed) = &self.replays {
			replays(self, listed)?;
		}
		// A bad reference of a candidate or the head gets a verdict and is not refused: the others are
		// measured all the same.
		let sources = self.candidates.iter().map(|candidate| &candidate.providers);
		sources.chain(self.head.iter().map(|head| &head.providers)).try_for_each(|list| providers(list))
	}

	fn named(&self) -> Vec<ContentRef> {
		let mut named = vec![self.model];
		named.extend(validation_set(&self.policy));
		named.extend(self.test_set.iter().map(|test_set| test_set.manifest));
		named.extend(self.head.iter().map(|head| head.checkpoint));
		named.extend(self.candidates.iter().map(|candidate| candidate.checkpoint));
		named.extend((0..self.candidates.len()).flat_map(|rank| states(self, rank)));
		named
	}

	fn fetch_time(&self) -> Duration {
		Duration::from_millis(self.fetch_ms)
	}
}

impl Request for CheckRequest {
	type Outcome = Checked;
	const KIND: &'static str = "check";

	fn id(&self) -> H256 {
		self.id()
	}

	fn group(&self) -> GroupId {
		self.group
	}

	fn check(&self) -> Result<(), String> {
		if usize::try_from(self.version) != Ok(self.deltas.len()) {
			return Err(format!(
				"version {} is made by so many deltas, not by {}",
				self.version,
				self.deltas.len()
			));
		}
		group_providers(&self.providers)?;
		content(&self.model)?;
		deltas(&self.deltas)?;
		deltas(std::slice::from_ref(&self.proposed))
	}

	fn named(&self) -> Vec<ContentRef> {
		vec![self.model, self.proposed.delta]
	}

	fn fetch_time(&self) -> Duration {
		Duration::from_millis(self.fetch_ms)
	}
}

impl Request for CustodyRequest {
	type Outcome = Kept;
	const KIND: &'static str = "custody-check";

	fn id(&self) -> H256 {
		self.id()
	}

	fn group(&self) -> GroupId {
		self.group
	}

	fn check(&self) -> Result<(), String> {
		if self.leaves.len() > MAX_KEEPERS as usize {
			return Err(format!("a group has at most {MAX_KEEPERS} keepers"));
		}
		addresses(&self.gateways, MAX_COMMITTEE)?;
		self.leaves.iter().try_for_each(|leaf| {
			content(&leaf.content)?;
			let leaves = descent_protocol::leaves(&leaf.content);
			if u64::from(leaf.leaf) >= leaves {
				return Err(format!("content of {leaves} leaves has none at place {}", leaf.leaf));
			}
			providers(&leaf.providers)
		})
	}

	/// None: what is here already is of no use.
	fn named(&self) -> Vec<ContentRef> {
		Vec::new()
	}

	fn fetch_time(&self) -> Duration {
		Duration::from_millis(self.fetch_ms)
	}
}

/// Returns the states that are fetched to replay the segment of the candidate of a rank: the one that it
/// begins with and the one at its end, unless they are the candidate or the head, which are fetched anyway.
pub(crate) fn states(request: &EvaluationRequest, rank: usize) -> Vec<ContentRef> {
	let segment = request.replays.as_ref().and_then(|replays| replays.segments.get(rank));
	let (Some(segment), Some(candidate)) = (segment, request.candidates.get(rank)) else {
		return Vec::new();
	};
	let head = request.head.as_ref().map(|head| head.checkpoint);
	let mut states: Vec<_> = segment.start.into_iter().chain([segment.end]).collect();
	states.dedup();
	states.retain(|state| *state != candidate.checkpoint && Some(*state) != head);
	states
}

/// Returns the public validation set of a policy, if it has one.
fn validation_set(policy: &EvaluationPolicy) -> Option<ContentRef> {
	match policy {
		EvaluationPolicy::Training { .. } => None,
		EvaluationPolicy::Validation { set, .. } | EvaluationPolicy::Hidden { otherwise: set, .. } => {
			Some(*set)
		}
	}
}

/// Checks the bounds on a hidden test set.
fn test_set(manifest: &ContentRef, index: u16, urls: &[String]) -> Result<(), String> {
	if index >= MAX_TEST_SETS {
		return Err(format!("a series has at most {MAX_TEST_SETS} test sets, and none at place {index}"));
	}
	content(manifest)?;
	providers(urls)
}

/// Checks the bounds on the segments that are replayed.
fn replays(request: &EvaluationRequest, Replays { segments, drawn, .. }: &Replays) -> Result<(), String> {
	let candidates = request.candidates.len();
	if drawn.len() > usize::from(MAX_DRAWN) || drawn.iter().any(|rank| usize::from(*rank) >= candidates) {
		return Err(format!("at most {MAX_DRAWN} candidates are drawn, and none but those that there are"));
	}
	if segments.len() != candidates {
		return Err(format!(
			"{candidates} candidates have as many segments to replay, not {}",
			segments.len()
		));
	}
	if candidates > 0 && request.deltas.is_empty() {
		return Err("segments are replayed on the data set, which has no delta".into());
	}
	// A bad reference of a state gets a verdict, as one of a candidate does.
	segments.iter().try_for_each(segment)
}

fn segment(segment: &ReplaySource) -> Result<(), String> {
	let ReplaySource { recipe, rate, start, .. } = segment;
	if !(1..=MAX_STEPS).contains(&recipe.steps) {
		return Err(format!("a segment has 1 to {MAX_STEPS} steps, not {}", recipe.steps));
	}
	if !(1..=MAX_BATCH).contains(&recipe.batch) {
		return Err(format!("a batch has 1 to {MAX_BATCH} records, not {}", recipe.batch));
	}
	if !recipe.optimizer.is_valid() {
		return Err("momentum and decay rates of an optimizer are below 1, and Nesterov's has one".into());
	}
	if !(1..=RATE_UNIT).contains(rate) {
		return Err(format!("a learning rate has 1 to {RATE_UNIT} billionths, not {rate}"));
	}
	if start.is_none() && !matches!(recipe.base, Base::Initial { .. }) {
		return Err("a segment begins with a checkpoint where its recipe has no initial weights".into());
	}
	Ok(())
}

fn deltas(deltas: &[DeltaSource]) -> Result<(), String> {
	if deltas.len() > MAX_LOG as usize {
		return Err(format!("at most {MAX_LOG} deltas are read"));
	}
	deltas.iter().try_for_each(|source| {
		content(&source.delta)?;
		providers(&source.providers)
	})
}

fn content(content: &ContentRef) -> Result<(), String> {
	if content.size == 0 || !content.is_canonical() {
		return Err(format!(
			"{:?} of {} bytes is not a reference that content can have",
			content.digest, content.size
		));
	}
	Ok(())
}

fn providers(providers: &[String]) -> Result<(), String> {
	addresses(providers, MAX_PROVIDERS)
}

/// Checks the bounds on the gateways of a group and of its keepers.
fn group_providers(providers: &[String]) -> Result<(), String> {
	addresses(providers, MAX_PROVIDERS + MAX_KEEPERS)
}

fn addresses(addresses: &[String], most: u32) -> Result<(), String> {
	let long = |address: &String| address.len() > MAX_PROVIDER_LENGTH as usize;
	if addresses.len() > most as usize || addresses.iter().any(long) {
		return Err(format!(
			"at most {most} addresses of at most {MAX_PROVIDER_LENGTH} bytes each are asked"
		));
	}
	Ok(())
}
