//! The configuration of each pallet, by concern.

mod accounts;
mod balances;
mod committee;
mod consensus;
mod custody;
mod emission;
mod governance;
mod parameters;
mod system;
mod training;
mod treasury;
mod upgrades;
mod validators;

pub use accounts::ProxyType;
pub use consensus::BABE_GENESIS_EPOCH_CONFIG;
#[cfg(test)]
pub(crate) use emission::SplitFees;
#[cfg(test)]
pub(crate) use governance::{PreimageBaseDeposit, PreimageByteDeposit};
pub(crate) use parameters::{dynamic_params, RuntimeParameters};
pub use system::RuntimeBlockWeights;
