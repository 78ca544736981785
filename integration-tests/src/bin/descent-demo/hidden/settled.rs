//! A settled round: the places of its trainers, what each was paid, and what the order paid.

use crate::names::Names;
use anyhow::{ensure, Context, Result};
use descent_client::{format_amount, AccountId, H256};
use descent_protocol::{
	divide_reward,
	view::{CandidateView, RoundView},
	BlockNumber, Outcome, RoundIndex, Score, Shares,
};
use serde::{Serialize, Serializer};
use std::fmt;

/// The key of a round's test set.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Key {
	/// Round that is measured on the set.
	pub(super) round: RoundIndex,
	/// Place of the set in the series.
	pub(super) set: u16,
	/// Block that released the key.
	#[serde(rename = "released_in")]
	pub(super) block: BlockNumber,
}

/// A trainer that has committed in a round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Entrant {
	pub(super) account: AccountId,
	pub(super) name: String,
	/// Place among the winners, from 1.
	pub(super) place: Option<usize>,
	/// Claimed score; `None` if the checkpoint was not revealed.
	claim: Option<Score>,
	/// Score that the committee measured, if it looked at the checkpoint.
	measured: Option<Score>,
	outcome: Outcome,
	#[serde(serialize_with = "in_neurons")]
	pub(super) reward: u128,
}

/// The payment of the client's order for a round.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Payment {
	/// Improvement that is paid for.
	pub(super) gain: Score,
	#[serde(serialize_with = "in_neurons")]
	pub(super) paid: u128,
	/// Rest of the order.
	#[serde(serialize_with = "in_neurons")]
	pub(super) left: u128,
	/// Best score that was paid for.
	pub(super) mark: Score,
}

/// A settled round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SettledRound {
	#[serde(flatten)]
	pub(super) key: Key,
	/// Block that settled the round.
	pub(super) block: BlockNumber,
	/// Hash of that block.
	pub(super) hash: H256,
	/// Score of the head on the round's records, if there was a head.
	baseline: Option<Score>,
	/// The trainers, winners first, in the order of their claims.
	pub(super) entrants: Vec<Entrant>,
	pub(super) order: Payment,
}

impl SettledRound {
	/// Reads a round as it stood when this block had settled it.
	///
	/// # Errors
	/// Fails if a trainer lost money, or if the reward was not divided by the places.
	pub(super) fn read(
		view: &RoundView,
		(block, hash): (BlockNumber, H256),
		key: Key,
		order: Payment,
		shares: Shares,
		names: &Names,
	) -> Result<Self> {
		let mut candidates: Vec<&CandidateView> = view.candidates.iter().collect();
		let claim = |candidate: &CandidateView| candidate.reveal.as_ref().map(|reveal| reveal.claim);
		candidates.sort_by_key(|candidate| {
			let claim = claim(candidate);
			(!is_winner(candidate), claim.is_none(), claim)
		});
		let mut entrants = Vec::new();
		for (index, candidate) in candidates.into_iter().enumerate() {
			let CandidateView { account, measured, outcome, reward, slashed, .. } = candidate;
			let name = names.of(account);
			let outcome = outcome.with_context(|| format!("{name} has no outcome in a settled round"))?;
			let lost = format_amount(*slashed);
			ensure!(*slashed == 0, "{name} lost {lost} in round {}: {outcome}", view.round);
			entrants.push(Entrant {
				account: account.clone(),
				name,
				place: is_winner(candidate).then_some(index + 1),
				claim: claim(candidate),
				measured: *measured,
				outcome,
				reward: *reward,
			});
		}
		let round = Self { key, block, hash, baseline: view.baseline, entrants, order };
		round.check(shares)?;
		Ok(round)
	}

	/// Checks that each winner has its part of the reward, and that the order's money is in it.
	fn check(&self, shares: Shares) -> Result<()> {
		let round = self.key.round;
		let rewards: Vec<u128> = self.winners().map(|winner| winner.reward).collect();
		let total = self.reward();
		ensure!(
			rewards == divide_reward(total, rewards.len()),
			"the reward of round {round} was not divided by the places: {rewards:?}"
		);
		let ordered = shares.split(self.order.paid).winner;
		ensure!(
			total >= ordered,
			"the winners of round {round} got {total}, but the order paid them {ordered}"
		);
		Ok(())
	}

	/// The winners, the best first.
	pub(super) fn winners(&self) -> impl Iterator<Item = &Entrant> {
		self.entrants.iter().filter(|entrant| entrant.place.is_some())
	}

	/// Total of what trainers were paid.
	pub(super) fn reward(&self) -> u128 {
		self.entrants.iter().map(|entrant| entrant.reward).sum()
	}

	/// Returns the round in words, in a group with these shares.
	pub(super) fn lines(&self, shares: Shares) -> Vec<String> {
		let Self { key, block, order, .. } = self;
		let bar = match self.baseline {
			Some(baseline) => format!("to beat was {baseline}, what the head scores on the same records"),
			None => "there was no head to beat".into(),
		};
		let mut lines = vec![format!(
			"#{block:<4} round {}: settled on set {}, whose key came in block {}; {bar}",
			key.round, key.set, key.block
		)];
		lines.extend(self.entrants.iter().map(|entrant| format!("      {entrant}")));
		let left = format_amount(order.left);
		lines.push(match (self.winners().count(), order.paid) {
			(0, _) => format!("      nobody has won, so the order paid nothing; {left} is left"),
			(_, 0) => format!("      the order paid nothing: it pays for scores below {}", order.mark),
			(_, paid) => format!(
				"      the order paid {} for a gain of {}: {} to winners, {} to validators; {left} is left",
				format_amount(paid),
				order.gain,
				shares.winner(),
				shares.validators
			),
		});
		lines
	}
}

impl fmt::Display for Entrant {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { name, place, claim, measured, outcome, reward, .. } = self;
		match place {
			Some(place) => write!(f, "place {place}: {name}")?,
			None => write!(f, "no place: {name}")?,
		}
		match claim {
			Some(claim) => write!(f, " claimed {claim}")?,
			None => f.write_str(" revealed nothing")?,
		}
		if let Some(measured) = measured {
			write!(f, ", measured {measured}")?;
		}
		match place {
			Some(_) => write!(f, ", was paid {}", format_amount(*reward)),
			None => write!(f, ": {outcome}"),
		}
	}
}

/// Returns true for a candidate that has a place.
fn is_winner(candidate: &CandidateView) -> bool {
	matches!(candidate.outcome, Some(Outcome::Won | Outcome::Placed))
}

/// Writes an amount as people read it.
fn in_neurons<S: Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
	serializer.serialize_str(&format_amount(*amount))
}
