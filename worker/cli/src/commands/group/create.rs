//! The command `descent group create`.

use super::costs::{Costs, CostsView};
use crate::{
	args::{Global, ImportArg, Providers, Signing},
	commands::submit::{send, Done},
	content_ref::{Reference, Source},
	output::Output,
	parse,
	probes::ProbeArg,
	table::fields,
};
use anyhow::{bail, ensure, Context, Result};
use clap::{Args, ValueEnum};
use descent_client::{parse_amount, Call, H256};
use descent_dataset::{DeltaLimits, Description, Loss, Summary, MAX_DESCRIPTION_BYTES};
use descent_protocol::{
	addresses, bound_addresses, BlockNumber, Clock, ContentRef, EvaluationPolicy, GroupId, Metric, NewGroup,
	OptionalRule, OptionalRules, Score, Share, Shares, MAX_NAME_LENGTH, MAX_PROVIDERS,
};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent group create --model mnist.json --dataset train.parquet --provider http://203.0.113.7:8080 --dry-run
  descent content serve --store ~/.descent/content --listen 0.0.0.0:8080 &
  descent group create --name mnist --model mnist.json --dataset train.parquet --validation \
    validation.parquet \\
    --provider http://203.0.113.7:8080 --records 2048 --deposit 10 --store ~/.descent/content --key-file \
    ~/.descent/key

The defaults make a round of ten minutes, as blocks come every 3 seconds. Times are written in blocks or \
as 30s, 10m, 12h or 7d. Files are only read, unless --store names a store to import them into. What \
somebody else serves is named by its reference, CID:SIZE. Each provider is asked for a block of each file \
before anything is sent. `descent model new` makes a model description, `descent dataset build` a data \
set. The costs are printed before the command signs: the deposit, the stake and the fee. With --dry-run it \
ends there.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Create {
	/// Name of the group, at most 64 bytes; the model description's unless given
	#[arg(long, value_parser = parse::name)]
	name: Option<String>,
	/// Model description, JSON
	#[arg(long, value_name = "FILE|CID:SIZE")]
	model: Source,
	/// First delta of the data set, Parquet
	#[arg(long, value_name = "FILE|CID:SIZE")]
	dataset: Source,
	/// Validation set to measure on, a delta that only adds; without it, a sample of the data set
	#[arg(long, value_name = "FILE|CID:SIZE", conflicts_with = "hidden_series")]
	validation: Option<Source>,
	/// Series of hidden test sets of yours to measure on; descent test-set open opens one, without --group
	#[arg(long, value_name = "SERIES", value_parser = parse::hash, requires = "otherwise")]
	hidden_series: Option<H256>,
	/// Public validation set for rounds for which no sound hidden test set is released
	#[arg(long, value_name = "FILE|CID:SIZE", requires = "hidden_series")]
	otherwise: Option<Source>,
	#[command(flatten)]
	providers: Providers,
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
	/// Score at which the group has what it wants: no round is played while the head is as good
	#[arg(long, value_name = "X|none", default_value = "none", value_parser = parse::target)]
	target: parse::Target,
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
	#[arg(long, value_name = "SHARE", default_value = "0%", value_parser = parse::share_or_none)]
	keepers_share: Share,
	/// Seats of the committees that measure the group's rounds and check its deltas: at least 22, or default,
	/// which is 31
	#[arg(long, value_name = "N|default", default_value = "default", value_parser = parse::seats)]
	committee_seats: parse::Seats,
	/// Winners of a round, 1 to 8: the candidates that beat the head divide the reward in the order of their
	/// scores, one half, one quarter and so on, the last two the same
	#[arg(long, value_name = "N", default_value_t = 1, value_parser = parse::winners)]
	winners: u8,
	/// Check everything and print the costs, but send nothing
	#[arg(long)]
	dry_run: bool,
	#[command(flatten)]
	store: ImportArg,
	#[command(flatten)]
	probe: ProbeArg,
	#[command(flatten)]
	signing: Signing,
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

/// The content that a group begins with.
#[derive(Debug, Serialize)]
struct Content {
	model: Reference,
	dataset: Reference,
	#[serde(skip_serializing_if = "Option::is_none")]
	validation: Option<Reference>,
	#[serde(skip_serializing_if = "Option::is_none")]
	hidden_series: Option<H256>,
	#[serde(skip_serializing_if = "Option::is_none")]
	otherwise: Option<Reference>,
}

impl Content {
	fn of(group: &NewGroup<u128>) -> Self {
		let (validation, otherwise) = match group.policy {
			EvaluationPolicy::Training { .. } => (None, None),
			EvaluationPolicy::Validation { set, .. } => (Some(set.into()), None),
			EvaluationPolicy::Hidden { otherwise, .. } => (None, Some(otherwise.into())),
		};
		let (model, dataset) = (group.model.into(), group.dataset.into());
		Self { model, dataset, validation, hidden_series: group.policy.series(), otherwise }
	}
}

#[derive(Debug, Serialize)]
struct Created {
	group: Option<GroupId>,
	#[serde(flatten)]
	content: Content,
	#[serde(flatten)]
	done: Done,
}

/// A group that would be created.
#[derive(Debug, Serialize)]
struct Planned {
	dry_run: bool,
	#[serde(flatten)]
	content: Content,
	costs: CostsView,
}

impl Create {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let key = self.signing.key()?;
		let clock = self.rounds.clock()?;
		let shares = Shares { validators: self.validators_share, keepers: self.keepers_share };
		check_shares(shares)?;
		let client = global.connect().await?;
		let (signing, probe, dry_run) = (self.signing.clone(), self.probe, self.dry_run);
		let spinner = output.spinner("checking and adding the files");
		let group = tokio::task::spawn_blocking(move || self.prepare(clock, shares)).await??;
		spinner.finish_and_clear();
		probe.check_all(&addresses(&group.providers), &named(&group), output).await?;
		let call = Call::create_group(&group);
		let costs = Costs {
			deposit: client.group_deposit().await?,
			stake: group.stake,
			fee: client.fee(&key, &call).await?,
			free: client.balance(&key.account()).await?.free,
		};
		if dry_run {
			let planned = Planned { dry_run, costs: costs.view(), content: Content::of(&group) };
			return output.print(&planned, |output| {
				format!("{}\n\nNothing was sent: this is a dry run.", costs.text(output))
			});
		}
		output.note(&costs.text(output));
		let (included, done) = send(&client, &key, &call, &signing, output).await?;
		let created = Created { group: included.group, content: Content::of(&group), done };
		output.print(&created, |output| show(output, &created))
	}

	/// Checks the files and makes references of them.
	fn prepare(self, clock: Clock, shares: Shares) -> Result<NewGroup<u128>> {
		let providers = bound_addresses(self.providers.providers)
			.with_context(|| format!("a group names at most {MAX_PROVIDERS} providers"))?;
		let store = self.store.open()?;
		let store = store.as_ref();
		let json =
			self.model.read(store, MAX_DESCRIPTION_BYTES).context("the model description can't be read")?;
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
		let public = self.validation.as_ref().or(self.otherwise.as_ref());
		for (set, what) in [(Some(&self.dataset), "data set"), (public, "validation set")] {
			if let (Some(description), Some(file)) = (&description, set.and_then(Source::file)) {
				check_additions(file, description)
					.with_context(|| format!("the {what} {} is not valid", file.display()))?;
			}
		}
		let set = self.validation.or(self.otherwise).map(|set| set.resolve(store)).transpose()?;
		let records = self.records;
		Ok(NewGroup {
			name,
			model: self.model.resolve(store)?,
			dataset: self.dataset.resolve(store)?,
			providers,
			metric: match self.metric {
				MetricArg::Loss => Metric::Loss,
				MetricArg::Error => Metric::Error,
			},
			policy: match (set, self.hidden_series) {
				(None, _) => EvaluationPolicy::Training { records },
				(Some(set), None) => EvaluationPolicy::Validation { set, records },
				(Some(otherwise), Some(series)) => EvaluationPolicy::Hidden { series, records, otherwise },
			},
			minimum_improvement: self.minimum_improvement.0,
			target: self.target.0,
			clock,
			deposit: self.deposit,
			stake: self.stake,
			voting_period: self.voting_period,
			quorum: self.quorum,
			shares,
			optional_rules: optional_rules(self.committee_seats, self.winners),
		})
	}
}

/// The rules that not all groups have.
fn optional_rules(parse::Seats(seats): parse::Seats, winners: u8) -> OptionalRules {
	let mut rules = OptionalRules::default();
	if let Some(seats) = seats {
		rules.set(OptionalRule::Committee { seats });
	}
	if winners > 1 {
		rules.set(OptionalRule::RankedWinners { winners });
	}
	rules
}

/// The content that a group begins with.
fn named(group: &NewGroup<u128>) -> Vec<(&'static str, ContentRef)> {
	let mut named = vec![("model description", group.model), ("data set", group.dataset)];
	match group.policy {
		EvaluationPolicy::Training { .. } => {}
		EvaluationPolicy::Validation { set, .. } => named.push(("validation set", set)),
		EvaluationPolicy::Hidden { otherwise, .. } => named.push(("public validation set", otherwise)),
	}
	named
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

fn show(output: &Output, created: &Created) -> String {
	let group = created.group.map_or("created".into(), |group| group.to_string());
	let mut pairs = vec![
		("group", group),
		("model", created.content.model.to_string()),
		("dataset", created.content.dataset.to_string()),
	];
	pairs.extend(created.content.validation.as_ref().map(|set| ("validation", set.to_string())));
	pairs.extend(created.content.hidden_series.map(|series| ("series", format!("{series:?}"))));
	pairs.extend(created.content.otherwise.as_ref().map(|set| ("otherwise", set.to_string())));
	pairs.push(("in block", created.done.block.to_string()));
	fields(output, &pairs)
}

#[cfg(test)]
#[path = "create_tests.rs"]
mod tests;
