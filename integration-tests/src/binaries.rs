use anyhow::{Context, Result};
use std::path::PathBuf;

/// The programs that the harness runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
	/// `descent-node`.
	Node,
	/// `descent-worker`.
	Worker,
	/// `descent`.
	Cli,
}

impl Binary {
	fn name(self) -> &'static str {
		match self {
			Self::Node => "descent-node",
			Self::Worker => "descent-worker",
			Self::Cli => "descent",
		}
	}

	/// Returns the path of the program: in the folder that this executable was built into, or in a folder
	/// above it.
	///
	/// # Errors
	/// Fails if the program was not built.
	pub fn path(self) -> Result<PathBuf> {
		built(self.name())
	}
}

/// Returns the path of the compressed runtime that was built for the node.
///
/// # Errors
/// Fails if the runtime was not built.
pub fn runtime() -> Result<PathBuf> {
	built("wbuild/descent-runtime/descent_runtime.compact.compressed.wasm")
}

fn built(name: &str) -> Result<PathBuf> {
	let own = std::env::current_exe().context("the path of this executable is not known")?;
	let built = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
	let folder = own.parent().unwrap_or(&own).display();
	built.with_context(|| {
		format!(
			"{name} was built neither in {folder} nor above it: run scripts/test, which builds all \
			 programs first"
		)
	})
}
