//! Somebody who trusts nobody, and has a node and the gateways of the trainers: it replays by itself.

use crate::{
	lies::{Found, ROUND},
	trained::Played,
	Stage, WAIT,
};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::Binary;
use descent_protocol::Outcome;
use serde_json::Value;
use std::process::Stdio;

/// Status of the program if all that it replays leads to the recorded weights.
const REPLAYS: i32 = 0;
/// Status of the program if a segment departs.
const DEPARTS: i32 = 1;

/// Checks that each segment of the head's training replays.
pub(crate) async fn an_honest_training_replays_as_a_whole(stage: &Stage<'_>, played: &Played) -> Result<()> {
	let round = *played.won.last().context("no round was won")?;
	let view = stage.rpc.round(played.group.id, round, None).await?;
	let winner = view.winner.context("nobody has won")?.to_string();
	let (group, round) = (played.group.id.to_string(), round.to_string());
	let arguments = [group.as_str(), "--round", &round, "--account", &winner, "--all"];
	let (status, report) = audit(stage, &arguments).await?;
	ensure!(status == REPLAYS && report["verdict"] == "replays", "{status}: {report}");
	let [training] = &report["recordings"].as_array().context("no recordings")?[..] else {
		anyhow::bail!("not one recording: {report}")
	};
	let replayed = training["replayed"].as_array().context("nothing is replayed")?;
	ensure!(training["account"] == winner.as_str() && !replayed.is_empty(), "{report}");
	ensure!(training["segments"].as_u64() == Some(replayed.len() as u64), "{report}");
	Ok(())
}

/// Checks that the auditor comes to what the committee has found of each training in the round of the lies.
pub(crate) async fn every_lie_is_found_again(stage: &Stage<'_>, found: &Found) -> Result<()> {
	let (group, round) = (found.group.id.to_string(), ROUND.to_string());
	let (status, report) = audit(stage, &[&group, "--round", &round]).await?;
	ensure!(status == DEPARTS, "{status}: {report}");
	let recordings = report["recordings"].as_array().context("no recordings")?;
	ensure!(recordings.len() == found.players.len(), "{report}");
	for player in &found.players {
		let account = player.trainer.account().id().to_string();
		let own = recordings.iter().find(|recording| recording["account"] == account.as_str());
		let own = own.with_context(|| format!("{account} is not in {report}"))?;
		let verdict = match player.lie.outcome() {
			Outcome::Departed => "departs",
			Outcome::Refuted => "uncertain",
			_ => "replays",
		};
		ensure!(own["verdict"] == verdict, "{:?}: {own}", player.lie);
	}
	Ok(())
}

/// Runs `descent-worker audit` in a folder of its own. Returns its exit status, and what it prints.
async fn audit(stage: &Stage<'_>, arguments: &[&str]) -> Result<(i32, Value)> {
	let output = tokio::process::Command::new(Binary::Worker.path()?)
		.args(["audit", "--json", "--allow-private", "--threads", "1", "--node", &stage.rpc.ws(), "--data"])
		.arg(stage.network.directory().join("auditor"))
		.args(arguments)
		.stdin(Stdio::null())
		.kill_on_drop(true)
		.output();
	let output = tokio::time::timeout(WAIT, output).await.context("the audit did not end")??;
	let told = String::from_utf8_lossy(&output.stdout);
	let report = serde_json::from_str(&told).with_context(|| {
		let error = String::from_utf8_lossy(&output.stderr);
		format!("audit {} printed '{told}', and as an error: {error}", arguments.join(" "))
	})?;
	Ok((output.status.code().context("the audit was killed")?, report))
}
