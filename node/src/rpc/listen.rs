//! Addresses that the RPC server listens on, and methods that it has for its callers.

use sc_service::config::{RpcConfiguration, RpcMethods};
use std::{
	io::ErrorKind,
	net::{SocketAddr, TcpListener},
};

/// Keeps the RPC server at the ports that the operator gave. By itself it takes any free port instead of one
/// that is taken, and the operator's tools would reach the other node that has it. Port 0 takes a free one.
///
/// Methods that change something of the node are off unless the operator turns them on. Substrate lets all
/// callers on loopback use them, and a page of anybody in a browser on this machine is such a caller: CORS
/// does not bind a WebSocket.
///
/// # Errors
/// Names an address that can't be listened on, and the remedy.
pub(crate) fn as_told(rpc: &mut RpcConfiguration) -> Result<(), String> {
	rpc.methods = as_meant(&rpc.methods);
	if matches!(rpc.methods, RpcMethods::Unsafe) {
		log::warn!(
			"With --rpc-methods unsafe every program on this machine, and every page in a browser on it, can \
			 change keys, peers and the local storage of this node."
		);
	}
	for endpoint in rpc.addr.iter_mut().flatten() {
		endpoint.retry_random_port = false;
		endpoint.rpc_methods = as_meant(&endpoint.rpc_methods);
		free(endpoint.listen_addr, endpoint.is_optional)?;
	}
	Ok(())
}

fn as_meant(methods: &RpcMethods) -> RpcMethods {
	match methods {
		RpcMethods::Auto | RpcMethods::Safe => RpcMethods::Safe,
		RpcMethods::Unsafe => RpcMethods::Unsafe,
	}
}

/// Checks that an address is free. One that is optional may be one that this machine does not have.
fn free(address: SocketAddr, is_optional: bool) -> Result<(), String> {
	match TcpListener::bind(address) {
		Ok(_) => Ok(()),
		Err(error) if error.kind() == ErrorKind::AddrInUse => Err(format!(
			"another program, maybe another node, listens on {address}: end it, or choose another port for \
			 RPC with --rpc-port; 0 takes any that is free, and the log names it"
		)),
		Err(_) if is_optional => Ok(()),
		Err(error) => Err(format!("RPC can't listen on {address} ({error}): choose a port with --rpc-port")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_taken_port_is_named_with_the_remedy() {
		let other = TcpListener::bind("127.0.0.1:0").unwrap();
		let address = other.local_addr().unwrap();
		for is_optional in [false, true] {
			let told = free(address, is_optional).unwrap_err();
			assert!(told.contains(&address.to_string()) && told.contains("--rpc-port"), "{told}");
		}
		drop(other);
		assert_eq!(free(address, false), Ok(()));
		assert_eq!(free(SocketAddr::from(([127, 0, 0, 1], 0)), false), Ok(()));
	}

	#[test]
	fn what_changes_the_node_is_off_unless_it_is_turned_on() {
		for (given, meant) in [
			(RpcMethods::Auto, RpcMethods::Safe),
			(RpcMethods::Safe, RpcMethods::Safe),
			(RpcMethods::Unsafe, RpcMethods::Unsafe),
		] {
			assert_eq!(format!("{:?}", as_meant(&given)), format!("{meant:?}"));
		}
	}

	#[test]
	fn an_address_that_the_machine_lacks_may_be_optional() {
		// One of the block for documentation.
		let foreign = SocketAddr::from(([192, 0, 2, 1], 0));
		assert_eq!(free(foreign, true), Ok(()));
		assert!(free(foreign, false).unwrap_err().contains("--rpc-port"));
	}
}
