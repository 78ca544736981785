use super::*;

/// Returns a language model of 5 tokens out of 11 with these layers behind the embeddings.
fn described(layers: &str) -> Description {
	let json = format!(
		r#"{{"descent":1,"name":"lm","inputs":[{{"column":"x","dtype":"u8","shape":[5]}}],
		"target":{{"column":"y","dtype":"u8","shape":[5],"classes":11}},
		"layers":[{{"type":"embedding","vocabulary":11,"dim":4}},{{"type":"position_embedding"}},{layers}],
		"loss":"cross_entropy"}}"#
	);
	Description::parse(json.as_bytes()).unwrap()
}

/// A description of GPT-2's form.
pub(in crate::commands::model) fn description() -> Description {
	described(
		r#"{"type":"transformer_block","heads":2,"mlp_ratio":3},
		{"type":"transformer_block","heads":2,"mlp_ratio":3},
		{"type":"layer_norm"},{"type":"linear","out":11,"bias":false}"#,
	)
}

/// Writes a checkpoint whose values all differ.
pub(in crate::commands::model) fn checkpoint(description: &Description, file: &Path) {
	let mut next = 0u16;
	let tensors: Vec<_> = description
		.plan()
		.tensors()
		.map(|spec| {
			let mut data = Vec::new();
			for _ in 0..spec.values() {
				next += 1;
				data.extend(f32::from(next).sin().to_le_bytes());
			}
			let shape = spec.shape.iter().map(|side| usize::try_from(*side).unwrap()).collect();
			(spec.name.clone(), Turned { shape, data: Cow::Owned(data) })
		})
		.collect();
	safetensors::serialize_to_file(tensors, None, file).unwrap();
}

fn values(tensors: &SafeTensors, name: &str) -> Vec<f32> {
	let data = tensors.tensor(name).unwrap().data().to_vec();
	data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn weights_are_renamed_and_transposed() {
	let folder = tempfile::tempdir().unwrap();
	let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
	let description = description();
	checkpoint(&description, &ours);
	Shape::of(&description).unwrap().convert(&ours, &theirs).unwrap();
	let (before, after) = (std::fs::read(ours).unwrap(), std::fs::read(theirs).unwrap());
	let (before, after) =
		(SafeTensors::deserialize(&before).unwrap(), SafeTensors::deserialize(&after).unwrap());
	assert_eq!(after.len(), before.len());
	for (name, other) in [
		("layers.0.weight", "transformer.wte.weight"),
		("layers.1.weight", "transformer.wpe.weight"),
		("layers.3.norm2.bias", "transformer.h.1.ln_2.bias"),
		("layers.4.weight", "transformer.ln_f.weight"),
		("layers.5.weight", "lm_head.weight"),
	] {
		assert_eq!(values(&before, name), values(&after, other), "{name}");
	}
	let (weight, turned) =
		(values(&before, "layers.3.mlp.in.weight"), values(&after, "transformer.h.1.mlp.c_fc.weight"));
	assert_eq!(after.tensor("transformer.h.1.mlp.c_fc.weight").unwrap().shape(), [4, 12]);
	for (out, input) in (0..12).flat_map(|out| (0..4).map(move |input| (out, input))) {
		assert_eq!(weight[out * 4 + input], turned[input * 12 + out]);
	}
	let (_, metadata) =
		SafeTensors::read_metadata(&std::fs::read(folder.path().join("theirs")).unwrap()).unwrap();
	assert_eq!(metadata.metadata().as_ref().unwrap()["format"], "pt");
}

#[test]
fn the_configuration_is_that_of_the_description() {
	let config = Shape::of(&description()).unwrap().config();
	for (field, value) in [("n_embd", 4), ("n_head", 2), ("n_inner", 12), ("n_layer", 2), ("n_positions", 5)]
	{
		assert_eq!(config[field], value, "{field}");
	}
	assert_eq!((&config["vocab_size"], &config["activation_function"]), (&11.into(), &"gelu".into()));
	assert_eq!(config["tie_word_embeddings"], false);
	let dropped = described(
		r#"{"type":"dropout","p":0.25},{"type":"transformer_block","heads":1,"dropout":0.5},
		{"type":"layer_norm"},{"type":"linear","out":11,"bias":false}"#,
	);
	let shape = Shape::of(&dropped).unwrap();
	assert_eq!((&shape.config()["embd_pdrop"], &shape.config()["resid_pdrop"]), (&0.25.into(), &0.5.into()));
	assert!(shape.names().iter().any(|(ours, ..)| ours == "layers.3.norm1.weight"));
}

#[test]
fn every_other_form_is_refused_with_the_reason() {
	let block = r#"{"type":"transformer_block","heads":2}"#;
	let end = r#"{"type":"layer_norm"},{"type":"linear","out":11,"bias":false}"#;
	for (layers, reason) in [
		(format!(r#"{block},{{"type":"layer_norm"}},{{"type":"linear","out":11}}"#), "has a bias"),
		(format!(r#"{block},{{"type":"linear","out":11,"bias":false}}"#), "ends with layer_norm"),
		(format!(r#"{block},{{"type":"relu"}},{block},{end}"#), "a relu lies between"),
		(format!(r#"{block},{{"type":"transformer_block","heads":4}},{end}"#), "different heads"),
		(end.into(), "no transformer_block"),
	] {
		let error = Shape::of(&described(&layers)).unwrap_err().to_string();
		assert!(error.contains(reason) && error.contains("--format descent"), "{error}");
	}
	let error = Shape::of(&crate::commands::model::export::tests::classifier()).unwrap_err().to_string();
	assert!(error.contains("begins with embedding"), "{error}");
}

#[test]
fn a_checkpoint_of_another_model_is_refused() {
	let folder = tempfile::tempdir().unwrap();
	let file = folder.path().join("other");
	checkpoint(&crate::commands::model::export::tests::classifier(), &file);
	let error = Shape::of(&description()).unwrap().convert(&file, &folder.path().join("out")).unwrap_err();
	assert!(error.to_string().contains("other tensors"), "{error:#}");
}

/// Compares the logits of both exports.
const COMPARE: &str = "
import sys, torch
sys.path.append(sys.argv[1])
import modeling
from transformers import AutoModelForCausalLM
ours = modeling.load(sys.argv[1]).double()
theirs = AutoModelForCausalLM.from_pretrained(sys.argv[2]).eval().double()
tokens = torch.randint(0, 11, (7, 5))
with torch.no_grad():
    difference = (ours(tokens) - theirs(tokens).logits).abs().max().item()
assert difference < 1e-9, difference
print('alike', tuple(theirs(tokens).logits.shape))
";

#[test]
fn transformers_gives_the_same_logits() {
	let folder = tempfile::tempdir().unwrap();
	let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
	std::fs::create_dir(&ours).unwrap();
	std::fs::create_dir(&theirs).unwrap();
	let (description, weights) = (description(), ours.join("model.safetensors"));
	checkpoint(&description, &weights);
	std::fs::write(ours.join("config.json"), serde_json::to_vec(description.document()).unwrap()).unwrap();
	std::fs::write(ours.join("modeling.py"), include_str!("modeling.py")).unwrap();
	let shape = Shape::of(&description).unwrap();
	shape.convert(&weights, &theirs.join("model.safetensors")).unwrap();
	std::fs::write(theirs.join("config.json"), shape.config().to_string()).unwrap();
	let python = std::env::var_os("DESCENT_PYTHON").expect("`. scripts/env` names the Python of the tests");
	let mut command = std::process::Command::new(python);
	let output = command.args(["-c", COMPARE]).args([&ours, &theirs]).output().unwrap();
	let said = String::from_utf8_lossy(&output.stdout);
	assert!(said.contains("alike (7, 5, 11)"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
