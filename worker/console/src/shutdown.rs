//! The operating system's wish that the process ends.

use anyhow::Result;
use tokio::signal::unix::{signal, SignalKind};

/// Completes at the first SIGINT or SIGTERM from now on.
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
