//! Prints the events of a block: a line for each of them.

use crate::{
	format,
	output::{Output, Style},
};
use anyhow::Result;
use descent_protocol::{
	view::{BlockEvents, ChainEvent, EventFormat, Tone},
	BlockNumber,
};

impl EventFormat for Output {
	fn result(&self, tone: Tone, text: String) -> String {
		let style = match tone {
			Tone::Good => Style::Good,
			Tone::Bad => Style::Bad,
			Tone::Neutral => Style::Bold,
		};
		self.paint(style, &text)
	}
}

/// Prints the events of a block, if there are any. Their subjects take up `width` columns.
pub(super) fn print(output: &Output, block: &BlockEvents, width: usize) -> Result<()> {
	if block.events.is_empty() {
		return Ok(());
	}
	output.print(block, |output| {
		let lines = block.events.iter().map(|event| line(output, block.block, event, width));
		lines.collect::<Vec<_>>().join("\n")
	})
}

/// Returns the line of an event that happened at a block.
pub(super) fn line(output: &Output, block: BlockNumber, event: &ChainEvent, width: usize) -> String {
	let head = output.paint(Style::Dim, &format!("{block:>7}  {:<width$}", event.subject()));
	let text = event.describe(output);
	match event {
		ChainEvent::PeriodClosed { next, .. } => {
			format!("{head}  {text}, in {}", format::span(next.saturating_sub(block)))
		}
		_ => format!("{head}  {text}"),
	}
}
