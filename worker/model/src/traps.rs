//! Traps on the way from a framework to a checkpoint: what it did, and what to do about it.

/// Parts of names that wrappers of PyTorch put in.
const WRAPPERS: [&str; 2] = ["module", "_orig_mod"];

/// Returns a tensor's name without what wrappers put in.
pub(crate) fn unwrapped(name: &str) -> String {
	let parts = name.split('.').filter(|part| !WRAPPERS.contains(part));
	parts.collect::<Vec<_>>().join(".")
}

/// Returns what to do about a name that a wrapper gave.
pub(crate) fn wrapped(found: &str) -> &'static str {
	match found.split('.').any(|part| part == "_orig_mod") {
		true => {
			": torch.compile put '_orig_mod.' into it; save `model._orig_mod.state_dict()`, or take it out of \
			 the names"
		}
		false => {
			": DataParallel or DistributedDataParallel put 'module.' into it; save \
			 `model.module.state_dict()`, or take it out of the names"
		}
	}
}

/// Returns what to do about a tensor that may be tied to another.
pub(crate) fn tied(name: &str, kept: &str) -> String {
	format!(
		"; if it is tied to '{kept}', which has its shape, write a copy of that under its name too, as in \
		 `tensors['{name}'] = tensors['{kept}'].clone()`"
	)
}

/// Returns what to do about a tensor that PyTorch writes and no description has.
pub(crate) fn unexpected(name: &str) -> &'static str {
	match name.ends_with(".num_batches_tracked") {
		true => "; leave it out: it is PyTorch's count of batches, which nothing is computed from",
		false => "",
	}
}

/// Returns what to do about a tensor of another type.
pub(crate) fn dtype(found: &str) -> &'static str {
	match found {
		"BF16" | "F16" => {
			"; weights of half precision are converted before they are saved: `tensor.float()` in PyTorch, \
			 `array.astype(numpy.float32)` in JAX"
		}
		_ => "; convert it: `tensor.float()` in PyTorch, `array.astype(numpy.float32)` in numpy and JAX",
	}
}

/// Returns what to do about a shape whose dimensions are in another order.
pub(crate) fn shape(expected: &[u64], found: &[usize]) -> String {
	let found: Vec<_> = found.iter().map(|dimension| *dimension as u64).collect();
	let is_reversed = found.iter().rev().eq(expected);
	let advice = match (expected, found.as_slice()) {
		([_, _], _) if is_reversed => "`.T`",
		// height, width, in, out
		([out, input, height, width], [h, w, i, o]) if (out, input, height, width) == (o, i, h, w) => {
			"`.transpose(3, 2, 0, 1)`"
		}
		_ if is_reversed => "`.transpose()`",
		_ => return String::new(),
	};
	format!(
		": it looks transposed, as JAX, Flax and Keras keep kernels with the outputs last; they come first \
		 here. Write {advice} of it, of square ones too, where nothing shows it"
	)
}
