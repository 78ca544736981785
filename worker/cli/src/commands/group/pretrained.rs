//! Checks of a checkpoint that a group is to begin with.

use crate::content_ref::Source;
use anyhow::{bail, ensure, Context, Result};
use descent_content::Store;
use descent_dataset::Description;
use descent_protocol::ContentRef;
use safetensors::{tensor::Metadata, Dtype};
use std::{fs::File, io::Read, path::Path};

/// Bytes of a header, beside those of each tensor.
const HEADER: u64 = 64 << 10;
/// Bytes of a tensor's entry in a header.
const ENTRY: u64 = 256;

/// Returns the reference of a checkpoint, which has to be one of the model where both are at hand.
pub(super) fn resolve(
	checkpoint: Option<&Source>,
	description: Option<&Description>,
	store: Option<&Store>,
) -> Result<Option<ContentRef>> {
	if let (Some(file), Some(description)) = (checkpoint.and_then(Source::file), description) {
		check(file, description)?;
	}
	checkpoint.map(|checkpoint| checkpoint.resolve(store)).transpose()
}

/// Refuses a file that is no checkpoint of a model, by its header: it has exactly the model's tensors, in
/// f32.
///
/// # Errors
/// Names the file and what is wrong with it.
pub(crate) fn check(file: &Path, description: &Description) -> Result<()> {
	read(file, description).with_context(|| format!("{} is no checkpoint of this model", file.display()))
}

fn read(file: &Path, description: &Description) -> Result<()> {
	let mut file = File::open(file)?;
	let size = file.metadata()?.len();
	let (start, header) = header(&mut file, description)?;
	let mut found = header.tensors();
	for spec in description.plan().tensors() {
		let Some(tensor) = found.remove(&spec.name) else {
			bail!("the tensor '{}' is missing", spec.name);
		};
		ensure!(tensor.dtype == Dtype::F32, "the tensor '{}' is {:?}, and not F32", spec.name, tensor.dtype);
		let shape = tensor.shape.iter().map(|side| u64::try_from(*side).unwrap_or(u64::MAX));
		ensure!(
			shape.eq(spec.shape.iter().copied()),
			"the tensor '{}' has the shape {:?}, and not {:?}",
			spec.name,
			tensor.shape,
			spec.shape
		);
	}
	if let Some(name) = found.keys().next() {
		bail!("the model has no tensor '{name}'");
	}
	let declared = start.saturating_add(header.data_len().try_into()?);
	ensure!(size == declared, "it has {size} bytes, but declares {declared}");
	Ok(())
}

/// Returns the number of bytes before the values, and the header.
fn header(file: &mut File, description: &Description) -> Result<(u64, Metadata)> {
	let mut length = [0; 8];
	file.read_exact(&mut length).context("it is no safetensors file: it is too short")?;
	let length = u64::from_le_bytes(length);
	let most = description.plan().tensors().fold(HEADER, |sum, _| sum.saturating_add(ENTRY));
	ensure!(length <= most, "it is no safetensors file of this model: its header has {length} bytes");
	let mut text = vec![0; usize::try_from(length)?];
	file.read_exact(&mut text).context("it ends within its header")?;
	let header = serde_json::from_slice(&text).context("it is no safetensors file: its header is no JSON")?;
	Ok((length.saturating_add(8), header))
}

#[cfg(test)]
mod tests {
	use super::*;
	use safetensors::tensor::TensorView;
	use std::collections::BTreeMap;

	const MODEL: &str = r#"{"descent": 1, "name": "tiny",
		"inputs": [{"column": "x", "dtype": "f32", "shape": [2]}],
		"target": {"column": "y", "dtype": "u8", "shape": [], "classes": 3},
		"layers": [{"type": "linear", "out": 3}], "loss": "cross_entropy"}"#;

	/// Writes tensors by names, dtypes and shapes, and returns what is wrong with them.
	fn refused(tensors: &[(&str, Dtype, &[usize])]) -> Option<String> {
		let bytes = [0; 64];
		let view = |dtype: Dtype, shape: &[usize]| {
			let size = shape.iter().product::<usize>() * dtype.bitsize() / 8;
			TensorView::new(dtype, shape.to_vec(), &bytes[..size]).unwrap()
		};
		let tensors: BTreeMap<_, _> =
			tensors.iter().map(|(name, dtype, shape)| (*name, view(*dtype, shape))).collect();
		let file = tempfile::NamedTempFile::new().unwrap();
		std::fs::write(&file, safetensors::serialize(tensors, None).unwrap()).unwrap();
		let description = Description::parse(MODEL.as_bytes()).unwrap();
		check(file.path(), &description).err().map(|error| format!("{error:#}"))
	}

	#[test]
	fn a_checkpoint_has_exactly_the_tensors_of_the_model() {
		let weight = ("layers.0.weight", Dtype::F32, &[3, 2][..]);
		let bias = ("layers.0.bias", Dtype::F32, &[3][..]);
		assert_eq!(refused(&[weight, bias]), None);
		for (tensors, said) in [
			(vec![weight], "'layers.0.bias' is missing"),
			(vec![weight, bias, ("more", Dtype::F32, &[1])], "no tensor 'more'"),
			(vec![weight, ("layers.0.bias", Dtype::F16, &[3])], "is F16, and not F32"),
			(vec![bias, ("layers.0.weight", Dtype::F32, &[2, 3])], "has the shape [2, 3], and not [3, 2]"),
		] {
			let error = refused(&tensors).unwrap();
			assert!(error.contains(said), "{error}");
		}
	}

	#[test]
	fn what_is_no_safetensors_file_is_refused() {
		let description = Description::parse(MODEL.as_bytes()).unwrap();
		let file = tempfile::NamedTempFile::new().unwrap();
		for (bytes, said) in [
			(&b"GGUF"[..], "too short"),
			(&[255; 16], "its header has"),
			(&[9, 0, 0, 0, 0, 0, 0, 0, b'{'], "ends within"),
			(&[1, 0, 0, 0, 0, 0, 0, 0, b'{'], "no JSON"),
		] {
			std::fs::write(&file, bytes).unwrap();
			let error = format!("{:#}", check(file.path(), &description).unwrap_err());
			assert!(error.contains(said), "{error}");
		}
	}
}
