//! The rules of Descent, as pure functions.
//!
//! The crate holds every decision of the chain that a worker must be able to predict: the windows of a round
//! ([`Clock`]), the hash of a commitment ([`commitment_hash`]), the rounding of a loss to a number that all
//! machines agree on ([`Score`], [`Rounding`]), the records that a round is measured on ([`sample`]), the
//! order of candidates ([`rank`]), and the outcome of each commitment ([`settle`]). Pallets and workers call
//! the same functions, so both sides compute the same result. Nothing here uses FRAME, storage, clocks or
//! I/O.
//!
//! # A round
//!
//! ```text
//! round r    | commit [s+rL, e)  | seed e | reveal R | attest A | open O | settle
//! round r+1                      | commit [e, e+L)  ...
//! ```
//!
//! Trainers bind themselves to a checkpoint before anybody knows on which records it will be measured: block
//! `e`, the first after the commitments close, carries the randomness that draws them. Then they reveal and
//! claim a score, the committee measures, and [`settle`] compares.
//!
//! # Example
//!
//! A round of two trainers, in which all three members of the committee measure what the better one claims:
//!
//! ```
//! use descent_protocol::{settle, Ballot, Incumbent, Measurement, Outcome, Score, Verdict, Weighted};
//! use sp_core::H256;
//!
//! let claims = [Some(Score(300_000)), Some(Score(250_000))];
//! let measurement = Measurement { score: Score(250_000), root: H256::zero() };
//! let verdicts = vec![Verdict::Match(measurement)].try_into().expect("one candidate was looked at");
//! let ballot = Ballot { baseline: None, verdicts };
//! let committee = vec![Weighted { weight: 1, answer: Some(ballot) }; 3];
//!
//! let settlement = settle(&claims, &committee, Incumbent::Nobody, 1_000, 1);
//! assert_eq!(settlement.outcomes, [Outcome::Outranked, Outcome::Won]);
//! assert_eq!(settlement.winner(), Some((1, Score(250_000))));
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::as_conversions, clippy::float_arithmetic, clippy::arithmetic_side_effects)]

extern crate alloc;

mod amount;
pub mod committee;
mod content;
mod custody;
pub mod dataset;
mod emission;
mod group;
mod hash;
mod host;
mod indexed;
mod limits;
mod optional_rules;
mod order;
mod provider;
pub mod round;
#[cfg(feature = "schema")]
pub mod schema;
mod score;
pub mod stake;
mod terms;
mod test_set;
mod time;
pub mod trace;
mod types;
mod validator_set;
pub mod view;

pub use amount::{format_amount, parse_amount, AmountError, UNIT};
pub use committee::{
	answer_hash, check_performance, committee_weights, evaluation, hidden_ballots, hidden_performance,
	performance, slash_fraction, tally, test_set_verdict, Answer, Ballot, HiddenBallot, Measurement,
	Performance, Tally, TaskId, TaskWindows, TestSetVerdict, Verdict, Weighted, ABSENCE_INTERVAL,
	DEFAULT_COMMITTEE_SEATS, MAX_ABSENCES, MAX_STRIKES, MINIMUM_SLASH, MIN_COMMITTEE_SEATS,
	SMALLEST_TOLERANT, STRIKE_LIFETIME,
};
pub use content::{Codec, ContentRef, LEAF_SIZE};
pub use custody::{
	custody_performance, custody_verdicts, divide_custody, drawn_leaf, kept_hash, least_for_custody, leaves,
	CustodyBallot, CustodyVerdict, Leaf, MAX_MISSED_CHECKS,
};
pub use dataset::{
	decide, CheckPhase, CheckWindows, DeltaFault, DeltaReport, DeltaVerdict, RowProblem, MAX_ATTEMPTS,
	MAX_DELTA_SIZE,
};
pub use emission::{era, flown, Stream};
pub use group::{EvaluationPolicy, Metric, NewGroup};
pub use hash::{
	announcement_hash, attestation_hash, check_hash, commitment_hash, dataset_root, delta_root,
	evaluation_seed, transcript_root,
};
pub use host::is_loopback;
pub use limits::*;
pub use optional_rules::{OptionalRule, OptionalRuleKind, OptionalRules};
pub use order::{OrderPayment, OrderTerms};
pub use provider::{addresses, are_addresses, bound_addresses, is_address, is_text, Providers};
pub use round::{
	condition_limit, divide_reward, explain, explanation, has_reached_target, perturbation_seed, rank,
	sample, settle, slot_fee, Clock, ClockError, Incumbent, MeasuredOn, Outcome, Phase, Settlement, Windows,
	SEED_GAP,
};
pub use score::{Dither, Rounding, Score};
pub use stake::{
	is_in_time, majority, make_room, next_close, schedule_unbonding, sums, winner, withdraw_unbonded,
	Accumulator, Change, ChangeV2, Contender, Majority, Mark, Pending, RoundLengths, Share, Shares, Split,
	Stake, TooManyChunks, MAX_CHANGES,
};
pub use terms::Terms;
#[cfg(feature = "std")]
pub use test_set::hash_chain;
pub use test_set::{hash_chain_link, test_set_key, test_set_series};
pub use time::{DAYS, HOURS, MILLISECONDS_PER_BLOCK, MINUTES, YEARS};
pub use types::*;
pub use validator_set::set_size;
