use crate::BlockNumber;

/// Length of a slot, in which at most one block is expected, in milliseconds. It can't change after genesis.
pub const MILLISECONDS_PER_BLOCK: u64 = 3_000;
/// Blocks in a minute.
pub const MINUTES: BlockNumber = 20;
/// Blocks in an hour.
pub const HOURS: BlockNumber = MINUTES.saturating_mul(60);
/// Blocks in a day.
pub const DAYS: BlockNumber = HOURS.saturating_mul(24);
/// Blocks in a year of 365 days.
pub const YEARS: BlockNumber = DAYS.saturating_mul(365);
