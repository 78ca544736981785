use std::path::PathBuf;

/// Describes a network before it is started.
#[derive(Clone, Debug)]
pub struct NetworkBuilder {
	pub(crate) validators: usize,
	pub(crate) newcomers: usize,
	pub(crate) followers: usize,
	pub(crate) evaluators: bool,
	pub(crate) strange: Option<(usize, String)>,
	pub(crate) genesis_code: Option<PathBuf>,
	pub(crate) node_options: Vec<String>,
	pub(crate) directory: Option<PathBuf>,
}

impl NetworkBuilder {
	/// How many validators; 4 unless it is said.
	pub fn validators(mut self, validators: usize) -> Self {
		self.validators = validators;
		self
	}

	/// How many nodes that have no keys yet and validate when they get some; none unless it is said. They come after the
	/// validators, and have evaluators as those do.
	pub fn newcomers(mut self, newcomers: usize) -> Self {
		self.newcomers = newcomers;
		self
	}

	/// How many nodes that only follow; none unless it is said. They come last.
	pub fn followers(mut self, followers: usize) -> Self {
		self.followers = followers;
		self
	}

	/// Does without the evaluators.
	pub fn without_evaluators(mut self) -> Self {
		self.evaluators = false;
		self
	}

	/// Has the chain begin with the runtime in this file, compressed or not.
	pub fn genesis_code(mut self, wasm: impl Into<PathBuf>) -> Self {
		self.genesis_code = Some(wasm.into());
		self
	}

	/// Has this validator, or newcomer, ask an evaluator of the test's own at an address. It gets none of its own, so that the
	/// evaluators are one less.
	pub fn strange_evaluator(mut self, validator: usize, address: String) -> Self {
		self.strange = Some((validator, address));
		self
	}

	/// Adds an option to every node's command line.
	pub fn node_option(mut self, option: &str) -> Self {
		self.node_options.push(option.into());
		self
	}

	/// Keeps everything in this folder, and keeps the folder. Otherwise it is a temporary one.
	pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
		self.directory = Some(directory.into());
		self
	}
}
