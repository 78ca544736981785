/// At least two thirds of the committee.
pub(crate) fn is_quorum(members: usize, committee: usize) -> bool {
	members > 0 && members.saturating_mul(3) >= committee.saturating_mul(2)
}

/// More than one third of the committee.
pub(crate) fn is_veto(members: usize, committee: usize) -> bool {
	members.saturating_mul(3) > committee
}
