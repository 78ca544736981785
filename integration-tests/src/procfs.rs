//! Processes as `/proc` shows them (`man 5 proc`).

use anyhow::{ensure, Context, Result};
use std::{collections::HashMap, fs, process::Command, time::Duration};

/// Ticks in a second of the times in `/proc/PID/stat`: `USER_HZ`, which is 100 on every Linux.
const TICKS: u64 = 100;

/// Returns the ids of the processes below a process, its children first.
///
/// # Errors
/// Fails if `/proc` cannot be read.
pub fn descendants(ancestor: u32) -> Result<Vec<u32>> {
	let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
	for entry in fs::read_dir("/proc").context("/proc cannot be read")? {
		let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
		// A process may end between the listing and the reading.
		if let Some(parent) = stat(id).and_then(|fields| fields.get(1)?.parse().ok()) {
			children.entry(parent).or_default().push(id);
		}
	}
	let mut found = vec![ancestor];
	let mut next = 0;
	while let Some(id) = found.get(next) {
		found.extend(children.remove(id).unwrap_or_default());
		next += 1;
	}
	found.remove(0);
	Ok(found)
}

/// Returns the largest resident memory that a process has had, in bytes, or `None` if it has ended.
pub fn peak_memory(id: u32) -> Option<u64> {
	kibibytes(id, "VmHWM:")
}

/// Returns the resident memory of a process, in bytes, or `None` if it has ended.
pub fn memory(id: u32) -> Option<u64> {
	kibibytes(id, "VmRSS:")
}

/// Returns a line of `/proc/PID/status` in bytes.
fn kibibytes(id: u32, name: &str) -> Option<u64> {
	let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
	let line = status.lines().find_map(|line| line.strip_prefix(name))?;
	let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
	Some(kibibytes * 1_024)
}

/// Returns the processor time that a process has used, or `None` if it has ended.
pub fn processor_time(id: u32) -> Option<Duration> {
	let fields = stat(id)?;
	let [user, system] = [11, 12].map(|field| fields.get(field)?.parse::<u64>().ok());
	Some(Duration::from_millis((user? + system?) * 1_000 / TICKS))
}

/// Returns true if some process of this machine has a TCP connection to a port of 127.0.0.1, accepted or not.
///
/// # Errors
/// Fails if `/proc` cannot be read.
pub fn is_connected_to(port: u16) -> Result<bool> {
	/// State of an established connection (`include/net/tcp_states.h` of Linux).
	const ESTABLISHED: &str = "01";
	let remote = format!("0100007F:{port:04X}");
	let connections = fs::read_to_string("/proc/net/tcp").context("/proc/net/tcp cannot be read")?;
	Ok(connections.lines().any(|line| {
		let mut fields = line.split_whitespace().skip(2);
		fields.next() == Some(remote.as_str()) && fields.next() == Some(ESTABLISHED)
	}))
}

/// Kills a process at any instruction (SIGKILL).
///
/// # Errors
/// Fails if there is no such process.
pub fn kill(id: u32) -> Result<()> {
	let status = Command::new("sh").args(["-c", &format!("kill -s KILL {id}")]).status()?;
	ensure!(status.success(), "process {id} could not be killed");
	Ok(())
}

/// Returns the fields of `/proc/PID/stat` from the state on, which is behind the name in brackets.
fn stat(id: u32) -> Option<Vec<String>> {
	let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
	let (_, fields) = stat.rsplit_once(") ")?;
	Some(fields.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::wait_until;

	#[test]
	fn a_connection_is_seen_before_it_is_accepted() {
		let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
		let address = listener.local_addr().unwrap();
		assert!(!is_connected_to(address.port()).unwrap());
		let _connection = std::net::TcpStream::connect(address).unwrap();
		assert!(is_connected_to(address.port()).unwrap());
	}

	#[tokio::test]
	async fn a_grandchild_is_found_and_killed() {
		let script = "sh -c 'sleep 600 & wait' & wait";
		let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
		let deadline = Duration::from_secs(20);
		let below = wait_until("there are two below it", deadline, async || {
			let below = descendants(child.id())?;
			Ok((below.len() == 2).then_some(below))
		});
		let [shell, sleeper] = below.await.unwrap().try_into().unwrap();
		assert_eq!(descendants(shell).unwrap(), [sleeper]);
		let (now, most) = (memory(sleeper).unwrap(), peak_memory(sleeper).unwrap());
		assert!(now > 0 && most >= now && processor_time(sleeper).is_some());
		kill(sleeper).unwrap();
		assert!(child.wait().unwrap().success());
		assert!(kill(sleeper).is_err() && peak_memory(sleeper).is_none());
	}
}
