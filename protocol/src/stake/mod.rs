//! Rules of stake: votes, amendments, unbonding, and the division of rewards among stakes.

mod accumulator;
mod amendment;
mod amendment_v2;
mod pending;
mod shares;
mod unbonding;
mod vote;

pub use accumulator::{Accumulator, Mark};
pub use amendment::{majority, Change, RoundLengths, MAX_CHANGES};
pub use amendment_v2::ChangeV2;
pub use pending::{is_in_time, Pending, Stake};
pub use shares::{Shares, Split};
pub use unbonding::{schedule_unbonding, withdraw_unbonded, TooManyChunks};
pub use vote::{make_room, next_close, sums, winner, Contender, Majority, Share};
