//! The command `descent model provenance`.

mod walk;

use super::wanted::no_head;
use crate::{
	args::Global,
	commands::recording,
	content_ref::Reference,
	output::{plain, Output, Style},
	positional::GroupArg,
	table::fields,
};
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_protocol::{trace::Base, view::RoundView, GroupId, RoundIndex};
use serde::Serialize;
use walk::{walk, End, OnNode, Proof, Replay, Revealed, Step};

const EXAMPLES: &str = "Examples:
  descent model provenance mnist
  descent model provenance 0 --round 3 --json | jq '.trainings[].recording.trace.root'

Goes back from the head, or from the winner of a round, training by training, as long as the chain keeps \
their recordings: those of the last 256 settled rounds. A replay is exact where a training was made in f64: \
nothing but its recipe, on its records, leads to the weights. It is close where a training was made in f32 \
or bf16: the work was done, and some of each segment's way may have come from elsewhere. Of each training \
the committee replays one segment, which its trainer did not know beforehand.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Provenance {
	#[command(flatten)]
	group: GroupArg,
	/// Round whose winner to go back from; the head, which is the best so far, unless given
	#[arg(long, value_name = "R")]
	round: Option<RoundIndex>,
}

/// The trainings that led to a checkpoint, the last one first.
#[derive(Debug, Serialize)]
struct Shown {
	group: GroupId,
	name: String,
	trainings: Vec<Step>,
	#[serde(flatten)]
	end: End,
}

impl Provenance {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let client = global.connect().await?;
		let group = client.group(self.group.id(global).await?).await?;
		let from = match self.round {
			Some(round) => winner(&client.round(group.id, round).await?)?,
			None => {
				let head = group.head.clone().with_context(|| no_head(&group))?;
				Revealed { round: head.round, account: head.account }
			}
		};
		let spinner = output.spinner("going back from round to round");
		let walked = walk(&OnNode { client: &client, group: group.id }, from).await;
		spinner.finish_and_clear();
		let (trainings, end) = walked?;
		let end = match (end, group.optional_rules.pretrained().map(Reference::from)) {
			(End::BaseNotKept { checkpoint }, Some(pretrained)) if checkpoint == pretrained => {
				End::Pretrained { checkpoint }
			}
			(end, _) => end,
		};
		let shown = Shown { group: group.id, name: group.name, trainings, end };
		output.print(&shown, |output| show(output, &shown))
	}
}

/// Returns the checkpoint that has won a round.
fn winner(round: &RoundView) -> Result<Revealed> {
	let number = round.round;
	ensure!(round.settled, "round {number} is not settled yet, so that nobody has won it");
	let winner = round.winner.clone();
	let account = winner.with_context(|| {
		format!(
			"nobody has won round {number}, or the chain does not keep it any more; `descent round list` \
			 shows the rounds that it keeps"
		)
	})?;
	Ok(Revealed { round: number, account })
}

fn show(output: &Output, shown: &Shown) -> String {
	let title = format!("group {} {}", shown.group, plain(&shown.name));
	let mut parts = vec![output.paint(Style::Bold, &title)];
	let before = shown.trainings.iter().skip(1).map(Some).chain([None]);
	parts.extend(shown.trainings.iter().zip(before).map(|(step, before)| training(output, step, before)));
	parts.push(end(&shown.end));
	parts.join("\n\n")
}

/// A training in lines. `before` is the one that it went on from, where that is known.
fn training(output: &Output, step: &Step, before: Option<&Step>) -> String {
	let began = match (step.recording.recipe.base, before) {
		(Base::Checkpoint { .. }, Some(before)) => format!("the checkpoint of round {}", before.round),
		(base, _) => recording::base(&base),
	};
	let mut pairs = vec![
		("round", step.round.to_string()),
		("trainer", step.account.to_string()),
		("checkpoint", step.checkpoint.to_string()),
	];
	pairs.extend(step.measured.map(|score| ("measured", score.to_string())));
	pairs.extend([
		("data set", format!("version {}", step.dataset_version)),
		("training", recording::training(&step.recording)),
		("replay", replay(step)),
		("began with", began),
	]);
	fields(output, &pairs)
}

/// The committee's finding in words.
fn replay(step: &Step) -> String {
	let segment = format!("segment {} of {}", step.recording.number, step.recording.trace.segments);
	match (step.replay, step.proof) {
		(Replay::Matched, Proof::Exact) => {
			format!("exact: {segment} was replayed and leads to the same weights")
		}
		(Replay::Matched, Proof::Close) => {
			format!("close: {segment} was replayed and leads to about these weights")
		}
		(Replay::Departed, _) => {
			format!("departed: {segment} was replayed and does not lead to these weights")
		}
		(Replay::Unconfirmed, _) => {
			let outcome = step.outcome.map_or("not settled yet".into(), |outcome| outcome.to_string());
			format!("none that a committee confirmed: {outcome}; {segment} was drawn")
		}
	}
}

/// The end of the way back in words.
fn end(end: &End) -> String {
	match end {
		End::Initial { seed } => {
			format!("It began with the initial weights of the seed {seed}: nothing is missing.")
		}
		End::RoundNotKept { round } => format!(
			"The recording of round {round} is not kept any more: the chain keeps those of the last 256 \
			 settled rounds."
		),
		End::NotRecorded { round } => {
			format!("The group asked for no recordings in round {round}: nobody knows how its checkpoints were made.")
		}
		End::Pretrained { checkpoint } => format!(
			"The first of them began with {checkpoint}, the pretrained checkpoint of the group: the chain does \
			 not know how that was made."
		),
		End::BaseNotKept { checkpoint } => format!(
			"The first of them began with {checkpoint}, whose round is not kept any more: the chain keeps \
			 the last 256 settled rounds."
		),
	}
}

#[cfg(test)]
mod tests {
	use super::{
		walk::tests::{account, after, checkpoint, entry, Fake},
		*,
	};
	use crate::commands::model::wanted;
	use descent_protocol::{trace::Precision, Outcome};

	async fn shown(precision: Precision) -> Shown {
		let seed = Some(Base::Initial { seed: 5 });
		let fake = Fake::new(&[
			entry(2, 1, Outcome::Outranked, seed),
			entry(5, 2, Outcome::Departed, after(2, 1)),
			entry(9, 3, Outcome::Won, after(5, 2)),
		]);
		let (mut trainings, end) = walk(&fake, Revealed { round: 9, account: account(3) }).await.unwrap();
		trainings[0].proof = precision.into();
		Shown { group: 7, name: "mnist\u{7}".into(), trainings, end }
	}

	#[tokio::test]
	async fn each_training_is_told_with_its_replay() {
		let text = show(&Output::new(true), &shown(Precision::F32).await);
		let reference = crate::content_ref::Reference::from(checkpoint(9, 3)).to_string();
		for part in [
			"group 7 mnist\u{fffd}\n\nround       9\n",
			reference.as_str(),
			"data set    version 109",
			"training    140 segments of 200 steps of 64 records, in f32",
			"close: segment 17 of 140 was replayed and leads to about these weights\nbegan with  the checkpoint of \
			 round 5",
			"departed: segment 17 of 140",
			"none that a committee confirmed: outranked; segment 17 of 140 was drawn\nbegan with  the initial \
			 weights of the seed 5",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		assert!(
			text.ends_with("\n\nIt began with the initial weights of the seed 5: nothing is missing."),
			"{text}"
		);
		let text = show(&Output::new(true), &shown(Precision::F64).await);
		assert!(text.contains("exact: segment 17 of 140"), "{text}");
	}

	#[tokio::test]
	async fn programs_read_the_same() {
		let json = serde_json::to_value(shown(Precision::F64).await).unwrap();
		assert_eq!((&json["end"], &json["seed"]), (&"initial".into(), &5.into()));
		let [first, second, third] = &json["trainings"].as_array().unwrap()[..] else { panic!("{json}") };
		assert_eq!(
			(&first["round"], &first["proof"], &first["replay"]),
			(&9.into(), &"exact".into(), &"matched".into())
		);
		assert_eq!((&second["proof"], &second["replay"]), (&"close".into(), &"departed".into()));
		assert_eq!((&third["replay"], &third["recording"]["number"]), (&"unconfirmed".into(), &17.into()));
		assert!(first["checkpoint"]["cid"].is_string() && first["account"].is_string());
	}

	#[test]
	fn the_end_of_the_way_is_said_plainly() {
		let not_kept = end(&End::RoundNotKept { round: 3 });
		assert!(not_kept.contains("round 3 is not kept any more"), "{not_kept}");
		assert!(end(&End::NotRecorded { round: 3 }).contains("no recordings in round 3"));
		let given = end(&End::Pretrained { checkpoint: checkpoint(1, 1).into() });
		assert!(given.contains("the pretrained checkpoint of the group"), "{given}");
		let base = end(&End::BaseNotKept { checkpoint: checkpoint(1, 1).into() });
		assert!(base.contains("not kept any more"), "{base}");
	}

	#[test]
	fn a_round_without_a_winner_has_nothing_to_go_back_from() {
		let round = wanted::tests::round();
		assert_eq!(winner(&round).unwrap(), Revealed { round: 2, account: account(1) });
		let refused = |round| winner(&round).unwrap_err().to_string();
		assert!(refused(RoundView { settled: false, ..round.clone() }).contains("not settled yet"));
		assert!(refused(RoundView { winner: None, ..round }).contains("nobody has won round 2"));
	}
}
