//! The Python code of an exported model against evaluations.

mod common;

use common::{describe, language_model, llama, random_batch, resnet, several_inputs, signals};
use descent_dataset::Description;
use descent_model::{evaluate, Checkpoint, EvaluationRules};
use descent_protocol::Metric;
use std::process::Command;

const MEASURE: &str = "
import sys, torch
sys.path.append(sys.argv[2])
import modeling
model = modeling.load(sys.argv[1]).double()
def read(name, column):
    names = {'u8': 'uint8', 'u16': 'uint16', 'i32': 'int32', 'i64': 'int64', 'f32': 'float32'}
    dtype = getattr(torch, names[column['dtype']])
    values = torch.frombuffer(bytearray(open(sys.argv[1] + '/' + name, 'rb').read()), dtype=dtype)
    return values.reshape(-1, *column['shape'])
columns = model.description['inputs']
inputs = [read(column['column'], column) for column in columns]
target = model.description['target']
y = read(target['column'], target)
with torch.no_grad():
    print(model.losses(model(*inputs), y).mean().item())
";

#[test]
fn the_python_code_measures_what_evaluations_measure() {
	let every_layer = describe(
		("u8", "[3,16,16]"),
		("u8", "[]", Some(10)),
		r#"{"type":"conv2d","out":16,"kernel":3,"padding":1},{"type":"batch_norm"},{"type":"gelu"},
		{"type":"max_pool2d","kernel":2},{"type":"conv2d","out":32,"kernel":3,"stride":2,"bias":false},
		{"type":"tanh"},{"type":"avg_pool2d","kernel":2,"stride":1},{"type":"sigmoid"},{"type":"flatten"},
		{"type":"dropout","p":0.1},{"type":"layer_norm"},{"type":"relu"},{"type":"linear","out":10}"#,
	);
	let regression = describe(("f32", "[6]"), ("f32", "[]", None), r#"{"type":"linear","out":1}"#);
	for description in
		[every_layer, language_model(), regression, resnet(), llama(), signals(), several_inputs()]
	{
		let (ours, theirs) = measured(&description);
		assert!((ours - theirs).abs() < 1e-6, "{}: {ours} and {theirs}", description.name());
	}
}

/// Returns the loss of an initial checkpoint by an evaluation and by Python.
fn measured(description: &Description) -> (f64, f64) {
	let folder = tempfile::tempdir().unwrap();
	let checkpoint = Checkpoint::initial(description, 5);
	let batch = random_batch(&description.schema(), 200, 3);
	checkpoint.save(&folder.path().join("model.safetensors")).unwrap();
	std::fs::write(folder.path().join("config.json"), serde_json::to_vec(description.document()).unwrap())
		.unwrap();
	for column in &batch.columns {
		std::fs::write(folder.path().join(&column.name), &column.bytes).unwrap();
	}
	let rules = EvaluationRules::informal(Metric::Loss);
	let ours = evaluate(&checkpoint, &batch, &rules, || false).unwrap().score.to_f64();
	let code = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/src/commands/model");
	let output = Command::new(descent_testing::python())
		.args(["-c", MEASURE])
		.arg(folder.path())
		.arg(code)
		.output()
		.unwrap();
	let said = String::from_utf8_lossy(&output.stdout);
	let theirs =
		said.trim().parse().unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
	(ours, theirs)
}
