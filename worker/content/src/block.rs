use std::{fmt, str::FromStr};

use blake2b_simd::many::{hash_many, HashManyJob};
use cid::Cid;
use descent_protocol::{Codec, ContentRef};
use multihash_codetable::{Code, MultihashDigest};

/// Multicodec of raw bytes.
const RAW: u64 = 0x55;
/// Multicodec of dag-pb.
const DAG_PB: u64 = 0x70;
/// Multihash code of blake2b with 32 bytes of digest.
const BLAKE2B_256: u64 = 0xb220;
/// Longest text that is tried as a CID, in bytes; a CID of this format has 62.
const MAX_CID_TEXT: usize = 128;

/// Address of one block: a CIDv1 with a blake2b-256 multihash.
///
/// As text it is the CID in base32, `bafk2bz…` for raw blocks and `bafykbz…` for nodes of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
	/// Kind of block: content bytes, or a dag-pb node.
	pub codec: Codec,
	/// blake2b-256 of the block's bytes.
	pub digest: [u8; 32],
}

/// Reasons for which a CID addresses no block of this format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidError {
	/// The text is not a CID.
	#[error("not a CID: {0}")]
	Syntax(String),
	/// The CID has another version, codec or hash.
	#[error("{0} is not a CIDv1 of raw or dag-pb with a blake2b-256 multihash")]
	Foreign(Cid),
}

impl BlockId {
	/// Returns the address of a block with these bytes.
	pub fn of(codec: Codec, bytes: &[u8]) -> Self {
		Self { codec, digest: blake2b_256(bytes) }
	}

	/// Returns true if the block's bytes are these.
	pub fn matches(&self, bytes: &[u8]) -> bool {
		self.digest == blake2b_256(bytes)
	}

	/// Returns the reference to content of `size` bytes whose root is this block.
	pub fn content(self, size: u64) -> ContentRef {
		ContentRef { digest: self.digest.into(), codec: self.codec, size }
	}
}

// Content is hashed in bulk, so this is `blake2b_simd` below: `scripts/bench hash` compares it with `blake2`.
pub(crate) fn blake2b_256(bytes: &[u8]) -> [u8; 32] {
	let mut digest = [0; 32];
	digest.copy_from_slice(Code::Blake2b256.digest(bytes).digest());
	digest
}

/// Most blocks that are hashed side by side. With AVX2 four take less than half of the time that they take in
/// turn.
pub(crate) const LANES: usize = 4;

/// Returns the hash of each block, in their order.
pub(crate) fn blake2b_256_each<'a>(blocks: impl IntoIterator<Item = &'a [u8]>) -> Vec<[u8; 32]> {
	let params = blake2b_simd::Params::new().hash_length(32).to_owned();
	let mut jobs: Vec<_> = blocks.into_iter().map(|block| HashManyJob::new(&params, block)).collect();
	hash_many(&mut jobs);
	let digest = |job: &HashManyJob<'_>| {
		let mut digest = [0; 32];
		digest.copy_from_slice(job.to_hash().as_bytes());
		digest
	};
	jobs.iter().map(digest).collect()
}

impl From<&ContentRef> for BlockId {
	fn from(content: &ContentRef) -> Self {
		Self { codec: content.codec, digest: content.digest.0 }
	}
}

impl From<BlockId> for Cid {
	fn from(id: BlockId) -> Self {
		let multihash = cid::multihash::Multihash::wrap(BLAKE2B_256, &id.digest)
			.expect("32 bytes fit a multihash of 64; qed");
		let codec = match id.codec {
			Codec::Raw => RAW,
			Codec::UnixFs => DAG_PB,
		};
		Cid::new_v1(codec, multihash)
	}
}

impl TryFrom<&Cid> for BlockId {
	type Error = CidError;

	fn try_from(cid: &Cid) -> Result<Self, CidError> {
		let codec = match (cid.version(), cid.codec(), cid.hash().code()) {
			(cid::Version::V1, RAW, BLAKE2B_256) => Codec::Raw,
			(cid::Version::V1, DAG_PB, BLAKE2B_256) => Codec::UnixFs,
			_ => return Err(CidError::Foreign(*cid)),
		};
		let digest = cid.hash().digest().try_into().map_err(|_| CidError::Foreign(*cid))?;
		Ok(Self { codec, digest })
	}
}

/// Reads any CID from text of bounded length.
pub(crate) fn parse_cid(text: &str) -> Result<Cid, CidError> {
	if text.len() > MAX_CID_TEXT {
		return Err(CidError::Syntax(format!("{} characters are too many", text.len())));
	}
	Cid::try_from(text).map_err(|error| CidError::Syntax(error.to_string()))
}

impl FromStr for BlockId {
	type Err = CidError;

	fn from_str(text: &str) -> Result<Self, CidError> {
		Self::try_from(&parse_cid(text)?)
	}
}

impl fmt::Display for BlockId {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		Cid::from(*self).fmt(formatter)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn text_and_back() {
		for (codec, prefix) in [(Codec::Raw, "bafk2bz"), (Codec::UnixFs, "bafykbz")] {
			let id = BlockId::of(codec, b"descent");
			let text = id.to_string();
			assert!(text.starts_with(prefix), "{text}");
			assert_eq!(text.parse(), Ok(id));
			assert_eq!(Cid::from(id).to_bytes(), id.content(7).cid_bytes());
			assert_eq!(BlockId::from(&id.content(7)), id);
		}
	}

	#[test]
	fn foreign_cids_and_noise_are_refused() {
		let sha2 = "bafybeif434e7thzts2ypgnh6srgzklylieg6hwlgds4q4amtz77jva7lk4";
		assert!(matches!(sha2.parse::<BlockId>(), Err(CidError::Foreign(_))));
		let version_0 = "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n";
		assert!(matches!(version_0.parse::<BlockId>(), Err(CidError::Foreign(_))));
		let long = "b".repeat(100_000);
		for noise in ["", "b", "../../etc/passwd", "bafk2bz", long.as_str()] {
			assert!(matches!(noise.parse::<BlockId>(), Err(CidError::Syntax(_))), "{noise:.20}");
		}
	}
}
