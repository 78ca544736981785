use std::io;

use bytes::Bytes;
use descent_protocol::{Codec, ContentRef};
use futures::{stream, Stream};
use rust_unixfs::file::adder::parse_file_branch;
use tokio::sync::{mpsc, OwnedSemaphorePermit};

use crate::{
	layout::{put_varint, Span},
	store::Walk,
	BlockId, LayoutError, Store,
};

/// Number of blocks that are read ahead of the client.
const AHEAD: usize = 2;

/// Returns the content below a root block, with the size in bytes that the block itself declares.
pub(super) fn root(id: &BlockId, block: &[u8]) -> Result<ContentRef, LayoutError> {
	let size = match id.codec {
		Codec::Raw => block.len() as u64,
		Codec::UnixFs => parse_file_branch(block).ok_or(LayoutError::Node { id: *id, size: 0 })?.filesize,
	};
	let content = id.content(size);
	Span::root(&content)?.open(id, block)?;
	Ok(content)
}

/// Streams the content as a CAR (<https://ipld.io/specs/transport/car/carv1/>), depth first. If a block is
/// missing, the stream ends with an error, and the client sees a connection that closed early.
pub(super) fn stream(
	store: Store,
	content: ContentRef,
	slot: OwnedSemaphorePermit,
) -> impl Stream<Item = io::Result<Bytes>> {
	let (sender, receiver) = mpsc::channel(AHEAD);
	tokio::task::spawn_blocking(move || {
		let _slot = slot;
		let header = io::Result::Ok(Bytes::from(header(&content)));
		let walk = match Walk::new(&store, &content) {
			Ok(walk) => walk,
			Err(error) => return drop(sender.blocking_send(Err(io::Error::other(error)))),
		};
		let sections = walk.map(|visited| match visited {
			Ok(visited) => Ok(section(&visited.id, &visited.bytes)),
			Err(error) => Err(io::Error::other(error)),
		});
		for part in std::iter::once(header).chain(sections) {
			if sender.blocking_send(part).is_err() {
				break;
			}
		}
	});
	stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|part| (part, receiver)) })
}

/// Encodes `{"roots": [cid], "version": 1}` as DAG-CBOR, with its length before it.
fn header(content: &ContentRef) -> Vec<u8> {
	let mut cbor = vec![0xa2, 0x65];
	cbor.extend(b"roots");
	cbor.extend([0x81, 0xd8, 0x2a, 0x58, 39, 0x00]);
	cbor.extend(content.cid_bytes());
	cbor.push(0x67);
	cbor.extend(b"version");
	cbor.push(0x01);
	let mut out = Vec::new();
	put_varint(&mut out, cbor.len() as u64);
	out.extend(cbor);
	out
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
