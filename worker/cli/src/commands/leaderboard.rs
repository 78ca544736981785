//! The command `descent leaderboard`.

use crate::{args::Global, output::Output, positional::GroupArg, table::table};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::view::StandingView;

const EXAMPLES: &str = "Example:
  descent leaderboard 0";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Leaderboard {
	#[command(flatten)]
	group: GroupArg,
}

impl Leaderboard {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let standings = global.connect().await?.leaderboard(self.group.id(global).await?).await?;
		output.print(&standings, |output| show(output, &standings))
	}
}

fn show(output: &Output, standings: &[StandingView]) -> String {
	if standings.is_empty() {
		return "Nobody has finished a round yet.".into();
	}
	let rows: Vec<_> = standings
		.iter()
		.enumerate()
		.map(|(place, standing)| row(place.saturating_add(1), standing))
		.collect();
	table(output, ["#", "account", "rounds", "wins", "best", "earned", "lost"], &rows)
}

fn row(place: usize, standing: &StandingView) -> [String; 7] {
	[
		place.to_string(),
		standing.account.to_string(),
		standing.rounds.to_string(),
		standing.wins.to_string(),
		standing.best.map_or("-".into(), |best| best.to_string()),
		format_amount(standing.earned),
		format_amount(standing.slashed),
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::AccountId;
	use descent_protocol::Score;

	#[test]
	fn shows_what_was_earned_and_lost() {
		let standing = StandingView {
			account: AccountId::new([0; 32]),
			rounds: 3,
			wins: 1,
			best: Some(Score(71_234)),
			earned: 2_500_000_000_000,
			slashed: 0,
		};
		let text = show(&Output::new(true), &[standing]);
		let row: Vec<_> =
			text.lines().nth(1).unwrap().split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
		assert_eq!(row[2..], ["3", "1", "0.071234", "2.5 NRN", "0 NRN"]);
		assert!(show(&Output::new(true), &[]).starts_with("Nobody"));
	}
}
