use std::{
	sync::atomic::{AtomicBool, AtomicU64, Ordering},
	time::{Duration, SystemTime},
};

use reqwest::{
	header::{HeaderValue, ACCEPT, LOCATION, RETRY_AFTER},
	Client, Response, StatusCode, Url,
};

use super::{
	address::{printable, shown, PrivateAddress},
	providers::Refusal,
};
use crate::MAX_BLOCK_SIZE;

/// Longest pause that a provider can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Progress of one request, which others watch.
#[derive(Debug, Default)]
pub(super) struct Flow {
	answered: AtomicBool,
	received: AtomicU64,
}

impl Flow {
	/// Returns true once the head of an HTTP answer has come.
	pub(super) fn answered(&self) -> bool {
		self.answered.load(Ordering::Relaxed)
	}

	/// Number of bytes of the block that have come.
	pub(super) fn received(&self) -> u64 {
		self.received.load(Ordering::Relaxed)
	}
}

/// Downloads at most one block of bytes from a URL into a buffer. The client's timeout bounds the time.
pub(super) async fn download(
	client: &Client,
	url: Url,
	flow: &Flow,
	body: &mut Vec<u8>,
) -> Result<(), Refusal> {
	let accept = HeaderValue::from_static("application/vnd.ipld.raw");
	let mut response = client.get(url.clone()).header(ACCEPT, accept).send().await.map_err(failed)?;
	flow.answered.store(true, Ordering::Relaxed);
	if response.status() != StatusCode::OK {
		return Err(refusal(&url, &response));
	}
	if response.content_length().is_some_and(|len| len > MAX_BLOCK_SIZE as u64) {
		return Err(Refusal::WrongBytes);
	}
	while let Some(chunk) = response.chunk().await.map_err(failed)? {
		if body.len() + chunk.len() > MAX_BLOCK_SIZE {
			return Err(Refusal::WrongBytes);
		}
		flow.received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
		body.extend_from_slice(&chunk);
	}
	Ok(())
}

/// Returns what an answer other than a block says.
fn refusal(url: &Url, response: &Response) -> Refusal {
	let status = response.status();
	let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
	match status {
		StatusCode::NOT_FOUND | StatusCode::GONE => Refusal::Absent,
		StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
			match header(RETRY_AFTER).and_then(|text| retry_after(text, SystemTime::now())) {
				Some(wait) => Refusal::Busy(wait),
				None => Refusal::Failed(format!("it answered {status}")),
			}
		}
		status if status.is_redirection() => Refusal::Final(redirect(url, header(LOCATION))),
		status => Refusal::Failed(format!("it answered {status}")),
	}
}

/// Describes a redirect. It is not followed: the provider that the chain names has to serve the content.
fn redirect(url: &Url, location: Option<&str>) -> String {
	match location.and_then(|location| url.join(location).ok()) {
		Some(target) if target.has_host() => {
			format!("it redirects to {}: name that address as the provider", shown(&target))
		}
		_ => match location {
			Some(location) => format!("it redirects to {}, which is no address", printable(location)),
			None => "it redirects, without saying to where".into(),
		},
	}
}

/// Reads a `Retry-After`, which is a number of seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
	let text = text.trim();
	let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
		text.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
	} else {
		httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()
	};
	Some(wait.min(MAX_RETRY_AFTER))
}

/// Returns the refusal behind an error of the HTTP client, without the URL, which comes from a stranger and
/// has any length.
fn failed(error: reqwest::Error) -> Refusal {
	if error.is_timeout() {
		return Refusal::Failed("it did not answer in time".into());
	}
	let error = error.without_url();
	let mut text = error.to_string();
	let mut source = std::error::Error::source(&error);
	while let Some(cause) = source {
		if cause.is::<PrivateAddress>() {
			return Refusal::Final(cause.to_string());
		}
		text = format!("{text}: {cause}");
		source = cause.source();
	}
	Refusal::Failed(text)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_retry_after_is_seconds_or_a_date_and_has_a_limit() {
		let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
		let seconds = |text: &str| retry_after(text, now).map(|wait| wait.as_secs());
		assert_eq!(seconds("7"), Some(7));
		assert_eq!(seconds(" 0 "), Some(0));
		assert_eq!(seconds("3600"), Some(60));
		assert_eq!(seconds("99999999999999999999999"), Some(60));
		assert_eq!(seconds("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
		assert_eq!(seconds("Sun, 06 Nov 1994 08:49:30 GMT"), Some(0));
		assert_eq!(seconds("Mon, 07 Nov 1994 08:49:30 GMT"), Some(60));
		for noise in ["", "-1", "1.5", "soon"] {
			assert_eq!(seconds(noise), None, "{noise}");
		}
	}

	#[test]
	fn a_redirect_names_the_address_to_use() {
		let url = Url::parse("http://a:1/ipfs/bafk?format=raw").unwrap();
		let https = redirect(&url, Some("https://user:secret@b/x/ipfs/bafk?format=raw"));
		assert_eq!(https, "it redirects to https://b/x: name that address as the provider");
		let relative = redirect(&url, Some("/gateway/ipfs/bafk"));
		assert_eq!(relative, "it redirects to http://a:1/gateway: name that address as the provider");
		assert!(redirect(&url, Some("mailto:x")).contains("no address"));
		assert!(redirect(&url, None).contains("without saying"));
	}
}
