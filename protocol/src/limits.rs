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
