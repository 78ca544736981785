"""Hashes, samples, scores and CIDs against the vectors that all languages share."""

import hashlib
import io
import json
import runpy
import sys

import pytest
from conftest import REPOSITORY

from descent import _scale, cid, hashes

CHECKER = runpy.run_path(str(REPOSITORY / "protocol/vectors.py"))
VECTORS = json.loads((REPOSITORY / "protocol/vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", VECTORS)
def test_every_vector_is_computed(name):
    vectors = VECTORS[name]["vectors"]
    assert vectors
    for vector in vectors:
        CHECKER["check"](CHECKER["FUNCTIONS"][name], vector)


@pytest.mark.parametrize("name", VECTORS)
def test_another_input_has_another_result(name):
    vector = json.loads(json.dumps(VECTORS[name]["vectors"][0]))
    for field, value in vector["input"].items():
        if isinstance(value, str) and value.startswith("0x") and field != "bits":
            vector["input"][field] = value[:-1] + format(int(value[-1], 16) ^ 1, "x")
            break
    else:
        vector["result"] = None
    with pytest.raises((ValueError, TypeError)):
        CHECKER["check"](CHECKER["FUNCTIONS"][name], vector)


def test_the_id_of_the_books_record():
    id = hashes.record_id(("f32", [1.0, -2.5]), ("u8", [3]))
    assert id.hex() == "3869cf954a800f2137f0895fb17839c3a30e125ba0e68da6897409b495627992"
    assert id.encoded.hex() == "0000803f000020c003"


def test_each_value_of_a_hash_chain_leads_to_the_one_before():
    chain = hashes.hash_chain(bytes(range(32)), 5)
    assert len(chain) == 6 and chain[-1] == bytes(range(32))
    for value, after in zip(chain, chain[1:]):
        assert hashes.hash_chain_link(after) == value
        assert hashes.test_set_key(after) not in chain
    manifest = {"digest": bytes(32), "codec": "unixfs", "size": 2}
    series = hashes.test_set_series(bytes(32), bytes([1] * 32), manifest, chain[0])
    tail = b"\x01" * 32 + bytes(32) + b"\x01" + (2).to_bytes(8, "little") + chain[0]
    assert series.encoded == b"descent/test-set-series/v1" + bytes(32) + tail


def test_winners_and_hidden_test_sets_are_part_of_a_jobs_id():
    plain = json.loads(json.dumps(VECTORS["EvaluationRequest::id"]["vectors"][0]["input"]))
    plain = plain.get("request", plain)
    plain.pop("tolerance", None)
    manifest = {"digest": "0x" + "11" * 32, "codec": "raw", "size": 7}
    test_set = {"manifest": manifest, "index": 258, "key": "0x" + "22" * 32, "providers": ["a"]}
    before = hashes.evaluation_request(plain)
    assert hashes.evaluation_request({**plain, "winners": 1, "test_set": None}) == before
    several = hashes.evaluation_request({**plain, "winners": 3})
    assert several.encoded == before.encoded + b"\x03\x00"
    hidden = hashes.evaluation_request({**plain, "test_set": test_set})
    source = b"\x11" * 32 + b"\x00" + (7).to_bytes(8, "little") + b"\x02\x01" + b"\x22" * 32 + b"\x04\x04a"
    assert hidden.encoded == before.encoded + b"\x01\x01" + source


def test_accounts_are_keys_or_addresses():
    key = _scale.account("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY")
    assert key.hex() == "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
    assert _scale.account("0x" + key.hex()) == _scale.account(key) == key
    for wrong in ("", "5Grwva", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", "l" * 48, "z" * 60):
        with pytest.raises(ValueError):
            _scale.account(wrong)


def test_a_policy_and_a_ballot_on_hidden_test_sets():
    otherwise = {"digest": "0x" + "11" * 32, "codec": "raw", "size": 7}
    policy = {"on": "hidden", "series": "0x" + "33" * 32, "records": 5, "otherwise": otherwise}
    content = b"\x11" * 32 + b"\x00" + (7).to_bytes(8, "little")
    assert hashes._policy(policy) == b"\x02" + b"\x33" * 32 + (5).to_bytes(4, "little") + content
    task = {"task": "round", "group": 1, "round": 2}
    ballot = {"baseline": None, "verdicts": []}
    zero = bytes(32)
    hidden = hashes.answer(zero, task, zero, zero, {"test_set": "broken", "ballot": ballot}, zero)
    assert hidden.encoded.endswith(b"\x02\x01\x00\x00" + zero)


def test_trees_are_those_of_an_independent_importer(monkeypatch):
    # js ipfs-unixfs-importer 17.1.1 with 1 MiB raw leaves and 1024 links, which hashes with sha2-256.
    monkeypatch.setattr(cid, "_MULTIHASH", b"\x12\x20")
    monkeypatch.setattr(cid, "_digest", lambda data: hashlib.sha256(data).digest())
    size = 200 * 262_144 + 5
    data = (bytes(range(251)) * (size // 251 + 1))[:size]
    content = cid.of_bytes(data)
    assert content.cid == "bafybeihdfwyu3xb5xzeqq4n77oau5dzvwygoiwtzepw5ycektv6ueexsy4"
    assert (content.codec, content.size) == ("unixfs", size)


def test_trees_have_two_levels_where_one_is_not_enough(monkeypatch):
    monkeypatch.setattr(cid, "LEAF", 4)
    monkeypatch.setattr(cid, "LINKS", 2)
    flat, deep = cid.of_bytes(b"x" * 8), cid.of_bytes(b"x" * 9)
    assert flat.codec == deep.codec == "unixfs"
    assert flat.digest != deep.digest
    # A node over a node of 8 bytes and the leaf of one more byte.
    leaf, last = cid._leaf(b"xxxx"), cid._leaf(b"x")
    left = cid._node([leaf, leaf])
    assert deep.digest == cid._node([left, cid._node([last])]).digest


def test_content_of_a_mebibyte_is_one_block(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(1 << 20))
    assert cid.of_file(path).codec == "raw"
    path.write_bytes(bytes((1 << 20) + 1))
    assert cid.of_file(path).codec == "unixfs"
    assert cid.of_stream(io.BytesIO(b"")) == cid.of_bytes(b"")


def test_cids_are_read_back():
    content = cid.of_bytes(b"descent")
    assert content.cid == "bafk2bzacebuhueow7oatfujyfzamtvxzr5io4fxmgoxxqro4gtunbppaxiwd6"
    assert cid.decode(content.cid) == (content.digest, "raw")
    for wrong in (
        "",
        "b",
        "bafk2bz",
        "z" + content.cid[1:],
        content.cid + "a",
        content.cid[:-4] + "!!!!",
        "bafybeihdfwyu3xb5xzeqq4n77oau5dzvwygoiwtzepw5ycektv6ueexsy4",
    ):
        with pytest.raises(ValueError):
            cid.decode(wrong)


def test_nothing_heavy_is_imported_with_the_package():
    import subprocess

    code = "import sys, descent; sys.exit(str({'torch', 'numpy', 'pandas', 'pyarrow', 'datasets'} & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(REPOSITORY / "python/src")},
        check=False,
    )
    assert ended.stderr.strip() == "set()"
