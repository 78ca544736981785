use crate::Launch;

/// Way in which an evaluator computes. None of it may change a score, nor the losses of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
	/// Instructions of its kernels.
	instructions: &'static str,
	/// Number of threads.
	threads: &'static str,
	/// Instructions that MKL, which libtorch computes with, takes to be the best.
	mkl: &'static str,
	/// Instructions of libtorch's own kernels.
	aten: &'static str,
	/// The best instructions of oneDNN, which libtorch computes convolutions with.
	onednn: &'static str,
}

impl Machine {
	/// The oldest processor: no instructions beside those that every one has, and two threads.
	pub const OLD: Self =
		Self { instructions: "portable", threads: "2", mkl: "SSE4_2", aten: "default", onednn: "SSE41" };
	/// A processor without AVX-512, with five threads.
	pub const MIDDLING: Self = Self {
		instructions: if cfg!(target_arch = "x86_64") { "avx2" } else { "portable" },
		threads: "5",
		mkl: "AVX2",
		aten: "avx2",
		onednn: "AVX2",
	};

	/// Forces an evaluator into this way.
	pub(crate) fn force(self, launch: Launch) -> Launch {
		launch
			.option("--instructions", self.instructions)
			.option("--threads", self.threads)
			.env("MKL_ENABLE_INSTRUCTIONS", self.mkl)
			.env("ATEN_CPU_CAPABILITY", self.aten)
			.env("ONEDNN_MAX_CPU_ISA", self.onednn)
	}
}
