//! Three orders of one group: one reaches its target, one is cancelled, and one runs out of rounds.

use crate::{order_ends, scripted, Stage, NRN, WAIT};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{
	candidate, reached, settled, Account, GroupSetup, RoundLengths, ScriptedTrainer, Wider,
};
use descent_protocol::{
	view::{GroupView, OrderView, RoundView},
	BlockNumber, GroupId, Phase, RoundIndex, Score,
};
use sp_core::H256;

/// Number of blocks until the first round begins, in which all orders are placed.
pub(crate) const LEAD: BlockNumber = 12;
/// Score from which on clients pay. Checkpoints that tell nothing have 0.693147.
pub(crate) const FROM: Score = Score(700_000);
/// Score that nobody reaches.
pub(crate) const FAR: Score = Score(100_000);
/// Number of rounds that are played.
const ROUNDS: RoundIndex = 3;

/// An order as a client writes it. Amounts are in NRN.
pub(crate) struct Order {
	pub(crate) client: Account,
	pub(crate) amount: u32,
	/// Price of a gain of 0.001.
	pub(crate) thousandth: u32,
	pub(crate) bonus: u32,
	pub(crate) from: Score,
	pub(crate) target: Score,
	pub(crate) rounds: u32,
}

/// A payment of an order for a round.
#[derive(Debug, PartialEq)]
pub(crate) struct Payment {
	pub(crate) round: RoundIndex,
	pub(crate) gain: u64,
	pub(crate) amount: u128,
	pub(crate) bonus: u128,
}

impl Order {
	/// Places the order with the program `descent`, before the group's first round begins.
	pub(crate) async fn place(&self, stage: &Stage<'_>, group: GroupId) -> Result<()> {
		let text = [
			("--amount", self.amount.to_string()),
			("--per-thousandth", self.thousandth.to_string()),
			("--bonus", self.bonus.to_string()),
			("--from", self.from.to_string()),
			("--target", self.target.to_string()),
			("--rounds", self.rounds.to_string()),
		];
		let group_number = group.to_string();
		let mut arguments = vec!["order", "create", &group_number];
		arguments.extend(text.iter().flat_map(|(option, value)| [*option, value.as_str()]));
		stage.network.descent(&self.client, &arguments).await?;
		let placed = self.view(stage, group).await?.context("the order is not on the chain")?;
		ensure!(placed.since == 0, "the first round had begun when the order was placed: {placed:?}");
		ensure!(placed.left == self.paid_in() && placed.until == self.rounds, "{placed:?}");
		Ok(())
	}

	/// Returns the order as the chain has it, if it is not over.
	pub(crate) async fn view(&self, stage: &Stage<'_>, group: GroupId) -> Result<Option<OrderView>> {
		let orders = stage.rpc.orders(group, None).await?;
		Ok(orders.into_iter().find(|order| order.client == self.client.id()))
	}

	/// Returns the amount that it begins with.
	pub(crate) fn paid_in(&self) -> u128 {
		u128::from(self.amount) * NRN
	}

	/// Returns the payments for these rounds, each of which was won: from the head's score on the records of
	/// the round, or from the best score so far if that is lower, down to the winner's score or the target.
	pub(crate) fn payments(&self, rounds: &[RoundView]) -> Result<Vec<Payment>> {
		let price = u128::from(self.thousandth) * NRN / 1_000;
		let mut best = self.from;
		let mut payments = Vec::new();
		for view in rounds {
			let score = score(view)?;
			let begin = view.baseline.map_or(best, |baseline| baseline.min(best));
			let gain = begin.0.saturating_sub(score.max(self.target).0);
			let bonus = if score <= self.target { u128::from(self.bonus) * NRN } else { 0 };
			payments.push(Payment { round: view.round, gain, amount: u128::from(gain) * price, bonus });
			best = best.min(score);
			if best <= self.target {
				break;
			}
		}
		Ok(payments)
	}
}

/// Returns the winner's score.
fn score(view: &RoundView) -> Result<Score> {
	let winner = view.winner.as_ref().and_then(|winner| candidate(view, winner));
	winner.and_then(|winner| winner.measured).with_context(|| format!("nobody has won: {view:?}"))
}

/// Returns the parameters of each round's checkpoint, each of which is better than the one before.
fn parameters(round: RoundIndex) -> Wider {
	Wider::separating((round + 1) as f32 / 16.0)
}

/// The three orders, of clients that do nothing else.
pub(crate) struct Orders {
	pub(crate) fulfilled: Order,
	pub(crate) cancelled: Order,
	pub(crate) expiring: Order,
}

impl Orders {
	/// Returns orders the first of which is fulfilled in the third round: its target lies between the scores
	/// of the second round and of the third.
	fn new() -> Result<Self> {
		let [second, third] = [1, 2].map(|round| parameters(round).score(H256::zero()));
		let target = Score((second.0 + third.0) / 2);
		Ok(Self {
			fulfilled: Order {
				client: Account::from_uri("//Liar")?,
				amount: 2_000,
				thousandth: 2,
				bonus: 50,
				from: FROM,
				target,
				rounds: 10,
			},
			cancelled: Order {
				client: Account::from_uri("//Trainer8")?,
				amount: 1_000,
				thousandth: 1,
				bonus: 0,
				from: FROM,
				target: FAR,
				rounds: 100,
			},
			expiring: Order {
				client: Account::from_uri("//Trainer4")?,
				amount: 500,
				thousandth: 3,
				bonus: 7,
				from: Score(650_000),
				target: FAR,
				rounds: 1,
			},
		})
	}
}

/// Has a trainer win three rounds of a group with three orders, and checks what becomes of each.
pub(crate) async fn pay_for_gains(stage: &Stage<'_>) -> Result<()> {
	let owner = Account::from_uri("//Alice")?;
	let setup = GroupSetup { name: "orders".into(), lengths: RoundLengths::SHORT, ..stage.wider.clone() };
	let group = stage.create(&owner, &setup, LEAD, &[]).await?;
	let orders = Orders::new()?;
	tokio::try_join!(
		orders.fulfilled.place(stage, group.id),
		orders.cancelled.place(stage, group.id),
		orders.expiring.place(stage, group.id),
	)?;
	let trainer = scripted::trainer(stage, "//Trainer6").await?;
	let (rounds, ()) =
		tokio::try_join!(wins(stage, &trainer, &group), is_cancelled(stage, &group, &orders.cancelled))?;
	order_ends::are_right(stage, &group, &orders, &rounds).await
}

/// Wins the rounds, each against the head of the round before. Returns them.
async fn wins(stage: &Stage<'_>, trainer: &ScriptedTrainer, group: &GroupView) -> Result<Vec<RoundView>> {
	for round in 0..ROUNDS {
		let commitment = scripted::commit(stage, trainer, group, round, &parameters(round)).await?;
		scripted::reveal(stage, trainer, &commitment, &parameters(round)).await?;
	}
	let mut rounds: Vec<RoundView> = Vec::new();
	for round in 0..ROUNDS {
		let view = settled(&stage.rpc, group.id, round, WAIT).await?;
		let seed = view.seed.context("no seed")?;
		ensure!(view.winner == Some(trainer.account().id()), "{view:?}");
		ensure!(score(&view)? == parameters(round).score(seed), "{view:?}");
		let head = round.checked_sub(1).map(|before| parameters(before).score(seed));
		ensure!(view.baseline == head, "the head had {head:?} on these records: {view:?}");
		rounds.push(view);
	}
	Ok(rounds)
}

/// Cancels an order in the first round, which it still pays for.
async fn is_cancelled(stage: &Stage<'_>, group: &GroupView, order: &Order) -> Result<()> {
	reached(&stage.rpc, group.id, 0, Phase::Commit, WAIT).await?;
	stage.network.descent(&order.client, &["order", "cancel", &group.id.to_string()]).await?;
	let view = order.view(stage, group.id).await?.context("the order is gone")?;
	ensure!(view.until == 1 && view.left == order.paid_in(), "{view:?}");
	order_ends::is_not_free(stage, group.id, order).await
}
