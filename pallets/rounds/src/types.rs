//! The types that the pallet stores.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use descent_protocol::{
	trace::{Recipe, Trace},
	ContentRef, EvaluationPolicy, MeasuredOn, Outcome, Providers, RoundIndex, Score, MAX_CANDIDATES,
};
use frame_support::{
	traits::{
		fungible::{self, Credit},
		ConstU32,
	},
	BoundedVec,
};
use scale_info::TypeInfo;
use sp_core::H256;

/// The balance type of a configuration's currency.
pub type BalanceOf<T> =
	<<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;

/// The type of slashed amounts in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The round type of a configuration.
pub type RoundOf<T> = Round<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The standing type of a configuration.
pub type StandingOf<T> = Standing<BalanceOf<T>>;

/// The commitment type of a configuration.
pub type CommitmentOf<T> = Commitment<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// A round with commitments.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Round<AccountId, Balance> {
	/// The version of the model that is trained: the number of models that the group had before it.
	pub model_version: u32,
	/// The version of the data set: the number of deltas that make it.
	pub dataset_version: u32,
	/// The commitments in the order in which they were made.
	pub commitments: BoundedVec<Commitment<AccountId, Balance>, ConstU32<MAX_CANDIDATES>>,
	/// The seed that draws the evaluation set, fixed by the first reveal.
	pub seed: Option<H256>,
	/// The result, once the round is settled.
	pub settled: Option<Settled>,
}

impl<AccountId, Balance> Round<AccountId, Balance> {
	/// Creates a round of these versions of model and data set without commitments.
	pub fn new(model_version: u32, dataset_version: u32) -> Self {
		Self { model_version, dataset_version, commitments: Default::default(), seed: None, settled: None }
	}

	/// Returns the commitment that has won, once the round is settled.
	pub fn winner(&self) -> Option<&Commitment<AccountId, Balance>> {
		let place = usize::try_from(self.settled?.winner?).ok()?;
		self.commitments.get(place)
	}
}

/// The result of a settled round.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Settled {
	/// The winner's place among the commitments.
	pub winner: Option<u32>,
	/// The score that had to be beaten.
	pub baseline: Option<Score>,
}

/// A trainer's commitment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Commitment<AccountId, Balance> {
	/// The trainer.
	pub account: AccountId,
	/// The [`descent_protocol::commitment_hash`] of the checkpoint.
	pub hash: H256,
	/// The deposit that the trainer put at stake.
	pub deposit: Balance,
	/// The ending, once the round is settled.
	pub ending: Option<Ending<Balance>>,
}

/// The ending of a commitment.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Ending<Balance> {
	/// The outcome.
	pub outcome: Outcome,
	/// The score that 2/3 of the committee measured.
	pub measured: Option<Score>,
	/// The reward that the trainer was paid.
	pub reward: Balance,
	/// The part of the deposit that was slashed.
	pub slashed: Balance,
}

/// A revealed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Reveal {
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// The claimed score.
	pub claim: Score,
	/// Addresses from which the checkpoint can be fetched.
	pub providers: Providers,
}

/// The recording that came with a revealed checkpoint, with the segment that is replayed.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RecordedSegment {
	/// The recipe.
	pub recipe: Recipe,
	/// The trace.
	pub trace: Trace,
	/// The number of the drawn segment.
	pub number: u16,
	/// Its learning rate, in billionths.
	pub rate: u32,
	/// The digest of the checkpoint that it begins with, unless that is the recipe's base.
	pub start: Option<H256>,
	/// The digest of the checkpoint that was recorded at its end.
	pub end: H256,
}

/// The subject of a round's measurements.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Subject {
	/// The hash of the seed, the head, and the candidates in the order of their reveals.
	pub hash: H256,
	/// Number of candidates.
	pub reveals: u32,
}

/// The progress of a group's settlements.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Progress {
	/// Number of rounds that were settled.
	pub count: u32,
	/// The round that was settled last.
	pub last: RoundIndex,
}

/// The best checkpoint of one of a group's models so far.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Head<AccountId> {
	/// The round that the checkpoint won.
	pub round: RoundIndex,
	/// The trainer that published it.
	pub account: AccountId,
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// The score that the committee measured.
	pub score: Score,
	/// The policy by which it was measured.
	pub policy: EvaluationPolicy,
	/// The version of that round's data set: the number of deltas that make it.
	pub dataset_version: u32,
	/// Addresses from which the checkpoint can be fetched.
	pub providers: Providers,
}

impl<AccountId> Head<AccountId> {
	/// Returns the records that it was measured on.
	pub(crate) fn measured(&self) -> MeasuredOn {
		MeasuredOn { policy: self.policy, dataset_version: self.dataset_version }
	}
}

/// The best score of a trainer's checkpoints of a model.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Best {
	/// The version of the model: the number of models that the group had before it.
	pub model_version: u32,
	/// The score.
	pub score: Score,
}

/// The standing of a trainer in a group: how it has done so far.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Standing<Balance> {
	/// Number of settled rounds to which the trainer has committed.
	pub rounds: u32,
	/// Number of rounds that it has won.
	pub wins: u32,
	/// The best score that the committee measured of its checkpoints of the newest model that it has trained.
	pub best: Option<Best>,
	/// The sum of its rewards.
	pub earned: Balance,
	/// The sum of its slashed deposits.
	pub slashed: Balance,
}
