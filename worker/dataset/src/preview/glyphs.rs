//! Captions of pictures: digits of three by five pixels.

use image::{Rgb, RgbImage};

/// Width of a character with the gap behind it, before it is enlarged.
const ADVANCE: u32 = 4;
/// Height of a character, before it is enlarged.
const HEIGHT: u32 = 5;
/// Pixels of the caption for one of a character.
const ENLARGED: u32 = 2;

/// Height of a caption in pixels.
pub(super) const CAPTION_HEIGHT: u32 = HEIGHT * ENLARGED;

/// Rows of a character from the top, each of three bits with the left pixel as the highest.
fn rows(character: char) -> [u8; 5] {
	match character {
		'0' => [7, 5, 5, 5, 7],
		'1' => [2, 6, 2, 2, 7],
		'2' => [7, 1, 7, 4, 7],
		'3' => [7, 1, 7, 1, 7],
		'4' => [5, 5, 7, 1, 1],
		'5' => [7, 4, 7, 1, 7],
		'6' => [7, 4, 7, 5, 7],
		'7' => [7, 1, 1, 1, 1],
		'8' => [7, 5, 7, 5, 7],
		'9' => [7, 5, 7, 1, 7],
		'-' => [0, 0, 7, 0, 0],
		'.' => [0, 0, 0, 0, 2],
		'>' => [4, 2, 1, 2, 4],
		_ => [0; 5],
	}
}

/// Returns the width of a caption in pixels.
pub(super) fn width(caption: &str) -> u32 {
	let characters = u32::try_from(caption.chars().count()).unwrap_or(u32::MAX);
	characters.saturating_mul(ADVANCE * ENLARGED)
}

/// Draws a caption with its left upper corner at `(x, y)`. What lies outside the image is left out.
pub(super) fn draw(image: &mut RgbImage, caption: &str, x: u32, y: u32, colour: Rgb<u8>) {
	for (character, number) in caption.chars().zip(0u32..) {
		for (bits, row) in rows(character).into_iter().zip(0u32..) {
			for column in (0..3u32).filter(|column| bits & (4 >> column) != 0) {
				let left = x + (number * ADVANCE + column) * ENLARGED;
				let top = y + row * ENLARGED;
				for (dx, dy) in (0..ENLARGED).flat_map(|dx| (0..ENLARGED).map(move |dy| (dx, dy))) {
					if let Some(pixel) = image.get_pixel_mut_checked(left + dx, top + dy) {
						*pixel = colour;
					}
				}
			}
		}
	}
}
