//! Restrictions by the kernel, where it has them: landlock for files and seccomp for system calls.

use super::{library_folders, Isolation, Setup};
use anyhow::{Context, Result};
use landlock::{
	path_beneath_rules, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
	RulesetCreatedAttr, RulesetStatus, Scope, ABI,
};
use seccompiler::{
	BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
	TargetArch,
};
use std::{collections::BTreeMap, fs::DirEntry, path::PathBuf};

/// Newest rules of landlock that are used; the kernel takes those that it knows.
const RULES: ABI = ABI::V6;
/// Folders and files of the system that are read: libraries, and the number and kind of processors.
const SYSTEM: [&str; 8] =
	["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/proc", "/sys/devices/system", "/dev/urandom", "/dev/null"];

/// The folder that the driver of a GPU reads beside those.
const GPU_SYSTEM: &str = "/sys";
/// Start of the names of the driver's devices in /dev, which it opens for writing.
const GPU_DEVICES: &str = "nvidia";

/// Enters the sandbox for good. What the kernel lacks is left out, and told in the result.
pub(super) fn enter(setup: &Setup) -> Result<Isolation> {
	let landlock = restrict_files(setup).unwrap_or_else(|error| {
		tracing::warn!("landlock is not in force: {error:#}");
		false
	});
	let seccomp = restrict_calls().map(|()| true).unwrap_or_else(|error| {
		tracing::warn!("seccomp is not in force: {error:#}");
		false
	});
	Ok(Isolation { processes: 1, memory: setup.gpu.is_none(), landlock, seccomp })
}

/// Returns true if the rules are in force, at least in part.
fn restrict_files(setup: &Setup) -> Result<bool> {
	let readable: Vec<PathBuf> = library_folders()
		.into_iter()
		.chain(SYSTEM.map(PathBuf::from))
		.chain(setup.readable.iter().cloned())
		.chain(setup.gpu.map(|_| GPU_SYSTEM.into()))
		.filter(|path| path.exists())
		.collect();
	let read = AccessFs::ReadFile | AccessFs::ReadDir;
	let devices = if setup.gpu.is_some() { gpu_devices() } else { Vec::new() };
	let status = Ruleset::default()
		.set_compatibility(CompatLevel::BestEffort)
		.handle_access(AccessFs::from_all(RULES))?
		.handle_access(AccessNet::from_all(RULES))?
		.scope(Scope::from_all(RULES))?
		.create()?
		.add_rules(path_beneath_rules(&readable, read))?
		.add_rules(path_beneath_rules([&setup.writable], AccessFs::from_all(RULES) & !AccessFs::Execute))?
		.add_rules(path_beneath_rules(&devices, read | AccessFs::WriteFile | AccessFs::IoctlDev))?
		.restrict_self()?;
	Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// Returns the devices of the GPUs' driver.
fn gpu_devices() -> Vec<PathBuf> {
	let entries = std::fs::read_dir("/dev").into_iter().flatten().flatten();
	let is_gpu = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with(GPU_DEVICES);
	entries.filter(is_gpu).map(|entry| entry.path()).collect()
}

/// Refuses system calls that neither arithmetic nor a reader of files needs.
fn restrict_calls() -> Result<()> {
	let architecture: TargetArch =
		std::env::consts::ARCH.try_into().context("this processor has no filter")?;
	let mut refused: BTreeMap<i64, Vec<SeccompRule>> = DENIED.iter().map(|call| (*call, vec![])).collect();
	// A thread is made by clone with this flag, a process without it.
	let is_process = SeccompCondition::new(
		0,
		SeccompCmpArgLen::Qword,
		SeccompCmpOp::MaskedEq(libc::CLONE_THREAD.unsigned_abs().into()),
		0,
	)?;
	refused.insert(libc::SYS_clone, vec![SeccompRule::new(vec![is_process])?]);
	let others =
		SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, std::process::id().into())?;
	// Ends of this process itself, such as abort(3), are signals to one of its threads.
	refused.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![others])?]);
	add_x32(&mut refused);
	apply(refused, libc::EPERM, architecture)?;
	// The flags of clone3 are in memory, where no filter sees them. The C library then uses clone.
	let mut absent = BTreeMap::from([(libc::SYS_clone3, vec![])]);
	add_x32(&mut absent);
	apply(absent, libc::ENOSYS, architecture)
}

fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32, architecture: TargetArch) -> Result<()> {
	let refuse = SeccompAction::Errno(error.unsigned_abs());
	let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture)?;
	let program: BpfProgram = filter.try_into()?;
	Ok(seccompiler::apply_filter_all_threads(&program)?)
}

/// Adds the numbers that the same calls have in the x32 ABI, which a kernel for x86-64 may have, too.
fn add_x32(rules: &mut BTreeMap<i64, Vec<SeccompRule>>) {
	if cfg!(target_arch = "x86_64") {
		let twins: Vec<_> = rules.iter().map(|(call, rules)| (call | 0x4000_0000, rules.clone())).collect();
		rules.extend(twins);
	}
}

/// System calls that are refused: the network, other programs and processes, and the kernel's settings.
const DENIED: &[i64] = &[
	libc::SYS_socket,
	libc::SYS_socketpair,
	libc::SYS_bind,
	libc::SYS_connect,
	libc::SYS_listen,
	libc::SYS_accept,
	libc::SYS_accept4,
	libc::SYS_execve,
	libc::SYS_execveat,
	#[cfg(target_arch = "x86_64")]
	libc::SYS_fork,
	#[cfg(target_arch = "x86_64")]
	libc::SYS_vfork,
	libc::SYS_ptrace,
	libc::SYS_process_vm_readv,
	libc::SYS_process_vm_writev,
	libc::SYS_kill,
	libc::SYS_tkill,
	libc::SYS_pidfd_open,
	libc::SYS_pidfd_send_signal,
	libc::SYS_pidfd_getfd,
	libc::SYS_unshare,
	libc::SYS_setns,
	libc::SYS_mount,
	libc::SYS_umount2,
	libc::SYS_pivot_root,
	libc::SYS_chroot,
	libc::SYS_bpf,
	libc::SYS_perf_event_open,
	libc::SYS_keyctl,
	libc::SYS_add_key,
	libc::SYS_request_key,
	libc::SYS_io_uring_setup,
	libc::SYS_userfaultfd,
	libc::SYS_open_by_handle_at,
	libc::SYS_init_module,
	libc::SYS_finit_module,
	libc::SYS_kexec_load,
	libc::SYS_reboot,
];
