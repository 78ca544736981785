//! A round for which no key comes, and what it costs the requester.

use crate::{
	competition::{Competition, SETS},
	measured::{self, Measured},
	NRN, WAIT,
};
use anyhow::{bail, ensure, Context, Result};
use descent_integration_tests::{candidate, settled, wait_until, History, SentKey};
use descent_protocol::{view::TestSetRelease, BlockNumber};
use subxt::{dynamic::storage, ext::scale_decode::DecodeAsType, OnlineClient, SubstrateConfig};

/// Bond of the series.
pub(crate) const BOND: u128 = (100 + SETS as u128) * NRN;
/// Part of it that a missed round costs: 2%, and no less than 2 NRN.
pub(crate) const PENALTY: u128 = if BOND / 50 > 2 * NRN { BOND / 50 } else { 2 * NRN };

#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RoundMissed {
	group: u32,
	paid: u128,
	misses: u8,
}

#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct KeyReleased {
	group: u32,
	round: u32,
	index: u16,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct SetSkipped {
	index: u16,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Pot {
	winner: u128,
}

impl Competition<'_> {
	/// Waits for the first reveal of the second round, which gets no key, and starts the requester again.
	pub(crate) async fn misses_a_round(&mut self) -> Result<()> {
		let (stage, series) = (self.stage, self.series);
		wait_until("the second round is missed", WAIT, async || {
			let view = stage.rpc.test_set_series(series, None).await?.context("the series is not open")?;
			Ok((view.misses > 0).then_some(()))
		})
		.await?;
		self.requester.process.restart()
	}

	/// Checks that the second round was won with the score that anybody measures on the public set.
	pub(crate) async fn missed_round_is_public(&self) -> Result<()> {
		let (stage, id) = (self.stage, self.group.id);
		let set = stage.rpc.round_test_set(id, 1, None).await?;
		ensure!(set.as_ref().is_some_and(|set| set.state == TestSetRelease::Otherwise), "{set:?}");
		let view = settled(&stage.rpc, id, 1, WAIT).await?;
		let winner = view.winner.as_ref().with_context(|| format!("nobody has won: {view:?}"))?;
		let won = candidate(&view, winner).context("the winner did not commit")?;
		let (reveal, score) = won.reveal.as_ref().zip(won.measured).context("the winner was not measured")?;
		let measured = measured::again(stage, (id, 1), &reveal.checkpoint, &reveal.providers).await?;
		ensure!(measured == Measured::on("otherwise", score), "{measured:?}, but {won:?}");
		let rewards: u128 = view.candidates.iter().map(|candidate| candidate.reward).sum();
		ensure!(rewards >= PENALTY, "the winners did not get what the requester has paid: {view:?}");
		Ok(())
	}

	/// Checks that the bond lost the penalty in one block, and that the pot of the winner gained it in the
	/// same.
	pub(crate) async fn bond_has_paid(&self, history: &History) -> Result<()> {
		let missed: Vec<(BlockNumber, RoundMissed)> = history.of("TestSets", "RoundMissed")?;
		let [(block, event)] = missed.as_slice() else {
			bail!("not one missed round, but {missed:?}");
		};
		ensure!(event.group == self.group.id && event.paid == PENALTY && event.misses == 1, "{event:?}");
		let chain = self.stage.rpc.chain().await?;
		let [before, after] = [self.bond(block - 1).await?, self.bond(*block).await?];
		ensure!([before, after] == [BOND, BOND - PENALTY], "the bond was {before}, and is {after}");
		let [before, after] =
			[self.winner_pot(&chain, block - 1).await?, self.winner_pot(&chain, *block).await?];
		ensure!(after == before + PENALTY, "the winner's pot had {before}, and has {after}");
		Ok(())
	}

	async fn bond(&self, block: BlockNumber) -> Result<u128> {
		let rpc = &self.stage.rpc;
		let hash = rpc.block_hash(block).await?.with_context(|| format!("no block {block}"))?;
		let view = rpc.test_set_series(self.series, Some(hash)).await?.context("the series is not open")?;
		Ok(view.bond)
	}

	/// Returns the stored reward of the next winner, without the emission that is not credited yet.
	async fn winner_pot(&self, chain: &OnlineClient<SubstrateConfig>, block: BlockNumber) -> Result<u128> {
		let at = chain.at_block(block).await?;
		let address = storage::<(u32,), Pot>("Emission", "Pots");
		let Pot { winner } = at.storage().fetch(address, (self.group.id,)).await?.decode()?;
		Ok(winner)
	}

	/// Checks that each key was released for the round that it was sent for, in the blocks in which it
	/// counts, and that no set was used up beside these.
	pub(crate) async fn no_key_was_known_before(&self, history: &History) -> Result<()> {
		let mut released: Vec<(BlockNumber, KeyReleased)> = history.of("TestSets", "KeyReleased")?;
		// A trainer that left out a round may take part in a fourth.
		released.retain(|(_, event)| event.group == self.group.id && event.round < 3);
		let used: Vec<_> = released.iter().map(|(_, event)| (event.round, event.index)).collect();
		ensure!(used == [(0, 0), (2, 1)], "rounds and their sets: {used:?}");
		for (block, event) in released {
			let windows = self.stage.rpc.round(self.group.id, event.round, None).await?.windows;
			ensure!(windows.release().contains(&block), "{event:?} in block {block}, but {windows:?}");
		}
		let skipped: Vec<(BlockNumber, SetSkipped)> = history.of("TestSets", "SetSkipped")?;
		let skipped: Vec<_> = skipped.iter().map(|(block, event)| (block, event.index)).collect();
		ensure!(skipped.is_empty(), "blocks and sets that were used up in them: {skipped:?}");
		let sent = self.requester.sent()?;
		let expected = [(0, 0), (1, 2)].map(|(set, round)| SentKey { set, round: Some(round) });
		ensure!(sent.starts_with(&expected), "{sent:?}");
		Ok(())
	}
}
