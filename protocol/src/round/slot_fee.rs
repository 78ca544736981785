use crate::{Share, MAX_CANDIDATES};

/// Number of commitments of a round that pay no slot fee.
const FREE_PLACES: u32 = 16;
/// The part of a deposit that the last slot of a round costs.
const LAST_PLACE: Share = Share::percent(50);

/// The part of its deposit that a commitment pays, and does not get back, in a round in which `taken` slots
/// are taken.
///
/// The first 16 slots are free. Beyond them the fee grows with the square of their number, up to half of the
/// deposit for the last slot and for one that is freed by a displacement. Candidates behind the accepted one
/// are never looked at, so that they may reveal junk and lose nothing: without a fee, 64 accounts could keep
/// all others out of a round for the transactions' fees. The fee is a part of the commitment's own deposit,
/// so that the first to come can't make slots dear for the others and have them cheaply.
pub fn slot_fee(taken: u32) -> Share {
	const PAID_PLACES: u32 = MAX_CANDIDATES.saturating_sub(FREE_PLACES);
	let beyond = taken.saturating_add(1).saturating_sub(FREE_PLACES).min(PAID_PLACES);
	let squared = |places: u32| u64::from(places).saturating_mul(places.into());
	let part = u64::from(LAST_PLACE.0).saturating_mul(squared(beyond)).div_ceil(squared(PAID_PLACES));
	u32::try_from(part).map_or(LAST_PLACE, Share)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;

	#[test]
	fn the_price_of_each_place() {
		assert!((0..FREE_PLACES).all(|taken| slot_fee(taken) == Share(0)));
		assert_eq!(slot_fee(16), Share(218));
		assert_eq!(slot_fee(39), Share(125_000));
		for taken in [63, 64, u32::MAX] {
			assert_eq!(slot_fee(taken), LAST_PLACE);
		}
	}

	#[test]
	fn it_never_falls() {
		assert!((0..MAX_CANDIDATES).all(|taken| slot_fee(taken) <= slot_fee(taken + 1)));
	}

	#[test]
	fn keeping_a_round_to_oneself_costs_several_deposits() {
		let all: u32 = (0..MAX_CANDIDATES).map(|taken| slot_fee(taken).0).sum();
		assert!(all > 8 * Share::ALL.0, "{all} millionths of a deposit");
	}
}
