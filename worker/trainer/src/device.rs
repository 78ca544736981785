//! The choice of a device.

use anyhow::{ensure, Result};
use descent_model::Device;
use std::{fmt, str::FromStr};
use tch::Cuda;

/// A device as the user names it: `auto`, `cpu` or `cuda:N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
	/// The first GPU if there is one, else the CPU.
	Auto,
	/// The CPU.
	Cpu,
	/// The GPU with this number, from 0.
	Cuda(usize),
}

impl FromStr for DeviceChoice {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match (text, text.strip_prefix("cuda:").map(str::parse)) {
			("auto", _) => Ok(Self::Auto),
			("cpu", _) => Ok(Self::Cpu),
			("cuda", _) => Ok(Self::Cuda(0)),
			(_, Some(Ok(number))) => Ok(Self::Cuda(number)),
			_ => Err("it is auto, cpu, or cuda:N with N from 0".into()),
		}
	}
}

impl fmt::Display for DeviceChoice {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Auto => f.write_str("auto"),
			Self::Cpu => f.write_str("cpu"),
			Self::Cuda(number) => write!(f, "cuda:{number}"),
		}
	}
}

impl DeviceChoice {
	/// Returns the device.
	///
	/// # Errors
	/// If the machine does not have it.
	pub fn resolve(self) -> Result<Device> {
		let number = match self {
			Self::Cpu => return Ok(Device::Cpu),
			Self::Auto if !Cuda::is_available() => return Ok(Device::Cpu),
			Self::Auto => 0,
			Self::Cuda(number) => number,
		};
		let count = if Cuda::is_available() { Cuda::device_count() } else { 0 };
		ensure!(
			i64::try_from(number).is_ok_and(|number| number < count),
			"there is no cuda:{number}: {count} usable GPUs were found; use --device cpu, or install a CUDA \
			 build of libtorch with scripts/setup --cuda"
		);
		Ok(Device::Cuda(number))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn names_of_devices() {
		for name in ["auto", "cpu", "cuda:0", "cuda:7"] {
			assert_eq!(name.parse::<DeviceChoice>().unwrap().to_string(), name);
		}
		for name in ["", "gpu", "cuda:", "cuda:-1", "cuda:x"] {
			assert!(name.parse::<DeviceChoice>().is_err(), "{name}");
		}
		assert_eq!(DeviceChoice::Cpu.resolve().unwrap(), Device::Cpu);
		assert!(DeviceChoice::Cuda(4096).resolve().is_err());
	}
}
