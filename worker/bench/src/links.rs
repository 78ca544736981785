//! Network namespaces on one bridge, with shaped uplinks. It takes root, and `ip` and `tc` of iproute2.

use crate::Outcome;
use std::{
	ffi::OsStr,
	fs,
	process::{Command, Stdio},
};

/// The way in which an uplink is shaped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
	/// Rate in Mbit/s.
	pub mbit: f64,
	/// Delay of each packet, in milliseconds.
	pub delay: u32,
}

impl Shape {
	/// Arguments of `tc qdisc add`.
	fn discipline(&self) -> String {
		let rate = (self.mbit * 1e6) as u64;
		match self.delay {
			// A queue of 50 ms, as routers have it; a slow link holds some packets all the same.
			0 => {
				let (burst, latency) = if self.mbit < 10.0 { ("4kb", 500) } else { ("256kb", 50) };
				format!("tbf rate {rate}bit burst {burst} latency {latency}ms")
			}
			delay => format!("netem delay {delay}ms rate {rate}bit limit 100000"),
		}
	}
}

/// A bridge, and namespaces that are numbered from 0. This machine is on the bridge, too. They are deleted
/// when this is dropped.
pub struct Links {
	bridge: String,
	count: usize,
}

impl Links {
	/// Sets up a namespace for each uplink, which is not shaped where it is `None`.
	///
	/// # Errors
	/// Fails where namespaces are not to be had, as without root.
	pub fn new(uplinks: &[Option<Shape>]) -> Outcome<Self> {
		let links = Self { bridge: format!("dsc{}", std::process::id() % 100_000), count: uplinks.len() };
		let bridge = &links.bridge;
		ip(&format!("link add {bridge} type bridge"))
			.map_err(|error| format!("network namespaces are not to be had, run this as root: {error}"))?;
		ip(&format!("addr add 10.77.255.254/16 dev {bridge}"))?;
		ip(&format!("link set {bridge} up"))?;
		for (number, uplink) in uplinks.iter().enumerate() {
			links.add(number, *uplink)?;
		}
		Ok(links)
	}

	fn add(&self, number: usize, uplink: Option<Shape>) -> Outcome<()> {
		let (space, outer, bridge) = (self.namespace(number), self.outer(number), &self.bridge);
		ip(&format!("netns add {space}"))?;
		ip(&format!("link add {outer} type veth peer name eth0 netns {space}"))?;
		ip(&format!("link set {outer} master {bridge} up"))?;
		ip(&format!("-n {space} addr add {}/16 dev eth0", Self::address(number)))?;
		ip(&format!("-n {space} link set eth0 up"))?;
		ip(&format!("-n {space} link set lo up"))?;
		match uplink {
			Some(shape) => {
				ip(&format!("netns exec {space} tc qdisc add dev eth0 root {}", shape.discipline())).map_err(
					|error| match shape.delay {
						0 => error,
						_ => format!("{error}: delays take the kernel's module sch_netem").into(),
					},
				)
			}
			None => Ok(()),
		}
	}

	/// Name of a namespace.
	pub fn namespace(&self, number: usize) -> String {
		format!("{}-{number}", self.bridge)
	}

	fn outer(&self, number: usize) -> String {
		format!("{}v{number}", self.bridge)
	}

	/// Address of a namespace on the bridge.
	pub fn address(number: usize) -> String {
		format!("10.77.{}.{}", number / 200, number % 200 + 1)
	}

	/// Returns a command that runs a program in a namespace.
	pub fn command(&self, number: usize, program: impl AsRef<OsStr>) -> Command {
		let mut command = Command::new("ip");
		command.args(["netns", "exec", &self.namespace(number)]).arg(program);
		command
	}

	/// Returns the number of bytes that a namespace has sent.
	///
	/// # Errors
	/// Fails if the kernel does not tell.
	pub fn sent(&self, number: usize) -> Outcome<f64> {
		let path = format!("/sys/class/net/{}/statistics/rx_bytes", self.outer(number));
		Ok(fs::read_to_string(path)?.trim().parse()?)
	}
}

impl Drop for Links {
	fn drop(&mut self) {
		for number in 0..self.count {
			let _ = ip(&format!("netns del {}", self.namespace(number)));
		}
		let _ = ip(&format!("link del {}", self.bridge));
	}
}

fn ip(arguments: &str) -> Outcome<()> {
	let output = Command::new("ip").args(arguments.split(' ')).stdin(Stdio::null()).output()?;
	match output.status.success() {
		true => Ok(()),
		false => Err(format!("ip {arguments}: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn uplinks_are_shaped_by_their_rate_and_delay() {
		let shape = |mbit, delay| Shape { mbit, delay }.discipline();
		assert_eq!(shape(100.0, 0), "tbf rate 100000000bit burst 256kb latency 50ms");
		assert_eq!(shape(0.1, 0), "tbf rate 100000bit burst 4kb latency 500ms");
		assert_eq!(shape(0.1, 150), "netem delay 150ms rate 100000bit limit 100000");
	}

	#[test]
	fn addresses_differ() {
		let addresses: std::collections::BTreeSet<_> = (0..1000).map(Links::address).collect();
		assert_eq!(addresses.len(), 1000);
		assert!(!addresses.contains("10.77.255.254"), "that of this machine");
	}
}
