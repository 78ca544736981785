//! The payments of the orders and their ends.

use crate::{
	orders::{Order, Orders, Payment},
	Stage, NRN,
};
use anyhow::{bail, ensure, Context, Result};
use descent_client::AccountId;
use descent_integration_tests::{wait_until, Account, History, BLOCK_DEADLINE};
use descent_protocol::{
	view::{GroupView, RoundView},
	BlockNumber, GroupId,
};
use std::time::Duration;
use subxt::{ext::scale_decode::DecodeAsType, utils::AccountId32};

/// Longest wait for the rest of an order to be free: it stays for some blocks after its last round.
const FREE: Duration = BLOCK_DEADLINE.saturating_mul(200);

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct OrderPaid {
	group: u32,
	round: u32,
	client: AccountId32,
	gain: u64,
	amount: u128,
	bonus: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct OrderFulfilled {
	group: u32,
	client: AccountId32,
	refunded: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct OrderRefunded {
	group: u32,
	client: AccountId32,
	amount: u128,
}

/// Checks that the orders of a group have paid for what was measured in its rounds, and nothing else, and
/// that the rest has come back to their clients.
pub(crate) async fn are_right(
	stage: &Stage<'_>,
	group: &GroupView,
	orders: &Orders,
	rounds: &[RoundView],
) -> Result<()> {
	let Orders { fulfilled, cancelled, expiring } = orders;
	let rest = rest_of(fulfilled, rounds)?;
	let rewards = stage.rpc.rewards(&fulfilled.client.id(), None).await?;
	ensure!(rewards.accrued == rest && rewards.claimed == 0, "{rest} of the order was left: {rewards:?}");
	ensure!(fulfilled.view(stage, group.id).await?.is_none(), "the order outlives its target");

	// The others pay for the first round alone.
	let first = &rounds[..1];
	let stranger = Account::from_uri("//Charlie")?;
	tokio::try_join!(
		is_refunded(stage, group.id, cancelled, &cancelled.client, first),
		is_refunded(stage, group.id, expiring, &stranger, first),
	)?;

	let history = History::read(&stage.rpc).await?;
	for (order, rounds) in [(fulfilled, rounds), (cancelled, first), (expiring, first)] {
		let paid = payments(&history, group.id, &order.client.id())?;
		let expected = order.payments(rounds)?;
		ensure!(paid == expected, "{} paid {paid:?}, not {expected:?}", order.client.uri());
	}
	let bonuses: Vec<_> = fulfilled.payments(rounds)?.into_iter().map(|payment| payment.bonus).collect();
	ensure!(bonuses == [0, 0, u128::from(fulfilled.bonus) * NRN], "{bonuses:?}");
	returned_as_told(&history, group.id, orders, rounds)
}

/// Returns what is left of an order after its payments for these rounds.
fn rest_of(order: &Order, rounds: &[RoundView]) -> Result<u128> {
	let paid: u128 = order.payments(rounds)?.iter().map(|payment| payment.amount + payment.bonus).sum();
	order.paid_in().checked_sub(paid).context("an order pays more than it has")
}

/// Checks that the rest of an order can't be taken back yet.
pub(crate) async fn is_not_free(stage: &Stage<'_>, group: GroupId, order: &Order) -> Result<()> {
	let refunded = stage.network.descent(&order.client, &["order", "refund", &group.to_string()]).await;
	let refusal = refunded.err().context("an order was refunded before its rounds were over")?;
	ensure!(refusal.to_string().contains("TooEarly"), "{refusal:#}");
	Ok(())
}

/// Waits until the rest of an order is free, and has an account send the refund. Checks that the client gets
/// it, to the last unit where another account pays the fee.
async fn is_refunded(
	stage: &Stage<'_>,
	group: GroupId,
	order: &Order,
	sender: &Account,
	rounds: &[RoundView],
) -> Result<()> {
	let free = order.view(stage, group).await?.context("the order is gone")?.free;
	wait_until("the rest of an order is free", FREE, async || {
		Ok((stage.rpc.best().await? >= free).then_some(()))
	})
	.await?;
	let rest = rest_of(order, rounds)?;
	let (number, client) = (group.to_string(), order.client.id().to_string());
	let before = balance(stage, &order.client).await?;
	let arguments = ["order", "refund", &number, &client, "--finalized"];
	stage.network.descent(sender, &arguments).await?;
	let gained = balance(stage, &order.client).await?.checked_sub(before).context("a refund costs more")?;
	let is_own = sender.id() == order.client.id();
	ensure!(gained == rest || is_own && gained < rest, "{gained} of {rest} has come back to {client}");
	ensure!(order.view(stage, group).await?.is_none(), "the order is there after its refund");
	Ok(())
}

/// Returns the free balance of an account.
async fn balance(stage: &Stage<'_>, account: &Account) -> Result<u128> {
	let shown = stage.network.descent(account, &["balance", &account.id().to_string()]).await?;
	let free = shown["free"].as_str().with_context(|| format!("no balance in {shown}"))?;
	Ok(free.parse()?)
}

/// Returns the payments of a client's order of a group, by the events.
pub(crate) fn payments(history: &History, group: GroupId, client: &AccountId) -> Result<Vec<Payment>> {
	let mut payments: Vec<(BlockNumber, OrderPaid)> = history.of("Emission", "OrderPaid")?;
	payments.retain(|(_, event)| event.group == group && is(&event.client, client));
	let payment = |(_, event): (BlockNumber, OrderPaid)| {
		let OrderPaid { round, gain, amount, bonus, .. } = event;
		Payment { round, gain, amount, bonus }
	};
	Ok(payments.into_iter().map(payment).collect())
}

/// Checks that one order has told of its target and its rest, and that the two others were refunded theirs.
fn returned_as_told(history: &History, group: GroupId, orders: &Orders, rounds: &[RoundView]) -> Result<()> {
	let Orders { fulfilled, cancelled, expiring } = orders;
	let ended: Vec<(BlockNumber, OrderFulfilled)> = history.of("Emission", "OrderFulfilled")?;
	let [(_, event)] = ended.as_slice() else {
		bail!("{} orders were fulfilled", ended.len());
	};
	ensure!(event.group == group && is(&event.client, &fulfilled.client.id()), "another order was fulfilled");
	ensure!(event.refunded == rest_of(fulfilled, rounds)?, "{} was returned", event.refunded);
	let refunds: Vec<(BlockNumber, OrderRefunded)> = history.of("Emission", "OrderRefunded")?;
	ensure!(refunds.len() == 2, "{} orders were refunded", refunds.len());
	for order in [cancelled, expiring] {
		let refund = refunds.iter().find(|(_, event)| is(&event.client, &order.client.id()));
		let (_, event) = refund.with_context(|| format!("no refund for {}", order.client.uri()))?;
		let rest = rest_of(order, &rounds[..1])?;
		ensure!(event.group == group && event.amount == rest, "{} of {rest} was returned", event.amount);
	}
	Ok(())
}

fn is(account: &AccountId32, other: &AccountId) -> bool {
	AccountId::new(account.0) == *other
}
