//! Measures writing and checking delta files beside pyarrow, in turns on this machine. `scripts/bench deltas`
//! runs it.

use descent_bench::{exit_code, in_turns, print, Comparison, Outcome};
use descent_dataset::{check, Column, DeltaLimits, DeltaReader, DeltaWriter, Dtype, Schema};
use std::{
	fs,
	io::{BufRead, BufReader, Write},
	path::{Path, PathBuf},
	process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
	time::Instant,
};

/// Least speed beside pyarrow that is promised.
const PROMISED: f64 = 1.0;

/// Records of one shape.
struct Workload {
	name: &'static str,
	dtype: Dtype,
	values: u64,
	records: u64,
}

const WORKLOADS: [Workload; 2] = [
	Workload { name: "images of 28 x 28", dtype: Dtype::U8, values: 784, records: 60_000 },
	Workload { name: "rows of 24 numbers", dtype: Dtype::F32, values: 24, records: 500_000 },
];

struct Options {
	turns: usize,
	/// Number that records are divided by.
	share: u64,
	json: bool,
	folder: PathBuf,
}

impl Options {
	fn read() -> Outcome<Self> {
		let mut options = Self { turns: 7, share: 1, json: false, folder: std::env::temp_dir() };
		let mut arguments = std::env::args().skip(1);
		while let Some(argument) = arguments.next() {
			match argument.as_str() {
				"--quick" => (options.turns, options.share) = (3, 10),
				"--json" => options.json = true,
				"--folder" => options.folder = arguments.next().ok_or("--folder needs a value")?.into(),
				other => {
					return Err(
						format!("unknown option '{other}'; there are --quick, --json and --folder").into()
					)
				}
			}
		}
		Ok(options)
	}
}

/// A process of Python with pyarrow. It ends when this is dropped.
struct PyArrow {
	child: Child,
	orders: ChildStdin,
	answers: BufReader<ChildStdout>,
}

impl PyArrow {
	fn start(records: &Path, workload: &Workload) -> Outcome<Self> {
		let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/delta_speed/pyarrow_delta.py");
		let python = std::env::var_os("DESCENT_PYTHON").ok_or("`. scripts/env` names DESCENT_PYTHON")?;
		let mut command = Command::new(python);
		command.arg(program).arg(records).args([workload.values.to_string(), workload.dtype.to_string()]);
		let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
		let orders = child.stdin.take().ok_or("Python has no input")?;
		let answers = BufReader::new(child.stdout.take().ok_or("Python has no output")?);
		Ok(Self { child, orders, answers })
	}

	/// Has it do a work. Returns the seconds.
	fn ask(&mut self, work: &str, delta: &Path) -> Outcome<f64> {
		writeln!(self.orders, "{work} {}", delta.display())?;
		let mut answer = String::new();
		self.answers.read_line(&mut answer)?;
		answer.trim().parse().map_err(|_| "Python has ended: its error is above".into())
	}
}

impl Drop for PyArrow {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}

impl Workload {
	fn schema(&self) -> Schema {
		let column = |name: &str, dtype, shape, bound| Column { name: name.into(), dtype, shape, bound };
		Schema {
			columns: vec![
				column("x", self.dtype, vec![self.values], None),
				column("y", Dtype::U8, Vec::new(), Some(256)),
			],
		}
	}

	/// Returns the canonical bytes of records: noise, as finite floats.
	fn records(&self, count: u64) -> Vec<u8> {
		let mut state = 0x9e37_79b9_7f4a_7c15u64;
		let width = self.schema().record_bytes();
		let mut bytes = vec![0; width * usize::try_from(count).unwrap_or(0)];
		for record in bytes.chunks_exact_mut(width) {
			for word in record.chunks_mut(4) {
				state ^= state << 13;
				state ^= state >> 7;
				state ^= state << 17;
				let finite = (state as u32 & 0x3fff_ffff).to_le_bytes();
				word.copy_from_slice(&finite[..word.len()]);
			}
		}
		bytes
	}
}

fn measure(workload: &Workload, options: &Options) -> Outcome<Vec<Comparison>> {
	let folder = tempfile::tempdir_in(&options.folder)?;
	let (count, schema) = (workload.records / options.share, workload.schema());
	let bytes = workload.records(count);
	let file = |name: &str| folder.path().join(name);
	fs::write(file("records"), &bytes)?;
	let (ours, theirs) = (file("ours.parquet"), file("theirs.parquet"));
	let (schema, limits) = (&schema, DeltaLimits::default());
	let timed = |work: &dyn Fn() -> Outcome<u64>| -> Outcome<f64> {
		let began = Instant::now();
		let rows = work()?;
		let seconds = began.elapsed().as_secs_f64();
		match rows == count {
			true => Ok(seconds),
			false => Err(format!("{rows} rows instead of {count}").into()),
		}
	};
	let write = || {
		let mut writer = DeltaWriter::create(&ours, schema)?;
		for record in bytes.chunks_exact(schema.record_bytes()) {
			writer.add(record)?;
		}
		Ok(writer.finish()?)
	};
	let checked = |delta: &Path| Ok(check(folder.path(), None, delta, schema, &limits)?.added);
	let read = || {
		let rows = DeltaReader::open(&ours, schema, &limits)?;
		rows.map(|row| row.map(drop)).try_fold(0, |count, row| Ok(row.map(|()| count + 1)?))
	};
	let mut pyarrow = PyArrow::start(&file("records"), workload)?;
	// Each reads what the other wrote, so that both did the whole work.
	timed(&write)?;
	pyarrow.ask("write", &theirs)?;
	timed(&|| checked(&theirs))?;
	pyarrow.ask("check", &ours)?;
	let mut compare = |work: &str, name: &str, other: &str, promised, own: &dyn Fn() -> Outcome<u64>| {
		let delta = if work == "write" { &theirs } else { &ours };
		let seconds =
			in_turns(options.turns, &mut [Box::new(|| timed(own)), Box::new(|| pyarrow.ask(work, delta))])?;
		let work = format!("{name}, {count} {}", workload.name);
		Outcome::Ok(Comparison::new(work, other, &seconds[0], &seconds[1], promised))
	};
	Ok(vec![
		compare("write", "write", "pyarrow and hashlib", Some(PROMISED), &write)?,
		compare("check", "check", "pyarrow and hashlib", Some(PROMISED), &|| checked(&ours))?,
		compare("trust", "read and check each row", "pyarrow, which checks nothing", None, &read)?,
	])
}

fn run() -> Outcome<bool> {
	let options = Options::read()?;
	let mut comparisons = Vec::new();
	for workload in &WORKLOADS {
		eprintln!("{}", workload.name);
		comparisons.extend(measure(workload, &options)?);
	}
	eprintln!("one thread, zstd, {} turns", options.turns);
	print(&comparisons, options.json)
}

fn main() -> ExitCode {
	exit_code(run())
}
