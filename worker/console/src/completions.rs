//! Completions of shells, and man pages, made of what clap knows of a program.

use anyhow::{Context, Result};
use clap::Command;
use clap_complete::Shell;
use std::{fs, io, path::Path};

/// Writes the completions of a program for a shell to standard output. A reader that goes away is no error.
///
/// # Errors
/// Fails if standard output can't be written.
pub fn write(mut command: Command, shell: Shell) -> io::Result<()> {
	let name = command.get_name().to_owned();
	let mut text = Vec::new();
	clap_complete::generate(shell, &mut command, name, &mut text);
	match io::Write::write_all(&mut io::stdout(), &text) {
		Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
		written => written,
	}
}

/// Writes a man page for a program and for each of its commands into a folder, which is made if need be.
///
/// # Errors
/// Fails if the folder or a file can't be written.
pub fn write_manuals(command: Command, folder: &Path) -> Result<()> {
	let failed = || format!("man pages in {}", folder.display());
	fs::create_dir_all(folder).with_context(failed)?;
	clap_mangen::generate_to(command, folder).with_context(failed)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_page_is_written_for_each_command() {
		let folder = tempfile::tempdir().unwrap();
		let command = Command::new("tool").subcommand(Command::new("make").about("Makes things"));
		let pages = folder.path().join("man/man1");
		write_manuals(command, &pages).unwrap();
		assert!(pages.join("tool.1").exists());
		assert!(fs::read_to_string(pages.join("tool-make.1")).unwrap().contains("Makes things"));
		let file = pages.join("tool.1");
		assert!(write_manuals(Command::new("tool"), &file).is_err(), "a file is no folder");
	}
}
