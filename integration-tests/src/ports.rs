use anyhow::{bail, Result};
use std::{
	net::{Ipv4Addr, TcpListener},
	sync::atomic::{AtomicU16, Ordering},
};

/// First port of the harness's range. It lies below the range from which systems take ports for outgoing
/// connections, so that nothing takes the port of a process while that is restarted.
const FIRST: u16 = 18_000;
const COUNT: u16 = 12_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// Returns a port on loopback on which nothing listens. No two calls of one process return the same port.
///
/// # Errors
/// Fails if all of the harness's range is taken.
pub fn free_port() -> Result<u16> {
	let offset = u16::try_from(std::process::id().wrapping_mul(131) % u32::from(COUNT)).unwrap_or_default();
	for _ in 0..COUNT {
		let step = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
		let port = FIRST + (u32::from(offset) + u32::from(step)).rem_euclid(u32::from(COUNT)) as u16;
		if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
			return Ok(port);
		}
	}
	bail!("no port from {FIRST} to {} is free on 127.0.0.1", FIRST + COUNT - 1)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ports_differ_and_are_free() {
		let ports = [free_port().unwrap(), free_port().unwrap(), free_port().unwrap()];
		assert!(ports[0] != ports[1] && ports[1] != ports[2] && ports[0] != ports[2]);
		let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, ports[0])).unwrap();
		assert!((0..COUNT).all(|_| free_port().unwrap() != taken.local_addr().unwrap().port()));
	}
}
