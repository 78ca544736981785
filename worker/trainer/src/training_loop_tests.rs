use super::*;
use crate::handle::{Status, TrainingHandle};
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

fn settings(fixture: &Fixture) -> Settings {
	Settings {
		optimizer: Optimizer::Adam,
		learning_rate: 0.01,
		batch: 32,
		seed: 7,
		holdout: 500,
		device: Device::Cpu,
		directory: fixture.directory.path().join("training"),
	}
}

async fn until(learner: &TrainingHandle, what: impl Fn(&Status) -> bool) -> Status {
	let deadline = Instant::now() + PATIENCE;
	loop {
		let status = learner.status();
		if what(&status) {
			return status;
		}
		assert!(Instant::now() < deadline && !learner.has_stopped(), "{status}");
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
}

#[tokio::test]
async fn learns_and_goes_on_where_it_was() {
	let fixture = Fixture::new(1_000);
	let learner = TrainingHandle::start(task(&fixture), settings(&fixture)).unwrap();
	until(&learner, |status| status.loss > 0.0 && status.loss < 0.3).await;
	let path = fixture.directory.path().join("offered.safetensors");
	let snapshot = learner.snapshot(path.clone()).await.unwrap().unwrap();
	assert!(snapshot.score < Score(300_000), "{}", snapshot.score);
	let model = evaluation_set::load(&fixture.description, &path).unwrap();
	let all = EvaluationSet::draw(fixture.set.clone(), H256::zero(), 1_000, Metric::Loss).unwrap();
	assert!(all.evaluate(&model, within(PATIENCE)).unwrap().score < Score(300_000));
	let kept = std::fs::read(&path).unwrap();
	until(&learner, |status| status.best.is_some()).await;
	assert_eq!(std::fs::read(&path).unwrap(), kept, "what was offered does not change");
	drop(learner);

	let learner = TrainingHandle::start(task(&fixture), settings(&fixture)).unwrap();
	let status = until(&learner, |status| status.steps > 0).await;
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
	let first = TrainingHandle::start(task(&fixture), settings(&fixture)).unwrap();
	until(&first, |status| status.loss > 0.0 && status.loss < 0.3).await;
	let good = fixture.directory.path().join("good.safetensors");
	let score = first.snapshot(good.clone()).await.unwrap().unwrap().score;
	let bad = H256::repeat_byte(1);
	first.meet_head(bad, head(&fixture.checkpoint(99))).unwrap();
	let status = until(&first, |status| status.head.is_some()).await;
	assert!(status.head.unwrap() > Score(500_000));
	assert!(until(&first, |status| status.best.is_some()).await.best.unwrap() < Score(400_000));
	drop(first);

	let elsewhere = Settings {
		directory: fixture.directory.path().join("second"),
		learning_rate: 1e-9,
		..settings(&fixture)
	};
	let second = TrainingHandle::start(task(&fixture), elsewhere).unwrap();
	let digest = H256::repeat_byte(2);
	second.meet_head(digest, head(&good)).unwrap();
	until(&second, |status| status.head.is_some()).await;
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
	let learner = TrainingHandle::start(task(&fixture), settings(&fixture)).unwrap();
	until(&learner, |status| status.steps > 0).await;
	let rest = learner.rest();
	let path = fixture.directory.path().join("offered.safetensors");
	learner.snapshot(path.clone()).await.unwrap().unwrap();
	let resting = learner.status().steps;
	assert!(learner.snapshot(path).await.unwrap().is_none(), "nothing was learnt since");
	assert!(learner.status().steps <= resting + 1);
	drop(rest);
	until(&learner, |status| status.steps > resting + 1).await;
}

#[tokio::test]
async fn goes_on_after_weights_that_are_not_finite() {
	let fixture = Fixture::new(300);
	let reckless = Settings { optimizer: Optimizer::Sgd, learning_rate: 1e38, ..settings(&fixture) };
	let learner = TrainingHandle::start(task(&fixture), reckless).unwrap();
	until(&learner, |status| status.steps > 20).await;
	let path = fixture.directory.path().join("offered.safetensors");
	if learner.snapshot(path.clone()).await.unwrap().is_some() {
		evaluation_set::load(&fixture.description, &path).unwrap();
	}
	assert!(!learner.has_stopped());
}

#[test]
fn goes_back_to_the_best_weights_in_smaller_steps() {
	let fixture = Fixture::new(500);
	let mut course = TrainingLoop::new(task(&fixture), settings(&fixture), Arc::default()).unwrap();
	for _ in 0..200 {
		course.step().unwrap();
	}
	course.check().unwrap();
	let peak = course.peak.unwrap();
	course.settings.learning_rate = 1.0;
	course.go_on_from(Model::new(&fixture.description, 99, Device::Cpu).unwrap()).unwrap();
	for _ in 0..STALE_CHECKS {
		assert!(course.examine(course.trainer.model()).unwrap().unwrap() > peak);
		course.compare(Score(peak.0 + 1)).unwrap();
	}
	assert_eq!(course.examine(course.trainer.model()).unwrap(), Some(peak));
	assert_eq!(course.settings.learning_rate, 0.5);
}

/// The first set is too small to learn much of; the second is not.
#[tokio::test]
async fn goes_on_with_its_weights_on_other_records() {
	let (small, large) = (Fixture::new(40), Fixture::new(1_000));
	let learner = TrainingHandle::start(task(&small), settings(&small)).unwrap();
	until(&learner, |status| status.loss > 0.0 && status.loss < 0.3).await;
	let path = small.directory.path().join("offered.safetensors");
	let before = learner.snapshot(path.clone()).await.unwrap().unwrap();
	let steps = learner.status().steps;
	learner.teach(task(&large)).unwrap();
	let after = learner.snapshot(path).await.unwrap().unwrap();
	assert!(after.score > before.score, "it is measured on the new records");
	assert!(after.score < Score(1_000_000), "with the weights that there were");
	until(&learner, |status| status.steps > steps).await;
	until(&learner, |status| status.best.is_some_and(|best| best < Score(250_000))).await;
}
