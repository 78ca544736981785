use crate::{BlockNumber, Share, DAYS};

/// The least part of its bond that an offence costs a validator.
pub const MINIMUM_SLASH: Share = Share::percent(10);

/// Number of blocks for which a misattestation counts against a validator: a day.
pub const STRIKE_LIFETIME: BlockNumber = DAYS;

/// Number of misattestations within [`STRIKE_LIFETIME`] that are an offence. A single one may come from a
/// machine that rounds differently.
pub const MAX_STRIKES: u32 = 2;

/// Number of absences in a row that end a validator's candidacy, until it asks to be a candidate again: a
/// validator that is never heard brings all rounds closer to having no quorum. Nothing is slashed.
pub const MAX_ABSENCES: u32 = 100;

/// Blocks from an absence that is counted to the next that is, so that as many as [`MAX_ABSENCES`] take a
/// day: 291.
pub const ABSENCE_INTERVAL: BlockNumber = STRIKE_LIFETIME.div_ceil(MAX_ABSENCES.saturating_sub(1));

/// The part of its bond that an offence costs each of `offenders` among so many validators: `(3 x offenders /
/// validators)^2`, as in Polkadot's slashing of equivocations, and at least [`MINIMUM_SLASH`]. A single
/// offender pays little more than the minimum, as it may be a mistake. A third of the set, which an attack
/// takes, loses everything.
pub fn slash_fraction(offenders: u32, validators: u32) -> Share {
	const WHOLE: u64 = 1_000_000;
	let ratio = u64::from(offenders)
		.saturating_mul(3)
		.saturating_mul(WHOLE)
		.checked_div(u64::from(validators))
		.unwrap_or(WHOLE)
		.min(WHOLE);
	let squared = ratio.saturating_mul(ratio) / WHOLE;
	u32::try_from(squared).map_or(Share::ALL, Share).max(MINIMUM_SLASH)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn the_schedule() {
		assert_eq!(slash_fraction(1, 100), Share::percent(10));
		assert_eq!(slash_fraction(1, 9), Share(111_110));
		assert_eq!(slash_fraction(1, 4), Share(562_500));
		assert_eq!(slash_fraction(34, 100), Share::ALL);
		assert_eq!(slash_fraction(1, 3), Share::ALL);
		assert_eq!(slash_fraction(1, 0), Share::ALL);
		assert_eq!(slash_fraction(u32::MAX, u32::MAX), Share::ALL);
	}

	proptest! {
		#[test]
		fn more_offenders_never_pay_less(offenders in 0u32..1_000, more in 0u32..1_000, validators in 1u32..1_000) {
			prop_assert!(slash_fraction(offenders + more, validators) >= slash_fraction(offenders, validators));
			prop_assert!(slash_fraction(offenders, validators).is_part());
		}
	}
}
