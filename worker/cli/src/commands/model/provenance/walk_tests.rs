use super::*;
use crate::{commands::model::wanted, fixtures};
use descent_protocol::{trace::Recipe, view::WinnerView};
use std::cell::Cell;

/// A checkpoint of a round, whose trainer has this number.
#[derive(Clone, Copy)]
pub(in crate::commands::model::provenance) struct Entry {
	pub round: RoundIndex,
	pub trainer: u8,
	pub outcome: Outcome,
	/// The base of its recording; `None` if it came without one.
	pub base: Option<Base>,
}

/// A chain that keeps these checkpoints.
pub(in crate::commands::model::provenance) struct Fake {
	pub entries: Vec<Entry>,
	/// Number of rounds that were read.
	pub reads: Cell<u32>,
}

impl Fake {
	pub(in crate::commands::model::provenance) fn new(entries: &[Entry]) -> Self {
		Self { entries: entries.to_vec(), reads: Cell::new(0) }
	}

	fn of(&self, round: RoundIndex) -> impl Iterator<Item = &Entry> {
		self.entries.iter().filter(move |entry| entry.round == round)
	}
}

pub(in crate::commands::model::provenance) fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// The checkpoint that a trainer revealed in a round.
pub(in crate::commands::model::provenance) fn checkpoint(round: RoundIndex, trainer: u8) -> ContentRef {
	ContentRef::raw(format!("{round} {trainer}").as_bytes()).unwrap()
}

pub(in crate::commands::model::provenance) fn after(round: RoundIndex, trainer: u8) -> Option<Base> {
	Some(Base::Checkpoint { checkpoint: checkpoint(round, trainer) })
}

pub(in crate::commands::model::provenance) fn entry(
	round: RoundIndex,
	trainer: u8,
	outcome: Outcome,
	base: Option<Base>,
) -> Entry {
	Entry { round, trainer, outcome, base }
}

impl Chain for Fake {
	async fn round(&self, number: RoundIndex) -> Result<RoundView> {
		self.reads.set(self.reads.get() + 1);
		let round = wanted::tests::round();
		let [other, _] = &round.candidates[..] else { unreachable!() };
		let candidates = self.of(number).map(|entry| {
			let mut candidate = other.clone();
			candidate.account = account(entry.trainer);
			candidate.outcome = Some(entry.outcome);
			if let Some(reveal) = &mut candidate.reveal {
				reveal.checkpoint = checkpoint(number, entry.trainer);
			}
			candidate
		});
		Ok(RoundView {
			round: number,
			dataset_version: number + 100,
			candidates: candidates.collect(),
			..round.clone()
		})
	}

	async fn recording(&self, round: RoundIndex, of: &AccountId) -> Result<Option<RecordingView>> {
		let base = self.of(round).find(|entry| account(entry.trainer) == *of).and_then(|entry| entry.base);
		let recording = fixtures::recording();
		Ok(base.map(|base| RecordingView { recipe: Recipe { base, ..recording.recipe }, ..recording }))
	}

	async fn kept(&self) -> Result<Vec<RoundSummary>> {
		let mut rounds: Vec<_> = self.entries.iter().map(|entry| entry.round).collect();
		rounds.sort_unstable();
		rounds.dedup();
		let summary = |round| {
			let winner = self.of(round).find(|entry| entry.outcome == Outcome::Won);
			RoundSummary {
				round,
				model_version: 0,
				dataset_version: round + 100,
				commitments: 1,
				reveals: 1,
				baseline: None,
				winner: winner.map(|entry| WinnerView {
					account: account(entry.trainer),
					checkpoint: checkpoint(round, entry.trainer),
					score: Score(1),
					reward: 0,
				}),
			}
		};
		Ok(rounds.into_iter().map(summary).collect())
	}
}

async fn walked(fake: &Fake, round: RoundIndex, trainer: u8) -> (Vec<(RoundIndex, u8)>, End) {
	let (steps, end) = walk(fake, Revealed { round, account: account(trainer) }).await.unwrap();
	let short = |step: &Step| {
		let account: &[u8; 32] = step.account.as_ref();
		assert_eq!(step.checkpoint.content, checkpoint(step.round, account[0]));
		assert_eq!(step.dataset_version, step.round + 100);
		(step.round, account[0])
	};
	(steps.iter().map(short).collect(), end)
}

const SEED: Option<Base> = Some(Base::Initial { seed: 5 });

#[tokio::test]
async fn the_way_back_ends_with_initial_weights() {
	let fake = Fake::new(&[
		entry(2, 1, Outcome::Won, SEED),
		entry(5, 2, Outcome::Won, after(2, 1)),
		entry(9, 3, Outcome::Won, after(5, 2)),
		entry(9, 4, Outcome::Outranked, SEED),
	]);
	let initial = End::Initial { seed: 5 };
	assert_eq!(walked(&fake, 9, 3).await, (vec![(9, 3), (5, 2), (2, 1)], initial));
	assert_eq!(fake.reads.get(), 3, "winners are found without reading other rounds");
	assert_eq!(walked(&fake, 9, 4).await, (vec![(9, 4)], initial));
}

#[tokio::test]
async fn a_training_may_begin_with_a_checkpoint_that_won_nothing() {
	let fake = Fake::new(&[
		entry(1, 1, Outcome::Won, SEED),
		entry(1, 2, Outcome::Outranked, SEED),
		entry(2, 1, Outcome::Departed, after(1, 2)),
		entry(3, 1, Outcome::Won, after(2, 1)),
	]);
	let (steps, end) = walk(&fake, Revealed { round: 3, account: account(1) }).await.unwrap();
	let replays: Vec<_> = steps.iter().map(|step| step.replay).collect();
	assert_eq!(replays, [Replay::Matched, Replay::Departed, Replay::Unconfirmed]);
	assert_eq!(end, End::Initial { seed: 5 });
	assert_eq!(fake.reads.get(), 3 + 3, "all rounds are read once");
}

#[tokio::test]
async fn what_the_chain_does_not_keep_ends_the_way_and_is_named() {
	let recorded = entry(9, 3, Outcome::Won, after(5, 2));
	let fake = Fake::new(&[recorded]);
	let base = End::BaseNotKept { checkpoint: checkpoint(5, 2).into() };
	assert_eq!(walked(&fake, 9, 3).await, (vec![(9, 3)], base));
	let before = entry(5, 2, Outcome::Won, None);
	let fake = Fake::new(&[before, recorded]);
	assert_eq!(walked(&fake, 9, 3).await, (vec![(9, 3)], End::NotRecorded { round: 5 }));
	assert_eq!(walked(&fake, 4, 3).await, (vec![], End::RoundNotKept { round: 4 }));
}

#[tokio::test]
async fn a_node_that_leads_in_a_circle_is_refused() {
	let fake = Fake::new(&[entry(5, 2, Outcome::Won, after(9, 3)), entry(9, 3, Outcome::Won, after(5, 2))]);
	let error = walk(&fake, Revealed { round: 9, account: account(3) }).await.unwrap_err();
	assert!(error.to_string().contains("ask another node"), "{error}");
}

#[test]
fn only_what_was_confirmed_counts_as_replayed() {
	for (outcome, replay) in [
		(Outcome::Won, Replay::Matched),
		(Outcome::Placed, Replay::Matched),
		(Outcome::NotBetter, Replay::Matched),
		(Outcome::Departed, Replay::Departed),
		(Outcome::Outranked, Replay::Unconfirmed),
		(Outcome::Refuted, Replay::Unconfirmed),
		(Outcome::NoQuorum, Replay::Unconfirmed),
		(Outcome::Unrevealed, Replay::Unconfirmed),
	] {
		assert_eq!(Replay::from(Some(outcome)), replay, "{outcome}");
	}
	assert_eq!(Replay::from(None), Replay::Unconfirmed);
}
