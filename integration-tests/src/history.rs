use crate::Rpc;
use anyhow::Result;
use descent_protocol::BlockNumber;
use subxt::{events::Events, ext::scale_decode::DecodeAsFields, SubstrateConfig};

/// The events of all finalized blocks. They are read by the chain's metadata alone.
pub struct History {
	blocks: Vec<(BlockNumber, Events<SubstrateConfig>)>,
}

impl History {
	/// Reads the events up to the last finalized block. The node has to keep the blocks' states.
	///
	/// # Errors
	/// Fails if the node cannot be read.
	pub async fn read(rpc: &Rpc) -> Result<Self> {
		let chain = rpc.chain().await?;
		let (last, _) = rpc.finalized().await?;
		let mut blocks = Vec::new();
		for number in 1..=last {
			blocks.push((number, chain.at_block(number).await?.events().fetch().await?));
		}
		Ok(Self { blocks })
	}

	/// Returns the events of a kind in their order, each with the number of its block.
	///
	/// # Errors
	/// Fails if an event has other fields than `T`.
	pub fn of<T: DecodeAsFields>(&self, pallet: &str, name: &str) -> Result<Vec<(BlockNumber, T)>> {
		let mut found = Vec::new();
		for (number, events) in &self.blocks {
			for event in events.iter() {
				let event = event?;
				if (event.pallet_name(), event.event_name()) == (pallet, name) {
					found.push((*number, event.decode_fields_unchecked_as()?));
				}
			}
		}
		Ok(found)
	}
}
