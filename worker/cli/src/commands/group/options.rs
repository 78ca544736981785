//! The options of a new group, and the group that they make.

use super::{
	pretrained,
	recipe::{self, RecipeArgs, Work},
};
use crate::{
	args::{ImportArg, Providers},
	content_ref::Source,
	parse,
	probes::ProbeArg,
};
use anyhow::{bail, ensure, Context, Result};
use clap::{Args, ValueEnum};
use descent_client::{parse_amount, H256};
use descent_dataset::{DeltaLimits, Description, Loss, Summary, MAX_DESCRIPTION_BYTES};
use descent_protocol::{
	bound_addresses, trace::RecipeRule, BlockNumber, Clock, ContentRef, EvaluationPolicy, Metric, NewGroup,
	OptionalRule, OptionalRules, Score, Share, Shares, MAX_NAME_LENGTH, MAX_PROVIDERS,
};

/// The options of a new group.
#[derive(Debug, Args)]
pub(crate) struct GroupOptions {
	/// Name of the group, at most 64 bytes; the model description's unless given
	#[arg(long, value_parser = parse::name)]
	name: Option<String>,
	/// Model description, JSON
	#[arg(long, value_name = "FILE|CID:SIZE", required = true)]
	model: Option<Source>,
	/// Checkpoint of the model to go on from, safetensors in f32: trainings begin with it, and the first
	/// winner has to beat it; without it, they begin with new weights
	#[arg(long, value_name = "FILE|CID:SIZE")]
	pretrained: Option<Source>,
	/// First delta of the data set, Parquet
	#[arg(long, value_name = "FILE|CID:SIZE", required = true)]
	dataset: Option<Source>,
	/// Validation set to measure on, a delta that only adds; without it, a sample of the data set
	#[arg(long, value_name = "FILE|CID:SIZE", conflicts_with = "hidden")]
	validation: Option<Source>,
	/// Series of hidden test sets of yours to measure on; descent test-set open opens one, without --group
	#[arg(long, value_name = "SERIES", group = "hidden", value_parser = parse::hash, requires = "otherwise")]
	hidden_series: Option<H256>,
	/// Public validation set for rounds for which no sound hidden test set is released
	#[arg(long, value_name = "FILE|CID:SIZE", requires = "hidden")]
	otherwise: Option<Source>,
	#[command(flatten)]
	pub(crate) providers: Providers,
	/// Score that trainers compete to lower
	#[arg(long, value_enum, default_value = "loss")]
	metric: MetricArg,
	/// Records that are measured on in a round
	#[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
	records: u32,
	#[arg(long, hide = true, allow_hyphen_values = true, value_parser = parse::no_tolerance)]
	tolerance: Option<parse::NoTolerance>,
	/// Smallest improvement on the best checkpoint so far that is paid
	#[arg(long, value_name = "X", default_value = "0.001", value_parser = parse::score)]
	minimum_improvement: Score,
	#[command(flatten)]
	rounds: Rounds,
	/// Smallest deposit of a commitment
	#[arg(long, value_name = "NRN", default_value = "10", value_parser = parse_amount)]
	deposit: u128,
	/// The creator's stake in the group, which is the weight of its votes; it stays the creator's
	#[arg(long, value_name = "NRN", default_value = "100", value_parser = parse_amount)]
	stake: u128,
	/// Time in which stakeholders vote before the votes are counted
	#[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse::blocks)]
	voting_period: BlockNumber,
	/// Part of all stake that has to approve a change of the data set
	#[arg(long, value_name = "SHARE", default_value = "50%", value_parser = parse::share)]
	quorum: Share,
	/// Part of what rounds earn that goes to the validators that measure: 5% to 40%
	#[arg(long, value_name = "SHARE", default_value = "20%", value_parser = parse::share)]
	validators_share: Share,
	/// Part of what rounds earn that is put aside for keepers of the group's content, at most 40%
	#[arg(long, value_name = "SHARE", default_value = "5%", value_parser = parse::share_or_none)]
	keepers_share: Share,
	/// Seats of the committees that measure the group's rounds and check its deltas: at least 22, or default,
	/// which is 31
	#[arg(long, value_name = "N|default", default_value = "default", value_parser = parse::seats)]
	committee_seats: parse::Seats,
	/// Winners of a round, 1 to 8: the candidates that beat the head divide the reward in the order of their
	/// scores, one half, one quarter and so on, the last two the same
	#[arg(long, value_name = "N", default_value_t = 1, value_parser = parse::winners)]
	winners: u8,
	#[command(flatten)]
	recipe: RecipeArgs,
	#[command(flatten)]
	pub(crate) store: ImportArg,
	#[command(flatten)]
	pub(crate) probe: ProbeArg,
}

/// The lengths of rounds, in blocks.
#[derive(Clone, Copy, Debug, Args)]
struct Rounds {
	/// Blocks in a round, in which commitments are taken
	#[arg(long, value_name = "TIME", default_value = "200", value_parser = parse::blocks)]
	round_length: u32,
	/// Blocks in which trainers reveal
	#[arg(long, value_name = "TIME", default_value = "20", value_parser = parse::blocks)]
	reveal: u32,
	/// Blocks in which the committee measures and attests
	#[arg(long, value_name = "TIME", default_value = "60", value_parser = parse::blocks)]
	attest: u32,
	/// Blocks in which the committee opens its attestations
	#[arg(long, value_name = "TIME", default_value = "10", value_parser = parse::blocks)]
	open: u32,
	/// Block at which the first round begins; the next one unless given
	#[arg(long, value_name = "BLOCK", default_value_t = 0)]
	start: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum MetricArg {
	/// Mean loss over the records
	Loss,
	/// Share of the records whose most probable class is wrong
	Error,
}

impl Rounds {
	fn clock(self) -> Result<Clock> {
		let Self { round_length: length, reveal, attest, open, start } = self;
		let clock = Clock { first: 0, start, length, reveal, attest, open };
		check_clock(&clock)?;
		Ok(clock)
	}
}

/// Refuses lengths that make no rounds.
pub(crate) fn check_clock(clock: &Clock) -> Result<()> {
	match clock.check() {
		Ok(()) => Ok(()),
		Err(error) => {
			bail!("the lengths make no round: {error} (--round-length, --reveal, --attest, --open)")
		}
	}
}

/// Refuses shares that leave validators or winners too little.
pub(crate) fn check_shares(shares: Shares) -> Result<()> {
	ensure!(
		shares.are_valid(),
		"validators get {} to {} of what rounds earn (--validators-share), keepers at most {1} \
		 (--keepers-share); winners the rest",
		Shares::VALIDATORS_FLOOR,
		Shares::LIMIT
	);
	Ok(())
}

impl GroupOptions {
	/// Refuses rules that no group can have.
	pub(crate) fn check(&self) -> Result<()> {
		let clock = self.rounds.clock()?;
		self.shares()?;
		if self.recipe.rule(None)?.is_some() {
			recipe::check_clock(&clock)?;
		}
		Ok(())
	}

	fn shares(&self) -> Result<Shares> {
		let shares = Shares { validators: self.validators_share, keepers: self.keepers_share };
		check_shares(shares)?;
		Ok(shares)
	}

	/// Checks the files and makes references of them. `series` takes the place of the one that is named.
	pub(super) fn prepare(self, series: Option<H256>, target: Option<Score>) -> Result<NewGroup<u128>> {
		let clock = self.rounds.clock()?;
		let (shares, recipe, records) = (self.shares()?, self.recipe.rule(None)?, self.records);
		let model = self.model.context("no --model is given")?;
		let dataset = self.dataset.context("no --dataset is given")?;
		let providers = bound_addresses(self.providers.providers)
			.with_context(|| format!("a group names at most {MAX_PROVIDERS} providers"))?;
		let store = self.store.open()?;
		let store = store.as_ref();
		let json = model.read(store, MAX_DESCRIPTION_BYTES).context("the model description can't be read")?;
		let description = json.map(|json| Description::parse(&json)).transpose();
		let description = description.context("the model description is not valid")?;
		let name = self.name.or_else(|| description.as_ref().map(|description| description.name().into()));
		let name =
			name.context("the model description is not at hand to take its name: give one with --name")?;
		let name = name.into_bytes().try_into();
		let name = name.ok().with_context(|| format!("a name has at most {MAX_NAME_LENGTH} bytes"))?;
		let classifies = |description: &Description| description.loss() == Loss::CrossEntropy;
		ensure!(
			self.metric != MetricArg::Error || description.as_ref().is_none_or(classifies),
			"a model without classes has no error rate: use --metric loss"
		);
		if let Some(description) = &description {
			let (winners, attest) = (self.winners, clock.attest);
			Work { rule: recipe, records, winners, attest }.check(description)?;
		}
		let public = self.validation.as_ref().or(self.otherwise.as_ref());
		for (set, what) in [(Some(&dataset), "data set"), (public, "validation set")] {
			if let (Some(description), Some(file)) = (&description, set.and_then(Source::file)) {
				check_additions(file, description)
					.with_context(|| format!("the {what} {} is not valid", file.display()))?;
			}
		}
		let pretrained = pretrained::resolve(self.pretrained.as_ref(), description.as_ref(), store)?;
		let set = self.validation.or(self.otherwise).map(|set| set.resolve(store)).transpose()?;
		Ok(NewGroup {
			name,
			model: model.resolve(store)?,
			dataset: dataset.resolve(store)?,
			providers,
			metric: match self.metric {
				MetricArg::Loss => Metric::Loss,
				MetricArg::Error => Metric::Error,
			},
			policy: match (set, series.or(self.hidden_series)) {
				(None, _) => EvaluationPolicy::Training { records },
				(Some(set), None) => EvaluationPolicy::Validation { set, records },
				(Some(otherwise), Some(series)) => EvaluationPolicy::Hidden { series, records, otherwise },
			},
			minimum_improvement: self.minimum_improvement.0,
			target,
			clock,
			deposit: self.deposit,
			stake: self.stake,
			voting_period: self.voting_period,
			quorum: self.quorum,
			shares,
			optional_rules: optional_rules(self.committee_seats, self.winners, recipe, pretrained),
		})
	}
}

/// The rules that not all groups have.
fn optional_rules(
	parse::Seats(seats): parse::Seats,
	winners: u8,
	recipe: Option<RecipeRule>,
	pretrained: Option<ContentRef>,
) -> OptionalRules {
	let mut rules = OptionalRules::default();
	if let Some(seats) = seats {
		rules.set(OptionalRule::Committee { seats });
	}
	if winners > 1 {
		rules.set(OptionalRule::RankedWinners { winners });
	}
	if let Some(recipe) = recipe {
		rules.set(OptionalRule::Recipe { recipe });
	}
	if let Some(checkpoint) = pretrained {
		rules.set(OptionalRule::Pretrained { checkpoint });
	}
	rules
}

/// Refuses a file that the group's members would refuse: a first delta may only add, and has to add
/// something.
pub(crate) fn check_additions(file: &std::path::Path, description: &Description) -> Result<Summary> {
	let scratch = tempfile::tempdir().context("making a temporary folder")?;
	let limits = DeltaLimits::default();
	let summary = descent_dataset::check(scratch.path(), None, file, &description.schema(), &limits)?;
	anyhow::ensure!(summary.added > 0, "it has no records");
	Ok(summary)
}

#[cfg(test)]
#[path = "options_tests.rs"]
mod tests;
