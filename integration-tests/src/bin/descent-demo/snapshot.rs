use anyhow::Result;
use descent_integration_tests::Rpc;
use descent_protocol::{
	view::{GroupView, RoundView},
	BlockNumber, GroupId,
};

/// How things stand at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
	/// The best block.
	pub block: BlockNumber,
	/// The last finalized block.
	pub finalized: BlockNumber,
	/// Rounds settled in finalized blocks.
	pub settled: u32,
	/// Rounds that the demo waits for.
	pub wanted: u32,
	/// The group.
	pub group: GroupView,
	/// The round that takes commitments and the one before it, which is judged.
	pub rounds: Vec<RoundView>,
}

impl Snapshot {
	/// Asks a node.
	///
	/// # Errors
	/// Where it does not answer.
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
