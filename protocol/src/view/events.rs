//! Events of groups: returned by the runtime API in SCALE and by the `training_subscribeEvents` subscription
//! as JSON.
#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use super::{AmendmentEnding, Amount, ProposalEnding};
use crate::{
	AmendmentId, BlockNumber, ContentRef, DeltaVerdict, GroupId, Outcome, ProposalId, RoundIndex, Score,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};

/// An event of a group: in its rounds, in its votes, of orders of its model, or of its keepers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum ChainEvent {
	/// A trainer committed.
	Committed {
		/// The group.
		group: GroupId,
		/// The round.
		round: RoundIndex,
		/// The trainer.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
	},
	/// A commitment with a larger deposit took the slot of this one in a full round. Its deposit was
	/// returned.
	Displaced {
		/// The group.
		group: GroupId,
		/// The round.
		round: RoundIndex,
		/// The trainer that lost its slot.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
	},
	/// A trainer revealed.
	Revealed {
		/// The group.
		group: GroupId,
		/// The round.
		round: RoundIndex,
		/// The trainer.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// Its checkpoint.
		checkpoint: ContentRef,
		/// Its claim.
		claim: Score,
	},
	/// A committee member attested.
	Attested {
		/// The group.
		group: GroupId,
		/// The round.
		round: RoundIndex,
		/// The member's seat in the committee, from 0.
		member: u32,
	},
	/// A committee member opened its attestation.
	Opened {
		/// The group.
		group: GroupId,
		/// The round.
		round: RoundIndex,
		/// The member's seat in the committee, from 0.
		member: u32,
	},
	/// A commitment ended.
	Ended {
		/// The group.
		group: GroupId,
		/// The round.
		round: RoundIndex,
		/// The trainer.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The result.
		outcome: Outcome,
		/// The score that 2/3 of the committee measured.
		measured: Option<Score>,
		/// The amount that the trainer was paid.
		#[serde(with = "Amount")]
		reward: u128,
		/// The amount that the trainer lost of its deposit.
		#[serde(with = "Amount")]
		slashed: u128,
	},
	/// The chain could not set an alarm: somebody has to send the call that it would have made.
	AlarmMissing {
		/// The group.
		group: GroupId,
		/// The call that is due.
		#[serde(flatten)]
		alarm: Alarm,
	},
	/// A round was settled.
	Settled {
		/// The group.
		group: GroupId,
		/// The round.
		round: RoundIndex,
		/// The trainer that won.
		#[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Account>"))]
		winner: Option<AccountId32>,
		/// The winner's measured score.
		score: Option<Score>,
		/// The head's score on the round's records, which had to be beaten.
		baseline: Option<Score>,
	},
	/// The stake of an account changed.
	Staked {
		/// The group.
		group: GroupId,
		/// The account.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The account's stake now.
		#[serde(with = "Amount")]
		stake: u128,
		/// All stake in the group now.
		#[serde(with = "Amount")]
		total: u128,
	},
	/// A delta was proposed.
	Proposed {
		/// The group.
		group: GroupId,
		/// The proposal.
		proposal: ProposalId,
		/// The proposer.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The delta.
		delta: ContentRef,
	},
	/// A stakeholder votes for a delta, or for none any more.
	Voted {
		/// The group.
		group: GroupId,
		/// The stakeholder.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The proposal.
		proposal: Option<ProposalId>,
		/// The stake behind the vote.
		#[serde(with = "Amount")]
		stake: u128,
	},
	/// 2/3 of the committee agree on the effect of a delta on a version of the data set.
	Checked {
		/// The group.
		group: GroupId,
		/// The proposal.
		proposal: ProposalId,
		/// The version that it was checked on.
		version: u32,
		/// The verdict.
		#[serde(flatten)]
		verdict: DeltaVerdict,
	},
	/// A delta proposal ended.
	ProposalEnded {
		/// The group.
		group: GroupId,
		/// The proposal.
		proposal: ProposalId,
		/// The proposer.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The result.
		#[serde(flatten)]
		ending: ProposalEnding,
		/// The amount that the proposer was paid.
		#[serde(with = "Amount")]
		reward: u128,
		/// The amount that the proposer lost.
		#[serde(with = "Amount")]
		slashed: u128,
	},
	/// An amendment was proposed.
	AmendmentProposed {
		/// The group.
		group: GroupId,
		/// The amendment.
		amendment: AmendmentId,
		/// The proposer.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
	},
	/// A stakeholder approves an amendment, or does not any more.
	AmendmentVoted {
		/// The group.
		group: GroupId,
		/// The amendment.
		amendment: AmendmentId,
		/// The stakeholder.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// True if the stakeholder approves.
		aye: bool,
		/// The stake behind the vote.
		#[serde(with = "Amount")]
		stake: u128,
	},
	/// An amendment ended.
	AmendmentEnded {
		/// The group.
		group: GroupId,
		/// The amendment.
		amendment: AmendmentId,
		/// The result.
		#[serde(flatten)]
		ending: AmendmentEnding,
	},
	/// A voting period closed.
	PeriodClosed {
		/// The group.
		group: GroupId,
		/// The block that closes the next.
		next: BlockNumber,
	},
	/// A client orders improvement of the group's model.
	Ordered {
		/// The group.
		group: GroupId,
		/// The client.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The amount that it pays in.
		#[serde(with = "Amount")]
		amount: u128,
		/// The amount for each micro-unit.
		#[serde(with = "Amount")]
		price: u128,
		/// The amount in addition for the winner that reaches the target.
		#[serde(with = "Amount")]
		bonus: u128,
		/// The score from which on it pays.
		from: Score,
		/// The score with which the order is fulfilled.
		target: Score,
		/// The first round that it does not pay for.
		until: RoundIndex,
	},
	/// An order paid for a round that was won.
	OrderPaid {
		/// The group.
		group: GroupId,
		/// The round.
		round: RoundIndex,
		/// The client.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The improvement that it pays for, in micro-units.
		gain: u64,
		/// The amount for the gain.
		#[serde(with = "Amount")]
		amount: u128,
		/// The bonus, if the target was reached.
		#[serde(with = "Amount")]
		bonus: u128,
		/// The rest of the order.
		#[serde(with = "Amount")]
		left: u128,
	},
	/// A client ended its order: it pays for rounds that have begun.
	OrderCancelled {
		/// The group.
		group: GroupId,
		/// The client.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The first round that it does not pay for.
		until: RoundIndex,
		/// The block from which the rest can be returned.
		free: BlockNumber,
	},
	/// The rules change, so that an order ends with the rounds that have begun.
	OrderPaused {
		/// The group.
		group: GroupId,
		/// The client.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The first round that it does not pay for.
		until: RoundIndex,
		/// The block from which the rest can be returned.
		free: BlockNumber,
	},
	/// Improvement has used up an order.
	OrderSpent {
		/// The group.
		group: GroupId,
		/// The client.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
	},
	/// The target of an order was reached.
	OrderFulfilled {
		/// The group.
		group: GroupId,
		/// The client.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The rest of the order, which the client can claim.
		#[serde(with = "Amount")]
		refunded: u128,
	},
	/// The rest of an order was returned to its client.
	OrderRefunded {
		/// The group.
		group: GroupId,
		/// The client.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The amount.
		#[serde(with = "Amount")]
		amount: u128,
	},
	/// An order gives way to one with more money, and pays for the rounds that have begun.
	OrderDisplaced {
		/// The group.
		group: GroupId,
		/// The client.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The first round that it does not pay for.
		until: RoundIndex,
		/// The block from which the rest can be returned.
		free: BlockNumber,
	},
	/// An account keeps the group's content, or has changed its addresses or its deposit.
	KeeperJoined {
		/// The group.
		group: GroupId,
		/// The keeper.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// Its deposit.
		#[serde(with = "Amount")]
		deposit: u128,
	},
	/// A keeper has left, and its deposit was returned.
	KeeperLeft {
		/// The group.
		group: GroupId,
		/// The keeper.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The amount that was returned.
		#[serde(with = "Amount")]
		returned: u128,
	},
	/// A keeper with a larger deposit took the seat of this one. Its deposit was returned.
	KeeperDisplaced {
		/// The group.
		group: GroupId,
		/// The keeper that lost its seat.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
	},
	/// A check of what the keepers serve was opened.
	CustodyCheckOpened {
		/// The group.
		group: GroupId,
		/// The number of the check.
		check: u32,
	},
	/// A keeper did not serve what a check asked for.
	CustodyCheckMissed {
		/// The group.
		group: GroupId,
		/// The number of the check.
		check: u32,
		/// The keeper.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// Number of checks in a row in which it has not served.
		missed: u8,
	},
	/// A keeper has lost its deposit and its seat.
	KeeperSlashed {
		/// The group.
		group: GroupId,
		/// The keeper.
		#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Account"))]
		account: AccountId32,
		/// The amount that it lost.
		#[serde(with = "Amount")]
		slashed: u128,
	},
	/// A check was decided.
	CustodyChecked {
		/// The group.
		group: GroupId,
		/// The number of the check.
		check: u32,
		/// Number of keepers that served.
		served: u32,
		/// The amount that each of them was paid.
		#[serde(with = "Amount")]
		each: u128,
	},
}

/// A call that the chain makes by an alarm, or that somebody has to send where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Alarm {
	/// `rounds.settle`.
	Settlement {
		/// The round that is to be settled.
		round: RoundIndex,
	},
	/// `groups.close_period`.
	PeriodClose {
		/// The block from which the voting period can be closed.
		close: BlockNumber,
	},
}

/// A filter of events by their subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventTopic {
	/// Commitments, reveals, attestations and settlements.
	#[default]
	Rounds,
	/// Stake, proposals, checks, amendments and voting periods.
	Votes,
	/// Orders, their payments and their ends.
	Orders,
	/// Keepers, and checks of what they serve.
	Custody,
	/// All events of a group.
	All,
}

impl EventTopic {
	/// Returns true if the topic has this event.
	pub fn includes(self, event: &ChainEvent) -> bool {
		self == Self::All || self == event.topic()
	}
}

impl ChainEvent {
	/// Returns the group in which it happened.
	pub fn group(&self) -> GroupId {
		match self {
			Self::Committed { group, .. }
			| Self::Displaced { group, .. }
			| Self::Revealed { group, .. }
			| Self::Attested { group, .. }
			| Self::Opened { group, .. }
			| Self::Ended { group, .. }
			| Self::AlarmMissing { group, .. }
			| Self::Settled { group, .. }
			| Self::Staked { group, .. }
			| Self::Proposed { group, .. }
			| Self::Voted { group, .. }
			| Self::Checked { group, .. }
			| Self::ProposalEnded { group, .. }
			| Self::AmendmentProposed { group, .. }
			| Self::AmendmentVoted { group, .. }
			| Self::AmendmentEnded { group, .. }
			| Self::PeriodClosed { group, .. }
			| Self::Ordered { group, .. }
			| Self::OrderPaid { group, .. }
			| Self::OrderCancelled { group, .. }
			| Self::OrderPaused { group, .. }
			| Self::OrderDisplaced { group, .. }
			| Self::OrderSpent { group, .. }
			| Self::OrderFulfilled { group, .. }
			| Self::OrderRefunded { group, .. }
			| Self::KeeperJoined { group, .. }
			| Self::KeeperLeft { group, .. }
			| Self::KeeperDisplaced { group, .. }
			| Self::CustodyCheckOpened { group, .. }
			| Self::CustodyCheckMissed { group, .. }
			| Self::KeeperSlashed { group, .. }
			| Self::CustodyChecked { group, .. } => *group,
		}
	}

	/// Returns its topic: rounds, votes, orders or custody.
	pub fn topic(&self) -> EventTopic {
		match self {
			Self::Committed { .. }
			| Self::Displaced { .. }
			| Self::Revealed { .. }
			| Self::Attested { .. }
			| Self::Opened { .. }
			| Self::Ended { .. }
			| Self::AlarmMissing { alarm: Alarm::Settlement { .. }, .. }
			| Self::Settled { .. } => EventTopic::Rounds,
			Self::AlarmMissing { alarm: Alarm::PeriodClose { .. }, .. }
			| Self::Staked { .. }
			| Self::Proposed { .. }
			| Self::Voted { .. }
			| Self::Checked { .. }
			| Self::ProposalEnded { .. }
			| Self::AmendmentProposed { .. }
			| Self::AmendmentVoted { .. }
			| Self::AmendmentEnded { .. }
			| Self::PeriodClosed { .. } => EventTopic::Votes,
			Self::Ordered { .. }
			| Self::OrderPaid { .. }
			| Self::OrderCancelled { .. }
			| Self::OrderPaused { .. }
			| Self::OrderDisplaced { .. }
			| Self::OrderSpent { .. }
			| Self::OrderFulfilled { .. }
			| Self::OrderRefunded { .. } => EventTopic::Orders,
			Self::KeeperJoined { .. }
			| Self::KeeperLeft { .. }
			| Self::KeeperDisplaced { .. }
			| Self::CustodyCheckOpened { .. }
			| Self::CustodyCheckMissed { .. }
			| Self::KeeperSlashed { .. }
			| Self::CustodyChecked { .. } => EventTopic::Custody,
		}
	}
}

/// The events of one block: a message of the `training_subscribeEvents` subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlockEvents {
	/// The block's number.
	pub block: BlockNumber,
	/// The block's hash.
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Hash"))]
	pub hash: H256,
	/// The events in the order in which they happened.
	pub events: Vec<ChainEvent>,
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;
	use serde_json::json;

	#[test]
	fn an_alarm_says_which_call_is_due() {
		let settlement = ChainEvent::AlarmMissing { group: 1, alarm: Alarm::Settlement { round: 7 } };
		let close = ChainEvent::AlarmMissing { group: 1, alarm: Alarm::PeriodClose { close: 29 } };
		for (event, topic, json) in [
			(settlement, EventTopic::Rounds, json!({"event": "alarm_missing", "group": 1, "round": 7})),
			(close, EventTopic::Votes, json!({"event": "alarm_missing", "group": 1, "close": 29})),
		] {
			assert_eq!(serde_json::to_value(&event).unwrap(), json);
			assert_eq!(serde_json::from_value::<ChainEvent>(json).unwrap(), event);
			assert!(topic.includes(&event) && EventTopic::All.includes(&event));
		}
	}

	#[test]
	fn orders_are_a_topic_of_their_own() {
		let account = AccountId32::new([1; 32]);
		let spent = ChainEvent::OrderSpent { group: 3, account: account.clone() };
		let paid =
			ChainEvent::OrderPaid { group: 3, round: 7, account, gain: 20, amount: 200, bonus: 0, left: 9 };
		for event in [&spent, &paid] {
			assert_eq!((event.group(), event.topic()), (3, EventTopic::Orders));
			assert!(EventTopic::All.includes(event) && !EventTopic::Rounds.includes(event));
		}
		let json = serde_json::to_value(&paid).unwrap();
		assert_eq!((&json["event"], &json["amount"]), (&json!("order_paid"), &json!("200")));
		assert_eq!(serde_json::from_value::<ChainEvent>(json).unwrap(), paid);
		assert_eq!(serde_json::to_value(EventTopic::Orders).unwrap(), json!("orders"));
	}

	/// A node reads the events of blocks that older runtimes made: no index changes its meaning.
	#[test]
	fn events_of_orders_come_after_all_others() {
		let account = AccountId32::new([1; 32]);
		let closed = ChainEvent::PeriodClosed { group: 0, next: 1 };
		let refunded = ChainEvent::OrderRefunded { group: 0, account, amount: 5 };
		assert_eq!((closed.encode()[0], refunded.encode()[0]), (16, 23));
		let joined = ChainEvent::KeeperJoined { group: 0, account: AccountId32::new([1; 32]), deposit: 5 };
		assert_eq!(joined.encode()[0], 25);
		assert_eq!(joined.topic(), EventTopic::Custody);
	}

	#[test]
	fn a_block_with_both_topics_reads_as_it_is_written() {
		let block = BlockEvents {
			block: 9,
			hash: H256::zero(),
			events: vec![
				ChainEvent::Committed { group: 0, round: 1, account: AccountId32::new([1; 32]) },
				ChainEvent::AmendmentEnded {
					group: 0,
					amendment: 2,
					ending: AmendmentEnding::Adopted { from: 3 },
				},
			],
		};
		let text = serde_json::to_string(&block).unwrap();
		assert_eq!(serde_json::from_str::<BlockEvents>(&text).unwrap(), block);
		assert_eq!(serde_json::to_value(EventTopic::Votes).unwrap(), json!("votes"));
	}
}
