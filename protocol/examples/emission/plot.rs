//! The simulation as a picture: three panels with the same years from left to right.

use crate::{
	simulation::{Era, Outlook, NRN},
	table::whole,
};
use std::fmt::Write;

const WIDTH: u128 = 860;
const LEFT: u128 = 96;
const RIGHT: u128 = 24;
const INNER: u128 = WIDTH - LEFT - RIGHT;

/// Light and dark, as the reader's system is.
const STYLE: &str = "\
.card { fill: #ffffff } .grid { stroke: #e3e6ea } .axis { stroke: #8a929c } .text { fill: #4a525c } .title { fill: #1c2127 }
.issued { stroke: #2563eb } .area { fill: #2563eb } .trainers { fill: #0f9d77 } .proposers { fill: #d9780f }
@media (prefers-color-scheme: dark) {
.card { fill: #16191d } .grid { stroke: #2b3036 } .axis { stroke: #6b747e } .text { fill: #b4bcc5 } .title { fill: #eef1f4 }
.issued { stroke: #6ea0ff } .area { fill: #6ea0ff } .trainers { fill: #3ecda3 } .proposers { fill: #f3a44a }
}";

/// One of the panels: where it is, and what its upper edge stands for.
struct Panel {
	top: u128,
	height: u128,
	ceiling: u128,
}

impl Panel {
	/// Round enough for a scale of five steps, and not below what is to be seen.
	fn new(top: u128, height: u128, largest: u128) -> Self {
		let mut unit = NRN;
		while unit.saturating_mul(50) < largest {
			unit = unit.saturating_mul(10);
		}
		let ceiling = [5, 10, 15, 20, 25, 30, 40, 50]
			.map(|units| unit.saturating_mul(units))
			.into_iter()
			.find(|ceiling| *ceiling >= largest)
			.unwrap_or(largest);
		Self { top, height, ceiling }
	}

	fn bottom(&self) -> u128 {
		self.top + self.height
	}

	/// Tenths of a pixel from above.
	fn y(&self, amount: u128) -> u128 {
		let rise = amount / 1_000 * (self.height * 10) / (self.ceiling / 1_000).max(1);
		(self.bottom() * 10).saturating_sub(rise)
	}

	/// Title, scale, and the lines of both.
	fn frame(&self, svg: &mut String, class: &str, title: &str, years: u128) {
		let (top, bottom) = (self.top, self.bottom());
		push(
			svg,
			&format!(
				r#"<rect class="{class}" x="{LEFT}" y="{}" width="12" height="12" rx="2"/><text class="title" x="{}" y="{}" font-weight="600">{title}</text>"#,
				top - 31,
				LEFT + 19,
				top - 21
			),
		);
		for step in 0..=5 {
			let amount = self.ceiling / 5 * step;
			let y = tenths(self.y(amount));
			push(
				svg,
				&format!(
					r#"<line class="{}" x1="{LEFT}" x2="{}" y1="{y}" y2="{y}"/><text class="text" x="{}" y="{y}" dy="4" text-anchor="end">{}</text>"#,
					if step == 0 { "axis" } else { "grid" },
					WIDTH - RIGHT,
					LEFT - 10,
					short(amount)
				),
			);
		}
		let step = (years / 50).max(1) * 4;
		for year in (0..=years).step_by(usize::try_from(step).unwrap_or(4)) {
			let x = tenths(x(year, years));
			push(
				svg,
				&format!(
					r#"<line class="axis" x1="{x}" x2="{x}" y1="{bottom}" y2="{}"/><text class="text" x="{x}" y="{}" text-anchor="middle">{year}</text>"#,
					bottom + 5,
					bottom + 19
				),
			);
		}
	}
}

/// The plot: what is issued at the end of each year, and what trainers and proposers earn in each era.
pub(crate) fn svg(outlook: &Outlook) -> String {
	let years = u128::try_from(outlook.years.len().saturating_sub(1)).unwrap_or(1).max(1);
	let issued = outlook.years.last().copied().unwrap_or_default();
	let sold = outlook.years.first().copied().unwrap_or_default();
	let most = |stream: usize| outlook.eras.iter().map(|era| era.income[stream]).max().unwrap_or_default();
	let curve = Panel::new(56, 220, issued);
	let trainers = Panel::new(360, 150, most(0));
	let proposers = Panel::new(594, 150, most(1));
	let height = proposers.bottom() + 62;

	let mut svg = format!(
		r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" font-family="system-ui, sans-serif" font-size="12">"#
	);
	svg.push('\n');
	push(
		&mut svg,
		&format!("<title>What is issued over {years} years, and what trainers and proposers earn</title>"),
	);
	push(&mut svg, &format!("<style>\n{STYLE}\n</style>"));
	push(&mut svg, &format!(r#"<rect class="card" width="{WIDTH}" height="{height}" rx="8"/>"#));

	let title = format!("Issued, in NRN: {} are sold", whole(sold));
	curve.frame(&mut svg, "area", &title, years);
	let points: Vec<String> = (0u128..)
		.zip(&outlook.years)
		.map(|(year, amount)| format!("{},{}", tenths(x(year, years)), tenths(curve.y(*amount))))
		.collect();
	let points = points.join(" ");
	let (first, last, bottom) = (tenths(x(0, years)), tenths(x(years, years)), curve.bottom());
	push(
		&mut svg,
		&format!(
			r#"<polygon class="area" fill-opacity="0.12" points="{first},{bottom} {points} {last},{bottom}"/>"#
		),
	);
	push(
		&mut svg,
		&format!(
			r#"<polyline class="issued" fill="none" stroke-width="2.5" stroke-linejoin="round" points="{points}"/>"#
		),
	);

	trainers.frame(&mut svg, "trainers", "Trainers' stream, in NRN per era", years);
	bars(&mut svg, &trainers, "trainers", &outlook.eras, years, |era| era.income[0]);
	proposers.frame(&mut svg, "proposers", "Proposers' stream, in NRN per era", years);
	bars(&mut svg, &proposers, "proposers", &outlook.eras, years, |era| era.income[1]);
	push(
		&mut svg,
		&format!(
			r#"<text class="text" x="{}" y="{}" text-anchor="middle">years since genesis; emission halves every four</text>"#,
			LEFT + INNER / 2,
			height - 20
		),
	);
	svg.push_str("</svg>\n");
	svg
}

fn bars(
	svg: &mut String,
	panel: &Panel,
	class: &str,
	eras: &[Era],
	years: u128,
	income: impl Fn(&Era) -> u128,
) {
	for era in eras {
		let amount = income(era);
		let [begin, end] = era.years.map(|year| x(u128::from(year), years));
		let (top, bottom) = (panel.y(amount), panel.bottom() * 10);
		push(
			svg,
			&format!(
				r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}"><title>era {}: {} NRN</title></rect>"#,
				tenths(begin + 20),
				tenths(top),
				tenths((end - begin).saturating_sub(40)),
				tenths(bottom - top),
				era.number,
				whole(amount)
			),
		);
	}
}

/// Tenths of a pixel from the left.
fn x(year: u128, years: u128) -> u128 {
	LEFT * 10 + INNER * 10 * year / years
}

fn tenths(length: u128) -> String {
	format!("{}.{}", length / 10, length % 10)
}

/// An amount as a scale says it.
fn short(amount: u128) -> String {
	let neurons = amount / NRN;
	let (unit, name) = match neurons {
		0..1_000_000 => return whole(amount),
		1_000_000..10_000_000_000 => (1_000_000, "million"),
		_ => (1_000_000_000, "billion"),
	};
	let decimals = neurons % unit * 10 / unit;
	match decimals {
		0 => format!("{} {name}", whole(neurons / unit * NRN)),
		_ => format!("{}.{decimals} {name}", whole(neurons / unit * NRN)),
	}
}

fn push(svg: &mut String, line: &str) {
	let _ = writeln!(svg, "{line}");
}
