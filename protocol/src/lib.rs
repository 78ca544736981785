//! The rules of Descent, as pure functions.
//!
//! Everything that the chain decides and a worker must be able to predict lives here: when a round's windows open
//! ([`Clock`]), what a commitment binds ([`commitment_hash`]), how a loss becomes a number that everybody can agree
//! on ([`Score`]), which records a round is measured on ([`sample`]), in which order candidates are looked at
//! ([`rank`]) and how the committee's ballots become one outcome per commitment ([`settle`]). Pallets and workers call
//! the same functions, so both sides compute the same thing. Nothing here knows FRAME, storage, time or I/O.
//!
//! # A round
//!
//! ```text
//! round r    | commit [s+rL, e)  | seed e | reveal R | attest A | open O | settle
//! round r+1                      | commit [e, e+L)  ...
//! ```
//!
//! Trainers bind themselves to a checkpoint before anybody knows on which records it will be measured: block `e`, the
//! first after the commitments close, carries the randomness that draws them. Then they reveal and claim a score, the
//! committee measures, and [`settle`] compares.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod accumulator;
mod amendment;
mod ballot;
mod clock;
mod conduct;
mod content;
mod crowding;
mod delta;
mod emission;
pub mod evaluation;
mod explain;
mod group;
mod hash;
mod parting;
mod penalty;
mod provider;
mod ranking;
mod sample;
mod score;
mod settlement;
mod shares;
mod tally;
pub mod view;
mod vote;

pub use accumulator::{Accumulator, Mark};
pub use amendment::{majority, Change, RoundLengths, MAX_CHANGES};
pub use ballot::{Ballot, Measurement, Verdict};
pub use clock::{Clock, ClockError, Phase, Windows};
pub use conduct::{check_conduct, conduct, Conduct, STRIKE_LIFETIME};
pub use content::{Codec, ContentRef, LEAF_SIZE};
pub use crowding::crowding;
pub use delta::{
	decide, CheckPhase, CheckWindows, DeltaFault, DeltaReport, DeltaVerdict, RowProblem, MAX_ATTEMPTS,
	MAX_DELTA_SIZE,
};
pub use emission::{era, flown, Stream};
pub use explain::{explain, neurons};
pub use group::{EvaluationPolicy, Metric};
pub use hash::{
	announcement_hash, attestation_hash, check_hash, commitment_hash, dataset_root, delta_root,
	evaluation_seed, transcript_root,
};
pub use parting::{part_with, take_free, TooManyParts};
pub use penalty::{penalty, ABSENCE_INTERVAL, MAX_ABSENCES, MAX_STRIKES, MINIMUM_PENALTY};
pub use provider::{addresses, are_addresses, is_text, Providers};
pub use ranking::rank;
pub use sample::sample;
pub use score::Score;
pub use settlement::{settle, Incumbent, Outcome, Settlement};
pub use shares::{Shares, Split};
pub use tally::{tally, Tally};
pub use vote::{make_room, next_close, sums, winner, Contender, Majority, Share};

/// A block's number, as the runtime counts it.
pub type BlockNumber = u32;
/// A training group's number, given in the order of creation from 0.
pub type GroupId = u32;
/// A round's number within its group, from 0.
pub type RoundIndex = u32;
/// A delta proposal's number within its group, from 0.
pub type ProposalId = u32;
/// An amendment's number within its group, from 0.
pub type AmendmentId = u32;
/// What hides a commitment or an attestation until it is revealed: 32 bytes from a secure generator.
pub type Salt = [u8; 32];

/// The most commitments that one round admits.
pub const MAX_CANDIDATES: u32 = 64;
/// The most members that a round's committee has.
pub const MAX_COMMITTEE: u32 = 100;
/// The most providers that a group or a checkpoint names.
pub const MAX_PROVIDERS: u32 = 8;
/// The longest provider address, in bytes.
pub const MAX_PROVIDER_LENGTH: u32 = 128;
/// The longest name of a group, in bytes of UTF-8.
pub const MAX_NAME_LENGTH: u32 = 64;
/// The longest summary of a proposal or an amendment, in bytes of UTF-8.
pub const MAX_SUMMARY_LENGTH: u32 = 256;
/// The most delta proposals that are open in a group at a time.
pub const MAX_PROPOSALS: u32 = 32;
/// The most amendments that are open in a group at a time.
pub const MAX_AMENDMENTS: u32 = 16;
/// The most fundings that a group has at a time.
pub const MAX_FUNDINGS: u32 = 16;
/// The most deltas that a group's log holds.
pub const MAX_LOG: u32 = 1_024;
