//! A round on a hidden test set: its key, its winners, and a trainer that comes too late.

use crate::{
	competition::Competition,
	measured::{self, Measured},
	scripted, WAIT,
};
use anyhow::{bail, ensure, Context, Result};
use descent_client::Error;
use descent_integration_tests::{checkpoint, settled, Account};
use descent_protocol::{
	view::{CandidateView, RoundView},
	Outcome,
};
use std::fs;

impl Competition<'_> {
	/// Plays the first round, whose key comes in time. Kills the requester once the key is final, before the
	/// next one is due.
	pub(crate) async fn opens_a_set(&mut self) -> Result<()> {
		let (stage, id) = (self.stage, self.group.id);
		let index = stage.released(id, 0, false).await?;
		ensure!(index == 0, "the first round is measured on set {index}");
		self.was_fetched_ahead().await?;
		self.late_commitment_is_refused().await?;
		stage.released(id, 0, true).await?;
		self.requester.process.kill();

		let view = settled(&stage.rpc, id, 0, WAIT).await?;
		self.three_are_paid(&view).await?;
		self.head_is_measured_on_the_set().await
	}

	/// Checks that every evaluator had the first sealed set before its key was released.
	async fn was_fetched_ahead(&self) -> Result<()> {
		let done = r#"descent_evaluator_prefetches_total{outcome="done"}"#;
		let counts = self.stage.counters(done).await?;
		ensure!(counts.len() == 4 && counts.iter().all(|count| *count > 0), "fetched ahead: {counts:?}");
		let wanted = ["the next sealed test set is here", &format!("group={}", self.group.id), "index=0"];
		for evaluator in &self.stage.network.evaluators {
			let log = evaluator.standard_error()?;
			let is_told = log.lines().any(|line| wanted.iter().all(|part| line.contains(part)));
			ensure!(is_told, "{} did not fetch the first set ahead: {log}", evaluator.name());
		}
		Ok(())
	}

	/// Checks that nobody can commit who may know the set.
	async fn late_commitment_is_refused(&self) -> Result<()> {
		let late = scripted::trainer(self.stage, "//Trainer4").await?;
		let checkpoint = late.publish(checkpoint::two_clouds(1.0, 0.0)).await?;
		match late.commit(&self.group, 0, checkpoint).await {
			Err(Error::Call(error)) if error.is_any("Rounds", &["WrongPhase"]) => Ok(()),
			committed => bail!("a commitment after the release was to be refused: {committed:?}"),
		}
	}

	/// Checks that the three candidates have one half and two quarters of the reward, in the order of their
	/// scores, and that they can claim that.
	async fn three_are_paid(&self, round: &RoundView) -> Result<()> {
		let mut candidates: Vec<&CandidateView> = round.candidates.iter().collect();
		candidates.sort_by_key(|candidate| candidate.measured);
		let [first, second, third] = candidates.as_slice() else {
			bail!("not three candidates: {round:?}");
		};
		let outcomes = [first, second, third].map(|candidate| candidate.outcome);
		ensure!(outcomes == [Outcome::Won, Outcome::Placed, Outcome::Placed].map(Some), "{round:?}");
		ensure!(candidates.iter().all(|candidate| candidate.measured.is_some()), "{round:?}");
		let reward = first.reward + second.reward + third.reward;
		let quarter = reward / 2 / 2;
		ensure!(quarter > 0 && second.reward == quarter && third.reward == quarter, "{round:?}");
		ensure!(first.reward == reward - 2 * quarter, "{round:?}");
		let rpc = &self.stage.rpc;
		let (_, head) = rpc.finalized().await?;
		for candidate in candidates {
			let rewards = rpc.rewards(&candidate.account, Some(head)).await?;
			ensure!(rewards.accrued == candidate.reward && rewards.claimed == 0, "{rewards:?} {candidate:?}");
		}
		Ok(())
	}

	/// Checks that the head has the score that anybody measures on the first set, now that it is public.
	async fn head_is_measured_on_the_set(&self) -> Result<()> {
		let (stage, id) = (self.stage, self.group.id);
		let out = stage.network.directory().join("opened.parquet");
		let path = out.to_str().context("a path is not UTF-8")?;
		let arguments = ["test-set", "get", &id.to_string(), "0", "--out", path, "--allow-private"];
		stage.network.descent(&Account::from_uri("//Alice")?, &arguments).await?;
		ensure!(fs::read(&out)? == fs::read(&self.sets[0])?, "the opened set is not the one that was sealed");

		let head = stage.rpc.group(id, None).await?.head.context("there is no head")?;
		let measured = measured::again(stage, (id, 0), &head.checkpoint, &head.providers).await?;
		ensure!(measured == Measured::on("hidden", head.score), "{measured:?}, but {head:?}");
		let measured_on = head.measured_on.context("nothing tells of the records")?;
		ensure!(measured_on.policy == self.group.policy, "{head:?}");
		Ok(())
	}
}
