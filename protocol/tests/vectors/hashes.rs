use crate::{
	custody, hex,
	scene::{ballots, bytes, verdicts, Scene},
	test_sets, Function, Vector,
};
use descent_protocol::{
	announcement_hash, answer_hash, attestation_hash, check_hash, commitment_hash, dataset_root, delta_root,
	evaluation_seed, transcript_root, Answer, ContentRef, Score, TaskId,
};
use serde_json::json;
use sp_core::H256;

pub(crate) fn functions() -> Vec<Function> {
	vec![
		blake2(),
		cids(),
		commitments(),
		announcements(),
		seeds(),
		dataset_roots(),
		delta_roots(),
		transcripts(),
		answers(),
		attestations(),
		checks(),
	]
}

fn blake2() -> Function {
	let vector = |length: u8| {
		let content: Vec<_> = (0..length).collect();
		let result = hex(sp_crypto_hashing::blake2_256(&content));
		Vector { input: vec![("bytes", hex(content))], encoded: None, result }
	};
	Function {
		name: "blake2_256",
		definition: "blake2b with a digest of 32 bytes, without a key (RFC 7693), of bytes.",
		vectors: [3, 0, 127, 128, 129, 255].map(vector).into(),
	}
}

fn cids() -> Function {
	let vector = |content: &[u8]| {
		let result = hex(ContentRef::raw(content).unwrap().cid_bytes());
		Vector { input: vec![("content", hex(content))], encoded: None, result }
	};
	Function {
		name: "ContentRef::cid_bytes",
		definition: "The binary CIDv1 of content up to 1 MiB: version (1), multicodec raw (0x55), multihash \
			blake2b-256 (varint 0xa0e402), length (0x20), digest.",
		vectors: vec![vector(b"descent"), vector(b"")],
	}
}

fn commitments() -> Function {
	let vector = |scene: Scene| {
		let Scene { genesis, group, number, account, digest, salt, .. } = scene;
		let mut input = scene.input();
		input.extend([("round", json!(number)), ("account", hex(account))]);
		input.extend([("checkpoint", hex(digest)), ("salt", hex(salt))]);
		let result = commitment_hash(genesis, group, number, &account, digest, &salt);
		let bound = (genesis, group, number, account, digest, salt);
		Vector::of_hash("descent/commitment/v1", input, bound, result)
	};
	Function {
		name: "commitment_hash",
		definition:
			"The hash that a trainer commits to: blake2b-256 of descent/commitment/v1 (ASCII) and, in \
			SCALE, genesis, group (u32), round (u32), account (32 bytes), checkpoint's digest, salt (32 \
			bytes).",
		vectors: Scene::all().map(vector).into(),
	}
}

fn announcements() -> Function {
	let vector = |scene: Scene| {
		let Scene { genesis, group, account, digest, salt, .. } = scene;
		let mut input = scene.input();
		input.extend([("account", hex(account)), ("delta", hex(digest)), ("salt", hex(salt))]);
		let result = announcement_hash(genesis, group, &account, digest, &salt);
		Vector::of_hash("descent/announcement/v1", input, (genesis, group, account, digest, salt), result)
	};
	Function {
		name: "announcement_hash",
		definition:
			"The hash that announces a delta: blake2b-256 of descent/announcement/v1 (ASCII) and, in \
			SCALE, genesis, group (u32), account (32 bytes), delta's digest, salt (32 bytes).",
		vectors: Scene::all().map(vector).into(),
	}
}

fn seeds() -> Function {
	let vector = |scene: Scene| {
		let Scene { genesis, group, number, salt: randomness, .. } = scene;
		let mut input = scene.input();
		input.extend([("round", json!(number)), ("randomness", hex(randomness))]);
		let result = evaluation_seed(genesis, group, number, &randomness);
		Vector::of_hash("descent/seed/v1", input, (genesis, group, number, randomness), result)
	};
	Function {
		name: "evaluation_seed",
		definition: "The seed of a round: blake2b-256 of descent/seed/v1 (ASCII) and, in SCALE, genesis, \
			group (u32), round (u32), randomness (32 bytes).",
		vectors: Scene::all().map(vector).into(),
	}
}

fn dataset_roots() -> Function {
	let vector = |previous: H256, delta: H256| {
		let input = vec![("previous", hex(previous)), ("delta", hex(delta))];
		Vector::of_hash("descent/dataset/v1", input, (previous, delta), dataset_root(previous, delta))
	};
	let first = dataset_root(H256::zero(), H256(bytes(0x40)));
	Function {
		name: "dataset_root",
		definition: "The root of a data set's log after one more delta: blake2b-256 of descent/dataset/v1 \
			(ASCII), the root before (zero for the empty data set), delta's digest.",
		vectors: vec![vector(H256::zero(), H256(bytes(0x40))), vector(first, H256(bytes(0x60)))],
	}
}

fn delta_roots() -> Function {
	let vector = |scene: Scene, rows: &[(u8, [u8; 32])]| {
		let Scene { genesis, group, number, version, .. } = scene;
		let canonical: Vec<_> = rows.iter().flat_map(|(op, id)| [&[*op][..], id].concat()).collect();
		let hash = H256(sp_crypto_hashing::blake2_256(&canonical));
		let op = |op| if op == 0 { "add" } else { "remove" };
		let rows: Vec<_> = rows.iter().map(|row| json!({"op": op(row.0), "id": hex(row.1)})).collect();
		let mut input = scene.input();
		input.extend([("proposal", json!(number)), ("version", json!(version)), ("rows", json!(rows))]);
		let result = delta_root(genesis, group, number, version, hash);
		Vector::of_hash("descent/delta/v1", input, (genesis, group, number, version, hash), result)
	};
	let [distinct, zero, largest] = Scene::all();
	let rows = [(0, bytes(0xc0)), (1, bytes(0xe0)), (0, [0; 32])];
	Function {
		name: "delta_root",
		definition: "The root of a checked delta: blake2b-256 of descent/delta/v1 (ASCII) and, in SCALE, \
			genesis, group (u32), proposal (u32), version (u32), and the blake2b-256 over a byte (0 adds, 1 \
			removes) and the id of each row.",
		vectors: vec![vector(distinct, &rows), vector(zero, &rows[..1]), vector(largest, &rows[1..])],
	}
}

fn transcripts() -> Function {
	let vector = |scene: Scene, batches: Vec<u64>| {
		let Scene { genesis, group, number, digest, .. } = scene;
		let scores: Vec<_> = batches.iter().copied().map(Score).collect();
		let mut input = scene.input();
		input.extend([("round", json!(number)), ("checkpoint", hex(digest)), ("batches", json!(batches))]);
		let result = transcript_root(genesis, group, number, digest, &scores);
		let bound = (genesis, group, number, digest, scores);
		Vector::of_hash("descent/transcript/v1", input, bound, result)
	};
	let [distinct, zero, largest] = Scene::all();
	let many = (0..70).map(|batch| 67_000 + batch).collect();
	Function {
		name: "transcript_root",
		definition: "The root of a measurement: blake2b-256 of descent/transcript/v1 (ASCII) and, in SCALE, \
			genesis, group (u32), round (u32), checkpoint's digest, the list of the batches' scores (u64).",
		vectors: vec![
			vector(distinct, vec![67_036, 71_234]),
			vector(zero, Vec::new()),
			vector(largest, vec![0, 1 << 53]),
			vector(distinct, many),
		],
	}
}

fn answers() -> Function {
	let vector = |scene: Scene, task: TaskId, answer: Answer| {
		let Scene { genesis, account: member, digest: subject, salt, .. } = scene;
		let task_input = match task {
			TaskId::Round { group, round } => json!({"task": "round", "group": group, "round": round}),
			TaskId::Delta { group, proposal, version, attempt } => json!({
				"task": "delta", "group": group, "proposal": proposal, "version": version, "attempt": attempt,
			}),
			TaskId::Custody { .. } => unreachable!("its vectors are among those of custody"),
		};
		let answer_input = match &answer {
			Answer::Round(ballot) => json!(ballot),
			Answer::Delta(verdict) => json!(verdict),
			Answer::Hidden(_) => unreachable!("its vectors are among those of test sets"),
			Answer::Custody(_) => unreachable!("its vectors are among those of custody"),
		};
		let mut input = vec![("genesis", hex(genesis)), ("task", task_input), ("subject", hex(subject))];
		input.extend([("member", hex(member)), ("answer", answer_input), ("salt", hex(salt))]);
		let result = answer_hash(genesis, &task, subject, &member, &answer, &salt);
		let bound = (genesis, task, subject, member, answer, salt);
		Vector::of_hash("descent/answer/v1", input, bound, result)
	};
	let rounds = Scene::all().into_iter().cycle().zip(ballots()).map(|(scene, ballot)| {
		let task = TaskId::Round { group: scene.group, round: scene.number };
		vector(scene, task, Answer::Round(ballot))
	});
	let deltas = Scene::all().into_iter().cycle().zip(verdicts()).map(|(scene, verdict)| {
		let Scene { group, number: proposal, version, attempt, .. } = scene;
		vector(scene, TaskId::Delta { group, proposal, version, attempt }, Answer::Delta(verdict))
	});
	Function {
		name: "answer_hash",
		definition:
			"The hash that a committee member attests: blake2b-256 of descent/answer/v1 (ASCII) and, \
			in SCALE, genesis, task, subject (the hash of all that is asked), member's evaluator key (32 \
			bytes), answer (a round's ballot, the verdict on a delta, the verdict on a hidden test set \
			and the ballot, or the hashes of the leaves that keepers served), salt (32 bytes).",
		vectors: rounds.chain(deltas).chain(test_sets::answers()).chain(custody::answers()).collect(),
	}
}

fn attestations() -> Function {
	let vectors = Scene::all().into_iter().zip(ballots()).map(|(scene, ballot)| {
		let Scene { genesis, group, number, account: member, salt, .. } = scene;
		let mut input = scene.input();
		input.extend([("round", json!(number)), ("member", hex(member))]);
		input.extend([("ballot", json!(ballot)), ("salt", hex(salt))]);
		let result = attestation_hash(genesis, group, number, &member, &ballot, &salt);
		let bound = (genesis, group, number, member, ballot, salt);
		Vector::of_hash("descent/attestation/v1", input, bound, result)
	});
	Function {
		name: "attestation_hash",
		definition: "The hash that was attested before answers bound their subject: blake2b-256 of \
			descent/attestation/v1 (ASCII) and, in SCALE, genesis, group (u32), round (u32), member's \
			evaluator key (32 bytes), ballot, salt (32 bytes).",
		vectors: vectors.collect(),
	}
}

fn checks() -> Function {
	let vectors = Scene::all().into_iter().zip(verdicts()).map(|(scene, verdict)| {
		let Scene { genesis, group, number, version, attempt, account: member, salt, .. } = scene;
		let mut input = scene.input();
		input.extend([("proposal", json!(number)), ("version", json!(version)), ("attempt", json!(attempt))]);
		input.extend([("member", hex(member)), ("verdict", json!(verdict)), ("salt", hex(salt))]);
		let result = check_hash(genesis, group, number, version, attempt, &member, &verdict, &salt);
		let bound = (genesis, group, number, version, attempt, member, verdict, salt);
		Vector::of_hash("descent/check/v1", input, bound, result)
	});
	Function {
		name: "check_hash",
		definition:
			"The hash that was attested of a delta before answers bound their subject: blake2b-256 of \
			descent/check/v1 (ASCII) and, in SCALE, genesis, group (u32), proposal (u32), version (u32), \
			attempt (u32), member's evaluator key (32 bytes), verdict, salt (32 bytes).",
		vectors: vectors.collect(),
	}
}
