//! A file that several threads write to.

use std::{
	fs::File,
	io,
	os::unix::fs::FileExt,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Mutex, MutexGuard, PoisonError,
	},
	thread::{self, JoinHandle},
};

/// Number of bytes that are written before they are flushed to disk, while more are written.
const FLUSH: u64 = 32 << 20;

/// Most bytes of one write. For a larger one the kernel takes pages in one piece, which a virtual machine has
/// to get from its host first: that takes 7 times as long as the write.
const PIECE: usize = 256 << 10;

/// A file that is flushed to disk by a thread of its own while others write on, so that little is left to
/// flush in the end.
#[derive(Debug)]
pub(super) struct Writer {
	file: Arc<File>,
	/// Held by the thread that writes: the kernel lets one write to a file at a time, and others would spin.
	turn: Mutex<()>,
	written: AtomicU64,
	flush: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl Writer {
	pub(super) fn new(file: File) -> Self {
		Self {
			file: Arc::new(file),
			turn: Mutex::default(),
			written: AtomicU64::new(0),
			flush: Mutex::default(),
		}
	}

	/// Writes bytes at their place.
	///
	/// # Errors
	/// Returns the failure of this write, or of an earlier flush.
	pub(super) fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
		{
			let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
			let mut at = offset;
			for piece in bytes.chunks(PIECE) {
				self.file.write_all_at(piece, at)?;
				at = at.saturating_add(piece.len() as u64);
			}
		}
		let len = bytes.len() as u64;
		let before = self.written.fetch_add(len, Ordering::Relaxed);
		if before / FLUSH == before.saturating_add(len) / FLUSH {
			return Ok(());
		}
		let mut flush = self.flush();
		if flush.as_ref().is_none_or(JoinHandle::is_finished) {
			flush.take().map_or(Ok(()), joined)?;
			let file = self.file.clone();
			*flush = Some(thread::Builder::new().name("flush".into()).spawn(move || file.sync_data())?);
		}
		Ok(())
	}

	/// Flushes all that was written.
	///
	/// # Errors
	/// Returns the failure of this flush or of an earlier one: the system tells of each once.
	pub(super) fn finish(&self) -> io::Result<()> {
		self.flush().take().map_or(Ok(()), joined)?;
		self.file.sync_all()
	}

	fn flush(&self) -> MutexGuard<'_, Option<JoinHandle<io::Result<()>>>> {
		self.flush.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

fn joined(flush: JoinHandle<io::Result<()>>) -> io::Result<()> {
	flush.join().unwrap_or_else(|_| Err(io::Error::other("the thread that flushes panicked")))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn threads_write_side_by_side() {
		const LEN: usize = 1 << 20;
		let file = tempfile::tempfile().unwrap();
		let writer = Writer::new(file.try_clone().unwrap());
		thread::scope(|scope| {
			for thread in 0..4u8 {
				let writer = &writer;
				scope.spawn(move || {
					for part in (thread..100).step_by(4) {
						writer.write(&vec![part; LEN], u64::from(part) * LEN as u64).unwrap();
					}
				});
			}
		});
		writer.finish().unwrap();
		for part in 0..100u8 {
			let mut bytes = vec![0; LEN];
			file.read_exact_at(&mut bytes, u64::from(part) * LEN as u64).unwrap();
			assert!(bytes.iter().all(|byte| *byte == part));
		}
	}

	#[test]
	fn a_failed_write_is_told() {
		let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
		assert!(Writer::new(full).write(&[1; 10], 0).is_err());
	}
}
