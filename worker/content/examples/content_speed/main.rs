//! Measures imports and fetches of one file beside `b2sum` and `curl`, in turns, on this machine.
//! `scripts/bench content` runs it.

mod gateways;
mod helia;
mod processes;
mod resume;

use descent_bench::{exit_code, Outcome, Spread};
use gateways::{Behaviour, Served};
use helia::Helia;
use processes::{run, Taken};
use serde::Serialize;
use std::{
	fs,
	io::Write,
	path::{Path, PathBuf},
	process::{Command, ExitCode},
};

/// Seconds of `b2sum` and of `curl`.
type Bounds = Vec<(f64, f64)>;

/// Least share of the speed of the slower of `b2sum` and `curl` that is promised.
const PROMISED: f64 = 0.8;
/// Most memory in MiB that an import or a fetch may take.
const MEMORY: f64 = 128.0;

struct Options {
	folder: PathBuf,
	mib: usize,
	repeats: usize,
	json: bool,
	/// Behaviour and store of a gateway that this process serves, as another process of this program asks.
	serve: Option<(String, PathBuf)>,
}

fn options() -> Outcome<Options> {
	let mut options =
		Options { folder: std::env::temp_dir(), mib: 1024, repeats: 5, json: false, serve: None };
	let mut arguments = std::env::args().skip(1);
	while let Some(argument) = arguments.next() {
		let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
		match argument.as_str() {
			"--folder" => options.folder = value()?.into(),
			"--mib" => options.mib = value()?.parse()?,
			"--quick" => (options.mib, options.repeats) = (128, 2),
			"--json" => options.json = true,
			"--serve" => options.serve = Some((value()?, value()?.into())),
			other => return Err(format!("unknown option '{other}'").into()),
		}
	}
	Ok(options)
}

/// Measurements of one way to move the file, beside what bounds it.
#[derive(Serialize)]
struct Line {
	what: &'static str,
	/// Median of the seconds that it took.
	seconds: f64,
	/// Median, least and largest of its speed over that of the slower bound of the same turn.
	ratio: Spread,
	/// Most memory of the process, in MiB.
	memory: f64,
	/// True if it is ours, and has to be as fast as is promised.
	is_ours: bool,
}

#[derive(Serialize)]
struct Report {
	mib: usize,
	repeats: usize,
	cores: usize,
	b2sum_seconds: f64,
	curl_seconds: f64,
	lines: Vec<Line>,
	/// Number of blocks that a fetch, killed in the middle, asked for again, and of all blocks.
	fetched_twice: (usize, usize),
}

/// Times of one way over all turns.
#[derive(Default)]
struct Series {
	what: &'static str,
	is_ours: bool,
	taken: Vec<Taken>,
	ratios: Vec<f64>,
}

/// Files and programs of the measurement.
struct Bench {
	folder: tempfile::TempDir,
	file: PathBuf,
	descent: PathBuf,
}

impl Bench {
	fn new(options: &Options) -> Outcome<Self> {
		let folder = tempfile::tempdir_in(&options.folder)?;
		let file = folder.path().join("checkpoint");
		let mut writer = fs::File::create(&file)?;
		let mut bytes = vec![0; 1 << 20];
		for _ in 0..options.mib {
			rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
			writer.write_all(&bytes)?;
		}
		writer.sync_all()?;
		let program = std::env::current_exe()?;
		let descent = program.ancestors().nth(2).ok_or("this program has no folder")?.join("descent");
		if !descent.exists() {
			return Err(format!("{} is missing: build it first", descent.display()).into());
		}
		Ok(Self { folder, file, descent })
	}

	fn path(&self, name: &str) -> PathBuf {
		self.folder.path().join(name)
	}

	/// Waits until the disk has nothing left to write, and uses and frees memory, so that each measurement
	/// finds an idle disk, and memory that a virtual machine need not ask its host for.
	fn settle(&self) -> Outcome<()> {
		Command::new("sync").status()?;
		let size = usize::try_from(fs::metadata(&self.file)?.len())?;
		drop(std::hint::black_box(vec![1u8; 4 * size]));
		Ok(())
	}

	fn b2sum(&self) -> Outcome<Taken> {
		self.settle()?;
		run(Command::new("b2sum").args(["-l", "256"]).arg(&self.file))
	}

	fn curl(&self, server: &Served) -> Outcome<Taken> {
		self.settle()?;
		let out = self.path("curled");
		let url = format!("{}/checkpoint", server.url);
		let taken = run(Command::new("curl").args(["--silent", "--fail", "--output"]).arg(&out).arg(url))?;
		fs::remove_file(out)?;
		Ok(taken)
	}

	fn import(&self, store: &Path) -> Outcome<Taken> {
		if store.exists() {
			fs::remove_dir_all(store)?;
		}
		self.settle()?;
		run(Command::new(&self.descent)
			.args(["content", "add", "--json", "--store"])
			.arg(store)
			.arg(&self.file))
	}

	/// Fetches the content into a file, and checks its size.
	fn fetch(&self, content: &(String, u64), command: impl FnOnce(&Path) -> Command) -> Outcome<Taken> {
		self.settle()?;
		let out = self.path("fetched");
		let taken = run(&mut command(&out))?;
		if fs::metadata(&out)?.len() != content.1 {
			return Err("what was fetched has another size".into());
		}
		fs::remove_file(out)?;
		Ok(taken)
	}

	fn get_command(&self, content: &(String, u64), gateways: &[&Served], out: &Path) -> Command {
		let mut command = Command::new(&self.descent);
		command.args(["content", "get", &content.0, "--size", &content.1.to_string(), "--json", "--out"]);
		command.arg(out);
		for gateway in gateways {
			command.args(["--provider", &gateway.url]);
		}
		command
	}
}

fn measure(options: &Options) -> Outcome<Report> {
	let bench = Bench::new(options)?;
	let imported = bench.path("imported");
	let content = gateways::content(&bench.descent, &imported, &bench.file)?;
	let files = gateways::files(bench.folder.path())?;
	let start = |behaviour| gateways::start(&imported, behaviour);
	let honest = [start(Behaviour::Honest)?, start(Behaviour::Honest)?, start(Behaviour::Honest)?];
	let (corrupt, stalling) = (start(Behaviour::Corrupt)?, start(Behaviour::Stalling)?);
	let [one, two, three] = [&honest[0], &honest[1], &honest[2]];
	let helia = Helia::start(&bench.file)?;
	let mut ways = vec![
		("import", Way::Import),
		("fetch from one", Way::Get(vec![one])),
		("fetch from three", Way::Get(vec![one, two, three])),
		("one of three corrupts 1%", Way::Get(vec![&corrupt, one, two])),
		("one of three stalls", Way::Get(vec![&stalling, one, two])),
	];
	if let Some(helia) = &helia {
		ways.push(("fetch from Helia", Way::Helia(None)));
		ways.push(("Helia from us", Way::Helia(Some(one))));
		ways.push(("Helia from Helia", Way::Helia(Some(&helia.served))));
	}
	let (series, bounds) = in_turns(options, &bench, &content, &files, helia.as_ref(), &ways)?;
	let fetched_twice = resume::measure(&bench, &content, &start(Behaviour::Counting)?)?;
	let seconds = |of: fn(&(f64, f64)) -> f64| Spread::of(bounds.iter().map(of).collect()).median;
	Ok(Report {
		mib: options.mib,
		repeats: options.repeats,
		cores: std::thread::available_parallelism()?.get(),
		b2sum_seconds: seconds(|(b2sum, _)| *b2sum),
		curl_seconds: seconds(|(_, curl)| *curl),
		lines: series.into_iter().map(Series::line).collect(),
		fetched_twice,
	})
}

/// Measures all ways in turns. Returns them with the seconds of `b2sum` and of `curl` before each.
fn in_turns(
	options: &Options,
	bench: &Bench,
	content: &(String, u64),
	files: &Served,
	helia: Option<&Helia>,
	ways: &[(&'static str, Way<'_>)],
) -> Outcome<(Vec<Series>, Bounds)> {
	let mut series: Vec<_> = ways.iter().map(|(what, way)| Series::new(what, way)).collect();
	let mut bounds = Vec::new();
	for turn in 1..=options.repeats {
		eprintln!("turn {turn} of {}", options.repeats);
		for ((_, way), series) in ways.iter().zip(&mut series) {
			// It takes many times as long.
			if turn > 1 && matches!(way, Way::Helia(_)) {
				continue;
			}
			// The speed of a virtual machine changes from minute to minute, so each way has its own bounds.
			let (b2sum, curl) = (bench.b2sum()?, bench.curl(files)?);
			let both = b2sum.seconds.max(curl.seconds);
			let get =
				|gateways: &[&Served]| bench.fetch(content, |out| bench.get_command(content, gateways, out));
			let (taken, bound) = match (way, helia) {
				(Way::Import, _) => (bench.import(&bench.path("again"))?, b2sum.seconds),
				(Way::Get(gateways), _) => (get(gateways)?, both),
				(Way::Helia(_), None) => continue,
				(Way::Helia(None), Some(helia)) => (get(&[&helia.served])?, both),
				(Way::Helia(Some(gateway)), Some(helia)) => {
					(bench.fetch(content, |out| helia.fetch(&content.0, gateway, out))?, both)
				}
			};
			series.ratios.push(bound / taken.seconds);
			series.taken.push(taken);
			bounds.push((b2sum.seconds, curl.seconds));
		}
	}
	Ok((series, bounds))
}

/// A way to move the file.
enum Way<'a> {
	Import,
	/// `descent content get` from these gateways.
	Get(Vec<&'a Served>),
	/// Helia from this gateway; without one, `descent content get` from Helia.
	Helia(Option<&'a Served>),
}

impl Series {
	fn new(what: &'static str, way: &Way<'_>) -> Self {
		Self { what, is_ours: !matches!(way, Way::Helia(_)), ..Self::default() }
	}

	fn line(self) -> Line {
		let memory = self.taken.iter().map(|taken| taken.memory).fold(0.0, f64::max);
		let seconds = Spread::of(self.taken.iter().map(|taken| taken.seconds).collect()).median;
		Line { what: self.what, seconds, ratio: Spread::of(self.ratios), memory, is_ours: self.is_ours }
	}
}

impl Report {
	fn print(&self) {
		let Self { mib, repeats, cores, b2sum_seconds, curl_seconds, .. } = self;
		println!("{mib} MiB, median of {repeats} turns, {cores} cores");
		println!("b2sum -l 256 {b2sum_seconds:.2} s; curl from a static server {curl_seconds:.2} s\n");
		println!("{:<26} {:>8} {:>22} {:>8}", "", "seconds", "speed over the bound", "MiB");
		for Line { what, seconds, ratio: Spread { median, least, largest }, memory, .. } in &self.lines {
			println!("{what:<26} {seconds:>8.2} {median:>8.2} ({least:.2} to {largest:.2}) {memory:>8.0}");
		}
		let (twice, all) = self.fetched_twice;
		println!("\nkilled in the middle and started again: {twice} of {all} blocks were fetched twice");
	}

	/// Returns what is not as it is promised.
	fn faults(&self) -> Vec<String> {
		let ours = || self.lines.iter().filter(|line| line.is_ours);
		let slow = ours().filter(|line| line.ratio.median < PROMISED);
		let slow = slow.map(|line| format!("{}: {:.2} of the bound", line.what, line.ratio.median));
		let large = ours().filter(|line| line.memory > MEMORY);
		let large = large.map(|line| format!("{}: {:.0} MiB of memory", line.what, line.memory));
		let twice = (self.fetched_twice.0 > 1).then(|| "blocks were fetched twice".to_owned());
		slow.chain(large).chain(twice).collect()
	}
}

fn main() -> ExitCode {
	exit_code(options().and_then(|options| match &options.serve {
		Some((behaviour, store)) => gateways::serve(behaviour, store).map(|()| true),
		None => {
			let report = measure(&options)?;
			match options.json {
				true => println!("{}", serde_json::to_string(&report)?),
				false => report.print(),
			}
			let faults = report.faults();
			faults.iter().for_each(|fault| eprintln!("below what is promised: {fault}"));
			Ok(faults.is_empty())
		}
	}))
}
