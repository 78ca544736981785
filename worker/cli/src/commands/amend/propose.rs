//! The command `descent amend propose`.

use super::model;
use crate::{
	args::{Global, ImportArg, PrivateArg, Signing},
	commands::{
		group::{
			options::{check_clock, check_shares},
			pretrained,
			recipe::{self, RecipeArgs, Work},
		},
		submit::{Done, Sender},
	},
	content_ref::Source,
	format,
	output::Output,
	parse,
	positional::GroupArg,
	table::fields,
};
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_client::{format_amount, Call, H256};
use descent_content::Store;
use descent_protocol::{
	bound_addresses, majority,
	view::{GroupView, StakeView},
	AmendmentId, BlockNumber, Change, Clock, EvaluationPolicy, Majority, OptionalRule, OptionalRuleKind,
	RoundLengths, Score, Share, Shares, MAX_CHANGES, MAX_PROVIDERS,
};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent amend propose 0 --voting-period 1d --quorum 30% --summary \"decide sooner\" --key-file \
    ~/.descent/key
  descent amend propose 0 --model wider.json --store ~/.descent/content --summary \"a wider \
    network\" --key-file ~/.descent/key

More than 1/2 of all stake has to approve, more than 2/3 for another model, which begins anew on the same \
data. It is adopted when the voting period closes, all changes or none, and takes effect with the first \
round that has not begun then. What is not given stays as it is.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Propose {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	changes: Changes,
	/// Reason for the amendment, in a sentence for those who vote
	#[arg(long, value_name = "TEXT", value_parser = parse::summary)]
	summary: String,
	#[command(flatten)]
	store: ImportArg,
	#[command(flatten)]
	private: PrivateArg,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Clone, Debug, Default, PartialEq, Args)]
struct Changes {
	/// Time in which stakeholders vote before the votes are counted
	#[arg(long, value_name = "TIME", value_parser = parse::blocks)]
	voting_period: Option<BlockNumber>,
	/// Part of all stake that has to approve a change of the data set
	#[arg(long, value_name = "SHARE", value_parser = parse::share)]
	quorum: Option<Share>,
	/// Blocks in a round, in which commitments are taken
	#[arg(long, value_name = "TIME", value_parser = parse::blocks)]
	round_length: Option<BlockNumber>,
	/// Blocks in which trainers reveal
	#[arg(long, value_name = "TIME", value_parser = parse::blocks)]
	reveal: Option<BlockNumber>,
	/// Blocks in which the committee measures and attests
	#[arg(long, value_name = "TIME", value_parser = parse::blocks)]
	attest: Option<BlockNumber>,
	/// Blocks in which the committee opens its attestations
	#[arg(long, value_name = "TIME", value_parser = parse::blocks)]
	open: Option<BlockNumber>,
	#[arg(long, hide = true, allow_hyphen_values = true, value_parser = parse::no_tolerance)]
	tolerance: Option<parse::NoTolerance>,
	/// Smallest improvement on the best checkpoint so far that is paid
	#[arg(long, value_name = "X", value_parser = parse::score)]
	minimum_improvement: Option<Score>,
	/// Records that are measured on in a round
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
	records: Option<u32>,
	/// Measure on this validation set, a delta that only adds
	#[arg(long, value_name = "FILE|CID:SIZE", conflicts_with_all = ["hidden_series", "otherwise"])]
	validation: Option<Source>,
	/// Measure on this series of hidden test sets, which was opened for the group
	#[arg(long, value_name = "SERIES", value_parser = parse::hash)]
	hidden_series: Option<H256>,
	/// Public validation set for rounds for which no sound hidden test set is released; the one of now unless
	/// given
	#[arg(long, value_name = "FILE|CID:SIZE")]
	otherwise: Option<Source>,
	/// Measure on a sample of the training set
	#[arg(long, conflicts_with_all = ["validation", "hidden_series", "otherwise"])]
	training: bool,
	/// Score at which the group has what it wants
	#[arg(long, value_name = "X|none", value_parser = parse::target)]
	target: Option<parse::Target>,
	/// Part of what rounds earn that goes to the validators that measure: 5% to 40%
	#[arg(long, value_name = "SHARE", value_parser = parse::share)]
	validators_share: Option<Share>,
	/// Part of what rounds earn that is put aside for keepers of the group's content, at most 40%
	#[arg(long, value_name = "SHARE", value_parser = parse::share_or_none)]
	keepers_share: Option<Share>,
	/// Seats of the committees that measure the group's rounds and check its deltas: at least 22, or default,
	/// which is 31
	#[arg(long, value_name = "N|default", value_parser = parse::seats)]
	committee_seats: Option<parse::Seats>,
	/// Winners of a round, 1 to 8, which divide the reward in the order of their scores
	#[arg(long, value_name = "N", value_parser = parse::winners)]
	winners: Option<u8>,
	#[command(flatten)]
	recipe: RecipeArgs,
	/// Another model, with the same columns: needs more than 2/3 of all stake
	#[arg(long, value_name = "FILE|CID:SIZE")]
	model: Option<Source>,
	/// Checkpoint of the new model, or of the one that has no head yet, that trainings begin with; none for
	/// new weights
	#[arg(long, value_name = "FILE|CID:SIZE|none", value_parser = parse::pretrained)]
	pretrained: Option<parse::Pretrained>,
	/// Base address of a gateway that serves model and data, in place of those named now; up to 8 times
	#[arg(long = "provider", value_name = "URL", value_parser = parse::provider)]
	providers: Vec<String>,
}

/// The proposed amendment, and its number.
#[derive(Debug, Serialize)]
struct Proposed {
	group: u32,
	amendment: Option<AmendmentId>,
	changes: Vec<Change>,
	majority: Majority,
	#[serde(flatten)]
	done: Done,
}

impl Propose {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		ensure!(
			self.changes != Changes::default(),
			"name what to change, as --voting-period 1d; descent amend propose --help lists what can be"
		);
		let sender = Sender::connect(global, &self.signing, output).await?;
		let client = &sender.client;
		let group = client.group(self.group.id(global).await?).await?;
		let stake = client.stake(group.id, &sender.account()).await?;
		ensure!(
			stake.stake > 0,
			"only those who have stake in group {0} amend it: descent stake add {0} NRN",
			group.id
		);
		let spinner = output.spinner("checking the changes");
		let store = self.store;
		let store = tokio::task::spawn_blocking(move || store.open()).await??;
		if let Some(model) = &self.changes.model {
			let providers =
				if self.changes.providers.is_empty() { &group.providers } else { &self.changes.providers };
			let warning = model::check(&group, model, providers, store.as_ref(), self.private).await?;
			if let Some(warning) = warning {
				spinner.suspend(|| output.note(&format!("warning: {warning}")));
			}
		}
		let warning = self.changes.check_recordings(&group, store.as_ref(), self.private).await?;
		if let Some(warning) = warning {
			spinner.suspend(|| output.note(&format!("warning: {warning}")));
		}
		let warning = self.changes.check_pretrained(&group, store.as_ref(), self.private).await?;
		if let Some(warning) = warning {
			spinner.suspend(|| output.note(&format!("warning: {warning}")));
		}
		let (resolved, now) = (self.changes, group.clone());
		let changes = tokio::task::spawn_blocking(move || resolved.resolve(&now, store.as_ref())).await??;
		spinner.finish_and_clear();
		let call = Call::propose_amendment(group.id, &changes, &self.summary);
		let (included, done) = sender.send(&call).await?;
		let proposed = Proposed {
			group: group.id,
			amendment: included.amendment,
			majority: majority(&changes),
			changes,
			done,
		};
		let group = client.group(group.id).await?;
		output.print(&proposed, |output| show(output, &group, &stake, &proposed))
	}
}

impl Changes {
	/// The changes of a group's rules, files imported into the store where there is one.
	fn resolve(self, group: &GroupView, store: Option<&Store>) -> Result<Vec<Change>> {
		let mut changes = Vec::new();
		changes.extend(self.voting_period.map(|blocks| Change::VotingPeriod { blocks }));
		changes.extend(self.quorum.map(|share| Change::Quorum { share }));
		changes.extend(self.lengths(&group.clock)?.map(|lengths| Change::Clock { lengths }));
		let improvement = self.minimum_improvement;
		changes.extend(improvement.map(|Score(micros)| Change::MinimumImprovement { micros }));
		if let Some(policy) = self.policy(&group.policy, store)? {
			changes.push(Change::Policy { policy });
		}
		changes.extend(self.target.map(|parse::Target(score)| Change::Target { score }));
		changes.extend(self.shares(group.shares)?.map(|shares| Change::Shares { shares }));
		if !self.providers.is_empty() {
			let providers = bound_addresses(self.providers)
				.with_context(|| format!("a group names at most {MAX_PROVIDERS} providers"))?;
			changes.push(Change::Providers { providers });
		}
		changes.extend(self.committee_seats.map(|parse::Seats(seats)| match seats {
			Some(seats) => Change::SetRule { rule: OptionalRule::Committee { seats } },
			None => Change::RemoveRule { rule: OptionalRuleKind::Committee },
		}));
		changes.extend(self.winners.map(|winners| match winners {
			1 => Change::RemoveRule { rule: OptionalRuleKind::RankedWinners },
			winners => Change::SetRule { rule: OptionalRule::RankedWinners { winners } },
		}));
		if self.recipe.is_given() {
			changes.push(match self.recipe.rule(group.optional_rules.recipe())? {
				Some(recipe) => Change::SetRule { rule: OptionalRule::Recipe { recipe } },
				None => Change::RemoveRule { rule: OptionalRuleKind::Recipe },
			});
		}
		if let Some(model) = self.model {
			let model = model.resolve(store)?;
			ensure!(model != group.model, "this is the model that the group has");
			changes.push(Change::Model { model });
		}
		if let Some(parse::Pretrained(checkpoint)) = self.pretrained {
			changes.push(match checkpoint {
				Some(checkpoint) => {
					let checkpoint = checkpoint.resolve(store)?;
					Change::SetRule { rule: OptionalRule::Pretrained { checkpoint } }
				}
				None => Change::RemoveRule { rule: OptionalRuleKind::Pretrained },
			});
		}
		let too_many = u32::try_from(changes.len()).map_or(true, |count| count > MAX_CHANGES);
		ensure!(
			!too_many,
			"an amendment makes at most {MAX_CHANGES} changes; propose the others with a second one"
		);
		Ok(changes)
	}

	/// Refuses a file that is no checkpoint of the model. Returns a warning where nobody serves the model's
	/// description.
	async fn check_pretrained(
		&self,
		group: &GroupView,
		store: Option<&Store>,
		private: PrivateArg,
	) -> Result<Option<String>> {
		let checkpoint =
			self.pretrained.as_ref().and_then(|parse::Pretrained(checkpoint)| checkpoint.as_ref());
		let Some(file) = checkpoint.and_then(Source::file) else { return Ok(None) };
		let providers = if self.providers.is_empty() { &group.providers } else { &self.providers };
		match model::description(group, self.model.as_ref(), providers, store, private).await {
			Ok(description) => pretrained::check(file, &description).map(|()| None),
			Err(error) => Ok(Some(format!(
				"whether {} is a checkpoint of the model is not checked: {error:#}",
				file.display()
			))),
		}
	}

	/// Refuses changes with which the group could not have its trainings recorded, if it is to have that.
	/// Returns a warning where its model is not at hand to be checked.
	async fn check_recordings(
		&self,
		group: &GroupView,
		store: Option<&Store>,
		private: PrivateArg,
	) -> Result<Option<String>> {
		let Some(rule) = self.recipe.rule(group.optional_rules.recipe())? else { return Ok(None) };
		let RoundLengths { length, reveal, attest, open } =
			self.lengths(&group.clock)?.unwrap_or(group.clock.into());
		recipe::check_clock(&Clock { length, reveal, attest, open, ..group.clock })?;
		let is_as_before = !self.recipe.is_given()
			&& self.model.is_none()
			&& (self.records, self.winners, self.attest) == (None, None, None);
		if is_as_before {
			return Ok(None);
		}
		let providers = if self.providers.is_empty() { &group.providers } else { &self.providers };
		let found = model::description(group, self.model.as_ref(), providers, store, private).await;
		match found {
			Ok(description) => {
				let records = self.records.unwrap_or(group.policy.records());
				let winners = self.winners.unwrap_or(group.optional_rules.ranked_winners());
				Work { rule: Some(rule), records, winners, attest }.check(&description)?;
				Ok(None)
			}
			Err(error) => Ok(Some(format!(
				"whether a committee can replay trainings of the model in time is not checked: {error:#}"
			))),
		}
	}

	/// The new lengths of rounds, if one of them changes.
	fn lengths(&self, now: &Clock) -> Result<Option<RoundLengths>> {
		if [self.round_length, self.reveal, self.attest, self.open] == [None; 4] {
			return Ok(None);
		}
		let lengths = RoundLengths {
			length: self.round_length.unwrap_or(now.length),
			reveal: self.reveal.unwrap_or(now.reveal),
			attest: self.attest.unwrap_or(now.attest),
			open: self.open.unwrap_or(now.open),
		};
		check_clock(&Clock {
			length: lengths.length,
			reveal: lengths.reveal,
			attest: lengths.attest,
			open: lengths.open,
			..*now
		})?;
		Ok(Some(lengths))
	}

	/// The new division of what rounds earn, if it changes.
	fn shares(&self, now: Shares) -> Result<Option<Shares>> {
		if [self.validators_share, self.keepers_share] == [None; 2] {
			return Ok(None);
		}
		let shares = Shares {
			validators: self.validators_share.unwrap_or(now.validators),
			keepers: self.keepers_share.unwrap_or(now.keepers),
		};
		check_shares(shares)?;
		Ok(Some(shares))
	}

	/// The new records to measure on, if they change.
	fn policy(&self, now: &EvaluationPolicy, store: Option<&Store>) -> Result<Option<EvaluationPolicy>> {
		let records = self.records.unwrap_or(now.records());
		if let Some(validation) = &self.validation {
			let set = validation.resolve(store)?;
			return Ok(Some(EvaluationPolicy::Validation { set, records }));
		}
		if self.hidden_series.is_some() || self.otherwise.is_some() {
			return self.hidden(now, records, store).map(Some);
		}
		Ok(match (self.training, *now) {
			(true, _) => Some(EvaluationPolicy::Training { records }),
			(false, _) if self.records.is_none() => None,
			(false, EvaluationPolicy::Training { .. }) => Some(EvaluationPolicy::Training { records }),
			(false, EvaluationPolicy::Validation { set, .. }) => {
				Some(EvaluationPolicy::Validation { set, records })
			}
			(false, EvaluationPolicy::Hidden { series, otherwise, .. }) => {
				Some(EvaluationPolicy::Hidden { series, records, otherwise })
			}
		})
	}

	/// The new hidden test sets to measure on. What is not given stays.
	fn hidden(
		&self,
		now: &EvaluationPolicy,
		records: u32,
		store: Option<&Store>,
	) -> Result<EvaluationPolicy> {
		let given = self.otherwise.as_ref().map(|set| set.resolve(store)).transpose()?;
		let public = match now {
			EvaluationPolicy::Training { .. } => None,
			EvaluationPolicy::Validation { set, .. } => Some(*set),
			EvaluationPolicy::Hidden { otherwise, .. } => Some(*otherwise),
		};
		let series = self.hidden_series.or(now.series());
		Ok(EvaluationPolicy::Hidden {
			series: series
				.context("the group has no hidden test sets: name a series with --hidden-series")?,
			records,
			otherwise: given.or(public).context(
				"the group has no public validation set for rounds without a hidden one: name one with \
				 --otherwise",
			)?,
		})
	}
}

fn show(output: &Output, group: &GroupView, own: &StakeView, proposed: &Proposed) -> String {
	let id = proposed.amendment.map_or("?".into(), |id| id.to_string());
	let changes: Vec<_> = proposed.changes.iter().map(format::change).collect();
	let pairs = [
		("amendment", id.clone()),
		("changes", changes.join("\n")),
		(
			"needs",
			format!(
				"{} of all stake, which is {}",
				format::majority(proposed.majority),
				format_amount(group.stake)
			),
		),
		("has", format!("yours: {}", format::stake(own.stake, group.stake))),
		("closes", format::closes(group)),
		("in block", proposed.done.block.to_string()),
		("next", format!("others approve: descent amend vote {} {id}", group.id)),
	];
	fields(output, &pairs)
}

#[cfg(test)]
#[path = "propose_tests.rs"]
mod tests;
