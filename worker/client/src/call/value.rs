//! Values of the protocol's types as a chain's metadata knows them: by the names of their fields and
//! variants.

use codec::Encode;
use descent_protocol::NewGroup;
use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
use subxt::{
	dynamic::Value,
	ext::scale_value::{scale::decode_as_type, Composite, ValueDef},
};

/// A value by the names of its fields and variants, so that it is encoded as the chain's type of that shape
/// whatever the order in which the chain has them.
pub(super) fn value<T: Encode + TypeInfo + 'static>(of: &T) -> Value {
	let mut registry = Registry::new();
	let id = registry.register_type(&MetaType::new::<T>()).id;
	let types = PortableRegistry::from(registry);
	decode_as_type(&mut &of.encode()[..], id, &types)
		.expect("a type describes its own encoding")
		.remove_context()
}

/// The rules of a new group. Runtimes before version 5 ask for a tolerance, which is 0 as claims are exact,
/// and later ones ignore the field.
pub(super) fn new_group(group: &NewGroup<u128>) -> Value {
	let mut value = value(group);
	if let ValueDef::Composite(Composite::Named(fields)) = &mut value.value {
		fields.push(("tolerance".into(), Value::u128(0)));
	}
	value
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::{
		bound_addresses, Change, Clock, Codec, ContentRef, EvaluationPolicy, Metric, OptionalRule,
		OptionalRuleKind, OptionalRules, Providers, RoundLengths, Score, Share, Shares,
	};
	use sp_core::H256;
	use subxt::ext::scale_value::scale::encode_as_type;

	/// The encoding of a value as a type of the chain.
	fn encoded<T: TypeInfo + 'static>(value: &Value) -> Vec<u8> {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<T>()).id;
		let mut out = Vec::new();
		encode_as_type(value, id, &PortableRegistry::from(registry), &mut out).unwrap();
		out
	}

	fn assert_survives<T: Encode + TypeInfo + 'static>(of: &T) {
		assert_eq!(encoded::<T>(&value(of)), of.encode());
	}

	#[test]
	fn values_are_encoded_as_the_chain_s_types() {
		let raw = ContentRef::raw(b"descent").unwrap();
		let tree = ContentRef { digest: H256::repeat_byte(3), codec: Codec::UnixFs, size: u64::MAX };
		let validation = EvaluationPolicy::Validation { set: tree, records: u32::MAX };
		for reference in [raw, tree] {
			assert_survives(&reference);
		}
		assert_survives(&EvaluationPolicy::Training { records: 7 });
		assert_survives(&validation);
		assert_survives(&Metric::Error);
		assert_survives(&Clock { first: 9, start: 1, length: 2, reveal: 3, attest: 4, open: u32::MAX });
		assert_survives(&Score(70_000));
		assert_survives(&Some(Share::percent(20)));
		assert_survives(&None::<Score>);
		assert_survives(&u128::MAX);
		assert_survives(&[5u8; 32]);
		let lengths = RoundLengths { length: 20, reveal: 4, attest: 6, open: 3 };
		let providers = vec![b"http://a".to_vec().try_into().unwrap()].try_into().unwrap();
		assert_survives(&vec![
			Change::VotingPeriod { blocks: 20 },
			Change::Quorum { share: Share(1) },
			Change::Clock { lengths },
			Change::MinimumImprovement { micros: 2 },
			Change::Policy { policy: validation },
			Change::Target { score: Some(Score(3)) },
			Change::Target { score: None },
			Change::Shares { shares: Shares::default() },
			Change::Providers { providers },
			Change::Model { model: tree },
			Change::SetRule { rule: OptionalRule::Committee { seats: 41 } },
			Change::SetRule { rule: OptionalRule::Pretrained { checkpoint: tree } },
			Change::RemoveRule { rule: OptionalRuleKind::Committee },
		]);
	}

	fn group() -> NewGroup<u128> {
		let mut optional_rules = OptionalRules::default();
		optional_rules.set(OptionalRule::Committee { seats: 41 });
		let content = ContentRef::raw(b"descent").unwrap();
		NewGroup {
			name: b"digits".to_vec().try_into().unwrap(),
			model: content,
			dataset: content,
			providers: bound_addresses(["http://a".into(), "http://b".into()]).unwrap(),
			metric: Metric::Loss,
			policy: EvaluationPolicy::Training { records: 7 },
			minimum_improvement: 2,
			target: Some(Score(3)),
			clock: Clock { first: 0, start: 4, length: 20, reveal: 3, attest: 5, open: 2 },
			deposit: u128::MAX,
			shares: Shares::default(),
			stake: 5,
			voting_period: 6,
			quorum: Share::percent(50),
			optional_rules,
		}
	}

	#[test]
	fn a_new_group_is_encoded_as_the_chain_s_type() {
		assert_survives(&group());
		assert_eq!(encoded::<NewGroup<u128>>(&new_group(&group())), group().encode());
	}

	#[test]
	fn a_chain_whose_groups_have_a_tolerance_gets_none_to_allow() {
		/// The end of a new group's rules as runtimes before version 5 have them.
		#[derive(Encode, TypeInfo)]
		struct OldGroup {
			providers: Providers,
			tolerance: u64,
			minimum_improvement: u64,
		}
		let NewGroup { providers, minimum_improvement, .. } = group();
		let old = OldGroup { providers, tolerance: 0, minimum_improvement };
		assert_eq!(encoded::<OldGroup>(&new_group(&group())), old.encode());
	}

	#[test]
	fn a_chain_whose_fields_have_another_order_is_understood() {
		/// A content reference as a chain of another version might have it.
		#[derive(Encode, TypeInfo)]
		struct Reordered {
			size: u64,
			codec: Codec,
			digest: H256,
		}
		let reference = ContentRef::raw(b"descent").unwrap();
		let ContentRef { digest, codec, size } = reference;
		let reordered = Reordered { size, codec, digest };
		assert_eq!(encoded::<Reordered>(&value(&reference)), reordered.encode());
	}

	#[test]
	fn texts_fit_into_bounded_bytes() {
		let texts = vec![b"http://a".to_vec(), vec![]];
		let bounded: descent_protocol::Providers =
			texts.iter().map(|text| text.clone().try_into().unwrap()).collect::<Vec<_>>().try_into().unwrap();
		assert_eq!(encoded::<descent_protocol::Providers>(&value(&texts)), bounded.encode());
	}
}
