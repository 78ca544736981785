#!/usr/bin/env python3
"""Computes every vector of vectors.json anew, and ends with an error at the first that differs.

    python3 protocol/vectors.py [FILE]

This is a second implementation of the hashes, samples and scores of Descent, for those who write clients. It
needs nothing but Python. A hash is the blake2b-256 of a prefix in ASCII and of values in SCALE: integers are
little-endian, a list is preceded by its length, an option by a byte 0 or 1, a variant by its index. In the
file, bytes are 0x-hex, and integers that may be larger than 2^53 are decimal strings.
"""
import hashlib
import json
import math
import pathlib
import struct
import sys


def blake2(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def to_hex(data):
    return "0x" + data.hex()


def raw(text):
    """The bytes that 0x-hex stands for: hashes, keys and salts are encoded without a length."""
    return bytes.fromhex(text.removeprefix("0x"))


# SCALE


def u8(number):
    return number.to_bytes(1, "little")


def u32(number):
    return number.to_bytes(4, "little")


def u64(number):
    return number.to_bytes(8, "little")


def compact(length):
    """A length: its two lowest bits say in how many bytes it is."""
    if length < 1 << 6:
        return (length << 2).to_bytes(1, "little")
    if length < 1 << 14:
        return (length << 2 | 1).to_bytes(2, "little")
    return (length << 2 | 2).to_bytes(4, "little")


def listed(encode, items):
    return compact(len(items)) + b"".join(encode(item) for item in items)


def option(encode, value):
    return b"\x00" if value is None else b"\x01" + encode(value)


def text(value):
    data = value.encode()
    return compact(len(data)) + data


def measurement(value):
    return u64(value["score"]) + raw(value["root"])


VERDICTS = ["match", "mismatch", "unavailable", "invalid", "ill_conditioned", "abstained"]


def verdict(value):
    index = VERDICTS.index(value["verdict"])
    return u8(index) + (measurement(value) if index < 2 else b"")


def ballot(value):
    return option(measurement, value["baseline"]) + listed(verdict, value["verdicts"])


DELTA_VERDICTS = ["valid", "invalid", "unavailable"]
FAULTS = ["malformed", "too_large", "columns", "empty", "row"]
PROBLEMS = [
    "op", "id_length", "wrong_id", "null", "not_null", "shape", "value", "repeated", "duplicate", "absent",
]


def delta_verdict(value):
    encoded = u8(DELTA_VERDICTS.index(value["verdict"]))
    if value["verdict"] == "valid":
        encoded += u64(value["added"]) + u64(value["removed"]) + u64(value["records"]) + raw(value["root"])
    if value["verdict"] == "invalid":
        encoded += u8(FAULTS.index(value["fault"]))
        if value["fault"] == "row":
            encoded += u64(value["row"]) + u8(PROBLEMS.index(value["problem"]))
    return encoded


def content(value):
    return raw(value["digest"]) + u8(["raw", "unixfs"].index(value["codec"])) + u64(value["size"])


def providers(value):
    return listed(text, value)


def delta_source(value):
    return content(value["delta"]) + providers(value["providers"])


def checkpoint_source(value):
    return content(value["checkpoint"]) + providers(value["providers"])


def candidate(value):
    return checkpoint_source(value) + u64(value["claim"])


def policy(value):
    if value["on"] == "training":
        return u8(0) + u32(value["records"])
    return u8(1) + content(value["set"]) + u32(value["records"])


# Functions of the file: each returns the bytes that it hashes, or None, and the result.


def hashed(prefix, *values):
    encoded = prefix + b"".join(values)
    return encoded, to_hex(blake2(encoded))


def blake2_256(v):
    return None, to_hex(blake2(raw(v["bytes"])))


def cid_bytes(v):
    return None, to_hex(b"\x01\x55\xa0\xe4\x02\x20" + blake2(raw(v["content"])))


def commitment_hash(v):
    return hashed(
        b"descent/commitment/v1",
        raw(v["genesis"]), u32(v["group"]), u32(v["round"]),
        raw(v["account"]), raw(v["checkpoint"]), raw(v["salt"]),
    )


def announcement_hash(v):
    return hashed(
        b"descent/announcement/v1",
        raw(v["genesis"]), u32(v["group"]), raw(v["account"]), raw(v["delta"]), raw(v["salt"]),
    )


def evaluation_seed(v):
    return hashed(
        b"descent/seed/v1", raw(v["genesis"]), u32(v["group"]), u32(v["round"]), raw(v["randomness"])
    )


def dataset_root(v):
    return hashed(b"descent/dataset/v1", raw(v["previous"]), raw(v["delta"]))


def delta_root(v):
    rows = b"".join(u8(["add", "remove"].index(row["op"])) + raw(row["id"]) for row in v["rows"])
    return hashed(
        b"descent/delta/v1",
        raw(v["genesis"]), u32(v["group"]), u32(v["proposal"]), u32(v["version"]), blake2(rows),
    )


def transcript_root(v):
    return hashed(
        b"descent/transcript/v1",
        raw(v["genesis"]), u32(v["group"]), u32(v["round"]), raw(v["checkpoint"]), listed(u64, v["batches"]),
    )


def answer_hash(v):
    task = v["task"]
    if task["task"] == "round":
        of_task = u8(0) + u32(task["group"]) + u32(task["round"])
        answer = u8(0) + ballot(v["answer"])
    else:
        of_task = u8(1) + b"".join(u32(task[name]) for name in ("group", "proposal", "version", "attempt"))
        answer = u8(1) + delta_verdict(v["answer"])
    return hashed(
        b"descent/answer/v1",
        raw(v["genesis"]), of_task, raw(v["subject"]), raw(v["member"]), answer, raw(v["salt"]),
    )


def attestation_hash(v):
    return hashed(
        b"descent/attestation/v1",
        raw(v["genesis"]), u32(v["group"]), u32(v["round"]),
        raw(v["member"]), ballot(v["ballot"]), raw(v["salt"]),
    )


def check_hash(v):
    return hashed(
        b"descent/check/v1",
        raw(v["genesis"]), u32(v["group"]), u32(v["proposal"]), u32(v["version"]), u32(v["attempt"]),
        raw(v["member"]), delta_verdict(v["verdict"]), raw(v["salt"]),
    )


def evaluation_request_id(v):
    r = v["request"]
    if "tolerance" in r:
        tolerance, peers = u64(r["tolerance"]), b""
    else:
        # Peers may change while a job runs, so its id has an empty list of them.
        tolerance, peers = option(u64, None), listed(text, [])
    return hashed(
        b"descent/job/v1", text("evaluation"),
        raw(r["genesis"]), u32(r["group"]), u32(r["round"]),
        content(r["model"]), listed(delta_source, r["deltas"]),
        u8(["loss", "error"].index(r["metric"])), policy(r["policy"]), raw(r["seed"]),
        tolerance, providers(r["providers"]), peers,
        option(checkpoint_source, r["head"]), u64(r["fetch_ms"]), listed(candidate, r["candidates"]),
    )


def check_request_id(v):
    r = v["request"]
    return hashed(
        b"descent/job/v1", text("check"),
        raw(r["genesis"]), u32(r["group"]), u32(r["proposal"]), u32(r["version"]), u32(r["attempt"]),
        content(r["model"]), providers(r["providers"]), listed(delta_source, r["deltas"]),
        delta_source(r["proposed"]), u64(r["fetch_ms"]),
    )


def sample(v):
    seed, population, count = raw(v["seed"]), int(v["population"]), v["count"]
    if population <= count:
        return None, [str(position) for position in range(population)]

    def words():
        counter = 0
        while True:
            yield from struct.unpack("<4Q", blake2(seed + u64(counter)))
            counter += 1

    stream = words()
    chosen = set()
    for last in range(population - count, population):
        # Words from the last incomplete multiple of the range on would favour the low positions.
        fair = 2**64 - 2**64 % (last + 1)
        position = next(word for word in stream if word < fair) % (last + 1)
        chosen.add(last if position in chosen else position)
    return None, [str(position) for position in sorted(chosen)]


def committee_weights(v):
    seed, bonds, seats = raw(v["seed"]), [int(bond) for bond in v["bonds"]], v["seats"]
    total = sum(bonds)
    if total == 0:
        return None, ["1"] * len(bonds)
    if len(bonds) <= seats:
        shift = max(total.bit_length() - 63, 0)
        return None, [str(max(bond >> shift, min(bond, 1))) for bond in bonds]

    def encoded(seat, attempt):
        return b"descent/committee/v1" + seed + u32(seat) + u8(attempt)

    weights = [0] * len(bonds)
    fair = 2**128 - 2**128 % total
    for seat in range(seats):
        numbers = (int.from_bytes(blake2(encoded(seat, attempt))[:16], "little") for attempt in range(256))
        unit = next(number for number in numbers if number < fair) % total
        place = 0
        while unit >= bonds[place]:
            unit -= bonds[place]
            place += 1
        weights[place] += 1
    return encoded(0, 0), [str(weight) for weight in weights]


def condition_limit(v):
    encoded = b"descent/condition/v1" + raw(v["seed"])
    word = int.from_bytes(blake2(encoded)[:4], "little")
    return encoded, 1000 + (1000 * word >> 32)


def perturbation_seed(v):
    encoded = b"descent/perturbation/v1" + raw(v["seed"])
    return encoded, str(int.from_bytes(blake2(encoded)[:8], "little"))


def score(v):
    # `bits` are those of the value, for languages that read decimals otherwise.
    (value,) = struct.unpack(">d", raw(v["bits"]))
    read = float(v["value"])
    if read != value and not (math.isnan(read) and math.isnan(value)):
        raise ValueError(f"value is {read}, and bits are {value}")
    encoded, dither = None, None
    if v["seed"] is not None:
        encoded = b"descent/dither/v1" + raw(v["seed"])
        dither = int.from_bytes(blake2(encoded)[:4], "little") / 2**32
    micro = value * 1e6
    if not 0 <= micro < math.inf:
        return encoded, None
    # Python rounds half to even.
    rounded = round(micro) if dither is None else math.floor(micro + dither)
    return encoded, rounded if rounded <= 2**53 else None


FUNCTIONS = {
    "blake2_256": blake2_256,
    "ContentRef::cid_bytes": cid_bytes,
    "commitment_hash": commitment_hash,
    "announcement_hash": announcement_hash,
    "evaluation_seed": evaluation_seed,
    "dataset_root": dataset_root,
    "delta_root": delta_root,
    "transcript_root": transcript_root,
    "answer_hash": answer_hash,
    "attestation_hash": attestation_hash,
    "check_hash": check_hash,
    "EvaluationRequest::id": evaluation_request_id,
    "CheckRequest::id": check_request_id,
    "sample": sample,
    "committee_weights": committee_weights,
    "condition_limit": condition_limit,
    "perturbation_seed": perturbation_seed,
    "Rounding::score": score,
}


def check(function, vector):
    """Raises an error where a vector is not what the function computes."""
    encoded, result = function(vector["input"])
    encoded = None if encoded is None else to_hex(encoded)
    if encoded != vector.get("encoded"):
        raise ValueError(f"encoded is {encoded}, not {vector.get('encoded')}")
    if result != vector["result"]:
        raise ValueError(f"the result is {result}, not {vector['result']}")


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("vectors.json")
    with open(path, encoding="utf-8") as file:
        functions = json.load(file)
    if functions.keys() != FUNCTIONS.keys():
        sys.exit(f"functions are unknown or absent: {sorted(functions.keys() ^ FUNCTIONS.keys())}")
    checked = 0
    for name, function in functions.items():
        for number, vector in enumerate(function["vectors"]):
            try:
                check(FUNCTIONS[name], vector)
            except (KeyError, OverflowError, StopIteration, TypeError, ValueError) as error:
                sys.exit(f"{name}, vector {number}: {error}")
            checked += 1
    print(f"{checked} vectors of {len(functions)} functions are right")


main()
