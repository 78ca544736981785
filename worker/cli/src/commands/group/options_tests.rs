use super::*;
use crate::{
	commands::group::create::{named, Content},
	content_ref::Reference,
};
use clap::Parser;
use descent_protocol::ContentRef;

#[derive(Parser)]
struct Line {
	#[command(flatten)]
	options: GroupOptions,
}

fn create(arguments: &str) -> GroupOptions {
	let line = format!("create --name m --model m.json --dataset d.parquet --provider http://a {arguments}");
	Line::try_parse_from(line.split_whitespace()).unwrap().options
}

#[test]
fn the_defaults_make_rounds() {
	let create = create("");
	assert_eq!((create.tolerance, create.minimum_improvement), (None, Score(1000)));
	assert_eq!(create.rounds.clock().unwrap().length, 200);
	assert_eq!((create.voting_period, create.quorum), (201_600, Share::percent(50)));
}

#[test]
fn impossible_rounds_are_named() {
	let error = create("--round-length 10").rounds.clock().unwrap_err().to_string();
	assert!(error.contains("--round-length") && error.contains("must not exceed"), "{error}");
	let minutes = create("--round-length 20m --reveal 1m").rounds.clock().unwrap();
	assert_eq!((minutes.length, minutes.reveal), (400, 20));
}

#[test]
fn shares_are_within_bounds() {
	let shares = |validators, keepers| Shares {
		validators: Share::percent(validators),
		keepers: Share::percent(keepers),
	};
	let create = create("");
	assert_eq!(shares(20, 5), Shares { validators: create.validators_share, keepers: create.keepers_share });
	assert!(check_shares(shares(5, 40)).is_ok());
	for wrong in [shares(4, 0), shares(41, 0), shares(20, 41)] {
		let error = check_shares(wrong).unwrap_err().to_string();
		assert!(error.starts_with("validators get 5% to 40% of what rounds earn"), "{error}");
	}
}

#[test]
fn a_round_has_as_many_winners_as_asked_for() {
	let create = create("--winners 3");
	let rules = optional_rules(create.committee_seats, create.winners, None, None);
	assert_eq!((rules.ranked_winners(), rules.iter().count()), (3, 1));
	for wrong in ["0", "9", "many"] {
		assert_eq!(parse::winners(wrong).unwrap_err(), "a round has 1 to 8 winners");
	}
}

#[test]
fn committees_have_as_many_seats_as_asked_for() {
	assert_eq!(optional_rules(create("").committee_seats, 1, None, None), OptionalRules::default());
	let rules = optional_rules(create("--committee-seats 41").committee_seats, 1, None, None);
	assert_eq!((rules.committee_seats(), rules.iter().count()), (41, 1));
	for wrong in ["0", "101", "70000", "-1", "many"] {
		let error = parse::seats(wrong).unwrap_err();
		assert_eq!(error, "a committee has 1 to 100 seats, or default");
	}
}

#[test]
fn a_file_that_is_no_description_is_refused_before_anything_is_sent() {
	let directory = tempfile::tempdir().unwrap();
	let file = directory.path().join("m.json");
	std::fs::write(&file, b"{}").unwrap();
	let create = GroupOptions { model: Some(Source::File(file)), ..create("") };
	let error = create.prepare(None, None).unwrap_err();
	assert!(format!("{error:#}").starts_with("the model description is not valid: "), "{error:#}");
}

#[test]
fn what_others_serve_needs_no_files() {
	let reference = Reference::from(ContentRef::raw(b"x").unwrap());
	let line = format!(
		"create --name m --model {reference} --dataset {reference} --provider http://a --validation \
		 {reference}"
	);
	let create = Line::try_parse_from(line.split_whitespace()).unwrap().options;
	let group = create.prepare(None, None).unwrap();
	assert_eq!(group.model, reference.content);
	assert_eq!(group.policy, EvaluationPolicy::Validation { set: reference.content, records: 1024 });
}

#[test]
fn hidden_test_sets_have_a_public_one_beside_them() {
	let (reference, series) = (ContentRef::raw(b"x").unwrap(), H256::repeat_byte(7));
	let text = Reference::from(reference).to_string();
	let parsed = |more: &str| {
		let line = format!("create --name m --model {text} --dataset {text} --provider http://a {more}");
		Line::try_parse_from(line.split_whitespace()).map(|line| line.options)
	};
	let create = parsed(&format!("--hidden-series {series:?} --otherwise {text} --records 9")).unwrap();
	let group = create.prepare(None, None).unwrap();
	assert_eq!(group.policy, EvaluationPolicy::Hidden { series, records: 9, otherwise: reference });
	assert_eq!(named(&group).last(), Some(&("public validation set", reference)));
	let content = serde_json::to_value(Content::of(&group)).unwrap();
	assert_eq!(content["hidden_series"], format!("{series:?}"));
	assert!(content["otherwise"]["cid"].is_string() && content.get("validation").is_none(), "{content}");
	for wrong in [
		format!("--hidden-series {series:?}"),
		format!("--otherwise {text}"),
		format!("--hidden-series {series:?} --otherwise {text} --validation {text}"),
		format!("--hidden-series mine --otherwise {text}"),
	] {
		assert!(parsed(&wrong).is_err(), "{wrong}");
	}
}

#[test]
fn a_group_is_called_as_its_model_unless_it_has_a_name() {
	let reference = Reference::from(ContentRef::raw(b"x").unwrap());
	let directory = tempfile::tempdir().unwrap();
	let file = directory.path().join("m.json");
	let json = r#"{"descent":1,"name":"digits","inputs":[{"column":"x","dtype":"f32","shape":[6]}],
		"target":{"column":"y","dtype":"u8","shape":[],"classes":3},
		"layers":[{"type":"linear","out":3}],"loss":"cross_entropy"}"#;
	std::fs::write(&file, json).unwrap();
	let prepared = |model: &str, more: &str| {
		let line = format!("create --model {model} --dataset {reference} --provider http://a {more}");
		let create = Line::try_parse_from(line.split_whitespace()).unwrap().options;
		create.prepare(None, None).map(|group| group.name.into_inner())
	};
	let file = file.display().to_string();
	assert_eq!(prepared(&file, "").unwrap(), b"digits");
	assert_eq!(prepared(&file, "--name mine").unwrap(), b"mine");
	let error = prepared(&reference.to_string(), "").unwrap_err().to_string();
	assert!(error.contains("--name"), "{error}");
}

#[test]
fn recordings_are_asked_for_with_an_option() {
	let rules = create("--recipe-steps 100 --winners 2");
	let recipe = rules.recipe.rule(None).unwrap();
	let rules = optional_rules(rules.committee_seats, rules.winners, recipe, None);
	assert_eq!((rules.recipe(), rules.ranked_winners()), (recipe, 2));
	assert_eq!(rules.recipe().unwrap().steps, 100);
	assert_eq!(
		optional_rules(create("").committee_seats, 1, create("").recipe.rule(None).unwrap(), None).recipe(),
		None
	);
}

#[test]
fn a_group_that_can_t_have_recordings_is_refused_before_anything_is_sent() {
	let long = "--round-length 2h";
	assert!(create(long).check().is_ok());
	let error = create(&format!("{long} --recipe-batch 8")).check().unwrap_err().to_string();
	assert!(error.contains("over in less than 2400 blocks"), "{error}");
	assert!(create("--recipe-steps 5").check().unwrap_err().to_string().contains("20 to 1,000"));

	let (directory, reference) =
		(tempfile::tempdir().unwrap(), Reference::from(ContentRef::raw(b"x").unwrap()));
	let file = directory.path().join("m.json");
	let json = r#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"f32","shape":[6]}],
		"target":{"column":"y","dtype":"u8","shape":[],"classes":3},
		"layers":[{"type":"dropout","p":0.5},{"type":"linear","out":3}],"loss":"cross_entropy"}"#;
	std::fs::write(&file, json).unwrap();
	let prepared = |more: &str| {
		let model = file.display();
		let line = format!("create --model {model} --dataset {reference} --provider http://a {more}");
		Line::try_parse_from(line.split_whitespace()).unwrap().options.prepare(None, None)
	};
	assert_eq!(prepared("").unwrap().optional_rules.recipe(), None);
	let error = prepared("--recipe-steps 100").unwrap_err().to_string();
	assert!(error.contains("layer 0 (dropout)"), "{error}");
	std::fs::write(&file, json.replace("0.5", "0")).unwrap();
	let recipe = prepared("--recipe-steps 100").unwrap().optional_rules.recipe();
	assert_eq!(recipe.map(|recipe| recipe.steps), Some(100));
	assert!(prepared("--records 65536 --recipe-steps 1000 --recipe-batch 65536").is_ok(), "a small model");
}
