use super::*;

const MLP: &str = r#"{"descent": 1, "name": "mnist-mlp",
	"inputs": [{"column": "image", "dtype": "u8", "shape": [1, 28, 28], "scale": 0.00392156862745098, "shift": 0.0}],
	"target": {"column": "label", "dtype": "u8", "shape": [], "classes": 10},
	"layers": [{"type": "flatten"}, {"type": "linear", "out": 128}, {"type": "relu"}, {"type": "dropout", "p": 0.1},
		{"type": "linear", "out": 10}],
	"loss": "cross_entropy"}"#;

fn images(layers: &str) -> Result<Description, DescriptionError> {
	Description::parse(
		format!(
			r#"{{"descent":1,"name":"m","inputs":[{{"column":"x","dtype":"u8","shape":[3,32,32]}}],
			"target":{{"column":"y","dtype":"u8","shape":[],"classes":10}},"layers":[{layers}],"loss":"cross_entropy"}}"#
		)
		.as_bytes(),
	)
}

fn tokens(layers: &str) -> Result<Description, DescriptionError> {
	Description::parse(
		format!(
			r#"{{"descent":1,"name":"lm","inputs":[{{"column":"x","dtype":"i64","shape":[16]}}],
			"target":{{"column":"y","dtype":"i64","shape":[16],"classes":50}},"layers":[{layers}],"loss":"cross_entropy"}}"#
		)
		.as_bytes(),
	)
}

fn reason(result: Result<Description, DescriptionError>) -> String {
	result.expect_err("must be refused").to_string()
}

#[test]
fn an_mlp_is_planned() {
	let description = Description::parse(MLP.as_bytes()).unwrap();
	let plan = description.plan();
	let names: Vec<_> = plan.parameters.iter().map(|p| p.name.as_str()).collect();
	assert_eq!(names, ["layers.1.weight", "layers.1.bias", "layers.4.weight", "layers.4.bias"]);
	assert_eq!(plan.parameters[0].shape, [128, 784]);
	assert_eq!(plan.parameter_values, 128 * 784 + 128 + 1280 + 10);
	assert_eq!(plan.output(), [10]);
	assert_eq!(plan.record_bytes, 785);
	assert_eq!(plan.flops_per_record, 2 * 784 * 128 + 128 + 128 + 2 * 1280);
	let schema = description.schema();
	assert_eq!(schema.record_bytes(), 785);
	assert_eq!(schema.columns[1].bound, Some(10));
	assert_eq!(schema.columns[0].bound, None);
}

#[test]
fn a_description_survives_being_written() {
	let description = Description::parse(MLP.as_bytes()).unwrap();
	let json = serde_json::to_vec(description.document()).unwrap();
	assert_eq!(Description::parse(&json).unwrap(), description);
}

#[test]
fn a_convnet_is_planned() {
	let description = images(
		r#"{"type":"conv2d","out":16,"kernel":3,"padding":1},{"type":"batch_norm"},{"type":"relu"},
		{"type":"max_pool2d","kernel":2},{"type":"conv2d","out":8,"kernel":5,"stride":2,"bias":false},{"type":"gelu"},
		{"type":"avg_pool2d","kernel":3,"stride":1},{"type":"flatten"},{"type":"linear","out":10}"#,
	)
	.unwrap();
	let plan = description.plan();
	assert_eq!(plan.shapes[1], [16, 32, 32]);
	assert_eq!(plan.shapes[4], [16, 16, 16]);
	assert_eq!(plan.shapes[5], [8, 6, 6]);
	assert_eq!(plan.shapes[7], [8, 4, 4]);
	assert_eq!(
		plan.buffers.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(),
		["layers.1.running_mean", "layers.1.running_var"]
	);
	assert!(!plan.parameters.iter().any(|p| p.name == "layers.4.bias"));
}

#[test]
fn a_language_model_is_planned() {
	let description = tokens(
		r#"{"type":"embedding","vocabulary":50,"dim":32},{"type":"position_embedding"},
		{"type":"transformer_block","heads":4},{"type":"layer_norm"},{"type":"linear","out":50}"#,
	)
	.unwrap();
	let plan = description.plan();
	assert_eq!(plan.output(), [16, 50]);
	let block = 12 * 32 * 32 + 13 * 32;
	assert_eq!(plan.parameter_values, 50 * 32 + 16 * 32 + block + 64 + 32 * 50 + 50);
	assert_eq!(description.schema().columns[0].bound, Some(50));
}

#[test]
fn residual_layers_are_planned_with_what_is_within() {
	let description = images(
		r#"{"type":"residual","layers":[{"type":"conv2d","out":8,"kernel":3,"padding":1},{"type":"batch_norm"}],
			"shortcut":[{"type":"conv2d","out":8,"kernel":1,"bias":false}]},
		{"type":"adaptive_avg_pool2d","size":1},{"type":"flatten"},{"type":"linear","out":10}"#,
	)
	.unwrap();
	let plan = description.plan();
	assert_eq!(plan.shapes[1..3], [vec![8, 32, 32], vec![8, 1, 1]]);
	let names: Vec<_> = plan.tensors().map(|tensor| tensor.name.as_str()).collect();
	assert_eq!(
		names,
		[
			"layers.0.layers.0.weight",
			"layers.0.layers.0.bias",
			"layers.0.layers.1.weight",
			"layers.0.layers.1.bias",
			"layers.0.shortcut.0.weight",
			"layers.3.weight",
			"layers.3.bias",
			"layers.0.layers.1.running_mean",
			"layers.0.layers.1.running_var",
		]
	);
	// Convolution, normalisation, shortcut, and the sum.
	let places = 32 * 32;
	let residual = places * (2 * 27 * 8 + 8 * 4 + 2 * 3 * 8 + 8 + 3);
	assert_eq!(plan.flops_per_record, residual + places * 8 * 4 + 2 * 8 * 10);
	assert_eq!(description.layers()[0].output(&[3, 32, 32]), [8, 32, 32], "the shape is that of the plan");
}

#[test]
fn attention_of_few_keys_is_planned() {
	let description = tokens(
		r#"{"type":"embedding","vocabulary":50,"dim":32},
		{"type":"attention","heads":8,"kv_heads":2,"rotary":500000.5,"bias":false},
		{"type":"gated_mlp","hidden":40},{"type":"rms_norm"},{"type":"unembedding"}"#,
	)
	.unwrap();
	let plan = description.plan();
	assert_eq!(plan.output(), [16, 50]);
	assert_eq!(plan.parameter_values, 50 * 32 + (12 * 4 * 32 + 32 * 32) + 3 * 40 * 32 + 32);
	let written = serde_json::to_vec(description.document()).unwrap();
	assert_eq!(Description::parse(&written).unwrap(), description, "its base is a number with a fraction");
}

#[test]
fn a_network_of_signals_is_planned() {
	let signal = |layers: &str| {
		let json = format!(
			r#"{{"descent":1,"name":"s","inputs":[{{"column":"x","dtype":"f32","shape":[2,23]}}],
			"target":{{"column":"y","dtype":"u8","shape":[],"classes":3}},"layers":[{layers}],
			"loss":"cross_entropy"}}"#
		);
		Description::parse(json.as_bytes())
	};
	let end = r#"{"type":"flatten"},{"type":"linear","out":3}"#;
	let description = signal(&format!(
		r#"{{"type":"conv1d","out":6,"kernel":5,"stride":2,"padding":1}},{{"type":"batch_norm"}},
		{{"type":"max_pool1d","kernel":3,"stride":1,"padding":1}},{{"type":"avg_pool1d","kernel":2}},
		{{"type":"adaptive_avg_pool1d","size":4}},{{"type":"group_norm","groups":3}},{end}"#
	));
	let description = description.unwrap();
	let shapes = &description.plan().shapes;
	assert_eq!(shapes[1..6], [vec![6, 11], vec![6, 11], vec![6, 11], vec![6, 5], vec![6, 4]]);
	assert_eq!(description.plan().parameters[0].shape, [6, 2, 5]);
	// Each of 11 places of 6 channels takes 10 products and sums.
	let flops = 2 * 10 * 11 * 6 + 4 * 66 + 66 * 3 + 30 * 2 + 4 * 30 + 8 * 24 + 2 * 24 * 3;
	assert_eq!(description.plan().flops_per_record, flops);
	assert!(description.layers()[0].looks_ahead() && description.layers()[4].looks_ahead());
	for (layer, part) in [
		(r#"{"type":"conv2d","out":1,"kernel":1}"#, "takes [channels, height, width], not [2, 23]"),
		(r#"{"type":"conv1d","out":1,"kernel":24}"#, "a kernel of 24 does not fit a side of 23"),
		(r#"{"type":"max_pool1d","kernel":3,"padding":2}"#, "at most half of the kernel 3"),
		(r#"{"type":"adaptive_avg_pool1d","size":24}"#, "has no 24 parts a side"),
	] {
		let reason = reason(signal(&format!("{layer},{end}")));
		assert!(reason.contains(part), "{reason}");
	}
	let image = reason(images(r#"{"type":"conv1d","out":1,"kernel":1}"#));
	assert!(image.contains("takes [channels, length], not [3, 32, 32]"), "{image}");
}

/// A model of a picture, two words and a number.
const SEVERAL: &str = r#"{"descent":1,"name":"several","inputs":[
	{"column":"picture","dtype":"u8","shape":[1,6,5],"scale":0.01,"layers":[
		{"type":"conv2d","out":2,"kernel":3},{"type":"batch_norm"}]},
	{"column":"word","dtype":"u16","shape":[2],"layers":[{"type":"embedding","vocabulary":300,"dim":3}]},
	{"column":"age","dtype":"f32","shape":[]}],
	"target":{"column":"y","dtype":"u8","shape":[],"classes":4},
	"layers":[{"type":"linear","out":6},{"type":"relu"},{"type":"linear","out":4}],
	"loss":"cross_entropy"}"#;

#[test]
fn several_inputs_are_planned() {
	let description = Description::parse(SEVERAL.as_bytes()).unwrap();
	let plan = description.plan();
	assert_eq!(plan.inputs.iter().map(Vec::len).collect::<Vec<_>>(), [3, 2, 1]);
	assert_eq!(plan.inputs[0], [vec![1, 6, 5], vec![2, 4, 3], vec![2, 4, 3]]);
	assert_eq!(plan.shapes[0], [24 + 6 + 1]);
	assert_eq!(plan.record_bytes, 30 + 4 + 4 + 1);
	let names: Vec<_> = plan.tensors().map(|tensor| tensor.name.as_str()).collect();
	assert_eq!(names[0], "inputs.0.layers.0.weight");
	assert_eq!(names[4..6], ["inputs.1.layers.0.weight", "layers.0.weight"]);
	assert_eq!(names.last(), Some(&"inputs.0.layers.1.running_var"));
	let schema = description.schema();
	let columns: Vec<_> = schema.columns.iter().map(|column| (column.name.as_str(), column.bound)).collect();
	assert_eq!(columns, [("picture", None), ("word", Some(300)), ("age", None), ("y", Some(4))]);
	let layers: Vec<_> = description.every_layer().map(|(name, layer, _)| (name, layer.kind())).collect();
	assert_eq!(layers[2], ("inputs.1.layers.0".into(), "embedding"));
	assert_eq!(layers[3], ("layers.0".into(), "linear"));
	assert_eq!(layers.len(), 6);
	let written = serde_json::to_vec(description.document()).unwrap();
	assert_eq!(Description::parse(&written).unwrap(), description);
	let dropout = SEVERAL.replace(r#"{"type":"batch_norm"}"#, r#"{"type":"dropout","p":0.5}"#);
	let dropout = Description::parse(dropout.as_bytes()).unwrap();
	let (place, layer) = dropout.random_layer().unwrap();
	assert_eq!((place.as_str(), layer.kind()), ("inputs.0.layers.1", "dropout"));
}

#[test]
fn misfits_of_several_inputs_name_the_reason() {
	let with = |from: &str, to: &str| {
		assert!(SEVERAL.contains(from), "{from}");
		reason(Description::parse(SEVERAL.replace(from, to).as_bytes()))
	};
	let cases = [
		(with(r#""column":"age""#, r#""column":"word""#), "'word' is taken"),
		(with(r#""kernel":3"#, r#""kernel":7"#), "layer inputs.0.layers.0 (conv2d): a kernel of 7"),
		(with(r#""u16","shape":[2]"#, r#""f32","shape":[2]"#), "first layer, on an integer column"),
		(with(r#""shape":[2],"#, r#""shape":[2],"scale":2,"#), "tokens take no scale"),
		(with(r#""out":6"#, r#""out":0"#), "layer 0 (linear): out must be"),
		(with(r#""layers":[{"type":"linear","out":6}"#, r#""layers":[{"type":"unembedding"}"#), "embedding"),
		(
			with(
				r#""layers":[{"type":"linear","out":6}"#,
				r#""layers":[{"type":"embedding","vocabulary":9,"dim":1}"#,
			),
			"must be the first layer",
		),
		(with(r#""shape":[]}],"#, r#""shape":[],"scale":1e300}],"#), "scale must be a number"),
	];
	for (reason, part) in cases {
		assert!(reason.contains(part), "'{reason}' should contain '{part}'");
	}
	let age = r#"{"column":"COLUMN","dtype":"f32","shape":[]}"#;
	let many: Vec<_> = (0..17).map(|number| age.replace("COLUMN", &format!("c{number}"))).collect();
	let inputs = |inputs: &[String]| {
		let end = &SEVERAL[SEVERAL.find(r#""target""#).unwrap()..];
		Description::parse(
			format!(r#"{{"descent":1,"name":"n","inputs":[{}],{end}"#, inputs.join(",")).as_bytes(),
		)
	};
	assert!(reason(inputs(&many)).contains("1 to 16 inputs, not 17"));
	assert!(inputs(&many[..16]).is_ok());
	assert!(reason(inputs(&[])).contains("1 to 16 inputs, not 0"));
	let only = many[0].replace("[]", r#"[2],"layers":[{"type":"relu"}]"#);
	assert!(reason(inputs(&[only])).contains("the only input"));
	let wide = many[..2].iter().map(|column| column.replace("[]", "[3000000]"));
	let wide = reason(inputs(&wide.collect::<Vec<_>>()));
	assert!(wide.contains("bytes for one record") || wide.contains("at most"), "{wide}");
}

#[test]
fn residual_layers_lie_eight_deep_at_most() {
	let within = |depth: usize| {
		let open = r#"{"type":"residual","layers":["#.repeat(depth);
		format!(r#"{open}{{"type":"relu"}}{}"#, "]}".repeat(depth))
	};
	let rest = r#",{"type":"flatten"},{"type":"linear","out":10}"#;
	images(&format!("{}{rest}", within(8))).unwrap();
	let reason = reason(images(&format!("{}{rest}", within(9))));
	assert!(
		reason.contains("is within 8 others") && reason.contains("layer 0 (residual): layers.0"),
		"{reason}"
	);
	assert!(images(&within(70)).is_err());
	let many = vec![r#"{"type":"relu"}"#; 512].join(",");
	let many = images(&format!(r#"{{"type":"residual","layers":[{many}]}}"#));
	assert!(matches!(many, Err(DescriptionError::TooLarge { what: "layers", needed: 513, .. })), "{many:?}");
}

#[test]
fn randomness_and_looks_ahead_are_found_within_layers() {
	let layer = |json: &str| serde_json::from_str::<Layer>(json).unwrap();
	let residual = |inner: &str| layer(&format!(r#"{{"type":"residual","layers":[{inner}]}}"#));
	assert!(residual(r#"{"type":"dropout","p":0.1}"#).draws_at_random());
	assert!(!residual(r#"{"type":"dropout","p":0.0}"#).draws_at_random());
	assert!(residual(r#"{"type":"conv2d","out":1,"kernel":1}"#).looks_ahead());
	assert!(!residual(r#"{"type":"attention","heads":2}"#).looks_ahead());
}

#[test]
fn misfits_name_the_layer_and_the_reason() {
	let cases = [
		(images(r#"{"type":"linear","out":0}"#), "layer 0 (linear): out must be"),
		(
			images(r#"{"type":"flatten"},{"type":"conv2d","out":1,"kernel":3}"#),
			"layer 1 (conv2d): takes [channels",
		),
		(images(r#"{"type":"conv2d","out":1,"kernel":33}"#), "a kernel of 33 does not fit a side of 32"),
		(images(r#"{"type":"conv2d","out":1,"kernel":3,"padding":3}"#), "padding 3 must be smaller"),
		(images(r#"{"type":"conv2d","out":1,"kernel":3,"stride":0}"#), "stride must be"),
		(images(r#"{"type":"max_pool2d","kernel":0}"#), "kernel must be"),
		(images(r#"{"type":"dropout","p":1.0}"#), "below 1"),
		(images(r#"{"type":"dropout","p":-0.1}"#), "at least 0"),
		(images(r#"{"type":"flatten"},{"type":"linear","out":9}"#), "need [10]"),
		(images(r#"{"type":"flatten"},{"type":"position_embedding"}"#), "takes [length, width]"),
		(
			images(r#"{"type":"flatten"},{"type":"embedding","vocabulary":2,"dim":2}"#),
			"must be the first layer",
		),
		(images(""), "at least one layer"),
		(
			tokens(r#"{"type":"embedding","vocabulary":50,"dim":30},{"type":"transformer_block","heads":4}"#),
			"4 heads do not divide the width 30",
		),
	];
	for (result, part) in cases {
		let reason = reason(result);
		assert!(reason.contains(part), "'{reason}' should contain '{part}'");
	}
}

#[test]
fn misfits_of_residual_layers_and_attention_name_the_reason() {
	let begun =
		|layers: &str| tokens(&format!(r#"{{"type":"embedding","vocabulary":50,"dim":30}},{layers}"#));
	let attention = |fields: &str| begun(&format!(r#"{{"type":"attention",{fields}}}"#));
	let cases = [
		(images(r#"{"type":"max_pool2d","kernel":3,"padding":2}"#), "at most half of the kernel 3"),
		(images(r#"{"type":"adaptive_avg_pool2d","size":33}"#), "has no 33 parts a side"),
		(images(r#"{"type":"group_norm","groups":2}"#), "2 groups do not divide 3 channels"),
		(images(r#"{"type":"residual","layers":[]}"#), "needs at least one layer"),
		(
			images(r#"{"type":"residual","layers":[{"type":"relu"},{"type":"flatten"}]}"#),
			"layer 0 (residual): its layers make [3072] of [3, 32, 32], which can't be added to [3, 32, 32]",
		),
		(
			images(r#"{"type":"residual","layers":[{"type":"conv2d","out":0,"kernel":1}]}"#),
			"layer 0 (residual): layers.0 (conv2d): out must be",
		),
		(images(r#"{"type":"unembedding"}"#), "begins with an embedding"),
		(
			begun(r#"{"type":"linear","out":20},{"type":"unembedding"}"#),
			"has the width 30, and the input has 20",
		),
		(begun(r#"{"type":"residual","layers":[{"type":"unembedding"}]}"#), "can't be within other layers"),
		(attention(r#""heads":6,"kv_heads":4"#), "4 heads of keys and values do not divide 6 heads"),
		(attention(r#""heads":2,"rotary":10000"#), "an even width, not 15"),
		(attention(r#""heads":3,"rotary":0"#), "must be 1 to 1e9, not 0"),
	];
	for (result, part) in cases {
		let reason = reason(result);
		assert!(reason.contains(part), "'{reason}' should contain '{part}'");
	}
}

#[test]
fn the_document_is_strict() {
	let with = |from: &str, to: &str| reason(Description::parse(MLP.replace(from, to).as_bytes()));
	assert!(with(r#""p": 0.1"#, r#""p": 0.1, "q": 1"#).contains("unknown field `q`"));
	assert!(with(r#"{"type": "relu"}"#, r#"{"type": "relu", "x": 1}"#).contains("unknown field `x`"));
	assert!(with(r#""loss":"#, r#""code": "", "loss":"#).contains("unknown field `code`"));
	assert!(with("relu", "python").contains("unknown variant `python`"));
	assert!(with(r#""descent": 1"#, r#""descent": 2"#).contains("version 2"));
	assert!(with(r#""classes": 10"#, r#""classes": 1"#).contains("classes must be"));
	assert!(with(r#", "classes": 10"#, "").contains("needs the target's number of classes"));
	assert!(with(r#""u8", "shape": []"#, r#""f32", "shape": []"#).contains("integer labels"));
	assert!(with(r#""image""#, r#""op""#).contains("reserved"));
	assert!(with(r#""image""#, r#""label""#).contains("taken"));
	assert!(with(r#""image""#, r#""a b""#).contains("column names"));
	assert!(with("[1, 28, 28]", "[1, 0, 28]").contains("none of them 0"));
	assert!(with("[1, 28, 28]", "[1, 1, 1, 28, 28]").contains("at most 4 dimensions"));
	assert!(with("0.00392156862745098", "1e300").contains("scale"));
	assert!(with("mnist-mlp", "").contains("name"));
	assert!(with(r#""shift": 0.0"#, r#""shift": 0.0, "shift": 1.0"#).contains("duplicate field"));
}

#[test]
fn bombs_are_refused() {
	let large = |result: Result<Description, DescriptionError>| match result {
		Err(DescriptionError::TooLarge { what, .. }) => what,
		other => panic!("{other:?}"),
	};
	assert_eq!(large(images(r#"{"type":"flatten"},{"type":"linear","out":16777216}"#)), "parameters");
	assert_eq!(large(images(r#"{"type":"conv2d","out":16777216,"kernel":32}"#)), "parameters");
	assert_eq!(large(images(r#"{"type":"conv2d","out":80000,"kernel":1}"#)), "activations per record");
	let relus = vec![r#"{"type":"relu"}"#; 513].join(",");
	assert_eq!(large(images(&relus)), "layers");
	let convolutions = [r#"{"type":"conv2d","out":9000,"kernel":1}"#; 3].join(",");
	assert_eq!(large(images(&convolutions)), "operations per record");
	let misfit = reason(images(r#"{"type":"linear","out":18446744073709551615}"#));
	assert!(misfit.contains("out must be"), "{misfit}");

	let huge = format!(r#"{{"name":"{}"}}"#, "x".repeat(70_000));
	assert!(reason(Description::parse(huge.as_bytes())).contains("at most 65536"));
	let deep = "[".repeat(60_000);
	assert!(reason(Description::parse(deep.as_bytes())).contains("cannot be read"));
	let record = MLP.replace("[1, 28, 28]", "[16777216]");
	assert_eq!(large(Description::parse(record.as_bytes())), "bytes for one record", "with its label");
	let column = MLP.replace("[1, 28, 28]", "[16777216, 16777216, 16777216, 16777216]");
	assert!(reason(Description::parse(column.as_bytes())).contains("at most 16777216 bytes"));
	let embedding = reason(tokens(r#"{"type":"embedding","vocabulary":16777216,"dim":16777216}"#));
	assert!(embedding.contains("its output would") || embedding.contains("parameters"), "{embedding}");
}

#[test]
fn mean_squared_error_takes_a_matching_output() {
	let json = |loss: &str, shape: &str, out: u64| {
		format!(
			r#"{{"descent":1,"name":"r","inputs":[{{"column":"x","dtype":"f32","shape":[4]}}],
			"target":{{"column":"y","dtype":"f32","shape":{shape}}},"layers":[{{"type":"linear","out":{out}}}],"loss":"{loss}"}}"#
		)
	};
	let parse = |shape, out| Description::parse(json("mse", shape, out).as_bytes());
	assert_eq!(parse("[]", 1).unwrap().plan().output(), [1]);
	assert_eq!(parse("[3]", 3).unwrap().plan().output(), [3]);
	assert!(reason(parse("[3]", 2)).contains("need [3]"));
}

#[test]
fn a_file_is_read_up_to_the_limit() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("m.json");
	std::fs::write(&path, MLP).unwrap();
	assert_eq!(Description::read(&path).unwrap().name(), "mnist-mlp");
	std::fs::write(&path, vec![b' '; MAX_DESCRIPTION_BYTES as usize + 1]).unwrap();
	assert!(reason(Description::read(&path)).contains("has 65537 bytes"));
	assert!(matches!(Description::read(folder.path()), Err(DescriptionError::File(_))));
}
