//! The live view: some lines at the end of the terminal that are drawn again and again.

use crate::{names::Names, snapshot::Snapshot};
use descent_protocol::{view::RoundView, Phase};
use ratatui::{
	backend::CrosstermBackend,
	layout::{Constraint, Layout},
	style::{Color, Style, Stylize},
	text::{Line, Span},
	widgets::{Block, Gauge, Paragraph, Row, Table, Widget},
	Frame, Terminal, TerminalOptions, Viewport,
};
use std::io::{stdout, Stdout};

/// Number of lines: two rounds of a few trainers, and the lines around them.
const HEIGHT: u16 = 18;

/// A view at the end of the terminal. Lines that are printed scroll by above it.
pub(crate) struct Live {
	terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Live {
	/// Returns a view, or `None` if the terminal cannot have one.
	pub(crate) fn new() -> Option<Self> {
		// The terminal stays in its own mode, so that Ctrl-C is a signal as everywhere.
		let options = TerminalOptions { viewport: Viewport::Inline(HEIGHT) };
		let terminal = Terminal::with_options(CrosstermBackend::new(stdout()), options).ok()?;
		Some(Self { terminal })
	}

	/// Prints a line above the view.
	pub(crate) fn line(&mut self, text: &str) {
		let paragraph = Paragraph::new(text.to_owned());
		// A terminal that cannot be drawn on is no reason to fail.
		drop(self.terminal.insert_before(1, |buffer| paragraph.render(buffer.area, buffer)));
	}

	/// Draws the state of the network.
	pub(crate) fn draw(&mut self, snapshot: &Snapshot, names: &Names) {
		drop(self.terminal.draw(|frame| draw(frame, snapshot, names)));
	}

	/// Clears the view.
	pub(crate) fn clear(&mut self) {
		drop(self.terminal.clear());
		drop(self.terminal.show_cursor());
	}
}

impl Drop for Live {
	fn drop(&mut self) {
		self.clear();
	}
}

fn draw(frame: &mut Frame, snapshot: &Snapshot, names: &Names) {
	let count = snapshot.rounds.len().max(1) as u32;
	let parts = Layout::vertical([
		Constraint::Length(1),
		Constraint::Length(1),
		Constraint::Length(1),
		Constraint::Fill(1),
	]);
	let [state, head, progress, rounds] = parts.areas(frame.area());
	let state_line = Line::from(vec![
		Span::from(format!("block {}  finalized {}", snapshot.block, snapshot.finalized)).bold(),
		Span::from(format!("  group {} \"{}\"", snapshot.group.id, snapshot.group.name)),
	]);
	frame.render_widget(state_line, state);
	frame.render_widget(head_line(snapshot, names), head);
	let share = f64::from(snapshot.settled) / f64::from(snapshot.wanted.max(1));
	let gauge = Gauge::default()
		.gauge_style(Style::new().fg(Color::Cyan))
		.ratio(share.clamp(0.0, 1.0))
		.label(format!("{} of {} rounds settled", snapshot.settled, snapshot.wanted));
	frame.render_widget(gauge, progress);
	let areas = Layout::vertical((0..count).map(|_| Constraint::Ratio(1, count))).split(rounds);
	for (round, area) in snapshot.rounds.iter().zip(areas.iter()) {
		frame.render_widget(table(round, snapshot.block, names), *area);
	}
}

fn head_line(snapshot: &Snapshot, names: &Names) -> Line<'static> {
	match &snapshot.group.head {
		None => Line::from("no head yet").dim(),
		Some(head) => Line::from(vec![
			Span::from(format!("head loss {}", head.score)).fg(Color::Green).bold(),
			Span::from(format!("  by {} in round {}", names.of(&head.account), head.round)),
		]),
	}
}

/// Returns the table of a round's candidates, with claims and measured scores.
fn table(round: &RoundView, block: u32, names: &Names) -> Table<'static> {
	let rows = round.candidates.iter().map(|candidate| {
		let claim =
			candidate.reveal.as_ref().map(|reveal| reveal.claim.to_string()).unwrap_or("hidden".into());
		let measured = candidate.measured.map(|score| score.to_string()).unwrap_or_default();
		let outcome = candidate.outcome.map(|outcome| outcome.to_string()).unwrap_or_default();
		let row = Row::new([names.of(&candidate.account), claim, measured, outcome]);
		if round.winner.as_ref() == Some(&candidate.account) {
			row.style(Style::new().fg(Color::Green))
		} else {
			row
		}
	});
	let widths =
		[Constraint::Min(20), Constraint::Length(12), Constraint::Length(12), Constraint::Length(12)];
	let columns = Row::new(["candidate", "claim", "measured", "outcome"]).style(Style::new().dim());
	Table::new(rows, widths).header(columns).block(Block::bordered().title(title(round, block)))
}

fn title(round: &RoundView, block: u32) -> String {
	let windows = &round.windows;
	let until = match round.phase {
		Phase::Waiting => windows.commit.start,
		Phase::Commit => windows.commit.end,
		Phase::Seed => windows.reveal.start,
		Phase::Reveal => windows.reveal.end,
		Phase::Attest => windows.attest.end,
		Phase::Open => windows.open.end,
		Phase::Settle => block,
	};
	let attested = round.committee.iter().filter(|member| member.attested).count();
	let opened = round.committee.iter().filter(|member| member.opened).count();
	let votes = match round.committee.len() {
		0 => String::new(),
		members => format!(", {attested} of {members} attested, {opened} opened"),
	};
	match (round.settled, until.saturating_sub(block)) {
		(true, _) => format!(" round {}: settled{votes} ", round.round),
		(false, 0) => format!(" round {}: {}{votes} ", round.round, round.phase),
		(false, left) => format!(" round {}: {}, {left} blocks left{votes} ", round.round, round.phase),
	}
}
