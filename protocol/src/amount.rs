//! Amounts of the token as people write them.

use alloc::{format, string::String};
use core::fmt;

/// The smallest units in one neuron (NRN).
pub const UNIT: u128 = 1_000_000_000_000;

const DECIMALS: usize = 12;

/// A reason that a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmountError {
	/// A text that is not a number.
	Malformed(String),
	/// A number with digits below the smallest unit.
	TooFine(String),
	/// A number beyond what the chain can hold.
	TooLarge(String),
}

impl fmt::Display for AmountError {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Malformed(text) => {
				write!(
					f,
					"`{text}` is not an amount: write neurons as `1.5` or `1.5 NRN`, or smallest units as \
					 `1500p`"
				)
			}
			Self::TooFine(text) => {
				write!(f, "`{text}` has more than 12 decimals: the smallest unit is 0.000000000001 NRN")
			}
			Self::TooLarge(text) => write!(f, "`{text}` is larger than any amount on the chain"),
		}
	}
}

impl core::error::Error for AmountError {}

/// Reads an amount: neurons as `1.5` or `1.5 NRN`, or smallest units with the suffix `p`, as `1500p`.
///
/// # Errors
/// [`AmountError`]; signs, exponents and separators are malformed.
pub fn parse_amount(text: &str) -> Result<u128, AmountError> {
	let malformed = || AmountError::Malformed(text.into());
	let too_large = || AmountError::TooLarge(text.into());
	let trimmed = text.trim();
	if let Some(units) = trimmed.strip_suffix('p') {
		return digits(units).ok_or_else(malformed)?.parse().map_err(|_| too_large());
	}
	let number = trimmed.strip_suffix("NRN").map_or(trimmed, str::trim_end);
	let (whole, part) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
	let whole: u128 = digits(whole).ok_or_else(malformed)?.parse().map_err(|_| too_large())?;
	let part: u128 = match part {
		None => 0,
		Some(part) => {
			let part = digits(part).ok_or_else(malformed)?;
			if part.len() > DECIMALS {
				return Err(AmountError::TooFine(text.into()));
			}
			format!("{part:0<DECIMALS$}").parse().map_err(|_| malformed())?
		}
	};
	whole.checked_mul(UNIT).and_then(|whole| whole.checked_add(part)).ok_or_else(too_large)
}

/// The text where it is at least one ASCII digit and nothing else.
fn digits(text: &str) -> Option<&str> {
	(!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// An amount in neurons without trailing zeros: `1.5 NRN`.
pub fn format_amount(amount: u128) -> String {
	let (whole, part) = (amount / UNIT, amount % UNIT);
	let decimals = format!("{part:0DECIMALS$}");
	match decimals.trim_end_matches('0') {
		"" => format!("{whole} NRN"),
		decimals => format!("{whole}.{decimals} NRN"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn reads_what_people_write() {
		for (text, amount) in [
			("1", UNIT),
			("1.5", UNIT + UNIT / 2),
			(" 1.5 NRN ", UNIT + UNIT / 2),
			("1.5NRN", UNIT + UNIT / 2),
			("0.000000000001", 1),
			("1500p", 1500),
			("007", 7 * UNIT),
		] {
			assert_eq!(parse_amount(text), Ok(amount), "{text}");
		}
	}

	#[test]
	fn refuses_what_is_no_amount() {
		for text in [
			"", "p", "NRN", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1_000", "1.5p", "1 2", "1.5.5", "٣",
			"1.5 BTC",
		] {
			assert_eq!(parse_amount(text), Err(AmountError::Malformed(text.into())), "{text}");
		}
		assert!(matches!(parse_amount("0.0000000000001"), Err(AmountError::TooFine(_))));
		for text in
			["340282366920938463463374607431768211456p", "340282366920938463463374608", &"9".repeat(60)]
		{
			assert!(matches!(parse_amount(text), Err(AmountError::TooLarge(_))), "{text}");
		}
	}

	proptest! {
		#[test]
		fn what_is_printed_can_be_read(amount: u128) {
			prop_assert_eq!(parse_amount(&format_amount(amount)), Ok(amount));
			prop_assert_eq!(parse_amount(&format!("{amount}p")), Ok(amount));
		}

		#[test]
		fn no_text_panics(text: String) {
			let _ = parse_amount(&text);
		}
	}
}
