//! The form of an answer that a request asks for, from its query and its `Accept`.

use std::ops::Range;

use axum::http::{header::ACCEPT, HeaderMap};
use url::form_urlencoded;

/// Form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
	/// One block.
	Raw,
	/// Blocks of a tree with their addresses.
	Car(Car),
	/// The bytes of the content itself, which a client cannot check.
	Plain,
}

/// Options of a CAR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Car {
	pub(super) scope: Scope,
	/// True if a block is sent each time it occurs.
	pub(super) duplicates: bool,
}

/// Blocks that a CAR has. All content is files, so that the scopes `entity` and `all` are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
	All,
	/// The root alone.
	Block,
	/// What is needed to check the bytes from one position to another, both included. Negative ones count
	/// from the end; `None` is the end.
	Bytes(i64, Option<i64>),
}

impl Scope {
	/// Returns the range of content bytes whose blocks are sent beside the root, of content of `size` bytes.
	///
	/// # Errors
	/// A sentence for the client if the range lies outside of the content.
	pub(super) fn range(self, size: u64) -> Result<Range<u64>, String> {
		let Self::Bytes(from, to) = self else {
			return Ok(0..if self == Self::All { size } else { 0 });
		};
		let place = |at: i64| match u64::try_from(at) {
			Ok(at) => at,
			Err(_) => size.saturating_sub(at.unsigned_abs()),
		};
		let end = to.map_or(size, |to| place(to).saturating_add(1)).min(size);
		let start = place(from);
		if start >= end && size > 0 {
			return Err(format!("entity-bytes has no byte of the content, which has {size}"));
		}
		Ok(start.min(size)..end)
	}
}

/// Reads the form of an answer that a request asks for. Its query counts more than its `Accept`, and what is
/// for CARs is ignored for the rest.
///
/// # Errors
/// A sentence for the client, for what the gateway does not do.
pub(super) fn form(query: &str, headers: &HeaderMap) -> Result<Form, String> {
	let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
	let named = |name: &str| -> Result<Option<&str>, String> {
		let mut values = query.iter().filter(|(key, _)| key == name).map(|(_, value)| &**value);
		let first = values.next();
		match values.next() {
			Some(_) => Err(format!("give {name} once")),
			None => Ok(first),
		}
	};
	let accepted = accepted(headers);
	let is_car = match (named("format")?, &accepted) {
		(Some("raw"), _) | (None, Some(Accepted::Raw)) => return Ok(Form::Raw),
		(Some("car"), _) | (None, Some(Accepted::Car(_))) => true,
		(Some(_), _) => return Err("ask for ?format=raw or ?format=car, or without a format".into()),
		(None, None) => false,
	};
	if !is_car {
		return Ok(Form::Plain);
	}
	let parameters = match accepted {
		Some(Accepted::Car(parameters)) => parameters,
		_ => Vec::new(),
	};
	let option = |name: &str| -> Result<Option<String>, String> {
		let accepted = parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
		Ok(named(&format!("car-{name}"))?.map(str::to_owned).or(accepted))
	};
	if option("version")?.is_some_and(|version| version != "1") {
		return Err("CARs have version 1 here".into());
	}
	if option("order")?.is_some_and(|order| order != "dfs" && order != "unk") {
		return Err("CARs have the order dfs here".into());
	}
	let duplicates = match option("dups")?.as_deref() {
		Some("y") => true,
		Some("n") | None => false,
		Some(_) => return Err("car-dups is y or n".into()),
	};
	let scope = scope(named("dag-scope")?, named("entity-bytes")?)?;
	Ok(Form::Car(Car { scope, duplicates }))
}

fn scope(scope: Option<&str>, bytes: Option<&str>) -> Result<Scope, String> {
	match (scope, bytes) {
		(None | Some("all" | "entity"), None) => Ok(Scope::All),
		(Some("block"), None) => Ok(Scope::Block),
		(None | Some("all" | "entity"), Some(bytes)) => {
			let range = || {
				let (from, to) = bytes.split_once(':')?;
				let to = if to == "*" { None } else { Some(to.parse().ok()?) };
				Some(Scope::Bytes(from.parse().ok()?, to))
			};
			range().ok_or_else(|| "entity-bytes is FROM:TO, as 0:1023 or -1024:*".into())
		}
		(Some("block"), Some(_)) => Err("dag-scope=block has no entity-bytes".into()),
		(Some(_), _) => Err("dag-scope is block, entity or all".into()),
	}
}

enum Accepted {
	Raw,
	/// A CAR with these parameters.
	Car(Vec<(String, String)>),
}

/// Returns the first type of an `Accept` that the gateway knows.
fn accepted(headers: &HeaderMap) -> Option<Accepted> {
	let accept = headers.get(ACCEPT)?.to_str().ok()?;
	accept.split(',').find_map(|part| {
		let mut pieces = part.split(';').map(|piece| piece.trim().to_ascii_lowercase());
		match pieces.next()?.as_str() {
			"application/vnd.ipld.raw" => Some(Accepted::Raw),
			"application/vnd.ipld.car" => {
				let parameters = pieces.filter_map(|piece| {
					let (key, value) = piece.split_once('=')?;
					Some((key.to_owned(), value.trim_matches('"').to_owned()))
				});
				Some(Accepted::Car(parameters.collect()))
			}
			_ => None,
		}
	})
}

/// Reads a `Range` of content of `size` bytes (RFC 9110, section 14). Returns `None` for one that may be
/// ignored, such as several ranges.
///
/// # Errors
/// Fails if no byte of the content is in it.
pub(super) fn byte_range(text: &str, size: u64) -> Option<Result<Range<u64>, ()>> {
	let (from, to) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
	let number = |text: &str| {
		let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
		digits.then(|| text.parse().unwrap_or(u64::MAX))
	};
	let range = match (from, to) {
		("", last) => size.saturating_sub(number(last)?)..size,
		(from, "") => number(from)?..size,
		(from, to) => {
			let (from, to) = (number(from)?, number(to)?);
			if to < from {
				return None;
			}
			from..to.saturating_add(1).min(size)
		}
	};
	Some(if range.start < range.end { Ok(range) } else { Err(()) })
}

#[cfg(test)]
mod tests {
	use super::*;

	fn with_accept(accept: &str, query: &str) -> Result<Form, String> {
		let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
		form(query, &headers)
	}

	fn car(scope: Scope, duplicates: bool) -> Result<Form, String> {
		Ok(Form::Car(Car { scope, duplicates }))
	}

	#[test]
	fn the_query_counts_more_than_the_accept() {
		assert_eq!(with_accept("text/html,*/*;q=0.8", ""), Ok(Form::Plain));
		assert_eq!(with_accept("text/html, application/vnd.ipld.raw;q=0.9", ""), Ok(Form::Raw));
		assert_eq!(with_accept("application/vnd.ipld.car", "format=raw&filename=a"), Ok(Form::Raw));
		let parameters = "application/vnd.ipld.car; version=1; order=dfs; dups=y";
		assert_eq!(with_accept(parameters, ""), car(Scope::All, true));
		assert_eq!(with_accept(parameters, "format=car&car-dups=n"), car(Scope::All, false));
		assert_eq!(with_accept("application/vnd.ipld.raw", "format=car"), car(Scope::All, false));
		for (accept, query) in [
			("application/vnd.ipld.car; version=2", ""),
			("application/vnd.ipld.car; order=bfs", ""),
			("*/*", "format=tar"),
			("*/*", "format=raw&format=car"),
			("*/*", "format=car&car-version=2"),
			("*/*", "format=car&car-dups=maybe"),
			("*/*", "format=car&dag-scope=half"),
			("*/*", "format=car&dag-scope=block&entity-bytes=0:1"),
		] {
			assert!(with_accept(accept, query).is_err(), "{accept} {query}");
		}
	}

	#[test]
	fn scopes_are_ranges_of_the_content() {
		let range = |query: &str, size| match with_accept("*/*", &format!("format=car&{query}"))? {
			Form::Car(car) => car.scope.range(size),
			other => panic!("{other:?}"),
		};
		assert_eq!(range("", 9), Ok(0..9));
		assert_eq!(range("dag-scope=entity", 9), Ok(0..9));
		assert_eq!(range("dag-scope=block", 9), Ok(0..0));
		assert_eq!(range("entity-bytes=0:3", 9), Ok(0..4));
		assert_eq!(range("entity-bytes=0:*", 0), Ok(0..0));
		assert_eq!(range("dag-scope=entity&entity-bytes=-4:*", 9), Ok(5..9));
		assert_eq!(range("entity-bytes=2:-3", 9), Ok(2..7));
		assert_eq!(range("entity-bytes=2:99", 9), Ok(2..9));
		for bad in ["9:*", "3:2", "-1:0", "a:b", "5", ":", "1:", "99999999999999999999:*"] {
			assert!(range(&format!("entity-bytes={bad}"), 9).is_err(), "{bad}");
		}
	}

	#[test]
	fn ranges_of_bytes() {
		assert_eq!(byte_range("bytes=0-3", 9), Some(Ok(0..4)));
		assert_eq!(byte_range("bytes=4-", 9), Some(Ok(4..9)));
		assert_eq!(byte_range("bytes=-4", 9), Some(Ok(5..9)));
		assert_eq!(byte_range("bytes=-99", 9), Some(Ok(0..9)));
		assert_eq!(byte_range("bytes=4-99999999999999999999", 9), Some(Ok(4..9)));
		for outside in ["bytes=9-", "bytes=-0", "bytes=12-13"] {
			assert_eq!(byte_range(outside, 9), Some(Err(())), "{outside}");
		}
		for ignored in ["bytes=3-2", "bytes=0-1,4-5", "lines=0-1", "bytes=", "bytes=-", "bytes=+1-2", ""] {
			assert_eq!(byte_range(ignored, 9), None, "{ignored}");
		}
	}
}
