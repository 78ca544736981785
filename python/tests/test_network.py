"""Groups, rounds, heads and votes, as a node's answers and the programs' commands."""

import pytest
from conftest import book_examples, example

import descent
from descent import cid
from descent._rpc import http_address
from descent.errors import BinaryNotFound

ALICE = "5FUaLrgoSxRXxLZDnnjx7UFRkgMeXwussobychWguNW4U3QG"


def test_examples_of_the_book_are_found():
    assert len(book_examples()) > 10


def test_addresses_of_nodes():
    assert http_address("ws://127.0.0.1:9944") == "http://127.0.0.1:9944"
    assert http_address("wss://rpc.example.org/x") == "https://rpc.example.org/x"
    for wrong in ("127.0.0.1:9944", "ftp://x", "ws://"):
        with pytest.raises(ValueError):
            descent.connect(wrong)
    with pytest.raises(ValueError):
        descent.connect([])


def test_groups_by_number_and_by_name(node):
    net = descent.connect(node.address)
    assert net.group("mnist").id == net.group(0).id == net.group("0").id == 0
    assert node.asked[0] == ("training_groups", (0, 100))
    with pytest.raises(descent.DescentError, match="no group is called 'cifar'"):
        net.group("cifar")
    with pytest.raises(descent.RpcError, match="no such group") as error:
        net.group(7)
    assert error.value.code == 8001


def test_a_name_that_two_groups_have_is_refused(node):
    first = example("name", "model", "dataset_root")
    pages = {0: [first, {**first, "id": 4}]}
    node.answers["training_groups"] = lambda start, limit: pages.get(start, [])
    with pytest.raises(descent.DescentError, match="several groups are called 'mnist': 0, 4"):
        descent.connect(node.address).group("mnist")


def test_another_node_is_asked_where_one_does_not_answer(node):
    dead = "ws://127.0.0.1:1"
    net = descent.connect([dead, node.address])
    assert net.group(0).name == "mnist"
    with pytest.raises(descent.DescentError, match="no node answers: .*127.0.0.1:1"):
        descent.connect(dead).group(0)
    node.status = 503
    with pytest.raises(descent.DescentError, match="status 503"):
        net.group(0)


def test_the_node_comes_from_the_environment(node, monkeypatch):
    monkeypatch.setenv("DESCENT_NODE", node.address)
    assert descent.connect().group(0).name == "mnist"


def test_rounds_history_and_leaderboard(node):
    played = example("phase", "windows", "candidates")
    standing = example("wins", "best")
    asked = []
    node.answers["training_round"] = lambda group, number: {**played, "round": number}
    node.answers["training_history"] = lambda group, start, limit: (
        asked.append(start)
        or [{"round": number, "baseline": None, "winner": None} for number in range(start, min(start + 2, 3))]
    )
    node.answers["training_leaderboard"] = lambda group: [standing]
    group = descent.connect(node.address).group(0)
    assert [each["round"] for each in group.rounds(5)] == [0]
    assert group.round()["round"] == 2, "the round that takes commitments"
    assert [row["round"] for row in group.history()] == [0, 1, 2] and asked == [0, 2, 3]
    assert group.leaderboard()[0]["wins"] == 1


CONTENT = {"cid": "bafk", "digest": "0x" + "11" * 32, "codec": "raw", "size": 7}
SERIES = "0x" + "33" * 32


def test_hidden_test_sets_and_orders(node):
    group = example("name", "model", "dataset_root")
    policy = {"on": "hidden", "series": SERIES, "records": 500, "otherwise": CONTENT}
    series = {"series": SERIES, "group": 0, "sets": 3, "left": 2, "suspended": False}
    state = {"state": "released", "index": 0, "key": "0x" + "44" * 32}
    asked = []
    node.answers["training_group"] = lambda number: {**group, "policy": policy}
    node.answers["training_testSetSeries"] = lambda id: series if id == SERIES else None
    node.answers["training_roundTestSet"] = lambda group, round: (
        asked.append(round) or {"series": SERIES, "release": {"start": 34, "end": 36}, "state": state}
    )
    node.answers["training_orders"] = lambda group: [{"client": ALICE, "left": "5", "paused": False}]
    found = descent.connect(node.address).group(0)
    assert found.test_sets() == series
    assert found.round_test_set(1)["state"]["key"] == state["key"]
    assert found.round_test_set()["release"] == {"start": 34, "end": 36} and asked == [1, group["round"]]
    assert found.orders()[0]["client"] == ALICE


RECIPE = {"steps": 200, "batch": 64, "smallest_rate": 1, "largest_rate": 1_000_000, "exact": True}


def test_recorded_trainings(node):
    group = example("name", "model", "dataset_root")
    recording = example("recipe", "trace", "number")
    rules = [{"rule": "committee", "seats": 41}, {"rule": "recipe", **RECIPE}]
    node.answers["training_group"] = lambda number: {**group, "optional_rules": rules}
    node.answers["training_recording"] = lambda group, round, account: (
        recording if (group, round, account) == (0, 3, ALICE) else None
    )
    found = descent.connect(node.address).group(0)
    assert found.recipe() == RECIPE
    assert found.recording(3, ALICE) == recording
    assert recording["recipe"]["optimizer"]["optimizer"] == "adam_w"
    assert found.recording(2, ALICE) is None
    node.answers["training_group"] = lambda number: {**group, "optional_rules": rules[:1]}
    assert found.recipe() is None


def test_a_group_with_a_public_policy_has_no_hidden_test_sets(node):
    group = example("name", "model", "dataset_root")
    node.answers["training_group"] = lambda number: {**group, "policy": {"on": "training", "records": 5}}
    node.answers["training_roundTestSet"] = lambda group, round: None
    found = descent.connect(node.address).group(0)
    assert found.test_sets() is None and found.round_test_set(3) is None
    assert all(method != "training_testSetSeries" for method, _ in node.asked)


def test_an_explanation_is_of_the_last_own_round(node, programs):
    programs.install("descent", f"print(json.dumps({{'account': {ALICE!r}}}))")
    played = example("phase", "windows", "candidates")
    group = example("name", "model", "dataset_root")
    node.answers["training_group"] = lambda number: {**group, "settled": 3}
    node.answers["training_round"] = lambda _, number: {
        **played,
        "round": number,
        "candidates": played["candidates"] if number < 3 else [],
    }
    explained = example("sentence", "outcome")
    node.answers["training_explain"] = lambda group, round, account: {
        **explained,
        "round": round,
        "account": account,
    }
    explanation = descent.connect(node.address, key_file="k").group(0).explain()
    assert (explanation["round"], explanation["account"]) == (2, ALICE)
    assert "Not paid" in explanation["sentence"]
    assert programs.calls == [["descent", "--json", "key", "show", "--key-file", "k"]]
    with pytest.raises(descent.DescentError, match="committed in none"):
        descent.connect(node.address).group(0).explain(account="5Other")


GETS = """
import shutil
assert arguments[1:3] == ["content", "get"], arguments
shutil.copy(os.environ["CONTENT"], value("--out"))
print("{}")
"""


@pytest.fixture
def head(node, tmp_path, monkeypatch):
    """A group whose head is a file of the test."""
    path = tmp_path / "served.safetensors"
    path.write_bytes(b"weights")
    monkeypatch.setenv("CONTENT", str(path))
    content = cid.of_file(path)
    view = {"cid": content.cid, "digest": "0x" + content.digest.hex(), "codec": "raw", "size": 7}
    group = example("name", "model", "dataset_root")
    group["head"]["checkpoint"] = view
    node.answers["training_group"] = lambda number: group
    return group


def test_the_head_is_downloaded_by_its_cid(node, programs, head, tmp_path):
    programs.install("descent", GETS)
    net = descent.connect(node.address, allow_private=True)
    found = net.group(0).head()
    assert (found.score, found.round, found.account) == (0.067036, 0, ALICE)
    out = tmp_path / "folder" / "head.safetensors"
    assert found.download(out) == out and out.read_bytes() == b"weights"
    assert programs.calls == [
        [
            "descent",
            "--json",
            "content",
            "get",
            found.content.cid,
            "--size",
            "7",
            "--provider",
            "http://127.0.0.1:9001",
            "--provider",
            "http://127.0.0.1:8080",
            "--out",
            str(out),
        ]
    ]
    found.download(out)
    assert len(programs.calls) == 1, "the file that is there is the content"
    out.write_bytes(b"weightz")
    found.download(out)
    assert len(programs.calls) == 2 and out.read_bytes() == b"weights"


def test_providers_in_private_networks_are_not_asked(node, programs, head, tmp_path):
    with pytest.raises(descent.DescentError, match="no provider can be asked") as error:
        descent.connect(node.address).group(0).head().download(tmp_path / "out")
    assert "allow_private" in error.value.hint
    assert programs.calls == []


def test_a_group_without_a_head(node, head):
    head["head"] = None
    with pytest.raises(descent.DescentError, match="no head"):
        descent.connect(node.address).group(0).head()


def test_proposals_are_looked_at_and_voted_on(node, programs):
    programs.install("descent", "print('{}')")
    proposal = example("summary", "delta", "check")
    node.answers["training_proposals"] = lambda group: [proposal]
    pages = {
        None: {"voters": [{"account": ALICE, "stake": "1", "pending": "0"}], "next": "5Next"},
        "5Next": {"voters": [{"account": "5Next", "stake": "2", "pending": "0"}], "next": None},
    }
    node.answers["chain_getBlockHash"] = lambda: "0xab"
    node.answers["training_voters"] = lambda group, number, start, limit, at: at == "0xab" and pages[start]
    group = descent.connect(node.address, key_file="k").group(0)
    (found,) = group.proposals()
    assert found.is_open and found.summary == "5,000 digits of other writers"
    assert [voter["stake"] for voter in found.voters()] == ["1", "2"]
    found.vote()
    group.withdraw_vote()
    group.add_stake("1.5")
    head = ["descent", "--json", "--node", node.address]
    assert programs.calls == [
        [*head, "dataset", "vote", "0", "3", "--key-file", "k"],
        [*head, "dataset", "vote", "0", "--withdraw", "--key-file", "k"],
        [*head, "stake", "add", "0", "1.5", "--key-file", "k"],
    ]
    with pytest.raises(descent.DescentError, match="no proposal 9"):
        group.proposal(9)


def test_a_delta_is_proposed(node, programs, tmp_path):
    programs.install("descent", "print(json.dumps({'proposal': 3}))")
    node.answers["training_proposals"] = lambda group: [example("summary", "delta", "check")]
    group = descent.connect([node.address, "ws://127.0.0.1:1"]).group(0)
    proposal = group.propose(
        "d.parquet", "more", providers=["http://a", "http://b"], store="s", finalized=True
    )
    assert proposal.id == 3
    assert programs.calls == [
        [
            "descent",
            "--json",
            "--node",
            node.address,
            "--node",
            "ws://127.0.0.1:1",
            "dataset",
            "propose",
            "0",
            "--delta",
            "d.parquet",
            "--summary",
            "more",
            "--provider",
            "http://a",
            "--provider",
            "http://b",
            "--store",
            "s",
            "--finalized",
        ]
    ]


def test_errors_of_commands_have_their_hint_and_code(node, programs):
    error = {"error": "no stake", "hint": "descent stake add", "code": "Groups::NoStake"}
    programs.install("descent", f"print(json.dumps({error!r}), file=sys.stderr); sys.exit(1)")
    with pytest.raises(descent.CommandError, match="no stake") as caught:
        descent.connect(node.address).group(0).withdraw_vote()
    assert (caught.value.hint, caught.value.code, caught.value.status) == (error["hint"], error["code"], 1)
    programs.install("descent", "print('panicked', file=sys.stderr); sys.exit(101)")
    with pytest.raises(descent.CommandError, match="panicked"):
        descent.connect(node.address).group(0).withdraw_vote()
    programs.install("descent", "print('no json')")
    with pytest.raises(descent.CommandError, match="printed no JSON"):
        descent.connect(node.address).group(0).withdraw_vote()


def test_a_program_that_is_missing_is_named(node, monkeypatch, tmp_path):
    monkeypatch.setenv("DESCENT_BIN", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinaryNotFound, match="the program descent is not installed"):
        descent.connect(node.address).group(0).withdraw_vote()


def test_stake_and_data_set_log(node, programs, tmp_path):
    programs.install("descent", "open(value('--out'), 'w').close(); print('{}')")
    stake, entry = example("unstaking", "total"), example("version", "root", "report")
    node.answers["training_stake"] = lambda group, account: {**stake, "account": account}
    node.answers["training_datasetLog"] = lambda group, start, limit: (
        [{**entry, "version": start}] if start < 3 else []
    )
    group = descent.connect(node.address, allow_private=True).group(0)
    assert group.stake(ALICE)["account"] == ALICE
    assert [each["version"] for each in group.dataset().log()] == [1, 2]
    group.dataset().checkout(tmp_path / "x" / "v.parquet", 2)
    assert programs.calls[-1][4:] == [
        "dataset",
        "checkout",
        "0",
        "--out",
        str(tmp_path / "x" / "v.parquet"),
        "--at",
        "2",
        "--allow-private",
    ]
