//! Valid and invalid checkpoints.

mod common;

use common::{classifier, language_model, random_batch};
use descent_dataset::Description;
use descent_model::{max_checkpoint_bytes, CheckpointError, Device, Model};
use std::path::{Path, PathBuf};

/// Writes a safetensors file by hand.
fn file(folder: &Path, header: &str, data: &[u8]) -> PathBuf {
	let path = folder.join("lie.safetensors");
	let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat();
	std::fs::write(&path, bytes).unwrap();
	path
}

fn linear() -> Description {
	classifier(r#"{"type":"linear","out":3}"#)
}

const WEIGHT: &str = r#""layers.0.weight":{"dtype":"F32","shape":[3,6],"data_offsets":[0,72]}"#;
const BIAS: &str = r#""layers.0.bias":{"dtype":"F32","shape":[3],"data_offsets":[72,84]}"#;

fn load(header: &str, data: &[u8]) -> Result<Model, CheckpointError> {
	let folder = tempfile::tempdir().unwrap();
	Model::load(&linear(), &file(folder.path(), header, data), Device::Cpu)
}

#[test]
fn a_checkpoint_survives_the_way_to_disk_and_back() {
	let folder = tempfile::tempdir().unwrap();
	for description in
		[linear(), language_model(), classifier(r#"{"type":"batch_norm"},{"type":"linear","out":3}"#)]
	{
		let path = folder.path().join("model.safetensors");
		let model = Model::new(&description, 4, Device::Cpu).unwrap();
		model.save(&path).unwrap();
		assert!(path.metadata().unwrap().len() <= max_checkpoint_bytes(&description));
		let again = Model::load(&description, &path, Device::Cpu).unwrap();
		let batch = random_batch(&description.schema(), 5, 2);
		assert_eq!(model.predict(&batch).unwrap(), again.predict(&batch).unwrap());
		let bytes = std::fs::read(&path).unwrap();
		again.save(&path).unwrap();
		assert_eq!(bytes, std::fs::read(&path).unwrap(), "equal weights are equal files");
	}
	assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_file_written_by_hand_is_read() {
	let model = load(&format!("{{{WEIGHT},{BIAS}}}"), &[0; 84]).unwrap();
	assert_eq!(model.tensors().count(), 2);
	// Metadata, padding and another order of the tensors are allowed.
	let weight = WEIGHT.replace("[0,72]", "[12,84]");
	let bias = BIAS.replace("[72,84]", "[0,12]");
	load(&format!(r#"{{"__metadata__":{{"format":"pt"}},{weight},{bias}}}   "#), &[0; 84]).unwrap();
}

#[test]
fn lies_are_named() {
	use CheckpointError as E;
	let both = format!("{{{WEIGHT},{BIAS}}}");
	let with = |value: f32| {
		let mut data = [0; 84];
		data[80..].copy_from_slice(&value.to_le_bytes());
		load(&both, &data).unwrap_err()
	};
	for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
		assert!(matches!(with(value), E::NotFinite(name) if name == "layers.0.bias"));
	}
	let refused = |header: &str, data: usize| load(header, &vec![0; data]).unwrap_err();
	assert!(matches!(refused(&format!("{{{WEIGHT}}}"), 72), E::Missing(name) if name == "layers.0.bias"));
	let extra = format!(r#"{{{WEIGHT},{BIAS},"code":{{"dtype":"U8","shape":[4],"data_offsets":[84,88]}}}}"#);
	assert!(matches!(refused(&extra, 88), E::Unexpected(name) if name == "code"));
	let shape = both.replace("[3,6]", "[6,3]");
	assert!(
		matches!(refused(&shape, 84), E::Shape { name, found, .. } if name == "layers.0.weight" && found == [6, 3])
	);
	let larger = both.replace("[3,6]", "[4,6]").replace("72", "96").replace("84", "108");
	assert!(matches!(refused(&larger, 108), E::Shape { .. }));
	let double = both.replacen("F32", "F64", 1).replace("72", "144").replace("84", "156");
	assert!(matches!(refused(&double, 156), E::Dtype { found, .. } if found == "F64"));
	let counted =
		extra.replace("code", "layers.0.num_batches_tracked").replace("U8", "I64").replace("[4]", "[]");
	let counted = refused(&counted.replace("[84,88]", "[84,92]"), 92).to_string();
	assert!(counted.contains("num_batches_tracked") && counted.contains("leave it out"), "{counted}");
	let renamed = both.replace("layers.0.bias", "layers.1.bias");
	assert!(matches!(refused(&renamed, 84), E::Missing(_)));
}

/// Changes that frameworks make to a checkpoint are named, with the remedy.
#[test]
fn traps_are_named() {
	let both = format!("{{{WEIGHT},{BIAS}}}");
	let named = |header: &str, data: usize, parts: &[&str]| {
		let error = load(header, &vec![0; data]).unwrap_err();
		assert!(error.is_invalid());
		let text = error.to_string();
		parts.iter().for_each(|part| assert!(text.contains(part), "{part} in {text}"));
	};
	let wrapped = |by: &str| both.replace("layers.", by);
	named(&wrapped("module.layers."), 84, &["DataParallel", "model.module.state_dict()"]);
	named(&wrapped("_orig_mod.layers."), 84, &["torch.compile", "model._orig_mod.state_dict()"]);
	named(&wrapped("module._orig_mod.layers."), 84, &["torch.compile"]);
	named(&wrapped("layers._orig_mod."), 84, &["torch.compile"]);
	for half in ["BF16", "F16"] {
		let header = both.replace("F32", half).replace("72", "36").replace("84", "42");
		named(&header, 42, &[half, "half precision", "tensor.float()"]);
	}
	named(&both.replace("[3,6]", "[6,3]"), 84, &["transposed", "`.T`"]);
	let other = load(&both.replace("[3,6]", "[2,9]"), &[0; 84]).unwrap_err().to_string();
	assert!(!other.contains("transposed"), "{other}");
}

#[test]
fn kernels_of_convolutions_are_told_from_transposed_ones() {
	let shape = |found: &[usize]| {
		let expected = vec![8, 3, 5, 5];
		CheckpointError::Shape { name: "w".into(), expected, found: found.to_vec() }.to_string()
	};
	assert!(shape(&[5, 5, 3, 8]).contains("`.transpose(3, 2, 0, 1)`"));
	assert!(!shape(&[8, 5, 5, 3]).contains("transposed"));
}

#[test]
fn tied_weights_are_named() {
	let folder = tempfile::tempdir().unwrap();
	let layers =
		r#"{"type":"linear","out":6},{"type":"relu"},{"type":"linear","out":6},{"type":"linear","out":3}"#;
	let description = classifier(layers);
	let path = folder.path().join("model.safetensors");
	Model::new(&description, 4, Device::Cpu).unwrap().save(&path).unwrap();
	let whole = std::fs::read(&path).unwrap();
	let start = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
	let mut header: serde_json::Value = serde_json::from_slice(&whole[8..start]).unwrap();
	// Its bytes are left to a tensor of another name.
	let tied = header.as_object_mut().unwrap().remove("layers.2.weight").unwrap();
	header["rest"] = tied;
	let path = file(folder.path(), &header.to_string(), &whole[start..]);
	let said = Model::load(&description, &path, Device::Cpu).unwrap_err().to_string();
	assert!(said.contains("if it is tied to 'layers.0.weight'") && said.contains(".clone()"), "{said}");
}

#[test]
fn a_negative_variance_is_refused_for_what_it_is() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("model.safetensors");
	let description = classifier(r#"{"type":"batch_norm"},{"type":"linear","out":3}"#);
	Model::new(&description, 4, Device::Cpu).unwrap().save(&path).unwrap();
	let whole = std::fs::read(&path).unwrap();
	let (length, rest) = whole.split_at(8);
	let start = u64::from_le_bytes(length.try_into().unwrap()) as usize;
	let header: serde_json::Value = serde_json::from_slice(&rest[..start]).unwrap();
	let at = header["layers.0.running_var"]["data_offsets"][0].as_u64().unwrap() as usize + 8 + start;
	let with = |value: f32| {
		let mut bytes = whole.clone();
		bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
		std::fs::write(&path, bytes).unwrap();
		Model::load(&description, &path, Device::Cpu)
	};
	for value in [0.0, -0.0, 3.0] {
		with(value).unwrap();
	}
	let error = with(-1e-9).unwrap_err();
	assert!(error.is_invalid() && error.to_string().contains("holds a negative number"), "{error}");
}

/// Tensors longer than the pieces that they are read in.
#[test]
fn long_tensors_are_read_in_pieces() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("model.safetensors");
	let description = classifier(r#"{"type":"linear","out":400000},{"type":"linear","out":3}"#);
	let model = Model::new(&description, 4, Device::Cpu).unwrap();
	model.save(&path).unwrap();
	let again = Model::load(&description, &path, Device::Cpu).unwrap();
	for ((spec, before), (_, after)) in model.tensors().zip(again.tensors()) {
		assert!(before.equal(after), "{}", spec.name);
	}
	let mut bytes = std::fs::read(&path).unwrap();
	let last = bytes.len() - 4;
	bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
	std::fs::write(&path, bytes).unwrap();
	let error = Model::load(&description, &path, Device::Cpu).unwrap_err();
	assert!(matches!(error, CheckpointError::NotFinite(_)), "{error}");
}

#[test]
fn broken_files_are_refused() {
	use CheckpointError as E;
	let both = format!("{{{WEIGHT},{BIAS}}}");
	let malformed = |header: &str, data: usize| {
		let error = load(header, &vec![0; data]).unwrap_err();
		assert!(matches!(error, E::Malformed(_)) && error.is_invalid(), "{error}");
	};
	malformed(&both, 83);
	malformed(&both, 85);
	malformed(&both, 0);
	malformed("{", 84);
	malformed("", 84);
	malformed(&"[".repeat(60_000), 84);
	malformed(&both.replace("[72,84]", "[60,72]"), 84);
	malformed(&both.replace("[3,6]", "[18446744073709551615,6]"), 84);
	malformed(&both.replace("[0,72]", "[0,18446744073709551615]"), 84);
	malformed(
		&format!("{{{WEIGHT},{WEIGHT},{BIAS}}}").replacen("[3,6]", "[6,3]", 1).replace("72,84", "144,156"),
		156,
	);

	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("f");
	let outcome = |bytes: &[u8]| {
		std::fs::write(&path, bytes).unwrap();
		Model::load(&linear(), &path, Device::Cpu).unwrap_err()
	};
	assert!(matches!(outcome(b""), E::Malformed(_)));
	assert!(matches!(outcome(b"1234567"), E::Malformed(_)));
	assert!(matches!(outcome(&1000u64.to_le_bytes()), E::Malformed(_)));
	for length in [1u64 << 30, u64::MAX] {
		assert!(matches!(outcome(&length.to_le_bytes()), E::TooLarge { found, .. } if found == length));
	}
	let absent = Model::load(&linear(), &folder.path().join("absent"), Device::Cpu).unwrap_err();
	assert!(matches!(absent, E::Io(_)) && !absent.is_invalid());
}
