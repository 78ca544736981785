//! Two constants for each machine, from which the paper's returns follow.

use crate::paper::{Machine, MACHINES, PRICES};

/// A machine's earnings and electricity over its life.
///
/// The return on an investment at an electricity price `p` is `earnings / (hardware + energy p) - 1`. The
/// hardware is known from the paper's costs, so two constants are fitted to eight returns.
pub(crate) struct Fit {
	pub machine: &'static Machine,
	/// Earnings in USD.
	pub earnings: f64,
	/// Energy in kWh.
	pub energy: f64,
}

impl Fit {
	/// Fits all machines.
	pub(crate) fn all() -> Vec<Self> {
		MACHINES.iter().map(Self::new).collect()
	}

	/// Fits a machine by least squares of relative errors: with `q = 1 + return`,
	/// `q hardware / earnings + q p energy / earnings = 1`, which is linear in `1 / earnings` and
	/// `energy / earnings`.
	fn new(machine: &'static Machine) -> Self {
		let hardware = machine.hardware();
		let (mut uu, mut uv, mut vv, mut u_sum, mut v_sum) = (0.0, 0.0, 0.0, 0.0, 0.0);
		for (price, percent) in PRICES.iter().zip(machine.returns) {
			let q = 1.0 + percent / 100.0;
			let (u, v) = (q * hardware, q * price);
			uu += u * u;
			uv += u * v;
			vv += v * v;
			u_sum += u;
			v_sum += v;
		}
		let determinant = uu * vv - uv * uv;
		let inverse = (u_sum * vv - v_sum * uv) / determinant;
		let ratio = (v_sum * uu - u_sum * uv) / determinant;
		Self { machine, earnings: 1.0 / inverse, energy: ratio / inverse }
	}

	/// The return in percent at a price of electricity.
	pub(crate) fn percent(&self, price: f64) -> f64 {
		percent(self.earnings, self.machine.hardware() + self.energy * price)
	}

	/// The largest difference from the paper's returns, in points.
	pub(crate) fn error(&self) -> f64 {
		let returns = PRICES.iter().zip(self.machine.returns);
		returns.map(|(price, percent)| (self.percent(*price) - percent).abs()).fold(0.0, f64::max)
	}
}

/// The return in percent on costs.
pub(crate) fn percent(earnings: f64, costs: f64) -> f64 {
	(earnings / costs - 1.0) * 100.0
}
