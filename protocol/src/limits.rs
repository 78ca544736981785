/// The most commitments that one round admits.
pub const MAX_CANDIDATES: u32 = 64;
/// The most members that a round's committee has.
pub const MAX_COMMITTEE: u32 = 100;
/// The most providers that a group or a checkpoint names.
pub const MAX_PROVIDERS: u32 = 8;
/// The longest provider address, in bytes.
pub const MAX_PROVIDER_LENGTH: u32 = 128;
/// The longest name of a group, in bytes of UTF-8.
pub const MAX_NAME_LENGTH: u32 = 64;
/// The longest summary of a proposal or an amendment, in bytes of UTF-8.
pub const MAX_SUMMARY_LENGTH: u32 = 256;
/// The most delta proposals that are open in a group at a time.
pub const MAX_PROPOSALS: u32 = 32;
/// The most amendments that are open in a group at a time.
pub const MAX_AMENDMENTS: u32 = 16;
/// The most optional rules that a group has.
pub const MAX_OPTIONAL_RULES: u32 = 12;
/// The most fundings that a group has at a time.
pub const MAX_FUNDINGS: u32 = 16;
/// The most deltas that a group's log holds.
pub const MAX_LOG: u32 = 1_024;
/// The most orders that a group has at a time for rounds that have not begun.
pub const MAX_ORDERS: u32 = 16;
/// The most orders of a group that have given way to others, and still pay for the rounds that have begun.
pub const MAX_ENDING_ORDERS: u32 = 4;
/// The most winners that a round of a group with ranked winners pays.
pub const MAX_RANKED_WINNERS: u8 = 8;
/// The most test sets that one series holds.
pub const MAX_TEST_SETS: u16 = 256;
/// The most keepers of a group.
pub const MAX_KEEPERS: u32 = 16;
/// The most segments of a recorded training.
pub const MAX_SEGMENTS: u16 = 4_096;
