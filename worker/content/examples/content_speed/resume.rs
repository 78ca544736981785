//! A fetch that is killed in the middle, and started again.

use crate::{gateways::Served, processes::run, Bench, Outcome};
use std::{
	fs,
	io::{Read, Write},
	net::TcpStream,
	process::Stdio,
	thread,
	time::Duration,
};

/// Returns the number of blocks that were fetched twice, and the number of all. What was on its way when the
/// fetch was killed had not been fetched.
pub(crate) fn measure(bench: &Bench, content: &(String, u64), gateway: &Served) -> Outcome<(usize, usize)> {
	let out = bench.path("resumed");
	let part = bench.path("resumed.descent-part");
	let mut killed = bench.get_command(content, &[gateway], &out).stdout(Stdio::null()).spawn()?;
	while here(&part) < content.1 / 2 {
		if let Some(status) = killed.try_wait()? {
			return Err(format!("the fetch was over before it could be killed: {status}").into());
		}
		thread::sleep(Duration::from_millis(1));
	}
	killed.kill()?;
	killed.wait()?;
	let before = (here(&part) >> 20) as usize;
	let sent = sent(gateway)?;
	run(&mut bench.get_command(content, &[gateway], &out))?;
	fs::remove_file(&out)?;
	let again = self::sent(gateway)? - sent;
	let leaves = content.1.div_ceil(1 << 20) as usize;
	// The root was there, too.
	Ok(((before + again).saturating_sub(leaves), leaves + 1))
}

/// Number of bytes that a fetch has written.
fn here(part: &std::path::Path) -> u64 {
	use std::os::unix::fs::MetadataExt;
	let Ok(entries) = fs::read_dir(part.join("parts")) else {
		return 0;
	};
	entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.blocks() * 512).sum()
}

/// Asks a gateway for the number of blocks that it has sent.
fn sent(gateway: &Served) -> Outcome<usize> {
	let address = gateway.url.trim_start_matches("http://");
	let mut stream = TcpStream::connect(address)?;
	write!(stream, "GET /sent HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
	let mut answer = String::new();
	stream.read_to_string(&mut answer)?;
	Ok(answer.rsplit("\r\n").next().unwrap_or_default().trim().parse()?)
}
