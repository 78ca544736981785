//! Measures evaluations side by side: libtorch in f64 as it was before, the kernels, and the kernels with the
//! measurement of the condition. `scripts/bench evaluation` runs it.

use descent_dataset::Description;
use descent_model::{evaluate_with, selftest, set_threads, Checkpoint, Device, Engine, EvaluationRules};
use descent_protocol::Metric;
use serde_json::json;
use sp_core::H256;
use std::time::Instant;

/// Models of the sizes that people evaluate: name, input, target, layers, number of records.
const MODELS: [(&str, &str, &str, &str, usize); 3] = [
	(
		"perceptron 784-1024-1024-10",
		r#""dtype":"u8","shape":[784],"scale":0.00392156862745098"#,
		r#""dtype":"u8","shape":[],"classes":10"#,
		r#"{"type":"linear","out":1024},{"type":"relu"},{"type":"linear","out":1024},{"type":"relu"},
		{"type":"linear","out":10}"#,
		4_096,
	),
	(
		"convolution 1x28x28, 32 and 64 filters",
		r#""dtype":"u8","shape":[1,28,28],"scale":0.00392156862745098"#,
		r#""dtype":"u8","shape":[],"classes":10"#,
		r#"{"type":"conv2d","out":32,"kernel":3,"padding":1},{"type":"relu"},{"type":"max_pool2d","kernel":2},
		{"type":"conv2d","out":64,"kernel":3,"padding":1},{"type":"relu"},{"type":"max_pool2d","kernel":2},
		{"type":"flatten"},{"type":"linear","out":128},{"type":"relu"},{"type":"linear","out":10}"#,
		1_024,
	),
	(
		"transformer, 4 blocks of 128, 64 tokens",
		r#""dtype":"i64","shape":[64]"#,
		r#""dtype":"i64","shape":[64],"classes":96"#,
		r#"{"type":"embedding","vocabulary":96,"dim":128},{"type":"position_embedding"},
		{"type":"transformer_block","heads":4},{"type":"transformer_block","heads":4},
		{"type":"transformer_block","heads":4},{"type":"transformer_block","heads":4},{"type":"layer_norm"},
		{"type":"linear","out":96}"#,
		256,
	),
];

fn main() {
	let mut arguments = std::env::args().skip(1);
	let threads = arguments.next().and_then(|threads| threads.parse().ok()).unwrap_or(1);
	set_threads(threads);
	let round = EvaluationRules::of_round(Metric::Loss, H256::repeat_byte(1));
	let plain = EvaluationRules { condition: None, ..round };
	println!("{threads} threads; seconds, and times what libtorch takes in f64");
	println!("{:42} {:>9} {:>14} {:>20}", "model", "libtorch", "kernels", "and the condition");
	for (name, input, target, layers, count) in MODELS {
		let json = format!(
			r#"{{"descent":1,"name":"bench","inputs":[{{"column":"x",{input}}}],"target":{{"column":"y",{target}}},
			"layers":[{layers}],"loss":"cross_entropy"}}"#
		);
		let description = Description::parse(json.as_bytes()).expect("the description is valid");
		let checkpoint = Checkpoint::initial(&description, 1);
		let records = selftest::records(&description.schema(), count, 1);
		let time = |engine, rules: &EvaluationRules| {
			let mut best = f64::INFINITY;
			for _ in 0..3 {
				let began = Instant::now();
				evaluate_with(engine, &checkpoint, &records, rules, || false).expect("it has a score");
				best = best.min(began.elapsed().as_secs_f64());
			}
			best
		};
		let before = time(Engine::Libtorch(Device::Cpu), &plain);
		let kernels = time(Engine::Kernels, &plain);
		let whole = time(Engine::Kernels, &round);
		println!(
			"{name:42} {before:9.3} {kernels:8.3} ({:.2}) {whole:12.3} ({:.2})",
			kernels / before,
			whole / before
		);
		let line = json!({"model": name, "libtorch": before, "kernels": kernels, "with_condition": whole});
		eprintln!("{line}");
	}
}
