use alloc::{collections::BTreeMap, vec::Vec};

/// The fewest members of which one may fail, as `n >= 3f + 1` demands. A smaller committee refutes nobody for
/// being unavailable, and none of its members is ever found false: one member could do that to everybody.
pub const SMALLEST_TOLERANT: usize = 4;

/// A member of a committee, as its answer counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighted<Answer> {
	/// The member's weight: its number of seats, or its bond where everybody has a seat.
	pub weight: u64,
	/// The answer, if the member has opened one.
	pub answer: Option<Answer>,
}

/// The weight of a whole committee.
pub(crate) fn total<Answer>(committee: &[Weighted<Answer>]) -> u64 {
	committee.iter().fold(0, |sum, member| sum.saturating_add(member.weight))
}

/// The answers that were opened, with their weights.
pub(crate) fn opened<Answer>(committee: &[Weighted<Answer>]) -> impl Iterator<Item = (&Answer, u64)> {
	committee.iter().filter_map(|member| Some((member.answer.as_ref()?, member.weight)))
}

/// Returns true for at least two thirds of the committee's weight.
pub fn is_quorum(weight: u64, committee: u64) -> bool {
	weight > 0 && u128::from(weight).saturating_mul(3) >= u128::from(committee).saturating_mul(2)
}

/// Returns true for more than one third of the committee's weight.
pub fn is_veto(weight: u64, committee: u64) -> bool {
	u128::from(weight).saturating_mul(3) > u128::from(committee)
}

/// The weight behind each answer.
pub(crate) fn weigh<T: Ord>(answers: impl Iterator<Item = (T, u64)>) -> Vec<(T, u64)> {
	let mut weights = BTreeMap::<T, u64>::new();
	for (answer, weight) in answers {
		let sum = weights.entry(answer).or_default();
		*sum = sum.saturating_add(weight);
	}
	weights.into_iter().collect()
}

/// The answer with most weight behind it, and that weight. Of several with equal weights it is any: none of
/// them has a quorum.
pub(crate) fn heaviest<T: Ord>(answers: impl Iterator<Item = (T, u64)>) -> Option<(T, u64)> {
	weigh(answers).into_iter().max_by_key(|(_, weight)| *weight)
}

/// The answer of at least two thirds of the committee.
pub(crate) fn agreed<T: Ord>(answers: impl Iterator<Item = (T, u64)>, committee: u64) -> Option<T> {
	heaviest(answers).filter(|(_, weight)| is_quorum(*weight, committee)).map(|(answer, _)| answer)
}
