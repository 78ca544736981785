use super::*;
use codec::{Compact, Encode};
use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
use subxt::ext::scale_value::scale::encode_as_type;

/// Calls as a chain has them: the names are what counts.
#[allow(dead_code, non_camel_case_types)]
#[derive(Clone, Encode, TypeInfo)]
enum Calls {
	#[codec(index = 9)]
	Utility(Utility),
	#[codec(index = 8)]
	Whitelist(Whitelist),
	#[codec(index = 0)]
	System(System),
	#[codec(index = 42)]
	Treasury(Treasury),
	#[codec(index = 44)]
	Parameters(Parameters),
	#[codec(index = 41)]
	TechnicalCommittee(Committee),
	#[codec(index = 21)]
	Grandpa(Grandpa),
}

#[allow(non_camel_case_types)]
#[derive(Clone, Encode, TypeInfo)]
enum Grandpa {
	#[codec(index = 2)]
	note_stalled { delay: u32, best_finalized_block_number: u32 },
}

#[allow(non_camel_case_types)]
#[derive(Clone, Encode, TypeInfo)]
enum Utility {
	#[codec(index = 2)]
	batch_all { calls: Vec<Calls> },
}

#[allow(non_camel_case_types)]
#[derive(Clone, Encode, TypeInfo)]
enum Whitelist {
	#[codec(index = 0)]
	whitelist_call { call_hash: H256 },
	#[codec(index = 3)]
	dispatch_whitelisted_call_with_preimage { call: Box<Calls> },
}

#[allow(non_camel_case_types)]
#[derive(Clone, Encode, TypeInfo)]
enum System {
	#[codec(index = 9)]
	authorize_upgrade { code_hash: H256 },
	#[codec(index = 11)]
	apply_authorized_upgrade { code: Vec<u8> },
}

#[allow(non_camel_case_types)]
#[derive(Clone, Encode, TypeInfo)]
enum Treasury {
	#[codec(index = 5)]
	spend {
		asset_kind: (),
		#[codec(compact)]
		amount: u128,
		beneficiary: Box<AccountId32>,
		valid_from: Option<u32>,
	},
}

#[allow(non_camel_case_types)]
#[derive(Clone, Encode, TypeInfo)]
enum Parameters {
	#[codec(index = 0)]
	set_parameter { key_value: RuntimeParameters },
}

#[derive(Clone, Encode, TypeInfo)]
enum RuntimeParameters {
	Validators(ValidatorParameters),
}

#[derive(Clone, Encode, TypeInfo)]
enum ValidatorParameters {
	MinimumBond(MinimumBond, Option<u128>),
	Seats(Seats, Option<u32>),
}

#[derive(Clone, Encode, TypeInfo)]
struct MinimumBond;
#[derive(Clone, Encode, TypeInfo)]
struct Seats;

#[derive(Clone, Encode, TypeInfo)]
struct ChainWeight {
	#[codec(compact)]
	ref_time: u64,
	#[codec(compact)]
	proof_size: u64,
}

#[allow(non_camel_case_types)]
#[derive(Clone, Encode, TypeInfo)]
enum Committee {
	#[codec(index = 2)]
	propose {
		#[codec(compact)]
		threshold: u32,
		proposal: Box<Calls>,
		#[codec(compact)]
		length_bound: u32,
	},
	#[codec(index = 3)]
	vote {
		proposal: H256,
		#[codec(compact)]
		index: u32,
		approve: bool,
	},
	#[codec(index = 6)]
	close {
		proposal_hash: H256,
		#[codec(compact)]
		index: u32,
		proposal_weight_bound: ChainWeight,
		#[codec(compact)]
		length_bound: u32,
	},
}

/// The call as the chain decodes it.
fn encoded(call: &Call) -> Vec<u8> {
	let mut registry = Registry::new();
	let id = registry.register_type(&MetaType::new::<Calls>()).id;
	let mut out = Vec::new();
	encode_as_type(&call.nested(), id, &PortableRegistry::from(registry), &mut out).unwrap();
	out
}

#[test]
fn a_call_becomes_root_s_by_the_whitelist() {
	let code_hash = H256::repeat_byte(5);
	let upgrade = Call::authorize_upgrade(code_hash);
	let inner = Calls::System(System::authorize_upgrade { code_hash });
	assert_eq!(encoded(&upgrade), inner.encode());
	let hash = crate::Encoded(inner.encode()).hash();
	let motion = Calls::Utility(Utility::batch_all {
		calls: vec![
			Calls::Whitelist(Whitelist::whitelist_call { call_hash: hash }),
			Calls::Whitelist(Whitelist::dispatch_whitelisted_call_with_preimage { call: Box::new(inner) }),
		],
	});
	let call = Call::as_root(&upgrade, hash);
	assert_eq!(encoded(&call), motion.encode());
	let length = u32::try_from(motion.encode().len()).unwrap();
	let proposed = Calls::TechnicalCommittee(Committee::propose {
		threshold: 2,
		proposal: Box::new(motion),
		length_bound: length,
	});
	assert_eq!(encoded(&Call::propose_motion(2, &call, length)), proposed.encode());
	let words = call.in_words();
	assert!(
		words.starts_with("Utility.batch_all(")
			&& words.contains(&format!("authorize_upgrade {{ code_hash: (\"{code_hash:?}\")")),
		"{words}"
	);
}

#[test]
fn finality_that_stands_still_is_noted_with_the_last_final_block() {
	let noted = Calls::Grandpa(Grandpa::note_stalled { delay: 100, best_finalized_block_number: 7 });
	assert_eq!(encoded(&Call::note_stalled(100, 7)), noted.encode());
}

#[test]
fn votes_and_closing_name_the_motion() {
	let motion = Motion { hash: H256::repeat_byte(1), index: 70_000 };
	let vote = Calls::TechnicalCommittee(Committee::vote {
		proposal: motion.hash,
		index: motion.index,
		approve: false,
	});
	assert_eq!(encoded(&Call::vote_motion(motion, false)), vote.encode());
	let weight = Weight { ref_time: u64::MAX, proof_size: 3 };
	let close = Calls::TechnicalCommittee(Committee::close {
		proposal_hash: motion.hash,
		index: motion.index,
		proposal_weight_bound: ChainWeight { ref_time: weight.ref_time, proof_size: weight.proof_size },
		length_bound: 100,
	});
	assert_eq!(encoded(&Call::close_motion(motion, weight, 100)), close.encode());
}

#[test]
fn parameters_payments_and_code() {
	let set = |parameters| {
		Calls::Parameters(Parameters::set_parameter { key_value: RuntimeParameters::Validators(parameters) })
	};
	assert_eq!(
		encoded(&Call::set_parameter(Parameter::MinimumBond(u128::MAX))),
		set(ValidatorParameters::MinimumBond(MinimumBond, Some(u128::MAX))).encode()
	);
	assert_eq!(
		encoded(&Call::set_parameter(Parameter::Seats(50))),
		set(ValidatorParameters::Seats(Seats, Some(50))).encode()
	);
	let to = AccountId32::new([3; 32]);
	let spend = Calls::Treasury(Treasury::spend {
		asset_kind: (),
		amount: 1 << 100,
		beneficiary: Box::new(to.clone()),
		valid_from: None,
	});
	assert_eq!(encoded(&Call::spend(1 << 100, &to)), spend.encode());
	let apply = Calls::System(System::apply_authorized_upgrade { code: vec![0, 1, 255] });
	assert_eq!(encoded(&Call::apply_authorized_upgrade(&[0, 1, 255])), apply.encode());
	assert_eq!(Compact(1u128 << 100).encode(), spend.encode()[2..16]);
}
