//! Output, logging, shutdown, configuration, completions and the pages of the book, for every program.
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

pub mod completions;
pub mod config;
pub mod manual;
mod node_args;
pub mod screen;
pub mod shutdown;
mod visible;

pub use clap_complete::Shell;
pub use node_args::NodeArgs;
pub use visible::{visible, visible_line};
