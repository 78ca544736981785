//! Parsers for the values of arguments.

use crate::content_ref::Source;
use descent_client::H256;
use descent_protocol::{
	is_address, is_text, trace::RATE_UNIT, BlockNumber, Score, Share, MAX_COMMITTEE, MAX_NAME_LENGTH,
	MAX_PROVIDER_LENGTH, MAX_RANKED_WINNERS, MAX_SUMMARY_LENGTH, MILLISECONDS_PER_BLOCK,
};

/// Seconds from one block to the next.
pub(crate) const BLOCK_SECONDS: u64 = MILLISECONDS_PER_BLOCK / 1_000;
/// The units of time that people write, in seconds, the longest first.
pub(crate) const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A score in units, as `0.001`.
pub(crate) fn score(text: &str) -> Result<Score, String> {
	let value: f64 = text.parse().map_err(|_| "not a number; write it as 0.001")?;
	Score::from_f64(value).ok_or_else(|| "a score is not negative and not beyond 9 007 199 254".into())
}

/// The base address of a gateway.
pub(crate) fn provider(text: &str) -> Result<String, String> {
	if is_address(text.as_bytes()) {
		return Ok(text.trim_end_matches('/').into());
	}
	Err(format!(
		"write the address of a gateway, as http://127.0.0.1:8080 or https://example.org/base: http or \
		 https, a host, no user, blanks or `?`, at most {MAX_PROVIDER_LENGTH} bytes"
	))
}

/// The value of an option that is gone: no text has one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NoTolerance {}

/// Refuses the option `--tolerance` of earlier releases.
pub(crate) fn no_tolerance(_: &str) -> Result<NoTolerance, String> {
	Err("groups have no tolerance any more: all machines measure the same number, so a claim has to be the \
		 committee's number exactly. Leave the option out; --minimum-improvement says what is paid for"
		.into())
}

/// A span of time in blocks: `200`, or with a unit, as `10m`; a part of a block counts as one.
pub(crate) fn blocks(text: &str) -> Result<BlockNumber, String> {
	let wrong = || String::from("write a number of blocks, or a time as 30s, 10m, 12h or 7d");
	let unit = UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, *seconds)));
	let (digits, seconds) = unit.unwrap_or((text, BLOCK_SECONDS));
	if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
		return Err(wrong());
	}
	let blocks = digits
		.parse::<u64>()
		.ok()
		.and_then(|count| count.checked_mul(seconds))
		.and_then(|seconds| BlockNumber::try_from(seconds.div_ceil(BLOCK_SECONDS)).ok());
	match blocks {
		Some(0) => Err("nothing takes no block; write at least 1".into()),
		Some(blocks) => Ok(blocks),
		None => Err("longer than any chain lasts".into()),
	}
}

/// A part of a whole, as `20%`; more than none of it.
pub(crate) fn share(text: &str) -> Result<Share, String> {
	const WRONG: &str = "write a part of the whole, as 20% or 12.5%";
	let number = text.strip_suffix('%').ok_or(WRONG)?.trim_end();
	let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
	let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
	if !is_number(whole) || !is_number(part) {
		return Err(WRONG.into());
	}
	if part.len() > 4 {
		return Err("a part has at most four decimals, as 0.0001%".into());
	}
	let millionths = format!("{whole}{part:0<4}").parse().map_or(Share(u32::MAX), Share);
	match millionths {
		Share(0) => Err("no part at all; write at least 0.0001%".into()),
		share if share.is_part() => Ok(share),
		_ => Err("more than the whole; write at most 100%".into()),
	}
}

/// A part of a whole that may be none of it, as `0%`.
pub(crate) fn share_or_none(text: &str) -> Result<Share, String> {
	match text {
		"0%" => Ok(Share(0)),
		_ => share(text),
	}
}

/// A hash: 64 hex digits with or without `0x`.
pub(crate) fn hash(text: &str) -> Result<H256, String> {
	let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok();
	let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
	bytes.map(H256).ok_or_else(|| "write a hash, as 0x and 64 hex digits".into())
}

/// A score, or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target(pub Option<Score>);

/// The score at which a group has what it wants, as `0.05`; `none` for no end.
pub(crate) fn target(text: &str) -> Result<Target, String> {
	match text {
		"none" => Ok(Target(None)),
		_ => score(text).map(|score| Target(Some(score))).map_err(|error| format!("{error}, or none")),
	}
}

/// Number of seats of a group's committees, or `default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seats(pub Option<u16>);

/// The number of seats that a group's committees have, as `41`; `default` for the number that all groups have
/// that ask for none.
pub(crate) fn seats(text: &str) -> Result<Seats, String> {
	if text == "default" {
		return Ok(Seats(None));
	}
	let seats = text.parse().ok().filter(|seats| (1..=MAX_COMMITTEE).contains(&u32::from(*seats)));
	let seats = seats.ok_or_else(|| format!("a committee has 1 to {MAX_COMMITTEE} seats, or default"))?;
	Ok(Seats(Some(seats)))
}

/// The checkpoint that a model begins with, or `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pretrained(pub Option<Source>);

/// A checkpoint that a model begins with; `none` for new weights.
pub(crate) fn pretrained(text: &str) -> Result<Pretrained, String> {
	match text {
		"none" => Ok(Pretrained(None)),
		file => Ok(Pretrained(Some(file.parse()?))),
	}
}

/// The number of winners of a round.
pub(crate) fn winners(text: &str) -> Result<u8, String> {
	let winners = text.parse().ok().filter(|winners| (1..=MAX_RANKED_WINNERS).contains(winners));
	winners.ok_or_else(|| format!("a round has 1 to {MAX_RANKED_WINNERS} winners"))
}

/// Number of steps of a segment of recorded trainings, or `none` for trainings that are not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps(pub Option<u16>);

/// The number of steps of a segment, as `200`; `none` for trainings that are not recorded.
pub(crate) fn steps(text: &str) -> Result<Steps, String> {
	match text {
		"none" => Ok(Steps(None)),
		_ => {
			let steps = text.parse().map_err(|_| "write a number of steps, as 200, or none")?;
			Ok(Steps(Some(steps)))
		}
	}
}

/// The smallest and the largest learning rate that a group takes, in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rates {
	pub smallest: u32,
	pub largest: u32,
}

/// Learning rates from one to another, as `0.00001..0.1`.
pub(crate) fn rates(text: &str) -> Result<Rates, String> {
	let (smallest, largest) =
		text.split_once("..").ok_or("write the smallest and the largest learning rate, as 0.00001..0.1")?;
	let (smallest, largest) = (rate(smallest)?, rate(largest)?);
	if smallest > largest {
		return Err("the smallest learning rate comes first".into());
	}
	Ok(Rates { smallest, largest })
}

/// A learning rate in billionths, as `0.001`: more than 0, and at most 1.
fn rate(text: &str) -> Result<u32, String> {
	let wrong = || format!("`{text}` is no learning rate; write it as 0.001, with at most nine decimals");
	let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
	let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
	if !is_number(whole) || !is_number(part) || part.len() > 9 {
		return Err(wrong());
	}
	let rate = format!("{whole}{part:0<9}").parse().unwrap_or(u32::MAX);
	match rate {
		1..=RATE_UNIT => Ok(rate),
		_ => Err("a learning rate is more than 0 and at most 1".into()),
	}
}

/// A proposer's summary of a proposal.
pub(crate) fn summary(text: &str) -> Result<String, String> {
	match u32::try_from(text.len()) {
		Ok(length) if length <= MAX_SUMMARY_LENGTH && is_text(text.as_bytes()) => Ok(text.into()),
		_ => Err(format!("a summary has 1 to {MAX_SUMMARY_LENGTH} bytes and no control characters")),
	}
}

/// A group's name.
pub(crate) fn name(text: &str) -> Result<String, String> {
	match u32::try_from(text.len()) {
		Ok(1..=MAX_NAME_LENGTH) if !text.chars().any(char::is_control) => Ok(text.into()),
		_ => Err(format!("a name has 1 to {MAX_NAME_LENGTH} bytes and no control characters")),
	}
}

/// A size in bytes, with an optional suffix K, M, G or T of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
	let (digits, shift) = match text.char_indices().last() {
		Some((at, 'K')) => (&text[..at], 10),
		Some((at, 'M')) => (&text[..at], 20),
		Some((at, 'G')) => (&text[..at], 30),
		Some((at, 'T')) => (&text[..at], 40),
		_ => (text, 0),
	};
	let value: u64 = digits.parse().map_err(|_| "write a number of bytes, as 4096 or 64G")?;
	value.checked_mul(1 << shift).ok_or_else(|| "more bytes than can be counted".into())
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
