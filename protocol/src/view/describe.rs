//! Events, verdicts and endings in words, as the command line and the demo print them.

use super::{Alarm, AmendmentEnding, ChainEvent, ProposalEnding};
use crate::{format_amount, DeltaVerdict, Outcome, Score, Share};
use alloc::{
	format,
	string::{String, ToString},
};
use core::fmt;
use sp_core::crypto::{AccountId32, Ss58Codec};

/// Result of an event, as far as a program marks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
	/// Somebody won, or something was accepted.
	Good,
	/// Somebody lost money, or something was refused.
	Bad,
	/// Any other result.
	Neutral,
}

/// The parts of a description that differ between programs.
pub trait EventFormat {
	/// Returns the name of an account: its SS58 address unless a program knows a better one.
	fn account(&self, account: &AccountId32) -> String {
		account.to_ss58check()
	}

	/// Returns a result, marked by its tone: plain unless a program has colours.
	fn result(&self, _tone: Tone, text: String) -> String {
		text
	}
}

impl ChainEvent {
	/// Returns the subject of the event in its group, as `round 2` or `delta 3`.
	pub fn subject(&self) -> String {
		match self {
			Self::Committed { round, .. }
			| Self::Displaced { round, .. }
			| Self::Revealed { round, .. }
			| Self::Attested { round, .. }
			| Self::Opened { round, .. }
			| Self::Ended { round, .. }
			| Self::AlarmMissing { alarm: Alarm::Settlement { round }, .. }
			| Self::Settled { round, .. } => format!("round {round}"),
			Self::Staked { .. } => "stake".into(),
			Self::Voted { proposal: None, .. } => "vote".into(),
			Self::Voted { proposal: Some(proposal), .. }
			| Self::Proposed { proposal, .. }
			| Self::Checked { proposal, .. }
			| Self::ProposalEnded { proposal, .. } => format!("delta {proposal}"),
			Self::AmendmentProposed { amendment, .. }
			| Self::AmendmentVoted { amendment, .. }
			| Self::AmendmentEnded { amendment, .. } => format!("amendment {amendment}"),
			Self::AlarmMissing { alarm: Alarm::PeriodClose { .. }, .. } | Self::PeriodClosed { .. } => {
				"period".into()
			}
			Self::Ordered { .. }
			| Self::OrderPaid { .. }
			| Self::OrderCancelled { .. }
			| Self::OrderPaused { .. }
			| Self::OrderDisplaced { .. }
			| Self::OrderSpent { .. }
			| Self::OrderFulfilled { .. }
			| Self::OrderRefunded { .. } => "order".into(),
			Self::KeeperJoined { .. }
			| Self::KeeperLeft { .. }
			| Self::KeeperDisplaced { .. }
			| Self::KeeperSlashed { .. } => "keeper".into(),
			Self::CustodyCheckOpened { check, .. }
			| Self::CustodyCheckMissed { check, .. }
			| Self::CustodyChecked { check, .. } => format!("custody check {check}"),
		}
	}

	/// Says what happened to the subject, without naming it.
	pub fn describe(&self, format: &impl EventFormat) -> String {
		let name = |account: &AccountId32| format.account(account);
		match self {
			Self::Committed { account, .. } => format!("{} committed", name(account)),
			Self::Displaced { account, .. } => format!("{} was displaced by a larger deposit", name(account)),
			Self::Revealed { account, claim, .. } => {
				format!("{} revealed and claims {claim}", name(account))
			}
			Self::Attested { member, .. } => format!("member {member} attested"),
			Self::Opened { member, .. } => format!("member {member} opened"),
			Self::Ended { account, outcome, measured, reward, slashed, .. } => {
				let ended = format.result(outcome_tone(*outcome), outcome.to_string());
				let measured = measured.map(|score| format!(", measured {score}")).unwrap_or_default();
				format!("{} {ended}{measured}{}", name(account), payment(*reward, *slashed))
			}
			Self::Settled { winner, score, baseline, .. } => {
				settlement(winner.as_ref().map(name), *score, *baseline)
			}
			Self::AlarmMissing { group, alarm } => missing_alarm(*group, *alarm),
			Self::Staked { account, stake, total, .. } => {
				format!("{} has {}", name(account), format_stake(*stake, *total))
			}
			Self::Proposed { account, delta, .. } => {
				format!("{} proposed {}", name(account), decimal_bytes(delta.size))
			}
			Self::Voted { account, proposal: Some(_), stake, .. } => {
				format!("{} votes for it with {}", name(account), format_amount(*stake))
			}
			Self::Voted { account, proposal: None, .. } => format!("{} took its vote back", name(account)),
			Self::Checked { version, verdict, .. } => {
				format!("on version {version} {}", format.result(verdict_tone(verdict), verdict.to_string()))
			}
			Self::ProposalEnded { account, ending, reward, slashed, .. } => {
				let ended = format.result(proposal_tone(ending, *slashed), ending.to_string());
				format!("of {} {ended}{}", name(account), payment(*reward, *slashed))
			}
			Self::AmendmentProposed { account, .. } => format!("{} proposed it", name(account)),
			Self::AmendmentVoted { account, aye, stake, .. } => {
				let vote = if *aye { "approves it" } else { "does not approve it any more" };
				format!("{} {vote}, with {}", name(account), format_amount(*stake))
			}
			Self::AmendmentEnded { ending, .. } => format.result(amendment_tone(ending), ending.to_string()),
			Self::PeriodClosed { next, .. } => format!("closed; the next at block {next}"),
			Self::Ordered { account, .. }
			| Self::OrderPaid { account, .. }
			| Self::OrderCancelled { account, .. }
			| Self::OrderPaused { account, .. }
			| Self::OrderDisplaced { account, .. }
			| Self::OrderSpent { account, .. }
			| Self::OrderFulfilled { account, .. }
			| Self::OrderRefunded { account, .. } => {
				let said = self.describe_order(format);
				format!("of {} {said}", name(account))
			}
			_ => self.describe_custody(format),
		}
	}
}

fn outcome_tone(outcome: Outcome) -> Tone {
	match outcome {
		Outcome::Won => Tone::Good,
		Outcome::Refuted | Outcome::Departed | Outcome::Unrevealed => Tone::Bad,
		_ => Tone::Neutral,
	}
}

fn verdict_tone(verdict: &DeltaVerdict) -> Tone {
	match verdict {
		DeltaVerdict::Valid(_) => Tone::Good,
		DeltaVerdict::Invalid(_) | DeltaVerdict::Unavailable => Tone::Bad,
	}
}

fn proposal_tone(ending: &ProposalEnding, slashed: u128) -> Tone {
	match ending {
		ProposalEnding::Applied { .. } => Tone::Good,
		_ if slashed > 0 => Tone::Bad,
		_ => Tone::Neutral,
	}
}

fn amendment_tone(ending: &AmendmentEnding) -> Tone {
	match ending {
		AmendmentEnding::Adopted { .. } => Tone::Good,
		_ => Tone::Neutral,
	}
}

/// The amounts that are not zero.
fn payment(reward: u128, slashed: u128) -> String {
	let mut text = String::new();
	for (verb, amount) in [("earned", reward), ("lost", slashed)] {
		if amount > 0 {
			text.push_str(&format!(", {verb} {}", format_amount(amount)));
		}
	}
	text
}

fn settlement(winner: Option<String>, score: Option<Score>, baseline: Option<Score>) -> String {
	let result = match (winner, score) {
		(Some(winner), Some(score)) => format!("won by {winner} with {score}"),
		_ => "no winner".into(),
	};
	let baseline = baseline.map(|baseline| format!(", to beat was {baseline}")).unwrap_or_default();
	format!("settled: {result}{baseline}")
}

fn missing_alarm(group: u32, alarm: Alarm) -> String {
	match alarm {
		Alarm::Settlement { round } => {
			format!("will not settle itself: descent round settle --group {group} --round {round}")
		}
		Alarm::PeriodClose { close } => {
			format!("will not close itself: descent group close --group {group}, from block {close} on")
		}
	}
}

/// A size in its largest decimal unit, rounded to two decimals: `4.00 kB`.
fn decimal_bytes(bytes: u64) -> String {
	for (unit, hundredth) in [("GB", 10_000_000u64), ("MB", 10_000), ("kB", 10)] {
		if bytes >= hundredth.saturating_mul(100) {
			let hundredths = bytes.saturating_add(hundredth / 2).checked_div(hundredth).unwrap_or_default();
			return format!("{}.{:02} {unit}", hundredths / 100, hundredths % 100);
		}
	}
	format!("{bytes} B")
}

/// A part of a total, to a hundredth of a percent and never more than it is: `33.33%`.
pub fn format_part(part: u128, total: u128) -> String {
	const HUNDREDTHS: u128 = 10_000;
	let hundredths = match part.checked_mul(HUNDREDTHS) {
		Some(scaled) => scaled.checked_div(total),
		None => part.checked_div(total / HUNDREDTHS),
	};
	let share = hundredths.and_then(|hundredths| u32::try_from(hundredths.checked_mul(100)?).ok());
	share.map_or("-".into(), |millionths| Share(millionths).to_string())
}

/// Stake and its part of all stake: `30 NRN, 20% of all stake`.
pub fn format_stake(stake: u128, total: u128) -> String {
	if total == 0 {
		return format_amount(stake);
	}
	format!("{}, {} of all stake", format_amount(stake), format_part(stake, total))
}

impl fmt::Display for DeltaVerdict {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Valid(report) => write!(f, "valid: +{} -{}", report.added, report.removed),
			Self::Invalid(fault) => write!(f, "invalid: {fault}"),
			Self::Unavailable => f.write_str("unavailable: nobody served it"),
		}
	}
}

impl fmt::Display for ProposalEnding {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Applied { version } => write!(f, "applied: version {version}"),
			Self::Invalid { fault } => write!(f, "invalid: {fault}"),
			Self::Unavailable => f.write_str("unavailable: nobody served it"),
			Self::Conflict { fault } => write!(f, "conflict: {fault}"),
			Self::Copied => f.write_str("copied: somebody had announced it before"),
			Self::Outvoted => f.write_str("outvoted"),
			Self::Withdrawn => f.write_str("withdrawn"),
			Self::Evicted => f.write_str("evicted: one with more stake took its place"),
		}
	}
}

impl fmt::Display for AmendmentEnding {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Adopted { from } => write!(f, "adopted: from round {from} on"),
			Self::Impossible => f.write_str("impossible: the rules did not allow it any more"),
			Self::Outvoted => f.write_str("outvoted"),
			Self::Withdrawn => f.write_str("withdrawn"),
			Self::Evicted => f.write_str("evicted: one with more stake took its place"),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn sizes_have_their_largest_unit() {
		for (bytes, text) in [
			(0, "0 B"),
			(999, "999 B"),
			(1_000, "1.00 kB"),
			(4_050, "4.05 kB"),
			(4_567, "4.57 kB"),
			(1_049_072, "1.05 MB"),
			(1_999_999, "2.00 MB"),
			(u64::from(u32::MAX), "4.29 GB"),
		] {
			assert_eq!(decimal_bytes(bytes), text);
		}
	}
}
