"""Runs against a worker that is none, which keeps the folder and tells events as descent-worker does."""

import json
import os
import threading
import warnings

import pytest
from conftest import example

import descent
from descent import _own

DESCRIPTION = {
    "descent": 1,
    "name": "points",
    "loss": "cross_entropy",
    "inputs": [{"column": "x", "dtype": "f32", "shape": [2]}],
    "target": {"column": "y", "dtype": "u8", "shape": [], "classes": 2},
    "layers": [{"type": "linear", "out": 2}],
}

WORKER = f"""
import pathlib, signal, time
own = pathlib.Path(value("--own"))
assert pathlib.Path(value("--data")).is_dir() and (own / "inbox").is_dir()
def tell(event, **fields): print(json.dumps({{"event": event, **fields}}), flush=True)
def end(*_): tell("stopped"); sys.exit(0)
signal.signal(signal.SIGTERM, end)
(own / "description.json").write_text({json.dumps(json.dumps(DESCRIPTION))})
(own / ".state").write_text(json.dumps({{"version": 1, "head": None}}))
os.replace(own / ".state", own / "state.json")
tell("ready", address="http://127.0.0.1:1", account="5FUa")
print("no event", flush=True)
seen = set()
round = 0
while True:
    for file in sorted((own / "inbox").glob("*.safetensors")):
        if file.name in seen: continue
        seen.add(file.name)
        tell("offered", file=file.name, score=67036, head=70000, minimum_improvement=100,
             prospect={{"verdict": "commit"}})
        tell("committed", round=round)
        if "--keep-open" not in arguments:
            tell("ended", round=round, outcome="won", sentence="Paid 1 NRN.")
        round += 1
    time.sleep(0.01)
"""


@pytest.fixture
def group(node, programs):
    programs.install("descent-worker", WORKER)
    view = {**example("name", "model", "dataset_root"), "head": None}
    node.answers["training_group"] = lambda number: view
    return descent.connect(node.address, key_file="k", allow_private=True).group(0)


def offer(run):
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    return run.offer({"0.weight": numpy.eye(2), "0.bias": numpy.zeros(2)})


def test_the_worker_gets_its_options(group, programs, tmp_path, node):
    with group.compete(tmp_path / "run", public_url="http://a", deposit="5", rounds="3", timeout=30) as run:
        assert run.state()["head"] is None and run.head_file is None
        assert run.description.name == "points"
    own = str(tmp_path / "run" / "own")
    assert programs.calls == [
        [
            "descent-worker",
            "train",
            "0",
            "--own",
            own,
            "--data",
            str(tmp_path / "run" / "worker"),
            "--json",
            "--node",
            node.address,
            "--key-file",
            "k",
            "--public-url",
            "http://a",
            "--deposit",
            "5",
            "--allow-private",
            "--rounds",
            "3",
        ]
    ]


def test_own_weights_have_no_recorded_training(node, programs, tmp_path):
    programs.install("descent-worker", WORKER)
    rule = {"rule": "recipe", "steps": 200, "batch": 64, "smallest_rate": 1, "largest_rate": 2, "exact": True}
    view = {**example("name", "model", "dataset_root"), "optional_rules": [rule]}
    node.answers["training_group"] = lambda number: view
    group = descent.connect(node.address, key_file="k").group(0)
    with pytest.raises(descent.DescentError, match="recorded training"):
        group.compete(tmp_path / "run", timeout=30)
    assert programs.calls == []


def test_an_offer_is_measured_and_committed(group, tmp_path):
    received = []
    with descent.compete(group, tmp_path / "run", on_event=received.append, timeout=30) as run:
        name = offer(run)
        result = run.result(name, 30)
        assert (result["event"], result["score"], result["file"]) == ("offered", 67036, name)
        run._wait(lambda: not run._open and len(run._events) >= 4, 30, "the end")
        told = [event["event"] for event in run.events()]
        assert told == ["ready", "offered", "committed", "ended"]
        assert run.events() == []
        second = offer(run)
        assert second != name
        run.result(second, 30)
        from descent import checkpoint

        assert set(checkpoint.read(run.folder / "inbox" / name)) == {"layers.0.weight", "layers.0.bias"}
    assert [event["event"] for event in run.follow()] == [event["event"] for event in received]
    assert received[-1]["event"] == "stopped"


def test_the_head_is_waited_for(group, programs, tmp_path, monkeypatch):
    view = {**group.view, "head": example("name", "model", "dataset_root")["head"]}
    monkeypatch.setattr(type(group), "refresh", lambda self: setattr(self, "view", view) or self)
    late = WORKER.replace('tell("ready"', 'time.sleep(0.3); (own / "head.safetensors").touch()\ntell("ready"')
    programs.install("descent-worker", late)
    with group.compete(tmp_path / "run", timeout=30) as run:
        assert run.head_file == run.folder / "head.safetensors"
    monkeypatch.setattr("descent.training._HEAD_LIMIT", 0.3)
    (run.folder / "head.safetensors").unlink()
    programs.install("descent-worker", WORKER)
    with pytest.warns(RuntimeWarning, match="going on without the head"):
        with group.compete(tmp_path / "run", timeout=30) as run:
            assert run.head_file is None


def test_weights_that_do_not_fit_are_not_offered(group, tmp_path):
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    with group.compete(tmp_path / "run", timeout=30) as run:
        with pytest.raises(descent.InvalidWeights, match="missing: layers.0.bias"):
            run.offer({"layers.0.weight": numpy.eye(2)})
        assert list((run.folder / "inbox").iterdir()) == []


def test_deposits_at_stake_are_warned_of(group, tmp_path):
    with pytest.warns(RuntimeWarning, match="the deposits of round 0 are at stake"):
        with pytest.raises(KeyboardInterrupt):
            with group.compete(tmp_path / "run", timeout=30, keep_open=True) as run:
                offer(run)
                run._wait(lambda: run._open, 30, "the commitment")
                assert run.open_rounds == [0]
                with pytest.raises(TimeoutError, match="all rounds were settled"):
                    run.settle(0.05)
                raise KeyboardInterrupt


def test_the_end_of_the_block_waits_for_open_rounds(group, programs, tmp_path):
    programs.install(
        "descent-worker",
        WORKER.replace(
            "round += 1",
            """round += 1
        while not (own / "go").exists(): time.sleep(0.01)
        tell("ended", round=0, outcome="won", sentence="Paid.")""",
        ),
    )
    with group.compete(tmp_path / "run", timeout=30, keep_open=True) as run:
        offer(run)
        run._wait(lambda: run._open, 30, "the commitment")
        threading.Timer(0.2, lambda: (run.folder / "go").touch()).start()
    assert (run.folder / "go").exists() and run.open_rounds == []


def test_a_worker_that_fails_says_why(group, programs, tmp_path):
    programs.install(
        "descent-worker", "print('descent-worker: the key is not readable', file=sys.stderr); sys.exit(2)"
    )
    with pytest.raises(
        descent.CommandError, match="ended before the folder was ready: .*key is not readable"
    ):
        group.compete(tmp_path / "run", timeout=30)


def test_an_old_state_is_not_taken_for_a_new_one(group, programs, tmp_path):
    own = tmp_path / "run" / "own"
    own.mkdir(parents=True)
    (own / "state.json").write_text("{}")
    with group.compete(tmp_path / "run", timeout=30) as run:
        assert run.state()["version"] == 1
    programs.install("descent-worker", "import time\ntime.sleep(60)")
    with pytest.raises(TimeoutError, match="the folder was ready did not come|folder was ready"):
        group.compete(tmp_path / "run", timeout=0.1)


def test_a_fault_of_a_logger_does_not_stop_the_events(group, tmp_path):
    def fail(event):
        raise ValueError("no")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with group.compete(tmp_path / "run", timeout=30, on_event=fail) as run:
            run.result(offer(run), 30)
    assert any("on_event failed: ValueError('no')" in str(warning.message) for warning in caught)


def test_numbers_of_events():
    event = {
        "event": "offered",
        "file": "a",
        "score": 67036,
        "head": None,
        "is": True,
        "round": 3,
        "rate": 1.5,
    }
    assert descent.scalars(event) == {
        "descent/offered/score": 0.067036,
        "descent/offered/round": 3.0,
        "descent/offered/rate": 1.5,
    }


def test_names_of_offers_are_never_taken_twice(tmp_path):
    folder = _own.OwnFolder(tmp_path)
    names = [folder.next_offer().name for _ in range(100)]
    assert len(set(names)) == 100 and all(name.endswith(".safetensors") for name in names)
    assert os.fspath(folder.next_offer().parent) == str(tmp_path / "inbox")
