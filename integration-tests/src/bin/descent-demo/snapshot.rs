use anyhow::Result;
use descent_integration_tests::Rpc;
use descent_protocol::{
	view::{GroupView, RoundView},
	BlockNumber, GroupId,
};

/// State of the network at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
	/// Number of the best block.
	pub block: BlockNumber,
	/// Number of the last finalized block.
	pub finalized: BlockNumber,
	/// Number of rounds that are settled in finalized blocks.
	pub settled: u32,
	/// Number of rounds that the demo waits for.
	pub wanted: u32,
	pub group: GroupView,
	/// The round that takes commitments, and the one before it, which is being measured.
	pub rounds: Vec<RoundView>,
}

impl Snapshot {
	/// Reads a snapshot from a node.
	///
	/// # Errors
	/// Fails if it does not answer.
	pub(crate) async fn read(rpc: &Rpc, group: GroupId, settled: u32, wanted: u32) -> Result<Self> {
		let group = rpc.group(group, None).await?;
		let (finalized, _) = rpc.finalized().await?;
		let mut rounds = Vec::new();
		if let Some(current) = group.round {
			for round in current.saturating_sub(1)..=current {
				rounds.push(rpc.round(group.id, round, None).await?);
			}
		}
		Ok(Self { block: group.block, finalized, settled, wanted, group, rounds })
	}
}
