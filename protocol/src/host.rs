//! Names of this machine.

use core::net::{IpAddr, SocketAddr};

/// Returns true if a host, with or without a port, is this machine: `localhost` in any case, or a loopback
/// address.
pub fn is_loopback(host: &str) -> bool {
	let address = host.parse().map(|address: SocketAddr| address.ip());
	let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
	let address = address.or_else(|_| bare.parse::<IpAddr>());
	match address {
		Ok(address) => address.is_loopback(),
		Err(_) => {
			let name = match host.rsplit_once(':') {
				Some((name, port)) if port.parse::<u16>().is_ok() => name,
				_ => host,
			};
			name.eq_ignore_ascii_case("localhost")
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn names_of_this_machine_and_of_others() {
		for host in ["localhost", "LOCALHOST:9977", "127.0.0.1", "127.8.0.1:80", "[::1]", "[::1]:9977"] {
			assert!(is_loopback(host), "{host}");
		}
		for host in [
			"",
			"localhost.example.org",
			"localhost.example.org:9977",
			"localhost:80.example.org",
			"evil.example",
			"203.0.113.7",
			"[2001:db8::1]:80",
			"[::1",
			"127.0.0.1.example.org",
		] {
			assert!(!is_loopback(host), "{host}");
		}
	}
}
