//! The methods, with their params and answers.

use super::{Account, Hash};
use crate::{
	view::{
		AmendmentView, BlockEvents, CustodyView, EmissionView, EventTopic, Explanation, GovernanceView,
		GroupView, HeadView, KeptView, LogEntryView, OrderView, PotView, ProposalView, RecordingView,
		RewardsView, RoundSummary, RoundTestSetView, RoundView, StakeView, StandingView, TestSetSeriesView,
		ValidatorRules, ValidatorView, Versions, VotersView,
	},
	AmendmentId, GroupId, ProposalId, RoundIndex,
};
use alloc::{string::String, vec::Vec};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{json, Map, Value};

/// A param: its name, and the schema of its type.
type Param = (&'static str, fn(&mut SchemaGenerator) -> Schema);

const fn param<T: JsonSchema>(name: &'static str) -> Param {
	(name, SchemaGenerator::subschema_for::<T>)
}

const GROUP: Param = param::<GroupId>("group");
const ROUND: Param = param::<RoundIndex>("round");
const ACCOUNT: Param = param::<Account>("account");
const SERIES: Param = param::<Hash>("series");
const AT: Param = param::<Option<Hash>>("at");
const FROM: Param = param::<Option<u32>>("from");
const LIMIT: Param = param::<Option<u32>>("limit");

/// Methods with their schemas.
struct Table<'a> {
	generator: &'a mut SchemaGenerator,
	methods: Map<String, Value>,
}

impl Table<'_> {
	/// Adds a method whose answer, named `answer`, is an `R`. The required params come first in a list.
	fn add<R: JsonSchema>(&mut self, answer: &str, name: &str, required: &[Param], optional: &[Param]) {
		let all = || required.iter().chain(optional);
		let order: Vec<_> = all().map(|(name, _)| *name).collect();
		let properties: Map<_, _> =
			all().map(|(name, schema)| (String::from(*name), schema(self.generator).to_value())).collect();
		let required: Vec<_> = required.iter().map(|(name, _)| *name).collect();
		let params = json!({ "type": "object", "properties": properties, "required": required });
		let mut method = Map::new();
		method.insert("params".into(), params);
		method.insert("order".into(), json!(order));
		method.insert(answer.into(), self.generator.subschema_for::<R>().to_value());
		self.methods.insert(name.into(), method.into());
	}

	fn read<R: JsonSchema>(&mut self, name: &str, required: &[Param], optional: &[Param]) {
		self.add::<R>("result", name, required, optional);
	}
}

/// Returns the params and the result of each method that is asked once. Params are a list in the order of
/// `order`, or an object.
pub(super) fn methods(generator: &mut SchemaGenerator) -> Value {
	let mut table = Table { generator, methods: Map::new() };
	table.read::<Versions>("training_version", &[], &[AT]);
	table.read::<Vec<GroupView>>("training_groups", &[], &[FROM, LIMIT, AT]);
	table.read::<GroupView>("training_group", &[GROUP], &[AT]);
	table.read::<RoundView>("training_round", &[GROUP, ROUND], &[AT]);
	table.read::<Vec<RoundSummary>>("training_history", &[GROUP], &[FROM, LIMIT, AT]);
	table.read::<Vec<StandingView>>("training_leaderboard", &[GROUP], &[AT, FROM, LIMIT]);
	table.read::<Vec<HeadView>>("training_retiredHeads", &[GROUP], &[AT, FROM, LIMIT]);
	table.read::<Explanation>("training_explain", &[GROUP, ROUND, ACCOUNT], &[AT]);
	table.read::<EmissionView>("training_emission", &[], &[AT]);
	table.read::<PotView>("training_pot", &[GROUP], &[AT]);
	table.read::<Vec<OrderView>>("training_orders", &[GROUP], &[AT]);
	table.read::<RewardsView>("training_rewards", &[ACCOUNT], &[AT]);
	table.read::<Vec<ValidatorView>>("training_validators", &[], &[AT, FROM, LIMIT]);
	table.read::<Option<ValidatorView>>("training_validator", &[ACCOUNT], &[AT]);
	table.read::<ValidatorRules>("training_validatorRules", &[], &[AT]);
	table.read::<GovernanceView>("training_governance", &[], &[AT]);
	table.read::<Option<String>>("training_gateway", &[ACCOUNT], &[AT]);
	table.read::<Option<TestSetSeriesView>>("training_testSetSeries", &[SERIES], &[AT]);
	table.read::<Option<RoundTestSetView>>("training_roundTestSet", &[GROUP, ROUND], &[AT]);
	table.read::<Option<RecordingView>>("training_recording", &[GROUP, ROUND, ACCOUNT], &[AT]);
	table.read::<Option<CustodyView>>("training_custody", &[GROUP], &[AT]);
	table.read::<Vec<KeptView>>("training_keptContent", &[GROUP], &[FROM, LIMIT, AT]);
	votes(&mut table);
	table.methods.into()
}

fn votes(table: &mut Table) {
	let begin = param::<Option<Account>>("from");
	let (proposal, amendment) = (param::<ProposalId>("proposal"), param::<AmendmentId>("amendment"));
	table.read::<Vec<LogEntryView>>("training_datasetLog", &[GROUP], &[FROM, LIMIT, AT]);
	table.read::<Vec<ProposalView>>("training_proposals", &[GROUP], &[AT, FROM, LIMIT]);
	table.read::<Vec<AmendmentView>>("training_amendments", &[GROUP], &[AT, FROM, LIMIT]);
	table.read::<VotersView>("training_voters", &[GROUP, proposal], &[begin, LIMIT, AT]);
	table.read::<VotersView>("training_amendmentVoters", &[GROUP, amendment], &[begin, LIMIT, AT]);
	table.read::<StakeView>("training_stake", &[GROUP, ACCOUNT], &[AT]);
}

/// Returns the params of each subscription, and its messages.
pub(super) fn subscriptions(generator: &mut SchemaGenerator) -> Value {
	let mut table = Table { generator, methods: Map::new() };
	let (group, finalized) = (param::<Option<GroupId>>("group"), param::<Option<bool>>("finalized"));
	let topic = param::<Option<EventTopic>>("topic");
	table.add::<BlockEvents>("message", "training_subscribeEvents", &[], &[group, finalized, topic]);
	table.add::<BlockEvents>("message", "training_subscribeVotes", &[], &[group, finalized]);
	table.methods.into()
}
