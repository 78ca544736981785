//! Speeds over other programs as a picture: bars, with the least and the largest of all turns.

use crate::Report;
use descent_bench::{Comparison, Spread};
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 430.0;
const RIGHT: f64 = WIDTH - 56.0;
const TOP: f64 = 54.0;
const HEIGHT: f64 = 22.0;
/// The largest speed that is shown.
const LARGEST: f64 = 3.0;

/// Light and dark, as the reader's system is.
const STYLE: &str = "\
.card { fill: #ffffff } .grid { stroke: #e3e6ea } .one { stroke: #1c2127; stroke-dasharray: 4 3 }
.text { fill: #4a525c } .title { fill: #1c2127 } .spread { stroke: #4a525c; stroke-width: 1.4 }
.kept { fill: #2563eb } .missed { fill: #d9780f } .none { fill: #8a929c }
@media (prefers-color-scheme: dark) {
.card { fill: #16191d } .grid { stroke: #2b3036 } .one { stroke: #eef1f4 } .spread { stroke: #b4bcc5 }
.text { fill: #b4bcc5 } .title { fill: #eef1f4 }
.kept { fill: #6ea0ff } .missed { fill: #f3a44a } .none { fill: #6b747e }
}";

fn x(speed: f64) -> f64 {
	LEFT + (RIGHT - LEFT) * speed.min(LARGEST) / LARGEST
}

/// The plot.
pub(crate) fn svg(report: &Report) -> String {
	let comparisons = report.figures.comparisons();
	let bottom = TOP + HEIGHT * comparisons.len() as f64;
	let total = bottom + 58.0;
	let mut svg = format!(
		"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {total}' width='{WIDTH}' \
		 height='{total}' role='img' font-family='system-ui, sans-serif' font-size='11.5'>\n\
		 <title>Speeds over other programs</title>\n<style>\n{STYLE}\n</style>\n\
		 <rect class='card' width='{WIDTH}' height='{total}' rx='8'/>\n\
		 <text class='title' x='16' y='28' font-weight='600'>Speed over another program, medians of \
		 turns</text>\n"
	);
	for speed in [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0] {
		let (at, class) = (x(speed), if speed == 1.0 { "one" } else { "grid" });
		let _ = writeln!(
			svg,
			"<line class='{class}' x1='{at:.1}' x2='{at:.1}' y1='{:.1}' y2='{bottom:.1}'/><text class='text' \
			 text-anchor='middle' x='{at:.1}' y='{:.1}'>{speed}</text>",
			TOP - 8.0,
			bottom + 18.0
		);
	}
	for (place, comparison) in comparisons.iter().enumerate() {
		svg.push_str(&bar(TOP + HEIGHT * place as f64, comparison));
	}
	let _ = writeln!(
		svg,
		"<text class='text' x='16' y='{:.1}'>{}</text>\n</svg>",
		total - 16.0,
		escaped(&report.machine.to_string())
	);
	svg
}

fn bar(top: f64, comparison: &Comparison) -> String {
	let Comparison { work, other, speed: Spread { median, least, largest }, promised, .. } = comparison;
	let class = match (promised, comparison.is_kept()) {
		(None, _) => "none",
		(Some(_), true) => "kept",
		(Some(_), false) => "missed",
	};
	let (width, middle) = (x(*median) - LEFT, top + 7.0);
	let (from, to) = (x(*least), x(*largest));
	format!(
		"<text class='text' text-anchor='end' x='{:.1}' y='{:.1}'>{}</text>\
		 <rect class='{class}' x='{LEFT}' y='{top:.1}' width='{width:.1}' height='14' rx='2'/>\
		 <line class='spread' x1='{from:.1}' x2='{to:.1}' y1='{middle:.1}' y2='{middle:.1}'/>\
		 <text class='text' x='{:.1}' y='{:.1}'>{median:.2}</text>\n",
		LEFT - 8.0,
		top + 11.0,
		escaped(&format!("{work}; {other}")),
		to.max(x(*median)) + 6.0,
		top + 11.0
	)
}

fn escaped(text: &str) -> String {
	text.replace('&', "&amp;").replace('<', "&lt;")
}
