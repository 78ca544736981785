//! Motions of the technical committee, and the state of their votes.

use anyhow::{Context, Result};
use descent_client::H256;
use descent_protocol::view::{GovernanceView, MotionView};

/// The motion with this hash.
pub(super) fn motion(governance: &GovernanceView, hash: H256) -> Result<&MotionView> {
	let motion = governance.motions.iter().find(|motion| motion.hash == hash);
	motion.with_context(|| {
		format!(
			"no motion {hash:?} is open; it may be closed already: descent governance show lists those that \
			 are"
		)
	})
}

/// The state of the votes on a motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
	/// The motion has the ayes that it takes.
	Approved,
	/// The motion can't get enough ayes any more.
	Rejected,
	/// The motion may still get enough ayes.
	Open,
}

/// The state of the votes on a motion in a committee of so many members.
pub(super) fn status(motion: &MotionView, members: usize) -> Status {
	let threshold = usize::try_from(motion.threshold).unwrap_or(usize::MAX);
	if motion.ayes.len() >= threshold {
		return Status::Approved;
	}
	if members.saturating_sub(motion.nays.len()) < threshold {
		return Status::Rejected;
	}
	Status::Open
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use descent_client::{AccountId, UNIT};

	pub(crate) fn governance() -> GovernanceView {
		let account = |number| AccountId::new([number; 32]);
		GovernanceView {
			members: vec![account(1), account(2), account(3)],
			motions: vec![MotionView {
				hash: H256::repeat_byte(7),
				index: 4,
				call: vec![1, 2, 3],
				summary: "system.authorize_upgrade\u{7}".into(),
				threshold: 2,
				ayes: vec![account(1)],
				nays: vec![],
				end: 120,
			}],
			treasury: 5 * UNIT,
			authorized_upgrade: None,
			spec_version: 2,
		}
	}

	#[test]
	fn motions_are_found_by_their_hash() {
		let governance = governance();
		assert_eq!(motion(&governance, H256::repeat_byte(7)).unwrap().index, 4);
		let error = motion(&governance, H256::zero()).unwrap_err().to_string();
		assert!(error.contains("descent governance show"), "{error}");
	}

	#[test]
	fn a_motion_is_decided_when_no_vote_can_change_it() {
		let mut view = governance().motions.remove(0);
		assert_eq!(status(&view, 3), Status::Open);
		view.nays = vec![AccountId::new([2; 32])];
		assert_eq!(status(&view, 3), Status::Open);
		view.nays.push(AccountId::new([3; 32]));
		assert_eq!(status(&view, 3), Status::Rejected);
		view.nays.pop();
		view.ayes.push(AccountId::new([3; 32]));
		assert_eq!(status(&view, 3), Status::Approved);
	}
}
