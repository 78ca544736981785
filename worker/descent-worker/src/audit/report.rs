//! The findings of an audit, for machines and for people.

use descent_protocol::{
	trace::{Precision, DEPARTURE_UNIT},
	GroupId, RoundIndex,
};
use serde::Serialize;
use std::fmt;

/// The result of an audit.
#[derive(Debug, Serialize)]
pub(super) struct Report {
	/// The group and the round; absent for a folder.
	#[serde(flatten, skip_serializing_if = "Option::is_none")]
	pub round: Option<AuditedRound>,
	pub verdict: Verdict,
	pub recordings: Vec<Audited>,
}

/// The round whose recordings are audited.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct AuditedRound {
	pub group: GroupId,
	pub round: RoundIndex,
}

/// The verdict on all recordings, or on one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
	/// All that was to be replayed does.
	Replays,
	/// A segment departs from its replay.
	Departs,
	/// None departs, and one could not be replayed.
	Uncertain,
}

/// An audited recording.
#[derive(Debug, Serialize)]
pub(super) struct Audited {
	/// The account of its trainer, in SS58.
	pub account: String,
	/// Number of its segments.
	pub segments: u16,
	pub precision: Precision,
	pub verdict: Verdict,
	/// The reason that not all could be replayed.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub unavailable: Option<String>,
	/// The segments that were replayed.
	pub replayed: Vec<Finding>,
}

/// A segment that was replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
	pub number: u16,
	/// The departure in billionths of the segment's way; 2^64 - 1 if there is no number for it.
	pub departure: u64,
	/// The largest departure that is allowed.
	pub limit: u64,
	pub departs: bool,
	/// The first step that departs, if the losses of the steps tell.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub step: Option<u16>,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reason: Option<String>,
}

impl Report {
	pub(super) fn new(round: Option<AuditedRound>, recordings: Vec<Audited>) -> Self {
		Self { round, verdict: together(recordings.iter().map(|recording| recording.verdict)), recordings }
	}
}

/// Returns the verdict on all.
fn together(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
	verdicts.fold(Verdict::Replays, |all, verdict| match (all, verdict) {
		(Verdict::Departs, _) | (_, Verdict::Departs) => Verdict::Departs,
		(Verdict::Uncertain, _) | (_, Verdict::Uncertain) => Verdict::Uncertain,
		(Verdict::Replays, Verdict::Replays) => Verdict::Replays,
	})
}

impl Audited {
	pub(super) fn new(
		account: String,
		segments: u16,
		precision: Precision,
		replayed: Vec<Finding>,
		unavailable: Option<String>,
	) -> Self {
		let verdict = match replayed.iter().any(|finding| finding.departs) {
			true => Verdict::Departs,
			false if unavailable.is_some() => Verdict::Uncertain,
			false => Verdict::Replays,
		};
		Self { account, segments, precision, verdict, unavailable, replayed }
	}
}

impl Finding {
	pub(super) fn new(number: u16, departure: u64, limit: u64) -> Self {
		Self { number, departure, limit, departs: departure > limit, step: None, reason: None }
	}

	/// A segment that departs for this reason, which has no number.
	pub(super) fn departs(number: u16, limit: u64, reason: String) -> Self {
		Self { reason: Some(reason), ..Self::new(number, u64::MAX, limit) }
	}
}

impl fmt::Display for Report {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		for (number, recording) in self.recordings.iter().enumerate() {
			if number > 0 {
				writeln!(f)?;
			}
			write!(f, "{recording}")?;
		}
		Ok(())
	}
}

impl fmt::Display for Audited {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { account, segments, precision, unavailable, replayed, .. } = self;
		if let Some(departing) = replayed.iter().find(|finding| finding.departs) {
			return write!(f, "{account}: segment {departing}");
		}
		match (unavailable, &replayed[..]) {
			(Some(reason), _) => write!(f, "{account}: not all of its training could be replayed: {reason}"),
			(None, [only]) if *segments > 1 => {
				write!(f, "{account}: segment {only} (in {precision}, {segments} segments in all)")
			}
			(None, _) => {
				let largest = replayed.iter().max_by_key(|finding| finding.departure);
				let largest =
					largest.map_or_else(String::new, |finding| format!("; at most, segment {finding}"));
				write!(f, "{account}: all of its {segments} segments in {precision} replay{largest}")
			}
		}
	}
}

impl fmt::Display for Finding {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { number, departure, limit, departs, .. } = self;
		let limit = percent(*limit);
		match (departs, *departure) {
			(false, departure) => {
				write!(
					f,
					"{number} replays: it departs by {} of its way, and {limit} are allowed",
					percent(departure)
				)?;
			}
			(true, u64::MAX) => write!(f, "{number} departs")?,
			(true, departure) => {
				write!(f, "{number} departs by {} of its way, and {limit} are allowed", percent(departure))?;
			}
		}
		self.reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"))
	}
}

/// Returns billionths as a percentage with three digits that count.
fn percent(departure: u64) -> String {
	let percent = departure as f64 / DEPARTURE_UNIT as f64 * 100.0;
	let decimals = if percent >= 10.0 {
		1
	} else if percent >= 0.01 {
		3
	} else {
		7
	};
	format!("{percent:.decimals$} %")
}

#[cfg(test)]
mod tests {
	use super::*;

	fn audited(replayed: Vec<Finding>, unavailable: Option<&str>) -> Audited {
		Audited::new("A".into(), 9, Precision::F32, replayed, unavailable.map(str::to_owned))
	}

	#[test]
	fn findings_are_told_in_words_and_in_json() {
		let (sound, other) = (Finding::new(3, 1_500_000, 130_000_000), Finding::new(4, 20, 100));
		let one = audited(vec![sound.clone()], None);
		assert_eq!(
			one.to_string(),
			"A: segment 3 replays: it departs by 0.150 % of its way, and 13.0 % are allowed (in f32, 9 \
			 segments in all)"
		);
		let all = audited(vec![other, sound.clone()], None);
		assert!(
			all.to_string().starts_with("A: all of its 9 segments in f32 replay; at most, segment 3"),
			"{all}"
		);
		let departs =
			Finding { step: Some(7), reason: Some("step 7".into()), ..Finding::new(5, 410_000_000, 1) };
		let lie = audited(vec![sound.clone(), departs], None);
		assert_eq!(
			lie.to_string(),
			"A: segment 5 departs by 41.0 % of its way, and 0.0000001 % are allowed: step 7"
		);
		let broken = audited(vec![Finding::departs(5, 1, "it is no checkpoint".into())], None);
		assert_eq!(broken.to_string(), "A: segment 5 departs: it is no checkpoint");
		let gone = audited(vec![sound], Some("nobody serves it"));
		let round = Some(AuditedRound { group: 1, round: 2 });
		let json = serde_json::to_value(Report::new(round, vec![one, lie, gone])).unwrap();
		assert_eq!(
			(&json["group"], &json["round"], &json["verdict"]),
			(&1.into(), &2.into(), &"departs".into())
		);
		let verdicts: Vec<_> =
			json["recordings"].as_array().unwrap().iter().map(|audited| audited["verdict"].clone()).collect();
		assert_eq!(verdicts, ["replays", "departs", "uncertain"]);
		assert_eq!(json["recordings"][1]["replayed"][1]["step"], 7);
		assert!(json["recordings"][0]["replayed"][0].get("step").is_none());
	}
}
