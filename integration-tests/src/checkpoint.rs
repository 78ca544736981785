//! Checkpoints written by hand, valid and invalid.

use serde_json::{json, Map, Value};
use std::io::{Cursor, Read};

/// A tensor of a checkpoint, in f32.
#[derive(Clone, Debug)]
pub struct Tensor {
	/// Name of the tensor, `layers.<position>.<name>`.
	pub name: String,
	/// Shape of the tensor.
	pub shape: Vec<u64>,
	/// Values of the tensor. Missing ones are zero.
	pub values: Vec<f32>,
}

impl Tensor {
	/// Returns a tensor.
	pub fn new(name: &str, shape: &[u64], values: &[f32]) -> Self {
		Self { name: name.into(), shape: shape.into(), values: values.into() }
	}

	fn bytes(&self) -> u64 {
		self.shape.iter().product::<u64>() * 4
	}
}

/// Returns the parameters of [`crate::synthetic::MODEL`]: the weight of `x`, and a bias that is the same for
/// both classes. The bias does not change the loss, so that checkpoints of the same loss can differ.
pub fn two_clouds(weight: f32, bias: f32) -> Vec<Tensor> {
	two_clouds_of([[-weight, 0.0], [weight, 0.0]], [bias, bias])
}

/// Returns the parameters of [`crate::synthetic::MODEL`] with these values.
pub fn two_clouds_of(weight: [[f32; 2]; 2], bias: [f32; 2]) -> Vec<Tensor> {
	vec![
		Tensor::new("layers.0.weight", &[2, 2], weight.as_flattened()),
		Tensor::new("layers.0.bias", &[2], &bias),
	]
}

/// Returns a safetensors file (<https://github.com/huggingface/safetensors>): the header's length in 8 bytes,
/// little-endian, the header in JSON, and the values in the order of the tensors. It is streamed, so that a
/// large tensor of zeros takes no memory.
pub fn safetensors(tensors: &[Tensor]) -> impl Read + Send {
	let mut header = Map::new();
	let mut end = 0;
	for tensor in tensors {
		let start = end;
		end += tensor.bytes();
		let entry = json!({"dtype": "F32", "shape": tensor.shape, "data_offsets": [start, end]});
		header.insert(tensor.name.clone(), entry);
	}
	let mut header = Value::Object(header).to_string();
	header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
	let head = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
	let mut file: Box<dyn Read + Send> = Box::new(Cursor::new(head));
	for tensor in tensors {
		let values: Vec<u8> = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
		let zeros = tensor.bytes().saturating_sub(values.len() as u64);
		file = Box::new(file.chain(Cursor::new(values)).chain(std::io::repeat(0).take(zeros)));
	}
	file
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn is_laid_out_as_the_format_says() {
		let mut file = Vec::new();
		safetensors(&two_clouds(2.0, 1.0)).read_to_end(&mut file).unwrap();
		let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
		let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
		assert_eq!(length % 8, 0);
		assert_eq!(
			header["layers.0.weight"],
			json!({"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]})
		);
		assert_eq!(header["layers.0.bias"]["data_offsets"], json!([16, 24]));
		assert_eq!(file.len(), 8 + length + 24);
		assert_eq!(file[8 + length + 8..8 + length + 12], 2f32.to_le_bytes());
	}

	#[test]
	fn missing_values_are_zero() {
		let mut file = Vec::new();
		safetensors(&[Tensor::new("a", &[3], &[1.0])]).read_to_end(&mut file).unwrap();
		assert!(file.ends_with(&[0, 0, 0x80, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0]));
	}
}
