use descent_protocol::{Codec, ContentRef, LEAF_SIZE};

use crate::BlockId;

/// Most children of one node of a tree.
pub const LINKS_PER_NODE: u64 = 1024;
/// Largest content that can be addressed, in bytes: 1 TiB, which is two levels of nodes above the leaves.
pub const MAX_CONTENT_SIZE: u64 = LEAF_SIZE * LINKS_PER_NODE * LINKS_PER_NODE;
/// Largest block that is accepted, in bytes: 2 MiB, the limit of every IPFS transport.
pub const MAX_BLOCK_SIZE: usize = 2 << 20;

/// Reasons for which content or a block does not have the one form that its size prescribes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
	/// Content of up to 1 MiB must be a raw block, and larger content a tree.
	#[error(
		"content of {size} bytes cannot have the codec {codec:?}: up to {LEAF_SIZE} bytes are raw, more are \
		 unixfs"
	)]
	Codec {
		/// The claimed codec.
		codec: Codec,
		/// The claimed size in bytes.
		size: u64,
	},
	/// The size exceeds [`MAX_CONTENT_SIZE`].
	#[error("{size} bytes are more than the {MAX_CONTENT_SIZE} that can be addressed")]
	Size {
		/// The claimed size in bytes.
		size: u64,
	},
	/// A block is longer or shorter than its place in the tree demands.
	#[error("block {id} has {found} bytes where its place demands {expected}")]
	Length {
		/// The block.
		id: BlockId,
		/// Length in bytes that the claimed size of the content gives the block.
		expected: u64,
		/// Length of the block in bytes.
		found: u64,
	},
	/// A node is not the dag-pb encoding of a UnixFS file node over the children that its place demands.
	#[error("node {id} is not a canonical UnixFS file node of {size} bytes")]
	Node {
		/// The node.
		id: BlockId,
		/// Number of content bytes that the node must cover.
		size: u64,
	},
}

/// Place of a block in the tree of its content: its height above the leaves and the number of content bytes
/// below it. Both follow from the size of the content. They fix everything in the block but hashes and leaf
/// bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
	/// Levels above the leaves; 0 for a leaf.
	height: u32,
	/// Number of content bytes below.
	size: u64,
}

impl Span {
	/// Returns the place of the root block.
	pub(crate) fn root(content: &ContentRef) -> Result<Self, LayoutError> {
		let ContentRef { codec, size, .. } = *content;
		if !content.is_canonical() {
			return Err(LayoutError::Codec { codec, size });
		}
		if size > MAX_CONTENT_SIZE {
			return Err(LayoutError::Size { size });
		}
		let height = (0..).find(|height| size <= capacity(*height)).unwrap_or_default();
		Ok(Self { height, size })
	}

	pub(crate) fn is_leaf(self) -> bool {
		self.height == 0
	}

	/// Number of content bytes below this block.
	pub(crate) fn size(self) -> u64 {
		self.size
	}

	/// Number of leaves below this block, itself if it is one.
	pub(crate) fn leaves(self) -> u64 {
		self.size.div_ceil(LEAF_SIZE).max(1)
	}

	fn codec(self) -> Codec {
		if self.is_leaf() {
			Codec::Raw
		} else {
			Codec::UnixFs
		}
	}

	/// Returns the places of the children. All but the last one are full.
	fn children(self) -> impl Iterator<Item = Span> {
		let height = self.height.saturating_sub(1);
		let full = capacity(height);
		let count = if self.is_leaf() { 0 } else { self.size.div_ceil(full) };
		(0..count).map(move |index| Span { height, size: full.min(self.size - index * full) })
	}

	/// Length of the encoded block in bytes.
	pub(crate) fn block_len(self) -> u64 {
		if self.is_leaf() {
			return self.size;
		}
		let links: u64 = self.children().map(|child| delimited(link_len(child))).sum();
		links + delimited(self.unixfs_len())
	}

	/// Sum of the lengths of this block and all blocks below it, in bytes: dag-pb's `Tsize`.
	fn dag_len(self) -> u64 {
		if self.is_leaf() {
			return self.size;
		}
		let full = capacity(self.height - 1);
		let (whole, rest) = (self.size / full, self.size % full);
		let below = |size| Span { height: self.height - 1, size }.dag_len();
		let last = if rest > 0 { below(rest) } else { 0 };
		self.block_len() + if whole > 0 { whole * below(full) } else { 0 } + last
	}

	fn unixfs_len(self) -> u64 {
		let blocksizes: u64 = self.children().map(|child| 1 + varint_len(child.size)).sum();
		2 + 1 + varint_len(self.size) + blocksizes
	}

	/// Checks a block, whose hash is right, against its place. Returns its children; a leaf has none.
	pub(crate) fn open(self, id: &BlockId, block: &[u8]) -> Result<Vec<(BlockId, Span)>, LayoutError> {
		let (expected, found) = (self.block_len(), block.len() as u64);
		if expected != found {
			return Err(LayoutError::Length { id: *id, expected, found });
		}
		if self.is_leaf() {
			return Ok(Vec::new());
		}
		let malformed = || LayoutError::Node { id: *id, size: self.size };
		let mut children = Vec::new();
		let mut rest = block;
		for span in self.children() {
			let head = link_head(span);
			let digest = rest.strip_prefix(head.as_slice()).and_then(|rest| rest.first_chunk::<32>());
			let digest = *digest.ok_or_else(malformed)?;
			rest = rest[head.len() + 32..].strip_prefix(link_tail(span).as_slice()).ok_or_else(malformed)?;
			children.push((BlockId { codec: span.codec(), digest }, span));
		}
		if rest == self.unixfs() {
			Ok(children)
		} else {
			Err(malformed())
		}
	}

	/// Encodes the nodes of a tree over these hashes of leaves, children first, and returns the root.
	///
	/// # Panics
	/// If there are fewer hashes than the span has leaves.
	pub(crate) fn assemble(
		self,
		leaves: &mut impl Iterator<Item = [u8; 32]>,
		emit: &mut impl FnMut(BlockId, Vec<u8>),
	) -> BlockId {
		if self.is_leaf() {
			let digest = leaves.next().expect("the caller has a hash for each leaf");
			return BlockId { codec: Codec::Raw, digest };
		}
		let mut node = Vec::new();
		for span in self.children() {
			let child = span.assemble(leaves, emit);
			node.extend(link_head(span));
			node.extend(child.digest);
			node.extend(link_tail(span));
		}
		node.extend(self.unixfs());
		let id = BlockId::of(Codec::UnixFs, &node);
		emit(id, node);
		id
	}

	/// Returns the `Data` field of the node: a UnixFS message with type, file size and the size below each
	/// link.
	fn unixfs(self) -> Vec<u8> {
		let mut out = vec![0x0a];
		put_varint(&mut out, self.unixfs_len());
		out.extend([0x08, 0x02, 0x18]);
		put_varint(&mut out, self.size);
		for child in self.children() {
			out.push(0x20);
			put_varint(&mut out, child.size);
		}
		out
	}
}

/// Adds to each child the number of leaves before it. There are `leaf` before their parent.
pub(crate) fn numbered(
	children: Vec<(BlockId, Span)>,
	mut leaf: u64,
) -> impl Iterator<Item = (BlockId, Span, u64)> {
	children.into_iter().map(move |(id, span)| {
		let before = leaf;
		leaf += span.leaves();
		(id, span, before)
	})
}

/// Number of content bytes that a full block of this height covers.
fn capacity(height: u32) -> u64 {
	LEAF_SIZE.saturating_mul(LINKS_PER_NODE.saturating_pow(height))
}

/// Length in bytes of a dag-pb `PBLink`: a CID of 38 bytes, an empty name, and the size below.
fn link_len(child: Span) -> u64 {
	2 + 38 + 2 + 1 + varint_len(child.dag_len())
}

/// Returns the bytes of a link before the digest.
fn link_head(child: Span) -> Vec<u8> {
	let mut out = vec![0x12];
	put_varint(&mut out, link_len(child));
	let codec = match child.codec() {
		Codec::Raw => 0x55,
		Codec::UnixFs => 0x70,
	};
	out.extend([0x0a, 38, 0x01, codec, 0xa0, 0xe4, 0x02, 0x20]);
	out
}

/// Returns the bytes of a link after the digest.
fn link_tail(child: Span) -> Vec<u8> {
	let mut out = vec![0x12, 0, 0x18];
	put_varint(&mut out, child.dag_len());
	out
}

/// Length in bytes of a length-delimited protobuf field with a tag of one byte.
fn delimited(len: u64) -> u64 {
	1 + varint_len(len) + len
}

fn varint_len(value: u64) -> u64 {
	u64::from((64 - (value | 1).leading_zeros()).div_ceil(7))
}

/// Appends an LEB128 varint, as protobuf and CAR define it.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
	while value >= 0x80 {
		out.push(value.to_le_bytes()[0] | 0x80);
		value >>= 7;
	}
	out.push(value.to_le_bytes()[0]);
}
