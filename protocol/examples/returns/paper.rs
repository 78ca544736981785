//! Figures of *Proof of Useful Work* (PoUW; Lihu, Du, Barjaktarevic, Gerzanics, Harvilla: "A Proof of Useful
//! Work for Artificial Intelligence on the Blockchain", arXiv 2001.09244), as far as they can be read off.

/// A machine of the paper.
pub(crate) struct Machine {
	/// Its name.
	pub name: &'static str,
	/// Total costs in USD after one year and after three, of its figure 8.
	pub costs: [f64; 2],
	/// Returns on investment in percent at [`PRICES`], of its figure 10.
	pub returns: [f64; 8],
}

/// Prices of electricity in USD per kWh.
pub(crate) const PRICES: [f64; 8] = [0.04, 0.10, 0.15, 0.20, 0.25, 0.50, 0.75, 1.00];

/// The machines that a miner may own.
pub(crate) const MACHINES: [Machine; 4] = [
	Machine {
		name: "Budget workstation",
		costs: [2_996.0, 5_099.0],
		returns: [530.0, 313.0, 221.0, 162.0, 122.0, 25.0, -13.0, -33.0],
	},
	Machine {
		name: "Mid-level workstation",
		costs: [4_041.0, 6_142.0],
		returns: [367.0, 236.0, 172.0, 129.0, 97.0, 17.0, -17.0, -36.0],
	},
	Machine {
		name: "Exxact entry",
		costs: [6_345.0, 8_448.0],
		returns: [197.0, 138.0, 104.0, 79.0, 59.0, 2.0, -25.0, -40.0],
	},
	Machine {
		name: "Exxact mid-range",
		costs: [8_731.0, 12_936.0],
		returns: [391.0, 308.0, 257.0, 218.0, 186.0, 91.0, 43.0, 15.0],
	},
];

/// Total costs in USD of rented machines after one year and after three, of its figure 8.
pub(crate) const CLOUDS: [(&str, [f64; 2]); 3] = [
	("AWS ML p3.2xlarge", [17_075.0, 25_895.0]),
	("Azure ML NC6s v3", [17_675.0, 30_461.0]),
	("Google ML c2-standard-8 + V100", [17_873.0, 51_093.0]),
];

/// Prices of hardware in USD, and returns in percent at 0.12 USD per kWh, of its figure 11.
pub(crate) const HARDWARE: [(f64, f64); 7] = [
	(2_000.0, 266.0),
	(3_000.0, 207.0),
	(4_000.0, 164.0),
	(5_000.0, 131.0),
	(6_000.0, 106.0),
	(8_000.0, 69.0),
	(10_000.0, 43.0),
];

/// The price of electricity in USD per kWh behind its figures 8 and 11.
pub(crate) const PRICE: f64 = 0.12;

impl Machine {
	/// The price of the hardware in USD: what the first year costs, less a year's operation.
	pub(crate) fn hardware(&self) -> f64 {
		self.costs[0] - self.operation()
	}

	/// The cost of a year's operation in USD.
	pub(crate) fn operation(&self) -> f64 {
		(self.costs[1] - self.costs[0]) / 2.0
	}
}
