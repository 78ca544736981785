//! The returns as a picture: the paper's beside ours, by the price of electricity.

use crate::{
	fit::Fit,
	ours::{default_shares, Market},
	paper::PRICES,
};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 400.0;
const TOP: f64 = 86.0;
const BOTTOM: f64 = 340.0;
/// Left and right side of each panel.
const PANELS: [[f64; 2]; 2] = [[62.0, 420.0], [486.0, 844.0]];
/// Range of returns in percent.
const RANGE: [f64; 2] = [-100.0, 600.0];

/// Light and dark, as the reader's system is.
const STYLE: &str = "\
.card { fill: #ffffff } .grid { stroke: #e3e6ea } .axis { stroke: #8a929c }
.text { fill: #4a525c } .title { fill: #1c2127 } .line { fill: none; stroke-width: 2.2 }
.m0 { stroke: #2563eb } .m1 { stroke: #0f9d77 } .m2 { stroke: #d9780f } .m3 { stroke: #b4459c }
.dot { fill: none; stroke-width: 1.6 }
@media (prefers-color-scheme: dark) {
.card { fill: #16191d } .grid { stroke: #2b3036 } .axis { stroke: #6b747e }
.text { fill: #b4bcc5 } .title { fill: #eef1f4 }
.m0 { stroke: #6ea0ff } .m1 { stroke: #3ecda3 } .m2 { stroke: #f3a44a } .m3 { stroke: #e58fd2 }
}";

fn x([left, right]: [f64; 2], price: f64) -> f64 {
	left + (right - left) * price
}

/// Returns beyond the range are at its edge.
fn y(percent: f64) -> f64 {
	let [low, high] = RANGE;
	BOTTOM - (BOTTOM - TOP) * (percent.clamp(low, high) - low) / (high - low)
}

fn text(class: &str, anchor: &str, (x, y): (f64, f64), said: &str) -> String {
	format!("<text class='{class}' text-anchor='{anchor}' x='{x:.1}' y='{y:.1}'>{said}</text>\n")
}

/// The plot.
pub(crate) fn svg(fits: &[Fit], market: &Market) -> String {
	let mut svg = format!(
		"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' \
		 height='{HEIGHT}' role='img' font-family='system-ui, sans-serif' font-size='12'>\n\
		 <title>Returns of machines that train for three years, by the price of electricity</title>\n\
		 <style>\n{STYLE}\n</style>\n\
		 <rect class='card' width='{WIDTH}' height='{HEIGHT}' rx='8'/>\n"
	);
	let Market { machines, price } = market;
	let titles = [
		"Proof of Useful Work: the paper (dots) and the fit".to_owned(),
		format!("this chain: {machines} machines, {price} USD for an NRN"),
	];
	for (panel, title) in PANELS.into_iter().zip(&titles) {
		svg.push_str(&frame(panel, title));
	}
	for (place, fit) in fits.iter().enumerate() {
		let line = |panel: [f64; 2], percent: &dyn Fn(f64) -> f64| {
			let steps = (2..=50).map(|step| f64::from(step) / 50.0);
			let points: Vec<_> =
				steps.map(|price| format!("{:.1},{:.1}", x(panel, price), y(percent(price)))).collect();
			format!("<polyline class='line m{place}' points='{}'/>\n", points.join(" "))
		};
		svg.push_str(&line(PANELS[0], &|price| fit.percent(price)));
		svg.push_str(&line(PANELS[1], &|price| market.percent(fit, price, default_shares())));
		for (price, percent) in PRICES.iter().zip(fit.machine.returns) {
			let (x, y) = (x(PANELS[0], *price), y(percent));
			svg.push_str(&format!("<circle class='dot m{place}' cx='{x:.1}' cy='{y:.1}' r='3.4'/>\n"));
		}
		let from = PANELS[0][0] + 200.0 * place as f64;
		svg.push_str(&format!("<path class='line m{place}' d='M{from:.1} 26 h14'/>\n"));
		svg.push_str(&text("title", "start", (from + 19.0, 30.0), fit.machine.name));
	}
	svg.push_str("</svg>\n");
	svg
}

/// The scales of a panel and their lines.
fn frame(panel: [f64; 2], title: &str) -> String {
	let [left, right] = panel;
	let mut svg = text("title", "start", (left, TOP - 22.0), title);
	for percent in (-100..=600).step_by(100) {
		let at = y(f64::from(percent));
		let class = if percent == 0 { "axis" } else { "grid" };
		svg.push_str(&format!(
			"<line class='{class}' x1='{left:.1}' x2='{right:.1}' y1='{at:.1}' y2='{at:.1}'/>\n"
		));
		svg.push_str(&text("text", "end", (left - 8.0, at + 4.0), &format!("{percent}%")));
	}
	for step in 0..=4 {
		let price = f64::from(step) / 4.0;
		let at = x(panel, price);
		svg.push_str(&text("text", "middle", (at, BOTTOM + 19.0), &format!("{price:.2}")));
	}
	svg + &text("text", "middle", ((left + right) / 2.0, HEIGHT - 18.0), "USD per kWh")
}
