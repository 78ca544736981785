//! A client that orders what it then does itself.

use crate::{
	order_ends,
	orders::{Order, FAR, FROM, LEAD},
	scripted, Stage, NRN, WAIT,
};
use anyhow::{ensure, Context, Result};
use descent_integration_tests::{candidate, settled, Account, GroupSetup, History, RoundLengths, Wider};

/// Account of the client, which is the trainer as well.
pub(crate) const CLIENT: &str = "//Trainer7";

/// Has a client win the round for which its own order pays all that it has, and checks that it gets less.
pub(crate) async fn costs_its_winner(stage: &Stage<'_>) -> Result<()> {
	let owner = Account::from_uri("//Bob")?;
	let setup = GroupSetup { name: "own order".into(), lengths: RoundLengths::SHORT, ..stage.wider.clone() };
	let group = stage.create(&owner, &setup, LEAD, &[]).await?;
	let order = Order {
		client: Account::from_uri(CLIENT)?,
		amount: 10_000,
		thousandth: 500,
		bonus: 0,
		from: FROM,
		target: FAR,
		rounds: 5,
	};
	order.place(stage, group.id).await?;
	let trainer = scripted::trainer(stage, CLIENT).await?;
	let parameters = Wider::separating(0.25);
	let commitment = scripted::commit(stage, &trainer, &group, 0, &parameters).await?;
	scripted::reveal(stage, &trainer, &commitment, &parameters).await?;

	let view = settled(&stage.rpc, group.id, 0, WAIT).await?;
	let own = candidate(&view, &order.client.id()).context("the commitment is gone")?;
	let (paid, winners) = (order.paid_in(), group.shares.split(order.paid_in()).winner);
	ensure!(winners < paid && (winners..paid).contains(&own.reward), "{paid} was paid: {own:?}");
	ensure!(order.view(stage, group.id).await?.is_none(), "something is left of the order");
	let history = History::read(&stage.rpc).await?;
	let payments = order_ends::payments(&history, group.id, &order.client.id())?;
	let all: u128 = payments.iter().map(|payment| payment.amount + payment.bonus).sum();
	ensure!(all == paid && paid == 10_000 * NRN, "the order has paid {payments:?}");
	Ok(())
}
