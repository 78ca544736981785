use std::collections::HashSet;

use bytes::Bytes;
use cid::Cid;
use descent_protocol::{Codec, ContentRef, LEAF_SIZE};
use rust_unixfs::file::adder::parse_file_branch;

use crate::{
	layout::{put_varint, Span},
	store::{Result, Walk},
	BlockId, LayoutError,
};

/// Largest content of which repeated blocks can be left out, in bytes: 16 GiB. The blocks that were sent are
/// then remembered in less than 1 MiB.
const MAX_DISTINCT: u64 = LEAF_SIZE << 14;

/// Returns the content below a root block, with the size in bytes that the block itself declares.
pub(super) fn root(id: &BlockId, block: &[u8]) -> std::result::Result<ContentRef, LayoutError> {
	let size = match id.codec {
		Codec::Raw => block.len() as u64,
		Codec::UnixFs => parse_file_branch(block).ok_or(LayoutError::Node { id: *id, size: 0 })?.filesize,
	};
	let content = id.content(size);
	Span::root(&content)?.open(id, block)?;
	Ok(content)
}

/// Returns true if repeated blocks of the content are sent each time they occur.
pub(super) fn has_duplicates(content: &ContentRef, wanted: bool) -> bool {
	wanted || content.size > MAX_DISTINCT
}

/// Returns the parts of a CAR (<https://ipld.io/specs/transport/car/carv1/>): its head, and a section for
/// each block, depth first.
pub(super) fn parts(root: &Cid, blocks: Walk, duplicates: bool) -> impl Iterator<Item = Result<Bytes>> {
	let mut sent = HashSet::new();
	let sections = blocks.filter_map(move |visited| match visited {
		Ok(visited) if !duplicates && !sent.insert(visited.id.digest) => None,
		Ok(visited) => Some(Ok(section(&visited.id, &visited.bytes))),
		Err(error) => Some(Err(error)),
	});
	std::iter::once(Ok(head(root))).chain(sections)
}

/// Encodes `{"roots": [cid], "version": 1}` as DAG-CBOR, with its length before it.
pub(super) fn head(root: &Cid) -> Bytes {
	let mut cid = vec![0];
	cid.extend(root.to_bytes());
	let mut cbor = vec![0xa2, 0x65];
	cbor.extend(b"roots");
	cbor.extend([0x81, 0xd8, 0x2a]);
	let len = u8::try_from(cid.len()).expect("a text of 128 bytes holds no CID of 255; qed");
	// DAG-CBOR takes the shortest form of a length.
	match len {
		0..24 => cbor.push(0x40 | len),
		24.. => cbor.extend([0x58, len]),
	}
	cbor.extend(cid);
	cbor.push(0x67);
	cbor.extend(b"version");
	cbor.push(0x01);
	let mut out = Vec::new();
	put_varint(&mut out, cbor.len() as u64);
	out.extend(cbor);
	out.into()
}

/// Encodes one block with its CID, and the length of both before them.
fn section(id: &BlockId, block: &[u8]) -> Bytes {
	let cid = id.content(0).cid_bytes();
	let len = cid.len() + block.len();
	let mut out = Vec::with_capacity(len + 10);
	put_varint(&mut out, len as u64);
	out.extend(cid);
	out.extend(block);
	out.into()
}
