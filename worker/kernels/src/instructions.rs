use std::sync::atomic::{AtomicU8, Ordering};

/// The instructions that matrix products use. They change the speed, never the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instructions {
	/// Those that every processor of the target has. Without a fused multiply-add in hardware it is computed
	/// in software, some 50 times slower.
	Portable,
	/// AVX2 and FMA of x86-64 (2013 on).
	Avx2,
	/// AVX-512 of x86-64.
	Avx512,
}

/// Variable of the environment that names the instructions to use, to compare code paths. A name that is
/// unknown here, or of instructions that the processor does not have, is an error of
/// [`Instructions::from_environment`] and has no effect otherwise.
pub const INSTRUCTIONS_VARIABLE: &str = "DESCENT_INSTRUCTIONS";

/// The choice, as the position in [`Instructions::ALL`] plus one; 0 until the first use.
static CHOSEN: AtomicU8 = AtomicU8::new(0);

impl Instructions {
	/// All code paths, the slowest first.
	pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

	/// Returns true if this processor has the instructions.
	pub fn is_supported(self) -> bool {
		match self {
			Self::Portable => true,
			#[cfg(target_arch = "x86_64")]
			Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
			#[cfg(target_arch = "x86_64")]
			Self::Avx512 => {
				is_x86_feature_detected!("avx512f")
					&& is_x86_feature_detected!("avx512dq")
					&& is_x86_feature_detected!("avx512vl")
					&& Self::Avx2.is_supported()
			}
			#[cfg(not(target_arch = "x86_64"))]
			_ => false,
		}
	}

	/// Returns the fastest instructions that this processor has.
	pub fn fastest() -> Self {
		Self::ALL.into_iter().rev().find(|level| level.is_supported()).unwrap_or(Self::Portable)
	}

	/// Returns the instructions that are used in this process.
	pub fn chosen() -> Self {
		match CHOSEN.load(Ordering::Relaxed).checked_sub(1) {
			Some(position) => Self::ALL.get(usize::from(position)).copied().unwrap_or(Self::Portable),
			None => Self::from_environment().ok().flatten().unwrap_or_else(Self::fastest),
		}
	}

	/// Returns the instructions that [`INSTRUCTIONS_VARIABLE`] names, if it is set.
	///
	/// # Errors
	/// Fails, in words, if it names none that this processor has.
	pub fn from_environment() -> Result<Option<Self>, String> {
		let Ok(name) = std::env::var(INSTRUCTIONS_VARIABLE) else {
			return Ok(None);
		};
		Self::named(&name).map(Some).map_err(|error| format!("{INSTRUCTIONS_VARIABLE}: {error}"))
	}

	/// Returns the instructions with a name.
	///
	/// # Errors
	/// Fails, in words, if the processor has none of this name.
	pub fn named(name: &str) -> Result<Self, String> {
		let mut supported = Self::ALL.into_iter().filter(|level| level.is_supported());
		let names: Vec<_> = supported.clone().map(Self::name).collect();
		let found = supported.find(|level| level.name() == name);
		found.ok_or_else(|| format!("{name}: this processor has {}", names.join(", ")))
	}

	/// Uses these instructions in this process from now on. Returns false, and changes nothing, if the
	/// processor does not have them.
	pub fn choose(self) -> bool {
		let position = Self::ALL.iter().position(|level| *level == self).unwrap_or_default();
		let number = u8::try_from(position + 1).unwrap_or(1);
		self.is_supported() && {
			CHOSEN.store(number, Ordering::Relaxed);
			true
		}
	}

	/// Returns true if a fused multiply-add is one instruction here, so that evaluations are fast enough.
	pub fn has_fused_multiply_add() -> bool {
		cfg!(target_feature = "fma") || cfg!(target_arch = "aarch64") || Self::Avx2.is_supported()
	}

	/// Returns the name, as in `--instructions`.
	pub fn name(self) -> &'static str {
		match self {
			Self::Portable => "portable",
			Self::Avx2 => "avx2",
			Self::Avx512 => "avx512",
		}
	}
}
