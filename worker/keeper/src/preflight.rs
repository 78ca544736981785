//! Tests before a deposit is held.

use anyhow::{ensure, Context, Result};
use descent_content::{probe, Store};
use descent_protocol::ContentRef;
use rand::Rng;
use std::time::Duration;

/// Longest time until content comes through the public address.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of the content that tries it.
const BYTES: usize = 1024;
/// The part of a store that its nodes take beside the content: one of so many.
const NODES: u64 = 1 << 13;

/// Fetches a little content through the public address.
///
/// # Errors
/// If others cannot fetch from there.
pub(crate) async fn reach(store: &Store, address: &str) -> Result<()> {
	let bytes: Vec<u8> = (0..BYTES).map(|_| rand::rng().random()).collect();
	let own = store.clone();
	let content = tokio::task::spawn_blocking(move || own.import(&bytes[..])).await??;
	let reached = probe(address, &content, PATIENCE).await;
	let own = store.clone();
	tokio::task::spawn_blocking(move || own.remove(&content)).await??;
	reached.map(drop).with_context(|| {
		format!(
			"nobody can fetch from {address}, and the deposit would be lost. Name with --public-url the \
			 address at which others reach this machine, open its port, and see that it leads to --listen. \
			 --no-preflight skips this test"
		)
	})
}

/// Checks that all that is kept has room.
///
/// # Errors
/// If it has not.
pub(crate) fn has_room<'a>(kept: impl Iterator<Item = &'a ContentRef>, max: u64) -> Result<()> {
	let needed = kept.fold(0u64, |sum, content| sum.saturating_add(content.size + content.size / NODES));
	ensure!(
		needed <= max,
		"the groups keep {:.1} GiB, and there is room for {:.1} GiB: raise --max-content, or keep fewer \
		 groups",
		gib(needed),
		gib(max)
	);
	Ok(())
}

fn gib(bytes: u64) -> f64 {
	bytes as f64 / (1u64 << 30) as f64
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn an_address_is_tried_before_it_costs_anything() {
		let folder = tempfile::tempdir().unwrap();
		let store = Store::open(folder.path(), 1 << 20).unwrap();
		let any = "127.0.0.1:0".parse().unwrap();
		let served = descent_content::serve(any, store.clone(), std::future::pending()).await.unwrap();
		let (address, _) = served;
		reach(&store, &format!("http://{address}")).await.unwrap();
		assert!(store.pins().is_empty());
		let error = reach(&store, "http://127.0.0.1:1").await.unwrap_err();
		assert!(format!("{error:#}").contains("--public-url"), "{error:#}");
	}

	#[test]
	fn groups_that_do_not_fit_are_refused() {
		let content = ContentRef::raw(b"descent").unwrap();
		has_room([&content, &content].into_iter(), 14).unwrap();
		let error = has_room([&content, &content].into_iter(), 13).unwrap_err();
		assert!(error.to_string().contains("raise --max-content"), "{error}");
	}
}
