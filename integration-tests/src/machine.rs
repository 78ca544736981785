use crate::Launch;

/// Way in which an evaluator computes. None of it may change a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
	/// Instructions of its kernels.
	instructions: &'static str,
	/// Number of threads.
	threads: &'static str,
	/// Instructions that MKL, which libtorch computes with, takes to be the best.
	mkl: &'static str,
}

impl Machine {
	/// The oldest processor: no instructions beside those that every one has, and two threads.
	pub const OLD: Self = Self { instructions: "portable", threads: "2", mkl: "SSE4_2" };
	/// A processor without AVX-512, with five threads.
	pub const MIDDLING: Self = Self {
		instructions: if cfg!(target_arch = "x86_64") { "avx2" } else { "portable" },
		threads: "5",
		mkl: "AVX2",
	};

	/// Forces an evaluator into this way.
	pub(crate) fn force(self, launch: Launch) -> Launch {
		launch
			.option("--instructions", self.instructions)
			.option("--threads", self.threads)
			.env("MKL_ENABLE_INSTRUCTIONS", self.mkl)
	}
}
