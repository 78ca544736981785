use crate::{
	scene::{bytes, Scene},
	traces::recipes,
	Function, Vector,
};
use codec::Encode;
use descent_protocol::{
	evaluation::{
		CandidateSource, CheckRequest, CheckpointSource, DeltaSource, EvaluationRequest, ReplaySource,
		Replays, TestSetSource,
	},
	Codec, ContentRef, EvaluationPolicy, Metric, Score,
};
use serde_json::json;
use sp_core::{crypto::AccountId32, H256};

const PREFIX: &str = "descent/job/v1";

pub(crate) fn functions() -> Vec<Function> {
	vec![evaluations(), checks()]
}

fn small() -> ContentRef {
	ContentRef::raw(b"descent").unwrap()
}

fn large() -> ContentRef {
	ContentRef { digest: H256(bytes(0x40)), codec: Codec::UnixFs, size: 1 << 33 }
}

fn providers() -> Vec<String> {
	vec![String::from("http://127.0.0.1:8080"), format!("http://[::1]:1/{}", "a".repeat(64))]
}

fn evaluation() -> EvaluationRequest {
	let Scene { genesis, group, number, digest, .. } = Scene::distinct();
	EvaluationRequest {
		genesis,
		group,
		round: number,
		model: small(),
		deltas: vec![
			DeltaSource { delta: large(), providers: providers() },
			DeltaSource { delta: small(), providers: Vec::new() },
		],
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 10_000 },
		seed: digest,
		tolerance: None,
		providers: providers(),
		peers: Vec::new(),
		head: Some(CheckpointSource { checkpoint: large(), providers: providers() }),
		fetch_ms: 45_000,
		candidates: vec![
			CandidateSource { checkpoint: large(), providers: providers(), claim: Score(67_036) },
			CandidateSource { checkpoint: small(), providers: Vec::new(), claim: Score(1 << 53) },
		],
		winners: 1,
		test_set: None,
		replays: None,
	}
}

fn evaluations() -> Function {
	let vector = |request: EvaluationRequest| {
		let EvaluationRequest { genesis, group, round, model, deltas, metric, .. } = &request;
		let EvaluationRequest { policy, seed, tolerance, providers, .. } = &request;
		let EvaluationRequest { head, fetch_ms, candidates, .. } = &request;
		let kind = b"evaluation".to_vec();
		let first = (kind, genesis, group, round, model, deltas, metric, policy, seed);
		let no_peers = Vec::<String>::new();
		let middle = match tolerance {
			Some(tolerance) => (tolerance, providers).encode(),
			None => (tolerance, providers, no_peers).encode(),
		};
		let further = match (request.winners, &request.test_set, &request.replays) {
			(1, None, None) => Vec::new(),
			(winners, test_set, None) => (winners, test_set).encode(),
			further => further.encode(),
		};
		let bound = [first.encode(), middle, (head, fetch_ms, candidates).encode(), further].concat();
		Vector::of_hash(PREFIX, vec![("request", json!(request))], Verbatim(bound), request.id())
	};
	let validation = EvaluationRequest {
		deltas: Vec::new(),
		metric: Metric::Error,
		policy: EvaluationPolicy::Validation { set: large(), records: 1 },
		head: None,
		candidates: Vec::new(),
		..evaluation()
	};
	let hidden = EvaluationRequest {
		deltas: Vec::new(),
		policy: EvaluationPolicy::Hidden { series: H256(bytes(0x40)), records: 7, otherwise: small() },
		test_set: Some(TestSetSource {
			manifest: small(),
			index: 0x0201,
			key: H256(bytes(0x60)),
			providers: providers(),
		}),
		..evaluation()
	};
	let [one, two, three] = recipes();
	let segments = [(one, None), (two, Some(large())), (three, Some(small()))].map(|(recipe, start)| {
		let account = AccountId32::new(bytes(0x20));
		ReplaySource { account, recipe, number: 0x0201, rate: 0x0403_0201, start, end: small() }
	});
	let replays = |segments| Some(Replays { link: H256(bytes(0x80)), segments, drawn: vec![0] });
	let replayed = EvaluationRequest {
		policy: EvaluationPolicy::Validation { set: large(), records: 1 },
		replays: replays(segments.to_vec()),
		..evaluation()
	};
	Function {
		name: "EvaluationRequest::id",
		definition: "The id of a job that measures a round: blake2b-256 of descent/job/v1 (ASCII) and, in \
			SCALE, `evaluation` and the request's fields in the order of the book, in which peers count as \
			none; where there is a tolerance, it is encoded as a u64 and peers are left out; where there are \
			more winners than one, or a hidden test set, winners (u8) and test_set follow; where segments \
			are replayed, winners, test_set and replays do.",
		vectors: vec![
			vector(evaluation()),
			vector(EvaluationRequest { peers: providers(), ..evaluation() }),
			vector(EvaluationRequest { tolerance: Some(6), ..evaluation() }),
			vector(validation),
			vector(EvaluationRequest { winners: 3, ..evaluation() }),
			vector(hidden.clone()),
			vector(replayed),
			vector(EvaluationRequest { winners: 3, replays: replays(Vec::new()), ..hidden }),
		],
	}
}

fn checks() -> Function {
	let vector = |request: CheckRequest| {
		let bound = (b"check".to_vec(), request.clone());
		Vector::of_hash(PREFIX, vec![("request", json!(request))], bound, request.id())
	};
	let Scene { genesis, group, number, version, attempt, .. } = Scene::distinct();
	let source = |delta| DeltaSource { delta, providers: providers() };
	let request = CheckRequest {
		genesis,
		group,
		proposal: number,
		version,
		attempt,
		model: small(),
		providers: providers(),
		deltas: vec![source(large()), source(small())],
		proposed: source(large()),
		fetch_ms: 45_000,
	};
	let first = CheckRequest { version: 0, attempt: 0, deltas: Vec::new(), ..request.clone() };
	Function {
		name: "CheckRequest::id",
		definition: "The id of a job that checks a delta: blake2b-256 of descent/job/v1 (ASCII) and, in \
			SCALE, `check` and the request's fields in the order of the book.",
		vectors: vec![vector(request), vector(first)],
	}
}

/// Bytes that are encoded already.
struct Verbatim(Vec<u8>);

impl Encode for Verbatim {
	fn encode(&self) -> Vec<u8> {
		self.0.clone()
	}
}
