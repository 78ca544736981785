//! Output, logging, shutdown and the pages of the book, the same for every program.

pub mod manual;
pub mod screen;
pub mod shutdown;
