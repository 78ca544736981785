use crate::{
	hex,
	scene::{ballots, bytes, Scene},
	Function, Vector,
};
use descent_protocol::{
	answer_hash, hash_chain_link, test_set_key, test_set_series, Answer, Codec, ContentRef, HiddenBallot,
	TaskId, TestSetVerdict,
};
use serde_json::json;
use sp_core::H256;

pub(crate) fn functions() -> Vec<Function> {
	vec![
		of_value(
			"hash_chain_link",
			"descent/test-set-link/v1",
			"The value before in a hash chain of keys of hidden test sets: blake2b-256 of \
			descent/test-set-link/v1 (ASCII) and value (32 bytes).",
			hash_chain_link,
		),
		of_value(
			"test_set_key",
			"descent/test-set-key/v1",
			"The key that a value of the hash chain releases: blake2b-256 of descent/test-set-key/v1 (ASCII) \
			and value (32 bytes).",
			test_set_key,
		),
		series(),
	]
}

fn of_value(
	name: &'static str,
	prefix: &'static str,
	definition: &'static str,
	function: fn(H256) -> H256,
) -> Function {
	let vector = |value: H256| Vector::of_hash(prefix, vec![("value", hex(value))], value, function(value));
	let values = [H256(bytes(0)), H256::zero(), H256::repeat_byte(0xff)];
	Function { name, definition, vectors: values.map(vector).into() }
}

fn series() -> Function {
	let vector = |scene: Scene, manifest: ContentRef| {
		let Scene { genesis, account, digest: anchor, .. } = scene;
		let input = vec![
			("genesis", hex(genesis)),
			("requester", hex(account)),
			("manifest", json!(manifest)),
			("anchor", hex(anchor)),
		];
		let result = test_set_series(genesis, &account, manifest, anchor);
		Vector::of_hash("descent/test-set-series/v1", input, (genesis, account, manifest, anchor), result)
	};
	let [distinct, zero, largest] = Scene::all();
	let large = ContentRef { digest: H256(bytes(0x80)), codec: Codec::UnixFs, size: 1 << 33 };
	Function {
		name: "test_set_series",
		definition:
			"The id of a series of hidden test sets: blake2b-256 of descent/test-set-series/v1 (ASCII) \
			and, in SCALE, genesis, requester (32 bytes), manifest (digest, codec, size), anchor.",
		vectors: vec![
			vector(distinct, large),
			vector(zero, ContentRef::raw(b"descent").unwrap()),
			vector(largest, large),
		],
	}
}

/// Vectors of answers on hidden test sets, which are among those of all answers.
pub(crate) fn answers() -> Vec<Vector> {
	let verdicts = [TestSetVerdict::Sound, TestSetVerdict::Broken, TestSetVerdict::Unavailable];
	let vectors = Scene::all().into_iter().zip(verdicts).zip(ballots()).map(|((scene, test_set), ballot)| {
		let Scene { genesis, group, number: round, account: member, digest: subject, salt, .. } = scene;
		let input = vec![
			("genesis", hex(genesis)),
			("task", json!({"task": "round", "group": group, "round": round})),
			("subject", hex(subject)),
			("member", hex(member)),
			("answer", json!({"test_set": test_set, "ballot": ballot})),
			("salt", hex(salt)),
		];
		let (task, answer) =
			(TaskId::Round { group, round }, Answer::Hidden(HiddenBallot { test_set, ballot }));
		let result = answer_hash(genesis, &task, subject, &member, &answer, &salt);
		Vector::of_hash("descent/answer/v1", input, (genesis, task, subject, member, answer, salt), result)
	});
	vectors.collect()
}
