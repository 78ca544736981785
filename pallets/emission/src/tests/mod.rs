#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]

mod advance;
mod burn;
mod claim;
mod constant;
mod crowd;
mod eras;
mod funding;
mod payout;
mod terms;
mod try_state;
mod views;
