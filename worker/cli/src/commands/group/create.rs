//! The command `descent group create`.

use super::{costs::Costs, options::GroupOptions};
use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	content_ref::Reference,
	output::Output,
	parse,
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_client::{Call, H256};
use descent_protocol::{ContentRef, EvaluationPolicy, GroupId, NewGroup};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent group create --model mnist.json --dataset train.parquet --provider http://203.0.113.7:8080 --dry-run
  descent content serve --store ~/.descent/content --listen 0.0.0.0:8080 &
  descent group create --name mnist --model mnist.json --dataset train.parquet --validation \
    validation.parquet \\
    --provider http://203.0.113.7:8080 --records 2048 --deposit 10 --store ~/.descent/content --key-file \
    ~/.descent/key
  descent group create --model llama.json --pretrained model.safetensors --dataset poems.parquet \\
    --provider http://203.0.113.7:8080 --store ~/.descent/content --key-file ~/.descent/key

The defaults make a round of ten minutes, as blocks come every 3 seconds. Times are written in blocks or \
as 30s, 10m, 12h or 7d. Files are only read, unless --store names a store to import them into. What \
somebody else serves is named by its reference, CID:SIZE. Each provider is asked for a block of each file \
before anything is sent. `descent model new` makes a model description, `descent dataset build` a data \
set. The costs are printed before the command signs: the deposit, the stake and the fee. With --dry-run it \
ends there.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Create {
	#[command(flatten)]
	options: GroupOptions,
	/// Score at which the group has what it wants: no round is played while the head is as good
	#[arg(long, value_name = "X|none", default_value = "none", value_parser = parse::target)]
	target: parse::Target,
	#[command(flatten)]
	signing: Signing,
}

/// The content that a group begins with.
#[derive(Debug, Serialize)]
pub(crate) struct Content {
	model: Reference,
	dataset: Reference,
	#[serde(skip_serializing_if = "Option::is_none")]
	pretrained: Option<Reference>,
	#[serde(skip_serializing_if = "Option::is_none")]
	validation: Option<Reference>,
	#[serde(skip_serializing_if = "Option::is_none")]
	hidden_series: Option<H256>,
	#[serde(skip_serializing_if = "Option::is_none")]
	otherwise: Option<Reference>,
}

impl Content {
	pub(crate) fn of(group: &NewGroup<u128>) -> Self {
		let (validation, otherwise) = match group.policy {
			EvaluationPolicy::Training { .. } => (None, None),
			EvaluationPolicy::Validation { set, .. } => (Some(set.into()), None),
			EvaluationPolicy::Hidden { otherwise, .. } => (None, Some(otherwise.into())),
		};
		let (model, dataset) = (group.model.into(), group.dataset.into());
		let pretrained = group.optional_rules.pretrained().map(Reference::from);
		Self { model, dataset, pretrained, validation, hidden_series: group.policy.series(), otherwise }
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

impl Create {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let Self { options, target, signing } = self;
		options.check()?;
		let sender = Sender::connect(global, &signing, output).await?;
		let group = prepare(options, None, target, output).await?;
		let call = Call::create_group(&group);
		let costs = Costs {
			deposit: sender.client.group_deposit().await?,
			stake: group.stake,
			fee: sender.fee(&call).await?,
			free: sender.client.balance(&sender.account()).await?.free,
		};
		output.note(&costs.text(output));
		let (included, done) = sender.send(&call).await?;
		let created = Created { group: included.group, content: Content::of(&group), done };
		output.print(&created, |output| show(output, &created))
	}
}

/// Makes a group of the files, which its providers have to serve.
pub(crate) async fn prepare(
	options: GroupOptions,
	series: Option<H256>,
	parse::Target(target): parse::Target,
	output: &Output,
) -> Result<NewGroup<u128>> {
	let (probe, providers) = (options.probe, options.providers.providers.clone());
	let spinner = output.spinner("checking and adding the files");
	let group = tokio::task::spawn_blocking(move || options.prepare(series, target)).await??;
	spinner.finish_and_clear();
	probe.check_all(&providers, &named(&group), output).await?;
	Ok(group)
}

/// The content that a group begins with.
pub(super) fn named(group: &NewGroup<u128>) -> Vec<(&'static str, ContentRef)> {
	let mut named = vec![("model description", group.model), ("data set", group.dataset)];
	named.extend(group.optional_rules.pretrained().map(|checkpoint| ("pretrained checkpoint", checkpoint)));
	match group.policy {
		EvaluationPolicy::Training { .. } => {}
		EvaluationPolicy::Validation { set, .. } => named.push(("validation set", set)),
		EvaluationPolicy::Hidden { otherwise, .. } => named.push(("public validation set", otherwise)),
	}
	named
}

fn show(output: &Output, created: &Created) -> String {
	let group = created.group.map_or("created".into(), |group| group.to_string());
	let mut pairs = vec![
		("group", group),
		("model", created.content.model.to_string()),
		("dataset", created.content.dataset.to_string()),
	];
	pairs
		.extend(created.content.pretrained.as_ref().map(|checkpoint| ("pretrained", checkpoint.to_string())));
	pairs.extend(created.content.validation.as_ref().map(|set| ("validation", set.to_string())));
	pairs.extend(created.content.hidden_series.map(|series| ("series", format!("{series:?}"))));
	pairs.extend(created.content.otherwise.as_ref().map(|set| ("otherwise", set.to_string())));
	pairs.push(("in block", created.done.block.to_string()));
	fields(output, &pairs)
}
