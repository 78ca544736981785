//! The views of the runtime API.

use crate::{Check, CheckCount, Config, Event, KeeperOf, Keepers, KeptContent, OpenChecks, Pallet};
use alloc::{string::String, vec::Vec};
use descent_protocol::{
	addresses,
	view::{ChainEvent, CustodyCheckView, CustodyView, KeeperView, KeptView, Page},
	GroupId, TaskWindows,
};
use frame_support::traits::Get;
use pallet_groups::{KeeperGateways, KeeperRewards};
use sp_core::crypto::AccountId32;
use sp_runtime::SaturatedConversion;

impl Check {
	fn view<T: Config>(&self) -> CustodyCheckView {
		let TaskWindows { attest, open } = self.windows::<T>();
		CustodyCheckView { number: self.number, attest, open }
	}
}

impl<T: Config> Pallet<T> {
	/// Returns a page of what the keepers of a group keep.
	pub fn kept_content(group: GroupId, page: Page) -> Vec<KeptView> {
		let mark = T::Content::mark(group);
		page.of(mark.map(|mark| T::Content::kept(group, &mark)).unwrap_or_default())
	}
}

impl<T: Config> KeeperGateways for Pallet<T> {
	/// One for each keeper: a list of all would let a few keepers fill it.
	fn gateways(group: GroupId) -> Vec<String> {
		let mut keepers = Keepers::<T>::get(group).into_inner();
		keepers.sort_by_key(|keeper| keeper.missed);
		keepers.into_iter().filter_map(|keeper| addresses(&keeper.providers).into_iter().next()).collect()
	}
}

impl<T: Config> Pallet<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns the keepers of a group, and the check that goes on; `None` if there is no such group.
	pub fn custody_view(group: GroupId) -> Option<CustodyView> {
		let least = Self::least_for_check(group)?.saturated_into();
		let view = |keeper: KeeperOf<T>| KeeperView {
			account: keeper.account.into(),
			deposit: keeper.deposit.saturated_into(),
			providers: addresses(&keeper.providers),
			since: keeper.since,
			missed: keeper.missed,
			leaving: keeper.leaving,
		};
		Some(CustodyView {
			group,
			keepers: Keepers::<T>::get(group).into_iter().map(view).collect(),
			checks: CheckCount::<T>::get(group),
			check: OpenChecks::<T>::get(group).map(|check| check.view::<T>()),
			due: T::Rewards::due(group).saturated_into(),
			least,
			deposit: T::MinimumDeposit::get().saturated_into(),
		})
	}
}

impl<T: Config> Event<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns the event as clients see it.
	pub fn view(self) -> Option<ChainEvent> {
		Some(match self {
			Self::KeeperJoined { group, account, deposit } => {
				ChainEvent::KeeperJoined { group, account: account.into(), deposit: deposit.saturated_into() }
			}
			Self::KeeperLeft { group, account, returned } => {
				ChainEvent::KeeperLeft { group, account: account.into(), returned: returned.saturated_into() }
			}
			Self::KeeperDisplaced { group, account } => {
				ChainEvent::KeeperDisplaced { group, account: account.into() }
			}
			Self::CheckOpened { group, check } => ChainEvent::CustodyCheckOpened { group, check },
			Self::CheckMissed { group, check, account, missed } => {
				ChainEvent::CustodyCheckMissed { group, check, account: account.into(), missed }
			}
			Self::KeeperSlashed { group, account, slashed } => ChainEvent::KeeperSlashed {
				group,
				account: account.into(),
				slashed: slashed.saturated_into(),
			},
			Self::Checked { group, check, served, each } => {
				ChainEvent::CustodyChecked { group, check, served, each: each.saturated_into() }
			}
			Self::AlarmMissing { .. } | Self::__Ignore(..) => return None,
		})
	}
}
