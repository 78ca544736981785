use super::{
	announcement::{self, Announcement, Subject},
	preflight::{admit, check_rows},
};
use crate::{
	args::{Global, GroupArg, ImportArg, Signing},
	commands::submit::{send, Done},
	content_ref::{Reference, Source},
	format,
	hints::is_failure,
	output::Output,
	parse,
	table::fields,
};
use anyhow::{ensure, Result};
use clap::Args;
use descent_client::{format_amount, Call, Client, Key, NewProposal};
use descent_protocol::{
	announcement_hash,
	view::{GroupView, ProposalView},
	BlockNumber, ContentRef, ProposalId, MAX_DELTA_SIZE, MAX_PROVIDERS,
};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// For how many blocks an announcement is counted on. The chain accepts it for some more; one that it does not accept any more
/// is made again.
const ANNOUNCED_FOR: BlockNumber = 90;

#[derive(Debug, Args)]
#[command(
	after_help = "Example:\n  descent dataset propose --group 0 --delta more.parquet --store ~/.descent/content --provider \
http://203.0.113.7:8080 --summary \"5000 more digits\" --key-file ~/.descent/key\n  descent content serve --store ~/.descent/content --listen \
0.0.0.0:8080\n\nThe delta is announced by a salted hash and proposed in a later block, so that nobody who sees it can take it for their own. If that is \
interrupted, the same command goes on. Validators fetch the delta within minutes: what nobody serves, or what is not valid, loses its deposit. Without --store \
the file is only read, and has to be served by other means. What is served already is named by its reference, CID:SIZE."
)]
pub(crate) struct Propose {
	#[command(flatten)]
	group: GroupArg,
	/// Delta to propose, Parquet
	#[arg(long, value_name = "FILE|CID:SIZE")]
	delta: Source,
	/// What it brings, in a sentence for those who vote
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
	/// Folder that keeps the announcement until it is proposed; ~/.local/share/descent/announcements unless given
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	#[command(flatten)]
	signing: Signing,
}

/// What was proposed.
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
		let key = self.signing.key()?;
		let too_many = u32::try_from(self.providers.len()).map_or(true, |count| count > MAX_PROVIDERS);
		ensure!(!too_many, "a proposal names at most {MAX_PROVIDERS} providers");
		let client = global.connect().await?;
		let group = client.group(self.group.group).await?;
		let delta = self.reference(output).await?;

		let account = key.account();
		let folder = match &self.data {
			Some(folder) => folder.clone(),
			None => announcement::folder()?,
		};
		let genesis = client.genesis();
		let subject = Subject {
			genesis: genesis.as_fixed_bytes(),
			group: group.id,
			account: &account,
			delta: delta.digest.as_fixed_bytes(),
		};
		let mut announcement = Announcement::open(&folder, subject)?;
		let (log, open) = (client.dataset_log(group.id, 1).await?, client.proposals(group.id).await?);
		let precedes = |block| announcement.may_precede(block);
		if let Err(error) = admit(&log, &open, &account, &delta, precedes) {
			if announcement.is_new() {
				announcement.finish()?;
			}
			return Err(error);
		}
		let base = self.base.unwrap_or(log.last().map_or(0, |entry| entry.version));
		let proposal = NewProposal {
			group: group.id,
			base,
			delta,
			providers: self.providers.clone(),
			summary: self.summary.clone(),
			salt: *announcement.salt(),
		};

		let best = client.best_block().await?.number;
		let counts = |block: BlockNumber| best <= block.saturating_add(ANNOUNCED_FOR);
		if !announcement.block().is_some_and(counts) {
			let announced = self.announce(&client, &key, &proposal, &mut announcement, output);
			if let Err(error) = announced.await {
				if announcement.is_new() && is_failure(&error, "Dataset", &["AlreadyAnnounced"]) {
					announcement.finish()?;
				}
				return Err(error);
			}
		}
		let sent = self.propose(&client, &key, &proposal, output).await;
		let (id, done) = match sent {
			// The chain that held the announcement may have been replaced by another, or time may have passed.
			Err(error) if is_failure(&error, "Dataset", &["NotAnnounced", "AnnouncementExpired"]) => {
				self.announce(&client, &key, &proposal, &mut announcement, output).await?;
				self.propose(&client, &key, &proposal, output).await?
			}
			sent => sent?,
		};
		let proposed = Proposed {
			group: group.id,
			proposal: id,
			delta: delta.into(),
			base,
			announced: announcement.block(),
			done,
		};
		announcement.finish()?;
		let group = client.group(group.id).await?;
		let view = client.proposals(group.id).await?;
		let view = view.into_iter().find(|view| Some(view.id) == id);
		output.print(&proposed, |output| {
			show(output, &group, view.as_ref(), &proposed, self.store.store.as_deref())
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

	async fn announce(
		&self,
		client: &Client,
		key: &Key,
		proposal: &NewProposal,
		announcement: &mut Announcement,
		output: &Output,
	) -> Result<()> {
		// An earlier run may have sent it and not have seen its block. In any other case, what the account has announced is
		// another delta, and to propose this one would only show it to everybody.
		let before = announcement.block();
		let may_be_announced = !announcement.is_new() && before.is_none();
		announcement.set_block(None)?;
		let hash = announcement_hash(
			client.genesis(),
			proposal.group,
			&key.account(),
			proposal.delta.digest,
			&proposal.salt,
		);
		output.note("announcing the delta");
		let sent = send(client, key, &Call::announce(proposal.group, hash), &self.signing, output).await;
		match sent {
			Ok((included, _)) => {
				announcement.set_block(Some(included.block.number))?;
				output.note(&format!(
					"announced in block {}, proposing; if this is interrupted, run the same command again",
					included.block.number
				));
				Ok(())
			}
			Err(error) if may_be_announced && is_failure(&error, "Dataset", &["AlreadyAnnounced"]) => {
				output.note("announced before, proposing");
				Ok(())
			}
			Err(error) => {
				announcement.set_block(before)?;
				Err(error)
			}
		}
	}

	async fn propose(
		&self,
		client: &Client,
		key: &Key,
		proposal: &NewProposal,
		output: &Output,
	) -> Result<(Option<ProposalId>, Done)> {
		let (included, done) = send(client, key, &Call::propose(proposal), &self.signing, output).await?;
		Ok((included.proposal, done))
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
	next.push(format!("stakeholders vote for it: descent dataset vote --group {} --proposal {id}", group.id));
	next.push(format!("follow its check and the votes: descent dataset watch --group {}", group.id));
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
			"descent dataset vote --group 7 --proposal 3",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
	}
}
