"""Recordings of one's own, in a folder as a worker keeps it."""

import json

import pytest

from descent import DescentError, cid, sampling
from descent.recording import Recorder, adam, adamw, sgd

numpy = pytest.importorskip("numpy", reason="numpy is not installed")
safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")

DESCRIPTION = {
    "descent": 1,
    "name": "points",
    "loss": "cross_entropy",
    "inputs": [{"column": "x", "dtype": "f32", "shape": [2]}],
    "target": {"column": "y", "dtype": "u8", "shape": [], "classes": 2},
    "layers": [{"type": "linear", "out": 2}],
}
RULE = {"steps": 20, "batch": 4, "smallest_rate": 1_000, "largest_rate": 1_000_000, "exact": False}
ORDER = {"genesis": f"0x{1:064x}", "group": 2, "round": 7, "link": f"0x{3:064x}", "account": f"0x{4:064x}"}
TASK = {
    "folder": "recordings/7",
    "rule": RULE,
    "base": {"base": "initial", "seed": 5},
    "order": ORDER,
    "model": f"0x{5:064x}",
    "dataset": {"version": 1, "root": f"0x{6:064x}"},
}


def weights(value):
    return {
        "layers.0.weight": numpy.full((2, 2), value, dtype="float32"),
        "layers.0.bias": numpy.zeros(2, dtype="float32"),
    }


@pytest.fixture
def own(tmp_path):
    (tmp_path / "description.json").write_text(json.dumps(DESCRIPTION))
    (tmp_path / "base.safetensors").write_bytes(safetensors.save(weights(0.5)))
    state = {"version": 1, "train": {"root": TASK["dataset"]["root"], "records": 50}, "recording": TASK}
    (tmp_path / "state.json").write_text(json.dumps(state))
    return tmp_path


def test_segments_are_written_in_the_form_of_a_recording(own):
    recorder = Recorder(own, sgd(momentum=0.9), "f64")
    assert (recorder.round, recorder.rule) == (7, RULE)
    assert recorder.base()["layers.0.weight"].tolist() == weights(0.5)["layers.0.weight"].tolist()
    folder = own / "recordings/7"
    header = json.loads((folder / "recording.json").read_text())
    recipe = header["recipe"]
    assert recipe["optimizer"] == {"optimizer": "sgd", "momentum": 900_000, "nesterov": False, "weight_decay": 0}
    assert (recipe["precision"], recipe["steps"], recipe["batch"]) == ("f64", 20, 4)
    assert {name: header[name] for name in ("order", "model", "dataset")} == {
        name: TASK[name] for name in ("order", "model", "dataset")
    }
    losses = [0.25] * 19 + [0.75]
    assert recorder.add(weights(1), 0.001, losses) == 0
    assert recorder.add(weights(2), 0.000_5, losses) == 1
    assert recorder.add(weights(3), 0.000_5, losses, origin=0) == 2
    assert recorder.add(weights(4), 0.000_5, losses, origin=None) == 3
    lines = [json.loads(line) for line in (folder / "segments.jsonl").read_text().splitlines()]
    assert [line["from"] for line in lines] == [None, 0, 0, None]
    assert [line["rate"] for line in lines] == [1_000_000, 500_000, 500_000, 500_000]
    assert lines[0]["losses"] == [250_000] * 19 + [750_000] and lines[0]["loss"] == 275_000
    for line in lines:
        state = folder / "states" / f"{line['state'][2:]}.safetensors"
        assert cid.of_file(state).digest.hex() == line["state"][2:]


def test_batches_are_those_of_the_segment(own):
    recorder = Recorder(own, adam())
    first = list(recorder.batches())
    assert len(first) == 20 and all(len(batch) == 4 for batch in first)
    order = (ORDER["genesis"], 2, 7, ORDER["link"], ORDER["account"])
    assert first[3] == sampling.batch(*order, 0, 3, 50, 4)
    recorder.add(weights(1), 0.001, [1.0] * 20)
    assert list(recorder.batches())[3] == sampling.batch(*order, 1, 3, 50, 4)


def test_what_no_group_takes_is_refused_before_it_is_written(own):
    recorder = Recorder(own, adamw(weight_decay=0.01))
    for rate in (0.01, 0.0000001):
        with pytest.raises(ValueError, match="no learning rate"):
            recorder.add(weights(1), rate, [1.0] * 20)
    with pytest.raises(ValueError, match="20 steps, not 19"):
        recorder.add(weights(1), 0.001, [1.0] * 19)
    with pytest.raises(DescentError):
        recorder.add({"layers.0.weight": numpy.zeros((2, 3), dtype="float32")}, 0.001, [1.0] * 20)
    assert recorder.segments == 0 and (own / "recordings/7/segments.jsonl").read_text() == ""


def test_nothing_is_recorded_before_a_round(own):
    state = json.loads((own / "state.json").read_text())
    del state["recording"]
    (own / "state.json").write_text(json.dumps(state))
    with pytest.raises(DescentError, match="nothing can be recorded now"):
        Recorder(own, sgd())
