//! The end of the competition: its sums, and the ways to look on.

use super::{
	opening::{set, Competition},
	settled::SettledRound,
	shell::{Shell, KEY},
};
use crate::{checks, names::Names, report::Report};
use anyhow::{ensure, Context, Result};
use descent_client::{format_amount, AccountId};
use descent_integration_tests::{audit, Audit, Network};
use descent_protocol::view::HeadView;
use std::fs;

/// Checks all sums at the block that has settled the last round, and shows how to look on.
///
/// # Errors
/// Names the sum that is wrong, or the command that failed.
pub(super) async fn close(
	network: &mut Network,
	shell: &Shell,
	competition: &Competition,
	rounds: &[SettledRound],
	names: &Names,
	report: &mut Report,
) -> Result<()> {
	report.step("6. all rounds are settled; checking nodes and money, and opening a set as anybody can");
	let last = rounds.last().context("no round was played")?;
	let group = checks::agree(network, competition.group, (last.block, last.hash)).await?;
	let head = group.head.context("no round was won, so there is no head")?;
	let audit = audit(&network.nodes[0].rpc, last.hash).await?;
	audit.check()?;
	check_order(competition, &audit)?;
	check_bond(network, competition, last, &audit).await?;
	let trainers = network.trainers.iter().map(|trainer| trainer.account.id());
	let earned = earned(trainers.collect(), rounds, &audit)?;
	look_on(shell, competition, report).await?;
	let opened = open(shell, competition, last, report).await?;
	let results = Results { competition, rounds, head, audit, earned, names };
	let mut lines = results.lines(network.nodes.len(), last);
	lines.insert(1, opened);
	report.checked(&results.summary(), &lines);
	Ok(())
}

/// Checks that the order has paid, and has left, what its terms say.
fn check_order(competition: &Competition, audit: &Audit) -> Result<()> {
	let (bill, orders) = (&competition.bill, &audit.orders);
	let (left, accrued) = if bill.is_fulfilled() { (0, bill.left) } else { (bill.left, 0) };
	ensure!(
		(orders.paid_in, orders.paid, orders.left, orders.accrued) == (bill.amount, bill.paid, left, accrued),
		"the chain says {orders:?} of the order, and its terms {bill:?}"
	);
	Ok(())
}

/// Checks that no key was missed, so that the requester has its whole bond.
async fn check_bond(
	network: &Network,
	competition: &Competition,
	last: &SettledRound,
	audit: &Audit,
) -> Result<()> {
	let series = network.nodes[0].rpc.test_set_series(competition.series, Some(last.hash)).await?;
	let series = series.context("the series is not open any more")?;
	ensure!(series.misses == 0 && !series.suspended, "rounds got no key: {series:?}");
	let bonds = &audit.series;
	ensure!(bonds.left == bonds.opened && bonds.left == series.bond, "the bond is not whole: {bonds:?}");
	Ok(())
}

/// Returns the earnings of the trainers, which the rounds and the chain's accounts agree on.
fn earned(
	trainers: Vec<AccountId>,
	rounds: &[SettledRound],
	audit: &Audit,
) -> Result<Vec<(AccountId, u128)>> {
	let entrants = || rounds.iter().flat_map(|round| &round.entrants);
	let mut earned = Vec::new();
	for trainer in trainers {
		let own = entrants().filter(|entrant| entrant.account == trainer);
		let paid: u128 = own.map(|entrant| entrant.reward).sum();
		let account = audit.earned.get(&trainer).copied().unwrap_or_default();
		ensure!(
			paid == account,
			"{trainer} was paid {} in its rounds, and its account has earned {}",
			format_amount(paid),
			format_amount(account)
		);
		earned.push((trainer, paid));
	}
	Ok(earned)
}

/// Types the commands that show how things stand.
async fn look_on(shell: &Shell, competition: &Competition, report: &mut Report) -> Result<()> {
	let group = competition.group;
	for command in [
		format!("descent test-set show --group {group}"),
		format!("descent order show {group}"),
		format!("descent leaderboard {group}"),
		format!("descent balance --key-file {KEY}"),
	] {
		shell.run(report, &command).await?;
	}
	Ok(())
}

/// Opens the set of a round as anybody can, and compares it with the one that was sealed.
async fn open(
	shell: &Shell,
	competition: &Competition,
	round: &SettledRound,
	report: &mut Report,
) -> Result<String> {
	let key = round.key;
	let command = format!("descent test-set get {} {} --out opened.parquet", competition.group, key.round);
	shell.run(report, &command).await?;
	let sealed = set(key.set.into());
	let [opened, own] = ["opened.parquet", &sealed].map(|name| fs::read(shell.file(name)));
	ensure!(opened? == own?, "the set of round {} is not {sealed}", key.round);
	Ok(format!("what anybody opens as the set of round {} is {sealed}, to the last byte", key.round))
}

/// Results of the competition, all of which were checked.
struct Results<'a> {
	competition: &'a Competition,
	rounds: &'a [SettledRound],
	head: HeadView,
	audit: Audit,
	/// Earnings of each trainer.
	earned: Vec<(AccountId, u128)>,
	names: &'a Names,
}

impl Results<'_> {
	/// Part of the trainers' earnings that the order paid, and the part that was minted.
	fn sources(&self) -> (u128, u128) {
		let shares = self.competition.shares;
		let ordered: u128 = self.rounds.iter().map(|round| shares.split(round.order.paid).winner).sum();
		let total: u128 = self.rounds.iter().map(SettledRound::reward).sum();
		(ordered, total.saturating_sub(ordered))
	}

	/// Earnings of each trainer, with its name.
	fn earnings(&self) -> Vec<(String, String)> {
		let named = |(account, amount): &(AccountId, u128)| (self.names.of(account), format_amount(*amount));
		self.earned.iter().map(named).collect()
	}

	/// Returns the results in words, as of the block of the last round.
	fn lines(&self, nodes: usize, last: &SettledRound) -> Vec<String> {
		let Self { rounds, head, audit, .. } = self;
		let bill = &self.competition.bill;
		let left = if bill.is_fulfilled() { "can be claimed, as the target is reached" } else { "is left" };
		let earnings: Vec<_> =
			self.earnings().into_iter().map(|(name, amount)| format!("{name} {amount}")).collect();
		let (ordered, minted) = self.sources();
		let [paid_in, paid, rest] = [bill.amount, bill.paid, bill.left].map(format_amount);
		let [bond, total] = [audit.series.left, ordered.saturating_add(minted)].map(format_amount);
		let [ordered, minted] = [ordered, minted].map(format_amount);
		let [issued, new, burned] = [audit.issuance, audit.minted, audit.burned].map(format_amount);
		vec![
			format!(
				"{} rounds settled, each on a set that was secret until its trainers were bound",
				rounds.len()
			),
			format!(
				"{nodes} nodes agree on block {} and on the head, measured loss {}",
				last.block, head.score
			),
			format!("Ferdie paid in {paid_in} for its order: {paid} is paid, and {rest} {left}"),
			format!("each key came in time: Ferdie's bond of {bond} is whole"),
			format!("trainers have earned: {}", earnings.join(", ")),
			format!("that is {total}: {ordered} of the order and {minted} of new tokens, divided by places"),
			format!(
				"{} accounts hold exactly the {issued} issued: genesis + {new} minted - {burned} burned",
				audit.accounts.len()
			),
		]
	}

	fn summary(&self) -> serde_json::Value {
		let bill = &self.competition.bill;
		let (ordered, minted) = self.sources();
		serde_json::json!({
			"rounds": self.rounds.len(),
			"series": self.competition.series,
			"loss": self.head.score.to_f64(),
			"paid_in": format_amount(bill.amount),
			"paid": format_amount(bill.paid),
			"left": format_amount(bill.left),
			"fulfilled": bill.is_fulfilled(),
			"bond": format_amount(self.audit.series.left),
			"earned": self.earnings(),
			"of_the_order": format_amount(ordered),
			"minted": format_amount(minted),
		})
	}
}
