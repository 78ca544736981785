//! The simulation as tables, for people and for programs.

use crate::simulation::{Era, Outlook, NRN};
use serde_json::{json, Value};

const HEADINGS: [&str; 9] = [
	"era",
	"years",
	"issued at its beginning",
	"at its end",
	"trainers' stream",
	"proposers' stream",
	"trainers', an hour",
	"proposers', a week",
	"a year adds",
];

fn cells(era: &Era) -> [String; 9] {
	[
		era.number.to_string(),
		format!("{} to {}", era.years[0], era.years[1]),
		whole(era.issuance[0]),
		whole(era.issuance[1]),
		whole(era.income[0]),
		whole(era.income[1]),
		thousandths(era.period[0]),
		thousandths(era.period[1]),
		format!("{}.{:04}%", era.inflation / 10_000, era.inflation % 10_000),
	]
}

/// A table of Markdown.
pub(crate) fn markdown(outlook: &Outlook) -> String {
	let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
	let mut text = row(&HEADINGS.map(str::to_owned));
	text.push_str("|---:|---|---:|---:|---:|---:|---:|---:|---:|\n");
	for era in &outlook.eras {
		text.push_str(&row(&cells(era)));
	}
	text
}

/// A table in columns.
pub(crate) fn text(outlook: &Outlook) -> String {
	let mut rows = vec![HEADINGS.map(str::to_owned)];
	rows.extend(outlook.eras.iter().map(cells));
	let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
	let widths: [usize; 9] = std::array::from_fn(width);
	let line = |row: &[String; 9]| {
		let cells: Vec<String> =
			row.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
		format!("{}\n", cells.join("  "))
	};
	rows.iter().map(line).collect()
}

/// Everything, with amounts as the chain writes them: decimal strings in units of 10^-12 NRN.
pub(crate) fn json(outlook: &Outlook) -> Value {
	let eras: Vec<Value> = outlook
		.eras
		.iter()
		.map(|era| {
			let pair = |[first, second]: [u128; 2]| json!({"trainers": first.to_string(), "proposers": second.to_string()});
			json!({
				"era": era.number,
				"years": era.years,
				"issuance": era.issuance.map(|amount| amount.to_string()),
				"income": pair(era.income),
				"period": pair(era.period),
				"inflation": u64::try_from(era.inflation).unwrap_or(u64::MAX),
			})
		})
		.collect();
	let years: Vec<String> = outlook.years.iter().map(u128::to_string).collect();
	json!({"eras": eras, "issuance": years})
}

/// Whole neurons, rounded down.
pub(crate) fn whole(amount: u128) -> String {
	let digits = (amount / NRN).to_string();
	let mut grouped = String::new();
	for (index, digit) in digits.chars().enumerate() {
		if index > 0 && (digits.len() - index).is_multiple_of(3) {
			grouped.push(',');
		}
		grouped.push(digit);
	}
	grouped
}

/// Neurons with three decimals, rounded down.
fn thousandths(amount: u128) -> String {
	format!("{}.{:03}", whole(amount), amount % NRN / (NRN / 1_000))
}
