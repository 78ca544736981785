#![allow(clippy::arithmetic_side_effects)]

mod judge;
mod open;
mod release;
