//! Measures how long many evaluators take to fetch one checkpoint of a trainer with a slow uplink, each in a
//! network namespace of its own. `scripts/bench relay` runs it, as root.

mod roles;

use descent_bench::{Links, Outcome, Shape};
use roles::{evaluate, serve, Evaluator, Trainer};
use serde::Serialize;
use std::{path::PathBuf, process::ExitCode, time::Instant};

/// Seconds that evaluators have to fetch: half of the default attest window of 60 blocks of 3 seconds.
const WINDOW: f64 = 90.0;

struct Options {
	folder: PathBuf,
	evaluators: usize,
	mib: usize,
	/// Rate of the trainer's uplink, in Mbit/s.
	uplink: u32,
	/// Rate of each evaluator's uplink, in Mbit/s; `None` if it is not shaped.
	relay: Option<u32>,
	alone: bool,
	json: bool,
	/// Role of this process, which another process of this program started.
	role: Option<Vec<String>>,
}

fn options() -> Outcome<Options> {
	let mut options = Options {
		folder: std::env::temp_dir(),
		evaluators: 50,
		mib: 256,
		uplink: 100,
		relay: Some(100),
		alone: false,
		json: false,
		role: None,
	};
	let mut arguments = std::env::args().skip(1);
	while let Some(argument) = arguments.next() {
		let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
		match argument.as_str() {
			"--folder" => options.folder = value()?.into(),
			"--evaluators" => options.evaluators = value()?.parse()?,
			"--mib" => options.mib = value()?.parse()?,
			"--uplink" => options.uplink = value()?.parse()?,
			"--relay" => options.relay = Some(value()?.parse()?).filter(|rate| *rate > 0),
			"--alone" => options.alone = true,
			"--quick" => (options.evaluators, options.mib) = (10, 32),
			"--json" => options.json = true,
			"--role" => options.role = Some(arguments.by_ref().collect()),
			other => return Err(format!("unknown option '{other}'").into()),
		}
	}
	if !(1..=200).contains(&options.evaluators) {
		return Err("there are 1 to 200 evaluators".into());
	}
	Ok(options)
}

#[derive(Serialize)]
struct Report {
	evaluators: usize,
	mib: usize,
	uplink_mbit: u32,
	/// 0 if it is not shaped.
	relay_mbit: u32,
	/// Seconds until the first, the median and the last evaluator had all.
	seconds: [f64; 3],
	/// Seconds that the uplink takes for one copy, and for one to each evaluator.
	bounds: [f64; 2],
	/// Number of copies that the trainer sent.
	copies: f64,
	/// Most memory of an evaluator's process, in MiB.
	memory: f64,
	window_seconds: f64,
}

fn measure(options: &Options) -> Outcome<Report> {
	let folder = tempfile::tempdir_in(&options.folder)?;
	let shaped = |mbit: u32| Shape { mbit: mbit.into(), delay: 0 };
	let relays = std::iter::repeat_n(options.relay.map(shaped), options.evaluators);
	let uplinks: Vec<_> = std::iter::once(Some(shaped(options.uplink))).chain(relays).collect();
	let links = Links::new(&uplinks)?;
	let trainer = Trainer::start(&links, folder.path(), options.mib)?;
	let peers: Vec<_> = match options.alone {
		true => Vec::new(),
		false => (0..options.evaluators).map(|number| roles::url(number + 1)).collect(),
	};
	let start = |number| Evaluator::start(&links, folder.path(), number, &trainer, &peers);
	let mut evaluators = (0..options.evaluators).map(start).collect::<Outcome<Vec<_>>>()?;
	let started = Instant::now();
	evaluators.iter_mut().try_for_each(Evaluator::go)?;
	let mut fetched = evaluators.iter_mut().map(Evaluator::wait).collect::<Outcome<Vec<_>>>()?;
	eprintln!("all have all after {:.1} s", started.elapsed().as_secs_f64());
	fetched.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
	let copy = options.mib as f64 * 8.0 * 1.048_576 / f64::from(options.uplink);
	Ok(Report {
		evaluators: options.evaluators,
		mib: options.mib,
		uplink_mbit: options.uplink,
		relay_mbit: options.relay.unwrap_or_default(),
		seconds: [0, fetched.len() / 2, fetched.len() - 1].map(|index| fetched[index].seconds),
		bounds: [copy, copy * options.evaluators as f64],
		copies: links.sent(0)? / (options.mib as f64 * 1_048_576.0),
		memory: fetched.iter().map(|fetched| fetched.memory).fold(0.0, f64::max),
		window_seconds: WINDOW,
	})
}

impl Report {
	fn print(&self) {
		let Self { evaluators, mib, uplink_mbit, relay_mbit, .. } = self;
		let relay = match relay_mbit {
			0 => "unshaped".to_owned(),
			rate => format!("{rate} Mbit/s"),
		};
		println!("{evaluators} evaluators fetch {mib} MiB of a trainer with {uplink_mbit} Mbit/s");
		println!("their own uplinks are {relay}");
		let ([first, median, last], [copy, all]) = (self.seconds, self.bounds);
		println!(
			"seconds until the first, the median and the last has all: {first:.0}, {median:.0}, {last:.0}"
		);
		println!(
			"one copy takes the uplink {copy:.0} s, one to each {all:.0} s; the window has {WINDOW:.0} s"
		);
		println!(
			"the trainer sent {:.1} copies; an evaluator took {:.0} MiB of memory",
			self.copies, self.memory
		);
	}
}

fn run() -> Outcome<bool> {
	let options = options()?;
	if let Some(role) = &options.role {
		return match role.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
			["trainer", store, mib, address] => serve(store.as_ref(), mib.parse()?, address),
			["evaluator", store, content, address, provider, peers @ ..] => {
				evaluate(store.as_ref(), content, address, provider, peers)
			}
			_ => Err("unknown role".into()),
		}
		.map(|()| true);
	}
	let report = measure(&options)?;
	match options.json {
		true => println!("{}", serde_json::to_string(&report)?),
		false => report.print(),
	}
	Ok(report.seconds[2] < WINDOW && report.memory < 128.0)
}

fn main() -> ExitCode {
	match run() {
		Ok(true) => ExitCode::SUCCESS,
		Ok(false) => {
			eprintln!(
				"below what is promised: they have to have it in the window, with less than 128 MiB each"
			);
			ExitCode::FAILURE
		}
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}
