//! Signals of the operating system that end the process.

use anyhow::Result;
use tokio::signal::unix::{signal, SignalKind};

/// Returns a future that completes at the first SIGINT or SIGTERM from now on.
///
/// # Errors
/// Fails if the signals cannot be listened to.
pub fn requested() -> Result<impl std::future::Future<Output = ()>> {
	let mut interrupt = signal(SignalKind::interrupt())?;
	let mut terminate = signal(SignalKind::terminate())?;
	Ok(async move {
		tokio::select! {
			_ = interrupt.recv() => {}
			_ = terminate.recv() => {}
		}
	})
}
