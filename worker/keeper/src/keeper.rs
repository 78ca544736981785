//! The keeper: groups, seats and checks, block by block.

use crate::{
	collect::Collector,
	group::{Fetch, Version, Wanted},
	metrics::Metrics,
	preflight,
	turn::Turn,
	Event, Settings,
};
use anyhow::{Context, Result};
use descent_client::{verify_text, Call, Client, Options};
use descent_content::{FetchLimits, Fetcher, PushPolicy, ServerHandle, Store};
use descent_protocol::{
	view::{CustodyView, GroupView, KeeperView, KeptView},
	BlockNumber, GroupId,
};
use std::{
	collections::BTreeSet,
	future::Future,
	sync::Arc,
	time::{Duration, Instant},
};

/// Pause between two looks at the chain.
const POLL: Duration = Duration::from_millis(1_500);
/// Blocks after which a transaction that shows no effect is sent again.
const RESEND: BlockNumber = 20;
/// The least that is claimed: a thousandth of it is a fee.
const LEAST_CLAIM: u128 = descent_client::UNIT;

/// A group that is kept.
struct Group {
	id: GroupId,
	fetch: Fetch,
	version: Option<Version>,
	turn: Turn,
	/// The keeper's own seat, as it was seen last.
	seat: Option<KeeperView>,
	/// The block with which a seat was asked for last.
	asked: Option<BlockNumber>,
	/// The block with which a check was opened last.
	opened: Option<BlockNumber>,
}

/// A keeper that runs.
struct Keeper {
	settings: Settings,
	client: Client,
	store: Store,
	/// The address that the chain is told.
	address: String,
	groups: Vec<Group>,
	collector: Collector,
	report: Arc<dyn Fn(Event) + Send + Sync>,
	metrics: Metrics,
	claimed: Option<BlockNumber>,
}

/// Keeps the content of groups until `shutdown` completes. The seats stay: a keeper that is away for longer
/// than a check or two gives them up with `descent keeper leave`.
///
/// # Errors
/// Fails if the store cannot be used, an address cannot be listened on or is not reached by others, the
/// groups do not fit on disk, or no node answers for longer than a client waits.
pub async fn run(
	settings: Settings,
	report: impl Fn(Event) + Send + Sync + 'static,
	shutdown: impl Future<Output = ()>,
) -> Result<()> {
	let metrics = Metrics::new()?;
	let counted = metrics.clone();
	let report: Arc<dyn Fn(Event) + Send + Sync> = Arc::new(move |event: Event| {
		counted.note(&event);
		report(event);
	});
	let served = match settings.metrics {
		Some(address) => Some(metrics.serve(address).await?),
		None => None,
	};
	let client =
		Client::connect_any(&settings.nodes, Options { genesis: settings.genesis, ..Options::default() })
			.await?;
	let (folder, max) = (settings.data.join("content"), settings.max_content);
	let opened = tokio::task::spawn_blocking(move || {
		std::fs::create_dir_all(&folder)?;
		Ok::<_, anyhow::Error>(Store::open(folder, max)?)
	});
	let store = opened.await?.context("the directory of --data cannot be used")?;
	let server = serve(&settings, &store).await?;
	let address = settings.public_url.clone().unwrap_or_else(|| format!("http://{}", server.address()));
	let mut groups = Vec::new();
	for key in &settings.groups {
		groups.push(client.find_group(key).await?);
	}
	let mut keeper = Keeper::new(settings, &groups, client, store, address, report, metrics)?;
	let outcome = tokio::select! {
		outcome = keeper.run() => outcome,
		() = shutdown => Ok(()),
	};
	drop(keeper);
	// It closes its connections by itself, and the metrics are of no more use.
	let _ = tokio::time::timeout(Duration::from_secs(5), server.stop()).await;
	drop(served);
	outcome
}

/// Serves the store, and takes pushes if anybody may push.
async fn serve(settings: &Settings, store: &Store) -> Result<ServerHandle> {
	let served = if settings.accept_from.is_empty() {
		ServerHandle::gateway(settings.listen, store.clone()).await
	} else {
		let accounts = settings.accept_from.iter().map(|account| *account.as_ref()).collect();
		let policy = PushPolicy { accounts, max_bytes: settings.push_room, verify: verify_text };
		ServerHandle::gateway_with_pushes(settings.listen, store.clone(), &policy).await
	};
	served.with_context(|| {
		format!("cannot listen on {}: choose another address with --listen", settings.listen)
	})
}

impl Keeper {
	fn new(
		settings: Settings,
		groups: &[GroupId],
		client: Client,
		store: Store,
		address: String,
		report: Arc<dyn Fn(Event) + Send + Sync>,
		metrics: Metrics,
	) -> Result<Self> {
		let limits = FetchLimits {
			max_content_bytes: settings.max_content,
			allow_private: settings.allow_private,
			..FetchLimits::default()
		};
		let fetcher = Fetcher::new(store.clone(), limits)?;
		let start = |id: &GroupId| Group {
			id: *id,
			fetch: Fetch::start(*id, store.clone(), fetcher.clone(), report.clone()),
			version: None,
			turn: Turn::default(),
			seat: None,
			asked: None,
			opened: None,
		};
		let groups = groups.iter().map(start).collect();
		let collector = Collector::default();
		Ok(Self { settings, client, store, address, groups, collector, report, metrics, claimed: None })
	}

	async fn run(&mut self) -> Result<()> {
		if self.settings.preflight {
			preflight::reach(&self.store, &self.address).await?;
			let mut all = BTreeSet::new();
			for group in &self.groups {
				all.extend(self.client.kept_content(group.id).await?.into_iter().map(|kept| kept.content));
			}
			preflight::has_room(all.iter(), self.settings.max_content)?;
		}
		let account = self.settings.key.account().to_string();
		(self.report)(Event::Ready { account, address: self.address.clone() });
		let mut last = None;
		loop {
			let now = self.client.best_block().await?.number;
			if last.replace(now) != Some(now) {
				self.look(now).await?;
			}
			tokio::time::sleep(POLL).await;
		}
	}

	/// Looks at all groups at a block.
	async fn look(&mut self, now: BlockNumber) -> Result<()> {
		for place in 0..self.groups.len() {
			self.look_at(place, now).await?;
		}
		self.collect().await?;
		if self.settings.claim {
			self.claim(now).await?;
		}
		self.metrics.block.set(now.into());
		self.metrics.used.set(i64::try_from(self.store.used_bytes()).unwrap_or(i64::MAX));
		Ok(())
	}

	async fn look_at(&mut self, place: usize, now: BlockNumber) -> Result<()> {
		let id = self.groups[place].id;
		let view = self.client.group(id).await?;
		let custody = self.client.custody(id).await?;
		let custody =
			custody.with_context(|| format!("the chain does not know keepers of group {id} yet"))?;
		let version = Version::new(&view, now);
		if self.groups[place].version.as_ref() != Some(&version) {
			let kept = self.client.kept_content(id).await?;
			self.tell_kept(id, &kept);
			let gateways = self.gateways(&view, &custody);
			let group = &mut self.groups[place];
			group.fetch.want(Wanted { kept, gateways });
			group.version = Some(version);
		}
		self.sit(place, &custody, now).await?;
		self.open_check(place, &view, &custody, now).await
	}

	/// Returns the gateways of a group and its keepers, without this one. A fetcher asks each once.
	fn gateways(&self, view: &GroupView, custody: &CustodyView) -> Vec<String> {
		let keepers = custody.keepers.iter().flat_map(|keeper| &keeper.providers);
		let all = view.providers.iter().chain(keepers);
		all.filter(|gateway| **gateway != self.address).cloned().collect()
	}

	fn tell_kept(&self, group: GroupId, kept: &[KeptView]) {
		let pins = self.store.pins();
		let (mut bytes, mut here) = (0u64, 0u64);
		for KeptView { content, .. } in kept {
			bytes = bytes.saturating_add(content.size);
			if pins.contains(content) {
				here = here.saturating_add(content.size);
			}
		}
		(self.report)(Event::Kept { group, contents: kept.len(), bytes, here });
	}

	/// Takes a seat once all that the group keeps is here, and tells what becomes of it.
	async fn sit(&mut self, place: usize, custody: &CustodyView, now: BlockNumber) -> Result<()> {
		let account = self.settings.key.account();
		let seat = custody.keepers.iter().find(|keeper| keeper.account == account).cloned();
		let group = &mut self.groups[place];
		let id = group.id;
		match (&group.seat, &seat) {
			(None, Some(seat)) => (self.report)(Event::Joined { group: id, deposit: seat.deposit }),
			(Some(_), None) => (self.report)(Event::SeatLost { group: id }),
			(Some(before), Some(now)) if now.missed > before.missed => {
				(self.report)(Event::Missed { group: id, missed: now.missed });
			}
			_ => {}
		}
		group.seat = seat;
		let deposit = self.settings.deposit.unwrap_or(custody.deposit);
		let fits = group.seat.as_ref().is_some_and(|seat| {
			seat.providers == [self.address.as_str()] && seat.deposit >= deposit && !seat.leaving
		});
		let is_waiting = group.asked.is_some_and(|asked| now.saturating_sub(asked) < RESEND);
		if fits || is_waiting || !group.fetch.is_complete() {
			return Ok(());
		}
		group.asked = Some(now);
		let deposit = deposit.max(group.seat.as_ref().map_or(0, |seat| seat.deposit));
		let call = Call::keep(id, std::slice::from_ref(&self.address), deposit);
		self.send("the seat", &call).await;
		Ok(())
	}

	/// Opens a check if it is this keeper's turn.
	async fn open_check(
		&mut self,
		place: usize,
		view: &GroupView,
		custody: &CustodyView,
		now: BlockNumber,
	) -> Result<()> {
		let account = self.settings.key.account();
		let group = &mut self.groups[place];
		let Some(own) = custody.keepers.iter().position(|keeper| keeper.account == account) else {
			return Ok(());
		};
		let is_due = group.turn.is_due(custody, own, view.round, now);
		let is_waiting = group.opened.is_some_and(|opened| now.saturating_sub(opened) < RESEND);
		if !is_due || is_waiting || !group.fetch.is_complete() {
			return Ok(());
		}
		group.opened = Some(now);
		let id = group.id;
		if self.send("the check", &Call::check_custody(id)).await {
			(self.report)(Event::CheckOpened { group: id, check: custody.checks.saturating_add(1) });
		}
		Ok(())
	}

	/// Removes what no group keeps any more, once all groups are known.
	async fn collect(&mut self) -> Result<()> {
		if self.groups.iter().any(|group| group.version.is_none()) {
			return Ok(());
		}
		let kept: BTreeSet<_> = self.groups.iter().flat_map(|group| group.fetch.kept()).collect();
		let (store, retain) = (self.store.clone(), self.settings.retain);
		let mut collector = std::mem::take(&mut self.collector);
		let collected = tokio::task::spawn_blocking(move || {
			let removed = collector.collect(&store, &kept, retain, Instant::now());
			(collector, removed)
		});
		let (collector, removed) = collected.await?;
		self.collector = collector;
		for content in removed.context("content cannot be removed")? {
			(self.report)(Event::Removed { content });
		}
		Ok(())
	}

	async fn claim(&mut self, now: BlockNumber) -> Result<()> {
		if self.claimed.is_some_and(|claimed| now.saturating_sub(claimed) < RESEND) {
			return Ok(());
		}
		let amount = self.client.rewards(&self.settings.key.account()).await?.accrued;
		if amount >= LEAST_CLAIM {
			self.claimed = Some(now);
			if self.send("the claim", &Call::claim()).await {
				(self.report)(Event::Claimed { amount });
			}
		}
		Ok(())
	}

	/// Sends a call and waits until it is in a block. What it fails with is told and not an error: the chain
	/// shows whether it is still needed.
	async fn send(&self, what: &str, call: &Call) -> bool {
		let sent = async {
			let submitted = self.client.submit(&self.settings.key, call).await?;
			submitted.in_best_block().await
		};
		match sent.await {
			Ok(_) => true,
			Err(error) => {
				tracing::warn!("{what}: {error}");
				false
			}
		}
	}
}
