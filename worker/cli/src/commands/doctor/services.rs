//! The doctor's look at what this machine serves: the evaluator, and addresses for others.

use super::finding::Finding;
use descent_content::is_public;
use serde::Deserialize;
use std::{net::IpAddr, time::Duration};

/// The address that an evaluator listens on unless it is told otherwise.
pub(super) const DEFAULT_EVALUATOR: &str = "http://127.0.0.1:9977";

/// Longest time for an answer.
const LIMIT: Duration = Duration::from_secs(10);
/// Longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 1 << 16;

/// The part of an evaluator's answer to `GET /health` that is looked at.
#[derive(Debug, Deserialize)]
struct Health {
	waiting: u64,
	isolation: Isolation,
	arithmetic: Arithmetic,
}

#[derive(Debug, Deserialize)]
struct Isolation {
	landlock: bool,
	seccomp: bool,
}

#[derive(Debug, Deserialize)]
struct Arithmetic {
	device: String,
	gpu_refused: Option<String>,
	kernels: u32,
	instructions: String,
	libtorch: String,
}

/// Looks at an evaluator: does it answer, and how does it compute.
pub(super) async fn evaluator(url: &str) -> Finding {
	const CHECK: &str = "evaluator";
	let start = "start descent-worker evaluate, or name its address with --evaluator-url";
	let text = match get(&format!("{}/health", url.trim_end_matches('/'))).await {
		Err(reason) => return Finding::fault(CHECK, format!("{url} does not answer: {reason}"), start),
		Ok((_, text)) => text,
	};
	match serde_json::from_str(&text) {
		Err(_) => Finding::fault(CHECK, format!("{url} is no evaluator of this version"), start),
		Ok(health) => judge(url, &health),
	}
}

fn judge(url: &str, health: &Health) -> Finding {
	const CHECK: &str = "evaluator";
	let Health { waiting, isolation, arithmetic } = health;
	let Arithmetic { device, gpu_refused, kernels, instructions, libtorch } = arithmetic;
	let found = format!(
		"{url}: kernels {kernels} in f64 on {device} with {instructions}, libtorch {libtorch}, \
		 {waiting} waiting"
	);
	match (gpu_refused, isolation.landlock && isolation.seccomp) {
		(Some(reason), _) => Finding::warning(
			CHECK,
			format!("{found}; its GPU is not used: {reason}"),
			"start it without the GPU, or with one that computes as the kernels do",
		),
		(None, false) => Finding::warning(
			CHECK,
			format!("{found}; the kernel keeps its processes apart in part only"),
			"run it on Linux 5.13 or later with Landlock and seccomp",
		),
		(None, true) => Finding::good(CHECK, found),
	}
}

/// Looks at an address at which others fetch from this machine.
pub(super) async fn public_url(url: &str) -> Finding {
	const CHECK: &str = "address";
	for address in addresses(url).await {
		if !is_public(address) {
			return Finding::fault(
				CHECK,
				format!("{url} is private: nobody outside this network reaches {address}"),
				"name the address under which the internet knows this machine, and forward the port to it",
			);
		}
	}
	let remedy =
		"start what serves there, open the port in the firewall, and forward it where there is a router";
	match get(url).await {
		Ok((status, _)) if status < 500 => {
			Finding::good(CHECK, format!("{url} answers with status {status}"))
		}
		Ok((status, _)) => Finding::fault(CHECK, format!("{url} answers with status {status}"), remedy),
		Err(reason) => Finding::fault(CHECK, format!("{url} does not answer: {reason}"), remedy),
	}
}

/// The addresses that the host of a URL has; none where it can't be found.
async fn addresses(url: &str) -> Vec<IpAddr> {
	let Some(host) = url.split("://").nth(1).and_then(|rest| rest.split('/').next()) else {
		return Vec::new();
	};
	let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
	let host = if has_port { host.to_owned() } else { format!("{host}:80") };
	match tokio::time::timeout(LIMIT, tokio::net::lookup_host(host)).await {
		Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
		_ => Vec::new(),
	}
}

/// Asks an address over HTTP; returns the status and the beginning of the answer.
async fn get(url: &str) -> Result<(u16, String), String> {
	let reason = |error: reqwest::Error| {
		let mut reason: &dyn std::error::Error = &error;
		while let Some(source) = reason.source() {
			reason = source;
		}
		reason.to_string()
	};
	let client =
		reqwest::Client::builder().timeout(LIMIT).redirect(reqwest::redirect::Policy::none()).build();
	let mut answer = client.map_err(reason)?.get(url).send().await.map_err(reason)?;
	let mut bytes = Vec::new();
	while let Some(chunk) = answer.chunk().await.map_err(reason)? {
		bytes.extend_from_slice(&chunk);
		if bytes.len() > LONGEST_ANSWER {
			break;
		}
	}
	Ok((answer.status().as_u16(), String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
	use super::{super::finding::State, *};

	fn health(gpu_refused: Option<&str>, landlock: bool) -> Health {
		Health {
			waiting: 0,
			isolation: Isolation { landlock, seccomp: true },
			arithmetic: Arithmetic {
				device: "cpu".into(),
				gpu_refused: gpu_refused.map(Into::into),
				kernels: 1,
				instructions: "avx2".into(),
				libtorch: "2.11.0".into(),
			},
		}
	}

	#[test]
	fn an_evaluator_tells_how_it_computes() {
		let good = judge("http://e", &health(None, true));
		assert!(good.state == State::Good && good.found.contains("libtorch 2.11.0"), "{good:?}");
		assert_eq!(judge("http://e", &health(None, false)).state, State::Warning);
		assert!(judge("http://e", &health(Some("too old"), true)).found.contains("too old"));
	}

	#[tokio::test]
	async fn an_address_that_others_cannot_reach_is_a_fault() {
		for url in ["http://127.0.0.1:8080", "http://192.168.1.2", "http://[::1]:8080/a", "http://localhost"]
		{
			let finding = public_url(url).await;
			assert!(finding.state == State::Fault && finding.found.contains("private"), "{finding:?}");
		}
	}
}
