//! Checkpoints that amplify rounding errors, and checkpoints that do not.

use descent_kernels::Instructions;
use descent_model::{
	evaluate, evaluate_with,
	selftest::{self, Case},
	Device, Engine, Evaluation, EvaluationError, EvaluationRules, Model, Optimizer, Schedule, Trainer,
	TrainingOptions,
};
use descent_protocol::Metric;
use sp_core::H256;

const SEEDS: [u8; 3] = [1, 2, 3];

fn in_round(case: &Case, metric: Metric, seed: u8) -> Result<Evaluation, EvaluationError> {
	let rules = EvaluationRules::of_round(metric, H256::repeat_byte(seed));
	evaluate(&case.checkpoint, &case.records, &rules, || false)
}

#[test]
fn every_attack_is_found_with_every_seed() {
	for case in selftest::attacks() {
		for seed in SEEDS {
			match in_round(&case, Metric::Loss, seed) {
				Err(EvaluationError::IllConditioned { condition, .. }) => {
					println!("{}: {condition:.1e}", case.name);
				}
				other => panic!("{}: {other:?}", case.name),
			}
		}
	}
}

#[test]
fn libtorch_has_another_number_for_attacks() {
	// The reason for kernels of our own and for the condition: what libtorch makes of them is another number.
	let differ = |case: &Case| {
		let rules = EvaluationRules::informal(Metric::Loss);
		let run = |engine| evaluate_with(engine, &case.checkpoint, &case.records, &rules, || false);
		let (ours, theirs) = (run(Engine::Kernels), run(Engine::Libtorch(Device::Cpu)));
		ours.map(|evaluation| evaluation.score).ok() != theirs.map(|evaluation| evaluation.score).ok()
	};
	let attacks = selftest::attacks();
	let differing = attacks.iter().filter(|case| differ(case)).count();
	assert!(differing * 4 > attacks.len(), "{differing} of {}", attacks.len());
}

#[test]
fn attacks_have_the_same_bits_everywhere_all_the_same() {
	let informal = EvaluationRules::informal(Metric::Loss);
	for case in selftest::attacks() {
		let mut seen = Vec::new();
		for instructions in Instructions::ALL.into_iter().filter(|level| level.is_supported()) {
			instructions.choose();
			for threads in [1, 2, 5] {
				let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
				let run = || evaluate(&case.checkpoint, &case.records, &informal, || false);
				seen.push(pool.install(run).map(|evaluation| evaluation.transcript).ok());
			}
		}
		assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{}: {seen:?}", case.name);
	}
}

#[test]
fn two_hundred_trained_checkpoints_are_well_conditioned() {
	// Small batches are trained faster by one thread.
	descent_model::set_threads(1);
	let mut largest = 0.0f64;
	let mut count = 0;
	for name in selftest::MODELS {
		let description = selftest::description(name);
		for seed in 0..12 {
			let options = TrainingOptions {
				optimizer: match seed % 3 {
					0 => Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.0 },
					_ => Optimizer::AdamW { betas: (0.9, 0.999), weight_decay: 0.01 },
				},
				learning_rate: [0.02, 0.003, 0.01][seed as usize % 3],
				schedule: Schedule::Constant,
				clip: Some(1.0),
				seed,
				..TrainingOptions::default()
			};
			let model = Model::new(&description, seed, Device::Cpu).unwrap();
			let mut trainer = Trainer::new(model, options).unwrap();
			for stage in 0..3 {
				for step in 0..15 {
					let batch = selftest::records(&description.schema(), 32, seed * 100 + step % 4);
					trainer.step(&batch).unwrap_or_else(|error| panic!("{name} {seed} {stage}: {error}"));
				}
				let case = Case {
					name,
					checkpoint: trainer.model().checkpoint().unwrap(),
					records: selftest::records(&description.schema(), 300, seed + 7),
				};
				let evaluation = in_round(&case, Metric::Loss, 1 + seed as u8);
				let evaluation = evaluation.unwrap_or_else(|error| panic!("{name} {seed} {stage}: {error}"));
				largest = largest.max(evaluation.condition.unwrap());
				count += 1;
			}
		}
	}
	println!("{count} checkpoints, largest condition {largest:.3}");
	assert!(count >= 200 && largest < 100.0, "{count} {largest}");
}

#[test]
fn the_error_rate_of_an_honest_checkpoint_has_a_condition_of_zero() {
	for case in selftest::initial(3, 300) {
		if case.checkpoint.description().loss() == descent_dataset::Loss::CrossEntropy {
			assert_eq!(in_round(&case, Metric::Error, 4).unwrap().condition, Some(0.0), "{}", case.name);
		}
	}
}

#[test]
fn this_machine_computes_as_all_others() {
	selftest::check().unwrap();
}

#[test]
fn libtorch_in_double_precision_agrees_on_honest_checkpoints() {
	assert!(selftest::agrees(Engine::Libtorch(Device::Cpu)).unwrap());
}

#[test]
fn a_gpu_agrees_on_honest_checkpoints() {
	let device = Device::cuda_if_available();
	if device == Device::Cpu {
		println!("skipped: there is no GPU");
		return;
	}
	assert!(selftest::agrees(Engine::Libtorch(device)).unwrap());
}
