//! The validity of calls for which blocks keep room.
//!
//! [`Pallet::reveal`], [`Pallet::reveal_recorded`] and [`Pallet::settle`] are operational: users' other
//! transactions can't take the room that blocks keep for them. So that nobody takes it with calls that fail,
//! a transaction is only valid while its call would succeed. A reveal uses up a commitment, and a settlement
//! a round: their numbers are bounded by what deposits and fees were paid for.

use crate::{Call, Config, Error, Pallet, Reveal};
use codec::Encode;
use descent_protocol::{trace::Recording, BlockNumber, GroupId, RoundIndex, Salt};
use frame_support::pallet_prelude::{InvalidTransaction, TransactionValidity, ValidTransaction};
use pallet_evaluators::blocks_left;

/// Number of blocks for which a transaction that settles a round stays in the pool: by then somebody has.
const SETTLE_LONGEVITY: BlockNumber = 64;

/// Returns the refusal of a call that would fail with this error.
fn refusal<T>(error: &Error<T>) -> InvalidTransaction {
	// The first byte of an error is its number.
	error.encode().first().copied().map_or(InvalidTransaction::Call, InvalidTransaction::Custom)
}

impl<T: Config> Pallet<T> {
	/// Returns the validity of a transaction by which `account` makes an operational call of this pallet.
	///
	/// Errors: `Custom` with the number of the error with which the call would fail, so that clients can name
	/// it, and `Call` for any other call.
	pub fn validity(account: &T::AccountId, call: &Call<T>) -> TransactionValidity {
		match call {
			Call::reveal { group, round, checkpoint, salt, claim, providers } => {
				let reveal = Reveal { checkpoint: *checkpoint, claim: *claim, providers: providers.clone() };
				Self::reveal_validity((*group, *round), account, salt, &reveal, None)
			}
			Call::reveal_recorded { group, round, checkpoint, salt, claim, providers, recording } => {
				let reveal = Reveal { checkpoint: *checkpoint, claim: *claim, providers: providers.clone() };
				Self::reveal_validity((*group, *round), account, salt, &reveal, Some(recording))
			}
			Call::settle { group, round } => {
				Self::check_due(*group, *round).map_err(|error| refusal(&error))?;
				Self::once("descent/settle", (group, round), SETTLE_LONGEVITY)
			}
			_ => Err(InvalidTransaction::Call.into()),
		}
	}

	fn reveal_validity(
		(group, round): (GroupId, RoundIndex),
		account: &T::AccountId,
		salt: &Salt,
		reveal: &Reveal,
		recording: Option<&Recording>,
	) -> TransactionValidity {
		let windows = Self::windows(group, round).ok_or_else(|| refusal(&Error::<T>::UnknownGroup))?;
		Self::check_reveal(group, round, account, salt, reveal, recording)
			.map_err(|error| refusal(&error))?;
		let longevity = blocks_left(&windows.reveal, Self::now())?;
		Self::once("descent/reveal", (group, round, account), longevity)
	}

	/// Admits a call of a `kind`, once for each `subject`.
	fn once(kind: &'static str, subject: impl Encode, longevity: BlockNumber) -> TransactionValidity {
		ValidTransaction::with_tag_prefix(kind)
			.and_provides(subject)
			.longevity(longevity.into())
			.propagate(true)
			.build()
	}
}
