use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use descent_protocol::{
	BlockNumber, Clock, ContentRef, EvaluationPolicy, GroupId, Metric, MAX_NAME_LENGTH, MAX_PROVIDERS,
	MAX_PROVIDER_LENGTH,
};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_core::H256;

/// The most deltas that make up a group's data set.
pub const MAX_DELTAS: u32 = 64;

/// A group's name, in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME_LENGTH>>;

/// Base addresses of gateways that serve content, in UTF-8.
pub type Providers = BoundedVec<BoundedVec<u8, ConstU32<MAX_PROVIDER_LENGTH>>, ConstU32<MAX_PROVIDERS>>;

/// Whether bytes can be shown to people: a text in UTF-8 without control characters, which would reach into the terminals
/// of those who list groups.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
	core::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty() && !text.chars().any(char::is_control))
}

/// Whether every provider can be shown and tried: none is empty, not UTF-8, or has white space or control characters.
pub fn are_addresses(providers: &Providers) -> bool {
	providers
		.iter()
		.all(|provider| is_text(provider) && !provider.iter().any(u8::is_ascii_whitespace))
}

/// What a group is created from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct NewGroup<Balance> {
	/// Its name.
	pub name: Name,
	/// The model description.
	pub model: ContentRef,
	/// The data set: the first delta of its log.
	pub dataset: ContentRef,
	/// Where model and data can be had.
	pub providers: Providers,
	/// What is to be lowered.
	pub metric: Metric,
	/// On what it is measured.
	pub policy: EvaluationPolicy,
	/// How far a measured score may be from its claim, in micro-units.
	pub tolerance: u64,
	/// How much a candidate has to be better than the head, in micro-units.
	pub minimum_improvement: u64,
	/// The lengths of its rounds. A start that is not in the future becomes the next block.
	pub clock: Clock,
	/// The smallest deposit of a commitment.
	pub deposit: Balance,
}

/// A group as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Group<AccountId, Balance> {
	/// Who created it.
	pub owner: AccountId,
	/// What is held of the owner's balance for it.
	pub held: Balance,
	/// Its name.
	pub name: Name,
	/// The root of the data set's log, see [`descent_protocol::dataset_root`].
	pub dataset_root: H256,
	/// The rules of its rounds.
	pub rules: Rules<Balance>,
}

/// What a round of a group is played by.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Rules<Balance> {
	/// The model description.
	pub model: ContentRef,
	/// The deltas of the data set, oldest first.
	pub deltas: BoundedVec<ContentRef, ConstU32<MAX_DELTAS>>,
	/// Where model and data can be had.
	pub providers: Providers,
	/// What is to be lowered.
	pub metric: Metric,
	/// On what it is measured.
	pub policy: EvaluationPolicy,
	/// How far a measured score may be from its claim, in micro-units.
	pub tolerance: u64,
	/// How much a candidate has to be better than the head, in micro-units.
	pub minimum_improvement: u64,
	/// The lengths of its rounds.
	pub clock: Clock,
	/// The smallest deposit of a commitment.
	pub deposit: Balance,
}

/// What rounds need to know of groups.
pub trait GroupRules<Balance> {
	/// The rules of a group; `None` where there is no such group.
	fn rules(group: GroupId) -> Option<Rules<Balance>>;

	/// The longest reveal window of any group, in blocks.
	fn longest_reveal() -> BlockNumber;

	/// Puts a group with this clock and commitment deposit into storage, unchecked.
	#[cfg(feature = "runtime-benchmarks")]
	fn put_group(clock: Clock, deposit: Balance) -> GroupId;
}
