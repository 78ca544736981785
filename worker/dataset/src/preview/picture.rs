//! Pictures of records, many on one sheet.

use super::glyphs::{self, CAPTION_HEIGHT};
use crate::schema::{Column, Dtype};
use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

/// Pixels between two cells.
const GAP: u32 = 4;
/// Smaller pictures are enlarged by a whole number to some this many pixels.
const COMFORTABLE: u32 = 56;
/// Most pixels of a sheet.
const MAX_PIXELS: u64 = 64 << 20;
/// Colour between the pictures.
const GROUND: Rgb<u8> = Rgb([32, 32, 40]);
/// Colour of captions.
const CAPTION: Rgb<u8> = Rgb([235, 235, 235]);
/// Colour of captions that are set off.
const MARKED: Rgb<u8> = Rgb([255, 110, 90]);

/// Form of the pictures in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
	channels: usize,
	height: u32,
	width: u32,
}

/// A picture on a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
	/// The values of the column in one record.
	pub values: &'a [u8],
	/// Text below it: digits, `-`, `.`, `>` and blanks.
	pub caption: String,
	/// True if the caption is set off by its colour.
	pub is_marked: bool,
}

/// Reasons for which a sheet can't be drawn.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
	/// There is nothing to draw.
	#[error("there are no pictures to draw")]
	Empty,
	/// The sheet would be too large.
	#[error(
		"the sheet would have {0} pixels, more than the {MAX_PIXELS} that are drawn: ask for fewer records"
	)]
	TooLarge(u64),
	/// It could not be encoded.
	#[error("the sheet cannot be written as PNG: {0}")]
	Png(#[from] image::ImageError),
}

impl Picture {
	/// Returns the form of the pictures in a column whose shape is `[channels, height, width]` with one or
	/// three channels, or `[height, width]`; `None` for one that holds something else.
	pub fn of(column: &Column) -> Option<Self> {
		let (channels, height, width) = match *column.shape.as_slice() {
			[channels @ (1 | 3), height, width] => (channels, height, width),
			[height, width] => (1, height, width),
			_ => return None,
		};
		let is_seen = column.bound.is_none() && height > 1 && width > 1;
		let side = |side: u64| u32::try_from(side).ok().filter(|side| *side <= 1 << 14);
		is_seen.then_some(Self {
			channels: usize::try_from(channels).ok()?,
			height: side(height)?,
			width: side(width)?,
		})
	}

	/// Returns a sheet of pictures with their captions, as a PNG file, row by row from the left upper corner.
	///
	/// # Errors
	/// See [`SheetError`].
	pub fn sheet(&self, column: &Column, cells: &[Cell]) -> Result<Vec<u8>, SheetError> {
		let count = u32::try_from(cells.len()).unwrap_or(u32::MAX);
		if count == 0 {
			return Err(SheetError::Empty);
		}
		let scale = (COMFORTABLE / self.width.max(self.height)).max(1);
		let caption = cells.iter().map(|cell| glyphs::width(&cell.caption)).max().unwrap_or_default();
		let cell = ((self.width * scale).max(caption) + GAP, self.height * scale + CAPTION_HEIGHT + 2 * GAP);
		let columns = (1..count)
			.find(|columns| u64::from(*columns).pow(2) * 2 >= u64::from(count) * 3)
			.unwrap_or(count);
		let rows = count.div_ceil(columns);
		let pixels = u64::from(columns) * u64::from(cell.0) * u64::from(rows) * u64::from(cell.1);
		if pixels > MAX_PIXELS {
			return Err(SheetError::TooLarge(pixels));
		}
		let (width, height) = (columns * cell.0 + GAP, rows * cell.1 + GAP);
		let mut sheet = RgbImage::from_pixel(width, height, GROUND);
		for (content, number) in cells.iter().zip(0u32..) {
			let (x, y) = (GAP + number % columns * cell.0, GAP + number / columns * cell.1);
			self.draw(&mut sheet, column, content.values, (x, y), scale);
			let colour = if content.is_marked { MARKED } else { CAPTION };
			glyphs::draw(&mut sheet, &content.caption, x, y + self.height * scale + GAP, colour);
		}
		let mut png = Cursor::new(Vec::new());
		sheet.write_to(&mut png, ImageFormat::Png)?;
		Ok(png.into_inner())
	}

	fn draw(&self, sheet: &mut RgbImage, column: &Column, values: &[u8], at: (u32, u32), scale: u32) {
		let levels = levels(column, values);
		let plane = levels.len() / self.channels;
		for (number, y, x) in
			(0..self.height).flat_map(|y| (0..self.width).map(move |x| (y * self.width + x, y, x)))
		{
			let number = usize::try_from(number).unwrap_or(usize::MAX);
			let level = |channel: usize| levels.get(channel * plane + number).copied().unwrap_or_default();
			let colour = match self.channels {
				3 => Rgb([level(0), level(1), level(2)]),
				_ => Rgb([level(0); 3]),
			};
			for (dx, dy) in (0..scale).flat_map(|dx| (0..scale).map(move |dy| (dx, dy))) {
				sheet.put_pixel(at.0 + x * scale + dx, at.1 + y * scale + dy, colour);
			}
		}
	}
}

/// Returns the brightness of each value. Bytes are taken as they are, other numbers from the record's
/// smallest as black to its largest as white.
fn levels(column: &Column, values: &[u8]) -> Vec<u8> {
	if column.dtype == Dtype::U8 {
		return values.to_vec();
	}
	let numbers = column.numbers(values).into_iter();
	let numbers: Vec<_> = numbers.map(|number| number.as_f64().unwrap_or_default()).collect();
	let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
	let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
	let span = (most - least).max(f64::MIN_POSITIVE);
	// A cast saturates.
	numbers.into_iter().map(|number| ((number - least) / span * 255.0).round() as u8).collect()
}
