//! How each pallet is set up, by concern.

mod consensus;
mod governance;
mod money;
mod system;
mod training;

pub use consensus::BABE_GENESIS_EPOCH_CONFIG;
#[cfg(test)]
pub use money::FeesToAuthor;
pub use system::RuntimeBlockWeights;
