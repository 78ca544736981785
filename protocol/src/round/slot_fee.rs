use crate::{Share, MAX_CANDIDATES};

/// How many commitments of a round cost nothing beside their fee.
const FREE_PLACES: u32 = 16;
/// What part of a deposit the last place of a round costs.
const LAST_PLACE: Share = Share::percent(50);

/// What part of its deposit a commitment costs, and does not get back, to a round in which so many places are taken.
///
/// Nothing for the first 16, then more with the square of how many there are beyond them, up to half for the last place and for
/// one that has to be made first. Candidates behind the one that is accepted are never looked at, so that what they reveal may be
/// junk and loses nothing: without a price, 64 accounts could keep all others out of a round for its fees. It is a part of the
/// commitment's own deposit, so that who comes first can't make places dear for the others and have them cheaply.
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
