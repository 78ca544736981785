use crate::{decimal, encoding, hex, scene::bytes, Function, Vector};
use descent_protocol::{committee_weights, condition_limit, perturbation_seed, sample};
use serde_json::json;
use sp_core::H256;

pub(crate) fn functions() -> Vec<Function> {
	vec![samples(), committees(), limits(), perturbations()]
}

fn samples() -> Function {
	let vector = |seed: H256, population: u64, count: u32| {
		let drawn: Vec<_> = sample(seed, population, count).into_iter().map(decimal).collect();
		let input = vec![("seed", hex(seed)), ("population", decimal(population)), ("count", json!(count))];
		Vector { input, encoded: None, result: json!(drawn) }
	};
	let seed = H256(bytes(0));
	Function {
		name: "sample",
		definition: "The positions of the records that a round is measured on, ascending: `count` of \
			`population` by Floyd's sampling, or all where there are no more; words are four \
			little-endian u64 of \
			blake2b-256(seed, counter as little-endian u64) with counters from 0, and those in the \
			incomplete last multiple are passed over.",
		vectors: vec![
			vector(seed, 60_000, 20),
			vector(H256::zero(), 60_000, 20),
			// Few are left out, so most words draw a position that is taken.
			vector(seed, 40, 36),
			// A power of two has no incomplete multiple.
			vector(seed, 16, 1),
			// Half of all words are passed over.
			vector(seed, (1 << 63) + 8, 12),
			vector(H256::repeat_byte(0xff), u64::MAX, 6),
			vector(seed, 1, 0),
			vector(seed, 0, 10),
			vector(seed, 10, 10),
			vector(seed, 3, u32::MAX),
		],
	}
}

fn committees() -> Function {
	let vector = |seed: H256, bonds: Vec<u128>, seats: u32| {
		let weights: Vec<_> = committee_weights(seed, &bonds, seats).into_iter().map(decimal).collect();
		let is_drawn = bonds.iter().any(|bond| *bond > 0) && bonds.len() > usize::try_from(seats).unwrap();
		let encoded = is_drawn.then(|| encoding("descent/committee/v1", (seed, 0u32, 0u8)));
		let bonds: Vec<_> = bonds.into_iter().map(decimal).collect();
		let input = vec![("seed", hex(seed)), ("bonds", json!(bonds)), ("seats", json!(seats))];
		Vector { input, encoded, result: json!(weights) }
	};
	let seed = H256(bytes(0));
	let neuron = 1_000_000_000_000u128;
	let unequal: Vec<_> = (0..40).map(|place| neuron * (100_000 + 1_000 * place * place)).collect();
	Function {
		name: "committee_weights",
		definition:
			"The weights of evaluators in a committee: their bonds, shifted right until the sum has 63 \
			bits, where all have a seat, and else the number of seats that each draws in proportion to its \
			bond, by the first 16 bytes of blake2b-256 of descent/committee/v1 (ASCII), seed, seat (u32), \
			attempt (u8), of which `encoded` is the first.",
		vectors: vec![
			vector(seed, unequal.clone(), 31),
			vector(H256::zero(), unequal, 22),
			vector(seed, vec![0, neuron, 0, 3 * neuron, 0], 4),
			// Half of all hashes are passed over.
			vector(seed, vec![1 << 126, 1 << 125, (1 << 125) + 1], 2),
			vector(seed, vec![100_000 * neuron, 50_000 * neuron, 0], 31),
			// No bond is shifted to nothing.
			vector(seed, vec![u128::MAX / 2, u128::MAX / 2, 1], 31),
			vector(seed, vec![(1 << 63) - 1], 31),
			vector(seed, vec![1 << 63], 31),
			vector(seed, vec![0, 0, 0], 2),
			vector(seed, Vec::new(), 31),
		],
	}
}

fn seeds() -> [H256; 3] {
	[H256(bytes(0)), H256::zero(), H256::repeat_byte(0xff)]
}

fn limits() -> Function {
	let vector = |seed: H256| Vector {
		input: vec![("seed", hex(seed))],
		encoded: Some(encoding("descent/condition/v1", seed)),
		result: json!(condition_limit(seed)),
	};
	Function {
		name: "condition_limit",
		definition: "The condition above which a checkpoint has no score: 1000 + (1000 w >> 32) with w the \
			first little-endian u32 of blake2b-256 of descent/condition/v1 (ASCII), seed.",
		vectors: seeds().map(vector).into(),
	}
}

fn perturbations() -> Function {
	let vector = |seed: H256| Vector {
		input: vec![("seed", hex(seed))],
		encoded: Some(encoding("descent/perturbation/v1", seed)),
		result: decimal(perturbation_seed(seed)),
	};
	Function {
		name: "perturbation_seed",
		definition: "The seed that draws the perturbation of a round's checkpoints: the first little-endian \
			u64 of blake2b-256 of descent/perturbation/v1 (ASCII), seed.",
		vectors: seeds().map(vector).into(),
	}
}
