//! The work as a picture, both scales logarithmic.

use crate::load::{Load, VALIDATORS};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 86.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 360.0;
/// Powers of ten on both scales.
const DECADES: u32 = 5;

/// Light and dark, as the reader's system is.
const STYLE: &str = "\
.card { fill: #ffffff } .grid { stroke: #e3e6ea } .axis { stroke: #8a929c }
.text { fill: #4a525c } .title { fill: #1c2127 } .line { fill: none; stroke-width: 2.5 }
.all { stroke: #8a929c } .drawn { stroke: #2563eb } .reports { stroke: #0f9d77 }
@media (prefers-color-scheme: dark) {
.card { fill: #16191d } .grid { stroke: #2b3036 } .axis { stroke: #6b747e }
.text { fill: #b4bcc5 } .title { fill: #eef1f4 }
.drawn { stroke: #6ea0ff } .reports { stroke: #3ecda3 }
}";

/// The number that a line shows.
type Number = fn(&Load) -> f64;

/// The lines: class, legend, and number.
const LINES: [(&str, &str, Number); 3] = [
	("all", "rounds that each measures, if all sit", |load| f64::from(load.groups)),
	("drawn", "rounds that each measures, with 31 seats", |load| {
		load.memberships as f64 / f64::from(VALIDATORS)
	}),
	("reports", "most reports in a block, of all together", |load| load.most_reports as f64),
];

fn x(groups: f64) -> f64 {
	LEFT + (RIGHT - LEFT) * groups.max(1.0).log10() / f64::from(DECADES)
}

/// Numbers below one are at the edge.
fn y(number: f64) -> f64 {
	BOTTOM - (BOTTOM - TOP) * number.max(1.0).log10() / f64::from(DECADES)
}

fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> String {
	let ((x1, y1), (x2, y2)) = (from, to);
	format!("<line class='{class}' x1='{x1:.1}' y1='{y1:.1}' x2='{x2:.1}' y2='{y2:.1}'/>\n")
}

fn text(class: &str, anchor: &str, at: (f64, f64), said: impl std::fmt::Display) -> String {
	let (x, y) = at;
	format!("<text class='{class}' text-anchor='{anchor}' x='{x:.1}' y='{y:.1}'>{said}</text>\n")
}

/// The plot: rounds that a validator measures, with a draw and without, and the reports in a block.
pub(crate) fn svg(loads: &[Load]) -> String {
	let mut svg = format!(
		"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' \
		 height='{HEIGHT}' role='img' font-family='system-ui, sans-serif' font-size='12'>\n\
		 <title>Work of each of a hundred validators in ten minutes, by groups</title>\n\
		 <style>\n{STYLE}\n</style>\n\
		 <rect class='card' width='{WIDTH}' height='{HEIGHT}' rx='8'/>\n"
	);
	svg.push_str(&frame());
	for (place, (class, legend, number)) in (0u32..).zip(LINES) {
		let point = |load: &Load| format!("{:.1},{:.1}", x(f64::from(load.groups)), y(number(load)));
		let points = loads.iter().map(point).collect::<Vec<_>>().join(" ");
		svg.push_str(&format!("<polyline class='line {class}' points='{points}'/>\n"));
		let (from, height) = (LEFT + 255.0 * f64::from(place), TOP - 26.0);
		svg.push_str(&line(&format!("line {class}"), (from, height), (from + 14.0, height)));
		svg.push_str(&text("title", "start", (from + 19.0, height + 4.0), legend));
	}
	svg.push_str("</svg>\n");
	svg
}

/// The scales and their lines.
fn frame() -> String {
	let mut svg = String::new();
	for power in 0..=DECADES {
		let number = 10u32.pow(power);
		let (across, down) = (x(f64::from(number)), y(f64::from(number)));
		svg.push_str(&line(if power == 0 { "axis" } else { "grid" }, (LEFT, down), (RIGHT, down)));
		svg.push_str(&text("text", "end", (LEFT - 10.0, down + 4.0), number));
		svg.push_str(&line("axis", (across, BOTTOM), (across, BOTTOM + 5.0)));
		svg.push_str(&text("text", "middle", (across, BOTTOM + 19.0), number));
	}
	let below = ((LEFT + RIGHT) / 2.0, HEIGHT - 16.0);
	svg.push_str(&text("text", "middle", below, "groups, each with a round in ten minutes"));
	svg
}
