#![allow(clippy::arithmetic_side_effects)]

mod create;
