//! Runs the measurements one after the other, and makes a table, JSON, a plot, and the book's page of
//! figures. `scripts/bench figures` runs it.

mod machine;
mod page;
mod plot;
mod programs;

use descent_bench::{are_kept, exit_code, table, Outcome};
use machine::Machine;
use programs::Figures;
use serde::Serialize;
use std::{
	fs,
	path::{Path, PathBuf},
	process::ExitCode,
};

#[derive(Default)]
struct Options {
	quick: bool,
	json: bool,
	/// True if the book's page and its picture are written.
	book: bool,
	svg: Option<PathBuf>,
}

/// Everything that was measured, and where.
#[derive(Serialize)]
struct Report {
	quick: bool,
	machine: Machine,
	figures: Figures,
}

fn options() -> Outcome<Options> {
	let mut options = Options::default();
	let mut arguments = std::env::args().skip(1);
	while let Some(argument) = arguments.next() {
		match argument.as_str() {
			"--quick" => options.quick = true,
			"--json" => options.json = true,
			"--book" => options.book = true,
			"--svg" => options.svg = Some(arguments.next().ok_or("--svg needs a file")?.into()),
			other => {
				return Err(
					format!("unknown option '{other}'; there are --quick, --json, --svg and --book").into()
				)
			}
		}
	}
	Ok(options)
}

fn run() -> Outcome<bool> {
	let options = options()?;
	let figures = Figures::measure(options.quick)?;
	let report = Report { quick: options.quick, machine: Machine::this()?, figures };
	match options.json {
		true => println!("{}", serde_json::to_string(&report)?),
		false => {
			println!("{}\n", report.machine);
			print!("{}", table(&report.figures.comparisons()));
		}
	}
	if let Some(file) = &options.svg {
		fs::write(file, plot::svg(&report))?;
	}
	if options.book {
		let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src");
		page::write(&book.join("figures.md"), &report)?;
		fs::write(book.join("images/figures.svg"), plot::svg(&report))?;
	}
	Ok(are_kept(&report.figures.comparisons()))
}

fn main() -> ExitCode {
	exit_code(run())
}
