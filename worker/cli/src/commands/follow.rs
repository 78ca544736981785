//! Following of a subscription.

use crate::output::Output;
use anyhow::Result;
use descent_client::Error;
use descent_console::shutdown;
use futures::{Stream, StreamExt};
use indicatif::ProgressBar;
use std::ops::ControlFlow;

/// Hands every item of a subscription to `each`, until that breaks, the subscription ends or the process is
/// asked to stop. An interruption is noted and outlived.
pub(super) async fn follow<T>(
	mut items: impl Stream<Item = Result<T, Error>> + Unpin,
	spinner: &ProgressBar,
	output: &Output,
	mut each: impl AsyncFnMut(T) -> Result<ControlFlow<()>>,
) -> Result<()> {
	let mut stop = std::pin::pin!(shutdown::requested()?);
	loop {
		let next = tokio::select! {
			next = items.next() => next,
			() = &mut stop => break,
		};
		match next {
			None => break,
			Some(Err(error @ Error::Interrupted(_))) => spinner.suspend(|| output.note(&error.to_string())),
			Some(Err(error)) => return Err(error.into()),
			Some(Ok(item)) => {
				if each(item).await?.is_break() {
					break;
				}
			}
		}
	}
	spinner.finish_and_clear();
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::stream;

	async fn followed(items: Vec<Result<u32, Error>>, until: u32) -> (Result<()>, Vec<u32>) {
		let mut seen = Vec::new();
		let output = Output::new(true);
		let result = follow(stream::iter(items), &ProgressBar::hidden(), &output, async |item| {
			seen.push(item);
			Ok(if item == until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
		})
		.await;
		(result, seen)
	}

	#[tokio::test]
	async fn interruptions_are_outlived_and_failures_are_not() {
		let interrupted = || Err(Error::Interrupted("gone".into()));
		let (result, seen) = followed(vec![Ok(1), interrupted(), Ok(2), Ok(3)], 2).await;
		assert!(result.is_ok() && seen == [1, 2]);
		let failure = Err(Error::Answer("nonsense".into()));
		let (result, seen) = followed(vec![Ok(1), failure, Ok(2)], 9).await;
		assert!(result.is_err() && seen == [1]);
		let (result, seen) = followed(vec![interrupted()], 9).await;
		assert!(result.is_ok() && seen.is_empty());
	}
}
