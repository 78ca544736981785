//! The views of the runtime API, and the requests to evaluators.

use crate::{
	committee::Answers, recording::DrawnWork, BalanceOf, Commitment, CommitmentOf, Config, Event, Heads,
	Kept, Pallet, Reveal, Reveals, Rounds, StandingOf, Standings, Tallies, Unsettled,
};
use alloc::{string::String, vec::Vec};
use core::cmp::Reverse;
use descent_protocol::{
	addresses,
	evaluation::{CandidateSource, CheckpointSource, EvaluationRequest},
	rank, tally,
	view::{
		Alarm, CandidateView, ChainEvent, HeadView, MemberView, Page, RevealView, RoundSummary, RoundView,
		StandingView, WinnerView,
	},
	ContentRef, EvaluationPolicy, GroupId, Phase, Providers, RoundIndex, Score, Tally, Windows,
};
use frame_support::{traits::Get, BoundedVec};
use pallet_evaluators::{tasks::Committees, MemberGateways, Seat};
use pallet_groups::{DatasetLog, GroupRules, KeeperGateways, Rules, TestSets};
use sp_core::crypto::AccountId32;
use sp_runtime::SaturatedConversion;

/// Largest number of trainers that a leaderboard reads.
const MAX_STANDINGS: usize = 10_000;
/// Largest number of gateways of a committee that an evaluator is told of.
const MAX_PEERS: usize = 64;
/// Largest number of retired heads that are shown.
const MAX_RETIRED: usize = 100;

/// Returns the claims in commit order, `None` for a commitment that was not revealed.
pub(crate) fn claims(reveals: &[Option<Reveal>]) -> Vec<Option<Score>> {
	reveals.iter().map(|reveal| reveal.as_ref().map(|reveal| reveal.claim)).collect()
}

impl<T: Config> Pallet<T> {
	/// Returns the reveals of a round's commitments, in commit order.
	pub(crate) fn reveals(
		group: GroupId,
		round: RoundIndex,
		commitments: &[CommitmentOf<T>],
	) -> Vec<Option<Reveal>> {
		commitments.iter().map(|commitment| Reveals::<T>::get((group, round), &commitment.account)).collect()
	}

	/// Returns the windows of a round, or `None` if there is no such group, or the round lies beyond the last
	/// block number.
	pub fn windows(group: GroupId, round: RoundIndex) -> Option<Windows> {
		T::Groups::rules(group, round)?.clock.windows(round)
	}

	/// Returns the evaluation that the committee of a round has to make, seen from the end of a block. There
	/// is one from the last block of the reveal window until the round is settled, if at least one trainer
	/// has revealed.
	pub fn evaluation_request(group: GroupId, round: RoundIndex) -> Option<EvaluationRequest> {
		let rules = T::Groups::rules(group, round)?;
		let windows = rules.clock.windows(round)?;
		if Self::now().saturating_add(1) < windows.reveal.end {
			return None;
		}
		let entered = Rounds::<T>::get(group, round).filter(|round| round.settled.is_none())?;
		let reveals = Self::reveals(group, round, &entered.commitments);
		let places = rank(&claims(&reveals));
		let ranked: Vec<_> = places
			.iter()
			.filter_map(|place| {
				let place = *place;
				Some((&entered.commitments.get(place)?.account, reveals.get(place)?.as_ref()?))
			})
			.collect();
		let recipe = rules.optional_rules.recipe();
		let replays = match recipe {
			Some(_) => {
				let work = DrawnWork::of::<T>(recipe, &entered);
				let is_drawn = |place: &usize| work.as_ref().is_some_and(|work| work.has(*place));
				let drawn = (0..u8::MAX).zip(&places).filter(|(_, place)| is_drawn(place));
				let drawn = drawn.map(|(rank, _)| rank).collect();
				Some(Self::replays(group, round, &windows, &ranked, drawn)?)
			}
			None => None,
		};
		let candidates = ranked
			.iter()
			.map(|(_, reveal)| CandidateSource {
				checkpoint: reveal.checkpoint,
				providers: addresses(&reveal.providers),
				claim: reveal.claim,
			})
			.collect();
		let series = rules.policy.series();
		let test_set = series.and_then(|series| T::TestSets::source(series, group, round));
		let mut request = EvaluationRequest {
			genesis: Self::genesis(),
			group,
			round,
			model: rules.model,
			deltas: match rules.policy {
				EvaluationPolicy::Validation { .. } | EvaluationPolicy::Hidden { .. }
					if replays.is_none() =>
				{
					Vec::new()
				}
				_ => T::Dataset::deltas(group, entered.dataset_version),
			},
			metric: rules.metric,
			policy: if test_set.is_some() { rules.policy } else { rules.policy.without_hidden() },
			seed: entered.seed?,
			tolerance: (!Self::is_dithered(windows.seed)).then(|| T::Groups::tolerance(group, round)),
			peers: Vec::new(),
			providers: T::Keepers::behind(group, &rules.providers),
			head: Self::checkpoint_to_beat(group, entered.model_version, &rules).map(
				|(checkpoint, providers)| CheckpointSource { checkpoint, providers: addresses(&providers) },
			),
			fetch_ms: u64::from(rules.clock.attest).saturating_mul(T::BlockTime::get()) / 2,
			candidates,
			winners: rules.optional_rules.ranked_winners(),
			test_set,
			replays,
		};
		// A round that began with a tolerance is asked for as the evaluators of its time expect it.
		if request.tolerance.is_none() {
			request.peers = Self::peers(group, round);
		}
		Some(request)
	}

	/// Returns the head of a model, or else its pretrained checkpoint, if there is one.
	pub(crate) fn checkpoint_to_beat(
		group: GroupId,
		model_version: u32,
		rules: &Rules<BalanceOf<T>>,
	) -> Option<(ContentRef, Providers)> {
		let head = Heads::<T>::get(group, model_version).map(|head| (head.checkpoint, head.providers));
		head.or_else(|| Some((rules.optional_rules.pretrained()?, rules.providers.clone())))
	}

	/// Returns the gateways of a round's committee, sorted. A member finds its own among them.
	pub(crate) fn peers(group: GroupId, round: RoundIndex) -> Vec<String> {
		let seats = T::Committees::seats(&Self::task(group, round));
		T::Gateways::addresses(&seats, MAX_PEERS)
	}
}

impl<T: Config> Pallet<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns a round as clients see it, or `None` if there is no such group, or the round lies beyond the
	/// last block number. A round without commitments counts as settled once its windows are over.
	pub fn round_view(group: GroupId, round: RoundIndex) -> Option<RoundView> {
		let rules = T::Groups::rules(group, round)?;
		let windows = rules.clock.windows(round)?;
		let phase = windows.phase(Self::now());
		let dithered = Self::is_dithered(windows.seed);
		let entered = Self::round_of(group, round, rules.model_version);
		let winner = entered.winner().map(|commitment| commitment.account.clone().into());
		Some(RoundView {
			group,
			round,
			phase,
			windows,
			model_version: entered.model_version,
			dataset_version: entered.dataset_version,
			minimum_improvement: rules.minimum_improvement,
			seed: Self::seed_of(group, round),
			dithered,
			settled: phase == Phase::Settle && !Unsettled::<T>::get(group).contains(&round),
			baseline: entered.settled.and_then(|settled| settled.baseline),
			winner,
			candidates: Self::candidate_views(
				group,
				round,
				entered.commitments.into_inner(),
				Self::is_hidden(group, round, &rules.policy),
			),
			committee: Self::committee_view(group, round),
			block: Self::now(),
		})
	}

	fn candidate_views(
		group: GroupId,
		round: RoundIndex,
		commitments: Vec<CommitmentOf<T>>,
		is_hidden: bool,
	) -> Vec<CandidateView> {
		let reveals = Self::reveals(group, round, &commitments);
		let ranked = rank(&claims(&reveals));
		// A settled round has the tallies that it was settled by.
		let kept = Tallies::<T>::get((group, round)).map(BoundedVec::into_inner);
		let seats = T::Committees::seats(&Self::task(group, round));
		let is_open = seats.iter().any(|seat| seat.answer.is_some());
		let committee = Answers::of(&seats, is_hidden).ballots;
		let counted = |rank: usize| match &kept {
			Some(tallies) => Some(tallies.get(rank).copied().unwrap_or_default()),
			None => is_open.then(|| tally(&committee, rank)),
		};
		let views = commitments.into_iter().zip(reveals).enumerate();
		views
			.map(|(place, (commitment, reveal))| {
				let rank = ranked.iter().position(|ranked| *ranked == place);
				let tally = rank.and_then(counted);
				candidate_view::<T>(commitment, reveal, tally)
			})
			.collect()
	}

	fn committee_view(group: GroupId, round: RoundIndex) -> Vec<MemberView> {
		let seats = T::Committees::seats(&Self::task(group, round)).into_iter();
		let view = |seat: Seat<T::AccountId>| MemberView {
			account: seat.member.account.into(),
			attested: seat.attested,
			opened: seat.answer.is_some(),
		};
		seats.map(view).collect()
	}

	/// Returns the settled rounds that are kept from number `from` on, in the order of their numbers, at most
	/// `limit` of them. Rounds without commitments are not among them.
	pub fn history(group: GroupId, from: RoundIndex, limit: u32) -> Vec<RoundSummary> {
		let mut kept: Vec<_> = Kept::<T>::iter_prefix_values(group).filter(|round| *round >= from).collect();
		kept.sort_unstable();
		kept.truncate(limit.saturated_into());
		kept.into_iter().filter_map(|round| Self::summary(group, round)).collect()
	}

	fn summary(group: GroupId, round: RoundIndex) -> Option<RoundSummary> {
		let entered = Rounds::<T>::get(group, round)?;
		let settled = entered.settled?;
		let reveals = Self::reveals(group, round, &entered.commitments);
		let winner = entered.winner().and_then(|commitment| {
			let ending = commitment.ending?;
			Some(WinnerView {
				account: commitment.account.clone().into(),
				checkpoint: Reveals::<T>::get((group, round), &commitment.account)?.checkpoint,
				score: ending.measured?,
				reward: ending.reward.saturated_into(),
			})
		});
		Some(RoundSummary {
			round,
			model_version: entered.model_version,
			dataset_version: entered.dataset_version,
			commitments: entered.commitments.len().saturated_into(),
			reveals: reveals.iter().flatten().count().saturated_into(),
			baseline: settled.baseline,
			winner,
		})
	}

	/// Returns the best checkpoint so far of the model that is trained now: in the round that takes
	/// commitments, or else in the next one.
	pub fn head_view(group: GroupId) -> Option<HeadView> {
		Self::head_of(group, Self::model_version(group)?)
	}

	/// Returns a page of the best checkpoints of the models that the group trained before, the last model's
	/// first.
	pub fn retired_heads(group: GroupId, page: Page) -> Vec<HeadView> {
		let trained = Self::model_version(group).unwrap_or_default();
		let models = (0..trained).rev().take(MAX_RETIRED);
		page.of(models.filter_map(|model_version| Self::head_of(group, model_version)))
	}

	/// Returns the version of the model that is trained now.
	fn model_version(group: GroupId) -> Option<u32> {
		let round = T::Groups::current_round(group, Self::now())?;
		T::Groups::rules(group, round).map(|rules| rules.model_version)
	}

	fn head_of(group: GroupId, model_version: u32) -> Option<HeadView> {
		Heads::<T>::get(group, model_version).map(|head| {
			let measured_on = Some(head.measured());
			HeadView {
				model_version,
				round: head.round,
				account: head.account.into(),
				checkpoint: head.checkpoint,
				score: head.score,
				measured_on,
				providers: addresses(&head.providers),
			}
		})
	}

	/// Returns a page of the standings of a group's trainers, sorted by most wins, then by the best score of
	/// the model that the group trains now, then by account. All of them are read to be sorted.
	pub fn standings(group: GroupId, page: Page) -> Vec<StandingView> {
		let model = Self::model_version(group);
		let mut standings: Vec<_> = Standings::<T>::iter_prefix(group)
			.take(MAX_STANDINGS)
			.map(|(account, standing)| {
				let best =
					standing.best.filter(|best| Some(best.model_version) == model).map(|best| best.score);
				let account: AccountId32 = account.into();
				((Reverse(standing.wins), best.unwrap_or(Score(u64::MAX)), account), best, standing)
			})
			.collect();
		standings.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
		let view = |((Reverse(wins), _, account), best, standing): (_, _, StandingOf<T>)| StandingView {
			account,
			rounds: standing.rounds,
			wins,
			best,
			earned: standing.earned.saturated_into(),
			slashed: standing.slashed.saturated_into(),
		};
		page.of(standings).into_iter().map(view).collect()
	}
}

impl<T: Config> Event<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns the event as clients see it.
	pub fn view(self) -> Option<ChainEvent> {
		Some(match self {
			Self::Committed { group, round, account } => {
				ChainEvent::Committed { group, round, account: account.into() }
			}
			Self::Displaced { group, round, account } => {
				ChainEvent::Displaced { group, round, account: account.into() }
			}
			Self::Revealed { group, round, account, checkpoint, claim } => {
				ChainEvent::Revealed { group, round, account: account.into(), checkpoint, claim }
			}
			Self::Attested { group, round, member } => ChainEvent::Attested { group, round, member },
			Self::Opened { group, round, member } => ChainEvent::Opened { group, round, member },
			Self::Ended { group, round, account, outcome, measured, reward, slashed } => ChainEvent::Ended {
				group,
				round,
				account: account.into(),
				outcome,
				measured,
				reward: reward.saturated_into(),
				slashed: slashed.saturated_into(),
			},
			Self::Settled { group, round, winner, score, baseline } => {
				ChainEvent::Settled { group, round, winner: winner.map(Into::into), score, baseline }
			}
			Self::AlarmMissing { group, round } => {
				ChainEvent::AlarmMissing { group, alarm: Alarm::Settlement { round } }
			}
			Self::__Ignore(..) => return None,
		})
	}
}

fn candidate_view<T: Config>(
	commitment: CommitmentOf<T>,
	reveal: Option<Reveal>,
	tally: Option<Tally>,
) -> CandidateView
where
	T::AccountId: Into<AccountId32>,
{
	let Commitment { account, hash, deposit, ending } = commitment;
	CandidateView {
		account: account.into(),
		commitment: hash,
		deposit: deposit.saturated_into(),
		reveal: reveal.map(|reveal| RevealView {
			checkpoint: reveal.checkpoint,
			claim: reveal.claim,
			providers: addresses(&reveal.providers),
		}),
		measured: ending.and_then(|ending| ending.measured),
		tally,
		outcome: ending.map(|ending| ending.outcome),
		reward: ending.map(|ending| ending.reward.saturated_into()).unwrap_or_default(),
		slashed: ending.map(|ending| ending.slashed.saturated_into()).unwrap_or_default(),
	}
}
