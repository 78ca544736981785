use futures::{stream, Stream};
use tokio::sync::mpsc;

/// Number of parts that are read before they are asked for.
const AHEAD: usize = 2;

/// Returns what a thread reads from the disk, part by part. The thread ends when nobody asks any more.
pub(crate) fn read_ahead<T: Send + 'static>(
	parts: impl Iterator<Item = T> + Send + 'static,
) -> impl Stream<Item = T> + Send {
	let (sender, receiver) = mpsc::channel(AHEAD);
	tokio::task::spawn_blocking(move || {
		for part in parts {
			if sender.blocking_send(part).is_err() {
				break;
			}
		}
	});
	let read =
		|mut receiver: mpsc::Receiver<_>| async move { receiver.recv().await.map(|part| (part, receiver)) };
	stream::unfold(receiver, read)
}
