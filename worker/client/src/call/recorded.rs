//! The reveal of a checkpoint that comes with a recorded training.

use super::{texts, with, Call, Reveal};
use descent_protocol::{trace::Recording, GroupId, RoundIndex};

impl Call {
	/// Reveals the checkpoint that the signer committed to in a round, and the recorded training that made
	/// it, in a group that asks for one. The commitment binds
	/// [`submission_hash`](descent_protocol::trace::submission_hash) in place of the checkpoint's digest.
	pub fn reveal_recorded(
		group: GroupId,
		round: RoundIndex,
		reveal: &Reveal,
		recording: &Recording,
	) -> Self {
		Self::new(
			"Rounds",
			"reveal_recorded",
			[
				with("group", &group),
				with("round", &round),
				with("checkpoint", &reveal.checkpoint),
				with("salt", &reveal.salt),
				with("claim", &reveal.claim),
				with("providers", &texts(&reveal.providers)),
				with("recording", recording),
			],
		)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use descent_protocol::{
		bound_addresses,
		trace::{trace_root, Base, Precision, Recipe, RecipeOptimizer, Segment, SegmentProof, Trace},
		ContentRef, Providers, Salt, Score,
	};
	use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
	use sp_core::H256;
	use subxt::ext::scale_value::scale::encode_as_type;

	/// Calls as a chain has them: the names are what counts.
	#[derive(Clone, Encode, TypeInfo)]
	enum Calls {
		#[codec(index = 12)]
		Rounds(Rounds),
	}

	#[allow(non_camel_case_types)]
	#[derive(Clone, Encode, TypeInfo)]
	enum Rounds {
		#[codec(index = 5)]
		reveal_recorded {
			group: GroupId,
			round: RoundIndex,
			checkpoint: ContentRef,
			salt: Salt,
			claim: Score,
			providers: Providers,
			recording: Recording,
		},
	}

	/// The call as the chain decodes it.
	fn encoded(call: &Call) -> Vec<u8> {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<Calls>()).id;
		let mut out = Vec::new();
		let value = call.0.clone().into_value();
		encode_as_type(&value, id, &PortableRegistry::from(registry), &mut out).unwrap();
		out
	}

	/// A recording of three segments whose first or last one is drawn.
	fn recording(base: Base, optimizer: RecipeOptimizer, drawn: u16) -> Recording {
		let segment = |from, state| Segment { from, rate: 1_000_000, state: H256::repeat_byte(state) };
		let segments = [segment(None, 1), segment(Some(0), 2), segment(Some(0), 3)];
		let proof = |number| SegmentProof::new(&segments, number).unwrap();
		let drawn = proof(drawn);
		Recording {
			recipe: Recipe { base, optimizer, precision: Precision::Bf16, steps: 200, batch: 64 },
			trace: Trace { root: trace_root(&segments), segments: 3 },
			last: proof(2),
			start: drawn.segment.from.map(proof),
			drawn,
		}
	}

	#[test]
	fn a_recorded_reveal_has_the_arguments_that_the_chain_asks_for() {
		let checkpoint = ContentRef::raw(b"weights").unwrap();
		let addresses = ["http://a".to_string(), "http://b".to_string()];
		let sgd = RecipeOptimizer::Sgd { momentum: 900_000, nesterov: true, weight_decay: 7 };
		let adam = RecipeOptimizer::AdamW { betas: (900_000, 999_000), weight_decay: 10_000 };
		for recording in [
			recording(Base::Initial { seed: u64::MAX }, sgd, 0),
			recording(Base::Checkpoint { checkpoint }, adam, 2),
		] {
			let (salt, claim) = ([7; 32], Score(5));
			let reveal = Reveal { checkpoint, salt, claim, providers: addresses.to_vec() };
			let call = Call::reveal_recorded(3, 4, &reveal, &recording);
			let providers = bound_addresses(addresses.clone()).unwrap();
			let expected =
				Rounds::reveal_recorded { group: 3, round: 4, checkpoint, salt, claim, providers, recording };
			assert_eq!(encoded(&call), Calls::Rounds(expected).encode());
		}
	}
}
