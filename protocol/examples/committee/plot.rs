//! The work as a picture, both scales logarithmic.

use crate::load::{Load, VALIDATORS};
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 86.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 360.0;
/// Powers of ten on both scales.
const DECADES: u32 = 5;

/// Light and dark, as the reader's system is.
const STYLE: &str = "\
.card { fill: #ffffff } .grid { stroke: #e3e6ea } .axis { stroke: #8a929c } .text { fill: #4a525c } .title { fill: #1c2127 }
.all { stroke: #8a929c } .drawn { stroke: #2563eb } .reports { stroke: #0f9d77 } .line { fill: none; stroke-width: 2.5 }
@media (prefers-color-scheme: dark) {
.card { fill: #16191d } .grid { stroke: #2b3036 } .axis { stroke: #6b747e } .text { fill: #b4bcc5 } .title { fill: #eef1f4 }
.drawn { stroke: #6ea0ff } .reports { stroke: #3ecda3 }
}";

fn x(groups: f64) -> f64 {
	LEFT + (WIDTH - LEFT - RIGHT) * groups.max(1.0).log10() / f64::from(DECADES)
}

/// Numbers below one are at the edge.
fn y(number: f64) -> f64 {
	BOTTOM - (BOTTOM - TOP) * number.max(1.0).log10() / f64::from(DECADES)
}

/// The plot: rounds that a validator measures, with a draw and without, and the reports in a block.
pub(crate) fn svg(loads: &[Load]) -> String {
	let title = "Work of each of a hundred validators in ten minutes, by groups";
	let mut svg = format!(
		r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">"#
	);
	let _ = writeln!(svg, "\n<title>{title}</title>\n<style>\n{STYLE}\n</style>");
	let _ = writeln!(svg, r#"<rect class="card" width="{WIDTH}" height="{HEIGHT}" rx="8"/>"#);
	frame(&mut svg);
	let lines: [(&str, &str, fn(&Load) -> f64); 3] = [
		("all", "rounds that each measures, if all sit", |load| f64::from(load.groups)),
		("drawn", "rounds that each measures, with 31 seats", |load| {
			load.memberships as f64 / f64::from(VALIDATORS)
		}),
		("reports", "most reports in a block, of all together", |load| load.most_reports as f64),
	];
	for (place, (class, name, number)) in (0u32..).zip(lines) {
		let point = |load: &Load| format!("{:.1},{:.1}", x(f64::from(load.groups)), y(number(load)));
		let points = loads.iter().map(point).collect::<Vec<_>>().join(" ");
		let _ = writeln!(svg, r#"<polyline class="line {class}" points="{points}"/>"#);
		let (from, at) = (LEFT + 260.0 * f64::from(place), TOP - 26.0);
		let _ = writeln!(
			svg,
			r#"<line class="line {class}" x1="{from}" x2="{}" y1="{at}" y2="{at}"/><text class="title" x="{}" y="{at}" dy="4" font-size="11">{name}</text>"#,
			from + 14.0,
			from + 19.0,
		);
	}
	svg.push_str("</svg>\n");
	svg
}

/// The scales and their lines.
fn frame(svg: &mut String) {
	for power in 0..=DECADES {
		let number = 10f64.powi(i32::try_from(power).expect("few powers are drawn"));
		let (across, down) = (x(number), y(number));
		let class = if power == 0 { "axis" } else { "grid" };
		let _ = writeln!(
			svg,
			r#"<line class="{class}" x1="{LEFT}" x2="{}" y1="{down}" y2="{down}"/><text class="text" x="{}" y="{down}" dy="4" text-anchor="end">{number}</text>"#,
			WIDTH - RIGHT,
			LEFT - 10.0,
		);
		let _ = writeln!(
			svg,
			r#"<line class="axis" x1="{across:.1}" x2="{across:.1}" y1="{BOTTOM}" y2="{}"/><text class="text" x="{across:.1}" y="{}" text-anchor="middle">{number}</text>"#,
			BOTTOM + 5.0,
			BOTTOM + 19.0,
		);
	}
	let middle = (LEFT + WIDTH - RIGHT) / 2.0;
	let _ = writeln!(
		svg,
		r#"<text class="text" x="{middle}" y="{}" text-anchor="middle">groups, each with a round in ten minutes</text>"#,
		HEIGHT - 16.0
	);
}
