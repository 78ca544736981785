//! Reveals of checkpoints with recorded trainings.

use super::{
	ballot,
	builder::SALT,
	checkpoint, measurement,
	training::{recipe_rule, Training, RULE},
	Round,
};
use crate::{
	mock::{
		account, amend, build_and_execute, change, create_group, run_to, Rounds as Pallet, RuntimeOrigin,
		System, Test, CLOCK, DEPOSIT,
	},
	Bases, Call, Error, Event, RecordedSegment, Recordings, Subjects, UsedDigests,
};
use codec::{Decode, Encode};
use descent_protocol::{
	trace::{Base, Precision, Recipe, RecipeOptimizer, RecipeRule, Recording, Segment, SegmentProof, Trace},
	view::RecordingView,
	Codec, ContentRef, OptionalRule, OptionalRuleKind, Score, Verdict, MAX_SEGMENTS,
};
use frame_support::{assert_noop, assert_ok, pallet_prelude::InvalidTransaction};
use sp_core::H256;

fn found(score: u64) -> Verdict {
	Verdict::Match(measurement(score))
}

/// The longest recording there can be.
pub(crate) fn longest() -> Recording {
	let segment = Segment { from: Some(0), rate: u32::MAX, state: H256::zero() };
	let proof = SegmentProof { number: 1, segment, path: vec![H256::zero(); 12].try_into().unwrap() };
	let optimizer = RecipeOptimizer::AdamW { betas: (0, 0), weight_decay: 0 };
	let base = Base::Checkpoint { checkpoint: checkpoint(1, 0) };
	Recording {
		recipe: Recipe { base, optimizer, precision: Precision::Bf16, steps: 20, batch: 8 },
		trace: Trace { root: H256::zero(), segments: MAX_SEGMENTS },
		last: proof.clone(),
		drawn: proof.clone(),
		start: Some(proof),
	}
}

/// Asserts that a training that is committed to can't be shown, by the call and by the pool, and that nothing
/// is stored of it.
pub(crate) fn refuses(training: &Training, recording: Recording, error: Error<Test>) {
	let call = Call::reveal_recorded {
		group: 0,
		round: training.round,
		checkpoint: checkpoint(training.number, training.round),
		salt: SALT,
		claim: Score(500),
		providers: Default::default(),
		recording: recording.clone(),
	};
	let code = error.encode()[0];
	assert_eq!(
		Pallet::validity(&account(training.number), &call),
		Err(InvalidTransaction::Custom(code).into())
	);
	assert_noop!(training.shows(500, recording), error);
}

#[test]
fn a_recorded_training_is_revealed_and_its_drawn_segment_is_kept() {
	build_and_execute(|| {
		recipe_rule();
		let training = Training::new(1, 0);
		let round = Round::new().records(&[(1, 500)]);
		let revealed = Event::Revealed {
			group: 0,
			round: 0,
			account: account(1),
			checkpoint: checkpoint(1, 0),
			claim: Score(500),
		};
		System::assert_last_event(revealed.into());
		let drawn = training.drawn();
		let state = |number: u16| training.segments[usize::from(number)].state;
		let kept = RecordedSegment {
			recipe: training.recipe,
			trace: training.trace,
			number: drawn,
			rate: 100,
			start: drawn.checked_sub(1).map(state),
			end: state(drawn),
		};
		assert_eq!(Recordings::<Test>::get((0, 0), account(1)), Some(kept));
		let content = |number| ContentRef { digest: state(number), ..checkpoint(1, 0) };
		let view = RecordingView {
			recipe: training.recipe,
			trace: training.trace,
			number: drawn,
			rate: 100,
			start: drawn.checked_sub(1).map(content),
			end: content(drawn),
		};
		assert_eq!(Pallet::recording_view(0, 0, &account(1)), Some(view));
		assert_eq!(Pallet::recording_view(0, 0, &account(2)), None);
		assert_eq!(Pallet::recording_view(0, 1, &account(1)), None);
		assert_eq!(Pallet::recording_view(1, 0, &account(1)), None);
		assert_noop!(training.reveals(400), Error::<Test>::AlreadyRevealed);
		assert_eq!(round.stored().commitments.len(), 1);
	});
}

#[test]
fn a_training_that_was_committed_to_against_the_rule_can_t_be_shown() {
	let base = |checkpoint| Base::Checkpoint { checkpoint };
	let honest = || Training::new(1, 0);
	let with = |change: &dyn Fn(&mut Recipe)| honest().with_recipe(change);
	let traced = |trace: Trace| Training { trace, ..honest() };
	let trace = honest().trace;
	let nesterov = RecipeOptimizer::Sgd { momentum: 0, nesterov: true, weight_decay: 0 };
	let size = |size| base(ContentRef { size, ..checkpoint(9, 0) });
	let table: Vec<(&str, Training, Error<Test>)> = vec![
		("fewer steps", with(&|recipe| recipe.steps = 19), Error::AgainstRecipe),
		("smaller batches", with(&|recipe| recipe.batch = 7), Error::AgainstRecipe),
		("not exact", with(&|recipe| recipe.precision = Precision::F32), Error::AgainstRecipe),
		("no optimizer", with(&|recipe| recipe.optimizer = nesterov), Error::AgainstRecipe),
		("slow", honest().with_segments(|segment| segment.rate = 9), Error::AgainstRecipe),
		("fast", honest().with_segments(|segment| segment.rate = 1_001), Error::AgainstRecipe),
		("no segments", traced(Trace { segments: 0, ..trace }), Error::InvalidRecording),
		("a longer trace", traced(Trace { segments: MAX_SEGMENTS + 1, ..trace }), Error::InvalidRecording),
		("another count", traced(Trace { segments: 9, ..trace }), Error::InvalidRecording),
		("another root", traced(Trace { root: H256::repeat_byte(1), ..trace }), Error::InvalidRecording),
		("a loop", honest().with_segments(|segment| segment.from = Some(4)), Error::InvalidRecording),
		(
			"other weights",
			honest().with_segments(|segment| segment.state = checkpoint(2, 0).digest),
			Error::InvalidRecording,
		),
		("an unknown base", with(&|recipe| recipe.base = base(checkpoint(9, 0))), Error::UnknownBase),
		("its own base", with(&|recipe| recipe.base = base(checkpoint(1, 0))), Error::UnknownBase),
		("an empty base", with(&|recipe| recipe.base = size(0)), Error::InvalidContent),
		("a large base", with(&|recipe| recipe.base = size(1 << 21)), Error::InvalidContent),
	];
	for (name, training, error) in table {
		build_and_execute(|| {
			println!("{name}");
			recipe_rule();
			let round = Round::new().at(|windows| windows.commit.start);
			training.commits();
			let _ = round.at(|windows| windows.reveal.start);
			refuses(&training, training.recording(), error);
		});
	}
}

#[test]
fn a_rule_that_is_not_exact_takes_all_precisions() {
	for precision in [Precision::F64, Precision::F32, Precision::Bf16] {
		build_and_execute(|| {
			let rule = OptionalRule::Recipe { recipe: RecipeRule { exact: false, ..RULE } };
			change(0, |rules| rules.optional_rules.set(rule));
			let training = Training::new(1, 0).with_recipe(|recipe| recipe.precision = precision);
			let round = Round::new().at(|windows| windows.commit.start);
			training.commits();
			let _ = round.at(|windows| windows.reveal.start);
			assert_ok!(training.reveals(500));
		});
	}
}

#[test]
fn what_is_shown_is_what_was_committed_to_and_what_the_seed_draws() {
	build_and_execute(|| {
		recipe_rule();
		let training = Training::new(1, 0);
		let round = Round::new().at(|windows| windows.commit.start);
		training.commits();
		let _ = round.at(|windows| windows.reveal.start);
		let honest = training.recording();
		let broken = |error: Error<Test>, change: &dyn Fn(&mut Recording)| {
			let mut recording = honest.clone();
			change(&mut recording);
			assert_ne!(recording, honest);
			refuses(&training, recording, error);
		};
		let drawn = training.drawn();
		for other in (0..5).filter(|other| *other != drawn) {
			let proof = training.proof(other);
			let from = proof.segment.from.map(|from| training.proof(from));
			broken(Error::InvalidRecording, &|shown| {
				(shown.drawn, shown.start) = (proof.clone(), from.clone());
			});
			broken(Error::InvalidRecording, &|shown| shown.drawn.number = other);
		}
		for number in (0..5).filter(|number| drawn.checked_sub(1) != Some(*number)) {
			broken(Error::InvalidRecording, &|shown| shown.start = Some(training.proof(number)));
		}
		if drawn > 0 {
			broken(Error::InvalidRecording, &|shown| shown.start = None);
		}
		for number in 0..4 {
			broken(Error::InvalidRecording, &|shown| shown.last = training.proof(number));
		}
		let parts: [fn(&mut Recording) -> &mut SegmentProof; 2] =
			[|shown| &mut shown.last, |shown| &mut shown.drawn];
		for part in parts {
			broken(Error::InvalidRecording, &|shown| part(shown).number = 5);
			broken(Error::InvalidRecording, &|shown| part(shown).number = u16::MAX);
			broken(Error::InvalidRecording, &|shown| part(shown).segment.rate = 101);
			broken(Error::InvalidRecording, &|shown| part(shown).segment.state = H256::zero());
			broken(Error::InvalidRecording, &|shown| part(shown).segment.from = None);
			broken(Error::InvalidRecording, &|shown| part(shown).path = Default::default());
			broken(Error::InvalidRecording, &|shown| {
				part(shown).path.try_push(H256::zero()).unwrap();
			});
		}
		broken(Error::CommitmentMismatch, &|shown| shown.recipe.batch = 9);
		broken(Error::CommitmentMismatch, &|shown| shown.recipe.base = Base::Initial { seed: 2 });
		broken(Error::CommitmentMismatch, &|shown| shown.trace.root = H256::zero());
		broken(Error::CommitmentMismatch, &|shown| shown.trace.segments = 4);
		broken(Error::AgainstRecipe, &|shown| shown.drawn.segment.rate = 9);
		assert_ok!(training.shows(500, honest.clone()));
	});
}

#[test]
fn a_longer_path_is_not_read_at_all() {
	let proof = longest().last;
	let bytes = (proof.number, proof.segment, proof.path.to_vec()).encode();
	assert_eq!(SegmentProof::decode(&mut &bytes[..]), Ok(proof.clone()));
	let longer = (proof.number, proof.segment, vec![H256::zero(); 13]).encode();
	assert!(SegmentProof::decode(&mut &longer[..]).is_err());
}

#[test]
fn a_recording_is_of_one_account_and_one_round() {
	build_and_execute(|| {
		recipe_rule();
		let training = Training::new(1, 0);
		let round = Round::new().at(|windows| windows.commit.start);
		let signed = || RuntimeOrigin::signed(account(2));
		assert_ok!(Pallet::commit(signed(), 0, 0, training.commitment(), DEPOSIT));
		training.commits();
		let round = round.at(|windows| windows.reveal.start);
		assert_ok!(Pallet::commit(signed(), 0, 1, training.commitment(), DEPOSIT));
		let shows = |index, recording| {
			let (checkpoint, providers) = (checkpoint(1, 0), Default::default());
			Pallet::reveal_recorded(signed(), 0, index, checkpoint, SALT, Score(500), providers, recording)
		};
		assert_noop!(shows(0, training.recording()), Error::<Test>::CommitmentMismatch);
		assert_ok!(training.reveals(500));
		let _ = round.settles();
		run_to(Round::number(1).windows().reveal.start);
		assert_noop!(shows(1, training.recording()), Error::<Test>::CommitmentMismatch);
	});
}

#[test]
fn a_group_with_the_rule_takes_no_checkpoint_that_comes_alone() {
	build_and_execute(|| {
		recipe_rule();
		let round = Round::new().commits(&[1]);
		Training::new(2, 0).commits();
		let round = round.at(|windows| windows.reveal.start);
		assert_noop!(round.reveal(1, 500), Error::<Test>::RecordingMissing);
		assert_noop!(round.reveal(2, 500), Error::<Test>::RecordingMissing);
		refuses(&Training::new(1, 0), Training::new(1, 0).recording(), Error::CommitmentMismatch);
		assert_ok!(Training::new(2, 0).reveals(500));
	});
}

#[test]
fn a_group_without_the_rule_takes_no_recording() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		let training = Training::new(2, 0);
		training.commits();
		let round = round.at(|windows| windows.reveal.start);
		refuses(&training, training.recording(), Error::RecordingUnexpected);
		refuses(&Training::new(1, 0), Training::new(1, 0).recording(), Error::RecordingUnexpected);
		assert_noop!(round.reveal(2, 500), Error::<Test>::CommitmentMismatch);
		assert_ok!(round.reveal(1, 500));
		assert_eq!(Recordings::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_round_keeps_the_rule_that_it_began_with() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		let recipe = OptionalRule::Recipe { recipe: RULE };
		assert_eq!(amend(0, |rules| rules.optional_rules.set(recipe)), 1);
		let round = round.reveals(&[(1, 500)]);
		let recorded = Round::number(1).records(&[(2, 400)]);
		let wider = OptionalRule::Recipe { recipe: RecipeRule { steps: 40, ..RULE } };
		assert_eq!(amend(0, |rules| rules.optional_rules.set(wider)), 3);
		let training = |steps| Training::new(3, 3).with_recipe(|recipe| recipe.steps = steps);
		let last = Round::number(3).at(|windows| windows.commit.start);
		training(40).commits();
		amend(0, |rules| rules.optional_rules.remove(OptionalRuleKind::Recipe));
		let _ = last.at(|windows| windows.reveal.start);
		assert_ok!(training(40).reveals(300));
		let _ = Round::number(4).commits(&[4]).reveals(&[(4, 200)]);
		for (index, number, is_recorded) in [(0, 1, false), (1, 2, true), (3, 3, true), (4, 4, false)] {
			assert_eq!(Pallet::recording_view(0, index, &account(number)).is_some(), is_recorded, "{index}");
		}
		assert!(round.stored().settled.is_some() && recorded.stored().settled.is_some());
	});
}

/// Commits to a training in a round whose base is a checkpoint, and goes to its reveal window.
pub(crate) fn with_base(index: u32, base: ContentRef) -> Training {
	let base = Base::Checkpoint { checkpoint: base };
	let training = Training::new(5, index).with_recipe(|recipe| recipe.base = base);
	let round = Round::number(index).at(|windows| windows.commit.start);
	training.commits();
	let _ = round.at(|windows| windows.reveal.start);
	training
}

#[test]
fn a_training_begins_with_what_a_committee_has_confirmed() {
	build_and_execute(|| {
		recipe_rule();
		create_group(CLOCK);
		UsedDigests::<Test>::insert(1, checkpoint(8, 0).digest, 0);
		Bases::<Test>::insert(1, checkpoint(8, 0).digest, 0);
		let said = [Verdict::Departed(measurement(400)), found(500), found(600)];
		let _ = Round::new()
			.records(&[(1, 500), (2, 600), (3, 400)])
			.votes(&vec![ballot(None, &said); 4])
			.settles();
		let unknown = |index, base| {
			let training = with_base(index, base);
			refuses(&training, training.recording(), Error::UnknownBase);
		};
		unknown(1, checkpoint(8, 0));
		// A claim behind the winner's costs nothing, so it can be that of any checkpoint.
		unknown(2, checkpoint(2, 0));
		unknown(3, checkpoint(3, 0));

		let training = with_base(4, checkpoint(1, 0));
		assert_ok!(training.reveals(400));
		let view = Pallet::recording_view(0, 4, &account(5)).unwrap();
		assert_eq!(view.recipe.base, Base::Checkpoint { checkpoint: checkpoint(1, 0) });
		let _ = Round::number(4).votes(&vec![ballot(Some(500), &[found(400)]); 4]).settles();
		let training = with_base(5, checkpoint(1, 0));
		// A head stays a base when another one has replaced it.
		assert_ok!(training.reveals(300));
		let wrong = ContentRef { codec: Codec::UnixFs, ..checkpoint(1, 0) };
		let training = with_base(6, wrong);
		refuses(&training, training.recording(), Error::InvalidContent);
	});
}

/// A group that begins to ask for recordings has a head that came alone.
#[test]
fn a_training_begins_with_a_head_that_was_not_recorded() {
	build_and_execute(|| {
		let all = |score| vec![ballot(None, &[found(score)]); 4];
		let _ = Round::new().commits(&[1]).reveals(&[(1, 500)]).votes(&all(500)).settles();
		let rule = OptionalRule::Recipe { recipe: RULE };
		let first = amend(0, |rules| rules.optional_rules.set(rule));
		assert_eq!(Bases::<Test>::iter().count(), 0);
		let training = with_base(first, checkpoint(1, 0));
		assert_ok!(training.reveals(400));
		let _ = Round::number(first).votes(&vec![ballot(Some(500), &[found(400)]); 4]).settles();
		let training = with_base(first + 1, checkpoint(1, 0));
		assert_ok!(training.reveals(300));
	});
}

#[test]
fn a_training_begins_with_no_checkpoint_of_another_model() {
	build_and_execute(|| {
		recipe_rule();
		let all = vec![ballot(None, &[found(500)]); 4];
		let _ = Round::new().records(&[(1, 500)]).votes(&all).settles();
		let fork = |rules: &mut pallet_groups::Rules<u128>| rules.model_version += 1;
		assert_eq!(amend(0, fork), 2);
		let training = with_base(1, checkpoint(1, 0));
		assert_ok!(training.reveals(400));
		let _ = Round::number(1).settles();
		let training = with_base(2, checkpoint(1, 0));
		refuses(&training, training.recording(), Error::UnknownBase);
	});
}

#[test]
fn members_agree_on_the_recordings_that_they_replay() {
	let subject = |seed| {
		let mut subject = None;
		build_and_execute(|| {
			recipe_rule();
			let base = Base::Initial { seed };
			let training = Training::new(1, 0).with_recipe(|recipe| recipe.base = base);
			let round = Round::new().at(|windows| windows.commit.start);
			training.commits();
			let _ = round.at(|windows| windows.reveal.start);
			assert_ok!(training.reveals(500));
			subject = Subjects::<Test>::get((0, 0)).map(|subject| subject.hash);
		});
		subject.unwrap()
	};
	assert_eq!(subject(1), subject(1));
	assert_ne!(subject(1), subject(2));
}
