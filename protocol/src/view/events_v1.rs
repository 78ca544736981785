//! Events as version 1 of the runtime API encodes them: those of rounds and those of votes apart, so that a
//! node reads the blocks of runtimes before version 2.

use super::{Alarm, ChainEvent};
use crate::indexed::Indexed;
use codec::{Decode, Error, Input};

/// Indices of a missing alarm among the events of rounds and of votes in version 1.
const ROUND_ALARM: u8 = 6;
const VOTE_ALARM: u8 = 8;
/// Index of the first event of votes in [`ChainEvent`]. Up to the alarm, votes have the same order in both.
const FIRST_VOTE: u8 = 8;
/// Index of the last event of rounds in both.
const LAST_ROUND: u8 = 7;
/// Index of a closed voting period among the events of votes in version 1, and in [`ChainEvent`].
const PERIOD_CLOSED: (u8, u8) = (9, 16);

/// An event of a round, decoded from version 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundEventV1(pub ChainEvent);

/// An event of votes, decoded from version 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteEventV1(pub ChainEvent);

fn decode<I: Input>(index: u8, rest: &mut I) -> Result<ChainEvent, Error> {
	ChainEvent::decode(&mut Indexed::new(index, rest))
}

impl Decode for RoundEventV1 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		let event = match input.read_byte()? {
			ROUND_ALARM => {
				let (group, round) = Decode::decode(input)?;
				ChainEvent::AlarmMissing { group, alarm: Alarm::Settlement { round } }
			}
			index @ ..=LAST_ROUND => decode(index, input)?,
			_ => return Err("an event of rounds that version 1 does not have".into()),
		};
		Ok(Self(event))
	}
}

impl Decode for VoteEventV1 {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		let event = match input.read_byte()? {
			VOTE_ALARM => {
				let (group, close) = Decode::decode(input)?;
				ChainEvent::AlarmMissing { group, alarm: Alarm::PeriodClose { close } }
			}
			index if index == PERIOD_CLOSED.0 => decode(PERIOD_CLOSED.1, input)?,
			index @ ..VOTE_ALARM => decode(index.saturating_add(FIRST_VOTE), input)?,
			_ => return Err("an event of votes that version 1 does not have".into()),
		};
		Ok(Self(event))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{ContentRef, Outcome, Score};
	use alloc::{vec, vec::Vec};
	use codec::Encode;
	use sp_core::crypto::AccountId32;

	fn account() -> AccountId32 {
		AccountId32::new([7; 32])
	}

	#[test]
	fn a_block_of_rounds_is_read_as_version_1_wrote_it() {
		// The fields of each event in their order, behind the index that the event had.
		let checkpoint = ContentRef::raw(b"x").unwrap();
		let bytes = [
			vec![6 << 2],
			(0u8, 1u32, 2u32, account()).encode(),
			(2u8, 1u32, 2u32, account(), checkpoint, Score(9)).encode(),
			(6u8, 1u32, 700u32).encode(),
			(5u8, 1u32, 2u32, account(), Outcome::Won, Some(Score(8)), 5u128, 0u128).encode(),
			(7u8, 1u32, 2u32, Some(account()), Some(Score(8)), None::<Score>).encode(),
			(4u8, 1u32, 2u32, 3u32).encode(),
		];
		let read = Vec::<RoundEventV1>::decode(&mut &bytes.concat()[..]).unwrap();
		let (group, round) = (1, 2);
		let expected = [
			ChainEvent::Committed { group, round, account: account() },
			ChainEvent::Revealed { group, round, account: account(), checkpoint, claim: Score(9) },
			ChainEvent::AlarmMissing { group, alarm: Alarm::Settlement { round: 700 } },
			ChainEvent::Ended {
				group,
				round,
				account: account(),
				outcome: Outcome::Won,
				measured: Some(Score(8)),
				reward: 5,
				slashed: 0,
			},
			ChainEvent::Settled {
				group,
				round,
				winner: Some(account()),
				score: Some(Score(8)),
				baseline: None,
			},
			ChainEvent::Opened { group, round, member: 3 },
		];
		assert_eq!(read, expected.map(RoundEventV1));
	}

	#[test]
	fn a_block_of_votes_is_read_as_version_1_wrote_it() {
		let bytes = [
			vec![4 << 2],
			(0u8, 1u32, account(), 5u128, 6u128).encode(),
			(6u8, 1u32, 2u32, account(), true, 5u128).encode(),
			(8u8, 1u32, 900u32).encode(),
			(9u8, 1u32, 901u32).encode(),
		];
		let read = Vec::<VoteEventV1>::decode(&mut &bytes.concat()[..]).unwrap();
		let expected = [
			ChainEvent::Staked { group: 1, account: account(), stake: 5, total: 6 },
			ChainEvent::AmendmentVoted { group: 1, amendment: 2, account: account(), aye: true, stake: 5 },
			ChainEvent::AlarmMissing { group: 1, alarm: Alarm::PeriodClose { close: 900 } },
			ChainEvent::PeriodClosed { group: 1, next: 901 },
		];
		assert_eq!(read, expected.map(VoteEventV1));
	}

	#[test]
	fn what_version_1_did_not_have_is_refused() {
		for bytes in [&[8u8, 0, 0, 0, 0][..], &[255], &[]] {
			assert!(RoundEventV1::decode(&mut &*bytes).is_err());
		}
		for bytes in [&[10u8, 0, 0, 0, 0][..], &[16, 1, 0, 0, 0, 1, 0, 0, 0], &[]] {
			assert!(VoteEventV1::decode(&mut &*bytes).is_err());
		}
	}
}
