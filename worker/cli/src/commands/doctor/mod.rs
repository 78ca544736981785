//! The command `descent doctor`, which looks for faults of a machine, and says what to do about each.

mod account;
mod chain;
mod finding;
mod machine;
mod services;

use crate::{args::Global, output::Output, parse};
use anyhow::{bail, Result};
use clap::Args;
use descent_client::{parse_account, AccountId, GroupKey};
use finding::{Finding, State};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  descent doctor
  descent doctor --evaluator-url http://127.0.0.1:9977 --data /var/lib/descent
  descent doctor --group mnist --public-url http://trainer.example.org:8080 --key-file trainer.key
  descent doctor --json

Without options it looks at the configuration, the key, the node and this machine. An account that is a \
validator or has a bond is looked at as one, with its evaluator. With --group it is looked at as a \
trainer of that group. The status is 1 where a fault is found.

A port that this machine reaches may still be closed to others: run `descent doctor --public-url URL` on \
another machine as well.";

/// Arguments of `descent doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Doctor {
	/// File with the key of the account; without it DESCENT_SURI, or else the key of config.toml
	#[arg(long, value_name = "FILE")]
	key_file: Option<PathBuf>,
	/// Account to look at in place of the key's, which is its proxy
	#[arg(long, value_name = "ACCOUNT", value_parser = parse_account)]
	proxy_for: Option<AccountId>,
	/// Address of the evaluator beside a validator's node
	#[arg(long, value_name = "URL")]
	evaluator_url: Option<String>,
	/// Number or name of a group whose rounds the account is to compete in
	#[arg(long, value_name = "GROUP", value_parser = |text: &str| Ok::<_, String>(GroupKey::from(text)))]
	group: Option<GroupKey>,
	/// Address at which others fetch what this machine serves; may be given more than once
	#[arg(long = "public-url", value_name = "URL", value_parser = parse::provider)]
	public_urls: Vec<String>,
	/// Directory of a program's data; may be given more than once. That of a validator's node, its
	/// --base-path, has the session keys
	#[arg(long, value_name = "DIR")]
	data: Vec<PathBuf>,
	/// Least free space of such a directory
	#[arg(long, value_name = "BYTES", default_value = "20G", value_parser = parse::bytes)]
	room: u64,
	/// The program descent-worker; the one beside this program unless given
	#[arg(long, value_name = "FILE")]
	worker: Option<PathBuf>,
}

/// All that was found.
#[derive(Debug, Serialize)]
struct Report {
	findings: Vec<Finding>,
	faults: usize,
}

impl Doctor {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let spinner = output.spinner("looking");
		let findings = self.findings(global).await;
		spinner.finish_and_clear();
		let faults = findings.iter().filter(|finding| finding.state == State::Fault).count();
		let report = Report { findings, faults };
		output.print(&report, |output| {
			report.findings.iter().map(|finding| finding.text(output)).collect::<Vec<_>>().join("\n")
		})?;
		match faults {
			0 => Ok(()),
			1 => bail!("1 fault was found; its remedy is above"),
			faults => bail!("{faults} faults were found; their remedies are above"),
		}
	}

	async fn findings(&self, global: &Global) -> Vec<Finding> {
		let mut findings = vec![machine::configuration(global)];
		let (key, account) = machine::key(self.key_file.as_deref());
		findings.push(key);
		findings.push(machine::worker(self.worker.as_deref()).await);
		let folders: Vec<_> = match &self.data[..] {
			[] => machine::default_folders(),
			folders => folders.to_vec(),
		};
		findings.extend(folders.iter().map(|folder| machine::disk(folder, self.room)));
		let account = self.proxy_for.clone().or(account);
		let validates = self.on_chain(global, account, &folders, &mut findings).await;
		if validates || self.evaluator_url.is_some() {
			let url = self.evaluator_url.as_deref().unwrap_or(services::DEFAULT_EVALUATOR);
			findings.push(services::evaluator(url).await);
		}
		for url in &self.public_urls {
			findings.push(services::public_url(url).await);
		}
		findings
	}

	/// Looks at the node and at the account on its chain. Returns true if that is a validator's.
	async fn on_chain(
		&self,
		global: &Global,
		account: Option<AccountId>,
		folders: &[PathBuf],
		findings: &mut Vec<Finding>,
	) -> bool {
		let client = match chain::node(global).await {
			Ok((client, finding)) => {
				findings.push(finding);
				client
			}
			Err(finding) => {
				findings.push(finding);
				return false;
			}
		};
		let (health, syncs) = chain::health(&client).await;
		findings.extend(health);
		// Blocks that it fetches are old.
		if !syncs {
			findings.extend(chain::blocks(&client).await);
		}
		let Some(account) = account else {
			return false;
		};
		findings.push(account::balance(&client, &account, self.group.as_ref()).await);
		let (validates, found) = account::validator(&client, &account, folders).await;
		findings.extend(found);
		validates
	}
}
