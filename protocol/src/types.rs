/// A block's number, as the runtime counts it.
pub type BlockNumber = u32;
/// A training group's number, given in the order of creation from 0.
pub type GroupId = u32;
/// A round's number within its group, from 0.
pub type RoundIndex = u32;
/// A delta proposal's number within its group, from 0.
pub type ProposalId = u32;
/// An amendment's number within its group, from 0.
pub type AmendmentId = u32;
/// A salt, which hides a commitment or an attestation until it is revealed: 32 bytes from a secure generator.
pub type Salt = [u8; 32];
