use super::preflight::{admit, check_rows};
use crate::{
	args::{Global, ImportArg, Signing},
	commands::submit::{Done, Sender},
	content_ref::{Reference, Source},
	format,
	hints::hinted,
	output::Output,
	parse,
	positional::GroupArg,
	probes::ProbeArg,
	table::fields,
};
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_client::{
	format_amount, Announcement, Call, NewProposal, ProposalError, ProposalStep, Subject, H256,
};
use descent_protocol::{
	view::{GroupView, ProposalView},
	BlockNumber, ContentRef, ProposalId, MAX_DELTA_SIZE, MAX_PROVIDERS,
};
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Example:
  descent content serve --store ~/.descent/content --listen 0.0.0.0:8080 &
  descent dataset propose 0 --delta more.parquet --store ~/.descent/content \
--provider http://203.0.113.7:8080 --summary \"5000 more digits\" --key-file ~/.descent/key

The delta is announced by a salted hash and proposed in a later block, so that nobody who sees it can take it \
for their own. If that is interrupted, the same command goes on. Validators fetch the delta within minutes: a \
delta that nobody serves, or that is not valid, loses its deposit. So each provider is asked for a block of \
it before anything is sent; without --provider, one of the group's has to serve it. Without --store the file \
is only read, and has to be served by other means. What is served already is named by its reference, \
CID:SIZE.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Propose {
	#[command(flatten)]
	group: GroupArg,
	/// Delta to propose, Parquet
	#[arg(long, value_name = "FILE|CID:SIZE")]
	delta: Source,
	/// Summary of the delta, in a sentence for those who vote
	#[arg(long, value_name = "TEXT", value_parser = parse::summary)]
	summary: String,
	/// Base address of a gateway that serves the delta, beside those of the group; may be given up to 8 times
	#[arg(long = "provider", value_name = "URL", value_parser = parse::provider)]
	providers: Vec<String>,
	/// Version of the data set that the delta is made for; the newest unless given
	#[arg(long, value_name = "V")]
	base: Option<u32>,
	/// Model description to check the rows of the file against before anything is sent
	#[arg(long, value_name = "FILE")]
	description: Option<PathBuf>,
	#[command(flatten)]
	store: ImportArg,
	#[command(flatten)]
	probe: ProbeArg,
	/// Folder that keeps the announcement until it is proposed; ~/.local/share/descent/announcements unless
	/// given
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	#[command(flatten)]
	signing: Signing,
}

/// A delta that was proposed.
#[derive(Debug, Serialize)]
struct Proposed {
	group: u32,
	proposal: Option<ProposalId>,
	delta: Reference,
	base: u32,
	announced: Option<BlockNumber>,
	#[serde(flatten)]
	done: Done,
}

impl Propose {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let too_many = u32::try_from(self.providers.len()).map_or(true, |count| count > MAX_PROVIDERS);
		ensure!(!too_many, "a proposal names at most {MAX_PROVIDERS} providers");
		let sender = Sender::connect(global, &self.signing, output).await?;
		let client = &sender.client;
		let group = client.group(self.group.id(global).await?).await?;
		let delta = self.reference(output).await?;
		match &self.providers[..] {
			[] => self.probe.check_any(&group.providers, ("delta", delta), output).await?,
			own => self.probe.check_all(own, &[("delta", delta)], output).await?,
		}

		if sender.is_dry() {
			output.note("A proposal takes two transactions. This is the first, which announces the delta.");
			sender.send(&Call::announce(group.id, H256::zero())).await?;
		}
		let account = sender.account();
		let folder = match &self.data {
			Some(folder) => folder.clone(),
			None => announcements()?,
		};
		let subject =
			Subject { genesis: client.genesis(), group: group.id, account: &account, delta: delta.digest };
		let announcement = Announcement::open(&folder, subject)?;
		let (log, open) = (client.dataset_log(group.id, 1).await?, client.proposals(group.id).await?);
		let precedes = |block| announcement.may_precede(block);
		if let Err(error) = admit(&log, &open, &account, &delta, precedes) {
			if announcement.is_new() {
				announcement.remove()?;
			}
			return Err(error);
		}
		let proposal = NewProposal {
			group: group.id,
			base: self.base.unwrap_or(log.last().map_or(0, |entry| entry.version)),
			delta,
			providers: self.providers.clone(),
			summary: self.summary.clone(),
			salt: *announcement.salt(),
		};
		let proposed = self.propose(&sender, announcement, &proposal, output).await?;
		let group = client.group(group.id).await?;
		let view = client.proposals(group.id).await?;
		let view = view.into_iter().find(|view| Some(view.id) == proposed.proposal);
		output.print(&proposed, |output| {
			show(output, &group, view.as_ref(), &proposed, self.store.store.as_deref())
		})
	}

	async fn propose(
		&self,
		sender: &Sender<'_>,
		announcement: Announcement,
		proposal: &NewProposal,
		output: &Output,
	) -> Result<Proposed> {
		let best = sender.client.best_block().await?.number;
		let send = async |call: &Call| sender.carry_out(call).await;
		let proposed = announcement.propose(best, proposal, send, |step| note(step, output)).await;
		let proposed = proposed.map_err(|error| match error {
			ProposalError::Chain(error) => hinted(error),
			error => error.into(),
		})?;
		Ok(Proposed {
			group: proposal.group,
			proposal: proposed.included.proposal,
			delta: proposal.delta.into(),
			base: proposal.base,
			announced: proposed.announced,
			done: Done::new(&proposed.included, self.signing.finalized),
		})
	}

	/// The reference of the delta, which is checked and imported as far as that is asked for.
	async fn reference(&self, output: &Output) -> Result<ContentRef> {
		let file = self.delta.file();
		if let (Some(file), Some(description)) = (file, &self.description) {
			let (file, description) = (file.to_path_buf(), description.clone());
			let bar = output.count_bar(0, "checking");
			tokio::task::spawn_blocking(move || check_rows(&file, &description, &bar)).await??;
		}
		let size = match file {
			Some(file) => crate::content_ref::open(file)?.metadata()?.len(),
			None => 0,
		};
		let (source, store) = (self.delta.clone(), self.store.clone());
		let doing = match store.store {
			Some(_) => "importing",
			None => "reading",
		};
		let bar = output.byte_bar(size, doing);
		let delta =
			tokio::task::spawn_blocking(move || source.resolve_with(store.open()?.as_ref(), &bar)).await??;
		ensure!(
			delta.size <= MAX_DELTA_SIZE,
			"the delta has {} bytes, more than the {MAX_DELTA_SIZE} allowed: split it",
			delta.size
		);
		ensure!(
			delta.size > 0 && delta.is_canonical(),
			"this reference is not one that content of {} bytes has; is the size right?",
			delta.size
		);
		Ok(delta)
	}
}

/// The folder that keeps announcements unless one is named: below `$XDG_DATA_HOME`, or `~/.local/share`.
fn announcements() -> Result<PathBuf> {
	let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
	let data = variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")));
	let data =
		data.context("there is no home directory to keep the announcement in; name a folder with --data")?;
	Ok(data.join("descent/announcements"))
}

fn note(step: ProposalStep, output: &Output) {
	match step {
		ProposalStep::Announcing => output.note("announcing the delta"),
		ProposalStep::Announced(block) => output.note(&format!(
			"announced in block {block}, proposing; if this is interrupted, run the same command again"
		)),
		ProposalStep::AnnouncedBefore => output.note("announced before, proposing"),
	}
}

fn show(
	output: &Output,
	group: &GroupView,
	view: Option<&ProposalView>,
	proposed: &Proposed,
	store: Option<&Path>,
) -> String {
	let id = proposed.proposal.map_or("?".into(), |id| id.to_string());
	let mut pairs = vec![
		("proposal", id.clone()),
		("delta", proposed.delta.to_string()),
		("base", format!("version {}", proposed.base)),
		("in block", proposed.done.block.to_string()),
	];
	if let Some(view) = view {
		pairs.push(("deposit", format!("{} held", format_amount(view.deposit))));
		pairs.extend(view.check.as_ref().map(|check| ("check", format::check(check))));
		pairs.push(("has", format::stake(view.ayes, group.stake)));
	}
	let mut next = Vec::new();
	if let Some(store) = store {
		next.push(format!(
			"serve it: descent content serve --store {} --listen 0.0.0.0:8080",
			store.display()
		));
	}
	next.push(format!("stakeholders vote for it: descent dataset vote {} {id}", group.id));
	next.push(format!("follow its check and the votes: descent dataset watch {}", group.id));
	pairs.extend([
		(
			"needs",
			format!(
				"{} of all stake, {} of {}, and 2/3 of the validators to find it valid",
				group.quorum,
				format_amount(group.quorum.of(group.stake)),
				format_amount(group.stake)
			),
		),
		("closes", format::closes(group)),
		("next", next.join("\n")),
	]);
	fields(output, &pairs)
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use crate::fixtures::group;
	use descent_client::{AccountId, UNIT};

	pub(crate) fn proposal(account: [u8; 32], delta: ContentRef) -> ProposalView {
		ProposalView {
			group: 7,
			id: 3,
			proposer: AccountId::new(account),
			delta,
			providers: vec![],
			summary: "digits".into(),
			deposit: 10 * UNIT,
			base: 1,
			block: 60,
			ayes: 500 * UNIT,
			lost: 0,
			check: None,
			ending: None,
		}
	}

	#[test]
	fn says_who_has_to_do_what() {
		let delta = ContentRef::raw(b"x").unwrap();
		let proposed = Proposed {
			group: 7,
			proposal: Some(3),
			delta: delta.into(),
			base: 2,
			announced: Some(59),
			done: Done::at(60),
		};
		let view = proposal([1; 32], delta);
		let text = show(&Output::new(true), &group(), Some(&view), &proposed, Some(Path::new("/s")));
		for part in [
			"10 NRN held",
			"500 NRN, 33.33% of all stake",
			"20% of all stake, 300 NRN of 1500 NRN",
			"closes    at block 105",
			"descent content serve --store /s",
			"descent dataset vote 7 3",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
	}
}
