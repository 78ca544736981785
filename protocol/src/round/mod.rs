//! Rules of one round: its windows, the order of its candidates, the records it draws and its settlement.

mod clock;
mod condition;
mod explain;
mod ranking;
mod reward_division;
mod sample;
mod settlement;
mod slot_fee;
mod target;

pub use clock::{Clock, ClockError, Phase, Windows, SEED_GAP};
pub use condition::{condition_limit, perturbation_seed};
pub use explain::{explain, explanation};
pub use ranking::rank;
pub use reward_division::divide_reward;
pub use sample::sample;
pub(crate) use sample::{draw_below, draw_each_below};
pub use settlement::{settle, Incumbent, Outcome, Settlement};
pub use slot_fee::slot_fee;
pub use target::{has_reached_target, MeasuredOn};
