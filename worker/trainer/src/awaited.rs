//! What a trainer waits for, in words.

use descent_content::BlockId;
use descent_protocol::ContentRef;
use std::{fmt, time::Instant};

/// Content that is being fetched or built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Awaited {
	/// The content, its size, and the providers that are asked.
	pub what: String,
	/// The time since which it is waited for.
	pub since: Instant,
	/// The last failure.
	pub failure: Option<String>,
}

impl fmt::Display for Awaited {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "waiting for {} s for {}", self.since.elapsed().as_secs(), self.what)?;
		match &self.failure {
			Some(failure) => write!(f, "; the last attempt failed: {failure}"),
			None => Ok(()),
		}
	}
}

/// Names content, its size and its providers.
pub(crate) fn named(what: &str, content: &[ContentRef], providers: &[String]) -> String {
	let bytes = content.iter().fold(0u64, |sum, content| sum.saturating_add(content.size));
	let parts = match content {
		[content] => format!("{}, {bytes} bytes", BlockId::from(content)),
		parts => format!("{} parts, {bytes} bytes together", parts.len()),
	};
	match providers.is_empty() {
		true => format!("{what} ({parts}), for which the group names no provider"),
		false => format!("{what} ({parts}), which {} are asked for", providers.join(", ")),
	}
}
