//! The command `descent test-set release`.

use super::{
	event::{print, reason, Event},
	folder::{self, Folder, Opened},
	journal::Journal,
	releaser::{Chain, Known, Purpose, Releaser, Round, Sending, Step},
};
use crate::{args::Global, output::Output};
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_client::{Call, Client, Error, H256};
use descent_console::shutdown;
use descent_protocol::{
	view::{RoundTestSetView, TestSetRelease, TestSetSeriesView},
	BlockNumber,
};
use descent_test_sets::Secret;
use std::{path::PathBuf, time::Duration};

const EXAMPLES: &str = "Examples:
  descent test-set release series --node ws://127.0.0.1:9944
  descent test-set release series --node ws://10.0.0.1:9944 --node ws://10.0.0.2:9944 --json
  descent test-set release series --once

DIR is the folder that descent test-set open has opened a series of. The command runs until all keys are \
released, or until ctrl-c or SIGTERM. In each round with commitments it sends the next key as soon as the \
last block of the commit window is final. No account signs it, and it costs nothing.

A key that was sent measures no other round than the one that it was sent for. Where it is in no block in \
time, the command gives up its set. DIR/released.json tells which keys were sent; run the command on one \
machine only, or copy that file with the folder. A node that lies about the chain can have a key released \
too early: name nodes that you trust. With --json it prints a line for everything that happens.";

/// Pause between two looks at the chain. Blocks come every 3 seconds.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Release {
	/// Folder of the sealed sets
	#[arg(value_name = "DIR")]
	folder: PathBuf,
	/// Release the key of one round, and end
	#[arg(long)]
	once: bool,
}

impl Release {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let folder = Folder::new(&self.folder);
		let _held = folder.lock()?;
		let secret = Secret::read(&folder.secret())?;
		let opened: Option<Opened> = folder::read(&folder.opened())?;
		let opened = opened.with_context(|| {
			let shown = self.folder.display();
			format!("the sets in {shown} are not open: descent test-set open {shown} --provider URL")
		})?;
		let client = global.connect().await?;
		ensure!(
			client.genesis() == opened.genesis,
			"the series was opened on the chain with the genesis {:?}, and the node is on {:?}",
			opened.genesis,
			client.genesis()
		);
		let series = opened.series;
		let view = client.test_set_series(series).await?.with_context(|| {
			format!("the series {series:?} is not open: it was closed, or a broken set has ended it")
		})?;
		check_secret(&secret, &view)?;
		let journal = Journal::open(&folder.journal(), series)?;
		let (sets, left) = (view.sets, view.left);
		print(output, &Event::Following { series, sets, left })?;
		let releaser = Releaser::new(journal, self.once);
		let mut following =
			Following { client, series, secret, releaser, output: *output, seen: None, failure: None };
		let mut stop = std::pin::pin!(shutdown::requested()?);
		loop {
			// A key is noted before it is sent, so that it may be stopped at any time.
			let is_over = tokio::select! {
				is_over = following.look() => is_over?,
				() = &mut stop => return Ok(()),
			};
			if is_over {
				return Ok(());
			}
			tokio::select! {
				() = tokio::time::sleep(PAUSE) => {}
				() = &mut stop => return Ok(()),
			}
		}
	}
}

/// Refuses a secret that is not the one of the series.
fn check_secret(secret: &Secret, view: &TestSetSeriesView) -> Result<()> {
	let latest = match view.sets.saturating_sub(view.left).checked_sub(1) {
		None => Some(secret.anchor()),
		Some(last) => secret.value(last),
	};
	ensure!(
		secret.sets() == view.sets && latest == Some(view.latest),
		"the secret is not the one of the series {:?}: take the folder that was sealed for it",
		view.series
	);
	Ok(())
}

/// A series that is followed.
struct Following {
	client: Client,
	series: H256,
	secret: Secret,
	releaser: Releaser,
	output: Output,
	/// Number of the best and of the final block at the last look.
	seen: Option<(BlockNumber, BlockNumber)>,
	/// The failure that was told last.
	failure: Option<String>,
}

impl Following {
	/// Looks at the chain, and sends a key if it is time. Returns true if nothing is left to do.
	async fn look(&mut self) -> Result<bool> {
		match self.try_look().await {
			Ok(is_over) => Ok(is_over),
			Err(error) if error.downcast_ref().is_some_and(may_pass) => {
				self.tell_failure(error.to_string())?;
				Ok(false)
			}
			Err(error) => Err(error),
		}
	}

	async fn try_look(&mut self) -> Result<bool> {
		let best = self.client.best_block().await?.number;
		let finalized = self.client.finalized_block().await?.number;
		if self.seen == Some((best, finalized)) {
			return Ok(false);
		}
		let Some(chain) = read(&self.client, self.series, best, finalized).await? else {
			print(&self.output, &Event::Ended { reason: "the series is closed" })?;
			return Ok(true);
		};
		for Known { set, round } in self.releaser.observe(&chain) {
			print(&self.output, &Event::Released { set, round, left: chain.left })?;
		}
		match self.releaser.step(&chain) {
			Step::Wait => self.failure = None,
			Step::Send(sending) => self.send(&sending, best).await?,
			Step::End(end) => {
				print(&self.output, &Event::Ended { reason: reason(end) })?;
				return Ok(true);
			}
		}
		self.seen = Some((best, finalized));
		Ok(false)
	}

	async fn send(&mut self, sending: &Sending, best: BlockNumber) -> Result<()> {
		if self.client.is_syncing().await? {
			return self.tell_failure("the node is catching up, and does not know what time it is".into());
		}
		let value = self.secret.value(sending.set).context("the secret is of fewer sets")?;
		self.releaser.note(sending, best)?;
		let call = Call::release_test_set(self.series, value);
		match self.client.submit_unsigned(&call, sending.life).await {
			Ok(_) => {
				self.failure = None;
				let round = match sending.purpose {
					Purpose::Measure(round) => Some(round),
					Purpose::Late(_) | Purpose::Resume => None,
				};
				print(&self.output, &Event::Sent { set: sending.set, round })
			}
			// Another block may have the key already, which the next look shows.
			Err(error @ (Error::Refused { .. } | Error::Call(_))) => {
				self.releaser.not_taken();
				let set = sending.set;
				self.tell_failure(format!("the node did not take the key of set {set}: {error}"))
			}
			Err(error) => {
				self.releaser.not_taken();
				Err(error.into())
			}
		}
	}

	/// Tells a failure, unless it is the one that was told last.
	fn tell_failure(&mut self, reason: String) -> Result<()> {
		if self.failure.as_ref() == Some(&reason) {
			return Ok(());
		}
		self.failure = Some(reason.clone());
		print(&self.output, &Event::Failed { reason })
	}
}

/// Returns true for a failure that may be over at the next look.
fn may_pass(error: &Error) -> bool {
	!matches!(error, Error::Address(_) | Error::OtherChain { .. } | Error::Unsupported { .. })
}

/// Reads a series and the rounds that may wait for its keys; `None` if the series is not open. The blocks
/// were read before, so that what is read is no older.
async fn read(
	client: &Client,
	series: H256,
	best: BlockNumber,
	finalized: BlockNumber,
) -> Result<Option<Chain>, Error> {
	let Some(view) = client.test_set_series(series).await? else {
		return Ok(None);
	};
	let mut rounds = Vec::new();
	if let Some(group) = view.group {
		let newest = client.group(group).await?.round;
		for number in newest.into_iter().flat_map(|newest| newest.saturating_sub(1)..=newest) {
			let round = client.round(group, number).await?;
			let set = client.round_test_set(group, number).await?;
			let (awaits, released) = state(series, set);
			rounds.push(Round {
				number,
				commit_end: round.windows.commit.end,
				release: round.windows.release(),
				has_commitments: !round.candidates.is_empty(),
				awaits,
				released,
			});
		}
	}
	Ok(Some(Chain {
		best,
		finalized,
		sets: view.sets,
		left: view.left,
		is_suspended: view.suspended,
		has_bond: view.bond > 0,
		rounds,
	}))
}

/// The set of a series that a round waits for, and the one that it is measured on.
fn state(series: H256, set: Option<RoundTestSetView>) -> (Option<u16>, Option<u16>) {
	match set.filter(|set| set.series == series).map(|set| set.state) {
		Some(TestSetRelease::Awaited { index }) => (Some(index), None),
		Some(TestSetRelease::Released { index, .. }) => (None, Some(index)),
		Some(TestSetRelease::Otherwise) | None => (None, None),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::ContentRef;

	fn view(secret: &Secret, known: u16) -> TestSetSeriesView {
		TestSetSeriesView {
			series: H256::repeat_byte(1),
			requester: descent_client::AccountId::new([1; 32]),
			group: Some(0),
			manifest: ContentRef::raw(b"manifest").unwrap(),
			providers: vec![],
			sets: secret.sets(),
			left: secret.sets() - known,
			latest: known.checked_sub(1).map_or(secret.anchor(), |last| secret.value(last).unwrap()),
			bond: 1,
			misses: 0,
			suspended: false,
		}
	}

	#[test]
	fn the_secret_is_the_one_of_the_series() {
		let (secret, other) = (Secret::generate(3).unwrap(), Secret::generate(3).unwrap());
		for known in 0..=3 {
			check_secret(&secret, &view(&secret, known)).unwrap();
			let error = check_secret(&other, &view(&secret, known)).unwrap_err();
			assert!(error.to_string().contains("not the one"), "{error}");
		}
		let fewer = TestSetSeriesView { sets: 2, left: 2, ..view(&secret, 0) };
		assert!(check_secret(&secret, &fewer).is_err());
	}

	#[test]
	fn only_sets_of_the_series_are_of_concern() {
		let series = H256::repeat_byte(1);
		let set = |state| RoundTestSetView {
			series,
			manifest: ContentRef::raw(b"manifest").unwrap(),
			providers: vec![],
			release: 1..2,
			state,
		};
		assert_eq!(state(series, None), (None, None));
		let awaited = set(TestSetRelease::Awaited { index: 4 });
		assert_eq!(state(series, Some(awaited.clone())), (Some(4), None));
		assert_eq!(state(H256::zero(), Some(awaited)), (None, None));
		let released = set(TestSetRelease::Released { index: 4, key: H256::zero() });
		assert_eq!(state(series, Some(released)), (None, Some(4)));
		assert_eq!(state(series, Some(set(TestSetRelease::Otherwise))), (None, None));
	}

	#[test]
	fn a_node_that_is_away_is_waited_for_and_a_wrong_one_is_not() {
		let away = Error::Unreachable { url: "ws://x".into(), reason: "refused".into() };
		assert!(may_pass(&away) && may_pass(&Error::Answer("nonsense".into())));
		let old = Error::Unsupported { url: "ws://x".into(), method: "training_testSetSeries".into() };
		assert!(!may_pass(&old));
	}
}
