//! Trainings written out with the operations of libtorch.

use super::{Batch, Checkpoint, Description, Device, Kind, Tensor, MOMENTUM, RATE};
use crate::input::sizes;
use tch::no_grad;

/// Weights and running statistics in f64, beside momenta.
pub(super) struct Plain {
	weights: Vec<Tensor>,
	running: Vec<Tensor>,
	momenta: Vec<Tensor>,
}

impl Plain {
	pub(super) fn new(description: &Description) -> Self {
		let checkpoint = Checkpoint::initial(description, 1);
		let mut tensors: Vec<_> = description
			.plan()
			.tensors()
			.zip(checkpoint.tensors())
			.map(|(spec, values)| {
				Tensor::from_slice(values).to_kind(Kind::Double).reshape(sizes(&spec.shape))
			})
			.collect();
		let running = tensors.split_off(description.plan().parameters.len());
		let momenta = tensors.iter().map(Tensor::zeros_like).collect();
		let weights = tensors.into_iter().map(|tensor| tensor.set_requires_grad(true)).collect();
		Self { weights, running, momenta }
	}

	/// Makes a step of gradient descent with momentum. Returns the loss.
	pub(super) fn step(
		&mut self,
		batch: &Batch,
		loss: impl Fn(&mut Self, &Tensor, &Tensor) -> Tensor,
	) -> f64 {
		let [input, target] = [0, 1].map(|column| {
			let values = &batch.columns[column];
			let mut size = sizes(&values.shape);
			size.insert(0, batch.len as i64);
			let kind = match values.dtype {
				descent_dataset::Dtype::F32 => Kind::Float,
				descent_dataset::Dtype::U8 => Kind::Uint8,
				_ => Kind::Int64,
			};
			Tensor::from_data_size(&values.bytes, &size, kind)
		});
		let input = if input.kind() == Kind::Float { input.to_kind(Kind::Double) } else { input };
		let loss = loss(self, &input, &target.to_kind(Kind::Int64));
		let gradients = Tensor::run_backward(&[&loss], &self.weights, false, false);
		no_grad(|| {
			for ((weight, momentum), gradient) in
				self.weights.iter_mut().zip(&mut self.momenta).zip(&gradients)
			{
				*momentum = &*momentum * MOMENTUM + gradient;
				*weight -= &*momentum * RATE;
			}
		});
		loss.double_value(&[])
	}

	pub(super) fn values(&self) -> Vec<Vec<f64>> {
		let flat = |tensor: &Tensor| Vec::<f64>::try_from(tensor.detach().reshape([-1])).unwrap();
		self.weights.iter().chain(&self.running).map(flat).collect()
	}

	fn linear(&self, x: &Tensor, first: usize) -> Tensor {
		x.matmul(&self.weights[first].tr()) + &self.weights[first + 1]
	}

	fn layer_norm(&self, x: &Tensor, first: usize) -> Tensor {
		let mean = x.mean_dim([-1i64].as_slice(), true, Kind::Double);
		let centred = x - mean;
		let variance = centred.square().mean_dim([-1i64].as_slice(), true, Kind::Double);
		centred / (variance + 1e-5).sqrt() * &self.weights[first] + &self.weights[first + 1]
	}

	pub(super) fn perceptron(&mut self, x: &Tensor, target: &Tensor) -> Tensor {
		let hidden = self.linear(x, 0).tanh();
		cross_entropy(&self.linear(&hidden, 2), target)
	}

	pub(super) fn convnet(&mut self, x: &Tensor, target: &Tensor) -> Tensor {
		let x = x.conv2d(&self.weights[0], Some(&self.weights[1]), [1, 1], [1, 1], [1, 1], 1);
		let over = [0i64, 2, 3];
		let mean = x.mean_dim(over.as_slice(), true, Kind::Double);
		let variance = (&x - &mean).square().mean_dim(over.as_slice(), true, Kind::Double);
		let count = x.numel() as f64 / 4.0;
		for (running, found) in self.running.iter_mut().zip([&mean, &(&variance * (count / (count - 1.0)))]) {
			*running = &*running * 0.9 + found.detach().reshape([4]) * 0.1;
		}
		let channel = |tensor: &Tensor| tensor.reshape([1, 4, 1, 1]);
		let normed =
			(x - mean) / (variance + 1e-5).sqrt() * channel(&self.weights[2]) + channel(&self.weights[3]);
		let pooled = normed.tanh().reshape([-1, 4, 3, 2, 3, 2]);
		let pooled = pooled.mean_dim([3i64, 5].as_slice(), false, Kind::Double);
		cross_entropy(&self.linear(&pooled.flatten(1, -1), 4), target)
	}

	pub(super) fn transformer(&mut self, tokens: &Tensor, target: &Tensor) -> Tensor {
		let x = self.weights[0].index_select(0, &tokens.reshape([-1])).reshape([-1, 6, 8]) + &self.weights[1];
		let mixed = self.linear(&self.layer_norm(&x, 2), 4).reshape([-1, 6, 3, 2, 4]);
		let of = |part| mixed.select(2, part).transpose(1, 2);
		let scores = of(0).matmul(&of(1).transpose(-2, -1)) / 2.0;
		let future = Tensor::ones([6, 6], (Kind::Bool, Device::Cpu)).triu(1);
		let seen = scores.masked_fill(&future, f64::NEG_INFINITY).softmax(-1, Kind::Double).matmul(&of(2));
		let x = x + self.linear(&seen.transpose(1, 2).reshape([-1, 6, 8]), 6);
		let hidden = self.linear(&self.layer_norm(&x, 8), 10);
		let hidden = &hidden * 0.5 * ((&hidden / std::f64::consts::SQRT_2).erf() + 1.0);
		let x = x + self.linear(&hidden, 12);
		let output = self.linear(&self.layer_norm(&x, 14), 16);
		cross_entropy(&output.reshape([-1, 7]), &target.reshape([-1]))
	}
}

fn cross_entropy(output: &Tensor, target: &Tensor) -> Tensor {
	let likely = output.log_softmax(-1, Kind::Double).gather(1, &target.unsqueeze(1), false);
	-likely.mean(Kind::Double)
}
