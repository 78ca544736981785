//! The calls of the chain that a client makes, by the names of their arguments.

use descent_protocol::{
	Clock, Codec, ContentRef, EvaluationPolicy, GroupId, Metric, RoundIndex, Salt, Score,
};
use sp_core::{crypto::AccountId32, H256};
use subxt::{
	dynamic::{transaction, Value},
	ext::scale_value::Composite,
	tx::DynamicPayload,
};

/// A call, ready to be encoded against a chain's metadata.
pub(crate) type Call = DynamicPayload<Composite<()>>;

/// A training group to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
	/// Its name, 1 to 64 bytes of UTF-8.
	pub name: String,
	/// The model description.
	pub model: ContentRef,
	/// The first delta of the data set.
	pub dataset: ContentRef,
	/// Base addresses of gateways that serve model and data, at most 8 of at most 128 bytes.
	pub providers: Vec<String>,
	/// What is to be lowered.
	pub metric: Metric,
	/// On what it is measured.
	pub policy: EvaluationPolicy,
	/// How far a measured score may be from its claim, in micro-units.
	pub tolerance: u64,
	/// How much a candidate has to be better than the head, in micro-units.
	pub minimum_improvement: u64,
	/// The lengths of its rounds. A start that has passed becomes the next block.
	pub clock: Clock,
	/// The smallest deposit of a commitment, in the token's smallest unit.
	pub deposit: u128,
}

/// A checkpoint to be revealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
	/// The group.
	pub group: GroupId,
	/// The round.
	pub round: RoundIndex,
	/// The safetensors file.
	pub checkpoint: ContentRef,
	/// The salt of the commitment.
	pub salt: Salt,
	/// The claimed score.
	pub claim: Score,
	/// Base addresses of gateways that serve the checkpoint, at most 8 of at most 128 bytes.
	pub providers: Vec<String>,
}

fn call<const N: usize>(pallet: &str, name: &str, arguments: [(&str, Value); N]) -> Call {
	transaction(pallet, name, Composite::named(arguments))
}

fn number(value: impl Into<u128>) -> Value {
	Value::u128(value.into())
}

fn unit(variant: &str) -> Value {
	Value::unnamed_variant(variant, [])
}

fn content(content: &ContentRef) -> Value {
	let codec = match content.codec {
		Codec::Raw => "Raw",
		Codec::UnixFs => "UnixFs",
	};
	Value::named_composite([
		("digest", Value::from_bytes(content.digest)),
		("codec", unit(codec)),
		("size", number(content.size)),
	])
}

fn providers(providers: &[String]) -> Value {
	Value::unnamed_composite(providers.iter().map(Value::from_bytes))
}

fn metric(metric: Metric) -> Value {
	unit(match metric {
		Metric::Loss => "Loss",
		Metric::Error => "Error",
	})
}

fn policy(policy: &EvaluationPolicy) -> Value {
	match policy {
		EvaluationPolicy::Training { records } => {
			Value::named_variant("Training", [("records", number(*records))])
		}
		EvaluationPolicy::Validation { set, records } => Value::named_variant(
			"Validation",
			[("set", content(set)), ("records", number(*records))],
		),
	}
}

fn clock(clock: &Clock) -> Value {
	Value::named_composite([
		("start", number(clock.start)),
		("length", number(clock.length)),
		("reveal", number(clock.reveal)),
		("attest", number(clock.attest)),
		("open", number(clock.open)),
	])
}

pub(crate) fn create_group(group: &NewGroup) -> Call {
	let fields = Value::named_composite([
		("name", Value::from_bytes(&group.name)),
		("model", content(&group.model)),
		("dataset", content(&group.dataset)),
		("providers", providers(&group.providers)),
		("metric", metric(group.metric)),
		("policy", policy(&group.policy)),
		("tolerance", number(group.tolerance)),
		("minimum_improvement", number(group.minimum_improvement)),
		("clock", clock(&group.clock)),
		("deposit", number(group.deposit)),
	]);
	call("Groups", "create", [("group", fields)])
}

pub(crate) fn commit(group: GroupId, round: RoundIndex, commitment: H256, deposit: u128) -> Call {
	call(
		"Rounds",
		"commit",
		[
			("group", number(group)),
			("round", number(round)),
			("commitment", Value::from_bytes(commitment)),
			("deposit", number(deposit)),
		],
	)
}

pub(crate) fn reveal(reveal: &Reveal) -> Call {
	call(
		"Rounds",
		"reveal",
		[
			("group", number(reveal.group)),
			("round", number(reveal.round)),
			("checkpoint", content(&reveal.checkpoint)),
			("salt", Value::from_bytes(reveal.salt)),
			("claim", number(reveal.claim.0)),
			("providers", providers(&reveal.providers)),
		],
	)
}

pub(crate) fn settle(group: GroupId, round: RoundIndex) -> Call {
	call(
		"Rounds",
		"settle",
		[("group", number(group)), ("round", number(round))],
	)
}

pub(crate) fn transfer(to: &AccountId32, amount: u128) -> Call {
	let to: &[u8; 32] = to.as_ref();
	call(
		"Balances",
		"transfer_keep_alive",
		[
			("dest", Value::unnamed_variant("Id", [Value::from_bytes(to)])),
			("value", number(amount)),
		],
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use subxt::ext::scale_value;

	/// What the chain makes of a value that is sent for one of its types.
	fn encoded<T: scale_info::TypeInfo + 'static>(value: &Value) -> Vec<u8> {
		let mut registry = scale_info::Registry::new();
		let id = registry.register_type(&scale_info::MetaType::new::<T>()).id;
		let types: scale_info::PortableRegistry = registry.into();
		let mut out = Vec::new();
		scale_value::scale::encode_as_type(value, id, &types, &mut out).unwrap();
		out
	}

	#[test]
	fn values_are_encoded_as_the_chain_s_types() {
		let raw = ContentRef::raw(b"descent").unwrap();
		let tree = ContentRef {
			digest: H256::repeat_byte(3),
			codec: Codec::UnixFs,
			size: u64::MAX,
		};
		for reference in [raw, tree] {
			assert_eq!(encoded::<ContentRef>(&content(&reference)), reference.encode());
			let policies = [
				EvaluationPolicy::Training { records: 7 },
				EvaluationPolicy::Validation {
					set: reference,
					records: u32::MAX,
				},
			];
			for evaluation in policies {
				assert_eq!(
					encoded::<EvaluationPolicy>(&policy(&evaluation)),
					evaluation.encode()
				);
			}
		}
		for kind in [Metric::Loss, Metric::Error] {
			assert_eq!(encoded::<Metric>(&metric(kind)), kind.encode());
		}
		let lengths = Clock {
			start: 1,
			length: 2,
			reveal: 3,
			attest: 4,
			open: u32::MAX,
		};
		assert_eq!(encoded::<Clock>(&clock(&lengths)), lengths.encode());
		assert_eq!(encoded::<Score>(&number(70_000u64)), Score(70_000).encode());
		assert_eq!(
			encoded::<H256>(&Value::from_bytes(H256::repeat_byte(9))),
			H256::repeat_byte(9).encode()
		);
		assert_eq!(
			encoded::<[u8; 32]>(&Value::from_bytes([5; 32])),
			[5u8; 32].encode()
		);
		let addresses = vec!["http://a".to_string(), String::new()];
		let bytes: Vec<Vec<u8>> = addresses
			.iter()
			.map(|address| address.as_bytes().to_vec())
			.collect();
		assert_eq!(encoded::<Vec<Vec<u8>>>(&providers(&addresses)), bytes.encode());
	}
}
