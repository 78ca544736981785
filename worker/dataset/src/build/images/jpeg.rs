//! JPEG files (ITU-T T.81): strictly decoded, and only if they are complete.
//!
//! Decoders fill in what is missing, so the markers are followed up to the end marker first. JPEG has no
//! checksum: a file whose middle was damaged can still be a picture.

use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// First bytes of a file: the start marker, and the first byte of the next one.
pub(super) const MAGIC: [u8; 3] = [0xff, 0xd8, 0xff];

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// Form of a picture, as its frame header declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
	pub(super) bits: u8,
	pub(super) height: u16,
	pub(super) width: u16,
	pub(super) channels: u8,
}

/// Follows a file's markers to its end. Returns its frame header, or the reason for which it has none. Bytes
/// behind the end marker do not count.
pub(super) fn frame(file: &[u8]) -> Result<Frame, &'static str> {
	const CUT_OFF: &str = "the JPEG is cut off, its end marker is missing; fetch or save it again";
	let mut rest = file;
	let mut frame = None;
	let mut scans = 0;
	loop {
		match next_marker(&mut rest).ok_or(CUT_OFF)? {
			START | 0x01 => {}
			END if scans == 0 => return Err("the JPEG holds no picture"),
			END => return frame.ok_or("the JPEG has no frame header"),
			marker => {
				let segment = segment(&mut rest).ok_or(CUT_OFF)?;
				scans += u32::from(marker == SCAN);
				// C4, C8 and CC are tables and an extension.
				if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
					let &[bits, h0, h1, w0, w1, channels, ..] = segment else {
						return Err("the JPEG's frame header is too short");
					};
					let (height, width) = (u16::from_be_bytes([h0, h1]), u16::from_be_bytes([w0, w1]));
					frame = Some(Frame { bits, height, width, channels });
				}
			}
		}
	}
}

/// Moves behind the next marker and returns it. Stuffed zeros and restart markers are part of a scan's data.
fn next_marker(rest: &mut &[u8]) -> Option<u8> {
	loop {
		let at = rest.windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0xff)?;
		let marker = rest[at + 1];
		*rest = &rest[at + 2..];
		if !matches!(marker, 0x00 | 0xd0..=0xd7) {
			return Some(marker);
		}
	}
}

/// Returns the contents of the segment that begins here, and moves behind it.
fn segment<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
	let (length, _) = rest.split_first_chunk::<2>()?;
	let (segment, behind) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
	*rest = behind;
	segment.get(2..)
}

/// Returns the pixels of a file with this frame, of one channel or three, interleaved.
pub(super) fn decode(file: &[u8], frame: Frame) -> Result<Vec<u8>, String> {
	let space = if frame.channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
	let options = DecoderOptions::default()
		.set_strict_mode(true)
		.set_max_width(frame.width.into())
		.set_max_height(frame.height.into())
		.jpeg_set_out_colorspace(space);
	let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
	decoder.decode().map_err(|error| format!("{error}; save it again, as a baseline JPEG or a PNG"))
}

#[cfg(test)]
mod tests {
	use super::*;

	/// A file of these segments behind the start marker.
	fn file(parts: &[&[u8]]) -> Vec<u8> {
		[&[0xff, 0xd8][..], &parts.concat()].concat()
	}

	const FRAME: &[u8] = &[0xff, 0xc2, 0, 11, 8, 1, 2, 3, 4, 1, 9, 9, 9];
	const SCAN_DATA: &[u8] = &[0xff, 0xda, 0, 3, 7, 1, 0xff, 0, 0xff, 0xd3, 2, 0xff];

	#[test]
	fn markers_are_followed_to_the_end() {
		let found = Frame { bits: 8, height: 0x102, width: 0x304, channels: 1 };
		assert_eq!(frame(&file(&[FRAME, SCAN_DATA, &[0xff, 0xd9]])), Ok(found));
		assert_eq!(frame(&file(&[FRAME, SCAN_DATA, SCAN_DATA, &[0xd9], b"tail"])), Ok(found));
		// A thumbnail in a segment has markers of its own.
		let thumbnail = [0xff, 0xe1, 0, 8, 0xff, 0xd8, 0xff, 0xd9, 0, 0];
		assert_eq!(frame(&file(&[&thumbnail, FRAME, SCAN_DATA, &[0xd9]])), Ok(found));
	}

	#[test]
	fn what_ends_early_is_cut_off() {
		let whole = file(&[FRAME, SCAN_DATA, &[0xd9]]);
		for end in 0..whole.len() {
			assert!(frame(&whole[..end]).unwrap_err().contains("cut off"), "{end}");
		}
		assert!(frame(&file(&[FRAME, &[0xff, 0xd9]])).unwrap_err().contains("no picture"));
		assert!(frame(&file(&[SCAN_DATA, &[0xd9]])).unwrap_err().contains("no frame header"));
		assert!(frame(&file(&[&[0xff, 0xc0, 0, 4, 8, 8], &[0xff, 0xd9]])).is_err());
		assert!(frame(&file(&[&[0xff, 0xc0, 0, 1], &[0xff, 0xd9]])).is_err(), "shorter than its length");
	}
}
