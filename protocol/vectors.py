#!/usr/bin/env python3
"""Computes every vector of vectors.json anew, and ends with an error at the first that differs.

    python3 protocol/vectors.py [FILE]

The functions are those of the package `descent` in `python/`, a second implementation of the hashes, samples
and
scores of Descent. It needs nothing but Python. A hash is the blake2b-256 of a prefix in ASCII and of values
in
SCALE: integers are little-endian, a list is preceded by its length, an option by a byte 0 or 1, a variant by
its
index. In the file, bytes are 0x-hex, and integers that may be larger than 2^53 are decimal strings.
"""

import json
import math
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python" / "src"))

from descent import cid, hashes, sampling  # noqa: E402


def to_hex(data):
    return "0x" + data.hex()


def raw(text):
    return bytes.fromhex(text.removeprefix("0x"))


# Functions of the file: each returns the bytes that it hashes, or None, and the result.


def hashed(function):
    def of(v):
        hash = function(**v)
        return hash.encoded, to_hex(hash)

    return of


def blake2_256(v):
    return None, to_hex(hashes.blake2_256(raw(v["bytes"])))


def cid_bytes(v):
    content = cid.of_bytes(raw(v["content"]))
    return None, to_hex(cid.cid_bytes(content.digest, content.codec))


def sample(v):
    drawn = sampling.sample(v["seed"], int(v["population"]), v["count"])
    return None, [str(position) for position in drawn]


def trace_root(v):
    segments = v["segments"]
    encoded = hashes.segment(0, segments[0]).encoded if segments else None
    return encoded, to_hex(hashes.trace_root(segments))


def drawn_segment(v):
    encoded = b"descent/replay/v1" + raw(v["seed"]) + raw(v["submission"])
    return encoded, sampling.drawn_segment(**v)


def batch(v):
    names = ("genesis", "group", "round", "link", "account", "segment", "step")
    order = [v[name] for name in names]
    drawn = sampling.batch(*order, int(v["records"]), v["size"])
    return sampling.batch_encoding(*order), [str(position) for position in drawn]


def departure_limit(v):
    return b"descent/departure/v1" + raw(v["seed"]), sampling.departure_limit(**v)


def committee_weights(v):
    bonds, seats = [int(bond) for bond in v["bonds"]], v["seats"]
    weights = [str(weight) for weight in sampling.committee_weights(v["seed"], bonds, seats)]
    is_drawn = sum(bonds) > 0 and len(bonds) > seats
    return sampling.committee_encoding(v["seed"], 0, 0) if is_drawn else None, weights


def drawn_leaf(v):
    drawn = sampling.drawn_leaf(v["seed"], v["keeper"], [int(size) for size in v["sizes"]])
    return sampling.drawn_leaf_encoding(v["seed"], v["keeper"]), drawn and list(drawn)


def condition_limit(v):
    return b"descent/condition/v1" + raw(v["seed"]), sampling.condition_limit(v["seed"])


def perturbation_seed(v):
    return b"descent/perturbation/v1" + raw(v["seed"]), str(sampling.perturbation_seed(v["seed"]))


def score(v):
    # `bits` are those of the value, for languages that read decimals otherwise.
    (value,) = struct.unpack(">d", raw(v["bits"]))
    read = float(v["value"])
    if read != value and not (math.isnan(read) and math.isnan(value)):
        raise ValueError(f"value is {read}, and bits are {value}")
    encoded = None if v["seed"] is None else b"descent/dither/v1" + raw(v["seed"])
    return encoded, sampling.score(value, v["seed"])


FUNCTIONS = {
    "blake2_256": blake2_256,
    "ContentRef::cid_bytes": cid_bytes,
    "commitment_hash": hashed(hashes.commitment),
    "announcement_hash": hashed(hashes.announcement),
    "evaluation_seed": hashed(hashes.evaluation_seed),
    "dataset_root": hashed(hashes.dataset_root),
    "delta_root": hashed(hashes.delta_root),
    "transcript_root": hashed(hashes.transcript_root),
    "hash_chain_link": hashed(hashes.hash_chain_link),
    "test_set_key": hashed(hashes.test_set_key),
    "test_set_series": hashed(hashes.test_set_series),
    "kept_hash": hashed(hashes.kept),
    "drawn_leaf": drawn_leaf,
    "answer_hash": hashed(hashes.answer),
    "attestation_hash": hashed(hashes.attestation),
    "check_hash": hashed(hashes.check),
    "trace_root": trace_root,
    "submission_hash": hashed(hashes.submission),
    "drawn_segment": drawn_segment,
    "BatchOrder::batch": batch,
    "departure_limit": departure_limit,
    "replay_root": hashed(hashes.replay_root),
    "EvaluationRequest::id": hashed(hashes.evaluation_request),
    "CheckRequest::id": hashed(hashes.check_request),
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


if __name__ == "__main__":
    main()
