use crate::{
	decimal, encoding, hex,
	scene::{bytes, Scene},
	Function, Vector,
};
use descent_protocol::{
	answer_hash, drawn_leaf, kept_hash, Answer, Codec, ContentRef, CustodyBallot, TaskId, LEAF_SIZE,
	MAX_KEEPERS,
};
use serde_json::json;
use sp_core::H256;

pub(crate) fn functions() -> Vec<Function> {
	vec![kept(), leaves()]
}

fn kept() -> Function {
	let vector = |scene: Scene, leaf: &[u8]| {
		let Scene { genesis, group, number: check, account: keeper, .. } = scene;
		let mut input = scene.input();
		input.extend([("check", json!(check)), ("keeper", hex(keeper)), ("leaf", hex(leaf))]);
		let result = kept_hash(genesis, group, check, &keeper, leaf);
		Vector::of_hash("descent/kept/v1", input, (genesis, group, check, keeper, leaf), result)
	};
	let [distinct, zero, largest] = Scene::all();
	Function {
		name: "kept_hash",
		definition: "What a member says of a leaf that it fetched from a keeper: blake2b-256 of \
			descent/kept/v1 (ASCII) and, in SCALE, genesis, group, check (u32), keeper (32 bytes), leaf \
			(bytes with their number).",
		vectors: vec![vector(distinct, b"a leaf"), vector(zero, b""), vector(largest, &[7; 100])],
	}
}

fn leaves() -> Function {
	let vector = |seed: H256, keeper: [u8; 32], sizes: &[u64]| {
		let content = |size: &u64| ContentRef { digest: seed, codec: Codec::UnixFs, size: *size };
		let all: Vec<_> = sizes.iter().map(content).collect();
		let drawn = drawn_leaf(seed, &keeper, &all).map(|leaf| json!([leaf.content, leaf.index]));
		let sizes: Vec<_> = sizes.iter().map(decimal).collect();
		Vector {
			input: vec![("seed", hex(seed)), ("keeper", hex(keeper)), ("sizes", json!(sizes))],
			encoded: Some(encoding("descent/custody-leaf/v1", (seed, keeper))),
			result: json!(drawn),
		}
	};
	let seed = H256(bytes(0));
	// One leaf more or less among so many is another one that is drawn.
	let largest = u64::from(u32::MAX) * LEAF_SIZE;
	Function {
		name: "drawn_leaf",
		definition:
			"The leaf that a check asks of a keeper, as the place of the content in the list of what \
			is kept and of the leaf in the content: the first 16 bytes of blake2b-256 of \
			descent/custody-leaf/v1 (ASCII), seed, keeper (32 bytes), little-endian, modulo the number of \
			all leaves. Content has a leaf for each MiB begun, and one if it is empty.",
		vectors: vec![
			vector(seed, bytes(0x20), &[largest, largest, LEAF_SIZE + 1]),
			vector(seed, bytes(0x21), &[largest, largest, LEAF_SIZE + 1]),
			vector(H256::zero(), [0; 32], &[0, 1, LEAF_SIZE, LEAF_SIZE + 1]),
			vector(seed, [0xff; 32], &[0, 1, LEAF_SIZE, LEAF_SIZE + 1]),
			vector(seed, bytes(0x20), &[0]),
			vector(seed, bytes(0x20), &[]),
		],
	}
}

/// Vectors of answers to checks of keepers, which are among those of all answers.
pub(crate) fn answers() -> Vec<Vector> {
	let most = usize::try_from(MAX_KEEPERS).unwrap();
	let all = [vec![], vec![Some(H256(bytes(0x80))), None], vec![Some(H256::zero()); most]];
	let vectors = Scene::all().into_iter().zip(all).map(|(scene, kept)| {
		let Scene { genesis, group, number: check, account: member, digest: subject, salt, .. } = scene;
		let hashes: Vec<_> = kept.iter().map(|hash| hash.map(hex)).collect();
		let input = vec![
			("genesis", hex(genesis)),
			("task", json!({"task": "custody", "group": group, "check": check})),
			("subject", hex(subject)),
			("member", hex(member)),
			("answer", json!({"kept": hashes})),
			("salt", hex(salt)),
		];
		let task = TaskId::Custody { group, check };
		let answer = Answer::Custody(CustodyBallot::try_from(kept).unwrap());
		let result = answer_hash(genesis, &task, subject, &member, &answer, &salt);
		Vector::of_hash("descent/answer/v1", input, (genesis, task, subject, member, answer, salt), result)
	});
	vectors.collect()
}
