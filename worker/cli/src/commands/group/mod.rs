pub mod create;
pub mod list;
pub mod show;

use crate::{args::Global, output::Output};
use anyhow::Result;
use clap::Subcommand;
use descent_protocol::{EvaluationPolicy, Metric};

#[derive(Debug, Subcommand)]
pub enum GroupCommand {
	/// Create a training group
	Create(Box<create::Create>),
	/// List the training groups
	List(list::List),
	/// Show a training group
	Show(show::Show),
}

impl GroupCommand {
	pub async fn run(self, global: &Global, output: &Output) -> Result<()> {
		match self {
			Self::Create(command) => command.run(global, output).await,
			Self::List(command) => command.run(global, output).await,
			Self::Show(command) => command.run(global, output).await,
		}
	}
}

fn metric_name(metric: Metric) -> &'static str {
	match metric {
		Metric::Loss => "loss",
		Metric::Error => "error",
	}
}

fn policy_text(policy: &EvaluationPolicy) -> String {
	match policy {
		EvaluationPolicy::Training { records } => format!("{records} records of the training set"),
		EvaluationPolicy::Validation { records, .. } => format!("{records} records of the validation set"),
	}
}
