use crate::{MAX_PROVIDERS, MAX_PROVIDER_LENGTH};
use alloc::{string::String, vec::Vec};
use sp_core::{bounded::BoundedVec, ConstU32};

/// Base addresses of gateways that serve content, in UTF-8.
pub type Providers = BoundedVec<BoundedVec<u8, ConstU32<MAX_PROVIDER_LENGTH>>, ConstU32<MAX_PROVIDERS>>;

/// Returns true if bytes can be shown to people: a text in UTF-8 without control characters, which would
/// reach into the terminals of those who read it.
pub fn is_text(bytes: &[u8]) -> bool {
	core::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty() && !text.chars().any(char::is_control))
}

/// Returns true if every provider can be shown and tried: none is empty, not UTF-8, or has white space or
/// control characters.
pub fn are_addresses(providers: &Providers) -> bool {
	providers.iter().all(|provider| is_text(provider) && !provider.iter().any(u8::is_ascii_whitespace))
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
