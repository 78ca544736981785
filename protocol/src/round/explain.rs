use crate::{
	format_amount,
	view::{CandidateView, Explanation, RoundView},
	Outcome, Phase, Score, Tally,
};
use alloc::{format, string::String, vec::Vec};
use sp_core::crypto::{AccountId32, Ss58Codec};

/// Explains the result of an account's commitment in a round, or the step that it waits for.
pub fn explanation(round: &RoundView, account: &AccountId32) -> Explanation {
	let candidate = round.candidates.iter().find(|candidate| candidate.account == *account);
	Explanation {
		group: round.group,
		round: round.round,
		account: account.clone(),
		outcome: candidate.and_then(|candidate| candidate.outcome),
		sentence: sentence(round, candidate),
	}
}

/// Returns the sentence of an [`explanation`].
pub fn explain(round: &RoundView, account: &AccountId32) -> String {
	explanation(round, account).sentence
}

fn sentence(round: &RoundView, candidate: Option<&CandidateView>) -> String {
	let number = round.round;
	let Some(candidate) = candidate else {
		return match round.phase {
			Phase::Waiting => format!(
				"Round {number} has not begun: it takes commitments from block {}.",
				round.windows.commit.start
			),
			Phase::Commit => format!(
				"There is no commitment of this account in round {number} yet; it takes them until block {}.",
				round.windows.commit.end
			),
			Phase::Settle if round.candidates.is_empty() => format!(
				"The chain holds no commitment to round {number}: either nobody made one, or it was settled \
				 so long ago that only the events of its blocks tell how it ended."
			),
			_ => format!(
				"This account made no commitment in round {number}, or a larger deposit displaced it and it \
				 was returned."
			),
		};
	};
	match candidate.outcome {
		None => pending(round, candidate),
		Some(outcome) => ended(round, candidate, outcome),
	}
}

fn pending(round: &RoundView, candidate: &CandidateView) -> String {
	let windows = &round.windows;
	match (&candidate.reveal, round.phase) {
		(None, Phase::Commit | Phase::Seed | Phase::Waiting) => {
			format!("Committed; the checkpoint is to be revealed from block {} on.", windows.reveal.start)
		}
		(None, Phase::Reveal) => {
			format!(
				"Committed but not revealed yet: the reveal window closes before block {}.",
				windows.reveal.end
			)
		}
		(None, _) => format!(
			"Never revealed: part of the deposit is lost when the round is settled at block {}.",
			windows.settle
		),
		(Some(reveal), _) => format!(
			"Revealed with a claim of {}; the committee measures it and the round is settled at block {}.",
			reveal.claim, windows.settle
		),
	}
}

fn ended(round: &RoundView, candidate: &CandidateView, outcome: Outcome) -> String {
	match outcome {
		Outcome::Won => won(round, candidate),
		Outcome::Placed => placed(round, candidate),
		_ if candidate.reward > 0 => worked(candidate),
		Outcome::Outranked => outranked(round, candidate),
		Outcome::NotBetter => format!(
			"Not paid: the committee measured {}, which does not beat the head's {} by the {} that the group \
			 asks for; the deposit was returned.",
			candidate.measured.unwrap_or_default(),
			round.baseline.unwrap_or_default(),
			Score(round.minimum_improvement),
		),
		Outcome::Refuted => refuted(candidate),
		Outcome::Departed => departed(candidate),
		Outcome::Unrevealed if candidate.slashed == 0 => format!(
			"Not paid: the commitment was not revealed before block {}. The deposit was returned, as the \
			 chain had no room for reveals or the hidden test set was not to be had.",
			round.windows.reveal.end
		),
		Outcome::Unrevealed => format!(
			"Not paid, and {} of the deposit is lost: the commitment was not revealed before block {}.",
			format_amount(candidate.slashed),
			round.windows.reveal.end
		),
		Outcome::NoQuorum => without_quorum(candidate),
	}
}

fn won(round: &RoundView, candidate: &CandidateView) -> String {
	let compared = match round.baseline {
		Some(baseline) => format!("better than the head's {baseline}"),
		None => String::from("with no head to compare it with"),
	};
	format!(
		"Paid {}: the committee measured {}, {compared}, and the checkpoint became the head.",
		format_amount(candidate.reward),
		candidate.measured.unwrap_or_default(),
	)
}

fn placed(round: &RoundView, candidate: &CandidateView) -> String {
	let better = round.candidates.iter().filter(|other| {
		matches!(other.outcome, Some(Outcome::Won | Outcome::Placed)) && claim(other) < claim(candidate)
	});
	format!(
		"Paid {}: the committee measured {}, which takes place {} among the winners of the round.",
		format_amount(candidate.reward),
		candidate.measured.unwrap_or_default(),
		better.count().saturating_add(1),
	)
}

fn worked(candidate: &CandidateView) -> String {
	format!(
		"Paid {} for its work: the round's seed drew a segment of this trainer, and the committee confirmed \
		 the claim of {} and a recorded segment. It did not win; the deposit was returned.",
		format_amount(candidate.reward),
		claim(candidate),
	)
}

fn outranked(round: &RoundView, candidate: &CandidateView) -> String {
	// Nobody looks at who is outranked, unless it is drawn for its work.
	if let (Some(measured), Some(head)) = (candidate.measured, round.baseline) {
		return format!(
			"Not paid: the round's seed drew a segment of this trainer, but the score of {measured} is too \
			 far behind the head's {head} for its work to be paid; the deposit was returned."
		);
	}
	let is_confirmed = |other: &&CandidateView| other.outcome.is_some_and(Outcome::is_confirmed);
	// Of several winners, the last one is who has taken the place.
	let confirmed = round.candidates.iter().filter(is_confirmed);
	let best = match confirmed.max_by_key(|other| other.measured) {
		Some(best) => format!("{}'s {}", best.account.to_ss58check(), best.measured.unwrap_or_default()),
		None => String::from("a lower one"),
	};
	format!(
		"Not paid: its claim of {} ranked behind {best}, whose claim was confirmed; the deposit was \
		 returned.",
		claim(candidate),
	)
}

fn refuted(candidate: &CandidateView) -> String {
	let lost = format!("Not paid, and the deposit of {} is lost", format_amount(candidate.slashed));
	match candidate.measured {
		Some(measured) => {
			format!("{lost}: it claimed {} but the committee measured {measured}.", claim(candidate))
		}
		None => format!(
			"{lost}: it claimed {}, but more than a third of the committee refused it: {}.",
			claim(candidate),
			refusals(candidate.tally.unwrap_or_default()),
		),
	}
}

fn departed(candidate: &CandidateView) -> String {
	format!(
		"Not paid, and the deposit of {} is lost: the committee replayed a segment of the recorded training, \
		 and {} found that it does not lead to the weights that were recorded.",
		format_amount(candidate.slashed),
		members(candidate.tally.unwrap_or_default().mismatches),
	)
}

fn members(count: u32) -> String {
	match count {
		1 => "one member".into(),
		count => format!("{count} members"),
	}
}

fn without_quorum(candidate: &CandidateView) -> String {
	let tally = candidate.tally.unwrap_or_default();
	if candidate.slashed > 0 {
		return format!(
			"Not paid, and {} of the deposit is lost: fewer than two thirds of the committee confirmed the \
			 claim, and more contradict it than are silent: {}.",
			format_amount(candidate.slashed),
			refusals(tally),
		);
	}
	format!(
		"Not paid: no two thirds of the committee agreed on what they measured ({} confirmed the claim), so \
		 the round has no winner; the deposit was returned.",
		tally.matches,
	)
}

fn claim(candidate: &CandidateView) -> Score {
	candidate.reveal.as_ref().map(|reveal| reveal.claim).unwrap_or_default()
}

/// The reasons for which members refused a candidate, each with their number.
fn refusals(tally: Tally) -> String {
	let reasons = [
		(tally.unavailable, "could not fetch the checkpoint"),
		(
			tally.invalid,
			"found that it is no checkpoint of the group's model: a wrong size, wrong names, shapes or \
			 types, or values that are not finite",
		),
		(
			tally.ill_conditioned,
			"found that the checkpoint amplifies rounding errors, so its score would depend on the machine \
			 that measures",
		),
		(tally.mismatches, "measured something else"),
	];
	let given = reasons.into_iter().filter(|(members, _)| *members > 0);
	let given: Vec<_> = given.map(|(members, reason)| format!("{members} {reason}")).collect();
	if given.is_empty() {
		return format!("{} confirmed the claim, each with another measurement", tally.matches);
	}
	given.join(", ")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{view::RevealView, Clock, ContentRef};
	use alloc::vec;
	use sp_core::H256;

	const CLOCK: Clock = Clock { first: 0, start: 0, length: 12, reveal: 3, attest: 5, open: 2 };

	fn candidate(
		account: u8,
		claim: Option<u64>,
		measured: Option<u64>,
		outcome: Option<Outcome>,
	) -> CandidateView {
		let reveal = claim.map(|claim| RevealView {
			checkpoint: ContentRef::raw(&[account]).unwrap(),
			claim: Score(claim),
			providers: vec![],
		});
		CandidateView {
			account: AccountId32::new([account; 32]),
			commitment: H256::zero(),
			deposit: 10_500_000_000_000,
			reveal,
			measured: measured.map(Score),
			tally: Some(Tally { unavailable: 3, invalid: 1, ..Tally::default() }),
			outcome,
			reward: if outcome == Some(Outcome::Won) { 2_000_000_000_000 } else { 0 },
			slashed: match outcome {
				Some(Outcome::Refuted | Outcome::Departed) => 10_500_000_000_000,
				_ => 0,
			},
		}
	}

	fn round(phase: Phase, candidates: Vec<CandidateView>) -> RoundView {
		RoundView {
			group: 0,
			round: 3,
			phase,
			windows: CLOCK.windows(3).unwrap(),
			model_version: 0,
			dataset_version: 1,
			minimum_improvement: 1_000,
			seed: None,
			dithered: true,
			settled: phase == Phase::Settle,
			baseline: Some(Score(200_000)),
			winner: None,
			candidates,
			committee: vec![],
			block: 0,
		}
	}

	fn sentence(candidates: Vec<CandidateView>, account: u8) -> String {
		explain(&round(Phase::Settle, candidates), &AccountId32::new([account; 32]))
	}

	#[test]
	fn every_outcome_has_its_reason_and_its_price() {
		let won = candidate(1, Some(100_000), Some(100_001), Some(Outcome::Won));
		let outranked = candidate(2, Some(150_000), None, Some(Outcome::Outranked));
		let refuted = candidate(3, Some(1), Some(900_000), Some(Outcome::Refuted));
		let all = vec![won, outranked, refuted];
		assert_eq!(
			sentence(all.clone(), 1),
			"Paid 2 NRN: the committee measured 0.100001, better than the head's 0.200000, and the checkpoint became the head."
		);
		assert!(sentence(all.clone(), 2).contains("'s 0.100001"));
		assert_eq!(
			sentence(all, 3),
			"Not paid, and the deposit of 10.5 NRN is lost: it claimed 0.000001 but the committee measured 0.900000."
		);
		assert!(
			sentence(vec![candidate(1, Some(5), Some(5), Some(Outcome::NotBetter))], 1).contains("0.001000")
		);
		assert!(sentence(vec![candidate(1, None, None, Some(Outcome::Unrevealed))], 1)
			.contains("not revealed before block 52"));
		let undecided = CandidateView {
			tally: Some(Tally { matches: 5, unavailable: 2, ..Tally::default() }),
			..candidate(1, Some(5), None, Some(Outcome::NoQuorum))
		};
		assert!(sentence(vec![undecided.clone()], 1).contains("(5 confirmed the claim)"));
		let contested = CandidateView { slashed: 7, ..undecided };
		assert!(sentence(vec![contested], 1).contains("than are silent: 2 could not fetch the checkpoint."));
		assert!(
			sentence(vec![candidate(1, Some(5), None, Some(Outcome::Refuted))], 1)
				.contains("claimed 0.000005, but more than a third of the committee refused it: 3 could not fetch the checkpoint, 1 found that")
		);
		assert!(sentence(vec![], 1).contains("no commitment"));
	}

	#[test]
	fn a_refusal_tells_all_reasons_that_members_had() {
		let mut refuted = candidate(1, Some(5), None, Some(Outcome::Refuted));
		refuted.tally = Some(Tally { mismatches: 1, invalid: 2, ill_conditioned: 3, ..Tally::default() });
		let sentence = sentence(vec![refuted], 1);
		for reason in [
			"2 found that it is no checkpoint of the group's model: a wrong size, wrong names",
			"3 found that the checkpoint amplifies rounding errors, so its score would depend on the machine \
			 that measures",
			"1 measured something else",
		] {
			assert!(sentence.contains(reason), "{sentence}");
		}
	}

	#[test]
	fn work_is_told_with_its_reward() {
		let won = candidate(1, Some(100_000), Some(100_000), Some(Outcome::Won));
		let drawn = candidate(2, Some(150_000), Some(150_000), Some(Outcome::Outranked));
		let paid = CandidateView { reward: 500_000_000_000, ..drawn.clone() };
		let told = sentence(vec![won.clone(), paid], 2);
		assert!(
			told.starts_with("Paid 0.5 NRN for its work") && told.contains("claim of 0.150000"),
			"{told}"
		);
		let told = sentence(vec![won.clone(), drawn.clone()], 2);
		assert!(told.contains("0.150000 is too far behind the head's 0.200000"), "{told}");
		let other = candidate(3, Some(160_000), None, Some(Outcome::Outranked));
		let told = sentence(vec![won, drawn, other], 3);
		assert!(told.contains("'s 0.100000, whose claim was confirmed"), "who won has the place: {told}");
	}

	#[test]
	fn a_departure_is_told_with_what_it_costs() {
		let mut departed = candidate(1, Some(5), Some(5), Some(Outcome::Departed));
		departed.tally = Some(Tally { mismatches: 1, ..Tally::default() });
		let beginning =
			"Not paid, and the deposit of 10.5 NRN is lost: the committee replayed a segment of the \
			recorded training, and ";
		let told = sentence(vec![departed.clone()], 1);
		assert!(told.starts_with(beginning), "{told}");
		assert!(told.contains("and one member found that it does not lead"), "{told}");
		departed.tally = Some(Tally { mismatches: 3, ..Tally::default() });
		assert!(sentence(vec![departed], 1).contains("and 3 members found"));
	}

	#[test]
	fn members_who_confirm_a_claim_by_different_measurements_refuse_it_too() {
		let mut refuted = candidate(1, Some(5), None, Some(Outcome::Refuted));
		refuted.tally = Some(Tally { matches: 4, ..Tally::default() });
		assert!(sentence(vec![refuted], 1).ends_with("4 confirmed the claim, each with another measurement."));
	}

	#[test]
	fn a_round_that_is_no_longer_kept_is_not_told_from_memory() {
		assert!(sentence(vec![], 1).contains("so long ago that only the events"));
		let other = candidate(2, None, None, Some(Outcome::Unrevealed));
		assert!(sentence(vec![other], 1).contains("made no commitment in round 3"));
	}

	#[test]
	fn what_is_pending_says_what_it_waits_for() {
		let waiting = |phase, claim| {
			explain(&round(phase, vec![candidate(1, claim, None, None)]), &AccountId32::new([1; 32]))
		};
		assert!(waiting(Phase::Commit, None).contains("from block 49 on"));
		assert!(waiting(Phase::Reveal, None).contains("before block 52"));
		assert!(waiting(Phase::Attest, None).contains("Never revealed"));
		assert!(waiting(Phase::Attest, Some(70_000)).contains("claim of 0.070000"));
	}
}
