use super::*;
use crate::{best_weights::STALE_CHECKS, control::Status, handle::TrainingHandle};
use descent_artifacts::within;
use descent_evaluator::evaluation_set::EvaluationSet;
use descent_model::{Device, Optimizer};
use descent_protocol::Metric;
use descent_testing::Fixture;

const PATIENCE: Duration = Duration::from_secs(60);

fn task(fixture: &Fixture) -> TrainingTask {
	TrainingTask {
		description: Arc::new(fixture.description.clone()),
		training: fixture.set.clone(),
		evaluation: fixture.set.clone(),
		metric: Metric::Loss,
	}
}

fn settings() -> TrainingSettings {
	TrainingSettings {
		optimizer: Optimizer::Adam { betas: (0.9, 0.999), weight_decay: 0.0 },
		learning_rate: 0.01,
		batch: 32,
		augmentation: Default::default(),
		accumulate: 1,
		average: None,
		seed: 7,
		holdout: 500,
		device: Device::Cpu,
		own: None,
		recorded: Default::default(),
	}
}

fn start(fixture: &Fixture, settings: TrainingSettings) -> TrainingHandle {
	let directory = fixture.directory.path().join("training");
	TrainingHandle::start(task(fixture), settings, directory, Box::new(drop)).unwrap()
}

async fn until(handle: &TrainingHandle, what: impl Fn(&Status) -> bool) -> Status {
	let deadline = Instant::now() + PATIENCE;
	loop {
		let status = handle.status();
		if what(&status) {
			return status;
		}
		assert!(Instant::now() < deadline && !handle.has_stopped(), "{status}");
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
}

#[tokio::test]
async fn the_running_mean_is_what_is_measured_and_committed() {
	let fixture = Fixture::new(1_000);
	let settings = TrainingSettings { average: Some(0.99), accumulate: 2, ..settings() };
	let handle = start(&fixture, settings.clone());
	until(&handle, |status| status.loss > 0.0 && status.loss < 0.3 && status.best.is_some()).await;
	let path = fixture.directory.path().join("offered.safetensors");
	let snapshot = handle.snapshot(path.clone()).await.unwrap().unwrap();
	let model = Model::load(&fixture.description, &path, Device::Cpu).unwrap();
	let score = Holdout::draw(&task(&fixture), &settings).unwrap().check(&model).unwrap();
	assert_eq!(score, Check::Score(snapshot.score), "the file has the weights that were measured");
}

#[tokio::test]
async fn learns_and_goes_on_where_it_was() {
	let fixture = Fixture::new(1_000);
	let handle = start(&fixture, settings());
	until(&handle, |status| status.loss > 0.0 && status.loss < 0.3).await;
	let path = fixture.directory.path().join("offered.safetensors");
	let snapshot = handle.snapshot(path.clone()).await.unwrap().unwrap();
	assert!(snapshot.score < Score(300_000), "{}", snapshot.score);
	let model = evaluation_set::load(&fixture.description, &path).unwrap();
	let all = EvaluationSet::draw(fixture.set.clone(), H256::zero(), 1_000, Metric::Loss).unwrap();
	assert!(all.evaluate(&model, within(PATIENCE)).unwrap().score < Score(300_000));
	let kept = std::fs::read(&path).unwrap();
	until(&handle, |status| status.best.is_some()).await;
	assert_eq!(std::fs::read(&path).unwrap(), kept, "what was offered does not change");
	drop(handle);

	let handle = start(&fixture, settings());
	let status = until(&handle, |status| status.steps > 0).await;
	assert!(status.loss < 0.4, "{status}");
}

#[tokio::test]
async fn goes_on_from_a_better_head_only() {
	let fixture = Fixture::new(1_000);
	let head = |path: &Path| {
		let copy = tempfile::NamedTempFile::new().unwrap().into_temp_path();
		std::fs::copy(path, &copy).unwrap();
		copy
	};
	let first = start(&fixture, settings());
	until(&first, |status| status.loss > 0.0 && status.loss < 0.3).await;
	let good = fixture.directory.path().join("good.safetensors");
	let score = first.snapshot(good.clone()).await.unwrap().unwrap().score;
	let bad = H256::repeat_byte(1);
	first.set_head(bad, head(&fixture.checkpoint(99))).unwrap();
	let status = until(&first, |status| status.evaluated_head().is_some()).await;
	assert!(status.evaluated_head().unwrap().1 > Score(500_000));
	assert!(until(&first, |status| status.best.is_some()).await.best.unwrap() < Score(400_000));
	drop(first);

	let slow = TrainingSettings { learning_rate: 1e-9, ..settings() };
	let elsewhere = fixture.directory.path().join("second");
	let second = TrainingHandle::start(task(&fixture), slow, elsewhere, Box::new(drop)).unwrap();
	let digest = H256::repeat_byte(2);
	second.set_head(digest, head(&good)).unwrap();
	until(&second, |status| status.evaluated_head().is_some()).await;
	let path = fixture.directory.path().join("second.safetensors");
	let before = second.status().steps;
	until(&second, |status| status.steps > before).await;
	let snapshot = second.snapshot(path).await.unwrap().unwrap();
	assert_eq!(snapshot.head, Some((digest, score)));
	assert!(snapshot.score.within(score, 1_000), "{} is not about {score}", snapshot.score);
}

#[tokio::test]
async fn rests_while_something_else_is_measured() {
	let fixture = Fixture::new(100);
	let handle = start(&fixture, settings());
	until(&handle, |status| status.steps > 0).await;
	let pause = handle.pause();
	let path = fixture.directory.path().join("offered.safetensors");
	handle.snapshot(path.clone()).await.unwrap().unwrap();
	let paused = handle.status().steps;
	assert!(handle.snapshot(path).await.unwrap().is_none(), "nothing was learnt since");
	assert!(handle.status().steps <= paused + 1);
	drop(pause);
	until(&handle, |status| status.steps > paused + 1).await;
}

#[tokio::test]
async fn goes_on_after_weights_that_are_not_finite() {
	let fixture = Fixture::new(300);
	let optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 };
	let handle = start(&fixture, TrainingSettings { optimizer, learning_rate: 1e38, ..settings() });
	until(&handle, |status| status.steps > 20).await;
	let path = fixture.directory.path().join("offered.safetensors");
	if handle.snapshot(path.clone()).await.unwrap().is_some() {
		evaluation_set::load(&fixture.description, &path).unwrap();
	}
	assert!(!handle.has_stopped());
}

#[test]
fn goes_back_to_the_best_weights_in_smaller_steps() {
	let fixture = Fixture::new(500);
	let directory = fixture.directory.path().join("training");
	let mut training = TrainingLoop::new(task(&fixture), settings(), directory, Arc::default()).unwrap();
	for _ in 0..200 {
		training.step().unwrap();
	}
	training.check().unwrap();
	let peak = training.weights.peak.unwrap();
	assert_eq!(training.rate.current(), 0.01);
	training.restart_from(Model::new(&fixture.description, 99, Device::Cpu).unwrap()).unwrap();
	for _ in 0..STALE_CHECKS {
		assert!(training.evaluate(None).unwrap().unwrap() > peak);
		training.record(Score(peak.0 + 1)).unwrap();
	}
	assert_eq!(training.evaluate(None).unwrap(), Some(peak));
	assert_eq!(training.rate.current(), 0.005);
	training.set_task(task(&fixture)).unwrap();
	assert_eq!(training.rate.current(), 0.01, "other records have more to learn");
}

/// The first set is too small to learn much of; the second is not.
#[tokio::test]
async fn goes_on_with_its_weights_on_other_records() {
	let (small, large) = (Fixture::new(40), Fixture::new(1_000));
	let handle = start(&small, settings());
	until(&handle, |status| status.loss > 0.0 && status.loss < 0.3).await;
	let path = small.directory.path().join("offered.safetensors");
	let before = handle.snapshot(path.clone()).await.unwrap().unwrap();
	let steps = handle.status().steps;
	handle.set_task(task(&large)).unwrap();
	let after = handle.snapshot(path).await.unwrap().unwrap();
	assert!(after.score > before.score, "it is measured on the new records");
	assert!(after.score < Score(1_000_000), "with the weights that there were");
	until(&handle, |status| status.steps > steps).await;
	until(&handle, |status| status.best.is_some_and(|best| best < Score(250_000))).await;
}

fn weights(training: &TrainingLoop) -> Vec<u8> {
	let file = tempfile::NamedTempFile::new().unwrap();
	training.trainer.model().save(file.path()).unwrap();
	std::fs::read(file.path()).unwrap()
}

fn open(fixture: &Fixture, settings: TrainingSettings) -> TrainingLoop {
	let directory = fixture.directory.path().join("training");
	TrainingLoop::new(task(fixture), settings, directory, Arc::default()).unwrap()
}

/// Momentum, learning rate and order of the batches are those of a training that was never ended.
#[test]
fn a_training_that_ended_goes_on_as_if_it_had_not() {
	let fixture = Fixture::new(500);
	let mut whole = open(&fixture, settings());
	(0..20).for_each(|_| whole.step().unwrap());
	whole.check().unwrap();
	(0..20).for_each(|_| whole.step().unwrap());
	whole.rate.lower();
	whole.trainer.set_learning_rate(whole.rate.current());
	whole.resume.write(&whole.trainer, &whole.rate, &whole.order, &whole.task);
	// A user that gives no seed gets another one.
	let mut resumed = open(&fixture, TrainingSettings { seed: 8, ..settings() });
	assert_eq!(weights(&resumed), weights(&whole), "not the best ones, which are older");
	assert_eq!(resumed.rate.current(), 0.005);
	for training in [&mut whole, &mut resumed] {
		(0..40).for_each(|_| training.step().unwrap());
	}
	assert_eq!(weights(&resumed), weights(&whole));

	let other = open(&fixture, TrainingSettings { learning_rate: 0.02, ..settings() });
	assert_eq!(other.rate.current(), 0.02, "another learning rate was asked for");
	let sgd = Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 };
	let other = open(&fixture, TrainingSettings { optimizer: sgd, ..settings() });
	let peak = other.weights.load(&fixture.description, &settings()).unwrap();
	let path = fixture.directory.path().join("peak");
	peak.save(&path).unwrap();
	assert_eq!(std::fs::read(path).unwrap(), weights(&other), "another optimizer begins with the best ones");
}

#[tokio::test]
async fn the_end_of_a_training_keeps_its_last_weights() {
	let fixture = Fixture::new(300);
	let handle = start(&fixture, settings());
	let steps = until(&handle, |status| status.steps > 20).await.steps;
	handle.end();
	let deadline = Instant::now() + PATIENCE;
	while !handle.has_ended() {
		assert!(Instant::now() < deadline);
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
	assert!(!handle.has_stopped() || handle.status().steps >= steps);
	assert!(open(&fixture, settings()).trainer.steps() >= steps);
}

#[test]
fn a_holdout_that_takes_too_long_is_halved() {
	let fixture = Fixture::new(500);
	let mut training = open(&fixture, settings());
	training.step().unwrap();
	training.check().unwrap();
	let before = training.weights.peak;
	assert!(before.is_some());
	training.holdout.set_limit(Duration::ZERO);
	training.shared.status().head = Some(crate::control::Head { digest: H256::zero(), score: None });
	training.step().unwrap();
	training.check().unwrap();
	assert_eq!(training.holdout.records(), 1, "the last record takes the time that it takes");
	assert_ne!(training.weights.peak, before, "it is a score on other records");
	assert!(training.shared.status().head.is_none(), "the head has to be evaluated again");
	training.step().unwrap();
}

#[test]
fn weights_that_a_committee_cannot_measure_are_given_up() {
	let fixture = Fixture::new(500);
	let mut training = open(&fixture, settings());
	let learn = |training: &mut TrainingLoop| {
		(0..50).for_each(|_| training.step().unwrap());
		training.check().unwrap();
		weights(training)
	};
	let good = learn(&mut training);
	let file = fixture.directory.path().join("good");
	std::fs::write(&file, &good).unwrap();
	training.weights.accept(&file).unwrap();
	let bad = learn(&mut training);
	assert_ne!(good, bad);
	training.reject().unwrap();
	assert_eq!(weights(&training), good);
	assert!(training.weights.peak.is_some() && training.weights.best.is_none());
	assert_eq!(training.rate.current(), 0.005);
}
