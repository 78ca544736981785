//! Options that the measurements have in common.

use descent_bench::Outcome;

pub(crate) struct Options {
	pub(crate) threads: usize,
	pub(crate) turns: usize,
	/// Only models whose name has this text.
	pub(crate) only: String,
	pub(crate) json: bool,
	/// Options of this program alone that were given.
	pub(crate) own: Vec<String>,
}

impl Options {
	/// Reads the arguments of this process, where `own` are further options of the program, which takes so
	/// many turns unless it is to be quick.
	pub(crate) fn read(turns: usize, own: &[&str]) -> Outcome<Self> {
		let threads = std::thread::available_parallelism()?.get();
		let mut options = Self { threads, turns, only: String::new(), json: false, own: Vec::new() };
		let mut arguments = std::env::args().skip(1);
		while let Some(argument) = arguments.next() {
			let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
			match argument.as_str() {
				"--threads" => options.threads = value()?.parse()?,
				"--only" => options.only = value()?,
				"--quick" => options.turns = 3,
				"--json" => options.json = true,
				other if own.contains(&other) => options.own.push(argument),
				other => return Err(format!("unknown option '{other}'").into()),
			}
		}
		Ok(options)
	}
}
