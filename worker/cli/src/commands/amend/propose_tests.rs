use super::*;
use crate::fixtures::group;
use clap::Parser;
use descent_protocol::{trace::RecipeRule, ContentRef};

#[derive(Debug, Parser)]
struct Line {
	#[command(flatten)]
	propose: Propose,
}

fn changes(arguments: &str) -> Result<Changes, clap::Error> {
	let line = format!("propose --group 7 --summary why {arguments}");
	Line::try_parse_from(line.split_whitespace()).map(|line| line.propose.changes)
}

fn resolved(arguments: &str) -> Result<Vec<Change>> {
	changes(arguments)?.resolve(&group(), None)
}

#[test]
fn what_is_not_given_stays() {
	let lengths = RoundLengths { length: 40, reveal: 4, attest: 8, open: 4 };
	let (content, policy) = (ContentRef::raw(b"x").unwrap(), group().policy);
	assert_eq!(resolved("--round-length 2m").unwrap(), [Change::Clock { lengths }]);
	let EvaluationPolicy::Validation { set, .. } = policy else { panic!("{policy:?}") };
	let policy = EvaluationPolicy::Validation { set, records: 9 };
	assert_eq!(resolved("--records 9").unwrap(), [Change::Policy { policy }]);
	let policy = EvaluationPolicy::Training { records: 512 };
	assert_eq!(resolved("--training").unwrap(), [Change::Policy { policy }]);
	assert_eq!(
		resolved("--target none --quorum 30% --voting-period 1d").unwrap(),
		[
			Change::VotingPeriod { blocks: 28_800 },
			Change::Quorum { share: Share::percent(30) },
			Change::Target { score: None },
		]
	);
	let shares = Shares { validators: group().shares.validators, keepers: Share::percent(10) };
	assert_eq!(resolved("--keepers-share 10%").unwrap(), [Change::Shares { shares }]);
	let shares = Shares { validators: Share::percent(30), keepers: group().shares.keepers };
	assert_eq!(resolved("--validators-share 30%").unwrap(), [Change::Shares { shares }]);
	let set = Change::SetRule { rule: OptionalRule::Committee { seats: 41 } };
	assert_eq!(resolved("--committee-seats 41").unwrap(), [set]);
	let set = Change::SetRule { rule: OptionalRule::RankedWinners { winners: 3 } };
	assert_eq!(resolved("--winners 3").unwrap(), [set]);
	let remove = Change::RemoveRule { rule: OptionalRuleKind::RankedWinners };
	assert_eq!(resolved("--winners 1").unwrap(), [remove]);
	let remove = Change::RemoveRule { rule: OptionalRuleKind::Committee };
	assert_eq!(resolved("--committee-seats default").unwrap(), [remove]);
	let reference = crate::content_ref::Reference::from(content);
	assert_eq!(
		resolved(&format!("--model {reference}")).unwrap_err().to_string(),
		"this is the model that the group has"
	);
}

#[test]
fn recordings_are_asked_for_changed_and_given_up() {
	let recipe = RecipeRule {
		steps: 200,
		batch: 8,
		smallest_rate: 10_000,
		largest_rate: 100_000_000,
		exact: false,
		work_reward: None,
	};
	let set = |recipe| [Change::SetRule { rule: OptionalRule::Recipe { recipe } }];
	assert_eq!(resolved("--recipe-batch 8").unwrap(), set(recipe));
	let mut recorded = group();
	recorded.optional_rules.set(OptionalRule::Recipe { recipe });
	let changed = |arguments: &str| changes(arguments).unwrap().resolve(&recorded, None);
	let exact = RecipeRule { exact: true, ..recipe };
	assert_eq!(changed("--recipe-precision f64").unwrap(), set(exact));
	let none = [Change::RemoveRule { rule: OptionalRuleKind::Recipe }];
	assert_eq!(changed("--recipe-steps none").unwrap(), none);
	assert_eq!(changed("--quorum 30%").unwrap(), [Change::Quorum { share: Share::percent(30) }]);
	assert!(changed("--recipe-steps none --recipe-batch 8").is_err());
}

#[tokio::test]
async fn a_group_that_can_t_keep_recordings_is_told_before_anything_is_sent() {
	let folder = tempfile::tempdir().unwrap();
	let store = Store::open(folder.path().join("store"), 1 << 20).unwrap();
	let json = r#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"f32","shape":[6]}],
		"target":{"column":"y","dtype":"u8","shape":[],"classes":3},
		"layers":[{"type":"dropout","p":0.5},{"type":"linear","out":3}],"loss":"cross_entropy"}"#;
	let group = GroupView { model: store.import(json.as_bytes()).unwrap(), providers: vec![], ..group() };
	let mut recorded = group.clone();
	recorded.optional_rules.set(resolved_rule("--recipe-batch 8"));
	let checked = async |group: &GroupView, store: Option<&Store>, arguments: &str| {
		changes(arguments).unwrap().check_recordings(group, store, PrivateArg::default()).await
	};
	let store = Some(&store);
	for (group, arguments, part) in [
		(&group, "--recipe-batch 8", "layer 0 (dropout)"),
		(&recorded, "--records 9", "layer 0 (dropout)"),
		(&recorded, "--round-length 2h", "less than 2400 blocks"),
		(&group, "--recipe-steps 7", "20 to 1,000 steps"),
	] {
		let error = checked(group, store, arguments).await.unwrap_err().to_string();
		assert!(error.contains(part), "{arguments}: {error}");
	}
	for (group, arguments) in [
		(&group, "--round-length 2h"),
		(&recorded, "--quorum 30%"),
		(&recorded, "--recipe-steps none --round-length 2h"),
	] {
		assert_eq!(checked(group, store, arguments).await.unwrap(), None, "{arguments}");
	}
	let sound = folder.path().join("sound.json");
	std::fs::write(&sound, json.replace("0.5", "0")).unwrap();
	let arguments = format!("--recipe-batch 8 --model {}", sound.display());
	assert_eq!(checked(&group, store, &arguments).await.unwrap(), None);
	let warning = checked(&group, None, "--recipe-batch 8").await.unwrap().unwrap();
	assert!(warning.contains("not checked"), "{warning}");
}

#[tokio::test]
async fn a_file_that_is_no_checkpoint_of_the_model_is_refused() {
	let folder = tempfile::tempdir().unwrap();
	let store = Store::open(folder.path().join("store"), 1 << 20).unwrap();
	let json = r#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"f32","shape":[2]}],
		"target":{"column":"y","dtype":"u8","shape":[],"classes":3},
		"layers":[{"type":"linear","out":3,"bias":false}],"loss":"cross_entropy"}"#;
	let group = GroupView { model: store.import(json.as_bytes()).unwrap(), providers: vec![], ..group() };
	let file = folder.path().join("head");
	let values = [0; 24];
	let write = |shape: Vec<usize>| {
		let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape, &values).unwrap();
		safetensors::serialize_to_file([("layers.0.weight", view)], None, &file).unwrap();
	};
	let checked = async |store: Option<&Store>| {
		let arguments = format!("--pretrained {}", file.display());
		changes(&arguments).unwrap().check_pretrained(&group, store, PrivateArg::default()).await
	};
	write(vec![3, 2]);
	assert_eq!(checked(Some(&store)).await.unwrap(), None);
	write(vec![2, 3]);
	let error = format!("{:#}", checked(Some(&store)).await.unwrap_err());
	assert!(error.contains("head is no checkpoint of this model") && error.contains("not [3, 2]"), "{error}");
	let warning = checked(None).await.unwrap().unwrap();
	assert!(warning.contains("is a checkpoint of the model is not checked"), "{warning}");
}

/// The rule that an amendment sets.
fn resolved_rule(arguments: &str) -> OptionalRule {
	match resolved(arguments).unwrap()[..] {
		[Change::SetRule { rule }] => rule,
		ref changes => panic!("{changes:?}"),
	}
}

#[test]
fn hidden_test_sets_take_the_place_of_a_validation_set() {
	let (series, other) = (H256::repeat_byte(7), H256::repeat_byte(8));
	let EvaluationPolicy::Validation { set, .. } = group().policy else { panic!("{:?}", group().policy) };
	let measured = |now: EvaluationPolicy, arguments: &str| {
		let group = GroupView { policy: now, ..group() };
		changes(arguments).unwrap().resolve(&group, None).map(|changes| match &changes[..] {
			[Change::Policy { policy }] => *policy,
			_ => panic!("{changes:?}"),
		})
	};
	let hidden = EvaluationPolicy::Hidden { series, records: 512, otherwise: set };
	assert_eq!(measured(group().policy, &format!("--hidden-series {series:?}")).unwrap(), hidden);
	let longer = EvaluationPolicy::Hidden { series, records: 9, otherwise: set };
	assert_eq!(measured(hidden, "--records 9").unwrap(), longer);
	let next = EvaluationPolicy::Hidden { series: other, records: 512, otherwise: set };
	assert_eq!(measured(hidden, &format!("--hidden-series {other:?}")).unwrap(), next);
	let reference = ContentRef::raw(b"y").unwrap();
	let text = crate::content_ref::Reference::from(reference);
	let public = EvaluationPolicy::Hidden { series, records: 512, otherwise: reference };
	assert_eq!(measured(hidden, &format!("--otherwise {text}")).unwrap(), public);
	let training = EvaluationPolicy::Training { records: 512 };
	assert_eq!(measured(hidden, "--training").unwrap(), training);

	let refused = |now, arguments: &str| measured(now, arguments).unwrap_err().to_string();
	assert!(refused(training, &format!("--hidden-series {series:?}")).contains("--otherwise"));
	assert!(refused(group().policy, &format!("--otherwise {text}")).contains("--hidden-series"));
	for arguments in ["--training --otherwise x", &format!("--validation x --hidden-series {series:?}")] {
		assert!(changes(arguments).is_err(), "{arguments}");
	}
}

#[test]
fn what_can_t_be_is_refused_with_what_to_do() {
	let other = crate::content_ref::Reference::from(ContentRef::raw(b"y").unwrap());
	let everything = format!(
		"--voting-period 1d --quorum 1% --round-length 40 --minimum-improvement 1 --records 1 --target 1 \
		 --keepers-share 1% --provider http://a --model {other}"
	);
	for (arguments, part) in [
		("--round-length 5", "--round-length"),
		("--validators-share 4%", "--validators-share"),
		("--keepers-share 41%", "--keepers-share"),
		(&"--provider http://a ".repeat(9), "at most 8 providers"),
		(&everything, "at most 8 changes"),
		("--model nowhere.json", "opening nowhere.json"),
	] {
		let error = format!("{:#}", resolved(arguments).unwrap_err());
		assert!(error.contains(part), "{error}");
	}
	for arguments in [
		"--voting-period 0",
		"--quorum 0%",
		"--quorum 20",
		"--records 0",
		"--training --validation v.parquet",
	] {
		assert!(changes(arguments).is_err(), "{arguments}");
	}
}

#[tokio::test]
async fn an_amendment_changes_something() {
	let line = Line::try_parse_from("propose --group 7 --summary why".split_whitespace()).unwrap();
	let global = Global { nodes: vec!["nowhere".into()], network: None, json: true };
	let error = line.propose.run(&global, &Output::new(true)).await.unwrap_err();
	assert!(error.to_string().starts_with("name what to change"), "{error}");
}

#[test]
fn says_who_has_to_vote() {
	let own = StakeView {
		group: 7,
		account: descent_client::AccountId::new([1; 32]),
		stake: 600 * descent_client::UNIT,
		pending: 0,
		total: group().stake,
		unstaking: vec![],
		delta: None,
		amendments: vec![],
	};
	let changes = resolved("--quorum 30%").unwrap();
	let proposed =
		Proposed { group: 7, amendment: Some(2), majority: majority(&changes), changes, done: Done::at(70) };
	let text = show(&Output::new(true), &group(), &own, &proposed);
	for part in [
		"quorum 30%",
		"more than 1/2 of all stake, which is 1500 NRN",
		"600 NRN, 40% of all stake",
		"descent amend vote 7 2",
	] {
		assert!(text.contains(part), "{part} in\n{text}");
	}
}
