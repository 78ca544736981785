//! When to stop.

/// Completes when the process is asked to stop: SIGINT (ctrl-c) or SIGTERM.
pub(crate) async fn requested() {
	#[cfg(unix)]
	{
		use tokio::signal::unix::{signal, SignalKind};
		if let Ok(mut terminate) = signal(SignalKind::terminate()) {
			tokio::select! {
				_ = tokio::signal::ctrl_c() => {}
				_ = terminate.recv() => {}
			}
			return;
		}
	}
	// Where signals can't be listened to, they end the process as they would by default.
	if tokio::signal::ctrl_c().await.is_err() {
		std::future::pending::<()>().await;
	}
}
