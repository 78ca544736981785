//! The measurements as a table, beside the numbers of the papers.

use crate::{chain::Cost, Report};
use descent_protocol::{Clock, MAX_CANDIDATES, MILLISECONDS_PER_BLOCK};

/// The clock of rounds that `descent group create` makes by default.
const CLOCK: Clock = Clock { first: 0, start: 0, length: 200, reveal: 20, attest: 60, open: 10 };
/// Gas of a payout in Proof of Training's contract: proposal and execution, and each owner's confirmation.
const GAS: (u64, u64) = (248_763, 45_371);
/// Gas of a plain transfer (Ethereum Yellow Paper, appendix G).
const GAS_OF_TRANSFER: f64 = 21_000.0;

/// Paper, figure, the paper's number, ours.
type Row = [String; 4];

fn row(paper: &str, figure: impl Into<String>, theirs: impl Into<String>, ours: impl Into<String>) -> Row {
	[paper.into(), figure.into(), theirs.into(), ours.into()]
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
	let digits = number.to_string();
	let start = digits.len() % 3;
	let mut text = digits[..start].to_owned();
	for (place, digit) in digits[start..].chars().enumerate() {
		if place % 3 == 0 && !text.is_empty() {
			text.push(',');
		}
		text.push(digit);
	}
	text
}

fn cost(cost: &Cost) -> String {
	let Cost { bytes, proof_bytes, .. } = *cost;
	let (bytes, proof) = (grouped(bytes), grouped(proof_bytes));
	format!("{:.6} NRN, {bytes} bytes, weight {:.3} ms and {proof} bytes of proof", cost.nrn(), cost.ms())
}

/// Seconds of so many blocks.
fn seconds(blocks: u32) -> f64 {
	(u64::from(blocks) * MILLISECONDS_PER_BLOCK) as f64 / 1e3
}

fn validations(report: &Report) -> Vec<Row> {
	let (mut rows, round) = (Vec::new(), seconds(CLOCK.length));
	for (place, found) in report.validations.iter().enumerate() {
		let (records, count) = (grouped(found.records.into()), grouped(found.count.into()));
		let (mean, p95) = (found.mean_seconds, found.p95_seconds);
		let (paper, their_mean, their_part) =
			if place == 0 { ("PoDL", "1.96 s, of 1,000", "0.33 % of 600 s") } else { ("", "", "") };
		let figure = format!("validation of a model on {records} records, mean of {count}");
		let part = format!("{:.3} % of {round:.0} s", mean / round * 100.0);
		rows.extend([
			row(paper, figure, their_mean, format!("{mean:.3} s")),
			row("", "its 95th percentile", "", format!("{p95:.3} s")),
			row("", "its part of a round", their_part, part),
		]);
	}
	rows
}

/// The items (1) to (6) of PoDL's section IV-B.
fn items(report: &Report) -> Vec<Row> {
	let (items, chain) = (&report.items, &report.chain);
	let (trainers, members) = (chain.trainers, chain.members);
	let mean = report.validations.first().map_or(0.0, |found| found.mean_seconds);
	let hash = format!(
		"{:.2} ms a MB (blake2b); {:.3} ms for its {} bytes",
		items.hash_ms_per_mb,
		items.hash_ms,
		grouped(report.sizes.checkpoint_bytes)
	);
	let sort = format!(
		"{:.1} ms; {:.1} us for the {MAX_CANDIDATES} of a full round",
		items.sort_million_ms, items.sort_round_us
	);
	let reveal = chain.round.reveal.ms();
	let search = format!("part of a reveal's weight of {reveal:.3} ms, with signature and hash");
	let settlement = chain.round.settlement.ms();
	let nodes = format!(
		"{:.3} s on {members} members, for head and winner; weight of {settlement:.3} ms on all nodes",
		2.0 * mean
	);
	let ledger = grouped(chain.of_round(|cost| cost.bytes));
	let weight = chain.of_round(|cost| cost.picoseconds) as f64 / 1e9;
	let reads =
		format!("{ledger} bytes and weight of {weight:.1} ms: {trainers} trainers, {members} members");
	let own = format!("{mean:.3} s: the same program, before it reveals");
	vec![
		row("IV-B (1)", "hash of the model", "5.9 ms a MB (SHA-256)", hash),
		row("IV-B (2)", "sort of a million claims", "154.9 ms", sort),
		row("IV-B (3)", "search of the commitment", "16.25 ms a million reads", search),
		row("IV-B (4)", "a trainer validates its own model", "", own),
		row("IV-B (5)", "nodes validate the models of a round", "1.96 s a model, on all nodes", nodes),
		row("IV-B (6)", "a new node reads a round", "left out: trains again", reads),
	]
}

/// The bytes that a round moves, and its test set.
fn transfers(report: &Report) -> Vec<Row> {
	let (set, sizes, round) = (&report.items.test_set, &report.sizes, &report.chain.round);
	let pair = |one: &Cost, other: &Cost| {
		let (bytes, more) = (one.bytes, other.bytes);
		format!("{bytes} and {more} bytes, weight of {:.3} and {:.3} ms", one.ms(), other.ms())
	};
	let (checkpoint, weights) = (grouped(sizes.checkpoint_bytes), grouped(sizes.weights));
	let release = format!(
		"one transaction of {} bytes; {} sealed bytes are sent before",
		report.chain.series.release.bytes,
		grouped(set.sealed_bytes)
	);
	let opening = format!(
		"{:.2} s to decrypt ({:.0} MB/s), {:.2} s to build",
		set.open_seconds, set.open_mb_per_second, set.build_seconds
	);
	let blocks = CLOCK.windows(0).map_or(0, |windows| windows.settle - windows.release().start);
	let until = format!("{blocks} blocks, {:.0} s", seconds(blocks));
	vec![
		row("", "a trainer's commitment and reveal", "", pair(&round.commitment, &round.reveal)),
		row("", "a member's attestation and opening", "", pair(&round.attestation, &round.opening)),
		row("", "header of a block", "", format!("{} bytes", round.header_bytes)),
		row("", "a model", "at most 10 MB", format!("{checkpoint} bytes, {weights} weights")),
		row("", "release of a test set", "the whole set, in Phase 2", release),
		row("", "from the release to the settlement", "Phase 2", until),
		row("", format!("opening of a test set of {} records", grouped(set.records)), "", opening),
	]
}

fn orders(report: &Report) -> Vec<Row> {
	let (chain, orders) = (&report.chain, &report.chain.orders);
	let a_block = chain.room_picoseconds / orders.order.picoseconds.max(1);
	vec![
		row("PoT", "a client orders improvement", "", cost(&orders.order)),
		row("", "orders that fill a block", "", grouped(a_block)),
		row("", "it cancels", "", cost(&orders.cancel)),
		row("", "it takes back the rest", "", cost(&orders.refund)),
		row("", "a winner claims its reward", "", cost(&orders.claim)),
		row("", "a plain transfer", "21,000 gas (Ethereum)", cost(&chain.transfer)),
	]
}

/// The payouts to 1, 2 and so on, as multiples of the first and of a plain transfer. In Proof of Training's
/// contract the number is that of owners that confirm, here that of winners.
fn payouts(report: &Report) -> Vec<Row> {
	let chain = &report.chain;
	let (Some(first), Some(last)) = (chain.settlements.first(), chain.settlements.last()) else {
		return Vec::new();
	};
	let (constant, each) = GAS;
	let steps = chain.settlements.len().saturating_sub(1).max(1) as f64;
	let each_ms = (last.ms() - first.ms()) / steps;
	let formula = row(
		"",
		"payout: constant, and each more",
		format!("{} + {} n gas", grouped(constant), grouped(each)),
		format!("{:.3} + {each_ms:.3} n ms of weight, no fee", first.ms() - each_ms),
	);
	let part = row("", "of it to divide and pay", "", format!("{:.3} ms for any n", chain.payout.ms()));
	let gas = |n: u64| (constant + each * n) as f64;
	let of = |(n, settlement): (u64, &Cost)| {
		row(
			"",
			format!("payout, n = {n}"),
			format!("{:.2} times n = 1, {:.1} transfers", gas(n) / gas(1), gas(n) / GAS_OF_TRANSFER),
			format!(
				"{:.2} times n = 1, {:.1} transfers",
				settlement.ms() / first.ms(),
				settlement.ms() / chain.transfer.ms()
			),
		)
	};
	[formula, part].into_iter().chain((1..).zip(&chain.settlements).map(of)).collect()
}

/// The table, and a line above it with the sizes that were chosen.
pub(crate) fn text(report: &Report) -> String {
	let sizes = &report.sizes;
	let run = if report.quick { "quick run: " } else { "" };
	let above = format!(
		"{run}{} records of 40 x 98 values ({:.2} GB), a model of {} weights and {} operations a record, {} \
		 threads\n",
		grouped(sizes.records),
		sizes.record_bytes as f64 / 1e9,
		grouped(sizes.weights),
		grouped(sizes.operations),
		report.threads
	);
	let headings = row("paper", "figure", "the paper", "Descent");
	let rows = [
		vec![headings],
		validations(report),
		items(report),
		transfers(report),
		orders(report),
		payouts(report),
	]
	.concat();
	let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
	let widths = [width(0), width(1), width(2)];
	let line = |[paper, figure, theirs, ours]: &Row| {
		let [first, second, third] = widths;
		format!("{paper:<first$}  {figure:<second$}  {theirs:<third$}  {ours}\n")
	};
	rows.iter().map(line).fold(above, |text, line| text + &line)
}

#[cfg(test)]
mod tests {
	use super::grouped;

	#[test]
	fn digits_are_in_groups_of_three() {
		let numbers = [0, 12, 123, 1_234, 123_456, 1_234_567];
		assert_eq!(numbers.map(grouped), ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
	}
}
