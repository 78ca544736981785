use bytes::{Bytes, BytesMut};
use reqwest::{
	header::{HeaderValue, ACCEPT},
	Client, StatusCode, Url,
};

use super::providers::Refusal;
use crate::MAX_BLOCK_SIZE;

/// Number of bytes that are allocated before any have arrived, whatever length the provider announces.
const FIRST_ALLOCATION: usize = 64 << 10;

/// Downloads at most one block of bytes from a URL. The client's timeout bounds the time.
pub(super) async fn download(client: &Client, url: Url) -> Result<Bytes, Refusal> {
	let failed = |error: reqwest::Error| Refusal::Failed(reason(error));
	let accept = HeaderValue::from_static("application/vnd.ipld.raw");
	let mut response = client.get(url).header(ACCEPT, accept).send().await.map_err(failed)?;
	match response.status() {
		StatusCode::OK => {}
		StatusCode::NOT_FOUND | StatusCode::GONE => return Err(Refusal::Absent),
		status => return Err(Refusal::Failed(format!("it answered {status}"))),
	}
	if response.content_length().is_some_and(|len| len > MAX_BLOCK_SIZE as u64) {
		return Err(Refusal::WrongBytes);
	}
	let mut body = BytesMut::with_capacity(FIRST_ALLOCATION);
	while let Some(chunk) = response.chunk().await.map_err(failed)? {
		if body.len() + chunk.len() > MAX_BLOCK_SIZE {
			return Err(Refusal::WrongBytes);
		}
		body.extend_from_slice(&chunk);
	}
	Ok(body.freeze())
}

/// Lists the causes of an error, without the URL, which comes from a stranger and has any length.
fn reason(error: reqwest::Error) -> String {
	if error.is_timeout() {
		return "it did not answer in time".into();
	}
	let error = error.without_url();
	let mut text = error.to_string();
	let mut source = std::error::Error::source(&error);
	while let Some(cause) = source {
		text = format!("{text}: {cause}");
		source = cause.source();
	}
	text
}
