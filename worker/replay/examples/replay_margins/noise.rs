//! Numbers that look random.

/// The generator xorshift64 (Marsaglia, 2003).
pub(crate) struct Noise(u64);

impl Noise {
	/// The numbers of a seed.
	pub(crate) fn new(seed: u64) -> Self {
		let mut noise = Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
		// The first numbers of seeds that lie close together are alike.
		for _ in 0..8 {
			noise.draw();
		}
		noise
	}

	/// Draws the next number.
	pub(crate) fn draw(&mut self) -> u64 {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		self.0
	}

	/// Draws a number below `bound`.
	pub(crate) fn below(&mut self, bound: u64) -> u64 {
		(self.draw() >> 16) % bound
	}

	/// Draws a number from 0 to 1.
	pub(crate) fn part(&mut self) -> f64 {
		/// Numbers of 32 bits, which an f64 holds exactly, are divided by their range.
		const RANGE: f64 = (1u64 << 32) as f64;
		(self.draw() >> 32) as f64 / RANGE
	}
}
