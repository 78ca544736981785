//! A node that restarts between the release of a key and the reveals that need it.

use crate::{
	competition::Competition,
	measured::{self, Measured},
	WAIT,
};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{candidate, reached};
use descent_protocol::Phase;

impl Competition<'_> {
	/// Kills the node of the requester and the first trainer as soon as the key for the third round is in a
	/// block, and starts it again.
	pub(crate) async fn node_restarts(&mut self) -> Result<()> {
		let (stage, id) = (self.stage, self.group.id);
		let index = stage.released(id, 2, false).await?;
		self.follower.process.restart()?;
		ensure!(index == 1, "the third round is measured on set {index}");
		let view = stage.rpc.round(id, 2, None).await?;
		let own = candidate(&view, &self.trainers[0].account.id());
		let own = own.context("the trainer did not commit in the third round")?;
		ensure!(own.reveal.is_none(), "the trainer has revealed before its node was killed: {view:?}");
		Ok(())
	}

	/// Checks that the trainer has revealed nevertheless, and has claimed the score that anybody measures on
	/// the opened set.
	pub(crate) async fn restarted_claim_is_true(&self) -> Result<()> {
		let (stage, id) = (self.stage, self.group.id);
		let view = reached(&stage.rpc, id, 2, Phase::Attest, WAIT).await?;
		let own = candidate(&view, &self.trainers[0].account.id()).context("the commitment is gone")?;
		let reveal = own.reveal.as_ref();
		let reveal = reveal.with_context(|| format!("the trainer did not reveal: {view:?}"))?;
		let measured = measured::again(stage, (id, 2), &reveal.checkpoint, &reveal.providers).await?;
		ensure!(measured == Measured::on("hidden", reveal.claim), "{measured:?}, but {own:?}");
		Ok(())
	}
}
