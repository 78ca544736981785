//! The commands that tell shells and readers of manuals about this program.

use anyhow::Result;
use clap::{Args, Command};
use descent_console::{completions, Shell};
use std::path::PathBuf;

const COMPLETIONS_EXAMPLES: &str = "Examples:
  descent completions bash >~/.local/share/bash-completion/completions/descent
  descent completions zsh >~/.zfunc/_descent
  descent completions fish >~/.config/fish/completions/descent.fish";

/// Arguments of `descent completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub(crate) struct Completions {
	/// The shell
	#[arg(value_enum)]
	shell: Shell,
}

impl Completions {
	/// Prints the completions of this program.
	pub(crate) fn run(&self, program: Command) -> Result<()> {
		Ok(completions::write(program, self.shell)?)
	}
}

const MAN_EXAMPLES: &str = "Example:
  descent man ~/.local/share/man/man1
  man descent-round-watch";

/// Arguments of `descent man`.
#[derive(Debug, Args)]
#[command(after_help = MAN_EXAMPLES)]
pub(crate) struct Man {
	/// Folder to write the pages to; it is made if need be
	#[arg(value_name = "DIR")]
	folder: PathBuf,
}

impl Man {
	/// Writes the pages of this program.
	pub(crate) fn run(&self, program: Command) -> Result<()> {
		completions::write_manuals(program, &self.folder)
	}
}
