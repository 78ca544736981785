use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use descent_protocol::{
	Ballot, ContentRef, EvaluationPolicy, Outcome, Providers, RoundIndex, Score, MAX_CANDIDATES,
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

/// What is slashed in a configuration's currency.
pub type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// The round type of a configuration.
pub type RoundOf<T> = Round<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The standing type of a configuration.
pub type StandingOf<T> = Standing<BalanceOf<T>>;

/// The commitment type of a configuration.
pub type CommitmentOf<T> = Commitment<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// A round that somebody has committed to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Round<AccountId, Balance> {
	/// The model that is trained in it: how many the group has had before this one.
	pub model_version: u32,
	/// The data set that it is played with: how many deltas make it.
	pub dataset_version: u32,
	/// The commitments in the order in which they were made.
	pub commitments: BoundedVec<Commitment<AccountId, Balance>, ConstU32<MAX_CANDIDATES>>,
	/// Draws the evaluation set; fixed by the first reveal.
	pub seed: Option<H256>,
	/// How it was settled, once it is.
	pub settled: Option<Settled>,
}

impl<AccountId, Balance> Round<AccountId, Balance> {
	/// A round of these versions of model and data set that nobody has committed to.
	pub fn new(model_version: u32, dataset_version: u32) -> Self {
		Self { model_version, dataset_version, commitments: Default::default(), seed: None, settled: None }
	}
}

/// What the settlement of a round found.
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
	/// What it committed to, see [`descent_protocol::commitment_hash`].
	pub hash: H256,
	/// What it put at stake.
	pub deposit: Balance,
	/// How it ended, once the round is settled.
	pub ending: Option<Ending<Balance>>,
}

/// How a commitment ended.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Ending<Balance> {
	/// In one word.
	pub outcome: Outcome,
	/// The score that 2/3 of the committee measured.
	pub measured: Option<Score>,
	/// What it was paid.
	pub reward: Balance,
	/// What it lost of its deposit.
	pub slashed: Balance,
}

/// A revealed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Reveal {
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// The claimed score.
	pub claim: Score,
	/// Where it can be had.
	pub providers: Providers,
}

/// What a member of a committee said.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Attestation {
	/// What it bound itself to, see [`descent_protocol::attestation_hash`].
	pub hash: H256,
	/// What it measured, once it has shown it.
	pub ballot: Option<Ballot>,
}

/// How far a group's rounds are settled.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Progress {
	/// How many rounds were settled.
	pub count: u32,
	/// The one that was settled last.
	pub last: RoundIndex,
}

/// The best checkpoint of one of a group's models so far.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Head<AccountId> {
	/// The round that it won.
	pub round: RoundIndex,
	/// The trainer who published it.
	pub account: AccountId,
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// The score that the committee measured.
	pub score: Score,
	/// On what it was measured.
	pub policy: EvaluationPolicy,
	/// The data set of that round: how many deltas make it.
	pub dataset_version: u32,
	/// Where it can be had.
	pub providers: Providers,
}

impl<AccountId> Head<AccountId> {
	/// Whether its score compares with those of a round with this policy and data set. A validation set stays the same
	/// whatever the data set; of training data, each version has its own.
	pub(crate) fn is_comparable(&self, policy: EvaluationPolicy, dataset_version: u32) -> bool {
		self.policy == policy
			&& match policy {
				EvaluationPolicy::Validation { .. } => true,
				EvaluationPolicy::Training { .. } => self.dataset_version == dataset_version,
			}
	}
}

/// The best score of a trainer's checkpoints of a model.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Best {
	/// The model: how many the group had before it.
	pub model_version: u32,
	/// The score.
	pub score: Score,
}

/// How a trainer has done in a group.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Standing<Balance> {
	/// Rounds committed to and settled.
	pub rounds: u32,
	/// Rounds won.
	pub wins: u32,
	/// The best score that the committee measured of its checkpoints of the newest model that it has trained.
	pub best: Option<Best>,
	/// What it was paid.
	pub earned: Balance,
	/// What it lost of its deposits.
	pub slashed: Balance,
}
