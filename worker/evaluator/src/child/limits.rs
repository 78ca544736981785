//! Limits of the process itself, which hold on every kernel.

use super::Job;
use anyhow::{bail, ensure, Context, Result};
use nix::{
	sys::{
		prctl,
		resource::{getrlimit, getrusage, setrlimit, Resource, UsageWho, RLIM_INFINITY},
		signal::Signal,
	},
	unistd::{close, getppid},
};
use std::{fs, os::fd::RawFd};

/// Most open files.
const FILES: u64 = 256;
/// Bytes of memory that a thread takes beside what it computes on: its stack and its part of the heap.
const THREAD: u64 = 16 << 20;
/// Bytes of memory for requests, answers and buffers.
const SLACK: u64 = 64 << 20;
/// Bytes of memory from which on an idle process is replaced by a fresh one.
const GROWN: u64 = 3 << 30;

/// Makes the kernel end this process together with its parent.
pub(super) fn follow_parent(parent: u32) -> Result<()> {
	prctl::set_pdeathsig(Signal::SIGKILL).context("PR_SET_PDEATHSIG")?;
	// The parent may have ended before.
	ensure!(u32::try_from(getppid().as_raw()) == Ok(parent), "the parent has ended");
	Ok(())
}

/// Closes all files but the three standard streams.
pub(super) fn close_inherited() -> Result<()> {
	let entries = fs::read_dir("/proc/self/fd").context("cannot list the open files")?;
	let names: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
	let open = names.iter().filter_map(|name| name.parse::<RawFd>().ok()).filter(|file| *file > 2);
	for file in open {
		// One of them was the listing's own, which is closed by now.
		let _ = close(file);
	}
	Ok(())
}

/// Sets the limits that are the same for all jobs.
pub(super) fn set_fixed() -> Result<()> {
	prctl::set_no_new_privs().context("PR_SET_NO_NEW_PRIVS")?;
	// Neither a core file nor ptrace(2) by others shows what is in memory.
	setrlimit(Resource::RLIMIT_CORE, 0, 0).context("RLIMIT_CORE")?;
	let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).context("RLIMIT_NOFILE")?;
	setrlimit(Resource::RLIMIT_NOFILE, FILES.min(most), FILES.min(most)).context("RLIMIT_NOFILE")
}

/// Forbids to write files, as for a job that writes none.
pub(super) fn forbid_files() -> Result<()> {
	lower(Resource::RLIMIT_FSIZE, 0).context("RLIMIT_FSIZE")
}

/// Sets the limits of a job, on top of what the process has used so far: that of memory only where
/// `limits_memory`.
pub(super) fn set_for_job(job: &Job, limits_memory: bool) -> Result<()> {
	let threads = u64::try_from(job.threads).unwrap_or(u64::MAX);
	let memory = job.memory.saturating_add(threads.saturating_mul(THREAD)).saturating_add(SLACK);
	if limits_memory {
		lower(Resource::RLIMIT_DATA, data_bytes()?.saturating_add(memory)).context("RLIMIT_DATA")?;
	}
	lower(Resource::RLIMIT_FSIZE, job.file).context("RLIMIT_FSIZE")?;
	let usage = getrusage(UsageWho::RUSAGE_SELF).context("getrusage")?;
	let used = usage.user_time().tv_sec().saturating_add(usage.system_time().tv_sec());
	let seconds = job.time_ms.div_ceil(1000).saturating_add(2).saturating_mul(threads.max(1));
	let used = u64::try_from(used).unwrap_or_default();
	lower(Resource::RLIMIT_CPU, used.saturating_add(seconds)).context("RLIMIT_CPU")
}

/// Sets a soft limit.
fn lower(resource: Resource, limit: u64) -> Result<()> {
	let (_, most) = getrlimit(resource)?;
	Ok(setrlimit(resource, if most == RLIM_INFINITY { limit } else { limit.min(most) }, most)?)
}

/// Returns true if the process keeps so much memory beyond `idle` bytes that it should be replaced.
pub(super) fn has_grown(idle: u64) -> bool {
	data_bytes().is_ok_and(|bytes| bytes.saturating_sub(idle) > GROWN)
}

/// Returns the bytes that count against RLIMIT_DATA (VmData in proc_pid_status(5)).
pub(super) fn data_bytes() -> Result<u64> {
	let status = fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
	let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
	let Some(kibibytes) = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()) else {
		bail!("/proc/self/status has no VmData");
	};
	Ok(kibibytes << 10)
}
