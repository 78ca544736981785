//! Faults and forbidden acts that a child commits on demand, to test that its limits hold.

use serde::{Deserialize, Serialize};
use std::{
	fs,
	io::{ErrorKind, Write},
	net::{TcpListener, TcpStream, UdpSocket},
	os::unix::net::UnixStream,
	path::Path,
	process::Command,
	time::Duration,
};

/// A thing that a child is told to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Probe {
	/// Answers at once.
	Nothing,
	/// Tries what the sandbox forbids, and returns a [`Trial`] for each.
	Forbidden,
	/// Ends as a failed assertion of a library does.
	Abort,
	/// Takes this many bytes of memory.
	Allocate(u64),
	/// Writes a file of this many bytes to its own folder.
	Write(u64),
	/// Computes for ever.
	Hang,
}

/// Result of trying something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
	/// Name of what was tried.
	pub name: String,
	/// True if the kernel refused it.
	pub denied: bool,
}

/// Does what is asked.
pub(super) fn run(probe: &Probe, writable: &Path) -> Vec<Trial> {
	match probe {
		Probe::Nothing => Vec::new(),
		Probe::Forbidden => forbidden(writable),
		Probe::Abort => std::process::abort(),
		Probe::Allocate(bytes) => {
			let memory = vec![1u8; usize::try_from(*bytes).unwrap_or(usize::MAX)];
			vec![Trial { name: format!("{} bytes", std::hint::black_box(memory).len()), denied: false }]
		}
		Probe::Write(bytes) => {
			let written = fs::File::create(writable.join("large")).and_then(|mut file| {
				let zeros = [0; 4096];
				(0..bytes.div_ceil(4096)).try_for_each(|_| file.write_all(&zeros))
			});
			vec![Trial { name: format!("{bytes} bytes on disk"), denied: written.is_err() }]
		}
		Probe::Hang => loop {
			std::thread::sleep(Duration::from_secs(1));
		},
	}
}

fn forbidden(writable: &Path) -> Vec<Trial> {
	let anywhere = "127.0.0.1:0";
	vec![
		trial("listen for TCP", TcpListener::bind(anywhere)),
		trial("connect by TCP", TcpStream::connect("127.0.0.1:9")),
		trial("open a UDP socket", UdpSocket::bind(anywhere)),
		trial("open a Unix socket", UnixStream::pair()),
		trial("run a program", Command::new("/bin/true").status()),
		trial("read outside of the data", fs::read("/etc/passwd")),
		trial("list the root folder", fs::read_dir("/")),
		trial("write outside of its folder", fs::write("/tmp/descent-child-wrote-this", "")),
		trial("make a file beside its folder", fs::write(writable.with_extension("outside"), "")),
		trial("remove its folder", fs::remove_dir_all(writable)),
	]
}

/// Returns a trial, which counts as denied only if the kernel says so.
fn trial<T>(name: &str, result: std::io::Result<T>) -> Trial {
	let denied = matches!(result, Err(error) if error.kind() == ErrorKind::PermissionDenied);
	Trial { name: name.into(), denied }
}
