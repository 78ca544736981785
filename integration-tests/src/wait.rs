use anyhow::{anyhow, Result};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(200);

/// Calls `probe` until it returns an answer. An error of the probe counts as no answer yet, because processes
/// that start refuse connections.
///
/// # Errors
/// Fails after `deadline`, with the subject of the wait and the probe's last error.
pub async fn wait_until<T>(
	what: &str,
	deadline: Duration,
	mut probe: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
	let start = Instant::now();
	let mut last = None;
	loop {
		let left = deadline.saturating_sub(start.elapsed());
		match tokio::time::timeout(left, probe()).await {
			Ok(Ok(Some(answer))) => return Ok(answer),
			Ok(Ok(None)) => last = None,
			Ok(Err(error)) => last = Some(error),
			Err(_) => {}
		}
		if start.elapsed() >= deadline {
			let error = anyhow!("waited {} s in vain until {what}", deadline.as_secs());
			return Err(match last {
				Some(last) => error.context(format!("the last attempt failed: {last:#}")),
				None => error,
			});
		}
		tokio::time::sleep(POLL.min(deadline)).await;
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn waits_through_errors_and_gives_up() {
		let mut attempts = 0;
		let answer = wait_until("the third attempt", Duration::from_secs(10), async || {
			attempts += 1;
			match attempts {
				1 => Err(anyhow!("not yet")),
				2 => Ok(None),
				attempt => Ok(Some(attempt)),
			}
		});
		assert_eq!(answer.await.unwrap(), 3);
		let never = wait_until("never", Duration::from_millis(300), async || {
			Result::<Option<()>>::Err(anyhow!("no"))
		});
		let error = format!("{:#}", never.await.unwrap_err());
		assert!(error.contains("until never") && error.contains("failed: no"), "{error}");
		let stuck = wait_until("it moves", Duration::from_millis(300), async || {
			std::future::pending::<Result<Option<()>>>().await
		});
		assert!(stuck.await.is_err());
	}
}
