//! Values as people write them.

use descent_protocol::{Score, MAX_NAME_LENGTH, MAX_PROVIDER_LENGTH};

/// A score in units, as `0.001`.
pub fn score(text: &str) -> Result<Score, String> {
	let value: f64 = text.parse().map_err(|_| "not a number; write it as 0.001")?;
	Score::from_f64(value).ok_or_else(|| "a score is not negative and not beyond 9 007 199 254".into())
}

/// The base address of a gateway.
pub fn provider(text: &str) -> Result<String, String> {
	let host = text
		.strip_prefix("http://")
		.or_else(|| text.strip_prefix("https://"));
	if host.is_none_or(|host| host.is_empty() || host.starts_with('/')) {
		return Err("write the address of a gateway, as http://127.0.0.1:8080".into());
	}
	if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
		return Err("an address has no blanks".into());
	}
	match u32::try_from(text.len()) {
		Ok(length) if length <= MAX_PROVIDER_LENGTH => Ok(text.trim_end_matches('/').into()),
		_ => Err(format!("an address has at most {MAX_PROVIDER_LENGTH} bytes")),
	}
}

/// A group's name.
pub fn name(text: &str) -> Result<String, String> {
	match u32::try_from(text.len()) {
		Ok(1..=MAX_NAME_LENGTH) if !text.chars().any(char::is_control) => Ok(text.into()),
		_ => Err(format!(
			"a name has 1 to {MAX_NAME_LENGTH} bytes and no control characters"
		)),
	}
}

/// A size in bytes, with an optional suffix K, M, G or T of 1024.
pub fn bytes(text: &str) -> Result<u64, String> {
	let (digits, shift) = match text.char_indices().last() {
		Some((at, 'K')) => (&text[..at], 10),
		Some((at, 'M')) => (&text[..at], 20),
		Some((at, 'G')) => (&text[..at], 30),
		Some((at, 'T')) => (&text[..at], 40),
		_ => (text, 0),
	};
	let value: u64 = digits
		.parse()
		.map_err(|_| "write a number of bytes, as 4096 or 64G")?;
	value
		.checked_mul(1 << shift)
		.ok_or_else(|| "more bytes than can be counted".into())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn scores() {
		assert_eq!(score("0.001"), Ok(Score(1000)));
		assert_eq!(score("1"), Ok(Score(1_000_000)));
		for text in ["-1", "nan", "inf", "x", "", "1e30"] {
			assert!(score(text).is_err(), "{text}");
		}
	}

	#[test]
	fn providers() {
		assert_eq!(
			provider("http://127.0.0.1:8080/"),
			Ok("http://127.0.0.1:8080".into())
		);
		for text in [
			"",
			"127.0.0.1",
			"ftp://a",
			"http://",
			"http:///ipfs",
			"http://a b",
			&format!("http://{}", "a".repeat(130)),
		] {
			assert!(provider(text).is_err(), "{text}");
		}
	}

	#[test]
	fn names_and_sizes() {
		assert!(
			name("mnist").is_ok()
				&& name("").is_err()
				&& name(&"é".repeat(33)).is_err()
				&& name("a\u{1b}[2J").is_err()
		);
		assert_eq!(
			(bytes("4096"), bytes("64G"), bytes("1T")),
			(Ok(4096), Ok(64 << 30), Ok(1 << 40))
		);
		assert!(["", "G", "-1", "1.5G", "99999999999T", "1é"]
			.iter()
			.all(|text| bytes(text).is_err()));
	}
}
