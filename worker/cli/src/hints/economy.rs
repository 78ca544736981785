//! Hints for calls of money and governance.

/// The remedy for an error of a pallet, whose own documentation says what happened.
pub(super) fn hint(pallet: &str, name: &str) -> Option<&'static str> {
	match pallet {
		"Emission" => emission(name),
		"Validators" | "Session" => validators(name),
		"TechnicalCommittee" | "Whitelist" | "Treasury" | "System" => governance(pallet, name),
		"" if name == "BadOrigin" => {
			Some("Too few votes for this, or none that counts: move it with descent governance propose.")
		}
		_ => None,
	}
}

fn emission(name: &str) -> Option<&'static str> {
	Some(match name {
		"UnknownGroup" => "`descent group list` shows the groups.",
		"NothingToClaim" => "`descent rewards show` says what there is.",
		"PerRoundTooSmall" => "Fund it with a larger --per-round, of 1 NRN at least.",
		"PerRoundLowered" => {
			"`descent group stop-funding`, then `descent group refund`, then fund it with the --per-round \
			 that you want."
		}
		"AmountTooSmall" => "Pay for one round at least: the amount is no less than --per-round.",
		"TooManyFundings" => {
			"`descent emission show N` shows what others pay: fund it with a larger --per-round than \
			 one of them."
		}
		"UnknownFunding" => "`descent emission show N` shows who funds it.",
		"AlreadyStopped" => {
			"`descent group refund N` takes back what is left; `descent emission show N` says when."
		}
		"TermsChanged" => {
			"The rules changed meanwhile: `descent group show N` shows them. Then run the same command again."
		}
		"NotStopped" => "`descent group stop-funding N`, then refund once it is free.",
		"TooEarly" => {
			"`descent emission show N` says when a funding is free, `descent order show N` when an order is."
		}
		_ => return order(name),
	})
}

fn order(name: &str) -> Option<&'static str> {
	Some(match name {
		"AlreadyOrdered" => "`descent order show N` shows it; `descent order cancel N` ends it.",
		"PriceTooSmall" => "Order with a larger --per-thousandth.",
		"TargetTooHigh" => {
			"Name a --target below --from; `descent group show N` shows the score of the head, from which on \
			 you pay otherwise."
		}
		"OrderTooSmall" => {
			"Pay in a larger --amount: 10 NRN at least, and no less than --bonus and the price of 0.000001."
		}
		"NoRounds" => "Order for one round at least: --rounds 1.",
		"TooManyOrders" => {
			"`descent order show N` shows what others have left: order with a larger --amount than one has."
		}
		"UnknownOrder" => "`descent order show N` shows who has ordered.",
		"NothingToCancel" => {
			"It ends with rounds that have begun: `descent order show N` says when the rest is free."
		}
		_ => return None,
	})
}

fn validators(name: &str) -> Option<&'static str> {
	Some(match name {
		"BondTooSmall" => "`descent validator list` says how much a candidate bonds at least.",
		"NotEnoughBond" | "Jailed" => "`descent validator status` shows it.",
		"TooManyUnbonding" | "NothingToWithdraw" => {
			"`descent validator status` says when what is taken out is free; `descent validator withdraw` \
			 frees it."
		}
		"NotBonded" => "Bond some first: `descent validator bond NRN`.",
		"NoKeys" => "Make some with `descent-node session-keys`, then `descent validator keys --set FILE`.",
		"TooManyCandidates" => "`descent validator list` shows what others have bonded.",
		"InvalidProof" => {
			"Make the keys for the account that sets them: `descent-node session-keys --owner ACCOUNT`."
		}
		"DuplicatedKey" => {
			"Another validator uses one of these keys; make new ones: `descent-node session-keys`."
		}
		_ => return None,
	})
}

fn governance(pallet: &str, name: &str) -> Option<&'static str> {
	Some(match (pallet, name) {
		("TechnicalCommittee", "NotMember") => "`descent governance show` lists the members.",
		("TechnicalCommittee", "DuplicateProposal") => {
			"It is moved already: `descent governance show` lists it, vote for that one."
		}
		("TechnicalCommittee", "ProposalMissing" | "WrongIndex") => {
			"It is closed already, or never was: `descent governance show` lists those that are open."
		}
		("TechnicalCommittee", "DuplicateVote") => "Your vote stands; the other one takes its place.",
		("TechnicalCommittee", "TooEarly") => {
			"`descent governance show` says how many ayes it has and when its vote ends."
		}
		("TechnicalCommittee", "TooManyProposals") => {
			"Close those that are decided or over: `descent governance show` lists them."
		}
		("TechnicalCommittee", "WrongProposalWeight") => {
			"It takes more of a block than a motion may: move it in parts."
		}
		("Whitelist", "CallAlreadyWhitelisted") => {
			"Another motion for the same call was carried out only in part; move \
			 whitelist.remove_whitelisted_call for it first."
		}
		("Treasury", "InsufficientPermission") => "Larger payments take two thirds of the committee.",
		("Treasury", "InvalidIndex" | "AlreadyAttempted") => {
			"`descent governance close` told the number of the payment; it may be paid out already."
		}
		("Treasury", "EarlyPayout" | "SpendExpired") => {
			"A payment is made within 30 days of its approval: move it again."
		}
		("Treasury", "PayoutError") => {
			"The treasury may hold too little: `descent governance show` says how much."
		}
		("System", "NothingAuthorized") => "`descent governance propose upgrade` moves that it is.",
		("System", "Unauthorized") => {
			"Give the file that was proposed: `descent governance show` shows the hash of its code."
		}
		("System", "SpecVersionNeedsToIncrease") => {
			"Build the runtime with a higher spec_version: `descent governance show` shows the one that runs."
		}
		("System", "InvalidSpecName" | "FailedToExtractRuntimeVersion") => {
			"Build the runtime of this chain, and give its wasm."
		}
		("System", "MultiBlockMigrationsOngoing") => {
			"Wait until the last upgrade has migrated all state, then apply this one."
		}
		("System", "CallFiltered") => "No account of this chain makes this call.",
		_ => return None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn errors_of_the_same_name_have_their_own_hints() {
		let hint = |pallet, name| hint(pallet, name).unwrap();
		assert!(hint("Emission", "TooEarly").contains("emission show"));
		assert!(hint("Emission", "TooEarly").contains("order show"));
		assert!(hint("Emission", "TooManyOrders").contains("--amount"));
		assert!(hint("TechnicalCommittee", "TooEarly").contains("governance show"));
		assert!(hint("Session", "NoKeys").contains("keys --set"));
		assert_eq!(super::hint("Balances", "TooEarly"), None);
		assert_eq!(super::hint("System", "TooEarly"), None);
	}
}
