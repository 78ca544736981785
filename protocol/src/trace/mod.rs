//! Rules of recorded training: how a checkpoint was made, in segments that anybody can replay.
//!
//! A trainer that records its training binds a [`Recipe`] and a [`Trace`] together with its checkpoint. The
//! trace is cut into segments of equally many steps. Each has a learning rate, the records of its batches,
//! which follow from public values alone ([`BatchOrder`]), and the weights at its end. A segment begins with
//! an optimizer without a history, so that its first weights are all that a replay needs. Who replays it in
//! f64 finds how far it departs from the weights that were recorded ([`departure_limit`]).
//!
//! Nobody can train ahead: the order of the batches contains the hash of the round's first block. Nor can a
//! trace be used twice or by others: it contains round and account, too.
//!
//! The idea is that of proof-of-learning (Jia et al., 2021, <https://arxiv.org/abs/2103.05633>). Attacks on
//! it choose data, order or tiny steps (Zhang et al., 2022; Fang et al., 2022). Here data and order are
//! given, and departures are measured relative to the way that a segment goes.

mod batch_order;
mod departure;
mod recipe;
mod rule;
mod segment;
mod work_reward;

pub use batch_order::BatchOrder;
pub use departure::{departure_limit, smallest_departure_limit, DEPARTURE_UNIT};
pub use recipe::{Base, Precision, Recipe, RecipeOptimizer, FRACTION};
pub use rule::RecipeRule;
pub use segment::{
	drawn_segment, replay_root, submission_hash, trace_root, Recording, Segment, SegmentProof, Trace,
	RATE_UNIT,
};
pub use work_reward::{WorkReward, MAX_DRAWN};
