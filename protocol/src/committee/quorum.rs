use alloc::collections::BTreeMap;

/// Returns true for at least two thirds of the committee.
pub(crate) fn is_quorum(members: usize, committee: usize) -> bool {
	members > 0 && members.saturating_mul(3) >= committee.saturating_mul(2)
}

/// Returns true for more than one third of the committee.
pub(crate) fn is_veto(members: usize, committee: usize) -> bool {
	members.saturating_mul(3) > committee
}

/// The answer that most members give, and their number. Of several equally frequent ones it is any: none of
/// them has a quorum.
pub(crate) fn most_frequent<T: Ord>(answers: impl Iterator<Item = T>) -> Option<(T, usize)> {
	let mut counts = BTreeMap::<T, usize>::new();
	for answer in answers {
		let count = counts.entry(answer).or_default();
		*count = count.saturating_add(1);
	}
	counts.into_iter().max_by_key(|(_, count)| *count)
}

/// The answer that at least two thirds of the committee give.
pub(crate) fn agreed<T: Ord>(answers: impl Iterator<Item = T>, committee: usize) -> Option<T> {
	most_frequent(answers).filter(|(_, count)| is_quorum(*count, committee)).map(|(answer, _)| answer)
}
