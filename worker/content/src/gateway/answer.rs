//! Answers and their headers.

use std::{io, ops::Range};

use axum::{
	body::Body,
	http::{
		header::{
			ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
			ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
			CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
			CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE, VARY, X_CONTENT_TYPE_OPTIONS,
		},
		HeaderMap, HeaderValue, StatusCode,
	},
	response::{IntoResponse, Response},
};
use bytes::Bytes;
use cid::Cid;
use descent_protocol::ContentRef;
use futures::stream;

use super::{
	body::{self, Slot},
	car, refuse,
	request::{byte_range, Car, Form, Scope},
};
use crate::{store::Walk, BlockId, Store};

/// Multicodec of raw bytes.
const RAW: u64 = 0x55;

/// A request for something whose root is here.
pub(super) struct Asked {
	pub(super) cid: Cid,
	pub(super) id: BlockId,
	pub(super) form: Form,
	pub(super) is_head: bool,
	pub(super) headers: HeaderMap,
}

impl Asked {
	/// Returns the answer, given the root block.
	pub(super) fn answer(&self, store: &Store, block: Bytes, slot: Slot) -> Response {
		if self.form == Form::Raw {
			let len = block.len() as u64;
			return sized(with_headers(&self.cid, self.form, body::block(block, slot)), len);
		}
		let content = match car::root(&self.id, &block) {
			Ok(content) => content,
			Err(error) => return refuse(StatusCode::NOT_FOUND, error),
		};
		match self.form {
			Form::Car(options) => self.car(store, &content, options, slot),
			Form::Raw | Form::Plain => self.plain(store, &content, slot),
		}
	}

	fn car(&self, store: &Store, content: &ContentRef, options: Car, slot: Slot) -> Response {
		let range = match options.scope.range(content.size) {
			Ok(range) => range,
			Err(reason) => return refuse(StatusCode::BAD_REQUEST, reason),
		};
		let duplicates = car::has_duplicates(content, options.duplicates);
		let body = if self.is_head {
			// The length is known only when all has been read, so that the head must not have one.
			Body::from_stream(stream::empty::<io::Result<Bytes>>())
		} else {
			match Walk::over(store, content, range) {
				Ok(blocks) => body::parts(car::parts(&self.cid, blocks, duplicates), slot),
				Err(error) => return refuse(StatusCode::NOT_FOUND, error),
			}
		};
		with_headers(&self.cid, Form::Car(Car { duplicates, ..options }), body)
	}

	fn plain(&self, store: &Store, content: &ContentRef, slot: Slot) -> Response {
		let size = content.size;
		let part = match self.range(size) {
			Some(Err(())) => {
				let reason =
					refuse(StatusCode::RANGE_NOT_SATISFIABLE, "no byte of the content is in the range");
				return ([(CONTENT_RANGE, format!("bytes */{size}"))], reason).into_response();
			}
			Some(Ok(range)) => Some(range),
			None => None,
		};
		let range = part.clone().unwrap_or(0..size);
		let body = if self.is_head {
			Body::empty()
		} else {
			match Walk::over(store, content, range.clone()) {
				Ok(blocks) => body::parts(blocks.content(), slot),
				Err(error) => return refuse(StatusCode::NOT_FOUND, error),
			}
		};
		let mut response = sized(with_headers(&self.cid, self.form, body), range.end - range.start);
		if let Some(Range { start, end }) = part {
			*response.status_mut() = StatusCode::PARTIAL_CONTENT;
			let range = HeaderValue::try_from(format!("bytes {start}-{}/{size}", end - 1));
			response.headers_mut().extend(range.ok().map(|range| (CONTENT_RANGE, range)));
		}
		response
	}

	/// Returns the range of bytes that is asked for, which has no meaning for `HEAD`, nor if the client has
	/// parts of something else.
	fn range(&self, size: u64) -> Option<Result<Range<u64>, ()>> {
		let same = self.headers.get(IF_RANGE).is_none_or(|tag| *tag == etag(&self.cid, self.form));
		let range = self.headers.get(RANGE).filter(|_| same && !self.is_head)?;
		byte_range(range.to_str().ok()?, size)
	}
}

/// Returns the answer for a CID that holds its block itself.
pub(super) fn identity(cid: &Cid, form: Form) -> Response {
	let body = match form {
		Form::Car(_) => car::head(cid),
		Form::Plain if cid.codec() != RAW => {
			return refuse(StatusCode::NOT_FOUND, "this gateway has no such content: ask for ?format=raw")
		}
		Form::Raw | Form::Plain => Bytes::copy_from_slice(cid.hash().digest()),
	};
	let len = body.len() as u64;
	sized(with_headers(cid, form, Body::from(body)), len)
}

/// Returns the entity tag. It is weak for a CAR, as the specification demands: the order of blocks is not
/// part of the address.
pub(super) fn etag(cid: &Cid, form: Form) -> String {
	match form {
		Form::Raw => format!("\"{cid}.raw\""),
		Form::Plain => format!("\"{cid}\""),
		Form::Car(Car { scope, duplicates }) => {
			let scope = match scope {
				Scope::All => String::new(),
				Scope::Block => ".block".into(),
				Scope::Bytes(from, Some(to)) => format!(".{from}:{to}"),
				Scope::Bytes(from, None) => format!(".{from}:*"),
			};
			let duplicates = if duplicates { ".dups" } else { "" };
			format!("W/\"{cid}.car{scope}{duplicates}\"")
		}
	}
}

/// Returns true if the client has this answer already.
pub(super) fn matches_etag(headers: &HeaderMap, cid: &Cid, form: Form) -> bool {
	let given = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
	let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
	let own = weak(&etag(cid, form));
	given.split(',').any(|tag| tag.trim() == "*" || weak(tag) == own)
}

/// Returns an answer with this body. No browser runs what it holds.
fn with_headers(cid: &Cid, form: Form, body: Body) -> Response {
	let (content_type, extension) = match form {
		Form::Raw => ("application/vnd.ipld.raw", "bin"),
		Form::Car(Car { duplicates: true, .. }) => {
			("application/vnd.ipld.car; version=1; order=dfs; dups=y", "car")
		}
		Form::Car(_) => ("application/vnd.ipld.car; version=1; order=dfs; dups=n", "car"),
		Form::Plain => ("application/octet-stream", "bin"),
	};
	let headers = [
		(CONTENT_TYPE, content_type.to_owned()),
		(CACHE_CONTROL, "public, max-age=29030400, immutable".to_owned()),
		(ETAG, etag(cid, form)),
		(CONTENT_DISPOSITION, format!("attachment; filename=\"{cid}.{extension}\"")),
		(CONTENT_SECURITY_POLICY, "sandbox".to_owned()),
		(X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
		(ACCEPT_RANGES, if form == Form::Plain { "bytes" } else { "none" }.to_owned()),
		(VARY, "Accept".to_owned()),
	];
	(headers, body).into_response()
}

fn sized(mut response: Response, len: u64) -> Response {
	response.headers_mut().insert(CONTENT_LENGTH, len.into());
	response
}

/// Answers the question of a browser if a page of another origin may ask.
pub(super) async fn preflight() -> impl IntoResponse {
	let headers = [
		(ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"),
		(
			ACCESS_CONTROL_ALLOW_HEADERS,
			"Accept, Cache-Control, Content-Type, If-None-Match, Range, User-Agent, X-Requested-With",
		),
		(ACCESS_CONTROL_MAX_AGE, "86400"),
	];
	(StatusCode::NO_CONTENT, headers)
}

/// Lets pages of every origin read an answer: all content is public.
pub(super) async fn cross_origin(mut response: Response) -> Response {
	let headers = response.headers_mut();
	headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
	let exposed = "Content-Disposition, Content-Length, Content-Range, ETag, Retry-After";
	headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
	response
}
