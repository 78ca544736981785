mod chain;

use super::{Training, TrainingApiServer};
use chain::{events_of, hash, trainer, votes_of, TestChain};
use descent_protocol::view::{
	AmendmentView, BlockEvents, EmissionView, GovernanceView, GroupView, LogEntryView, OrderView, PotView,
	ProposalView, RecordingView, RoundSummary, RoundView, StakeView, ValidatorView, VotersView,
};
use jsonrpsee::{core::server::Subscription, RpcModule};
use serde::de::DeserializeOwned;
use serde_json::{json, Value};
use sp_core::crypto::Ss58Codec;
use std::{
	sync::{Arc, LazyLock},
	time::Duration,
};

const DEADLINE: Duration = Duration::from_secs(20);

fn module() -> (Arc<TestChain>, RpcModule<Training<TestChain>>) {
	let chain = Arc::new(TestChain::default());
	let module = Training::new(chain.clone()).into_rpc();
	(chain, module)
}

async fn ask(module: &RpcModule<Training<TestChain>>, method: &str, params: Value) -> Value {
	let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
	let (answer, _) = module.raw_json_request(&request.to_string(), 1).await.unwrap();
	let answer: Value = serde_json::from_str(&answer).unwrap();
	if let Some(result) = answer.get("result") {
		assert_fits(&schema()["methods"][method]["result"], result);
		if request["params"].is_object() {
			assert_fits(&schema()["methods"][method]["params"], &request["params"]);
		}
	}
	answer
}

/// The schema of what is asked and answered.
fn schema() -> &'static Value {
	static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
		let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/schema.json"));
		serde_json::from_slice(&file.expect("the schema is kept with the protocol")).expect("it is JSON")
	});
	&SCHEMA
}

/// Asserts that a value is valid by a part of the schema.
fn assert_fits(part: &Value, value: &Value) {
	assert!(part.is_object(), "the schema lacks a method");
	let whole = json!({ "$defs": schema()["$defs"], "allOf": [part] });
	let validator = jsonschema::draft202012::new(&whole).expect("it is a schema");
	let errors: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
	assert!(errors.is_empty(), "{value:#}\n{errors:#?}");
}

#[test]
fn the_schema_has_every_method() {
	let (_, module) = module();
	let mut offered: Vec<_> = module.method_names().filter(|name| !name.contains("_unsubscribe")).collect();
	let names = |part: &str| schema()[part].as_object().unwrap().keys().map(String::as_str);
	let mut told: Vec<_> = names("methods").chain(names("subscriptions")).collect();
	offered.sort_unstable();
	told.sort_unstable();
	assert_eq!(offered, told);
}

#[tokio::test]
async fn groups_and_rounds_read_as_documented() {
	let (_, module) = module();
	let versions = &ask(&module, "training_version", json!([])).await["result"];
	assert!(versions["node"].as_str().unwrap().starts_with(env!("CARGO_PKG_VERSION")));
	assert!(versions["training_api"].is_u64());
	let group = &ask(&module, "training_group", json!([0])).await["result"];
	assert_eq!(group["name"], "digits");
	assert_eq!(group["deposit"], "3000000000000");
	assert_eq!(group["owner"], trainer().to_ss58check());
	assert!(serde_json::from_value::<GroupView>(group.clone()).is_ok());
	assert_eq!(ask(&module, "training_groups", json!([])).await["result"], json!([group]));
	assert_eq!(ask(&module, "training_groups", json!([1])).await["result"], json!([]));
	assert_eq!(ask(&module, "training_groups", json!({ "limit": 0 })).await["result"], json!([]));

	let round = &ask(&module, "training_round", json!([0, 0])).await["result"];
	assert_eq!(round["phase"], "commit");
	assert_eq!(round["candidates"][0]["slashed"], "1000000000000");
	assert!(serde_json::from_value::<RoundView>(round.clone()).is_ok());

	let leaders = &ask(&module, "training_leaderboard", json!([0])).await["result"];
	assert_eq!(leaders[0]["account"], trainer().to_ss58check());
}

#[tokio::test]
async fn a_recorded_training_reads_as_documented() {
	let (_, module) = module();
	let someone = trainer().to_ss58check();
	let recording = &ask(&module, "training_recording", json!([0, 0, someone])).await["result"];
	assert_eq!(recording["recipe"]["base"], json!({ "base": "initial", "seed": 5 }));
	assert_eq!((&recording["number"], &recording["trace"]["segments"]), (&json!(2), &json!(3)));
	assert!(serde_json::from_value::<RecordingView>(recording.clone()).is_ok());
	let params = json!({ "group": 0, "round": 1, "account": someone });
	assert!(ask(&module, "training_recording", params).await["result"].is_null());
}

#[tokio::test]
async fn settled_rounds_come_in_pages() {
	let (_, module) = module();
	let history = async |params| {
		let answer = ask(&module, "training_history", params).await;
		let rows: Vec<RoundSummary> = serde_json::from_value(answer["result"].clone()).unwrap();
		rows.into_iter().map(|row| row.round).collect::<Vec<_>>()
	};
	assert_eq!(history(json!([0])).await, [0, 1, 2]);
	assert_eq!(history(json!([0, 1])).await, [1, 2]);
	assert_eq!(history(json!({ "group": 0, "limit": 1 })).await, [0]);
	let row = &ask(&module, "training_history", json!([0])).await["result"][0];
	assert_eq!((&row["winner"]["score"], &row["winner"]["reward"]), (&json!(7), &json!("1000000000000")));
}

#[tokio::test]
async fn the_log_comes_in_pages() {
	let (_, module) = module();
	let log = async |params| {
		let answer = ask(&module, "training_datasetLog", params).await;
		let log: Vec<LogEntryView> = serde_json::from_value(answer["result"].clone()).unwrap();
		log.into_iter().map(|entry| entry.version).collect::<Vec<_>>()
	};
	assert_eq!(log(json!([0])).await, [1, 2]);
	assert_eq!(log(json!([0, 2])).await, [2]);
	assert_eq!(log(json!({ "group": 0, "limit": 1 })).await, [1]);
	assert_eq!(log(json!([0, 3, 100])).await, [0; 0]);
}

#[tokio::test]
async fn what_is_voted_on_reads_as_documented() {
	let (_, module) = module();
	let proposals = &ask(&module, "training_proposals", json!([0])).await["result"];
	assert_eq!(proposals[0]["ayes"], "20000000000000");
	assert_eq!(proposals[0]["check"]["verdicts"][0][0]["verdict"], "valid");
	assert_eq!(proposals[0]["check"]["verdicts"][0][0]["added"], 5_000);
	assert!(serde_json::from_value::<Vec<ProposalView>>(proposals.clone()).is_ok());

	let amendments = &ask(&module, "training_amendments", json!([0])).await["result"];
	assert_eq!(amendments[0]["changes"], json!([{ "change": "voting_period", "blocks": 50 }]));
	assert_eq!(amendments[0]["majority"], "half");
	assert!(serde_json::from_value::<Vec<AmendmentView>>(amendments.clone()).is_ok());

	let stake = &ask(&module, "training_stake", json!([0, trainer().to_ss58check()])).await["result"];
	assert_eq!((&stake["stake"], &stake["delta"]), (&json!("20000000000000"), &json!(3)));
	assert!(serde_json::from_value::<StakeView>(stake.clone()).is_ok());
}

#[tokio::test]
async fn lists_come_whole_or_in_pages() {
	let (_, module) = module();
	let read = async |method: &str, params: Value| -> Vec<Value> {
		serde_json::from_value(ask(&module, method, params).await["result"].clone()).unwrap()
	};
	let whole = read("training_leaderboard", json!([0])).await;
	assert_eq!(whole.len(), 150);
	assert_eq!(read("training_leaderboard", json!([0, hash(1)])).await, whole, "at keeps its place");
	assert_eq!(read("training_leaderboard", json!([0, null, 140])).await, whole[140..]);
	assert_eq!(read("training_leaderboard", json!([0, null, 20, 30])).await, whole[20..50]);
	assert_eq!(read("training_leaderboard", json!({ "group": 0, "limit": 120 })).await, whole[..100]);

	let heads = read("training_retiredHeads", json!([0, null, 1, 1])).await;
	assert_eq!((heads.len(), &heads[0]["model_version"]), (1, &json!(1)));
	for method in
		["training_retiredHeads", "training_proposals", "training_amendments", "training_validators"]
	{
		let params = |from: u32| match method {
			"training_validators" => json!({ "from": from }),
			_ => json!({ "group": 0, "from": from }),
		};
		let whole = read(method, params(0)).await;
		assert_eq!(read(method, params(1)).await, whole[1..], "{method}");
		assert_eq!(read(method, params(9)).await, [Value::Null; 0], "{method}");
	}
}

#[tokio::test]
async fn voters_come_in_pages_that_name_the_next() {
	let (_, module) = module();
	for method in ["training_voters", "training_amendmentVoters"] {
		let id = if method == "training_voters" { 3 } else { 0 };
		let page = async |params: Value| -> VotersView {
			serde_json::from_value(ask(&module, method, params).await["result"].clone()).unwrap()
		};
		let first = page(json!([0, id])).await;
		assert_eq!(first.voters.len(), 20);
		let next = first.next.unwrap().to_ss58check();
		let second = page(json!([0, id, next])).await;
		assert_eq!((second.voters.len(), second.next), (10, None));
		assert_eq!(page(json!({ "group": 0, "limit": 30, "proposal": 3, "amendment": 0 })).await.next, None);
	}
	let voters = &ask(&module, "training_voters", json!([0, 3])).await["result"]["voters"];
	assert_eq!((&voters[2]["stake"], &voters[2]["pending"]), (&json!("2000000000000"), &json!("0")));
}

#[tokio::test]
async fn money_reads_as_documented() {
	let (_, module) = module();
	let emission = &ask(&module, "training_emission", json!([])).await["result"];
	assert_eq!(emission["issuance"], "11000000000000");
	assert_eq!(emission["streams"][0]["stream"], "trainers");
	assert!(serde_json::from_value::<EmissionView>(emission.clone()).is_ok());

	let pot = &ask(&module, "training_pot", json!([0])).await["result"];
	assert_eq!((&pot["winner"], &pot["keepers"]), (&json!("3000000000000"), &json!("0")));
	assert_eq!(pot["fundings"][0]["client"], trainer().to_ss58check());
	assert!(serde_json::from_value::<PotView>(pot.clone()).is_ok());

	let orders = &ask(&module, "training_orders", json!([0])).await["result"];
	assert_eq!((&orders[0]["price"], &orders[0]["mark"]), (&json!("1000000000000"), &json!(67_036)));
	assert!(serde_json::from_value::<Vec<OrderView>>(orders.clone()).is_ok());

	let rewards = &ask(&module, "training_rewards", json!([trainer().to_ss58check()])).await["result"];
	assert_eq!(*rewards, json!({ "accrued": "1000000000000", "claimed": "0" }));
}

#[tokio::test]
async fn who_validates_and_governs_reads_as_documented() {
	let (_, module) = module();
	let validators = &ask(&module, "training_validators", json!([])).await["result"];
	assert_eq!(validators[0]["standing"], json!({ "standing": "jailed", "until": 88 }));
	assert!(serde_json::from_value::<Vec<ValidatorView>>(validators.clone()).is_ok());
	let someone = json!([trainer().to_ss58check()]);
	assert_eq!(ask(&module, "training_validator", someone).await["result"], validators[0]);
	let nobody = json!([sp_core::crypto::AccountId32::new([9; 32]).to_ss58check()]);
	assert!(ask(&module, "training_validator", nobody).await["result"].is_null());

	let someone = json!([trainer().to_ss58check()]);
	assert_eq!(ask(&module, "training_gateway", someone).await["result"], "http://203.0.113.7:8081");
	let nobody = json!([sp_core::crypto::AccountId32::new([9; 32]).to_ss58check()]);
	assert!(ask(&module, "training_gateway", nobody).await["result"].is_null());

	let rules = &ask(&module, "training_validatorRules", json!([])).await["result"];
	assert_eq!((&rules["seats"], &rules["jail"]), (&json!(100), &json!(28_800)));

	let governance = &ask(&module, "training_governance", json!([])).await["result"];
	assert_eq!(governance["motions"][0]["summary"], "system.remark");
	assert_eq!(governance["treasury"], "7000000000000");
	assert!(serde_json::from_value::<GovernanceView>(governance.clone()).is_ok());
}

#[tokio::test]
async fn an_ending_is_explained_to_its_account() {
	let (_, module) = module();
	let params = json!([0, 0, trainer().to_ss58check()]);
	let answer = &ask(&module, "training_explain", params).await["result"];
	assert_eq!(answer["account"], trainer().to_ss58check());
	assert!(!answer["outcome"].is_null());
	assert!(answer["sentence"].as_str().unwrap().len() > 10);

	let stranger = sp_core::crypto::AccountId32::new([9; 32]).to_ss58check();
	let answer = &ask(&module, "training_explain", json!([0, 0, stranger])).await["result"];
	assert!(answer["outcome"].is_null());
}

#[tokio::test]
async fn what_is_not_there_is_an_error_that_says_what_to_do() {
	let (_, module) = module();
	let someone = trainer().to_ss58check();
	for (method, params, code, advice) in [
		("training_group", json!([1]), 8001, "training_groups"),
		("training_round", json!([1, 0]), 8001, "training_groups"),
		("training_leaderboard", json!([1]), 8001, "training_groups"),
		("training_explain", json!([1, 0, someone]), 8001, "training_groups"),
		("training_retiredHeads", json!([1]), 8001, "training_groups"),
		("training_history", json!([1]), 8001, "training_groups"),
		("training_datasetLog", json!([1]), 8001, "training_groups"),
		("training_proposals", json!([1]), 8001, "training_groups"),
		("training_amendments", json!([1]), 8001, "training_groups"),
		("training_pot", json!([1]), 8001, "training_groups"),
		("training_orders", json!([1]), 8001, "training_groups"),
		("training_stake", json!([1, someone]), 8001, "training_groups"),
		("training_recording", json!([1, 0, someone]), 8001, "training_groups"),
		("training_voters", json!([1, 3]), 8001, "training_groups"),
		("training_amendmentVoters", json!([1, 0]), 8001, "training_groups"),
		("training_round", json!([0, u32::MAX]), 8002, "training_group"),
		("training_voters", json!([0, 4]), 8004, "training_proposals"),
		("training_amendmentVoters", json!([0, 1]), 8004, "training_amendments"),
	] {
		let error = &ask(&module, method, params).await["error"];
		assert_eq!(error["code"], code, "{method}");
		assert!(error["message"].as_str().unwrap().contains(advice), "{error}");
	}
	for params in [json!([]), json!(["zero"]), json!([-1]), json!([0, "0x12"])] {
		assert_eq!(ask(&module, "training_group", params).await["error"]["code"], -32602);
	}
	let error = &ask(&module, "training_explain", json!([0, 0, "not an address"])).await["error"];
	assert_eq!(error["code"], -32602);
}

async fn next<T: DeserializeOwned>(subscription: &mut Subscription) -> Option<T> {
	let message = tokio::time::timeout(DEADLINE, subscription.next())
		.await
		.expect("a message comes before the deadline")?;
	Some(message.expect("it can be read").0)
}

#[tokio::test]
async fn finalized_blocks_come_once_in_order_and_without_gaps() {
	let (chain, module) = module();
	chain.finalize(2);
	let params = jsonrpsee::core::EmptyServerParams::new();
	let mut events = module.subscribe_unbounded("training_subscribeEvents", params).await.unwrap();
	chain.finalize(3);
	chain.finalize(6);
	chain.finalize(6);
	chain.finalize(7);
	for block in 3..=7 {
		let expected = BlockEvents { block, hash: hash(block), events: events_of(block) };
		assert_eq!(next(&mut events).await, Some(expected));
	}
	chain.finalize(2_000);
	let last: BlockEvents = next(&mut events).await.unwrap();
	assert_eq!(last.block, 2_000 - 255);
}

#[tokio::test]
async fn best_blocks_come_with_those_that_a_fork_brings() {
	let (chain, module) = module();
	let mut events =
		module.subscribe_unbounded("training_subscribeEvents", [json!(null), json!(false)]).await.unwrap();
	chain.import(1, true, &[]);
	chain.import(20, false, &[]);
	chain.import(13, true, &[11, 12]);
	for block in [1, 11, 12, 13] {
		let brought: BlockEvents = next(&mut events).await.unwrap();
		assert_eq!(brought.block, block);
	}
}

#[tokio::test]
async fn one_group_s_events_can_be_asked_for() {
	let (chain, module) = module();
	let mut events = module.subscribe_unbounded("training_subscribeEvents", [1]).await.unwrap();
	chain.finalize(1);
	let block: BlockEvents = next(&mut events).await.unwrap();
	assert_eq!(block.events, events_of(1)[1..].to_vec());
}

#[tokio::test]
async fn votes_are_delivered_as_events_are() {
	let (chain, module) = module();
	let params = jsonrpsee::core::EmptyServerParams::new();
	let mut all = module.subscribe_unbounded("training_subscribeVotes", params).await.unwrap();
	let mut of_one =
		module.subscribe_unbounded("training_subscribeVotes", [json!(1), json!(false)]).await.unwrap();
	chain.finalize(2);
	chain.import(3, true, &[]);
	for block in 1..=2 {
		let expected = BlockEvents { block, hash: hash(block), events: votes_of(block) };
		assert_eq!(next(&mut all).await, Some(expected));
	}
	let best: BlockEvents = next(&mut of_one).await.unwrap();
	assert_eq!((best.block, best.events), (3, votes_of(3)[1..].to_vec()));
}

#[tokio::test]
async fn one_subscription_has_both_topics() {
	let (chain, module) = module();
	let subscribe = async |topic: &str| {
		let params = [json!(null), json!(true), json!(topic)];
		module.subscribe_unbounded("training_subscribeEvents", params).await.unwrap()
	};
	let (mut all, mut votes) = (subscribe("all").await, subscribe("votes").await);
	chain.finalize(1);
	let block: BlockEvents = next(&mut all).await.unwrap();
	assert_eq!(block.events, [events_of(1), votes_of(1)].concat());
	let block: BlockEvents = next(&mut votes).await.unwrap();
	assert_eq!(block.events, votes_of(1));
}

#[tokio::test]
async fn a_subscription_ends_when_events_cannot_be_read() {
	let (chain, module) = module();
	chain.finalize(665);
	let params = jsonrpsee::core::EmptyServerParams::new();
	let mut events = module.subscribe_unbounded("training_subscribeEvents", params).await.unwrap();
	chain.finalize(666);
	let ended = tokio::time::timeout(DEADLINE, events.next::<BlockEvents>())
		.await
		.expect("it ends before the deadline");
	assert!(!matches!(ended, Some(Ok(_))));
}
