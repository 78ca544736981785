//! Hints for calls about hidden test sets.

/// The remedy for an error of a pallet, whose own documentation says what happened.
pub(super) fn hint(pallet: &str, name: &str) -> Option<&'static str> {
	Some(match (pallet, name) {
		("TestSets", "UnknownSeries") => {
			"`descent test-set show --group N` shows the one that a group is measured on; a series that was \
			 closed, or had a broken set, is gone."
		}
		("TestSets", "SeriesExists") => {
			"It is open already: `descent test-set release DIR` releases its keys."
		}
		("TestSets", "NotRequester") => {
			"Sign with the key that has opened it: `descent test-set show` shows the account."
		}
		("TestSets", "InvalidNumber" | "InvalidContent") => {
			"Open what `descent test-set seal` wrote, with 1 to 256 sets."
		}
		("TestSets", "InvalidProvider") => {
			"Name gateways as http://203.0.113.7:8080: http or https, a host, no user, blanks or `?`."
		}
		("TestSets", "UnknownGroup") => "`descent group list` shows the groups.",
		("TestSets", "InUse") => {
			"Have the stakeholders choose other records first (`descent amend propose`), or release all \
			 keys; then wait until the last round on it is over: `descent round list`."
		}
		("TestSets", "InvalidValue") => {
			"The chain has another key as the latest: `descent test-set show` says how many are left."
		}
		("Groups", "UnknownTestSets") => {
			"Open a series of your own without --group, and create the group with it; or open one for this \
			 group: `descent test-set open DIR --group N`."
		}
		("Rounds", "KeyAwaited") => {
			"Reveal once the key is there: `descent test-set show --group N --round R`."
		}
		_ => return None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_error_of_test_sets_has_a_remedy() {
		for name in [
			"UnknownSeries",
			"SeriesExists",
			"NotRequester",
			"InvalidNumber",
			"InvalidContent",
			"InvalidProvider",
			"UnknownGroup",
			"InUse",
			"InvalidValue",
		] {
			assert!(hint("TestSets", name).is_some_and(|hint| hint.ends_with('.')), "{name}");
		}
		assert!(hint("Groups", "UnknownTestSets").unwrap().contains("test-set open"));
		assert!(hint("Rounds", "KeyAwaited").unwrap().contains("test-set show"));
		assert_eq!(hint("Emission", "UnknownGroup"), None);
		assert_eq!(hint("TestSets", "Unheard"), None);
	}
}
