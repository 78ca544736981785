//! Vectors of recorded trainings.

use crate::{
	decimal, encoding, hex,
	scene::{bytes, Scene},
	Function, Vector,
};
use descent_protocol::{
	trace::{
		departure_limit, drawn_segment, replay_root, submission_hash, trace_root, Base, BatchOrder,
		Precision, Recipe, RecipeOptimizer, Segment, Trace,
	},
	Codec, ContentRef, Score,
};
use serde_json::json;
use sp_core::{crypto::AccountId32, H256};

pub(crate) fn functions() -> Vec<Function> {
	vec![trace_roots(), submissions(), drawn_segments(), batches(), departure_limits(), replay_roots()]
}

/// Recipes with every base, optimizer and precision.
pub(crate) fn recipes() -> [Recipe; 3] {
	let checkpoint = ContentRef { digest: H256(bytes(0x40)), codec: Codec::UnixFs, size: 1 << 33 };
	let betas = (900_000, 999_000);
	[
		Recipe {
			base: Base::Initial { seed: 0x0007_0605_0403_0201 },
			optimizer: RecipeOptimizer::Sgd { momentum: 900_000, nesterov: true, weight_decay: 500 },
			precision: Precision::F64,
			steps: 0x0201,
			batch: 0x0403_0201,
		},
		Recipe {
			base: Base::Checkpoint { checkpoint },
			optimizer: RecipeOptimizer::Adam { betas, weight_decay: 0 },
			precision: Precision::F32,
			steps: 200,
			batch: 64,
		},
		Recipe {
			base: Base::Checkpoint { checkpoint: ContentRef::raw(b"descent").unwrap() },
			optimizer: RecipeOptimizer::AdamW { betas, weight_decay: 10_000 },
			precision: Precision::Bf16,
			steps: 20,
			batch: 1,
		},
	]
}

/// Segments of which each begins where the one before ends, except the third, which begins with the base.
fn segments(count: u16) -> Vec<Segment> {
	let segment = |number: u16| Segment {
		from: number.checked_sub(1).filter(|_| number != 2),
		rate: 1_000_000 + u32::from(number),
		state: H256(bytes(number.to_le_bytes()[0])),
	};
	(0..count).map(segment).collect()
}

fn trace_roots() -> Function {
	let vector = |count: u16| {
		let segments = segments(count);
		let first = segments.first().map(|segment| encoding("descent/segment/v1", (0u16, segment)));
		let result = hex(trace_root(&segments));
		Vector { input: vec![("segments", json!(segments))], encoded: first, result }
	};
	Function {
		name: "trace_root",
		definition: "The root of a trace: that of the binary Merkle tree over the hashes of its segments, \
			blake2b-256 of descent/segment/v1 (ASCII) and, in SCALE, number (u16), from (an option of u16), \
			rate (u32), state (32 bytes), of which `encoded` is the first. A node is the blake2b-256 of the \
			two below it, and one without a neighbour moves up as it is. Without segments the root is zero.",
		vectors: [3, 0, 1, 2, 5, 7].map(vector).into(),
	}
}

fn submissions() -> Function {
	let vector = |(checkpoint, recipe, trace): (H256, Recipe, Trace)| {
		let input = vec![("checkpoint", hex(checkpoint)), ("recipe", json!(recipe)), ("trace", json!(trace))];
		let result = submission_hash(checkpoint, &recipe, &trace);
		Vector::of_hash("descent/submission/v1", input, (checkpoint, recipe, trace), result)
	};
	let [one, two, three] = recipes();
	let trace = |segments| Trace { root: H256(bytes(0x60)), segments };
	Function {
		name: "submission_hash",
		definition: "What a commitment to a recorded training binds in place of the checkpoint's digest: \
			blake2b-256 of descent/submission/v1 (ASCII) and, in SCALE, checkpoint's digest, recipe, trace.",
		vectors: vec![
			vector((H256(bytes(0x40)), one, trace(0x0201))),
			vector((H256::zero(), two, Trace { root: H256::zero(), segments: 0 })),
			vector((H256::repeat_byte(0xff), three, trace(u16::MAX))),
		],
	}
}

fn drawn_segments() -> Function {
	let vector = |seed: H256, submission: H256, segments: u16| {
		let input = vec![("seed", hex(seed)), ("submission", hex(submission)), ("segments", json!(segments))];
		let encoded = Some(encoding("descent/replay/v1", (seed, submission)));
		Vector { input, encoded, result: json!(drawn_segment(seed, submission, segments)) }
	};
	let (seed, submission) = (H256(bytes(0)), H256(bytes(0x40)));
	Function {
		name: "drawn_segment",
		definition: "The segment of a submission that is replayed: the first word below the number of \
			segments, by the draws of `sample`, of the seed blake2b-256 of descent/replay/v1 (ASCII), seed, \
			submission.",
		vectors: vec![
			vector(seed, submission, 40),
			vector(seed, submission, 4_096),
			vector(H256::zero(), submission, 40),
			vector(seed, H256::zero(), 3),
			vector(seed, submission, 1),
			vector(seed, submission, 0),
		],
	}
}

fn batches() -> Function {
	let vector = |order: BatchOrder, segment: u16, step: u16, records: u64, size: u32| {
		let BatchOrder { genesis, group, round, link, account } = &order;
		let key: &[u8; 32] = account.as_ref();
		let input = vec![
			("genesis", hex(genesis)),
			("group", json!(group)),
			("round", json!(round)),
			("link", hex(link)),
			("account", hex(key)),
			("segment", json!(segment)),
			("step", json!(step)),
			("records", decimal(records)),
			("size", json!(size)),
		];
		let round = (genesis, group, round, link, account);
		let encoded = Some(encoding("descent/batch/v1", (round, segment, step)));
		let batch: Vec<_> = order.batch(segment, step, records, size).into_iter().map(decimal).collect();
		Vector { input, encoded, result: json!(batch) }
	};
	let orders = Scene::all().map(|scene| {
		let Scene { genesis, group, number: round, digest: link, account, .. } = scene;
		BatchOrder { genesis, group, round, link, account: AccountId32::new(account) }
	});
	let [distinct, zero, largest] = orders;
	Function {
		name: "BatchOrder::batch",
		definition: "The positions of the records of a step, ascending: the `sample` of `size` of `records` \
			by the seed blake2b-256 of descent/batch/v1 (ASCII) and, in SCALE, genesis, group (u32), round \
			(u32), link (the hash of the round's first block), account (32 bytes), segment (u16), step \
			(u16).",
		vectors: vec![
			vector(distinct.clone(), 0x0201, 0x0403, 60_000, 16),
			vector(distinct, 0, 0, 5, 8),
			vector(zero, 0, 0, 60_000, 8),
			vector(largest, u16::MAX, u16::MAX, 1 << 60, 4),
		],
	}
}

fn departure_limits() -> Function {
	let vector = |(seed, precision): (H256, Precision)| Vector {
		input: vec![("seed", hex(seed)), ("precision", json!(precision))],
		encoded: Some(encoding("descent/departure/v1", seed)),
		result: json!(departure_limit(seed, precision)),
	};
	let seeds = [H256(bytes(0)), H256::zero(), H256::repeat_byte(0xff)];
	let limits = seeds.into_iter().flat_map(|seed| {
		[Precision::F64, Precision::F32, Precision::Bf16].map(|precision| (seed, precision))
	});
	Function {
		name: "departure_limit",
		definition: "The largest departure of a replay, in billionths: m + (m w >> 33) with m 100 for f64 \
			and 120000000 else, and w the first little-endian u32 of blake2b-256 of descent/departure/v1 \
			(ASCII), seed.",
		vectors: limits.map(vector).collect(),
	}
}

fn replay_roots() -> Function {
	let vector = |transcript: H256, losses: Vec<u64>| {
		let input = vec![("transcript", hex(transcript)), ("losses", json!(losses))];
		let losses: Vec<_> = losses.into_iter().map(Score).collect();
		let result = replay_root(transcript, &losses);
		Vector::of_hash("descent/replayed/v1", input, (transcript, losses), result)
	};
	Function {
		name: "replay_root",
		definition: "The root of a measurement whose candidate was replayed: blake2b-256 of \
			descent/replayed/v1 (ASCII) and, in SCALE, transcript (the root of the measurement), the list \
			of the losses of the replay's steps (u64).",
		vectors: vec![
			vector(H256(bytes(0x40)), vec![1 << 53, 67_036, 71_234]),
			vector(H256::zero(), Vec::new()),
			vector(H256::repeat_byte(0xff), (0..200).map(|step| 90_000 - step).collect()),
		],
	}
}
