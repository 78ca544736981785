"""The hashes of Descent: commitments, announcements, seeds, roots, answers, and ids of records and jobs.

A hash is the blake2b-256 of a prefix in ASCII and of values in SCALE. Hashes, keys and salts are given as
bytes
or as ``0x`` and hexadecimal digits; accounts as the 32 bytes of their public key. Structures are mappings in
the
form in which the node's RPC has them. ``protocol/vectors.json`` has test vectors of all of them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._scale import Raw, account, bytestring, listed, option, raw, text, u8, u16, u32, u64

__all__ = [
    "Hash",
    "announcement",
    "answer",
    "attestation",
    "blake2_256",
    "check",
    "check_request",
    "commitment",
    "dataset_root",
    "delta_root",
    "evaluation_request",
    "evaluation_seed",
    "hash_chain",
    "hash_chain_link",
    "kept",
    "record_id",
    "replay_root",
    "segment",
    "submission",
    "test_set_key",
    "test_set_series",
    "trace_root",
    "transcript_root",
]

Struct = Mapping[str, Any]


class Hash(bytes):
    """A digest of 32 bytes, with the bytes that were hashed in ``encoded``."""

    encoded: bytes

    def __new__(cls, encoded: bytes) -> Hash:
        hashed = super().__new__(cls, hashlib.blake2b(encoded, digest_size=32).digest())
        hashed.encoded = encoded
        return hashed

    def __str__(self) -> str:
        return "0x" + self.hex()


def blake2_256(data: bytes) -> Hash:
    """Returns the blake2b-256 of bytes."""
    return Hash(data)


def _hash(prefix: str, *values: bytes) -> Hash:
    return Hash(prefix.encode() + b"".join(values))


def commitment(genesis: Raw, group: int, round: int, account: Raw, checkpoint: Raw, salt: Raw) -> Hash:
    """Returns the hash that a trainer commits to; ``checkpoint`` is the digest of its content."""
    return _hash(
        "descent/commitment/v1",
        raw(genesis),
        u32(group),
        u32(round),
        raw(account),
        raw(checkpoint),
        raw(salt),
    )


def announcement(genesis: Raw, group: int, account: Raw, delta: Raw, salt: Raw) -> Hash:
    """Returns the hash that announces a delta; ``delta`` is the digest of its content."""
    return _hash("descent/announcement/v1", raw(genesis), u32(group), raw(account), raw(delta), raw(salt))


def evaluation_seed(genesis: Raw, group: int, round: int, randomness: Raw) -> Hash:
    """Returns the seed that draws a round's records."""
    return _hash("descent/seed/v1", raw(genesis), u32(group), u32(round), raw(randomness))


def dataset_root(previous: Raw, delta: Raw) -> Hash:
    """Returns the root of a data set's log after one more delta; the empty data set has the root zero."""
    return _hash("descent/dataset/v1", raw(previous), raw(delta))


def delta_root(genesis: Raw, group: int, proposal: int, version: int, rows: Iterable[Struct]) -> Hash:
    """Returns the root of a checked delta, whose rows have an ``op`` and an ``id``."""
    coded = b"".join(u8(["add", "remove"].index(row["op"])) + raw(row["id"]) for row in rows)
    return _hash("descent/delta/v1", raw(genesis), u32(group), u32(proposal), u32(version), blake2_256(coded))


def transcript_root(genesis: Raw, group: int, round: int, checkpoint: Raw, batches: Sequence[int]) -> Hash:
    """Returns the root of a measurement, of which ``batches`` are the scores in micro-units."""
    return _hash(
        "descent/transcript/v1", raw(genesis), u32(group), u32(round), raw(checkpoint), listed(u64, batches)
    )


def hash_chain_link(value: Raw) -> Hash:
    """Returns the value before one in a hash chain of keys of hidden test sets."""
    return _hash("descent/test-set-link/v1", raw(value))


def hash_chain(last: Raw, sets: int) -> list[bytes]:
    """Returns the values of the hash chain that ends with ``last``, from the anchor on: one more than there
    are sets."""
    chain = [raw(last)]
    for _ in range(sets):
        chain.append(hash_chain_link(chain[-1]))
    return chain[::-1]


def test_set_key(value: Raw) -> Hash:
    """Returns the key that a value of a hash chain releases."""
    return _hash("descent/test-set-key/v1", raw(value))


def test_set_series(genesis: Raw, requester: Raw, manifest: Struct, anchor: Raw) -> Hash:
    """Returns the id of a series of hidden test sets."""
    return _hash(
        "descent/test-set-series/v1", raw(genesis), raw(requester), _content(manifest), raw(anchor)
    )


def kept(genesis: Raw, group: int, check: int, keeper: Raw, leaf: Raw) -> Hash:
    """Returns what a committee member says of a leaf that it fetched from a keeper: the hash of its bytes."""
    of_check = raw(genesis) + u32(group) + u32(check) + account(keeper)
    return _hash("descent/kept/v1", of_check, bytestring(raw(leaf)))


_FORMATS = {"u8": "B", "u16": "H", "i32": "i", "i64": "q", "f32": "f"}


def record_id(*columns: tuple[str, Sequence[float]]) -> Hash:
    """Returns the id of a record, of which each column is a dtype and its values in row-major order.

    >>> record_id(("f32", [1.0, -2.5]), ("u8", [3])).hex()
    '3869cf954a800f2137f0895fb17839c3a30e125ba0e68da6897409b495627992'
    """
    return Hash(b"".join(struct.pack(f"<{len(of)}{_FORMATS[dtype]}", *of) for dtype, of in columns))


# Structures


def _measurement(value: Struct) -> bytes:
    return u64(value["score"]) + raw(value["root"])


_VERDICTS = ["match", "mismatch", "unavailable", "invalid", "ill_conditioned", "abstained", "departed"]
_MEASURED = ("match", "mismatch", "departed")


def _verdict(value: Struct) -> bytes:
    index = _VERDICTS.index(value["verdict"])
    return u8(index) + (_measurement(value) if value["verdict"] in _MEASURED else b"")


def _ballot(value: Struct) -> bytes:
    return option(_measurement, value["baseline"]) + listed(_verdict, value["verdicts"])


_TEST_SET_VERDICTS = ["sound", "broken", "unavailable"]


def _hidden_ballot(value: Struct) -> bytes:
    return u8(_TEST_SET_VERDICTS.index(value["test_set"])) + _ballot(value["ballot"])


_DELTA_VERDICTS = ["valid", "invalid", "unavailable"]
_FAULTS = ["malformed", "too_large", "columns", "empty", "row"]
_PROBLEMS = [
    "op",
    "id_length",
    "wrong_id",
    "null",
    "not_null",
    "shape",
    "value",
    "repeated",
    "duplicate",
    "absent",
]


def _delta_verdict(value: Struct) -> bytes:
    encoded = u8(_DELTA_VERDICTS.index(value["verdict"]))
    if value["verdict"] == "valid":
        encoded += u64(value["added"]) + u64(value["removed"]) + u64(value["records"]) + raw(value["root"])
    if value["verdict"] == "invalid":
        encoded += u8(_FAULTS.index(value["fault"]))
        if value["fault"] == "row":
            encoded += u64(value["row"]) + u8(_PROBLEMS.index(value["problem"]))
    return encoded


def _content(value: Struct) -> bytes:
    return raw(value["digest"]) + u8(["raw", "unixfs"].index(value["codec"])) + u64(value["size"])


def _delta_source(value: Struct) -> bytes:
    return _content(value["delta"]) + listed(text, value["providers"])


def _checkpoint_source(value: Struct) -> bytes:
    return _content(value["checkpoint"]) + listed(text, value["providers"])


def _candidate(value: Struct) -> bytes:
    return _checkpoint_source(value) + u64(value["claim"])


def _policy(value: Struct) -> bytes:
    if value["on"] == "training":
        return u8(0) + u32(value["records"])
    if value["on"] == "validation":
        return u8(1) + _content(value["set"]) + u32(value["records"])
    return u8(2) + raw(value["series"]) + u32(value["records"]) + _content(value["otherwise"])


def _test_set_source(value: Struct) -> bytes:
    place = _content(value["manifest"]) + u16(value["index"])
    return place + raw(value["key"]) + listed(text, value["providers"])


_PRECISIONS = ["f64", "f32", "bf16"]


def _base(value: Struct) -> bytes:
    if value["base"] == "initial":
        return u8(0) + u64(value["seed"])
    return u8(["initial", "checkpoint"].index(value["base"])) + _content(value["checkpoint"])


def _optimizer(value: Struct) -> bytes:
    encoded = u8(["sgd", "adam", "adam_w"].index(value["optimizer"]))
    if value["optimizer"] == "sgd":
        encoded += u32(value["momentum"]) + u8(bool(value["nesterov"]))
    else:
        mean, square = value["betas"]
        encoded += u32(mean) + u32(square)
    return encoded + u32(value["weight_decay"])


def _recipe(value: Struct) -> bytes:
    precision = u8(_PRECISIONS.index(value["precision"]))
    numbers = u16(value["steps"]) + u32(value["batch"])
    return _base(value["base"]) + _optimizer(value["optimizer"]) + precision + numbers


def _replay_source(value: Struct) -> bytes:
    drawn = account(value["account"]) + _recipe(value["recipe"]) + u16(value["number"]) + u32(value["rate"])
    return drawn + option(_content, value["start"]) + _content(value["end"])


def _replays(value: Struct) -> bytes:
    return raw(value["link"]) + listed(_replay_source, value["segments"]) + listed(u8, value.get("drawn", []))


# Recorded trainings


def segment(number: int, value: Struct) -> Hash:
    """Returns the hash of a segment of a recorded training, a leaf of the trace's tree."""
    begins = option(u16, value["from"])
    return _hash("descent/segment/v1", u16(number), begins, u32(value["rate"]), raw(value["state"]))


def trace_root(segments: Sequence[Struct]) -> bytes:
    """Returns the root of the binary Merkle tree over segments, which is zero without any."""
    row: list[bytes] = [segment(number, value) for number, value in enumerate(segments)]
    while len(row) > 1:
        pairs = [row[place : place + 2] for place in range(0, len(row), 2)]
        # A node without a neighbour moves up as it is.
        row = [blake2_256(pair[0] + pair[1]) if len(pair) == 2 else pair[0] for pair in pairs]
    return bytes(row[0]) if row else bytes(32)


def submission(checkpoint: Raw, recipe: Struct, trace: Struct) -> Hash:
    """Returns the hash that a commitment to a recorded training binds in place of the checkpoint's digest."""
    traced = raw(trace["root"]) + u16(trace["segments"])
    return _hash("descent/submission/v1", raw(checkpoint), _recipe(recipe), traced)


def replay_root(transcript: Raw, losses: Sequence[int]) -> Hash:
    """Returns the root of a measurement whose candidate was replayed, with the losses of the replay's steps
    in micro-units; ``transcript`` is the root of the measurement."""
    return _hash("descent/replayed/v1", raw(transcript), listed(u64, losses))


# Hashes of structures


def answer(genesis: Raw, task: Struct, subject: Raw, member: Raw, answer: Struct, salt: Raw) -> Hash:
    """Returns the hash that a committee member attests: of a round's ballot, of the verdict on a delta, or of
    what keepers have served. A ballot on a hidden test set is in the field ``ballot``, beside the verdict
    ``test_set`` on the set. The hashes of leaves are in the field ``kept``, None where one did not come."""
    if task["task"] == "custody":
        of_task = u8(2) + u32(task["group"]) + u32(task["check"])
        encoded = u8(3) + listed(lambda said: option(raw, said), answer["kept"])
    elif task["task"] == "round":
        of_task = u8(0) + u32(task["group"]) + u32(task["round"])
        encoded = u8(2) + _hidden_ballot(answer) if "test_set" in answer else u8(0) + _ballot(answer)
    else:
        of_task = u8(1) + b"".join(u32(task[name]) for name in ("group", "proposal", "version", "attempt"))
        encoded = u8(1) + _delta_verdict(answer)
    return _hash("descent/answer/v1", raw(genesis), of_task, raw(subject), raw(member), encoded, raw(salt))


def attestation(genesis: Raw, group: int, round: int, member: Raw, ballot: Struct, salt: Raw) -> Hash:
    """Returns the hash that was attested before answers bound their subject."""
    return _hash(
        "descent/attestation/v1",
        raw(genesis),
        u32(group),
        u32(round),
        raw(member),
        _ballot(ballot),
        raw(salt),
    )


def check(
    genesis: Raw,
    group: int,
    proposal: int,
    version: int,
    attempt: int,
    member: Raw,
    verdict: Struct,
    salt: Raw,
) -> Hash:
    """Returns the hash that was attested of a delta before answers bound their subject."""
    return _hash(
        "descent/check/v1",
        raw(genesis),
        u32(group),
        u32(proposal),
        u32(version),
        u32(attempt),
        raw(member),
        _delta_verdict(verdict),
        raw(salt),
    )


def evaluation_request(request: Struct) -> Hash:
    """Returns the id of a job that measures a round."""
    r = request
    winners, test_set, replays = r.get("winners", 1), r.get("test_set"), r.get("replays")
    if "tolerance" in r:
        tolerance, peers = u64(r["tolerance"]), b""
    else:
        # Peers may change while a job runs, so its id has an empty list of them.
        tolerance, peers = option(u64, None), listed(text, [])
    # Rounds with one winner, no hidden test set and no replays have the ids of before there were any.
    is_plain = "tolerance" in r or (winners == 1 and test_set is None and replays is None)
    further = b"" if is_plain else u8(winners) + option(_test_set_source, test_set)
    if replays is not None and "tolerance" not in r:
        further += option(_replays, replays)
    return _hash(
        "descent/job/v1",
        text("evaluation"),
        raw(r["genesis"]),
        u32(r["group"]),
        u32(r["round"]),
        _content(r["model"]),
        listed(_delta_source, r["deltas"]),
        u8(["loss", "error"].index(r["metric"])),
        _policy(r["policy"]),
        raw(r["seed"]),
        tolerance,
        listed(text, r["providers"]),
        peers,
        option(_checkpoint_source, r["head"]),
        u64(r["fetch_ms"]),
        listed(_candidate, r["candidates"]),
        further,
    )


def check_request(request: Struct) -> Hash:
    """Returns the id of a job that checks a delta."""
    r = request
    return _hash(
        "descent/job/v1",
        text("check"),
        raw(r["genesis"]),
        u32(r["group"]),
        u32(r["proposal"]),
        u32(r["version"]),
        u32(r["attempt"]),
        _content(r["model"]),
        listed(text, r["providers"]),
        listed(_delta_source, r["deltas"]),
        _delta_source(r["proposed"]),
        u64(r["fetch_ms"]),
    )
