//! The views of the runtime API, and the requests to evaluators.

use crate::{
	Check, Config, Ended, EndedCount, Event, Log, LogEntry, OpenChecks, Pallet, ProposalOf, Proposals, Votes,
	MAX_ENDED,
};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use descent_protocol::{
	addresses,
	evaluation::{CheckRequest, DeltaSource},
	view::{ChainEvent, CheckView, LogEntryView, Page, ProposalEnding, ProposalView, VoterView, VotersView},
	BlockNumber, DeltaVerdict, GroupId, ProposalId, TaskId,
};
use descent_support::{entries_from, scan};
use frame_support::traits::Get;
use pallet_evaluators::tasks::Committees;
use pallet_groups::{DatasetLog, GroupRules, KeeperGateways, Stakeholders};
use sp_core::crypto::AccountId32;
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Returns the check of an open proposal that the committee has to make in the attest window that
	/// contains a block, or `None` if no attest window does.
	pub fn check_request(group: GroupId, proposal: ProposalId, block: BlockNumber) -> Option<CheckRequest> {
		let check = OpenChecks::<T>::get(group, proposal)?;
		let phase = check.phase(block).filter(|phase| phase.is_attesting)?;
		let blocks = phase.window.end.saturating_sub(phase.window.start);
		let proposed = Proposals::<T>::get(group, proposal)?;
		let rules = T::Groups::rules(group, T::Groups::boundary(group)?)?;
		Some(CheckRequest {
			genesis: Self::genesis(),
			group,
			proposal,
			attempt: phase.attempt,
			version: check.version,
			model: check.model,
			providers: T::Keepers::behind(group, &rules.providers),
			deltas: Self::deltas(group, check.version),
			proposed: DeltaSource { delta: proposed.delta, providers: addresses(&proposed.providers) },
			fetch_ms: u64::from(blocks).saturating_mul(T::BlockTime::get()) / 2,
		})
	}
}

impl<T: Config> Pallet<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns the log of a group's data set from a version on, `limit` entries at most.
	pub fn log(group: GroupId, from: u32, limit: u32) -> Vec<LogEntryView> {
		let from = from.max(1);
		let entries = (from..from.saturating_add(limit)).map_while(|version| {
			let entry = Log::<T>::get(group, version)?;
			Some(entry_view(version, entry))
		});
		entries.collect()
	}

	/// Returns a page of the proposals of a group: the open ones in order, then the ended ones, the last one
	/// first.
	pub fn proposals(group: GroupId, page: Page) -> Vec<ProposalView> {
		let open = Self::open_proposals(group).into_iter().map(|(id, mut proposal)| {
			let check =
				OpenChecks::<T>::get(group, id).map(|check| Self::check_view(group, id, &proposal, &check));
			proposal.ayes = Self::ayes(group, id, &proposal).counted();
			proposal_view::<T>(group, id, proposal, check, None)
		});
		let count = EndedCount::<T>::get(group);
		let ended = (count.saturating_sub(MAX_ENDED)..count).rev();
		let ended = ended
			.filter_map(|count| Ended::<T>::get(group, Self::slot_of(count)))
			.map(|ended| proposal_view::<T>(group, ended.id, ended.proposal, None, Some(ended.ending)));
		page.of(open.chain(ended))
	}

	/// Returns accounts that vote for an open proposal, from the account `from` on, at most `limit` of them.
	/// `None` if the proposal is not open. Votes are kept by account, for this proposal or another: one read
	/// looks at a bounded number of them.
	pub fn voters(
		group: GroupId,
		id: ProposalId,
		from: Option<T::AccountId>,
		limit: u32,
	) -> Option<VotersView> {
		Proposals::<T>::contains_key(group, id).then_some(())?;
		let votes = entries_from::<Votes<T>, _, _, _>(group, from);
		let (voters, next) = scan(votes, limit, |account, voted| {
			(voted == id).then(|| {
				let stake = T::Groups::stake(group, account);
				VoterView {
					account: account.clone().into(),
					stake: stake.all.saturated_into(),
					pending: stake.pending.saturated_into(),
				}
			})
		});
		Some(VotersView { voters, next: next.map(Into::into) })
	}

	/// Returns the state of a check, seen from the end of the block.
	fn check_view(group: GroupId, id: ProposalId, proposal: &ProposalOf<T>, check: &Check) -> CheckView {
		let phase = check.phase(Self::now().saturating_add(1));
		let attempt = phase.as_ref().map_or(check.attempt, |phase| phase.attempt);
		let task = TaskId::Delta { group, proposal: id, version: check.version, attempt };
		let seats = T::Committees::seats(&task);
		let committee = seats.len().saturated_into();
		let mut verdicts = BTreeMap::<DeltaVerdict, u32>::new();
		for verdict in seats.into_iter().filter_map(|seat| seat.answer?.verdict()) {
			let members = verdicts.entry(verdict).or_default();
			*members = members.saturating_add(1);
		}
		CheckView {
			version: check.version,
			attempt: phase.as_ref().map(|phase| phase.attempt),
			until: phase.map(|phase| phase.window.end),
			decided: proposal.report_on(check.version, &check.model).map(DeltaVerdict::Valid),
			verdicts: verdicts.into_iter().collect(),
			committee,
		}
	}
}

fn entry_view<AccountId: Into<AccountId32>>(version: u32, entry: LogEntry<AccountId>) -> LogEntryView {
	LogEntryView {
		version,
		delta: entry.delta,
		providers: addresses(&entry.providers),
		root: entry.root,
		from: entry.from,
		report: entry.report,
		proposer: entry.proposer.into(),
		block: entry.block,
	}
}

fn proposal_view<T: Config>(
	group: GroupId,
	id: ProposalId,
	proposal: ProposalOf<T>,
	check: Option<CheckView>,
	ending: Option<ProposalEnding>,
) -> ProposalView
where
	T::AccountId: Into<AccountId32>,
{
	ProposalView {
		group,
		id,
		proposer: proposal.proposer.into(),
		delta: proposal.delta,
		providers: addresses(&proposal.providers),
		summary: String::from_utf8_lossy(&proposal.summary).into_owned(),
		deposit: proposal.deposit.saturated_into(),
		base: proposal.base,
		block: proposal.block,
		ayes: proposal.ayes.saturated_into(),
		lost: proposal.lost,
		check,
		ending,
	}
}

impl<T: Config> Event<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns the event as clients see it, or `None` if clients do not see it.
	pub fn view(self) -> Option<ChainEvent> {
		Some(match self {
			Self::Proposed { group, proposal, account, delta } => {
				ChainEvent::Proposed { group, proposal, account: account.into(), delta }
			}
			Self::Voted { group, account, proposal, stake } => {
				ChainEvent::Voted { group, account: account.into(), proposal, stake: stake.saturated_into() }
			}
			Self::Checked { group, proposal, version, verdict } => {
				ChainEvent::Checked { group, proposal, version, verdict }
			}
			Self::ProposalEnded { group, proposal, account, ending, reward, slashed } => {
				ChainEvent::ProposalEnded {
					group,
					proposal,
					account: account.into(),
					ending,
					reward: reward.saturated_into(),
					slashed: slashed.saturated_into(),
				}
			}
			Self::Announced { .. }
			| Self::Forfeited { .. }
			| Self::Attested { .. }
			| Self::Opened { .. }
			| Self::AlarmMissing { .. }
			| Self::__Ignore(..) => return None,
		})
	}
}
