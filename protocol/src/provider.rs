use crate::{MAX_PROVIDERS, MAX_PROVIDER_LENGTH};
use alloc::{string::String, vec::Vec};
use core::net::Ipv6Addr;
use sp_core::{bounded::BoundedVec, ConstU32};

/// Base addresses of gateways that serve content, in UTF-8.
pub type Providers = BoundedVec<BoundedVec<u8, ConstU32<MAX_PROVIDER_LENGTH>>, ConstU32<MAX_PROVIDERS>>;

/// Returns true if bytes can be shown to people: a text in UTF-8 without control characters, which would
/// reach into the terminals of those who read it.
pub fn is_text(bytes: &[u8]) -> bool {
	core::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty() && !text.chars().any(char::is_control))
}

/// Returns true if this is the base address of a gateway, which anybody can show and try: `http://` or
/// `https://`, a host, a port where there is one, and a path where there is one (RFC 3986, sections 3.2 and
/// 3.3). It is ASCII without white space, as all that is written in a URL, and has at most
/// [`MAX_PROVIDER_LENGTH`] bytes. It has no `user:password@`, which the chain would publish, and no query or
/// fragment, behind which no path can be added. The host is a name or an IPv4 address of letters, digits,
/// `.`, `-` and `_`, or an IPv6 address in brackets.
pub fn is_address(address: &[u8]) -> bool {
	let Ok(text) = core::str::from_utf8(address) else {
		return false;
	};
	let fits = u32::try_from(address.len()).is_ok_and(|length| length <= MAX_PROVIDER_LENGTH);
	let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#\\\"<>^`{|}".contains(&byte);
	let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
	fits && text.bytes().all(is_plain) && rest.is_some_and(|rest| is_authority(until_slash(rest)))
}

fn until_slash(text: &str) -> &str {
	text.split_once('/').map_or(text, |(before, _)| before)
}

/// Returns true if this is a host, with a port or without.
fn is_authority(authority: &str) -> bool {
	let (is_host, port) = match authority.strip_prefix('[').map(|bracketed| bracketed.split_once(']')) {
		Some(Some((host, port))) => (host.parse::<Ipv6Addr>().is_ok(), port),
		Some(None) => return false,
		None => {
			let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
			(is_name(host), port)
		}
	};
	is_host && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_name(host: &str) -> bool {
	let may_have = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
	host.bytes().all(may_have) && host.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

fn is_port(digits: &str) -> bool {
	digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Returns true if every provider [is an address](is_address).
pub fn are_addresses(providers: &Providers) -> bool {
	providers.iter().all(|provider| is_address(provider))
}

/// Providers as text; bytes that are not UTF-8 are replaced.
pub fn addresses(providers: &Providers) -> Vec<String> {
	let text = |provider: &BoundedVec<u8, _>| String::from_utf8_lossy(provider).into_owned();
	providers.iter().map(text).collect()
}

/// Providers from text; `None` where there are too many, or one is too long.
pub fn bound_addresses(texts: impl IntoIterator<Item = String>) -> Option<Providers> {
	let providers = texts.into_iter().map(|text| text.into_bytes().try_into().ok());
	providers.collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// Providers in JSON: a list of strings.
pub(crate) mod as_text {
	use super::{addresses, bound_addresses, Providers};
	use alloc::{string::String, vec::Vec};
	use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};

	pub(crate) fn serialize<S: Serializer>(providers: &Providers, serializer: S) -> Result<S::Ok, S::Error> {
		addresses(providers).serialize(serializer)
	}

	pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Providers, D::Error> {
		bound_addresses(Vec::<String>::deserialize(deserializer)?)
			.ok_or_else(|| D::Error::custom("too many providers, or one that is too long"))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::{format, vec};
	use proptest::prelude::*;

	#[test]
	fn a_gateway_has_a_scheme_and_a_host() {
		for address in [
			"http://h",
			"http://h/",
			"https://h:1/p",
			"https://h:65535/a/b",
			"http://127.0.0.1:8080",
			"http://[::1]",
			"http://[2001:db8::7]:8080/p",
			"https://xn--mnchen-3ya.example",
			"http://my_host-1.example.",
			"http://h/~a/%20;b=c,d:e@f",
		] {
			assert!(is_address(address.as_bytes()), "{address}");
		}
	}

	#[test]
	fn what_nobody_can_fetch_from_is_no_address() {
		for address in [
			"",
			"h",
			"h:80",
			"//h",
			"http:",
			"http:/h",
			"http://",
			"http:///x",
			"http://:80",
			"http://./x",
			"ftp://h",
			"file:///etc/passwd",
			"HTTP://h",
			"httpx://h",
			"javascript:alert(1)",
			"http://h:",
			"http://h:0",
			"http://h:65536",
			"http://h:+1",
			"http://h:1:2",
			"http://h:p",
			"http://[::1",
			"http://[::g]",
			"http://[]",
			"http://[127.0.0.1]",
			"http://[::1]x",
			"http://[::1]:",
			"http://::1",
			"http://[fe80::1%eth0]",
			"http://user@h",
			"http://user:secret@h",
			"http://a@b@h",
			"http://h b",
			"http://h/a b",
			" http://h",
			"http://h\n",
			"http://h/\u{7f}",
			"http://h\t/",
			"http://münchen.example",
			"http://h/ü",
			"http://h/\u{202e}",
			"http://h?a",
			"http://h#a",
			"http://h/?a",
			"http://\\h",
			"http://h%2f",
			"http://h,i",
		] {
			assert!(!is_address(address.as_bytes()), "{address}");
		}
		assert!(!is_address(&[b'h', 0xff]));
	}

	#[test]
	fn an_address_is_no_longer_than_the_chain_keeps() {
		let of = |length: usize| format!("http://{}", "h".repeat(length - 7));
		assert!(is_address(of(128).as_bytes()));
		assert!(!is_address(of(129).as_bytes()));
	}

	#[test]
	fn one_wrong_address_spoils_them_all() {
		let providers = |texts: &[&str]| bound_addresses(texts.iter().map(|text| (*text).into())).unwrap();
		assert!(are_addresses(&providers(&[])));
		assert!(are_addresses(&providers(&["http://h", "https://i"])));
		assert!(!are_addresses(&providers(&["http://h", "ftp://i"])));
		assert!(!are_addresses(&vec![Default::default()].try_into().unwrap()));
	}

	proptest! {
		#[test]
		fn an_address_is_one_visible_word(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
			let address = [b"http://h/", &bytes[..]].concat();
			prop_assert!(!is_address(&address) || address.iter().all(u8::is_ascii_graphic));
		}
	}
}
