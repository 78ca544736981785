//! The rule for recorded trainings: its options, and the checks that a group can keep it.

use super::work_reward::WorkRewardArgs;
use crate::{format, parse};
use anyhow::{bail, ensure, Result};
use clap::{Args, ValueEnum};
use descent_dataset::Description;
use descent_protocol::{trace::RecipeRule, BlockNumber, Clock, HOURS, MILLISECONDS_PER_BLOCK};

/// The rule of a group that names one of its options.
const DEFAULT: RecipeRule = RecipeRule {
	steps: 200,
	batch: 64,
	smallest_rate: 10_000,
	largest_rate: 100_000_000,
	exact: false,
	work_reward: None,
};
/// Blocks whose hashes the chain keeps. Evaluators are told that of a round's first block while they measure.
const KEPT_HASHES: BlockNumber = 2 * HOURS;
/// Operations in f64 a second of the slowest machine that a committee is to have.
const OPERATIONS_PER_SECOND: u64 = 10_000_000_000;
/// Passes of a training step: forward, and backward for weights and for outputs.
const PASSES_OF_A_STEP: u64 = 3;

/// The options of the rule for recorded trainings.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub(crate) struct RecipeArgs {
	/// Checkpoints come with a recorded training: steps of each of its segments, one of which the committee
	/// replays; 20 to 1,000, or none for checkpoints alone. 200 if only another option of recipes is given
	#[arg(long, value_name = "N|none", value_parser = parse::steps)]
	recipe_steps: Option<parse::Steps>,
	/// Records of each step of a recorded training; 64 if only another option of recipes is given
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
	recipe_batch: Option<u32>,
	/// Smallest and largest learning rate of a recorded training; 0.00001..0.1 if only another option of
	/// recipes is given
	#[arg(long, value_name = "MIN..MAX", value_parser = parse::rates)]
	recipe_rates: Option<parse::Rates>,
	/// Precision of recorded trainings; any if only another option of recipes is given
	#[arg(long, value_enum, value_name = "any|f64", hide_possible_values = true)]
	recipe_precision: Option<PrecisionArg>,
	#[command(flatten)]
	work: WorkRewardArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PrecisionArg {
	/// f64, f32 or bf16
	Any,
	/// f64 alone, whose replay is exact
	F64,
}

impl RecipeArgs {
	/// Returns true if an option is given.
	pub(crate) fn is_given(&self) -> bool {
		*self != Self::default()
	}

	/// Returns the rule that a group with the rule `now` is to have. What is not given stays, or is the
	/// default where there is no rule.
	pub(crate) fn rule(&self, now: Option<RecipeRule>) -> Result<Option<RecipeRule>> {
		let Self { recipe_steps, recipe_batch, recipe_rates, recipe_precision, work } = self;
		if !self.is_given() {
			return Ok(now);
		}
		let current = now.unwrap_or(DEFAULT);
		let steps = match recipe_steps {
			Some(parse::Steps(None)) => {
				ensure!(
					*self == Self { recipe_steps: *recipe_steps, ..Self::default() },
					"trainings that are not recorded have no recipe, and no work is paid for: leave out \
					 --recipe-batch, --recipe-rates, --recipe-precision and the options of work, or name a \
					 number of --recipe-steps"
				);
				return Ok(None);
			}
			Some(parse::Steps(Some(steps))) => *steps,
			None => current.steps,
		};
		let rule = RecipeRule {
			steps,
			batch: recipe_batch.unwrap_or(current.batch),
			smallest_rate: recipe_rates.map_or(current.smallest_rate, |rates| rates.smallest),
			largest_rate: recipe_rates.map_or(current.largest_rate, |rates| rates.largest),
			exact: recipe_precision.map_or(current.exact, |precision| precision == PrecisionArg::F64),
			work_reward: work.reward(current.work_reward)?,
		};
		ensure!(
			rule.is_valid(),
			"a segment has 20 to 1,000 steps (--recipe-steps), not {steps}: shorter ones forget the \
			 optimizer's history too often, and longer ones take a committee too much time"
		);
		Ok(Some(rule))
	}
}

/// Refuses rounds that last so long that the hash of their first block, by which records are ordered, is
/// forgotten before they are measured.
pub(crate) fn check_clock(clock: &Clock) -> Result<()> {
	let Some(blocks) = clock.duration().filter(|blocks| *blocks >= KEPT_HASHES) else { return Ok(()) };
	anyhow::bail!(
		"a round with recorded trainings is over in less than {}, as the order of their records contains the \
		 hash of its first block; this one takes {}: shorten --round-length, --reveal, --attest or --open",
		format::span(KEPT_HASHES),
		format::span(blocks)
	)
}

/// The work that a committee has with a round, and its time for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
	/// The rule for recorded trainings, if the group asks for them.
	pub rule: Option<RecipeRule>,
	/// Number of records that a checkpoint is measured on.
	pub records: u32,
	/// The most winners of a round.
	pub winners: u8,
	/// Length of the attest window, half of which is for fetching.
	pub attest: BlockNumber,
}

impl Work {
	/// Refuses a model that is so large that a committee of slow machines has not the time to measure and to
	/// replay it; and where trainings are recorded, one that draws at random in training, so that no replay
	/// does what the training did.
	pub(crate) fn check(self, description: &Description) -> Result<()> {
		if let (Some(_), Some((place, layer))) = (self.rule, description.random_layer()) {
			bail!(
				"trainings of this model can't be replayed: layer {place} ({}) has dropout, which draws at \
				 random; set it to 0 in the model description, or leave out the options of recipes",
				layer.kind()
			);
		}
		let Self { rule, records, winners, attest } = self;
		let (needed, seconds) = (self.seconds(description.plan().flops_per_record), self.window());
		let (replays, evaluations) = self.counts();
		let (replays, remedy) = match rule {
			None => (String::new(), ""),
			Some(rule) => (
				format!("{replays} replays of {} steps of {} records and ", rule.steps, rule.batch),
				"fewer --recipe-steps, a smaller --recipe-batch, ",
			),
		};
		ensure!(
			needed <= seconds,
			"a committee would not be in time: {replays}{evaluations} evaluations of {records} records take \
			 {needed} s at ten billion operations in f64 a second, and half of the attest window of {attest} \
			 blocks has {seconds} s. Choose {remedy}fewer --records, {}or a longer --attest",
			if winners > 1 { "fewer --winners, " } else { "" }
		);
		Ok(())
	}

	/// Number of segments that are replayed and of checkpoints that are measured where one candidate lies:
	/// the winners, those whose work is paid for, the liar, the head, and one that did not match its claim.
	/// Without recordings the liar is the one that did not match.
	fn counts(self) -> (u64, u64) {
		let Some(rule) = self.rule else {
			return (0, u64::from(self.winners).saturating_add(2));
		};
		let draws = rule.work_reward.map_or(0, |reward| reward.draws);
		let paid = u64::from(self.winners).saturating_add(draws.into());
		(paid.saturating_add(1), paid.saturating_add(3))
	}

	/// Returns the time of the work in seconds, rounded up. `operations` are those of one record.
	fn seconds(self, operations: u64) -> u64 {
		let (replays, evaluations) = self.counts();
		let replay = self.rule.map_or(0, |rule| {
			u64::from(rule.steps).saturating_mul(rule.batch.into()).saturating_mul(PASSES_OF_A_STEP)
		});
		let replayed = replays.saturating_mul(replay);
		let measured = evaluations.saturating_mul(self.records.into());
		operations.saturating_mul(replayed.saturating_add(measured)).div_ceil(OPERATIONS_PER_SECOND)
	}

	/// Returns half of the attest window, in seconds.
	fn window(self) -> u64 {
		u64::from(self.attest).saturating_mul(MILLISECONDS_PER_BLOCK) / 2_000
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use descent_protocol::{trace::WorkReward, Share};

	#[derive(Debug, Parser)]
	struct Line {
		#[command(flatten)]
		recipe: RecipeArgs,
	}

	fn parsed(arguments: &str) -> Result<RecipeArgs, clap::Error> {
		let line = format!("create {arguments}");
		Line::try_parse_from(line.split_whitespace()).map(|line| line.recipe)
	}

	fn rule(arguments: &str, now: Option<RecipeRule>) -> Option<RecipeRule> {
		parsed(arguments).unwrap().rule(now).unwrap()
	}

	#[test]
	fn one_option_asks_for_recordings_and_the_others_have_defaults() {
		assert!(DEFAULT.is_valid());
		assert_eq!(rule("", None), None);
		for (arguments, expected) in [
			("--recipe-steps 200", DEFAULT),
			("--recipe-steps 1000", RecipeRule { steps: 1_000, ..DEFAULT }),
			("--recipe-batch 8", RecipeRule { batch: 8, ..DEFAULT }),
			(
				"--recipe-rates 0.001..0.01",
				RecipeRule { smallest_rate: 1_000_000, largest_rate: 10_000_000, ..DEFAULT },
			),
			("--recipe-precision f64", RecipeRule { exact: true, ..DEFAULT }),
			("--recipe-precision any", DEFAULT),
		] {
			assert_eq!(rule(arguments, None), Some(expected), "{arguments}");
		}
	}

	#[test]
	fn who_pays_for_work_asks_for_recordings() {
		let paid = rule("--work-draws 3", None).unwrap();
		assert_eq!(RecipeRule { work_reward: None, ..paid }, DEFAULT);
		assert_eq!(paid.work_reward.map(|reward| reward.draws), Some(3));
		assert_eq!(rule("--work-share 0%", Some(paid)), Some(DEFAULT));
		assert_eq!(rule("--recipe-steps 200", Some(paid)), Some(paid));
		assert!(parsed("--recipe-steps none --work-draws 3").unwrap().rule(None).is_err());
	}

	#[test]
	fn what_is_not_given_stays() {
		let now = RecipeRule {
			steps: 50,
			batch: 7,
			smallest_rate: 3,
			largest_rate: 4,
			exact: true,
			work_reward: None,
		};
		assert_eq!(rule("", Some(now)), Some(now));
		assert_eq!(rule("--recipe-steps none", Some(now)), None);
		assert_eq!(rule("--recipe-steps 60", Some(now)), Some(RecipeRule { steps: 60, ..now }));
		let any = RecipeRule { exact: false, ..now };
		assert_eq!(rule("--recipe-precision any", Some(now)), Some(any));
	}

	#[test]
	fn rules_that_no_group_has_are_refused() {
		for steps in ["0", "19", "1001", "65535"] {
			let recipe = parsed(&format!("--recipe-steps {steps}")).unwrap();
			let error = recipe.rule(None).unwrap_err().to_string();
			assert!(error.contains("20 to 1,000 steps"), "{error}");
		}
		for batch in ["1", "65536"] {
			assert!(rule(&format!("--recipe-batch {batch}"), None).is_some_and(|rule| rule.is_valid()));
		}
		for arguments in
			["--recipe-batch 0", "--recipe-batch 65537", "--recipe-precision f16", "--recipe-rates 1"]
		{
			assert!(parsed(arguments).is_err(), "{arguments}");
		}
		let error = parsed("--recipe-steps none --recipe-batch 64").unwrap().rule(None).unwrap_err();
		assert!(error.to_string().contains("leave out --recipe-batch"), "{error}");
	}

	#[test]
	fn rounds_end_while_the_hash_of_their_first_block_is_known() {
		let clock = |length| Clock { first: 0, start: 0, length, reveal: 20, attest: 60, open: 10 };
		assert!(check_clock(&clock(2_308)).is_ok());
		let error = check_clock(&clock(2_309)).unwrap_err().to_string();
		assert!(error.contains("2400 blocks (2h)") && error.contains("--round-length"), "{error}");
	}

	const WORK: Work = Work { rule: Some(DEFAULT), records: 1_024, winners: 1, attest: 60 };

	fn model(layers: &str) -> Description {
		let json = format!(
			r#"{{"descent":1,"name":"m","inputs":[{{"column":"x","dtype":"f32","shape":[4,8]}}],
			"target":{{"column":"y","dtype":"f32","shape":[4,8]}},"layers":[{layers}],"loss":"mse"}}"#
		);
		Description::parse(json.as_bytes()).unwrap()
	}

	#[test]
	fn a_model_that_draws_at_random_is_refused() {
		let block = |dropout| format!(r#"{{"type":"transformer_block","heads":2,"dropout":{dropout}}}"#);
		for (layers, refused) in [
			(r#"{"type":"linear","out":8}"#.into(), None),
			(r#"{"type":"relu"},{"type":"dropout","p":0}"#.into(), None),
			(r#"{"type":"relu"},{"type":"dropout","p":0.1}"#.into(), Some("layer 1 (dropout)")),
			(block(0.0), None),
			(block(0.1), Some("layer 0 (transformer_block)")),
		] {
			let checked = WORK.check(&model(&layers));
			let error = checked.err().map(|error| error.to_string());
			assert_eq!(error.is_some(), refused.is_some(), "{layers}: {error:?}");
			assert!(error.is_none_or(|error| error.contains(refused.unwrap_or_default())), "{layers}");
		}
	}

	#[test]
	fn a_model_that_a_committee_cannot_replay_in_time_is_refused() {
		// 2 replays of 200 steps of 64 records, three passes each, and 4 evaluations of 1,024 records.
		let records = 2 * 200 * 64 * 3 + 4 * 1_024;
		assert_eq!(WORK.seconds(10_000_000_000), records);
		assert_eq!((WORK.seconds(1), WORK.window()), (1, 90));
		assert_eq!(WORK.seconds(u64::MAX), u64::MAX.div_ceil(10_000_000_000));
		let reward = WorkReward { share: Share(1), deposit: 1, draws: 2, margin: Share(0) };
		let paid = Work { rule: Some(RecipeRule { work_reward: Some(reward), ..DEFAULT }), ..WORK };
		assert_eq!(paid.seconds(10_000_000_000), 4 * 200 * 64 * 3 + 6 * 1_024);
		let three = Work { winners: 3, ..WORK };
		assert_eq!(three.seconds(10_000_000_000), 4 * 200 * 64 * 3 + 6 * 1_024);
		let wide = model(r#"{"type":"linear","out":1048576},{"type":"linear","out":8}"#);
		let error = WORK.check(&wide).unwrap_err().to_string();
		for part in ["2 replays of 200 steps", "4 evaluations of 1024", "has 90 s", "a longer --attest"] {
			assert!(error.contains(part), "{part} in {error}");
		}
		assert!(!error.contains("--winners"), "{error}");
		assert!(three.check(&wide).unwrap_err().to_string().contains("fewer --winners"));
		assert!(Work { attest: 800, ..WORK }.check(&wide).is_ok());
	}

	#[test]
	fn a_model_that_a_committee_cannot_measure_in_time_is_refused() {
		let plain = Work { rule: None, ..WORK };
		assert_eq!(plain.seconds(10_000_000_000), 3 * 1_024);
		let random = model(r#"{"type":"dropout","p":0.1}"#);
		assert!(plain.check(&random).is_ok(), "nobody replays it");
		let wide = model(r#"{"type":"linear","out":4194304},{"type":"linear","out":8}"#);
		let error = plain.check(&wide).unwrap_err().to_string();
		assert!(
			error.contains("in time: 3 evaluations of 1024 records take") && !error.contains("recipe"),
			"{error}"
		);
		assert!(Work { records: 16, ..plain }.check(&wide).is_ok());
	}
}
