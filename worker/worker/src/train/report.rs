use descent_protocol::{BlockNumber, ContentRef, Outcome, RoundIndex, Score};
use serde::Serialize;

/// What the trainer tells whoever runs it: lines of JSON with `--json`, sentences without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
	/// The gateway listens and the chain is followed.
	Ready {
		/// The gateway's address.
		address: String,
		/// The trainer's account, in SS58.
		account: String,
	},
	/// A round takes commitments.
	RoundStarted {
		/// The round.
		round: RoundIndex,
		/// The block before which a commitment must be in.
		commit_before: BlockNumber,
	},
	/// The commitment is on chain.
	Committed {
		/// The round.
		round: RoundIndex,
		/// The checkpoint, which nobody else can see yet.
		checkpoint: ContentRef,
	},
	/// Nothing is committed in a round.
	Skipped {
		/// The round.
		round: RoundIndex,
		/// Why.
		reason: String,
	},
	/// The reveal is on chain.
	Revealed {
		/// The round.
		round: RoundIndex,
		/// The claimed score.
		claim: Score,
	},
	/// A round in which this trainer took part is over for it.
	Ended {
		/// The round.
		round: RoundIndex,
		/// How; absent where the chain holds no commitment of this account.
		outcome: Option<Outcome>,
		/// Why, in words.
		sentence: String,
	},
}

impl Event {
	/// As a sentence.
	pub fn sentence(&self) -> String {
		match self {
			Self::Ready { address, account } => {
				format!("Training as {account}; checkpoints are served at {address}.")
			}
			Self::RoundStarted { round, commit_before } => {
				format!("Round {round} takes commitments until block {commit_before}.")
			}
			Self::Committed { round, .. } => format!("Round {round}: committed."),
			Self::Skipped { round, reason } => format!("Round {round}: nothing committed, {reason}."),
			Self::Revealed { round, claim } => format!("Round {round}: revealed with a claim of {claim}."),
			Self::Ended { round, sentence, .. } => format!("Round {round}: {sentence}"),
		}
	}
}

/// Takes the trainer's events.
pub trait Report {
	/// Shows an event.
	fn event(&self, event: Event);
}
