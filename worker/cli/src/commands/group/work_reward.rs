//! The options of the reward for recorded work.

use crate::parse;
use anyhow::{ensure, Result};
use clap::Args;
use descent_protocol::{
	format_amount, parse_amount,
	trace::{WorkReward, MAX_DRAWN},
	Share,
};

/// The reward of a group that names one of its options.
const DEFAULT: WorkReward = WorkReward {
	share: Share::percent(20),
	deposit: 5_000_000_000_000,
	draws: 2,
	margin: Share::percent(10),
};

/// The options of the reward for recorded work.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub(crate) struct WorkRewardArgs {
	/// Part of the winner's pot that pays for recorded segments of trainers that the round's seed draws,
	/// whether they win or not: up to 50%, or 0% to pay for none. 20% if only another option of work is given
	#[arg(long, value_name = "SHARE", value_parser = parse::share_or_none)]
	work_share: Option<Share>,
	/// Deposit that declares a recorded segment; 5 if only another option of work is given
	#[arg(long, value_name = "NRN", value_parser = parse_amount)]
	work_deposit: Option<u128>,
	/// Draws of a round; 2 if only another option of work is given
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_DRAWN)))]
	work_draws: Option<u8>,
	/// How much worse than the head's the score of a trainer may be whose work is paid for, as a part of it;
	/// 10% if only another option of work is given
	#[arg(long, value_name = "SHARE", value_parser = parse::share)]
	work_margin: Option<Share>,
}

impl WorkRewardArgs {
	/// Returns the reward that a group with the reward `now` is to have. What is not given stays, or is the
	/// default where there is no reward.
	pub(super) fn reward(&self, now: Option<WorkReward>) -> Result<Option<WorkReward>> {
		let Self { work_share, work_deposit, work_draws, work_margin } = self;
		if *self == Self::default() {
			return Ok(now);
		}
		if *work_share == Some(Share(0)) {
			ensure!(
				(work_deposit, work_draws, work_margin) == (&None, &None, &None),
				"work that is not paid for needs no --work-deposit, --work-draws and --work-margin"
			);
			return Ok(None);
		}
		let current = now.unwrap_or(DEFAULT);
		let reward = WorkReward {
			share: work_share.unwrap_or(current.share),
			deposit: work_deposit.unwrap_or(current.deposit),
			draws: work_draws.unwrap_or(current.draws),
			margin: work_margin.unwrap_or(current.margin),
		};
		ensure!(
			reward.is_valid(),
			"work is paid for with up to 50% of the winner's pot (--work-share), and a segment is declared \
			 with 0.05 NRN at least (--work-deposit): not {} and {}",
			reward.share,
			format_amount(reward.deposit)
		);
		Ok(Some(reward))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;

	#[derive(Debug, Parser)]
	struct Line {
		#[command(flatten)]
		work: WorkRewardArgs,
	}

	fn parsed(arguments: &str) -> Result<WorkRewardArgs, clap::Error> {
		let line = format!("create {arguments}");
		Line::try_parse_from(line.split_whitespace()).map(|line| line.work)
	}

	fn reward(arguments: &str, now: Option<WorkReward>) -> Option<WorkReward> {
		parsed(arguments).unwrap().reward(now).unwrap()
	}

	#[test]
	fn one_option_pays_for_work_and_the_others_have_defaults() {
		assert!(DEFAULT.is_valid());
		assert_eq!(reward("", None), None);
		for (arguments, expected) in [
			("--work-share 20%", DEFAULT),
			("--work-share 50%", WorkReward { share: Share::percent(50), ..DEFAULT }),
			("--work-deposit 0.05", WorkReward { deposit: 50_000_000_000, ..DEFAULT }),
			("--work-draws 4", WorkReward { draws: 4, ..DEFAULT }),
			("--work-margin 100%", WorkReward { margin: Share::ALL, ..DEFAULT }),
		] {
			assert_eq!(reward(arguments, None), Some(expected), "{arguments}");
		}
	}

	#[test]
	fn what_is_not_given_stays() {
		let now = WorkReward { share: Share::percent(7), deposit: 1 << 40, draws: 3, margin: Share(1) };
		assert_eq!(reward("", Some(now)), Some(now));
		assert_eq!(reward("--work-draws 1", Some(now)), Some(WorkReward { draws: 1, ..now }));
		assert_eq!(reward("--work-share 0%", Some(now)), None);
	}

	#[test]
	fn rewards_that_no_group_has_are_refused() {
		for arguments in ["--work-draws 0", "--work-draws 5", "--work-margin 101%", "--work-deposit x"] {
			assert!(parsed(arguments).is_err(), "{arguments}");
		}
		for (arguments, part) in [
			("--work-share 51%", "up to 50% of the winner's pot"),
			("--work-deposit 0.04", "0.05 NRN at least"),
			("--work-share 0% --work-draws 2", "needs no --work-deposit"),
		] {
			let error = parsed(arguments).unwrap().reward(None).unwrap_err().to_string();
			assert!(error.contains(part), "{error}");
		}
	}
}
