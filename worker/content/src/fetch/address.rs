//! Addresses of gateways: which of them may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::{
	dns::{Addrs, Name, Resolve, Resolving},
	Url,
};
use url::Host;

/// Longest URL of a gateway, in bytes.
const MAX_URL: usize = 1024;
/// Most characters of a stranger's text in a message.
const MAX_SHOWN: usize = 200;

/// Error of a gateway that is asked only where [`FetchLimits::allow_private`](super::FetchLimits) is set.
#[derive(Debug, thiserror::Error)]
#[error("it is on this machine or in a private network, where gateways are asked only with --allow-private")]
pub(super) struct PrivateAddress;

/// Resolver of names that leaves out addresses that are not public.
pub(super) struct PublicResolver;

impl Resolve for PublicResolver {
	fn resolve(&self, name: Name) -> Resolving {
		Box::pin(async move {
			let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
			let mut public = found.clone();
			public.retain(|address| is_public(address.ip()));
			if public.is_empty() && !found.is_empty() {
				return Err(PrivateAddress.into());
			}
			Ok(Box::new(public.into_iter()) as Addrs)
		})
	}
}

/// Reads the base URL of a gateway.
///
/// # Errors
/// A sentence that names the URL and its fault.
pub(super) fn parse(text: &str, allow_private: bool) -> Result<Url, String> {
	let url = Url::parse(text.get(..MAX_URL).unwrap_or(text)).ok();
	let url =
		url.filter(|url| text.len() <= MAX_URL && matches!(url.scheme(), "http" | "https") && url.has_host());
	let url = url.ok_or_else(|| format!("{} is not an http(s) URL", printable(text)))?;
	// The HTTP client asks no resolver for an address that is written out.
	let address = match url.host() {
		Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
		Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
		Some(Host::Domain(_)) | None => None,
	};
	match address {
		Some(address) if !allow_private && !is_public(address) => {
			Err(format!("{} is not asked: {PrivateAddress}", url.origin().ascii_serialization()))
		}
		_ => Ok(url),
	}
}

/// Returns a URL without its credentials, its query and the path of a block, as people are shown it.
pub(super) fn shown(url: &Url) -> String {
	let path = url.path();
	let base = path.rsplit_once("/ipfs/").map_or(path, |(base, _)| base);
	printable(&format!("{}{}", url.origin().ascii_serialization(), base.trim_end_matches('/')))
}

/// Returns the beginning of a stranger's text without what a terminal would take as a command.
pub(super) fn printable(text: &str) -> String {
	let mut shown: String =
		text.chars().take(MAX_SHOWN).map(|c| if c.is_control() { '?' } else { c }).collect();
	if text.chars().nth(MAX_SHOWN).is_some() {
		shown.push_str("..");
	}
	shown
}

/// Returns true if an address is one of the public internet, by the registries of special-purpose addresses
/// (RFC 6890, <https://www.iana.org/assignments/iana-ipv4-special-registry>).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
	match address.to_canonical() {
		IpAddr::V4(address) => is_public_v4(address),
		IpAddr::V6(address) => is_public_v6(address),
	}
}

fn is_public_v4(address: Ipv4Addr) -> bool {
	let [a, b, c, _] = address.octets();
	let reserved = match a {
		// "This network", and class E with the broadcast address.
		0 | 240.. => true,
		// Shared by providers' NAT (RFC 6598), protocol assignments (RFC 6890), benchmarks (RFC 2544).
		100 => b & 0xc0 == 64,
		192 => (b, c) == (0, 0),
		198 => b & 0xfe == 18,
		_ => false,
	};
	!(reserved
		|| address.is_loopback()
		|| address.is_private()
		|| address.is_link_local()
		|| address.is_multicast())
}

/// Global unicast is 2000::/3. Addresses that hold an IPv4 address are as public as that one.
fn is_public_v6(address: Ipv6Addr) -> bool {
	let segments = address.segments();
	let v4 = |high: u16, low: u16| {
		let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
		is_public_v4(Ipv4Addr::new(a, b, c, d))
	};
	match segments {
		// NAT64 (RFC 6052) and 6to4 (RFC 3056).
		[0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => v4(high, low),
		// Teredo (RFC 4380) leads to a host behind a NAT.
		[0x2001, 0, ..] => false,
		[first, ..] => first & 0xe000 == 0x2000,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn private_addresses_are_not_public() {
		for private in [
			"0.0.0.0",
			"0.1.2.3",
			"10.0.0.1",
			"100.64.0.1",
			"100.127.255.255",
			"127.0.0.1",
			"127.9.9.9",
			"169.254.169.254",
			"172.16.0.1",
			"172.31.255.255",
			"192.0.0.8",
			"192.168.1.1",
			"198.18.0.1",
			"198.19.255.255",
			"224.0.0.1",
			"240.0.0.1",
			"255.255.255.255",
			"::",
			"::1",
			"::ffff:127.0.0.1",
			"::ffff:10.0.0.1",
			"::127.0.0.1",
			"64:ff9b::10.0.0.1",
			"64:ff9b:1::1",
			"2001::1",
			"2002:a00:1::1",
			"fc00::1",
			"fd12:3456::1",
			"fe80::1",
			"fec0::1",
			"ff02::1",
			"100::1",
		] {
			assert!(!is_public(private.parse().unwrap()), "{private}");
		}
	}

	#[test]
	fn public_addresses_are_public() {
		for public in [
			"1.1.1.1",
			"9.255.255.255",
			"11.0.0.1",
			"100.63.255.255",
			"100.128.0.1",
			"172.15.0.1",
			"172.32.0.1",
			"192.0.1.1",
			"198.17.0.1",
			"198.20.0.1",
			"223.255.255.255",
			"::ffff:1.1.1.1",
			"64:ff9b::1.1.1.1",
			"2002:101:101::1",
			"2606:4700::1111",
			"2a00:1450::1",
		] {
			assert!(is_public(public.parse().unwrap()), "{public}");
		}
	}

	#[test]
	fn every_way_to_write_a_private_address_is_refused_with_the_flag_that_allows_it() {
		for text in [
			"http://127.0.0.1:8080",
			"http://2130706433",
			"http://0x7f.1",
			"http://127.1/base",
			"https://[::1]:8080",
			"http://[::ffff:192.168.0.1]",
			"http://user:secret@10.0.0.1",
		] {
			let error = parse(text, false).unwrap_err();
			assert!(error.contains("--allow-private") && !error.contains("secret"), "{error}");
			assert!(parse(text, true).is_ok(), "{text}");
		}
	}

	#[test]
	fn messages_are_short_and_hold_no_secrets() {
		let url = |text: &str| Url::parse(text).unwrap();
		assert_eq!(shown(&url("https://u:p@b/x/ipfs/bafk2bz?format=raw#f")), "https://b/x");
		assert_eq!(
			shown(&url("http://bafk.ipfs.localhost:8080/?format=raw")),
			"http://bafk.ipfs.localhost:8080"
		);
		assert!(shown(&url(&format!("http://a/{}", "x".repeat(9000)))).len() < 210);
		assert_eq!(printable("a\u{1b}[31m\nb"), "a?[31m?b");
	}
}
