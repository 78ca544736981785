//! The results as tables, for people and for programs.

use crate::{
	columns::Table,
	fit::{percent, Fit},
	ours::{default_shares, earnings, fees, winners, Market, YEARS},
	paper::{CLOUDS, HARDWARE, PRICE, PRICES},
};
use descent_protocol::{Share, Shares};
use serde_json::{json, Value};

/// Numbers of machines, and eras, of the table of earnings.
const MACHINES: [u32; 4] = [100, 1_000, 10_000, 20_000];
const ERAS: [u32; 3] = [0, 1, 2];
/// Shares of validators and of keepers, in percent.
const VALIDATORS: [u32; 3] = [5, 20, 40];
const KEEPERS: [u32; 3] = [0, 5, 40];

/// All tables, each with its title and the name that the book marks it by.
pub(crate) fn all(fits: &[Fit], market: &Market) -> Vec<(String, &'static str, Table)> {
	let Market { machines, price } = market;
	vec![
		("PoUW, figure 8: costs in USD after one year and after three".into(), "costs", costs(fits)),
		(
			"PoUW, figure 10: return in percent by USD per kWh, the paper / the fit".into(),
			"returns",
			returns(fits),
		),
		("PoUW, figure 11: return in percent by the price of hardware".into(), "hardware", hardware(fits)),
		(
			"this chain: NRN that a machine earns in three years, and the price of one for the paper's return"
				.into(),
			"earnings",
			chain(fits),
		),
		(
			format!(
				"this chain: return in percent by USD per kWh, {machines} machines, {price} USD for an NRN"
			),
			"ours",
			ours(fits, market),
		),
		(
			format!("the same of the {} at {PRICE} USD per kWh, by shares", fits[0].machine.name),
			"shares",
			shares(&fits[0], market),
		),
	]
}

fn row(cells: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
	cells.into_iter().map(Into::into).collect()
}

fn whole(number: f64) -> String {
	let digits = format!("{:.0}", number.abs());
	let mut grouped = if number <= -0.5 { "-".to_owned() } else { String::new() };
	for (index, digit) in digits.chars().enumerate() {
		if index > 0 && (digits.len() - index).is_multiple_of(3) {
			grouped.push(',');
		}
		grouped.push(digit);
	}
	grouped
}

/// Two digits of a small price.
fn price(usd: f64) -> String {
	match usd {
		usd if usd <= 0.0 => "none".into(),
		usd if usd < 0.095 => format!("{usd:.3}"),
		usd => format!("{usd:.2}"),
	}
}

fn costs(fits: &[Fit]) -> Table {
	let mut rows = vec![row(["", "1 year", "3 years", "hardware", "3 years by the fit"])];
	for (name, [first, third]) in CLOUDS {
		rows.push(row([name.to_owned(), whole(first), whole(third), "rented".into(), String::new()]));
	}
	for fit in fits {
		let [first, third] = fit.machine.costs;
		let hardware = fit.machine.hardware();
		let fitted = hardware + fit.energy * PRICE;
		let cells = [first, third, hardware, fitted].map(whole);
		rows.push([vec![fit.machine.name.to_owned()], cells.to_vec()].concat());
	}
	Table(rows)
}

fn returns(fits: &[Fit]) -> Table {
	let prices = PRICES.map(|price| format!("{price:.2}")).to_vec();
	let further = row(["earnings, USD", "energy, kWh", "largest error"]);
	let mut rows = vec![[row(["USD per kWh"]), prices, further].concat()];
	for fit in fits {
		let cell = |(price, paper): (&f64, f64)| format!("{paper:.0} / {:.0}", fit.percent(*price));
		let cells = PRICES.iter().zip(fit.machine.returns).map(cell).collect();
		let constants = row([whole(fit.earnings), whole(fit.energy), format!("{:.1}", fit.error())]);
		rows.push([row([fit.machine.name]), cells, constants].concat());
	}
	Table(rows)
}

fn hardware(fits: &[Fit]) -> Table {
	let mut rows = vec![row(["hardware, USD", "the paper", "the fit"])];
	for (usd, paper) in HARDWARE {
		// The machines of its other figures earn the same, but for the largest.
		let fitted = percent(fits[0].earnings, usd + fits[0].energy * PRICE);
		rows.push(row([whole(usd), format!("{paper:.0}"), format!("{fitted:.0}")]));
	}
	Table(rows)
}

fn chain(fits: &[Fit]) -> Table {
	let headings = [
		"machines",
		"bought in year",
		"winners' part of all",
		"a machine's",
		"less its fees",
		"USD for the paper's return",
		"USD to break even",
	];
	let mut rows = vec![row(headings)];
	let fit = &fits[0];
	for machines in MACHINES {
		for era in ERAS {
			let (all, net) = (winners(era, default_shares()), earnings(machines, era, default_shares()));
			let costs = fit.machine.hardware() + fit.energy * PRICE;
			rows.push(row([
				machines.to_string(),
				(era * 4).to_string(),
				whole(all),
				whole(all / f64::from(machines)),
				whole(net),
				price(fit.earnings / net),
				price(costs / net),
			]));
		}
	}
	Table(rows)
}

fn ours(fits: &[Fit], market: &Market) -> Table {
	let prices = PRICES.map(|price| format!("{price:.2}")).to_vec();
	let mut rows = vec![[row(["USD per kWh"]), prices].concat()];
	for fit in fits {
		let cell = |price: &f64| whole(market.percent(fit, *price, default_shares()));
		rows.push([row([fit.machine.name]), PRICES.iter().map(cell).collect()].concat());
	}
	Table(rows)
}

fn shares(fit: &Fit, market: &Market) -> Table {
	let headings = VALIDATORS.map(|percent| format!("validators {percent}%"));
	let mut rows = vec![[row(["keepers"]), headings.to_vec()].concat()];
	for keepers in KEEPERS {
		let cell = |validators: u32| {
			let shares = Shares { validators: Share::percent(validators), keepers: Share::percent(keepers) };
			whole(market.percent(fit, PRICE, shares))
		};
		rows.push([vec![format!("{keepers}%")], VALIDATORS.map(cell).to_vec()].concat());
	}
	Table(rows)
}

/// Everything.
pub(crate) fn json(fits: &[Fit], market: &Market) -> Value {
	let machines = fits.iter().map(|fit| {
		json!({
			"name": fit.machine.name,
			"hardware_usd": fit.machine.hardware(),
			"operation_usd_a_year": fit.machine.operation(),
			"earnings_usd": fit.earnings,
			"energy_kwh": fit.energy,
			"largest_error_points": fit.error(),
			"returns": PRICES.iter().zip(fit.machine.returns).map(|(price, paper)| json!({
				"usd_per_kwh": price,
				"paper": paper,
				"fit": fit.percent(*price),
				"ours": market.percent(fit, *price, default_shares()),
			})).collect::<Vec<_>>(),
		})
	});
	let earned = MACHINES.iter().flat_map(|machines| ERAS.map(|era| (*machines, era)));
	let earned = earned.map(|(machines, era)| {
		json!({
			"machines": machines,
			"bought_in_year": era * 4,
			"nrn": earnings(machines, era, default_shares()),
		})
	});
	json!({
		"market": { "machines": market.machines, "nrn_usd": market.price },
		"years": YEARS,
		"fees_nrn": fees(),
		"machines": machines.collect::<Vec<_>>(),
		"earnings": earned.collect::<Vec<_>>(),
	})
}
