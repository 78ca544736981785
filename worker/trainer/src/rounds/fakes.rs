//! A chain and a source of checkpoints in memory. The test makes the blocks.

use crate::{
	events::{Event, Report},
	recorded::{Recorded, Submission},
	round_spec::RoundSpec,
	rounds::{Chain, CheckpointSource, DrawnFrom, Offer, Participation, RoundMachine},
	state::State,
};
use anyhow::Result;
use descent_client::Reveal;
use descent_protocol::{
	trace::{
		drawn_segment, submission_hash, trace_root, Base, Precision, Recipe, RecipeOptimizer, RecipeRule,
		Recording, Segment, SegmentProof, Trace,
	},
	view::{CandidateView, GroupView, RevealView, RoundTestSetView, RoundView, TestSetRelease},
	BlockNumber, Clock, ContentRef, EvaluationPolicy, Metric, OptionalRule, OptionalRules, Outcome,
	RoundIndex, Rounding, Score, Share,
};
use sp_core::{crypto::AccountId32, H256};
use std::{
	collections::BTreeMap,
	path::Path,
	sync::{Arc, Mutex},
	time::Duration,
};

pub(super) const CLOCK: Clock = Clock { first: 0, start: 0, length: 12, reveal: 4, attest: 4, open: 2 };
pub(super) const RULE: RecipeRule = RecipeRule {
	steps: 20,
	batch: 8,
	smallest_rate: 1_000,
	largest_rate: 10_000,
	exact: false,
	work_reward: None,
};
pub(super) const SEED: H256 = H256::repeat_byte(9);

fn content() -> ContentRef {
	ContentRef::raw(b"x").unwrap()
}

pub(super) fn account() -> AccountId32 {
	AccountId32::new([7; 32])
}

/// State of the chain.
#[derive(Default)]
pub(super) struct Ledger {
	pub block: BlockNumber,
	pub rounds: BTreeMap<RoundIndex, (Vec<CandidateView>, bool)>,
	/// Transactions to lose on their way.
	pub lose: u32,
	/// Transactions to refuse, as without a node.
	pub refuse: u32,
	/// Blocks by which finality lags behind.
	pub lag: BlockNumber,
	pub seed: H256,
	/// True if the rounds' scores are dithered.
	pub dithered: bool,
	pub commits: u32,
	pub reveals: u32,
	/// True if the chain no longer keeps any round.
	pub pruned: bool,
	/// Attempts to settle.
	pub settlements: u32,
	/// Attempts to claim rewards, all of which fail.
	pub reward_claims: u32,
	/// Versions of model and data set from each round on.
	pub versions: BTreeMap<RoundIndex, (u32, u32)>,
	/// The clock that follows on [`CLOCK`], if one does.
	pub next: Option<Clock>,
	/// True if the group has hidden test sets.
	pub hidden: bool,
	/// The key that is released, and the block in which it was.
	pub released: Option<(BlockNumber, H256)>,
	/// True if no round waits for a key.
	pub suspended: bool,
	/// True if checkpoints come with a recorded training.
	pub recorded: bool,
	/// Recordings that were revealed.
	pub recordings: Vec<Recording>,
}

impl Ledger {
	fn clock(&self, round: RoundIndex) -> Clock {
		let next = self.next.filter(|next| round >= next.first);
		next.unwrap_or(CLOCK)
	}

	/// Returns the round that takes commitments, if any, and the round of the current or next clock.
	fn round_at(&self, block: BlockNumber) -> (Option<RoundIndex>, RoundIndex) {
		let now = self.next.and_then(|next| next.round_at(block)).or_else(|| {
			let first = self.next.map_or(RoundIndex::MAX, |next| next.first);
			CLOCK.round_at(block).filter(|round| *round < first)
		});
		(now, now.or(self.next.map(|next| next.first)).unwrap_or_default())
	}

	fn policy(&self) -> EvaluationPolicy {
		match self.hidden {
			false => EvaluationPolicy::Training { records: 1 },
			true => {
				EvaluationPolicy::Hidden { series: H256::repeat_byte(3), records: 1, otherwise: content() }
			}
		}
	}

	/// Returns the hidden test set of a round as it stood at a block.
	fn test_set(&self, round: RoundIndex, block: BlockNumber) -> Option<RoundTestSetView> {
		let series = self.policy().series()?;
		let release = self.clock(round).windows(round)?.release();
		let state = match self.released {
			Some((at, key)) if block >= at => TestSetRelease::Released { index: 5, key },
			_ if block + 1 >= release.end || self.suspended => TestSetRelease::Otherwise,
			_ => TestSetRelease::Awaited { index: 5 },
		};
		let manifest = ContentRef::raw(b"manifest").unwrap();
		Some(RoundTestSetView { series, manifest, providers: vec![], release, state })
	}

	fn optional_rules(&self) -> OptionalRules {
		let mut rules = OptionalRules::default();
		if self.recorded {
			rules.set(OptionalRule::Recipe { recipe: RULE });
		}
		rules
	}

	/// Takes the recording of a reveal as the chain does, and returns the hash that was bound.
	fn take(&mut self, checkpoint: H256, recording: Option<Recording>) -> Result<H256> {
		anyhow::ensure!(self.recorded || recording.is_none(), "RecordingUnexpected");
		let Some(recording) = recording else {
			anyhow::ensure!(!self.recorded, "RecordingMissing");
			return Ok(checkpoint);
		};
		anyhow::ensure!(recording.is_sound(checkpoint, self.seed), "InvalidRecording");
		let bound = submission_hash(checkpoint, &recording.recipe, &recording.trace);
		self.recordings.push(recording);
		Ok(bound)
	}

	fn versions(&self, round: RoundIndex) -> (u32, u32) {
		let latest = self.versions.range(..=round).next_back();
		latest.map_or((0, 1), |(_, versions)| *versions)
	}
}

#[derive(Clone, Default)]
pub(super) struct FakeChain(pub Arc<Mutex<Ledger>>);

impl FakeChain {
	pub(super) fn group(&self) -> GroupView {
		let content = content();
		let ledger = self.0.lock().unwrap();
		let block = ledger.block;
		let (round, playing) = ledger.round_at(block);
		let (model_version, dataset_version) = ledger.versions(playing);
		GroupView {
			id: 1,
			owner: account(),
			name: "test".into(),
			model: content,
			model_version,
			dataset_version,
			dataset_root: H256::from_low_u64_be(dataset_version.into()),
			providers: vec![],
			metric: Metric::Loss,
			policy: ledger.policy(),
			minimum_improvement: 0,
			target: None,
			clock: ledger.clock(playing),
			deposit: 1,
			head: None,
			voting_period: 100,
			quorum: Share(200_000),
			shares: Default::default(),
			stake: 1,
			closes: 100,
			block,
			round,
			settled: None,
			optional_rules: ledger.optional_rules(),
		}
	}

	/// Settles a round.
	pub(super) fn settle(&self, round: RoundIndex, outcome: Outcome) {
		let mut ledger = self.0.lock().unwrap();
		let (candidates, settled) = ledger.rounds.entry(round).or_default();
		candidates.iter_mut().for_each(|candidate| candidate.outcome = Some(outcome));
		*settled = true;
	}
}

impl Chain for FakeChain {
	async fn round(&self, round: RoundIndex) -> Result<RoundView> {
		let ledger = self.0.lock().unwrap();
		let windows = ledger.clock(round).windows(round).unwrap();
		let (model_version, dataset_version) = ledger.versions(round);
		let (candidates, settled) = ledger.rounds.get(&round).cloned().unwrap_or_default();
		let view = RoundView {
			group: 1,
			round,
			phase: windows.phase(ledger.block),
			seed: (ledger.block >= windows.seed).then_some(ledger.seed),
			windows,
			dithered: ledger.dithered,
			model_version,
			dataset_version,
			minimum_improvement: 0,
			settled,
			baseline: None,
			winner: None,
			candidates,
			committee: vec![],
			block: ledger.block,
		};
		anyhow::ensure!(!ledger.pruned, "no such round");
		Ok(view)
	}

	async fn finalized_seed(&self, round: RoundIndex) -> Result<Option<H256>> {
		let ledger = self.0.lock().unwrap();
		let windows = ledger.clock(round).windows(round).unwrap();
		let known = ledger.block >= windows.seed + ledger.lag;
		Ok(known.then_some(ledger.seed))
	}

	async fn test_set(&self, round: RoundIndex) -> Result<Option<RoundTestSetView>> {
		let ledger = self.0.lock().unwrap();
		Ok(ledger.test_set(round, ledger.block))
	}

	async fn finalized_test_set(&self, round: RoundIndex) -> Result<(BlockNumber, Option<RoundTestSetView>)> {
		let ledger = self.0.lock().unwrap();
		let block = ledger.block.saturating_sub(ledger.lag);
		Ok((block, ledger.test_set(round, block)))
	}

	async fn final_hash(&self, number: BlockNumber) -> Result<Option<H256>> {
		let ledger = self.0.lock().unwrap();
		let is_final = ledger.block >= number + ledger.lag;
		Ok(is_final.then(|| H256::from_low_u64_be(u64::from(number) + 1)))
	}

	async fn commit(&self, round: RoundIndex, commitment: H256, deposit: u128) -> Result<()> {
		let mut ledger = self.0.lock().unwrap();
		ledger.commits += 1;
		if ledger.refuse > 0 {
			ledger.refuse -= 1;
			anyhow::bail!("no node");
		}
		if ledger.lose > 0 {
			ledger.lose -= 1;
			return Ok(());
		}
		let windows = ledger.clock(round).windows(round).unwrap();
		let open = windows.commit.contains(&(ledger.block + 1));
		anyhow::ensure!(open, "WrongPhase");
		let (candidates, _) = ledger.rounds.entry(round).or_default();
		anyhow::ensure!(candidates.is_empty(), "AlreadyCommitted");
		candidates.push(CandidateView {
			account: account(),
			commitment,
			deposit,
			reveal: None,
			measured: None,
			tally: None,
			outcome: None,
			reward: 0,
			slashed: 0,
		});
		Ok(())
	}

	async fn reveal(&self, round: RoundIndex, reveal: Reveal, recording: Option<Recording>) -> Result<()> {
		let mut ledger = self.0.lock().unwrap();
		ledger.reveals += 1;
		if ledger.refuse > 0 {
			ledger.refuse -= 1;
			anyhow::bail!("no node");
		}
		if ledger.lose > 0 {
			ledger.lose -= 1;
			return Ok(());
		}
		let windows = ledger.clock(round).windows(round).unwrap();
		let open = windows.reveal.contains(&(ledger.block + 1));
		anyhow::ensure!(open, "WrongPhase");
		let bound = ledger.take(reveal.checkpoint.digest, recording)?;
		let candidate = &mut ledger.rounds.get_mut(&round).unwrap().0[0];
		let salt = &reveal.salt;
		let expected = descent_protocol::commitment_hash(H256::zero(), 1, round, &account(), bound, salt);
		assert_eq!(candidate.commitment, expected);
		candidate.reveal = Some(RevealView {
			checkpoint: reveal.checkpoint,
			claim: reveal.claim,
			providers: reveal.providers,
		});
		Ok(())
	}

	async fn settle(&self, _: RoundIndex) -> Result<()> {
		self.0.lock().unwrap().settlements += 1;
		Ok(())
	}

	async fn claim(&self) -> Result<()> {
		self.0.lock().unwrap().reward_claims += 1;
		anyhow::bail!("no node")
	}
}

/// Makes a new checkpoint at every offer, and claims a score that follows from the seed and the versions of
/// model and data set.
#[derive(Default)]
pub(super) struct FakeCheckpoints {
	pub made: u8,
	pub nothing: bool,
	pub published: Vec<ContentRef>,
	/// The rule of the last claim.
	pub rounding: Option<Rounding>,
	/// Time that an offer is expected to take.
	pub expected: Duration,
	/// A chain on which an offer takes this many blocks.
	pub slow: Option<(FakeChain, BlockNumber)>,
	/// Reason that no sealed test set is here.
	pub absent: Option<&'static str>,
	/// Number of times that a sealed test set was asked for.
	pub holds: u32,
	/// True if the hidden test set is broken.
	pub broken: bool,
	/// The base of recorded trainings, and the round of the own checkpoint that it is. If absent, nothing is
	/// recorded.
	pub base: Option<(Base, Option<RoundIndex>)>,
	/// The states of recordings that were noted, in their order.
	pub noted: Vec<(RoundIndex, Submission)>,
}

impl CheckpointSource for FakeCheckpoints {
	fn expected(&self) -> Duration {
		self.expected
	}

	async fn offer(&mut self, group: &GroupView, path: &Path) -> Result<Offer> {
		if self.nothing {
			return Ok(Offer::Nothing("not better".into()));
		}
		if let Some((chain, blocks)) = &self.slow {
			chain.0.lock().unwrap().block += blocks;
		}
		self.made += 1;
		let checkpoint = [self.made, group.block as u8];
		std::fs::write(path, checkpoint)?;
		let checkpoint = ContentRef::raw(&checkpoint).unwrap();
		let round = group.round.unwrap();
		let recorded = self.base.map(|(base, own_base)| Recorded {
			round,
			recipe: Recipe { base, ..recipe() },
			trace: trace(checkpoint.digest),
			last: 4,
			own_base,
		});
		Ok(Offer::Checkpoint(checkpoint, recorded))
	}

	fn hold(&mut self, _: &RoundSpec, test_set: &RoundTestSetView) -> Result<Vec<ContentRef>, String> {
		self.holds += 1;
		assert_eq!(test_set.index(), Some(5));
		self.absent.map_or_else(|| Ok(vec![test_set.manifest]), |reason| Err(reason.into()))
	}

	async fn measure(
		&mut self,
		spec: &RoundSpec,
		path: &Path,
		drawn_from: &DrawnFrom,
		seed: H256,
		rounding: Rounding,
	) -> Result<Score> {
		self.rounding = Some(rounding);
		anyhow::ensure!(path.exists(), "no checkpoint");
		let public = score(seed, (spec.model_version, spec.dataset_version));
		Ok(match drawn_from {
			DrawnFrom::Hidden(test_set) if !self.broken => hidden_score(public, test_set.key),
			DrawnFrom::Hidden(_) | DrawnFrom::Public => public,
		})
	}

	async fn publish(&mut self, path: &Path, checkpoint: &ContentRef) -> Result<Vec<String>> {
		anyhow::ensure!(ContentRef::raw(&std::fs::read(path)?) == Some(*checkpoint), "other content");
		self.published.push(*checkpoint);
		Ok(vec!["http://127.0.0.1:1".into()])
	}

	async fn show(
		&mut self,
		recorded: &Recorded,
		checkpoint: &ContentRef,
		seed: H256,
	) -> Result<(Recording, Vec<ContentRef>)> {
		let segments = segments(checkpoint.digest);
		let proof = |number| SegmentProof::new(&segments, number).unwrap();
		let Recorded { recipe, trace, last, .. } = *recorded;
		let drawn = proof(drawn_segment(seed, recorded.submission(checkpoint.digest), trace.segments));
		let start = drawn.segment.from.map(proof);
		let states = start.iter().chain([&drawn]);
		let states: Vec<_> =
			states.map(|proof| ContentRef { digest: proof.segment.state, ..*checkpoint }).collect();
		self.published.extend(&states);
		Ok((Recording { recipe, trace, last: proof(last), drawn, start }, states))
	}

	fn note(&mut self, round: RoundIndex, submission: Submission) -> Result<()> {
		self.noted.push((round, submission));
		Ok(())
	}

	async fn keep(&mut self, checkpoints: Vec<ContentRef>) -> Result<()> {
		self.published.retain(|published| checkpoints.contains(published));
		Ok(())
	}
}

pub(super) fn recipe() -> Recipe {
	Recipe {
		base: Base::Initial { seed: 5 },
		optimizer: RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 },
		precision: Precision::F32,
		steps: RULE.steps,
		batch: RULE.batch,
	}
}

/// Returns the segments that made a checkpoint, the last of which ends with it.
fn segments(checkpoint: H256) -> Vec<Segment> {
	let state = |number: u16| match number {
		4 => checkpoint,
		number => H256::from_low_u64_be(u64::from(number) + 1),
	};
	let segment = |number: u16| Segment { from: number.checked_sub(1), rate: 5_000, state: state(number) };
	(0..5).map(segment).collect()
}

pub(super) fn trace(checkpoint: H256) -> Trace {
	Trace { root: trace_root(&segments(checkpoint)), segments: 5 }
}

/// Returns the score of every checkpoint.
pub(super) fn score(seed: H256, (model, dataset): (u32, u32)) -> Score {
	Score(u64::from(seed.0[0]) + 1_000 * u64::from(model) + 100 * u64::from(dataset))
}

/// Returns the score of every checkpoint on the hidden test set of a key.
pub(super) fn hidden_score(public: Score, key: H256) -> Score {
	Score(public.0 + 10_000 * u64::from(key.0[0]))
}

#[derive(Clone, Default)]
pub(super) struct RecordedEvents(pub Arc<Mutex<Vec<Event>>>);

impl Report for RecordedEvents {
	fn event(&self, event: Event) {
		self.0.lock().unwrap().push(event);
	}
}

impl RecordedEvents {
	pub(super) fn names(&self) -> Vec<String> {
		let events = self.0.lock().unwrap();
		let name = |event: &Event| serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned();
		events.iter().map(name).collect()
	}
}

pub(super) struct Harness {
	pub directory: tempfile::TempDir,
	pub chain: FakeChain,
	pub events: RecordedEvents,
}

pub(super) type Fake = RoundMachine<FakeChain, FakeCheckpoints, RecordedEvents>;

impl Harness {
	pub(super) fn new() -> Self {
		let chain = FakeChain::default();
		chain.0.lock().unwrap().seed = SEED;
		Self { directory: tempfile::tempdir().unwrap(), chain, events: RecordedEvents::default() }
	}

	/// A trainer that knows only what is on disk.
	pub(super) fn start(&self, rounds: u32) -> Fake {
		let state = State::open(self.directory.path(), H256::zero(), 1, &account()).unwrap();
		let recorded = self.chain.0.lock().unwrap().recorded;
		let checkpoints = FakeCheckpoints {
			made: state.entries().len() as u8,
			base: recorded.then_some((Base::Initial { seed: 5 }, None)),
			..FakeCheckpoints::default()
		};
		let participation = Participation { deposit: None, max_deposit: 1, margin: 2, rounds, claims: false };
		RoundMachine::new(
			self.chain.clone(),
			checkpoints,
			self.events.clone(),
			state,
			account(),
			participation,
		)
	}

	pub(super) async fn at(&self, trainer: &mut Fake, block: BlockNumber) {
		self.chain.0.lock().unwrap().block = block;
		trainer.step(&self.chain.group()).await.unwrap();
	}

	pub(super) fn counts(&self) -> (u32, u32) {
		let ledger = self.chain.0.lock().unwrap();
		(ledger.commits, ledger.reveals)
	}
}
