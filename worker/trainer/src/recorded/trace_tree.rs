//! The tree over a recording's segments, as content.
//!
//! The chain has the root of the tree. It is a blake2b-256, as the address of every content is: the content
//! with the root as its digest is the 64 bytes of the two hashes below it, and so on down to the segments. So
//! whoever knows the root can fetch the segments from anybody, and needs to trust nobody.

use codec::{DecodeAll, Encode};
use descent_protocol::{
	trace::{trace_root, Segment, Trace},
	ContentRef, MAX_SEGMENTS,
};
use sp_core::H256;
use std::future::Future;

/// Domain of a segment's hash.
const DOMAIN: &[u8] = b"descent/segment/v1";
/// Bytes of an inner node.
const NODE_BYTES: u64 = 64;
/// Bytes of a segment that begins with another one, and of one that begins with the base.
const SEGMENT_BYTES: [u64; 2] = [59, 57];

/// Reasons for which pieces of content are not the tree of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
	/// A piece is another content.
	#[error("a piece of the list of segments is not the one that the trace names")]
	OtherPiece,
	/// A piece is no segment, or no pair of hashes.
	#[error("the trace that was revealed is no tree over segments")]
	Malformed,
	/// The trace has more segments than any has.
	#[error("the trace has {0} segments, but at most {MAX_SEGMENTS} are allowed")]
	TooLong(u16),
}

/// Returns the pieces of content that make the tree over these segments.
pub fn trace_pieces(segments: &[Segment]) -> Vec<Vec<u8>> {
	let mut pieces: Vec<Vec<u8>> = (0..=u16::MAX).zip(segments).map(leaf).collect();
	let mut row: Vec<H256> = pieces.iter().map(|piece| digest(piece)).collect();
	while row.len() > 1 {
		let mut above = Vec::new();
		for pair in row.chunks(2) {
			match pair {
				[left, right] => {
					let node = [left.0, right.0].concat();
					above.push(digest(&node));
					pieces.push(node);
				}
				// The last one of a row without a neighbour belongs to the row above, too.
				alone => above.extend(alone),
			}
		}
		row = above;
	}
	pieces
}

/// Reads the segments of a trace, row by row of its tree. `fetch` returns the pieces of content with these
/// digests, in their order; each has one of these sizes in bytes.
///
/// # Errors
/// Those of `fetch`, and [`TraceError`] if the pieces are not those of the trace.
pub async fn read_trace<E, F>(
	trace: &Trace,
	mut fetch: impl FnMut(Vec<H256>, &'static [u64]) -> F,
) -> Result<Vec<Segment>, E>
where
	E: From<TraceError>,
	F: Future<Output = Result<Vec<Vec<u8>>, E>>,
{
	if trace.segments > MAX_SEGMENTS {
		return Err(TraceError::TooLong(trace.segments).into());
	}
	if trace.segments == 0 {
		return Ok(Vec::new());
	}
	let mut row = vec![trace.root];
	for width in widths(trace.segments).into_iter().rev() {
		// The last one of a row without a neighbour is in the row above as it is.
		let alone = if width % 2 == 1 { row.pop() } else { None };
		let nodes = checked(&row, fetch(row.clone(), &[NODE_BYTES]).await?)?;
		row = nodes.iter().flat_map(|node| halves(node)).collect();
		row.extend(alone);
		if row.len() != width {
			return Err(TraceError::Malformed.into());
		}
	}
	let leaves = checked(&row, fetch(row.clone(), &SEGMENT_BYTES).await?)?;
	let segments: Option<Vec<_>> =
		(0..=u16::MAX).zip(&leaves).map(|(number, leaf)| segment(number, leaf)).collect();
	let segments = segments.ok_or(TraceError::Malformed)?;
	let is_whole = segments.len() == usize::from(trace.segments) && trace_root(&segments) == trace.root;
	is_whole.then_some(segments).ok_or(TraceError::OtherPiece.into())
}

/// Returns the lengths of the rows below the root, the lowest first.
fn widths(segments: u16) -> Vec<usize> {
	let mut width = usize::from(segments);
	let mut widths = Vec::new();
	while width > 1 {
		widths.push(width);
		width = width.div_ceil(2);
	}
	widths
}

/// Checks that pieces are those with these digests.
fn checked(wanted: &[H256], pieces: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, TraceError> {
	let is_right = wanted.len() == pieces.len()
		&& wanted.iter().zip(&pieces).all(|(wanted, piece)| digest(piece) == *wanted);
	is_right.then_some(pieces).ok_or(TraceError::OtherPiece)
}

fn halves(node: &[u8]) -> Vec<H256> {
	node.chunks_exact(32).map(H256::from_slice).collect()
}

fn leaf((number, segment): (u16, &Segment)) -> Vec<u8> {
	let mut leaf = DOMAIN.to_vec();
	(number, segment).encode_to(&mut leaf);
	leaf
}

/// Reads the segment with this number; `None` if the piece is another one, or none.
fn segment(number: u16, leaf: &[u8]) -> Option<Segment> {
	let (read, segment) = <(u16, Segment)>::decode_all(&mut leaf.strip_prefix(DOMAIN)?).ok()?;
	(read == number && segment.from.is_none_or(|from| from < number)).then_some(segment)
}

/// Returns the digest of a piece, which is smaller than a block.
fn digest(piece: &[u8]) -> H256 {
	ContentRef::raw(piece).map_or(H256::zero(), |content| content.digest)
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::HashMap;

	fn segments(count: u16) -> Vec<Segment> {
		let segment = |number: u16| Segment {
			from: number.checked_sub(1).filter(|from| from % 3 > 0),
			rate: 1_000 + u32::from(number),
			state: H256::from_low_u64_be(number.into()),
		};
		(0..count).map(segment).collect()
	}

	fn trace(segments: &[Segment]) -> Trace {
		Trace { root: trace_root(segments), segments: segments.len().try_into().unwrap() }
	}

	/// Serves pieces by their digests, as a gateway does: only of the size that is asked for.
	async fn read(trace: &Trace, pieces: &[Vec<u8>]) -> Result<Vec<Segment>, TraceError> {
		let served: HashMap<_, _> = pieces.iter().map(|piece| (digest(piece), piece.clone())).collect();
		read_trace(trace, |wanted, sizes| {
			let found = wanted.iter().map(|digest| {
				let piece = served.get(digest).filter(|piece| sizes.contains(&(piece.len() as u64)));
				piece.cloned().ok_or(TraceError::OtherPiece)
			});
			std::future::ready(found.collect())
		})
		.await
	}

	#[tokio::test]
	async fn the_root_leads_to_all_segments() {
		for count in (1..40).chain([255, 256, 257, MAX_SEGMENTS]) {
			let all = segments(count);
			let pieces = trace_pieces(&all);
			assert_eq!(pieces.len(), 2 * usize::from(count) - 1);
			assert_eq!(read(&trace(&all), &pieces).await, Ok(all), "{count}");
		}
		assert_eq!(read(&trace(&[]), &[]).await, Ok(Vec::new()));
	}

	#[tokio::test]
	async fn another_tree_is_refused() {
		let (ten, nine) = (segments(10), segments(9));
		let shorter = Trace { segments: 9, ..trace(&ten) };
		assert!(read(&shorter, &trace_pieces(&ten)).await.is_err());
		let longer = Trace { segments: 10, ..trace(&nine) };
		assert!(read(&longer, &trace_pieces(&nine)).await.is_err());
		let other = Trace { root: H256::repeat_byte(1), segments: 9 };
		assert_eq!(read(&other, &trace_pieces(&nine)).await, Err(TraceError::OtherPiece));
		assert_eq!(read(&Trace { segments: 4_097, ..other }, &[]).await, Err(TraceError::TooLong(4_097)));
		// A gateway that answers with other pieces.
		let lie = |wanted: Vec<H256>, _: &[u64]| {
			std::future::ready(Ok::<_, TraceError>(vec![vec![0; 64]; wanted.len()]))
		};
		assert_eq!(read_trace(&trace(&nine), lie).await, Err(TraceError::OtherPiece));
	}

	#[tokio::test]
	async fn a_segment_that_begins_with_a_later_one_is_refused() {
		let mut three = segments(3);
		three[1].from = Some(2);
		assert_eq!(read(&trace(&three), &trace_pieces(&three)).await, Err(TraceError::Malformed));
	}
}
