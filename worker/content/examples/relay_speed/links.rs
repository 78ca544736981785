//! Network namespaces on one bridge, with shaped uplinks.

use crate::Outcome;
use std::{
	fs,
	process::{Command, Stdio},
};

/// Port of every gateway.
const PORT: u16 = 8080;

/// A bridge, and a namespace for the trainer, which is number 0, and each evaluator. They are deleted when
/// this is dropped.
pub(crate) struct Links {
	bridge: String,
	count: usize,
}

impl Links {
	/// Sets up the namespaces. Rates are in Mbit/s.
	pub(crate) fn new(evaluators: usize, uplink: u32, relay: Option<u32>) -> Outcome<Self> {
		let links = Self { bridge: format!("dsc{}", std::process::id() % 100_000), count: evaluators + 1 };
		let bridge = &links.bridge;
		ip(&format!("link add {bridge} type bridge"))
			.map_err(|error| format!("network namespaces are not to be had, run this as root: {error}"))?;
		ip(&format!("link set {bridge} up"))?;
		for number in 0..links.count {
			links.add(number, if number == 0 { Some(uplink) } else { relay })?;
		}
		Ok(links)
	}

	fn add(&self, number: usize, rate: Option<u32>) -> Outcome<()> {
		let (space, outer, bridge) = (self.space(number), self.outer(number), &self.bridge);
		ip(&format!("netns add {space}"))?;
		ip(&format!("link add {outer} type veth peer name eth0 netns {space}"))?;
		ip(&format!("link set {outer} master {bridge} up"))?;
		ip(&format!("-n {space} addr add {}/16 dev eth0", address(number)))?;
		ip(&format!("-n {space} link set eth0 up"))?;
		ip(&format!("-n {space} link set lo up"))?;
		if let Some(rate) = rate {
			// A queue of 50 ms, as routers have it.
			let shape = format!(
				"netns exec {space} tc qdisc add dev eth0 root tbf rate {rate}mbit burst 256kb latency 50ms"
			);
			ip(&shape)?;
		}
		Ok(())
	}

	fn space(&self, number: usize) -> String {
		format!("{}-{number}", self.bridge)
	}

	fn outer(&self, number: usize) -> String {
		format!("{}v{number}", self.bridge)
	}

	/// Address of the gateway of a number.
	pub(crate) fn socket(number: usize) -> String {
		format!("{}:{PORT}", address(number))
	}

	/// URL of the gateway of a number.
	pub(crate) fn url(&self, number: usize) -> String {
		format!("http://{}", Self::socket(number))
	}

	/// Returns a command that runs this program in a namespace.
	pub(crate) fn inside(&self, number: usize) -> Outcome<Command> {
		let mut command = Command::new("ip");
		command.args(["netns", "exec", &self.space(number)]).arg(std::env::current_exe()?).arg("--role");
		Ok(command)
	}

	/// Number of bytes that the trainer has sent.
	pub(crate) fn sent_by_trainer(&self) -> Outcome<f64> {
		let path = format!("/sys/class/net/{}/statistics/rx_bytes", self.outer(0));
		Ok(fs::read_to_string(path)?.trim().parse()?)
	}
}

impl Drop for Links {
	fn drop(&mut self) {
		for number in 0..self.count {
			let _ = ip(&format!("netns del {}", self.space(number)));
		}
		let _ = ip(&format!("link del {}", self.bridge));
	}
}

fn address(number: usize) -> String {
	format!("10.77.{}.{}", number / 200, number % 200 + 1)
}

fn ip(arguments: &str) -> Outcome<()> {
	let output = Command::new("ip").args(arguments.split(' ')).stdin(Stdio::null()).output()?;
	match output.status.success() {
		true => Ok(()),
		false => Err(format!("ip {arguments}: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
	}
}
