//! The rounds of the competition: keys, claims, measured scores, places and payments, as they come.

use super::{
	opening::Competition,
	settled::{Key, Payment, SettledRound},
	shell::Shell,
	WINNERS,
};
use crate::{names::Names, report::Report, snapshot::Snapshot, PATIENCE, REDRAW};
use anyhow::{bail, ensure, Context, Result};
use descent_client::{format_amount, Client};
use descent_integration_tests::{Network, Rpc};
use descent_protocol::{
	view::{BlockEvents, ChainEvent, EventTopic, TestSetRelease},
	RoundIndex, Score,
};
use futures::StreamExt;

/// Reports rounds until `wanted` of them are settled in finalized blocks, and returns them.
///
/// # Errors
/// Fails if a round gets no key in time, if a trainer loses money, if the places of a round or the payment of
/// the order are not what the rules say, or if no round is settled for long.
pub(super) async fn follow(
	network: &Network,
	shell: &Shell,
	competition: &mut Competition,
	wanted: u32,
	names: &Names,
	report: &mut Report,
) -> Result<Vec<SettledRound>> {
	let rpc = network.nodes[0].rpc.clone();
	let client = Client::connect(&rpc.ws()).await?;
	let group = competition.group;
	let mut events = client.events(Some(group), EventTopic::All, true).await?;
	let winners = network.trainers.len().min(WINNERS);
	let mut course = Course {
		rpc: rpc.clone(),
		shell,
		names,
		competition,
		winners,
		wanted,
		keys: Vec::new(),
		settled: Vec::new(),
	};
	let mut redraw = tokio::time::interval(REDRAW);
	let mut deadline = Box::pin(tokio::time::sleep(PATIENCE));
	while course.count() < wanted {
		tokio::select! {
			block = events.next() => {
				let block = block.context("the event subscription ended")??;
				let before = course.count();
				course.note(&block, report).await?;
				if course.count() > before {
					deadline = Box::pin(tokio::time::sleep(PATIENCE));
				}
			}
			_ = redraw.tick() => {
				let snapshot = Snapshot::read(&rpc, group, course.count(), wanted).await?;
				report.snapshot(&snapshot, names);
			}
			() = &mut deadline => bail!("no round was settled for {} s", PATIENCE.as_secs()),
		}
	}
	Ok(course.settled)
}

/// The course of the rounds so far.
struct Course<'a> {
	rpc: Rpc,
	shell: &'a Shell,
	names: &'a Names,
	competition: &'a mut Competition,
	/// Number of winners that the first round has to have: there is no head to beat.
	winners: usize,
	/// Number of rounds that are waited for.
	wanted: u32,
	/// The keys of the rounds, in their order.
	keys: Vec<Key>,
	/// The rounds that are settled, in their order.
	settled: Vec<SettledRound>,
}

impl Course<'_> {
	/// Number of settled rounds.
	fn count(&self) -> u32 {
		u32::try_from(self.settled.len()).unwrap_or(u32::MAX)
	}

	/// Reports a finalized block.
	async fn note(&mut self, block: &BlockEvents, report: &mut Report) -> Result<()> {
		report.events(&shown(block), self.names);
		self.note_key(block, report).await?;
		for event in &block.events {
			if let ChainEvent::Settled { round, score, baseline, .. } = event {
				self.settle(block, *round, (*score, *baseline), report).await?;
			}
		}
		Ok(())
	}

	/// Notes the key that is awaited, if it came in this block.
	async fn note_key(&mut self, block: &BlockEvents, report: &mut Report) -> Result<()> {
		let round = RoundIndex::try_from(self.keys.len())?;
		if round >= self.wanted {
			return Ok(());
		}
		let group = self.competition.group;
		let set = self.rpc.round_test_set(group, round, Some(block.hash)).await?;
		match set.context("the series is not open any more")?.state {
			TestSetRelease::Awaited { .. } => {}
			TestSetRelease::Released { index, .. } => {
				ensure!(u32::from(index) == round, "round {round} got the key of set {index}");
				let number = block.block;
				report.step(&format!(
					"#{number:<4} round {round}: key of set {index} released in block {number}; from now on \
					 everybody can open the set"
				));
				self.keys.push(Key { round, set: index, block: number });
			}
			TestSetRelease::Otherwise => bail!("no key was released in time for round {round}"),
		}
		Ok(())
	}

	/// Reports a round that this block has settled, with its explanations.
	async fn settle(
		&mut self,
		block: &BlockEvents,
		round: RoundIndex,
		(score, baseline): (Option<Score>, Option<Score>),
		report: &mut Report,
	) -> Result<()> {
		let key = self.keys.iter().find(|key| key.round == round).copied();
		let key =
			key.with_context(|| format!("round {round} is settled, and was measured on no hidden set"))?;
		let Competition { group, shares, ref mut bill, .. } = *self.competition;
		let owed = score.map(|score| bill.charge(round, score, baseline)).filter(|owed| owed.total() > 0);
		let owed = owed.map_or((Score(0), 0), |owed| (Score(owed.gain), owed.total()));
		let told = paid(block, round);
		ensure!(
			owed == told,
			"for round {round} the order paid {} for a gain of {}, and its terms say {} for {}",
			format_amount(told.1),
			told.0,
			format_amount(owed.1),
			owed.0
		);
		let order = Payment { gain: owed.0, paid: owed.1, left: bill.left, mark: bill.mark() };
		let view = self.rpc.round(group, round, Some(block.hash)).await?;
		let at = (block.block, block.hash);
		let settled = SettledRound::read(&view, at, key, order, shares, self.names)?;
		report.result("round", &settled, &settled.lines(shares));
		let winners = settled.winners().count();
		ensure!(
			round > 0 || winners == self.winners,
			"the first round has {winners} winners, not {}",
			self.winners
		);
		for entrant in &settled.entrants {
			let command = format!("descent explain {group} {round} {}", entrant.account);
			self.shell.run(report, &command).await?;
		}
		self.settled.push(settled);
		Ok(())
	}
}

/// Returns the gain that orders paid for in a round that a block has settled, and the amount.
fn paid(block: &BlockEvents, round: RoundIndex) -> (Score, u128) {
	let paid = block.events.iter().find_map(|event| match event {
		ChainEvent::OrderPaid { round: of, gain, amount, bonus, .. } if *of == round => {
			Some((Score(*gain), amount.saturating_add(*bonus)))
		}
		_ => None,
	});
	paid.unwrap_or((Score(0), 0))
}

/// Returns the events of a block without those that the report of a settled round has in better words.
fn shown(block: &BlockEvents) -> BlockEvents {
	let is_told = |event: &ChainEvent| {
		matches!(event, ChainEvent::Ended { .. } | ChainEvent::Settled { .. } | ChainEvent::OrderPaid { .. })
	};
	let mut shown = block.clone();
	shown.events.retain(|event| !is_told(event));
	shown
}
