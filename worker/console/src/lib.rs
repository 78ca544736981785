//! Output, logging and shutdown, the same for every program.

pub mod screen;
pub mod shutdown;
