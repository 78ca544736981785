//! Hints for calls about keepers.

/// The remedy for an error of the pallet, whose own documentation says what happened.
pub(super) fn hint(pallet: &str, name: &str) -> Option<&'static str> {
	if pallet != "Custody" {
		return None;
	}
	Some(match name {
		"UnknownGroup" => "`descent group list` shows the groups.",
		"NoProvider" | "InvalidProvider" => {
			"Name gateways as http://203.0.113.7:8080: http or https, a host, no user, blanks or `?`."
		}
		"DepositTooSmall" => "`descent keeper show N` shows the least deposit, and those that there are.",
		"TooManyKeepers" => {
			"Offer more than the smallest deposit that `descent keeper show N` shows, which takes its seat."
		}
		"CheckOpen" => "Wait until it is decided, within a minute or two: `descent keeper show N`.",
		"NotKeeper" => "Sign with the key of the keeper: `descent keeper show N` shows the accounts.",
		"NoKeepers" => "Somebody has to keep first: `descent-worker keep`.",
		"PotTooSmall" => {
			"Wait until rounds have earned more, or put a larger part aside: `descent amend propose \
			 --keepers-share`."
		}
		_ => return None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_error_of_keepers_has_a_remedy() {
		for name in [
			"UnknownGroup",
			"NoProvider",
			"InvalidProvider",
			"DepositTooSmall",
			"TooManyKeepers",
			"CheckOpen",
			"NotKeeper",
			"NoKeepers",
			"PotTooSmall",
		] {
			assert!(hint("Custody", name).is_some_and(|hint| hint.ends_with(['.', '`'])), "{name}");
		}
		assert_eq!(hint("Rounds", "UnknownGroup"), None);
	}
}
