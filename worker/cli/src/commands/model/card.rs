//! The model card of an exported model, in the form of the Hugging Face Hub.

use super::wanted::Wanted;
use crate::{content_ref::Reference, format, output::plain};
use descent_dataset::{Description, Dtype, Loss};
use descent_protocol::Metric;

/// Text for people on the format descent.
const DESCENT: &str = include_str!("card_descent.md");
/// Text for people on the format transformers.
const TRANSFORMERS: &str = include_str!("card_transformers.md");

/// Facts of a checkpoint that its card tells.
pub(super) struct Card<'a> {
	pub wanted: &'a Wanted,
	pub description: &'a Description,
	/// Hash of the chain's first block, in hex.
	pub genesis: String,
	/// The version of the data set in the checkpoint's round, where it is known.
	pub dataset: Option<Dataset>,
	/// True for files that `transformers` reads.
	pub transformers: bool,
}

/// A version of a group's data set.
pub(super) struct Dataset {
	pub version: u32,
	/// Its root, in hex, where the log has it.
	pub root: Option<String>,
}

impl Card<'_> {
	/// The card: a front matter in YAML that the Hub reads, then text for people.
	pub(super) fn text(&self) -> String {
		format!("---\n{}---\n\n{}", self.front_matter(), self.body())
	}

	fn front_matter(&self) -> String {
		let group = &self.wanted.group;
		let library = if self.transformers { "transformers" } else { "descent" };
		let pipeline = match self.transformers {
			true => "pipeline_tag: text-generation\n",
			false => "",
		};
		let task = self.task();
		let metric = self.metric();
		format!(
			"library_name: {library}\n{pipeline}tags:\n- descent\n- safetensors\nmodel-index:\n\
			 - name: {name}\n  results:\n  - task:\n      type: {task}\n\
			 \u{20}   dataset:\n      name: {dataset}\n      type: descent\n\
			 \u{20}   metrics:\n    - type: {metric}\n      value: {score}\n      name: {measured}\n",
			name = quoted(&group.name),
			dataset = quoted(&format!("group {} of {}", group.id, self.genesis)),
			score = self.wanted.head.score,
			measured = quoted(&format!("{metric} in round {}", self.wanted.head.round)),
		)
	}

	fn body(&self) -> String {
		let (group, head) = (&self.wanted.group, &self.wanted.head);
		let name = literal(&group.name);
		let mut rows = vec![
			("group", format!("{} {name}", group.id)),
			("chain (genesis)", code(&self.genesis)),
			("round", head.round.to_string()),
			("trainer", code(&head.account.to_string())),
			(self.metric(), head.score.to_string()),
			("measured by", self.measured_by()),
		];
		if let Some(measured) = &head.measured_on {
			rows.push(("measured on", format::policy(&measured.policy)));
		}
		rows.extend(self.dataset.iter().map(|dataset| {
			let root =
				dataset.root.as_ref().map_or_else(String::new, |root| format!(", root {}", code(root)));
			("data set", format!("version {}{root}", dataset.version))
		}));
		rows.extend([
			("parameters", self.description.plan().parameter_values.to_string()),
			("checkpoint (CID:bytes)", code(&Reference::from(head.checkpoint).to_string())),
			("model description (CID:bytes)", code(&Reference::from(group.model).to_string())),
		]);
		let table: String = rows.iter().map(|(name, value)| format!("| {name} | {value} |\n")).collect();
		format!(
			"# {name}\n\nThe best checkpoint of a training group on a Descent chain, or the winner of one of \
			 its rounds. Trainers compete to lower the {metric}. A committee of validators measures every \
			 candidate, and a score counts if two thirds of it have measured the same number.\n\n\
			 | | |\n|---|---|\n{table}\n{usage}",
			metric = self.metric(),
			usage = if self.transformers { TRANSFORMERS } else { DESCENT }
		)
	}

	/// Number of the validators whose measurements made the score.
	fn measured_by(&self) -> String {
		let Some(round) = &self.wanted.round else {
			return "a committee whose round the chain no longer keeps".into();
		};
		let opened = round.committee.iter().filter(|member| member.opened).count();
		let winner = round.candidates.iter().find(|candidate| candidate.account == self.wanted.head.account);
		match winner.and_then(|winner| winner.tally.as_ref()) {
			Some(tally) => format!(
				"{} validators measured this number, of a committee of {}, {opened} of whom answered",
				tally.matches,
				round.committee.len()
			),
			None => format!("{opened} validators of a committee of {}", round.committee.len()),
		}
	}

	fn metric(&self) -> &'static str {
		match self.wanted.group.metric {
			Metric::Loss => "loss",
			Metric::Error => "error rate",
		}
	}

	fn is_tokens(&self) -> bool {
		self.description.inputs().len() == 1 && self.description.vocabulary(0).is_some()
	}

	/// The Hub's name of what the model does.
	fn task(&self) -> &'static str {
		let (input, target) = (self.description.input(), self.description.target());
		let is_image = self.description.inputs().len() == 1
			&& input.dtype == Dtype::U8
			&& (2..=3).contains(&input.shape.len());
		match (self.description.loss(), self.is_tokens(), is_image) {
			(Loss::CrossEntropy, true, _) if !target.shape.is_empty() => "text-generation",
			(Loss::CrossEntropy, true, _) => "text-classification",
			(Loss::CrossEntropy, false, true) => "image-classification",
			(Loss::CrossEntropy, false, false) => "tabular-classification",
			(Loss::Mse, ..) => "tabular-regression",
		}
	}
}

/// A stranger's text as a string of YAML, of which JSON's are a part.
fn quoted(text: &str) -> String {
	serde_json::Value::from(plain(text)).to_string()
}

/// A stranger's text in Markdown, where it makes neither links nor HTML.
fn literal(text: &str) -> String {
	let mut literal = String::new();
	for letter in plain(text).chars() {
		if letter.is_ascii_punctuation() {
			literal.push('\\');
		}
		literal.push(letter);
	}
	literal
}

fn code(text: &str) -> String {
	format!("`{text}`")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::model::{export::tests::classifier, wanted};
	use descent_client::AccountId;
	use descent_protocol::{view::MemberView, Tally};

	fn card(wanted: &Wanted) -> String {
		let dataset = Dataset { version: 2, root: Some("0xda7a".into()) };
		let genesis = "0x9e".into();
		Card { wanted, description: &classifier(), genesis, dataset: Some(dataset), transformers: false }
			.text()
	}

	#[test]
	fn the_card_says_what_was_measured_and_by_whom() {
		let mut wanted = wanted::tests::wanted();
		let member = |opened| MemberView { account: AccountId::new([9; 32]), attested: true, opened };
		let round = wanted.round.as_mut().unwrap();
		round.committee = vec![member(true), member(true), member(true), member(false)];
		round.candidates[1].tally = Some(Tally { matches: 3, ..Tally::default() });
		let text = card(&wanted);
		for part in [
			"library_name: descent\n",
			"    - type: loss\n      value: 0.071234\n",
			"| data set | version 2, root `0xda7a` |",
			"| chain (genesis) | `0x9e` |",
			"3 validators measured this number, of a committee of 4, 3 of whom answered",
			&Reference::from(wanted.head.checkpoint).to_string(),
			"type: tabular-classification",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		wanted.round = None;
		assert!(card(&wanted).contains("whose round the chain no longer keeps"));
	}

	#[test]
	fn the_card_of_a_language_model_names_the_library_that_reads_it() {
		let (wanted, description) =
			(wanted::tests::wanted(), crate::commands::model::gpt2::tests::description());
		let (genesis, dataset) = ("0x9e".into(), None);
		let card = Card { wanted: &wanted, description: &description, genesis, dataset, transformers: true };
		let text = card.text();
		assert!(
			text.starts_with("---\nlibrary_name: transformers\npipeline_tag: text-generation\n"),
			"{text}"
		);
		assert!(text.contains("AutoModelForCausalLM") && !text.contains("modeling"), "{text}");
	}

	#[test]
	fn a_name_breaks_out_of_neither_yaml_nor_markdown() {
		let mut wanted = wanted::tests::wanted();
		wanted.group.name = "\"x\"\n---\n<img> [a](http://b)".into();
		let text = card(&wanted);
		assert_eq!(text.lines().filter(|line| *line == "---").count(), 2, "{text}");
		assert!(text.contains(r#"- name: "\"x\""#), "{text}");
		assert!(!text.split("---\n").nth(2).unwrap().contains("<img>"), "{text}");
	}
}
