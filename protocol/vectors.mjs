#!/usr/bin/env node
/**
 * Computes every vector of vectors.json anew, and ends with an error at the first that differs.
 *
 *     node protocol/vectors.mjs [FILE]
 *
 * This is another implementation of the hashes, samples and scores of Descent, for those who write clients.
 * It needs no packages. A hash is the blake2b-256 of a prefix in ASCII and of values in SCALE: integers are
 * little-endian, a list is preceded by its length, an option by a byte 0 or 1, a variant by its index. In the
 * file, bytes are 0x-hex, and integers that may be larger than 2^53 are decimal strings.
 */
import { readFileSync } from "node:fs";

// blake2b, RFC 7693

const MASK = (1n << 64n) - 1n;
const IV = [
	0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
	0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n,
];
/** The order of a block's words in each round. The last two rounds have the order of the first two. */
const SIGMA = [
	[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
	[14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
	[11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
	[7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
	[9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
	[2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
	[12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
	[13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
	[6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
	[10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
/** The words of the state that each step of a round mixes: columns, then diagonals. */
const STEPS = [
	[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
	[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];

function rotated(word, bits) {
	return ((word >> bits) | (word << (64n - bits))) & MASK;
}

function mix(v, [a, b, c, d], x, y) {
	v[a] = (v[a] + v[b] + x) & MASK;
	v[d] = rotated(v[d] ^ v[a], 32n);
	v[c] = (v[c] + v[d]) & MASK;
	v[b] = rotated(v[b] ^ v[c], 24n);
	v[a] = (v[a] + v[b] + y) & MASK;
	v[d] = rotated(v[d] ^ v[a], 16n);
	v[c] = (v[c] + v[d]) & MASK;
	v[b] = rotated(v[b] ^ v[c], 63n);
}

function compress(state, block, length, isLast) {
	const words = Array.from({ length: 16 }, (_, place) => block.readBigUInt64LE(8 * place));
	const v = [...state, ...IV];
	v[12] ^= BigInt(length);
	if (isLast) v[14] ^= MASK;
	for (let round = 0; round < 12; round++) {
		const order = SIGMA[round % 10];
		STEPS.forEach((step, place) => mix(v, step, words[order[2 * place]], words[order[2 * place + 1]]));
	}
	return state.map((word, place) => word ^ v[place] ^ v[place + 8]);
}

/** blake2b with a digest of 32 bytes and without a key. */
function blake2(data) {
	// The parameters are in the first word: digest length, key length, fan-out and depth.
	let state = [IV[0] ^ 0x01010020n, ...IV.slice(1)];
	const blocks = Math.max(Math.ceil(data.length / 128), 1);
	for (let place = 0; place < blocks; place++) {
		const block = Buffer.alloc(128);
		data.copy(block, 0, 128 * place);
		const isLast = place === blocks - 1;
		state = compress(state, block, isLast ? data.length : 128 * (place + 1), isLast);
	}
	return Buffer.concat(state.slice(0, 4).map(u64));
}

function toHex(data) {
	return "0x" + data.toString("hex");
}

/** The bytes that 0x-hex stands for: hashes, keys and salts are encoded without a length. */
function raw(text) {
	if (!/^0x([0-9a-f]{2})*$/.test(text)) throw new Error(`${text} is not 0x-hex`);
	return Buffer.from(text.slice(2), "hex");
}

// SCALE

function u8(number) {
	return Buffer.from([number]);
}

function u16(number) {
	const data = Buffer.alloc(2);
	data.writeUInt16LE(number);
	return data;
}

function u32(number) {
	const data = Buffer.alloc(4);
	data.writeUInt32LE(number);
	return data;
}

function u64(number) {
	const data = Buffer.alloc(8);
	data.writeBigUInt64LE(BigInt(number));
	return data;
}

/** A length: its two lowest bits say in how many bytes it is. */
function compact(length) {
	if (length < 1 << 6) return u8(length << 2);
	if (length < 1 << 14) return u32((length << 2) | 1).subarray(0, 2);
	return u32(length * 4 + 2);
}

function list(encode, items) {
	return Buffer.concat([compact(items.length), ...items.map(encode)]);
}

function option(encode, value) {
	return value === null ? u8(0) : Buffer.concat([u8(1), encode(value)]);
}

function text(value) {
	const data = Buffer.from(value, "utf8");
	return Buffer.concat([compact(data.length), data]);
}

function variant(names, name) {
	if (!names.includes(name)) throw new Error(`${name} is none of ${names}`);
	return u8(names.indexOf(name));
}

function measurement({ score, root }) {
	return Buffer.concat([u64(score), raw(root)]);
}

const VERDICTS = ["match", "mismatch", "unavailable", "invalid", "ill_conditioned", "abstained", "departed"];

function verdict(value) {
	const isMeasured = ["match", "mismatch", "departed"].includes(value.verdict);
	return Buffer.concat([variant(VERDICTS, value.verdict), ...(isMeasured ? [measurement(value)] : [])]);
}

function ballot({ baseline, verdicts }) {
	return Buffer.concat([option(measurement, baseline), list(verdict, verdicts)]);
}

const DELTA_VERDICTS = ["valid", "invalid", "unavailable"];
const FAULTS = ["malformed", "too_large", "columns", "empty", "row"];
const PROBLEMS = [
	"op", "id_length", "wrong_id", "null", "not_null", "shape", "value", "repeated", "duplicate", "absent",
];

function deltaVerdict(value) {
	const parts = [variant(DELTA_VERDICTS, value.verdict)];
	if (value.verdict === "valid") {
		parts.push(u64(value.added), u64(value.removed), u64(value.records), raw(value.root));
	}
	if (value.verdict === "invalid") {
		parts.push(variant(FAULTS, value.fault));
		if (value.fault === "row") parts.push(u64(value.row), variant(PROBLEMS, value.problem));
	}
	return Buffer.concat(parts);
}

function content({ digest, codec, size }) {
	return Buffer.concat([raw(digest), variant(["raw", "unixfs"], codec), u64(size)]);
}

function providers(addresses) {
	return list(text, addresses);
}

function deltaSource(value) {
	return Buffer.concat([content(value.delta), providers(value.providers)]);
}

function checkpointSource(value) {
	return Buffer.concat([content(value.checkpoint), providers(value.providers)]);
}

function candidate(value) {
	return Buffer.concat([checkpointSource(value), u64(value.claim)]);
}

function testSetSource(value) {
	const place = [content(value.manifest), u16(value.index)];
	return Buffer.concat([...place, raw(value.key), providers(value.providers)]);
}

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** The public key of an account in SS58, between a byte for the network and a checksum of two. */
function account(address) {
	const number = [...address].reduce((sum, digit) => {
		if (!BASE58.includes(digit)) throw new Error(`${address} is not SS58`);
		return sum * 58n + BigInt(BASE58.indexOf(digit));
	}, 0n);
	return Buffer.from(number.toString(16).padStart(70, "0"), "hex").subarray(1, 33);
}

function base(value) {
	const kind = variant(["initial", "checkpoint"], value.base);
	return Buffer.concat([kind, value.base === "initial" ? u64(value.seed) : content(value.checkpoint)]);
}

function optimizer(value) {
	const kind = variant(["sgd", "adam", "adam_w"], value.optimizer);
	const isSgd = value.optimizer === "sgd";
	const factors = isSgd ? [u32(value.momentum), u8(Number(value.nesterov))] : value.betas.map(u32);
	return Buffer.concat([kind, ...factors, u32(value.weight_decay)]);
}

const PRECISIONS = ["f64", "f32", "bf16"];

function recipe(value) {
	const parts = [base(value.base), optimizer(value.optimizer), variant(PRECISIONS, value.precision)];
	return Buffer.concat([...parts, u16(value.steps), u32(value.batch)]);
}

function trace({ root, segments }) {
	return Buffer.concat([raw(root), u16(segments)]);
}

function segment({ from, rate, state }) {
	return Buffer.concat([option(u16, from), u32(rate), raw(state)]);
}

function replaySource(value) {
	const drawn = [account(value.account), recipe(value.recipe), u16(value.number), u32(value.rate)];
	return Buffer.concat([...drawn, option(content, value.start), content(value.end)]);
}

function replays({ link, segments, drawn = [] }) {
	return Buffer.concat([raw(link), list(replaySource, segments), list(u8, drawn)]);
}

function policy(value) {
	const kind = variant(["training", "validation", "hidden"], value.on);
	const records = u32(value.records);
	if (value.on === "hidden") return Buffer.concat([kind, raw(value.series), records, content(value.otherwise)]);
	const set = value.on === "validation" ? [content(value.set)] : [];
	return Buffer.concat([kind, ...set, records]);
}

// Functions of the file: each returns the result and, where it hashes an encoding, the bytes of it.

function hashed(prefix, ...values) {
	const encoded = Buffer.concat([Buffer.from(prefix), ...values]);
	return { encoded, result: toHex(blake2(encoded)) };
}

function cidBytes(v) {
	return { result: toHex(Buffer.concat([raw("0x0155a0e40220"), blake2(raw(v.content))])) };
}

function commitmentHash(v) {
	const trainer = [raw(v.account), raw(v.checkpoint), raw(v.salt)];
	return hashed("descent/commitment/v1", raw(v.genesis), u32(v.group), u32(v.round), ...trainer);
}

function announcementHash(v) {
	const proposer = [raw(v.account), raw(v.delta), raw(v.salt)];
	return hashed("descent/announcement/v1", raw(v.genesis), u32(v.group), ...proposer);
}

function evaluationSeed(v) {
	return hashed("descent/seed/v1", raw(v.genesis), u32(v.group), u32(v.round), raw(v.randomness));
}

function datasetRoot(v) {
	return hashed("descent/dataset/v1", raw(v.previous), raw(v.delta));
}

function deltaRoot(v) {
	const rows = v.rows.flatMap(({ op, id }) => [variant(["add", "remove"], op), raw(id)]);
	const proposal = [raw(v.genesis), u32(v.group), u32(v.proposal), u32(v.version)];
	return hashed("descent/delta/v1", ...proposal, blake2(Buffer.concat(rows)));
}

function transcriptRoot(v) {
	const round = [raw(v.genesis), u32(v.group), u32(v.round)];
	return hashed("descent/transcript/v1", ...round, raw(v.checkpoint), list(u64, v.batches));
}

const TEST_SET_VERDICTS = ["sound", "broken", "unavailable"];

/** An answer to a task. A ballot on a hidden test set comes with the verdict on the set. */
function answer(task, value) {
	if (task === "delta") return [u8(1), deltaVerdict(value)];
	if (task === "custody") return [u8(3), list((hash) => option(raw, hash), value.kept)];
	if (value.test_set === undefined) return [u8(0), ballot(value)];
	return [u8(2), variant(TEST_SET_VERDICTS, value.test_set), ballot(value.ballot)];
}

function answerHash(v) {
	const { task, group, round, proposal, version, attempt, check } = v.task;
	const kind = variant(["round", "delta", "custody"], task);
	const numbers = { round: [round], delta: [proposal, version, attempt], custody: [check] }[task];
	const asked = [raw(v.genesis), kind, u32(group), ...numbers.map(u32), raw(v.subject)];
	return hashed("descent/answer/v1", ...asked, raw(v.member), ...answer(task, v.answer), raw(v.salt));
}

function hashChainLink(v) {
	return hashed("descent/test-set-link/v1", raw(v.value));
}

function testSetKey(v) {
	return hashed("descent/test-set-key/v1", raw(v.value));
}

function testSetSeries(v) {
	const opened = [raw(v.requester), content(v.manifest), raw(v.anchor)];
	return hashed("descent/test-set-series/v1", raw(v.genesis), ...opened);
}

function keptHash(v) {
	const check = [raw(v.genesis), u32(v.group), u32(v.check), raw(v.keeper)];
	const leaf = raw(v.leaf);
	return hashed("descent/kept/v1", ...check, compact(leaf.length), leaf);
}

function drawnLeaf(v) {
	const { encoded } = hashed("descent/custody-leaf/v1", raw(v.seed), raw(v.keeper));
	const leaves = v.sizes.map((size) => (BigInt(size) + (1n << 20n) - 1n) >> 20n || 1n);
	const all = leaves.reduce((sum, own) => sum + own, 0n);
	if (all === 0n) return { encoded, result: null };
	let rest = littleEndian(blake2(encoded).subarray(0, 16)) % all;
	let content = 0;
	while (rest >= leaves[content]) rest -= leaves[content++];
	return { encoded, result: [content, Number(rest)] };
}

function attestationHash(v) {
	const round = [raw(v.genesis), u32(v.group), u32(v.round)];
	return hashed("descent/attestation/v1", ...round, raw(v.member), ballot(v.ballot), raw(v.salt));
}

function checkHash(v) {
	const check = [raw(v.genesis), u32(v.group), u32(v.proposal), u32(v.version), u32(v.attempt)];
	return hashed("descent/check/v1", ...check, raw(v.member), deltaVerdict(v.verdict), raw(v.salt));
}

function evaluationRequestId({ request: r }) {
	// Peers may change while a job runs, so its id has an empty list of them.
	const isDithered = r.tolerance === undefined;
	const tolerance = isDithered ? option(u64, null) : u64(r.tolerance);
	const peers = isDithered ? [list(text, [])] : [];
	const round = [raw(r.genesis), u32(r.group), u32(r.round)];
	const data = [content(r.model), list(deltaSource, r.deltas)];
	const rules = [variant(["loss", "error"], r.metric), policy(r.policy), raw(r.seed), tolerance];
	const sources = [providers(r.providers), ...peers, option(checkpointSource, r.head)];
	const rest = [u64(r.fetch_ms), list(candidate, r.candidates)];
	const { winners = 1, test_set: testSet = null, replays: replayed = null } = r;
	// A round with one winner, no hidden test set and no replays has the id of before there were any.
	const isPlain = !isDithered || (winners === 1 && testSet === null && replayed === null);
	const further = isPlain ? [] : [u8(winners), option(testSetSource, testSet)];
	if (isDithered && replayed !== null) further.push(option(replays, replayed));
	const all = [...round, ...data, ...rules, ...sources, ...rest, ...further];
	return hashed("descent/job/v1", text("evaluation"), ...all);
}

function checkRequestId({ request: r }) {
	const check = [raw(r.genesis), u32(r.group), u32(r.proposal), u32(r.version), u32(r.attempt)];
	const data = [content(r.model), providers(r.providers), list(deltaSource, r.deltas)];
	const proposed = [deltaSource(r.proposed), u64(r.fetch_ms)];
	return hashed("descent/job/v1", text("check"), ...check, ...data, ...proposed);
}

function traceRoot({ segments }) {
	const leaves = segments.map((value, number) =>
		hashed("descent/segment/v1", u16(number), segment(value)));
	let row = leaves.map(({ encoded }) => blake2(encoded));
	while (row.length > 1) {
		const above = [];
		for (let place = 0; place < row.length; place += 2) {
			const pair = row.slice(place, place + 2);
			// A node without a neighbour moves up as it is.
			above.push(pair.length === 2 ? blake2(Buffer.concat(pair)) : pair[0]);
		}
		row = above;
	}
	return { encoded: leaves[0]?.encoded, result: toHex(row[0] ?? Buffer.alloc(32)) };
}

function submissionHash(v) {
	return hashed("descent/submission/v1", raw(v.checkpoint), recipe(v.recipe), trace(v.trace));
}

function drawnSegment(v) {
	const { encoded } = hashed("descent/replay/v1", raw(v.seed), raw(v.submission));
	const range = BigInt(v.segments);
	const fair = range === 0n ? 0n : (1n << 64n) - ((1n << 64n) % range);
	const stream = words(blake2(encoded));
	let word = range === 0n ? 0n : stream.next().value;
	while (range > 0n && word >= fair) word = stream.next().value;
	return { encoded, result: range === 0n ? 0 : Number(word % range) };
}

function batch(v) {
	const round = [raw(v.genesis), u32(v.group), u32(v.round), raw(v.link), raw(v.account)];
	const { encoded } = hashed("descent/batch/v1", ...round, u16(v.segment), u16(v.step));
	const drawn = sample({ seed: toHex(blake2(encoded)), population: v.records, count: v.size });
	return { encoded, ...drawn };
}

function departureLimit(v) {
	const { encoded } = hashed("descent/departure/v1", raw(v.seed));
	const smallest = { f64: 100n, f32: 120_000_000n, bf16: 300_000_000n }[v.precision];
	if (smallest === undefined) throw new Error(`${v.precision} is no precision`);
	const word = BigInt(blake2(encoded).readUInt32LE());
	return { encoded, result: Number(smallest + ((smallest * word) >> 33n)) };
}

function replayRoot(v) {
	return hashed("descent/replayed/v1", raw(v.transcript), list(u64, v.losses));
}

function* words(seed) {
	for (let counter = 0n; ; counter++) {
		const block = blake2(Buffer.concat([seed, u64(counter)]));
		for (let place = 0; place < 4; place++) yield block.readBigUInt64LE(8 * place);
	}
}

function sample(v) {
	const population = BigInt(v.population);
	const count = BigInt(v.count);
	const chosen = [];
	const stream = words(raw(v.seed));
	const isWhole = population <= count;
	for (let last = isWhole ? 0n : population - count; last < population; last++) {
		// Words from the last incomplete multiple of the range on would favour the low positions.
		const range = last + 1n;
		const fair = (1n << 64n) - ((1n << 64n) % range);
		let word = isWhole ? last : stream.next().value;
		while (word >= fair) word = stream.next().value;
		const position = word % range;
		chosen.push(chosen.includes(position) ? last : position);
	}
	return { result: chosen.sort((a, b) => (a < b ? -1 : 1)).map(String) };
}

function littleEndian(data) {
	return BigInt(toHex(Buffer.from(data).reverse()));
}

function committeeWeights(v) {
	const seed = raw(v.seed);
	const bonds = v.bonds.map(BigInt);
	const total = bonds.reduce((sum, bond) => sum + bond, 0n);
	if (total === 0n) return { result: bonds.map(() => "1") };
	if (bonds.length <= v.seats) {
		const shift = BigInt(Math.max(total.toString(2).length - 63, 0));
		return { result: bonds.map((bond) => String(bond >> shift || (bond > 0n ? 1n : 0n))) };
	}
	const encoded = (seat, attempt) =>
		Buffer.concat([Buffer.from("descent/committee/v1"), seed, u32(seat), u8(attempt)]);
	const fair = (1n << 128n) - ((1n << 128n) % total);
	const weights = bonds.map(() => 0);
	for (let seat = 0; seat < v.seats; seat++) {
		let number = fair;
		for (let attempt = 0; number >= fair; attempt++) {
			number = littleEndian(blake2(encoded(seat, attempt)).subarray(0, 16));
		}
		let unit = number % total;
		let place = 0;
		while (unit >= bonds[place]) unit -= bonds[place++];
		weights[place]++;
	}
	return { encoded: encoded(0, 0), result: weights.map(String) };
}

function conditionLimit(v) {
	const encoded = Buffer.concat([Buffer.from("descent/condition/v1"), raw(v.seed)]);
	return { encoded, result: 1000 + Math.floor((1000 * blake2(encoded).readUInt32LE()) / 2 ** 32) };
}

function perturbationSeed(v) {
	const encoded = Buffer.concat([Buffer.from("descent/perturbation/v1"), raw(v.seed)]);
	return { encoded, result: String(blake2(encoded).readBigUInt64LE()) };
}

function roundedHalfToEven(number) {
	const floor = Math.floor(number);
	const rest = number - floor;
	return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

function score(v) {
	// `bits` are those of the value, for languages that read decimals otherwise.
	const value = raw(v.bits).readDoubleBE();
	if (!Object.is(Number(v.value), value)) throw new Error(`value is ${v.value}, and bits are ${value}`);
	const isDithered = v.seed !== null;
	const encoded = isDithered ? Buffer.concat([Buffer.from("descent/dither/v1"), raw(v.seed)]) : undefined;
	const micro = value * 1e6;
	const dithered = () => Math.floor(micro + blake2(encoded).readUInt32LE() / 2 ** 32);
	const rounded = isDithered ? dithered() : roundedHalfToEven(micro);
	// Negative zero is a score of zero.
	return { encoded, result: value >= 0 && rounded <= 2 ** 53 ? rounded + 0 : null };
}

const FUNCTIONS = {
	"blake2_256": (v) => ({ result: toHex(blake2(raw(v.bytes))) }),
	"ContentRef::cid_bytes": cidBytes,
	"commitment_hash": commitmentHash,
	"announcement_hash": announcementHash,
	"evaluation_seed": evaluationSeed,
	"dataset_root": datasetRoot,
	"delta_root": deltaRoot,
	"transcript_root": transcriptRoot,
	"hash_chain_link": hashChainLink,
	"test_set_key": testSetKey,
	"test_set_series": testSetSeries,
	"kept_hash": keptHash,
	"drawn_leaf": drawnLeaf,
	"answer_hash": answerHash,
	"attestation_hash": attestationHash,
	"check_hash": checkHash,
	"trace_root": traceRoot,
	"submission_hash": submissionHash,
	"drawn_segment": drawnSegment,
	"BatchOrder::batch": batch,
	"departure_limit": departureLimit,
	"replay_root": replayRoot,
	"EvaluationRequest::id": evaluationRequestId,
	"CheckRequest::id": checkRequestId,
	"sample": sample,
	"committee_weights": committeeWeights,
	"condition_limit": conditionLimit,
	"perturbation_seed": perturbationSeed,
	"Rounding::score": score,
};

/** Throws an error where a vector is not what the function computes. */
function check(compute, vector) {
	const { encoded, result } = compute(vector.input);
	const hex = encoded && toHex(encoded);
	if (hex !== vector.encoded) throw new Error(`encoded is ${hex}, not ${vector.encoded}`);
	const [computed, expected] = [JSON.stringify(result), JSON.stringify(vector.result)];
	if (computed !== expected) throw new Error(`the result is ${computed}, not ${expected}`);
}

function fail(message) {
	console.error(message);
	process.exit(1);
}

const file = process.argv[2] ?? new URL("vectors.json", import.meta.url);
const functions = JSON.parse(readFileSync(file, "utf8"));
const names = new Set([...Object.keys(functions), ...Object.keys(FUNCTIONS)]);
for (const name of names) {
	if (!(name in functions) || !(name in FUNCTIONS)) fail(`a function is unknown or absent: ${name}`);
}
let checked = 0;
for (const [name, { vectors }] of Object.entries(functions)) {
	for (const [number, vector] of vectors.entries()) {
		try {
			check(FUNCTIONS[name], vector);
		} catch (error) {
			fail(`${name}, vector ${number}: ${error.message}`);
		}
		checked++;
	}
}
console.log(`${checked} vectors of ${names.size} functions are right`);
