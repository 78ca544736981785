//! The processes that read what strangers publish, as they really are.
#![allow(missing_docs)]

use descent_artifacts::{ArtifactError, VersionBuilder};
use descent_evaluator::{
	child::Probe, evaluation_set::EvaluationSet, DeltaCheck, EvaluationPool, PoolOptions,
};
use descent_protocol::{DeltaFault, Metric, Rounding};
use descent_testing::Fixture;
use sp_core::H256;
use std::{
	path::Path,
	process::Command,
	sync::mpsc,
	thread,
	time::{Duration, Instant},
};

const SEED: H256 = H256::repeat_byte(5);
const RECORDS: u32 = 300;
const MIB: u64 = 1 << 20;

fn options(directory: &Path) -> PoolOptions {
	PoolOptions {
		program: env!("CARGO_BIN_EXE_descent-worker").into(),
		threads: Some(2),
		..PoolOptions::new(directory).unwrap()
	}
}

fn pool(fixture: &Fixture) -> EvaluationPool {
	EvaluationPool::start(&options(fixture.directory.path())).unwrap()
}

fn soon(seconds: u64) -> Instant {
	Instant::now() + Duration::from_secs(seconds)
}

fn drawn(fixture: &Fixture) -> EvaluationSet {
	EvaluationSet::draw(fixture.set.clone(), SEED, RECORDS, Metric::Loss).unwrap()
}

/// Checks that a checkpoint gets the score that it has.
fn evaluates(fixture: &Fixture, pool: &EvaluationPool) {
	let set = drawn(fixture).with_rounding(Rounding::HalfEven);
	let evaluated = pool.evaluate(&fixture.description, &set, &fixture.checkpoint(7), soon(60)).unwrap();
	let own = EvaluationPool::in_process();
	let expected = own.evaluate(&fixture.description, &set, &fixture.checkpoint(7), soon(60)).unwrap();
	assert_eq!(evaluated, expected);
	assert_eq!(evaluated.transcript.len(), 2);
}

fn wait_for(condition: impl Fn() -> bool) {
	let until = soon(30);
	while !condition() {
		assert!(Instant::now() < until, "waited in vain");
		thread::sleep(Duration::from_millis(5));
	}
}

fn kill(id: u32) {
	assert!(Command::new("kill").args(["-9", &id.to_string()]).status().unwrap().success());
}

fn is_alive(id: u32) -> bool {
	let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
	!stat.is_empty() && !stat.contains(") Z ")
}

/// Returns true if the process sleeps in a job, and does not wait for one.
fn is_hanging(id: u32) -> bool {
	std::fs::read_to_string(format!("/proc/{id}/wchan")).is_ok_and(|place| place.contains("nanosleep"))
}

#[test]
fn a_child_finds_what_this_process_finds_and_costs_little_more() {
	let fixture = Fixture::new(600);
	let pool = pool(&fixture);
	evaluates(&fixture, &pool);
	let (set, checkpoint) = (drawn(&fixture), fixture.checkpoint(7));
	let own = EvaluationPool::in_process();
	let expected = own.evaluate(&fixture.description, &set, &checkpoint, soon(60)).unwrap();
	let time = |pool: &EvaluationPool| {
		let mut times: Vec<_> = (0..20)
			.map(|_| {
				let began = Instant::now();
				let evaluated = pool.evaluate(&fixture.description, &set, &checkpoint, soon(60)).unwrap();
				assert_eq!(evaluated, expected);
				began.elapsed()
			})
			.collect();
		times.sort();
		times[times.len() / 2]
	};
	let (alone, isolated) = (time(&own), time(&pool));
	let cost = isolated.saturating_sub(alone);
	println!("one evaluation takes {alone:?}, in a child {isolated:?}: {cost:?} for the isolation");
	assert!(cost < Duration::from_millis(50), "{cost:?}");
}

#[test]
fn what_is_no_checkpoint_is_invalid_in_a_child_too() {
	let fixture = Fixture::new(400);
	let pool = pool(&fixture);
	let path = fixture.directory.path().join("rubbish");
	std::fs::write(&path, [7; 2000]).unwrap();
	let evaluated = pool.evaluate(&fixture.description, &drawn(&fixture), &path, soon(60));
	assert!(matches!(evaluated, Err(ArtifactError::Invalid(_))), "{evaluated:?}");
	let absent = fixture.directory.path().join("absent");
	let evaluated = pool.evaluate(&fixture.description, &drawn(&fixture), &absent, soon(60));
	assert!(matches!(evaluated, Err(ArtifactError::Failed(_))), "{evaluated:?}");
	evaluates(&fixture, &pool);
}

#[test]
fn the_sandbox_forbids_network_programs_and_other_files() {
	let fixture = Fixture::new(400);
	let pool = pool(&fixture);
	let isolation = pool.isolation();
	let trials = pool.probe(&Probe::Forbidden, 64 * MIB, soon(60)).unwrap();
	println!("{isolation:?}");
	for trial in &trials {
		println!("{}: {}", trial.name, if trial.denied { "denied" } else { "allowed" });
	}
	assert!(isolation.memory && isolation.processes == 1);
	let files = ["read", "list", "write", "make", "remove"];
	for trial in &trials {
		let is_file = files.iter().any(|act| trial.name.starts_with(act));
		let is_enforced = if is_file { isolation.landlock } else { isolation.seccomp };
		assert!(trial.denied || !is_enforced, "{} is allowed", trial.name);
	}
	assert_eq!(trials.len(), 10);
	evaluates(&fixture, &pool);
}

#[test]
fn an_idle_child_that_is_killed_is_replaced() {
	let fixture = Fixture::new(400);
	let pool = pool(&fixture);
	for _ in 0..3 {
		evaluates(&fixture, &pool);
		let [id] = pool.process_ids()[..] else { panic!("one child") };
		kill(id);
		wait_for(|| !is_alive(id));
	}
	evaluates(&fixture, &pool);
}

#[test]
fn a_job_whose_child_is_killed_is_tried_once_more() {
	let fixture = Fixture::new(400);
	let pool = pool(&fixture);
	let (sender, ended) = mpsc::channel();
	let own = pool.clone();
	thread::spawn(move || {
		sender.send(own.probe(&Probe::Hang, 64 * MIB, soon(120)).map_err(|e| e.to_string()))
	});
	let mut killed = Vec::new();
	while killed.len() < 2 {
		wait_for(|| pool.process_ids().iter().any(|id| !killed.contains(id) && is_hanging(*id)));
		let id = *pool.process_ids().iter().find(|id| !killed.contains(*id)).unwrap();
		kill(id);
		killed.push(id);
	}
	let reason = ended.recv_timeout(Duration::from_secs(60)).unwrap().unwrap_err();
	assert!(reason.contains("ended twice") && reason.contains("signal: 9"), "{reason}");
	evaluates(&fixture, &pool);
}

#[test]
fn an_abort_and_what_is_beyond_the_limits_are_crashes_of_two_children() {
	let fixture = Fixture::new(400);
	let pool = pool(&fixture);
	for probe in [Probe::Abort, Probe::Allocate(600 * MIB), Probe::Write(2 * MIB)] {
		let reason = pool.probe(&probe, 256 * MIB, soon(60)).unwrap_err().to_string();
		assert!(reason.contains("two processes crashed"), "{probe:?}: {reason}");
		println!("{reason}");
		evaluates(&fixture, &pool);
	}
	let within = pool.probe(&Probe::Allocate(128 * MIB), 256 * MIB, soon(60)).unwrap();
	assert!(!within[0].denied);
}

#[test]
fn a_hang_ends_its_job_alone() {
	let fixture = Fixture::new(400);
	let options = PoolOptions { processes: 2, ..options(fixture.directory.path()) };
	let pool = EvaluationPool::start(&options).unwrap();
	let own = pool.clone();
	let hanging = thread::spawn(move || own.probe(&Probe::Hang, 64 * MIB, soon(8)).unwrap_err().to_string());
	// Another job has the other child meanwhile.
	evaluates(&fixture, &pool);
	assert!(!hanging.is_finished());
	let reason = hanging.join().unwrap();
	assert!(reason.contains("time ran out"), "{reason}");
	evaluates(&fixture, &pool);
}

#[test]
fn children_end_with_the_pool() {
	let fixture = Fixture::new(400);
	let pool = pool(&fixture);
	let ids = pool.process_ids();
	assert!(ids.iter().all(|id| is_alive(*id)) && !ids.is_empty());
	drop(pool);
	wait_for(|| !ids.iter().any(|id| is_alive(*id)));
}

#[test]
fn data_sets_are_read_and_built_by_children() {
	let fixture = Fixture::new(400);
	let directory = fixture.directory.path();
	let pool = EvaluationPool::start(&PoolOptions { deltas: true, ..options(directory) }).unwrap();
	let file = directory.join("delta.parquet");
	let schema = fixture.description.schema();
	assert_eq!(pool.rows(&file, &schema, soon(60)).unwrap(), 400);
	let sets = directory.join("sets");
	std::fs::create_dir(&sets).unwrap();
	let built = pool.build(&sets, None, &file, fixture.delta.digest, &schema, 64 * MIB, soon(60)).unwrap();
	assert_eq!((built.root(), built.len()), (fixture.set.root(), 400));
	built.verify().unwrap();
	let scratch = directory.join("unused");
	let checked = pool.check_delta(&scratch, None, &file, &schema, soon(60)).unwrap();
	let DeltaCheck::Valid(summary) = checked else { panic!("{checked:?}") };
	assert_eq!(summary.added, 400);
	// Applied to what it made, it adds what is there already.
	let again = pool.check_delta(&scratch, Some(&built), &file, &schema, soon(60)).unwrap();
	assert!(matches!(again, DeltaCheck::Invalid(DeltaFault::Row { row: 0, .. }, _)), "{again:?}");
	std::fs::write(&file, [7; 5000]).unwrap();
	let checked = pool.check_delta(&scratch, None, &file, &schema, soon(60)).unwrap();
	assert!(matches!(checked, DeltaCheck::Invalid(DeltaFault::Malformed, _)), "{checked:?}");
	let error = pool.rows(&file, &schema, soon(60)).unwrap_err().to_string();
	assert!(error.contains("Parquet"), "{error}");
}
