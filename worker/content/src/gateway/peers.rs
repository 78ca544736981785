use std::{
	collections::HashMap,
	net::{IpAddr, Ipv6Addr},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Most connections of one peer at one time. A connection has one answer at a time, so this is also the most
/// answers that a peer can keep from others by not reading them.
const MAX_PER_PEER: usize = 32;

/// Counts the connections of each peer. Peers on this machine, such as a proxy, are not counted.
#[derive(Clone, Default)]
pub(super) struct Peers {
	connections: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// Permit of one connection of a peer. Dropping it lets the peer open another one.
pub(super) struct PeerPermit(Option<(Peers, IpAddr)>);

impl Peers {
	/// Returns a permit for one more connection of a peer, or `None` if it has [`MAX_PER_PEER`] already.
	pub(super) fn admit(&self, address: IpAddr) -> Option<PeerPermit> {
		let peer = peer(address);
		if peer.is_loopback() {
			return Some(PeerPermit(None));
		}
		let mut connections = self.connections();
		let count = connections.entry(peer).or_default();
		if *count >= MAX_PER_PEER {
			return None;
		}
		*count += 1;
		Some(PeerPermit(Some((self.clone(), peer))))
	}

	fn connections(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
		// Every critical section leaves the counts valid at each step.
		self.connections.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Drop for PeerPermit {
	fn drop(&mut self) {
		let Some((peers, peer)) = &self.0 else {
			return;
		};
		let mut connections = peers.connections();
		if let Some(count) = connections.get_mut(peer) {
			*count -= 1;
			if *count == 0 {
				connections.remove(peer);
			}
		}
	}
}

/// Returns the peer that an address belongs to. A host that has one IPv6 address of a /64 has them all.
fn peer(address: IpAddr) -> IpAddr {
	match address.to_canonical() {
		IpAddr::V6(address) if !address.is_loopback() => {
			let [a, b, c, d, ..] = address.segments();
			Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
		}
		address => address,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn nobody_takes_the_places_of_others() {
		let peers = Peers::default();
		let admit = |address: &str| peers.admit(address.parse().unwrap());
		let mut places: Vec<_> = (0..MAX_PER_PEER).map(|_| admit("203.0.113.7").unwrap()).collect();
		assert!(admit("203.0.113.7").is_none() && admit("::ffff:203.0.113.7").is_none());
		places.push(admit("203.0.113.8").unwrap());
		for host in 0..MAX_PER_PEER {
			places.push(admit(&format!("2001:db8::{host:x}")).unwrap());
		}
		assert!(admit("2001:db8::ffff").is_none());
		places.push(admit("2001:db8:0:1::1").unwrap());
		for _ in 0..2 * MAX_PER_PEER {
			places.push(admit("127.0.0.1").unwrap());
			places.push(admit("::1").unwrap());
		}
		drop(places);
		assert!(peers.connections().is_empty());
		assert!(admit("203.0.113.7").is_some());
	}
}
