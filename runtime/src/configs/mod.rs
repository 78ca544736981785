//! How each pallet is set up, by concern.

mod committee;
mod consensus;
mod emission;
mod filter;
mod governance;
mod money;
mod parameters;
mod people;
mod system;
mod training;
mod treasury;
mod upgrades;
mod validators;

pub use consensus::BABE_GENESIS_EPOCH_CONFIG;
#[cfg(test)]
pub use emission::SplitFees;
#[cfg(test)]
pub use governance::{PreimageBaseDeposit, PreimageByteDeposit};
pub use parameters::{dynamic_params, RuntimeParameters};
pub use people::ProxyType;
pub use system::RuntimeBlockWeights;
