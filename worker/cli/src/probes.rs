//! The check that providers serve a content, before a transaction tells others that they do.

use crate::output::Output;
use anyhow::{bail, Result};
use clap::Args;
use descent_content::{probe, ProbeError};
use descent_protocol::ContentRef;
use futures::future::join_all;
use std::time::Duration;

/// Longest time for one block of a provider.
const DEADLINE: Duration = Duration::from_secs(10);

/// The choice not to check providers.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ProbeArg {
	/// Send the transaction although a provider does not serve the content yet, or not to this machine
	#[arg(long)]
	unchecked_providers: bool,
}

/// A provider that does not serve a content.
type Failure<'a> = (&'a str, &'a str, ProbeError);

impl ProbeArg {
	/// Refuses to go on unless every provider serves every content. `contents` have names, such as `model`.
	pub(crate) async fn check_all(
		self,
		providers: &[String],
		contents: &[(&str, ContentRef)],
		output: &Output,
	) -> Result<()> {
		let failures = self.failures(providers, contents, output).await;
		refuse(&failures)
	}

	/// Refuses to go on unless one of the providers serves the content.
	pub(crate) async fn check_any(
		self,
		providers: &[String],
		content: (&str, ContentRef),
		output: &Output,
	) -> Result<()> {
		let contents = [content];
		let failures = self.failures(providers, &contents, output).await;
		if failures.len() < providers.len() {
			return Ok(());
		}
		refuse(&failures)
	}

	/// Asks all providers side by side.
	async fn failures<'a>(
		self,
		providers: &'a [String],
		contents: &'a [(&str, ContentRef)],
		output: &Output,
	) -> Vec<Failure<'a>> {
		if self.unchecked_providers {
			return Vec::new();
		}
		let spinner = output.spinner("asking the providers for a block");
		let asked = providers.iter().flat_map(|provider| {
			contents.iter().map(async move |(name, content)| {
				let probed = probe(provider, content, DEADLINE).await;
				probed.err().map(|error| (provider.as_str(), *name, error))
			})
		});
		let failures = join_all(asked).await.into_iter().flatten().collect();
		spinner.finish_and_clear();
		failures
	}
}

fn refuse(failures: &[Failure]) -> Result<()> {
	if failures.is_empty() {
		return Ok(());
	}
	let lines: Vec<_> = failures
		.iter()
		.map(|(provider, name, error)| format!("the provider {provider} does not serve the {name}: {error}."))
		.collect();
	bail!(
		"{}\nNothing was sent. Serve the content first (descent content serve), or send it anyway with \
		 --unchecked-providers",
		lines.join("\n")
	);
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_content::{serve, Store};
	use std::net::{SocketAddr, TcpListener};

	const CHECKED: ProbeArg = ProbeArg { unchecked_providers: false };

	/// A gateway that has `model`, and an address at which nobody listens.
	async fn providers(store: &Store) -> [String; 2] {
		let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
		let (served, _) = serve(any_port, store.clone(), std::future::pending()).await.unwrap();
		let closed = TcpListener::bind(any_port).unwrap().local_addr().unwrap();
		[served, closed].map(|address| format!("http://{address}"))
	}

	#[tokio::test]
	async fn each_provider_has_to_serve_all_that_is_named() {
		let folder = tempfile::tempdir().unwrap();
		let store = Store::open(folder.path(), 1 << 20).unwrap();
		let model = ("model", store.import(&b"model"[..]).unwrap());
		let dataset = ("data set", ContentRef::raw(b"data set").unwrap());
		let output = Output::new(true);
		let [served, closed] = providers(&store).await;

		let only = std::slice::from_ref(&served);
		CHECKED.check_all(only, &[model], &output).await.unwrap();
		let error = CHECKED.check_all(only, &[model, dataset], &output).await.unwrap_err().to_string();
		assert!(error.contains(&format!("{served} does not serve the data set")), "{error}");
		assert!(!error.contains("the model"), "{error}");

		let both = [served, closed.clone()];
		let error = CHECKED.check_all(&both, &[model], &output).await.unwrap_err().to_string();
		for part in [&*closed, "can't be reached", "refused", "--unchecked-providers"] {
			assert!(error.contains(part), "{part} in {error}");
		}
		CHECKED.check_any(&both, model, &output).await.unwrap();
		assert!(CHECKED.check_any(&both, dataset, &output).await.is_err());
		ProbeArg { unchecked_providers: true }.check_all(&both, &[model], &output).await.unwrap();
	}
}
