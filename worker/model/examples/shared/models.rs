//! Models that people train, by their descriptions.

use descent_bench::Outcome;
use descent_dataset::Description;

/// A model, and numbers of records to measure it on.
pub(crate) struct Workload {
	pub(crate) name: &'static str,
	/// Number of records of a batch of a training, and of an evaluation.
	pub(crate) records: [usize; 2],
	input: &'static str,
	target: &'static str,
	layers: String,
}

const IMAGE: &str = r#""dtype":"u8","shape":[1,28,28],"scale":0.00392156862745098"#;
const LABEL: &str = r#""dtype":"u8","shape":[],"classes":10"#;
const TOKENS: &str = r#""dtype":"u8","shape":[128]"#;
const NEXT: &str = r#""dtype":"u8","shape":[128],"classes":256"#;

pub(crate) fn all() -> [Workload; 5] {
	let workload =
		|name, records, input, target, layers: String| Workload { name, records, input, target, layers };
	[
		workload("perceptron 784-1024-1024-10", [128, 4_096], IMAGE, LABEL, perceptron()),
		workload("convnet of 32 and 64 filters", [64, 1_024], IMAGE, LABEL, convnet()),
		workload(
			"ResNet-18 for 32x32",
			[16, 64],
			r#""dtype":"u8","shape":[3,32,32],"scale":0.00392156862745098"#,
			LABEL,
			resnet(),
		),
		workload("GPT of 10 M", [8, 64], TOKENS, NEXT, gpt()),
		workload("Llama of 10 M", [8, 64], TOKENS, NEXT, llama()),
	]
}

impl Workload {
	pub(crate) fn description(&self) -> Outcome<Description> {
		let Self { input, target, layers, .. } = self;
		let json = format!(
			r#"{{"descent":1,"name":"bench","inputs":[{{"column":"x",{input}}}],
			"target":{{"column":"y",{target}}},"layers":[{layers}],"loss":"cross_entropy"}}"#
		);
		Ok(Description::parse(json.as_bytes())?)
	}
}

fn perceptron() -> String {
	r#"{"type":"flatten"},{"type":"linear","out":1024},{"type":"relu"},{"type":"linear","out":1024},
	{"type":"relu"},{"type":"linear","out":10}"#
		.into()
}

fn convnet() -> String {
	r#"{"type":"conv2d","out":32,"kernel":3,"padding":1},{"type":"relu"},{"type":"max_pool2d","kernel":2},
	{"type":"conv2d","out":64,"kernel":3,"padding":1},{"type":"relu"},{"type":"max_pool2d","kernel":2},
	{"type":"flatten"},{"type":"linear","out":128},{"type":"relu"},{"type":"linear","out":10}"#
		.into()
}

fn convolution(out: u32, kernel: u32, stride: u32) -> String {
	let padding = kernel / 2;
	format!(
		r#"{{"type":"conv2d","out":{out},"kernel":{kernel},"stride":{stride},"padding":{padding},
		"bias":false}},{{"type":"batch_norm"}}"#
	)
}

fn resnet() -> String {
	let mut layers = vec![convolution(64, 3, 1), r#"{"type":"relu"}"#.into()];
	for (out, stride) in [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)] {
		let (first, second) = (convolution(out, 3, stride), convolution(out, 3, 1));
		let shortcut = if stride == 2 { convolution(out, 1, 2) } else { String::new() };
		layers.push(format!(
			r#"{{"type":"residual","layers":[{first},{{"type":"relu"}},{second}],"shortcut":[{shortcut}]}}"#
		));
		layers.push(r#"{"type":"relu"}"#.into());
	}
	layers.push(
		r#"{"type":"adaptive_avg_pool2d","size":1},{"type":"flatten"},{"type":"linear","out":10}"#.into(),
	);
	layers.join(",")
}

fn gpt() -> String {
	let blocks = [r#"{"type":"transformer_block","heads":6}"#; 6].join(",");
	format!(
		r#"{{"type":"embedding","vocabulary":256,"dim":384}},{{"type":"position_embedding"}},{blocks},
		{{"type":"layer_norm"}},{{"type":"linear","out":256,"bias":false}}"#
	)
}

fn llama() -> String {
	let block = r#"{"type":"residual","layers":[{"type":"rms_norm"},
		{"type":"attention","heads":6,"kv_heads":2,"rotary":10000,"bias":false}]},
		{"type":"residual","layers":[{"type":"rms_norm"},{"type":"gated_mlp","hidden":1024}]}"#;
	format!(
		r#"{{"type":"embedding","vocabulary":256,"dim":384}},{},{{"type":"rms_norm"}},
		{{"type":"unembedding"}}"#,
		[block; 7].join(",")
	)
}
