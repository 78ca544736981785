use crate::{
	migrations::DropTolerance, AmendmentOf, BalanceOf, Config, EndedCount, Event, Groups, Open, OpenOf,
	Pallet, Stakeholders, Stakes, TotalStake, ENDED_KEPT,
};
use alloc::{string::String, vec::Vec};
use descent_protocol::{
	majority,
	view::{
		Alarm, AmendmentEnding, AmendmentView, ChainEvent, Page, StakeView, UnstakingView, VoterView,
		VotersView,
	},
	AmendmentId, BlockNumber, GroupId, ProposalId,
};
use descent_support::{entries_from, scan};
use sp_core::crypto::AccountId32;
use sp_runtime::SaturatedConversion;

fn amount<T: Config>(balance: BalanceOf<T>) -> u128 {
	balance.saturated_into()
}

fn amendment_view<T: Config<AccountId: Into<AccountId32>>>(
	group: GroupId,
	contender: OpenOf<T>,
	amendment: AmendmentOf<T>,
	ending: Option<AmendmentEnding>,
) -> AmendmentView {
	AmendmentView {
		group,
		id: contender.id,
		proposer: amendment.proposer.into(),
		majority: majority(&amendment.changes),
		changes: amendment.changes.into_inner(),
		summary: String::from_utf8_lossy(&amendment.summary).into_owned(),
		deposit: amount::<T>(amendment.deposit),
		block: amendment.block,
		ayes: amount::<T>(contender.ayes),
		lost: contender.lost,
		ending,
	}
}

impl<T: Config> Pallet<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns a page of the amendments of a group: the open ones, then those that have ended last, the
	/// newest first of both.
	pub fn amendments(group: GroupId, page: Page) -> Vec<AmendmentView> {
		let open = Open::<T>::get(group).into_iter().rev();
		let close = Self::closes(group).unwrap_or(BlockNumber::MAX);
		let open = open.filter_map(|mut contender| {
			contender.ayes = Self::ayes_at(group, &contender, close).counted();
			let amendment = DropTolerance::<T>::amendment(group, contender.id)?;
			Some(amendment_view::<T>(group, contender, amendment, None))
		});
		let count = EndedCount::<T>::get(group);
		let ended = (1..=ENDED_KEPT).filter_map(|back| {
			let ended = DropTolerance::<T>::ended(group, count.wrapping_sub(back) % ENDED_KEPT)?;
			let view = amendment_view::<T>(group, ended.last, ended.amendment, Some(ended.ending));
			Some(view)
		});
		page.of(open.chain(ended))
	}

	/// Returns accounts that approve an open amendment, from the account `from` on, at most `limit` of them.
	/// `None` if the amendment is not open. Approvals are kept with the stakes of accounts: one read looks at
	/// a bounded number of those.
	pub fn voters(
		group: GroupId,
		amendment: AmendmentId,
		from: Option<T::AccountId>,
		limit: u32,
	) -> Option<VotersView> {
		Open::<T>::get(group).iter().any(|contender| contender.id == amendment).then_some(())?;
		let stakes = entries_from::<Stakes<T>, _, _, _>(group, from);
		let close = Self::closes(group).unwrap_or(BlockNumber::MAX);
		let (voters, next) = scan(stakes, limit, |account, ledger| {
			ledger.approvals.contains(&amendment).then(|| {
				let stake = Self::stake_at(group, account, ledger.active, close);
				VoterView {
					account: account.clone().into(),
					stake: amount::<T>(stake.all),
					pending: amount::<T>(stake.pending),
				}
			})
		});
		Some(VotersView { voters, next: next.map(Into::into) })
	}

	/// Returns all stake in a group that counts in its next close.
	pub fn counted_total(group: GroupId) -> BalanceOf<T> {
		Self::total_at(group, Self::closes(group).unwrap_or(BlockNumber::MAX)).counted()
	}

	/// Returns the stake and the votes of an account in a group. Its vote for a `delta` is kept with the data
	/// set, and passed on from there. `None` if there is no such group.
	pub fn stake_view(group: GroupId, account: T::AccountId, delta: Option<ProposalId>) -> Option<StakeView> {
		Groups::<T>::contains_key(group).then_some(())?;
		let ledger = Stakes::<T>::get(group, &account);
		let pending = <Self as Stakeholders<_, _>>::stake(group, &account).pending;
		let open = Open::<T>::get(group);
		let unstaking = ledger.unstaking.into_iter();
		let unstaking = unstaking.map(|(part, until)| UnstakingView { amount: amount::<T>(part), until });
		let approvals = ledger.approvals.into_iter();
		let approvals = approvals.filter(|id| open.iter().any(|contender| contender.id == *id));
		Some(StakeView {
			group,
			account: account.into(),
			stake: amount::<T>(ledger.active),
			pending: amount::<T>(pending),
			total: amount::<T>(TotalStake::<T>::get(group)),
			unstaking: unstaking.collect(),
			delta,
			amendments: approvals.collect(),
		})
	}
}

impl<T: Config> Event<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns the event as clients see it; `None` for events that are not about votes.
	pub fn view(self) -> Option<ChainEvent> {
		Some(match self {
			Self::Staked { group, account, stake, total }
			| Self::Unstaked { group, account, stake, total, .. } => ChainEvent::Staked {
				group,
				account: account.into(),
				stake: amount::<T>(stake),
				total: amount::<T>(total),
			},
			Self::AmendmentProposed { group, amendment, account } => {
				ChainEvent::AmendmentProposed { group, amendment, account: account.into() }
			}
			Self::AmendmentVoted { group, amendment, account, aye, stake } => ChainEvent::AmendmentVoted {
				group,
				amendment,
				account: account.into(),
				aye,
				stake: amount::<T>(stake),
			},
			Self::AmendmentEnded { group, amendment, ending } => {
				ChainEvent::AmendmentEnded { group, amendment, ending }
			}
			Self::AlarmMissing { group, close } => {
				ChainEvent::AlarmMissing { group, alarm: Alarm::PeriodClose { close } }
			}
			Self::PeriodClosed { group, next } => ChainEvent::PeriodClosed { group, next },
			_ => return None,
		})
	}
}
