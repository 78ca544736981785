//! Output, logging, shutdown and the pages of the book, the same for every program.
//!
//! # Example
//!
//! ```no_run
//! use descent_console::{screen, shutdown};
//!
//! # async fn example() -> anyhow::Result<()> {
//! screen::start_logging("info", true);
//! let shutdown = shutdown::requested()?;
//! screen::line("serving");
//! shutdown.await;
//! # Ok(())
//! # }
//! ```

pub mod manual;
pub mod screen;
pub mod shutdown;
mod visible;

pub use visible::{visible, visible_line};
