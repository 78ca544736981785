//! Shows BABE the headers of blocks as they were sealed.
//!
//! BABE looks for authors of two blocks in one slot while it imports a block, and has the runtime judge both
//! headers by their seals. A block that is imported carries its seal beside its header, though, so that the
//! runtime would find every report invalid. [`Sealed`] puts the seal where BABE sees it, and [`Unsealed`]
//! takes it off again before the block is executed.

use super::{BabeImport, FinalityImport};
use descent_runtime::opaque::Block;
use sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult};
use sp_consensus::Error;
use sp_runtime::{traits::Header, DigestItem};

/// BABE's import, which is shown the seal.
#[derive(Clone)]
pub(super) struct Sealed(pub(super) BabeImport);

/// GRANDPA's import behind it, which is not.
#[derive(Clone)]
pub(super) struct Unsealed(pub(super) FinalityImport);

fn seal(block: &mut BlockImportParams<Block>) {
	block.header = block.post_header();
	block.post_digests.clear();
}

fn unseal(block: &mut BlockImportParams<Block>) {
	let digest = block.header.digest_mut();
	if let Some(DigestItem::Seal(..)) = digest.logs().last() {
		block.post_digests.extend(digest.pop());
	}
}

#[async_trait::async_trait]
impl BlockImport<Block> for Sealed {
	type Error = Error;

	async fn check_block(&self, block: BlockCheckParams<Block>) -> Result<ImportResult, Error> {
		self.0.check_block(block).await
	}

	async fn import_block(&self, mut block: BlockImportParams<Block>) -> Result<ImportResult, Error> {
		seal(&mut block);
		self.0.import_block(block).await
	}
}

#[async_trait::async_trait]
impl BlockImport<Block> for Unsealed {
	type Error = Error;

	async fn check_block(&self, block: BlockCheckParams<Block>) -> Result<ImportResult, Error> {
		self.0.check_block(block).await
	}

	async fn import_block(&self, mut block: BlockImportParams<Block>) -> Result<ImportResult, Error> {
		unseal(&mut block);
		self.0.import_block(block).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_runtime::opaque::Header as OpaqueHeader;
	use sp_consensus::BlockOrigin;
	use sp_core::H256;
	use sp_runtime::Digest;

	#[test]
	fn the_seal_comes_back_to_where_it_was() {
		let before = DigestItem::PreRuntime(*b"BABE", vec![1]);
		let seal_item = DigestItem::Seal(*b"BABE", vec![2]);
		let digest = Digest { logs: vec![before.clone()] };
		let header = OpaqueHeader::new(1, H256::zero(), H256::zero(), H256::zero(), digest);
		let mut block = BlockImportParams::<Block>::new(BlockOrigin::Own, header.clone());
		block.post_digests.push(seal_item.clone());
		let hash = block.post_hash();

		seal(&mut block);
		assert_eq!(block.header.digest().logs(), [before, seal_item.clone()]);
		assert_eq!(block.post_hash(), hash);

		unseal(&mut block);
		assert_eq!(block.header, header);
		assert_eq!(block.post_digests, [seal_item]);
		assert_eq!(block.post_hash(), hash);
	}
}
