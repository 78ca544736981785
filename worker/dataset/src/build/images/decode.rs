//! Decodes one image, if it has exactly the form that the description asks for.

use super::super::error::Fault;
use super::jpeg;
use crate::schema::Column;
use image::codecs::png::PngDecoder;
use image::{ColorType, ImageDecoder, ImageError, Limits};
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

/// Number of bytes that a file, or decoding it, may take beside the image itself.
const EXTRA_BYTES: u64 = 64 << 20;
const PNG_MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Required size and channels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Form {
	channels: u64,
	height: u64,
	width: u64,
}

/// Failure of the machine, or a fault of the image.
pub(in super::super) enum Failure {
	Io(std::io::Error),
	Fault(Fault),
}

fn unreadable(reason: impl std::fmt::Display) -> Failure {
	Failure::Fault(Fault::Unreadable(format!("the image cannot be read: {reason}")))
}

impl Form {
	pub(in super::super) fn of(column: &Column) -> Option<Self> {
		let (channels, height, width) = match *column.shape {
			[height, width] => (1, height, width),
			[channels, height, width] => (channels, height, width),
			_ => return None,
		};
		Some(Self { channels, height, width })
	}

	fn bytes(self) -> u64 {
		self.channels.saturating_mul(self.height).saturating_mul(self.width)
	}

	/// Number of bytes that a file may have.
	fn limit(self) -> u64 {
		self.bytes().saturating_mul(4).saturating_add(EXTRA_BYTES)
	}

	/// Reads a file. Returns the pixels, channel by channel.
	pub(super) fn read(self, path: &Path) -> Result<Vec<u8>, Failure> {
		let mut file = Vec::new();
		let opened = File::open(path).map_err(Failure::Io)?;
		opened.take(self.limit().saturating_add(1)).read_to_end(&mut file).map_err(Failure::Io)?;
		self.decode(&file)
	}

	/// Decodes the bytes of a file. Returns the pixels, channel by channel.
	pub(in super::super) fn decode(self, file: &[u8]) -> Result<Vec<u8>, Failure> {
		let limit = self.limit();
		if file.len() as u64 > limit {
			return Err(unreadable(format_args!("it has more than {limit} bytes, too many for its size")));
		}
		let interleaved = match file {
			jpeg if jpeg.starts_with(&jpeg::MAGIC) => self.jpeg(jpeg)?,
			png if png.starts_with(PNG_MAGIC) => self.png(png, limit)?,
			_ => return Err(unreadable("it is neither PNG nor JPEG")),
		};
		let channels = usize::try_from(self.channels).unwrap_or(1);
		Ok((0..channels)
			.flat_map(|channel| interleaved.iter().skip(channel).step_by(channels))
			.copied()
			.collect())
	}

	fn jpeg(self, file: &[u8]) -> Result<Vec<u8>, Failure> {
		let frame = jpeg::frame(file).map_err(unreadable)?;
		match frame.channels {
			1 | 3 => {}
			4 => {
				return Err(unreadable(
					"the JPEG has 4 channels, CMYK or YCCK, and colours are not converted here; convert it \
					 to RGB with its colour profile",
				))
			}
			other => return Err(unreadable(format_args!("the JPEG has {other} channels, not 1 or 3"))),
		}
		let found =
			Self { channels: frame.channels.into(), height: frame.height.into(), width: frame.width.into() };
		self.check(found, frame.bits == 8)?;
		let pixels = jpeg::decode(file, frame).map_err(unreadable)?;
		match pixels.len() as u64 == self.bytes() {
			true => Ok(pixels),
			false => Err(unreadable("it has another size than it declares")),
		}
	}

	fn png(self, file: &[u8], limit: u64) -> Result<Vec<u8>, Failure> {
		let broken = |error: ImageError| unreadable(error);
		let mut limits = Limits::default();
		limits.max_alloc = Some(limit);
		let decoder = PngDecoder::with_limits(Cursor::new(file), limits).map_err(broken)?;
		if decoder.is_apng().map_err(broken)? {
			return Err(unreadable("it is animated, and a record is one picture; save its frames as files"));
		}
		let (width, height) = decoder.dimensions();
		let colour = decoder.color_type();
		let eight_bits =
			matches!(colour, ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8);
		let channels = colour.channel_count().into();
		self.check(Self { channels, height: height.into(), width: width.into() }, eight_bits)?;
		// The sizes are equal, so this is bounded as the description is.
		let mut pixels = vec![0; usize::try_from(self.bytes()).unwrap_or(0)];
		decoder.read_image(&mut pixels).map_err(broken)?;
		Ok(pixels)
	}

	/// Refuses an image of another form.
	fn check(self, found: Self, eight_bits: bool) -> Result<(), Failure> {
		if found == self && eight_bits {
			return Ok(());
		}
		let depth = if eight_bits { "" } else { " and more than 8 bits a channel" };
		let found = format!("{found}{depth}");
		Err(Failure::Fault(Fault::Image { expected: self.to_string(), found }))
	}
}

impl std::fmt::Display for Form {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		let Self { channels, height, width } = self;
		let plural = if *channels == 1 { "" } else { "s" };
		write!(f, "{channels} channel{plural} of {height} x {width}")
	}
}
