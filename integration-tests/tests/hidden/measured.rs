//! Measurements that the tests have `descent-worker test` make.

use crate::Stage;
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{Account, Binary};
use descent_protocol::{ContentRef, GroupId, RoundIndex, Score};
use serde_json::Value;
use std::{process::Stdio, time::Duration};

/// Longest time for a measurement.
const LIMIT: Duration = Duration::from_secs(120);

/// A checkpoint's score, and the kind of the set on which it was measured.
#[derive(Debug, PartialEq)]
pub(crate) struct Measured {
	score: Score,
	drawn_from: String,
}

impl Measured {
	/// Returns a score on a set of this kind.
	pub(crate) fn on(drawn_from: &str, score: Score) -> Self {
		Self { score, drawn_from: drawn_from.into() }
	}
}

/// Fetches a checkpoint from these providers, and measures it on the records of a round.
pub(crate) async fn again(
	stage: &Stage<'_>,
	(group, round): (GroupId, RoundIndex),
	checkpoint: &ContentRef,
	providers: &[String],
) -> Result<Measured> {
	let file = stage.network.directory().join(format!("{group}-{round}.safetensors"));
	let path = file.to_str().context("a path is not UTF-8")?;
	let (cid, size) = (checkpoint.cid(), checkpoint.size.to_string());
	let mut arguments = vec!["content", "get", &cid, "--size", &size, "--out", path];
	arguments.extend(providers.iter().flat_map(|provider| ["--provider", provider.as_str()]));
	stage.network.descent(&Account::from_uri("//Alice")?, &arguments).await?;
	let run = tokio::process::Command::new(Binary::Worker.path()?)
		.args(["test", &group.to_string(), "--round", &round.to_string(), "--checkpoint", path])
		.args(["--node", &stage.rpc.ws(), "--allow-private", "--threads", "1", "--json"])
		.stdin(Stdio::null())
		.kill_on_drop(true)
		.output();
	let output = tokio::time::timeout(LIMIT, run).await.context("descent-worker test did not end")??;
	let error = String::from_utf8_lossy(&output.stderr);
	ensure!(output.status.success(), "descent-worker test failed: {error}");
	let found: Value = serde_json::from_slice(&output.stdout)
		.with_context(|| format!("not JSON: {}", String::from_utf8_lossy(&output.stdout)))?;
	let score = found["draws"][0]["mine"].as_u64().with_context(|| format!("no score in {found}"))?;
	Ok(Measured::on(found["drawn_from"].as_str().unwrap_or_default(), Score(score)))
}
