use super::*;
use descent_protocol::{
	trace::{submission_hash, Base, Precision, Recipe, RecipeOptimizer, Trace},
	EvaluationPolicy, Metric,
};

fn content() -> ContentRef {
	ContentRef::raw(b"weights").unwrap()
}

fn spec() -> RoundSpec {
	RoundSpec {
		model: ContentRef::raw(b"model").unwrap(),
		model_version: 1,
		dataset_version: 2,
		dataset_root: H256::repeat_byte(2),
		metric: Metric::Error,
		policy: EvaluationPolicy::Training { records: 5 },
		providers: vec!["http://a".into()],
		sealed: Vec::new(),
		recipe: None,
	}
}

fn open(directory: &Path) -> State {
	State::open(directory, H256::zero(), 1, &AccountId32::new([7; 32])).unwrap()
}

#[test]
fn every_step_survives_a_kill() {
	let directory = tempfile::tempdir().unwrap();
	let checkpoint = ContentRef::raw(b"weights").unwrap();
	let entry = open(directory.path()).prepare(3, checkpoint, None, spec()).unwrap();
	for step in [
		Step::Prepared,
		Step::Committed,
		Step::Measured { seed: H256::repeat_byte(1), claim: Score(5), key: None },
		Step::Measured { seed: H256::repeat_byte(1), claim: Score(6), key: Some(H256::repeat_byte(2)) },
		Step::Revealed,
	] {
		let mut state = open(directory.path());
		state.advance(3, step).unwrap();
		drop(state);
		let expected = Entry { step, ..entry.clone() };
		assert_eq!(open(directory.path()).entries()[&3], expected);
	}
	let mut state = open(directory.path());
	fs::write(state.checkpoint(3), b"weights").unwrap();
	state.end(3, true).unwrap();
	let state = open(directory.path());
	assert!(state.entries().is_empty() && !state.checkpoint(3).exists());
	assert_eq!(state.own_head(), Some(&(3, checkpoint)));
	assert_eq!(state.served(), [checkpoint]);
	assert!(state.has_used(&checkpoint.digest));
}

#[test]
fn entries_of_older_trainers_are_read() {
	let step = Step::Measured { seed: H256::zero(), claim: Score(5), key: None };
	let json = serde_json::to_value(step).unwrap();
	assert_eq!(json.as_object().unwrap().len(), 3, "as older trainers write it: {json}");
	assert_eq!(serde_json::from_value::<Step>(json).unwrap(), step);
	let json = serde_json::to_value(spec()).unwrap();
	assert!(json.get("sealed").is_none(), "{json}");
	assert_eq!(serde_json::from_value::<RoundSpec>(json).unwrap(), spec());
}

#[test]
fn entries_of_older_trainers_have_no_recording() {
	let directory = tempfile::tempdir().unwrap();
	let entry = open(directory.path()).prepare(3, content(), None, spec()).unwrap();
	let json = serde_json::to_value(&entry).unwrap();
	let mut fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
	fields.sort_unstable();
	assert_eq!(fields, ["checkpoint", "commitment", "salt", "step", "terms"], "as older trainers write it");
	assert!(json["terms"].get("recipe").is_none());
	assert_eq!(serde_json::from_value::<Entry>(json).unwrap(), entry);
	assert_eq!(open(directory.path()).entries()[&3], entry);
}

#[test]
fn a_commitment_binds_the_recorded_training() {
	let directory = tempfile::tempdir().unwrap();
	let recorded = Recorded {
		round: 3,
		recipe: Recipe {
			base: Base::Initial { seed: 5 },
			optimizer: RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 },
			precision: Precision::F32,
			steps: 200,
			batch: 64,
		},
		trace: Trace { root: H256::repeat_byte(3), segments: 4 },
		last: 2,
		own_base: Some(1),
	};
	let entry = open(directory.path()).prepare(3, content(), Some(recorded), spec()).unwrap();
	let state = open(directory.path());
	assert_eq!(state.entries()[&3], entry);
	assert_eq!(state.submissions(), BTreeMap::from([(3, Submission::new(content(), 4))]));
	let bound = submission_hash(content().digest, &recorded.recipe, &recorded.trace);
	let account = AccountId32::new([7; 32]);
	let hash = |bound| descent_protocol::commitment_hash(H256::zero(), 1, 3, &account, bound, &entry.salt);
	assert_eq!(entry.commitment, hash(bound));
	assert_ne!(entry.commitment, hash(content().digest));
}

#[test]
fn states_that_were_shown_stay_served_until_the_round_is_over() {
	let directory = tempfile::tempdir().unwrap();
	let mut state = open(directory.path());
	state.prepare(3, content(), None, spec()).unwrap();
	let [first, second] = [b"1", b"2"].map(|state| ContentRef::raw(state).unwrap());
	state.show(3, &[first]).unwrap();
	state.show(3, &[first, second]).unwrap();
	state.show(4, &[second]).unwrap();
	let mut state = open(directory.path());
	assert_eq!(state.served(), [first, second, content()]);
	state.end(3, true).unwrap();
	assert_eq!(state.served(), [content()]);
}

#[test]
fn salts_differ() {
	let directory = tempfile::tempdir().unwrap();
	let mut state = open(directory.path());
	let checkpoint = ContentRef::raw(b"weights").unwrap();
	let [first, second] = [0, 1].map(|round| state.prepare(round, checkpoint, None, spec()).unwrap());
	assert_ne!(first.salt, second.salt);
	assert_ne!(first.commitment, second.commitment);
}

#[test]
fn another_trainers_state_is_left_alone() {
	let directory = tempfile::tempdir().unwrap();
	drop(open(directory.path()));
	let other = AccountId32::new([8; 32]);
	let error = State::open(directory.path(), H256::zero(), 1, &other).unwrap_err();
	assert!(error.to_string().contains("--data"));
	fs::write(directory.path().join("state.json"), b"{").unwrap();
	assert!(State::open(directory.path(), H256::zero(), 1, &AccountId32::new([7; 32])).is_err());
}
