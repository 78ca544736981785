//! One thing that the doctor looked at.

use crate::output::{plain, Output, Style};
use serde::Serialize;

/// The state of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
	/// As it should be.
	Good,
	/// It works, and may not for long or not for all.
	Warning,
	/// It keeps something from working.
	Fault,
}

/// One thing that was looked at, and the remedy where it is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
	/// Name of the thing, for scripts: one word.
	pub check: &'static str,
	pub state: State,
	pub found: String,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub remedy: Option<String>,
}

impl Finding {
	pub(super) fn good(check: &'static str, found: impl Into<String>) -> Self {
		Self { check, state: State::Good, found: found.into(), remedy: None }
	}

	pub(super) fn warning(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
		Self { check, state: State::Warning, found: found.into(), remedy: Some(remedy.into()) }
	}

	pub(super) fn fault(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
		Self { check, state: State::Fault, found: found.into(), remedy: Some(remedy.into()) }
	}

	/// The finding for people, with its remedy on a line of its own.
	pub(super) fn text(&self, output: &Output) -> String {
		let (word, style) = match self.state {
			State::Good => ("good", Style::Good),
			State::Warning => ("warning", Style::Bold),
			State::Fault => ("fault", Style::Bad),
		};
		let state = output.paint(style, &format!("{word:7}"));
		let mut text = format!("{state}  {:13}  {}", self.check, plain(&self.found));
		if let Some(remedy) = &self.remedy {
			text.push_str(&format!("\n{:24}{}", "", plain(remedy)));
		}
		text
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_remedy_has_its_own_line() {
		let finding = Finding::fault("disk", "3 GiB are free", "make room");
		let text = finding.text(&Output::new(true));
		assert_eq!(text, format!("fault    disk           3 GiB are free\n{:24}make room", ""));
		let json = serde_json::to_value(&finding).unwrap();
		assert_eq!((json["state"].as_str(), json["remedy"].as_str()), (Some("fault"), Some("make room")));
		let good = Finding::good("key", "\u{1b}[2Jmine");
		assert_eq!(good.text(&Output::new(true)), "good     key            \u{fffd}[2Jmine");
	}
}
