//! An order of a group that the same transaction creates.

use super::plan::{has, placed, plan, show, terms, Placed, Planned};
use crate::{
	commands::{
		group::{
			create::{prepare, Content},
			options::GroupOptions,
		},
		submit::{Done, Sender},
		test_set::opening::Opening,
	},
	hints::hinted,
	output::Output,
	parse::Target,
	table::fields,
};
use anyhow::{Context, Result};
use clap::Args;
use descent_client::{format_amount, Call, Error, Included, NewOrder};
use descent_protocol::{GroupId, NewGroup, Terms};
use serde::Serialize;
use std::path::PathBuf;

/// The options of a group that is created for an order.
#[derive(Debug, Args)]
pub(super) struct NewGroupArgs {
	/// Folder of sealed test sets for the new group, which descent test-set seal wrote
	#[arg(long, value_name = "DIR", group = "hidden", requires = "otherwise")]
	sealed: Option<PathBuf>,
	#[command(flatten)]
	options: GroupOptions,
}

/// All that a transaction brings about.
struct Bundle<'a> {
	series: Option<Opening>,
	group: NewGroup<u128>,
	order: &'a NewOrder,
}

/// The costs for the client, in the token's smallest unit.
#[derive(Clone, Copy)]
struct Costs {
	/// Held while the group exists.
	deposit: u128,
	/// Held as stake in the group.
	stake: u128,
	/// Held while the series is open.
	bond: u128,
	/// Paid into the order.
	amount: u128,
	fee: u128,
}

/// A group and its order, as they would be.
#[derive(Serialize)]
struct PlannedWithGroup {
	#[serde(flatten)]
	order: Planned,
	new_group: Content,
	/// Amounts as text.
	deposit: String,
	stake: String,
	bond: String,
}

/// A group and its order.
#[derive(Serialize)]
struct PlacedWithGroup {
	#[serde(flatten)]
	placed: Placed,
	new_group: Content,
}

impl NewGroupArgs {
	/// Creates the group and places the order.
	pub(super) async fn run(self, order: &NewOrder, sender: &Sender<'_>, output: &Output) -> Result<()> {
		let bundle = self.bundle(order, sender, output).await?;
		let number = sender.client.next_group().await?;
		let costs = bundle.costs(sender, number).await?;
		let free = sender.client.balance(&sender.account()).await?.free;
		let shown = bundle.show(output, costs, free);
		let new_group = Content::of(&bundle.group);
		if sender.is_dry() {
			let [deposit, stake, bond] =
				[costs.deposit, costs.stake, costs.bond].map(|amount| amount.to_string());
			let order = plan(number, order, costs.fee, free);
			let planned = PlannedWithGroup { order, new_group, deposit, stake, bond };
			return output.print(&planned, |_| format!("{shown}\n\nNothing was sent: this is a dry run."));
		}
		output.note(&shown);
		if let Some(series) = &bundle.series {
			series.note()?;
		}
		let (included, done) = bundle.send(sender, number, output).await?;
		let number = included.group.context("the block does not say which group was created")?;
		let (placed, now) = placed(sender, number, done).await?;
		let placed = PlacedWithGroup { placed, new_group };
		output.print(&placed, |_| {
			let created = format!("Created group {number}. {}", show(&placed.placed, now));
			match &bundle.series {
				None => created,
				Some(series) => format!(
					"{created}\nNow release the keys of its test sets, and keep this running: descent \
					 test-set release {}",
					series.folder().display()
				),
			}
		})
	}

	/// Checks all files, imports them, and asks the providers for them.
	async fn bundle<'a>(
		self,
		order: &'a NewOrder,
		sender: &Sender<'_>,
		output: &Output,
	) -> Result<Bundle<'a>> {
		let Self { sealed, options } = self;
		options.check()?;
		let series = match sealed {
			None => None,
			Some(folder) => {
				let providers = options.providers.providers.clone();
				let files = (options.store.clone(), options.probe);
				let account = (&sender.client, sender.account());
				Some(Opening::check(folder, providers, files, account, output).await?)
			}
		};
		let id = series.as_ref().map(Opening::series);
		let group = prepare(options, id, Target(None), output).await?;
		Ok(Bundle { series, group, order })
	}
}

impl Bundle<'_> {
	/// The calls as one, for a group that gets this number.
	fn call(&self, number: GroupId) -> Call {
		let terms = Terms::from(&self.group).hash();
		let mut calls = Vec::from_iter(self.series.as_ref().map(|series| series.call(None)));
		calls.push(Call::create_group(&self.group));
		calls.push(Call::order(number, self.order, terms));
		Call::batch_all(&calls)
	}

	async fn costs(&self, sender: &Sender<'_>, number: GroupId) -> Result<Costs> {
		Ok(Costs {
			deposit: sender.client.group_deposit().await?,
			stake: self.group.stake,
			bond: self.series.as_ref().map_or(0, |series| series.bond),
			amount: self.order.amount,
			fee: sender.fee(&self.call(number)).await?,
		})
	}

	/// Sends the call. If another group got the number meanwhile, the call is sent once more with the next.
	async fn send(&self, sender: &Sender<'_>, number: GroupId, output: &Output) -> Result<(Included, Done)> {
		match sender.try_send(&self.call(number)).await {
			Err(Error::Call(failed)) if failed.is_any("Emission", &["TermsChanged", "UnknownGroup"]) => {
				output.note("Another group was created first, and all of this was undone. Trying again.");
				let number = sender.client.next_group().await?;
				let sent = sender.try_send(&self.call(number)).await.map_err(hinted);
				sent.context("nothing but the fees was paid: other groups may have been created first")
			}
			sent => sent.map_err(hinted),
		}
	}

	fn show(&self, output: &Output, costs: Costs, free: u128) -> String {
		let mut lines = vec![("group", "a new one".to_string())];
		lines.extend(terms(self.order, self.group.clock.length, self.group.shares));
		lines.push(("deposit", format!("{}, held while the group exists", format_amount(costs.deposit))));
		lines.push(("stake", format!("{}, held; it stays yours", format_amount(costs.stake))));
		if self.series.is_some() {
			lines.push(("bond", format!("{}, held while the series is open", format_amount(costs.bond))));
		}
		lines.push(("fee", format_amount(costs.fee)));
		lines.push(("in all", format_amount(costs.total())));
		lines.push(("you have", has(free, costs.total())));
		fields(output, &lines)
	}
}

impl Costs {
	fn total(&self) -> u128 {
		let Self { deposit, stake, bond, amount, fee } = *self;
		[deposit, stake, bond, amount, fee].into_iter().fold(0, u128::saturating_add)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use descent_client::UNIT;
	use descent_protocol::{ContentRef, Score};

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		new_group: NewGroupArgs,
	}

	#[tokio::test]
	async fn all_costs_are_shown_before_anything_is_sent() {
		let content = crate::content_ref::Reference::from(ContentRef::raw(b"x").unwrap());
		let line = format!(
			"create --name m --model {content} --dataset {content} --provider http://a --unchecked-providers \
			 --stake 50"
		);
		let options = Line::try_parse_from(line.split_whitespace()).ok().unwrap().new_group.options;
		let output = Output::new(true);
		let group = prepare(options, None, Target(None), &output).await.unwrap();
		let (from, target) = (Score(2_300_000), Score(2_000_000));
		let (amount, price) = (1_000 * UNIT, 4 * UNIT / 1_000);
		let order = NewOrder { amount, price, bonus: 0, from, target, rounds: 9 };
		let bundle = Bundle { series: None, group, order: &order };
		let stake = bundle.group.stake;
		let costs = Costs { deposit: 100 * UNIT, stake, bond: 0, amount, fee: UNIT / 2 };
		let text = bundle.show(&output, costs, 1_150 * UNIT);
		for part in [
			"pays          4 NRN for each 0.001\n",
			"deposit       100 NRN, held while the group exists\n",
			"stake         50 NRN, held; it stays yours\n",
			"in all        1150.5 NRN\n",
			"you have      1150 NRN, which is not enough",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		assert!(!text.contains("bond "), "{text}");
	}

	#[test]
	fn sealed_sets_have_a_public_one_beside_them() {
		let parsed = |more: &str| {
			let line = format!("create --model m --dataset d --provider http://a {more}");
			Line::try_parse_from(line.split_whitespace()).is_ok()
		};
		assert!(parsed("--sealed s --otherwise v"));
		for wrong in [
			"--sealed s",
			"--otherwise v",
			"--sealed s --otherwise v --validation v",
			&format!("--sealed s --otherwise v --hidden-series 0x{}", "ab".repeat(32)),
		] {
			assert!(!parsed(wrong), "{wrong}");
		}
	}
}
