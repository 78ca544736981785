//! Checkpoints: safetensors files (<https://huggingface.co/docs/safetensors>) with exactly the tensors of the
//! description's plan, in f32.
//!
//! A file may come from a stranger. Its header is bounded before it is read. Memory is allocated by the plan,
//! never by sizes that the file declares, and tensors are read in pieces.

use crate::error::ModelError;
use crate::header;
use crate::traps;
use descent_dataset::{Description, TensorSpec};
use descent_kernels::{Perturbation, Weights};
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError, View};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Number of bytes of the header's length, which comes first in a file.
const LENGTH: u64 = 8;
/// Number of bytes of a tensor that are read at a time.
const PIECE_BYTES: usize = 4 << 20;

/// Reasons for which a checkpoint is invalid or could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
	/// The machine failed, not the checkpoint.
	#[error("reading or writing the checkpoint failed: {0}")]
	Io(#[from] std::io::Error),
	/// The file is not safetensors, or is broken.
	#[error("not a readable safetensors file: {0}")]
	Malformed(String),
	/// The header is longer than any header of this model.
	#[error("the checkpoint's header has {found} bytes; at most {limit} are allowed")]
	TooLarge {
		/// Declared length in bytes.
		found: u64,
		/// The limit in bytes.
		limit: u64,
	},
	/// The file lacks a tensor of the description.
	#[error("the tensor '{0}' is missing")]
	Missing(String),
	/// The file has the tensor under a name that a wrapper of PyTorch gave it.
	#[error("the tensor '{name}' is called '{found}'{advice}", advice = traps::wrapped(.found))]
	Wrapped {
		/// Name in the description.
		name: String,
		/// Name in the file.
		found: String,
	},
	/// The file lacks a tensor of the description, and has another one that it may be tied to.
	#[error("the tensor '{name}' is missing{advice}", advice = traps::tied(.name, .kept))]
	Tied {
		/// Name of the tensor.
		name: String,
		/// Name of the tensor that is in the file.
		kept: String,
	},
	/// The file has a tensor that the description lacks.
	#[error("the tensor '{0}' is not one of the description's{advice}", advice = traps::unexpected(.0))]
	Unexpected(String),
	/// A tensor has another shape than the description's.
	#[error(
		"the tensor '{name}' has the shape {found:?}, but the description's has {expected:?}{advice}",
		advice = traps::shape(.expected, .found)
	)]
	Shape {
		/// Name of the tensor.
		name: String,
		/// Shape of the description.
		expected: Vec<u64>,
		/// Shape in the file.
		found: Vec<usize>,
	},
	/// A tensor has another type than f32.
	#[error("the tensor '{name}' holds {found}, not F32{advice}", advice = traps::dtype(.found))]
	Dtype {
		/// Name of the tensor.
		name: String,
		/// Type in the file.
		found: String,
	},
	/// A weight is NaN or infinite.
	#[error("the tensor '{0}' holds a value that is not finite")]
	NotFinite(String),
	/// A running variance is negative.
	#[error("the tensor '{0}' holds a negative number, which no variance is")]
	NegativeVariance(String),
	/// The model could not be built.
	#[error(transparent)]
	Model(#[from] ModelError),
}

impl CheckpointError {
	/// Returns true if the checkpoint itself is wrong, so that everyone who reads it finds the same.
	pub fn is_invalid(&self) -> bool {
		!matches!(self, CheckpointError::Io(_) | CheckpointError::Model(_))
	}
}

/// Returns the error of a tensor that a file lacks.
fn missing(description: &Description, spec: &TensorSpec, header: &Metadata) -> CheckpointError {
	let name = spec.name.clone();
	if let Some(found) =
		header.offset_keys().into_iter().find(|key| *key != name && traps::unwrapped(key) == name)
	{
		return CheckpointError::Wrapped { name, found };
	}
	let is_like = |other: &&TensorSpec| {
		spec.shape.len() > 1 && other.shape == spec.shape && header.info(&other.name).is_some()
	};
	let is_embedding = |other: &TensorSpec| other.name.contains("embedding");
	let mut alike: Vec<_> = description.plan().tensors().filter(is_like).collect();
	alike.sort_by_key(|other| !is_embedding(other));
	match alike.first() {
		Some(kept) => CheckpointError::Tied { name, kept: kept.name.clone() },
		None => CheckpointError::Missing(name),
	}
}

/// Returns the longest header of a checkpoint of this description, in bytes: the entry of each tensor, and
/// space for metadata.
fn max_header_bytes(description: &Description) -> u64 {
	// {"layers.511.attention.out.weight":{"dtype":"F32","shape":[..],"data_offsets":[..]}}
	description.plan().tensors().fold(64 * 1024, |n, _| n + 256)
}

/// Returns the size in bytes that no checkpoint of this description exceeds. A larger file need not be
/// fetched.
pub fn max_checkpoint_bytes(description: &Description) -> u64 {
	LENGTH + max_header_bytes(description) + description.plan().parameter_values * 4
}

/// Values of a checkpoint in f32, tensor by tensor.
#[derive(Clone, Debug)]
pub struct Checkpoint {
	description: Description,
	/// Parameters, then running statistics, in the plan's order.
	tensors: Vec<Vec<f32>>,
}

impl Checkpoint {
	/// Loads a checkpoint.
	///
	/// # Errors
	/// See [`CheckpointError`].
	pub fn load(description: &Description, path: &Path) -> Result<Self, CheckpointError> {
		Self::read(description, &File::open(path)?)
	}

	/// Loads a checkpoint from a file that is open, from its beginning on.
	///
	/// # Errors
	/// See [`CheckpointError`].
	pub fn read(description: &Description, file: &File) -> Result<Self, CheckpointError> {
		let (start, header) = read_header(file, description)?;
		for spec in description.plan().tensors() {
			let info = header.info(&spec.name).ok_or_else(|| missing(description, spec, &header))?;
			check(spec, info)?;
		}
		// All tensors of the plan were found, so any other tensor is unexpected.
		let known: std::collections::HashSet<_> =
			description.plan().tensors().map(|s| s.name.as_str()).collect();
		if let Some(name) = header.offset_keys().into_iter().find(|name| !known.contains(name.as_str())) {
			return Err(CheckpointError::Unexpected(name));
		}
		let expected = start + header.data_len() as u64;
		let found = file.metadata()?.len();
		if found != expected {
			return Err(CheckpointError::Malformed(format!("it has {found} bytes, but declares {expected}")));
		}
		let tensors = description.plan().tensors().map(|spec| {
			let info = header.info(&spec.name).ok_or_else(|| CheckpointError::Missing(spec.name.clone()))?;
			read(file, start + info.data_offsets.0 as u64, spec)
		});
		let tensors = tensors.collect::<Result<_, _>>()?;
		Ok(Self { description: description.clone(), tensors })
	}

	/// Returns a checkpoint of these values, tensor by tensor in the plan's order; `None` where they are not
	/// those of the description.
	pub fn from_values(description: &Description, tensors: Vec<Vec<f32>>) -> Option<Self> {
		let specs: Vec<_> = description.plan().tensors().collect();
		let fits = |(spec, values): (&&TensorSpec, &Vec<f32>)| spec.values() == values.len() as u64;
		let is_whole = specs.len() == tensors.len() && specs.iter().zip(&tensors).all(fits);
		is_whole.then(|| Self { description: description.clone(), tensors })
	}

	/// Returns a checkpoint of values that are known to be those of the description.
	pub(crate) fn new(description: &Description, tensors: Vec<Vec<f32>>) -> Self {
		Self { description: description.clone(), tensors }
	}

	/// Description of the model.
	pub fn description(&self) -> &Description {
		&self.description
	}

	/// Values of the tensors: parameters, then running statistics, in the plan's order.
	pub fn tensors(&self) -> &[Vec<f32>] {
		&self.tensors
	}

	/// Returns the values of a tensor, changed a little if there is a seed for it.
	pub(crate) fn weights(&self, number: usize, perturbation: Option<u64>) -> Weights<'_> {
		let values = self.tensors.get(number).map_or(&[][..], Vec::as_slice);
		Weights { values, perturbation: perturbation.map(|seed| Perturbation::new(seed, number as u64)) }
	}
}

impl Checkpoint {
	/// Writes the checkpoint. The file appears under its name when it is complete and synced.
	///
	/// # Errors
	/// Returns [`CheckpointError::Io`] if the file cannot be written.
	pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
		let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
		let file = tempfile::NamedTempFile::new_in(folder)?;
		let tensors = self.description.plan().tensors().zip(&self.tensors);
		let tensors = tensors.map(|(spec, values)| (&spec.name, Written::new(spec, values)));
		safetensors::serialize_to_file(tensors, None::<HashMap<String, String>>, file.path()).map_err(
			|e| match e {
				SafeTensorError::IoError(e) => CheckpointError::Io(e),
				other => CheckpointError::Malformed(other.to_string()),
			},
		)?;
		File::open(file.path())?.sync_all()?;
		file.persist(path).map_err(|e| e.error)?;
		Ok(())
	}
}

/// Reads a tensor at a position of a file, piece by piece.
fn read(file: &File, start: u64, spec: &TensorSpec) -> Result<Vec<f32>, CheckpointError> {
	let count = usize::try_from(spec.values()).unwrap_or(usize::MAX);
	let is_variance = spec.name.ends_with(".running_var");
	let mut values = Vec::with_capacity(count);
	let mut piece = vec![0; count.saturating_mul(4).min(PIECE_BYTES)];
	while values.len() < count {
		let bytes = &mut piece[..((count - values.len()) * 4).min(PIECE_BYTES)];
		file.read_exact_at(bytes, start + values.len() as u64 * 4)?;
		values.extend(bytes.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)));
	}
	if !values.iter().all(|value| value.is_finite()) {
		return Err(CheckpointError::NotFinite(spec.name.clone()));
	}
	if is_variance && values.iter().any(|value| *value < 0.0) {
		return Err(CheckpointError::NegativeVariance(spec.name.clone()));
	}
	Ok(values)
}

/// Returns the position of the data in bytes, and the checked header.
fn read_header(file: &File, description: &Description) -> Result<(u64, Metadata), CheckpointError> {
	let bytes = file.metadata()?.len();
	if bytes < LENGTH {
		return Err(CheckpointError::Malformed(format!("it has {bytes} bytes")));
	}
	let mut length = [0; LENGTH as usize];
	file.read_exact_at(&mut length, 0)?;
	let length = u64::from_le_bytes(length);
	let limit = max_header_bytes(description);
	if length > limit {
		return Err(CheckpointError::TooLarge { found: length, limit });
	}
	let start = LENGTH + length;
	if start > bytes {
		return Err(CheckpointError::Malformed("its header is cut off".into()));
	}
	let mut json = vec![0; usize::try_from(length).unwrap_or(0)];
	file.read_exact_at(&mut json, LENGTH)?;
	Ok((start, header::parse(&json).map_err(CheckpointError::Malformed)?))
}

fn check(spec: &TensorSpec, info: &TensorInfo) -> Result<(), CheckpointError> {
	let name = || spec.name.clone();
	if info.dtype != Dtype::F32 {
		return Err(CheckpointError::Dtype { name: name(), found: format!("{:?}", info.dtype) });
	}
	if !info.shape.iter().map(|d| *d as u64).eq(spec.shape.iter().copied()) {
		let found = info.shape.clone();
		return Err(CheckpointError::Shape { name: name(), expected: spec.shape.clone(), found });
	}
	Ok(())
}

/// Values of a tensor on their way to a file.
struct Written {
	shape: Vec<usize>,
	bytes: Vec<u8>,
}

impl Written {
	fn new(spec: &TensorSpec, values: &[f32]) -> Self {
		let shape = spec.shape.iter().map(|d| usize::try_from(*d).unwrap_or(usize::MAX)).collect();
		Self { shape, bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect() }
	}
}

impl View for Written {
	fn dtype(&self) -> Dtype {
		Dtype::F32
	}

	fn shape(&self) -> &[usize] {
		&self.shape
	}

	fn data(&self) -> Cow<'_, [u8]> {
		Cow::Borrowed(&self.bytes)
	}

	fn data_len(&self) -> usize {
		self.bytes.len()
	}
}
