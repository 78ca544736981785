//! Initial weights.

use crate::Checkpoint;
use descent_dataset::{Description, Layer, TensorSpec};
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Initial values of a tensor.
#[derive(Clone, Copy)]
enum Initialization {
	Constant(f32),
	/// Uniform distribution over `[-bound, bound)`.
	Uniform(f32),
}

/// Returns the initial values of a tensor. Weights of linear maps and convolutions are uniform in ±1/sqrt(fan
/// in), as in PyTorch. Weights of embeddings have the standard deviation 0.02 (Radford et al., 2019). Biases
/// are zero, and normalisations begin as the identity.
fn initialization(layer: &Layer, spec: &TensorSpec) -> Initialization {
	let name = spec.name.as_str();
	if matches!(layer, Layer::Embedding { .. } | Layer::PositionEmbedding {}) {
		return Initialization::Uniform(0.02 * 3f32.sqrt());
	}
	if spec.shape.len() > 1 {
		let fan_in: u64 = spec.shape[1..].iter().product();
		return Initialization::Uniform(1.0 / (fan_in.max(1) as f32).sqrt());
	}
	match name.ends_with("weight") || name.ends_with("running_var") {
		true => Initialization::Constant(1.0),
		false => Initialization::Constant(0.0),
	}
}

/// Returns the layer that has the tensor of this name.
fn layer_with<'a>(description: &'a Description, name: &str) -> Option<&'a Layer> {
	let Some(rest) = name.strip_prefix("inputs.") else { return layer_of(description.layers(), name) };
	let (input, name) = rest.split_once('.')?;
	layer_of(description.layers_of(input.parse().ok()?), name)
}

/// Returns the layer that has the tensor of this name, `layers.<position>.<name>`.
fn layer_of<'a>(layers: &'a [Layer], name: &str) -> Option<&'a Layer> {
	let (position, name) = name.split_once('.')?.1.split_once('.')?;
	let layer = layers.get(position.parse::<usize>().ok()?)?;
	match layer {
		Layer::Residual { shortcut, .. } if name.starts_with("shortcut.") => layer_of(shortcut, name),
		Layer::Residual { layers, .. } => layer_of(layers, name),
		_ => Some(layer),
	}
}

impl Checkpoint {
	/// Returns initial weights. They follow from `seed` alone and are the same on every machine.
	pub fn initial(description: &Description, seed: u64) -> Self {
		let tensors = description.plan().tensors().zip(0..).map(|(spec, stream)| {
			let mut rng = ChaCha12Rng::seed_from_u64(seed);
			// Each tensor has its own stream, so an additional layer does not change the weights before it.
			rng.set_stream(stream);
			let count = usize::try_from(spec.values()).unwrap_or(usize::MAX);
			let layer = layer_with(description, &spec.name);
			match layer.map_or(Initialization::Constant(0.0), |layer| initialization(layer, spec)) {
				Initialization::Constant(value) => vec![value; count],
				Initialization::Uniform(bound) => (0..count)
					// 24 bits make every value exact.
					.map(|_| ((rng.next_u32() >> 8) as f32 / (1u32 << 23) as f32 - 1.0) * bound)
					.collect(),
			}
		});
		Self::new(description, tensors.collect())
	}
}
