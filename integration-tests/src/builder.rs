use crate::{Host, Launch, Machine};
use std::path::PathBuf;

/// Parameters of a network that is not yet started.
#[derive(Clone, Debug)]
pub struct NetworkBuilder {
	pub(crate) validators: usize,
	pub(crate) newcomers: usize,
	pub(crate) followers: usize,
	pub(crate) evaluators: bool,
	pub(crate) external: Vec<(usize, String)>,
	pub(crate) machines: Vec<(usize, Machine)>,
	pub(crate) dead_evaluators: Vec<usize>,
	pub(crate) genesis_code: Option<PathBuf>,
	pub(crate) minimum_seats: Option<u32>,
	pub(crate) funding_grace: Option<u32>,
	pub(crate) node_options: Vec<String>,
	pub(crate) hosts: Vec<Host>,
	pub(crate) directory: Option<PathBuf>,
}

impl NetworkBuilder {
	/// Sets the number of validators, 4 by default and 10 at most.
	pub fn validators(mut self, validators: usize) -> Self {
		self.validators = validators;
		self
	}

	/// Sets the number of nodes that have no keys yet and validate once they get some, 0 by default. They
	/// come after the validators, and have evaluators as those do.
	pub fn newcomers(mut self, newcomers: usize) -> Self {
		self.newcomers = newcomers;
		self
	}

	/// Sets the number of nodes that only follow the chain, 0 by default. They come last.
	pub fn followers(mut self, followers: usize) -> Self {
		self.followers = followers;
		self
	}

	/// Starts no evaluators.
	pub fn without_evaluators(mut self) -> Self {
		self.evaluators = false;
		self
	}

	/// Makes the chain begin with the runtime in this file, compressed or not.
	pub fn genesis_code(mut self, wasm: impl Into<PathBuf>) -> Self {
		self.genesis_code = Some(wasm.into());
		self
	}

	/// Lets groups of the chain ask for committees of this number of seats, which may be fewer than on any
	/// other chain.
	pub fn minimum_seats(mut self, seats: u32) -> Self {
		self.minimum_seats = Some(seats);
		self
	}

	/// Lets clients of the chain take their money back so many blocks after the last round that it pays for,
	/// which is sooner than on any other chain.
	pub fn funding_grace(mut self, blocks: u32) -> Self {
		self.funding_grace = Some(blocks);
		self
	}

	/// Makes this validator or newcomer use an evaluator of the test at `address`, where nobody has to
	/// listen. The network starts none for it, so there is one evaluator less.
	pub fn external_evaluator(mut self, validator: usize, address: String) -> Self {
		self.external.push((validator, address));
		self
	}

	/// Makes the evaluator of a validator or newcomer compute as another machine does.
	pub fn machine(mut self, validator: usize, machine: Machine) -> Self {
		self.machines.push((validator, machine));
		self
	}

	/// Makes the node of a validator or newcomer ask another evaluator before its own one, at an address
	/// where nobody listens.
	pub fn dead_evaluator(mut self, validator: usize) -> Self {
		self.dead_evaluators.push(validator);
		self
	}

	/// Forces the evaluator of a validator or newcomer into the way of its machine, if it has another one.
	pub(crate) fn force(&self, validator: usize, launch: Launch) -> Launch {
		let machine = self.machines.iter().find(|(index, _)| *index == validator);
		match machine {
			Some((_, machine)) => machine.force(launch),
			None => launch,
		}
	}

	/// Adds an option to every node's command line.
	pub fn node_option(mut self, option: &str) -> Self {
		self.node_options.push(option.into());
		self
	}

	/// Runs each node in a network namespace of its own, in the order of the nodes. Their RPC is open to all
	/// that reach them there.
	pub fn hosts(mut self, hosts: Vec<Host>) -> Self {
		self.hosts = hosts;
		self
	}

	/// Keeps all data in this folder, which stays. Without it the folder is temporary.
	pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
		self.directory = Some(directory.into());
		self
	}
}
