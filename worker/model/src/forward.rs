//! The layers and the losses in terms of libtorch.

use crate::error::ModelError;
use crate::model::Model;
use descent_dataset::{Layer, Loss};
use tch::{Kind, TchError, Tensor};

const EPSILON: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

type Torch = Result<Tensor, TchError>;

/// A model's tensors in the order in which the layers use them.
struct Tensors<'a> {
	tensors: std::slice::Iter<'a, Tensor>,
	/// Kind in which the layers compute.
	compute: Kind,
}

impl Tensors<'_> {
	/// Returns the next tensor in the kind in which the layers compute.
	fn next(&mut self) -> Torch {
		self.next_as_kept()?.f_totype(self.compute)
	}

	/// Returns the next tensor in its own kind.
	fn next_as_kept(&mut self) -> Torch {
		let next = self.tensors.next();
		let tensor = next.ok_or_else(|| TchError::Shape("the plan has fewer tensors than the layers".into()));
		Ok(tensor?.shallow_clone())
	}
}

impl Model {
	/// Returns the output `[records, ..output]` for inputs `[records, ..input]`, all in the model's kind.
	/// `train` enables dropout and makes batch normalisation use the batch's own statistics.
	pub(crate) fn forward(&self, inputs: &[Tensor], train: bool) -> Result<Tensor, ModelError> {
		let mut parameters = Tensors { tensors: self.parameters.iter(), compute: self.compute };
		let mut buffers = Tensors { tensors: self.buffers.iter(), compute: self.compute };
		let mut chain = |layers: &[Layer], x: Tensor| {
			layers.iter().try_fold(x, |x, layer| self.layer(layer, &x, &mut parameters, &mut buffers, train))
		};
		// Tokens stay what they are.
		let entering = |input: &Tensor| match input.f_kind()? == self.kind {
			true => input.f_totype(self.compute),
			false => Ok(input.shallow_clone()),
		};
		let x = match inputs {
			[input] => entering(input)?,
			inputs => {
				let flat = |x: Tensor| if x.dim() == 1 { x.f_unsqueeze(1) } else { x.f_flatten(1, -1) };
				let own = |(at, input)| flat(chain(self.description.layers_of(at), entering(input)?)?);
				Tensor::f_cat(&inputs.iter().enumerate().map(own).collect::<Result<Vec<_>, _>>()?, 1)?
			}
		};
		Ok(chain(self.description.layers(), x)?.f_totype(self.kind)?)
	}

	fn layer(&self, layer: &Layer, x: &Tensor, p: &mut Tensors, buffers: &mut Tensors, train: bool) -> Torch {
		match layer {
			Layer::Flatten {} if x.dim() == 1 => x.f_unsqueeze(1),
			Layer::Flatten {} => x.f_flatten(1, -1),
			Layer::Linear { bias, .. } => {
				let weight = p.next()?;
				x.f_linear(&weight, if *bias { Some(p.next()?) } else { None })
			}
			// The first parameter is the table of the embedding.
			Layer::Unembedding {} => {
				let table = self.parameters.first().ok_or_else(|| TchError::Shape("no embedding".into()))?;
				x.f_linear(&table.f_totype(self.compute)?, None::<Tensor>)
			}
			Layer::Conv1d { .. }
			| Layer::Conv2d { .. }
			| Layer::MaxPool1d { .. }
			| Layer::MaxPool2d { .. }
			| Layer::AvgPool1d { .. }
			| Layer::AvgPool2d { .. }
			| Layer::AdaptiveAvgPool1d { .. }
			| Layer::AdaptiveAvgPool2d { .. } => slide(layer, x, p),
			Layer::Relu {} => x.f_relu(),
			Layer::Gelu {} => x.f_gelu("none"),
			Layer::Silu {} => x.f_silu(),
			Layer::Tanh {} => x.f_tanh(),
			Layer::Sigmoid {} => x.f_sigmoid(),
			Layer::Dropout { p } => x.f_dropout(*p, train),
			Layer::BatchNorm {} | Layer::LayerNorm {} | Layer::RmsNorm {} | Layer::GroupNorm { .. } => {
				self.norm(layer, x, p, buffers, train)
			}
			// Looked up as kept, so that the gradients of a frequent token are not summed in few digits.
			Layer::Embedding { .. } => {
				Tensor::f_embedding(&p.next_as_kept()?, x, -1, false, false)?.f_totype(self.compute)
			}
			Layer::PositionEmbedding {} => x.f_add(&p.next()?),
			Layer::TransformerBlock { heads, dropout, .. } => self.block(x, p, side(*heads), *dropout, train),
			Layer::Attention { heads, kv_heads, rotary, bias } => {
				self.self_attention(x, p, [*heads, kv_heads.unwrap_or(*heads)].map(side), *rotary, *bias)
			}
			Layer::GatedMlp { hidden } => {
				let mixed = x.f_linear(&p.next()?, None::<Tensor>)?;
				let part = |number| mixed.f_narrow(-1, number * side(*hidden), side(*hidden));
				part(0)?.f_silu()?.f_mul(&part(1)?)?.f_linear(&p.next()?, None::<Tensor>)
			}
			Layer::Residual { layers, shortcut } => {
				let mut chain = |layers: &[Layer]| -> Torch {
					layers
						.iter()
						.try_fold(x.shallow_clone(), |x, layer| self.layer(layer, &x, p, buffers, train))
				};
				chain(layers)?.f_add(&chain(shortcut)?)
			}
		}
	}

	/// Returns the causal self-attention of `x [records, length, dim]` with so many heads of queries, and of
	/// keys and values.
	fn self_attention(
		&self,
		x: &Tensor,
		p: &mut Tensors,
		[heads, kv_heads]: [i64; 2],
		rotary: Option<f64>,
		bias: bool,
	) -> Torch {
		let (records, length, dim) = x.size3()?;
		let width = dim / heads;
		let mut mapped = |x: &Tensor| -> Torch {
			let weight = p.next()?;
			x.f_linear(&weight, if bias { Some(p.next()?) } else { None })
		};
		let mixed =
			mapped(x)?.f_reshape([records, length, heads + 2 * kv_heads, width])?.f_transpose(1, 2)?;
		let part = |first, count| mixed.f_narrow(1, first, count);
		let (mut query, mut key) = (part(0, heads)?, part(heads, kv_heads)?);
		if let Some(base) = rotary {
			let turns = self.turns(length, width, base)?;
			(query, key) = (turned(&query, &turns)?, turned(&key, &turns)?);
		}
		let shared = |x: Tensor| x.f_repeat_interleave_self_int(heads / kv_heads, 1, None);
		let seen = self.attention(&query, &shared(key)?, &shared(part(heads + kv_heads, kv_heads)?)?)?;
		mapped(&seen.f_transpose(1, 2)?.f_reshape([records, length, dim])?)
	}

	/// Returns cosines and sines of rotary positions, `[length, width / 2]` each.
	fn turns(&self, length: i64, width: i64, base: f64) -> Result<[Tensor; 2], TchError> {
		let sizes = [length, width].map(|size| usize::try_from(size).unwrap_or_default());
		let (cosines, sines) = descent_kernels::rotations(sizes[0], sizes[1], base);
		let tensor = |values: Vec<f64>| -> Torch {
			let table = Tensor::f_from_slice(&values)?.f_reshape([length, width / 2])?;
			table.f_to_device(self.device)?.f_totype(self.compute)
		};
		Ok([tensor(cosines)?, tensor(sines)?])
	}

	/// Computes a normalisation.
	fn norm(&self, layer: &Layer, x: &Tensor, p: &mut Tensors, buffers: &mut Tensors, train: bool) -> Torch {
		match layer {
			Layer::BatchNorm {} => {
				let (weight, bias) = (p.next_as_kept()?, p.next_as_kept()?);
				let (mean, variance) = (buffers.next_as_kept()?, buffers.next_as_kept()?);
				self.normalise(x, |x| {
					let (weight, bias, mean, variance) =
						(Some(&weight), Some(&bias), Some(&mean), Some(&variance));
					x.f_batch_norm(weight, bias, mean, variance, train, MOMENTUM, EPSILON, true)
				})
			}
			Layer::RmsNorm {} => {
				let weight = p.next_as_kept()?;
				let square = |x: &Tensor| x.f_square()?.f_mean_dim([-1i64].as_slice(), true, self.kind);
				self.normalise(x, |x| x.f_div(&square(x)?.f_add_scalar(EPSILON)?.f_sqrt()?)?.f_mul(&weight))
			}
			Layer::GroupNorm { groups } => {
				let (weight, bias) = (p.next_as_kept()?, p.next_as_kept()?);
				let groups = side(*groups);
				self.normalise(x, |x| x.f_group_norm(groups, Some(&weight), Some(&bias), EPSILON, true))
			}
			_ => self.layer_norm(x, p),
		}
	}

	fn block(&self, x: &Tensor, p: &mut Tensors, heads: i64, dropout: f64, train: bool) -> Torch {
		let (records, length, dim) = x.size3()?;
		let normed = self.layer_norm(x, p)?;
		let mixed = normed.f_linear(&p.next()?, Some(p.next()?))?;
		let split = mixed.f_reshape([records, length, 3, heads, dim / heads])?.f_permute([2, 0, 3, 1, 4])?;
		let (query, key, value) = (split.f_select(0, 0)?, split.f_select(0, 1)?, split.f_select(0, 2)?);
		let seen = self.attention(&query, &key, &value)?;
		let joined = seen.f_transpose(1, 2)?.f_reshape([records, length, dim])?;
		let attended = joined.f_linear(&p.next()?, Some(p.next()?))?.f_dropout(dropout, train)?;
		let x = x.f_add(&attended)?;
		let hidden = self.layer_norm(&x, p)?.f_linear(&p.next()?, Some(p.next()?))?.f_gelu("none")?;
		x.f_add(&hidden.f_linear(&p.next()?, Some(p.next()?))?.f_dropout(dropout, train)?)
	}

	/// Returns the causal scaled dot-product attention (Vaswani et al., 2017) over tensors of the shape
	/// `[records, heads, length, width]`.
	fn attention(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> Torch {
		if self.compute != Kind::Double {
			return Tensor::f_scaled_dot_product_attention(
				query,
				key,
				value,
				None::<&Tensor>,
				0.0,
				true,
				None,
				false,
			);
		}
		// Evaluation and replays compute it step by step, so that no choice among fused kernels can change
		// the numbers.
		let width = query.size().last().copied().unwrap_or(1);
		let length = query.size().get(2).copied().unwrap_or(1);
		let scores = query.f_matmul(&key.f_transpose(-2, -1)?)?.f_mul_scalar(1.0 / (width as f64).sqrt())?;
		let future = Tensor::f_ones([length, length], (Kind::Bool, self.device))?.f_triu(1)?;
		scores.f_masked_fill(&future, f64::NEG_INFINITY)?.f_softmax(-1, self.kind)?.f_matmul(value)
	}

	fn layer_norm(&self, x: &Tensor, p: &mut Tensors) -> Torch {
		let width = x.size().last().copied().unwrap_or(1);
		let (weight, bias) = (p.next_as_kept()?, p.next_as_kept()?);
		self.normalise(x, |x| x.f_layer_norm([width], Some(&weight), Some(&bias), EPSILON, true))
	}

	/// Applies a normalisation in the kind of the weights: bfloat16 has too few digits for means and
	/// variances.
	fn normalise(&self, x: &Tensor, norm: impl Fn(&Tensor) -> Torch) -> Torch {
		norm(&x.f_totype(self.kind)?)?.f_totype(self.compute)
	}

	/// Returns each record's loss, with the shape `[records]` in the model's kind. Cross entropy is in nats.
	pub(crate) fn losses(&self, output: &Tensor, target: &Tensor) -> Result<Tensor, ModelError> {
		let losses = match self.description.loss() {
			Loss::CrossEntropy => {
				// tch's own cross entropy always computes in f32.
				let likelihoods = output.f_log_softmax(-1, self.kind)?;
				likelihoods.f_gather(-1, &target.f_unsqueeze(-1)?, false)?.f_squeeze_dim(-1)?.f_neg()?
			}
			Loss::Mse => output.f_reshape(target.size())?.f_sub(target)?.f_square()?,
		};
		Ok(per_record(&losses, self.kind)?)
	}
}

/// Computes a layer that slides a window over signals or images.
fn slide(layer: &Layer, x: &Tensor, p: &mut Tensors) -> Torch {
	match layer {
		Layer::Conv1d { stride, padding, bias, .. } => {
			let weight = p.next()?;
			let bias = if *bias { Some(p.next()?) } else { None };
			x.f_conv1d(&weight, bias, [side(*stride)], [side(*padding)], [1], 1)
		}
		Layer::MaxPool1d { kernel, stride, padding } => {
			let step = stride.unwrap_or(*kernel);
			x.f_max_pool1d([side(*kernel)], [side(step)], [side(*padding)], [1], false)
		}
		Layer::AdaptiveAvgPool1d { size } => x.f_adaptive_avg_pool1d([side(*size)]),
		Layer::AvgPool1d { kernel, stride } => {
			let step = stride.unwrap_or(*kernel);
			x.f_avg_pool1d([side(*kernel)], [side(step)], [0], false, true)
		}
		Layer::Conv2d { stride, padding, bias, .. } => {
			let weight = p.next()?;
			let bias = if *bias { Some(p.next()?) } else { None };
			x.f_conv2d(&weight, bias, [side(*stride); 2], [side(*padding); 2], [1, 1], 1)
		}
		Layer::MaxPool2d { kernel, stride, padding } => {
			let step = stride.unwrap_or(*kernel);
			x.f_max_pool2d([side(*kernel); 2], [side(step); 2], [side(*padding); 2], [1, 1], false)
		}
		Layer::AdaptiveAvgPool2d { size } => x.f_adaptive_avg_pool2d([side(*size); 2]),
		Layer::AvgPool2d { kernel, stride } => {
			let step = stride.unwrap_or(*kernel);
			x.f_avg_pool2d([side(*kernel); 2], [side(step); 2], [0, 0], false, true, None)
		}
		_ => Ok(x.shallow_clone()),
	}
}

fn side(value: u64) -> i64 {
	i64::try_from(value).unwrap_or(i64::MAX)
}

/// Turns the pairs of `x [records, heads, length, width]`: values of the first half with those of the second.
fn turned(x: &Tensor, [cosines, sines]: &[Tensor; 2]) -> Torch {
	let half = x.size().last().copied().unwrap_or(0) / 2;
	let (a, b) = (x.f_narrow(-1, 0, half)?, x.f_narrow(-1, half, half)?);
	let first = a.f_mul(cosines)?.f_sub(&b.f_mul(sines)?)?;
	let second = b.f_mul(cosines)?.f_add(&a.f_mul(sines)?)?;
	Tensor::f_cat(&[first, second], -1)
}

/// Returns the mean over all dimensions but the first.
fn per_record(values: &Tensor, kind: Kind) -> Torch {
	match values.dim() {
		1 => Ok(values.shallow_clone()),
		_ => values.f_flatten(1, -1)?.f_mean_dim([1i64].as_slice(), false, kind),
	}
}
