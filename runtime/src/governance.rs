//! The view of the chain's governance.

use crate::{AccountId, Balances, BlockNumber, Hash, Runtime, System, Treasury, VERSION};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use descent_protocol::view::{GovernanceView, MotionView};
use pallet_collective::Instance1;

mod describe;

/// Returns the technical committee, its motions, the treasury and the authorized upgrade.
pub(crate) fn governance() -> GovernanceView {
	GovernanceView {
		members: pallet_collective::Members::<Runtime, Instance1>::get(),
		motions: pallet_collective::Proposals::<Runtime, Instance1>::get()
			.into_iter()
			.filter_map(motion)
			.collect(),
		treasury: Balances::free_balance(Treasury::account_id()),
		authorized_upgrade: System::authorized_upgrade().and_then(code_hash),
		spec_version: VERSION.spec_version,
	}
}

fn motion(hash: Hash) -> Option<MotionView> {
	/// The encoding of the collective's votes, whose fields are private.
	type Votes = (u32, u32, Vec<AccountId>, Vec<AccountId>, BlockNumber);

	let call = pallet_collective::ProposalOf::<Runtime, Instance1>::get(hash)?;
	let votes = pallet_collective::Voting::<Runtime, Instance1>::get(hash)?.encode();
	let (index, threshold, ayes, nays, end) = Votes::decode(&mut &votes[..]).ok()?;
	Some(MotionView {
		hash,
		index,
		summary: describe::summary(&call),
		call: call.encode(),
		threshold,
		ayes,
		nays,
		end,
	})
}

/// Returns the code's hash, which comes first in the encoding of an authorized upgrade.
fn code_hash(upgrade: impl Encode) -> Option<Hash> {
	Hash::decode(&mut &upgrade.encode()[..]).ok()
}
