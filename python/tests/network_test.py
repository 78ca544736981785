"""Competes in a group of a real network with a loop in numpy or PyTorch, wins a round, and takes the model home.

    DESCENT_BIN=FOLDER DESCENT_SURI=//Ferdie python network_test.py NODE GROUP FOLDER numpy|torch

The group is that of integration-tests: a linear classifier of points in the plane, in short rounds. A test of
integration-tests runs this; pytest does not.
"""

from __future__ import annotations

import pathlib
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "src"))

import descent  # noqa: E402
from descent import checkpoint, dataset, hashes  # noqa: E402

ROUND = 42
"""Seconds of a round."""


def probabilities(weights, x):
    scores = x.astype(np.float64) @ weights["layers.0.weight"].T + weights["layers.0.bias"]
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def loss(weights, x, y):
    return -np.log(probabilities(weights, x)[np.arange(len(y)), y]).mean()


def step(weights, x, y, rate):
    """Returns the weights after a step of gradient descent on all records."""
    error = probabilities(weights, x)
    error[np.arange(len(y)), y] -= 1
    return {
        "layers.0.weight": weights["layers.0.weight"] - rate * error.T @ x / len(y),
        "layers.0.bias": weights["layers.0.bias"] - rate * error.mean(axis=0),
    }


def train_with_torch(run):
    """Trains as the book shows it until an offer has won a round; returns the event."""
    import torch

    model = run.module()
    x, y = map(torch.from_numpy, run.arrays())
    optimizer = torch.optim.Adam(model.parameters())
    offered = 0.0
    while True:
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            model.loss(x[batch], y[batch]).backward()
            optimizer.step()
        if time.monotonic() > offered + 5:
            run.offer(model)
            offered = time.monotonic()
        for event in run.events():
            print(event, descent.scalars(event))
            assert event["event"] != "refused", event
            if event["event"] == "ended" and event["outcome"] == "won":
                return event


def train_with_numpy(run):
    """Trains until an offer of this run has won a round; returns the event."""
    x, y = run.arrays()
    assert len(x) == len(y) == 512 and x.shape[1:] == (2,)
    weights = run.head() or {name: np.zeros(shape) for name, shape in run.description.tensors().items()}
    for _ in range(200):
        weights = step(weights, x, y, 0.5)
    offered = run.result(run.offer(weights), timeout=4 * ROUND)
    print(offered, descent.scalars(offered))
    assert offered["event"] == "offered"
    # The worker measures on the holdout what numpy measures.
    measured = loss(weights, *run.holdout())
    assert abs(offered["score"] / 1e6 - measured) < 1e-5, (offered, measured)
    refused = run.folder / "inbox" / "wrong.safetensors"
    checkpoint.write({"layers.0.weight": np.zeros((2, 2), np.float32)}, refused)
    assert run.result(refused.name, timeout=4 * ROUND)["event"] == "refused"
    # In case the others win a round meanwhile, better weights follow.
    for event in run.follow():
        print(event)
        if event["event"] == "ended":
            assert event["outcome"] in ("won", "outranked", "not_better"), event
            if event["outcome"] == "won":
                return event
        if event["event"] == "round_started":
            for _ in range(400):
                weights = step(weights, x, y, 0.5)
            run.offer(weights)
    raise AssertionError("the worker ended")


def look_at(group, round, account):
    """Checks what the package shows of a round that the account has won."""
    view = group.round(round)
    assert view["settled"] and view["winner"] == account, view
    (row,) = [row for row in group.history(round) if row["round"] == round]
    assert row["winner"]["account"] == account
    assert any(standing["account"] == account and standing["wins"] > 0 for standing in group.leaderboard())
    assert group.explain(round, account)["outcome"] == "won"
    assert group.explain(account=account)["account"] == account


def take_home(group, folder, holdout):
    """Checks that the head has the score that the chain tells."""
    head = group.head()
    x, y = holdout
    path = head.download(folder / "head.safetensors")
    assert abs(loss(checkpoint.read(path), x, y) - head.score) < 0.001, head
    import torch

    with torch.no_grad():
        measured = head.module().double().loss(torch.tensor(x), torch.tensor(y)).item()
    assert abs(measured - head.score) < 0.001, (measured, head)


def data(group, folder):
    """Checks out the data set, and makes a delta of two new records and one that is there."""
    table = group.dataset().table()
    x, y = group.dataset().arrays()
    for id, point, label in list(zip(table["id"].to_pylist(), x, y))[:5]:
        assert id == hashes.record_id(("f32", point), ("u8", [label]))
    points = np.concatenate([x[:1], [[2.0, 0.5], [-2.0, 0.25]]]).astype(np.float32)
    delta = group.delta((points, np.array([y[0], 1, 0], np.uint8)), out=folder / "delta.parquet")
    assert (delta.added, delta.removed, delta.left_out) == (2, 0, 1), delta
    assert delta.content == descent.cid.of_file(delta.path)
    before = group.dataset().checkout(folder / "now.parquet", version=1)
    checked = dataset.check(group.description_file(), delta.path, [before])
    assert checked["added"] == 2, checked


def main():
    node, number, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
    train = {"numpy": train_with_numpy, "torch": train_with_torch}[sys.argv[4]]
    folder.mkdir(parents=True, exist_ok=True)
    net = descent.connect(node, allow_private=True, cache=folder / "cache")
    group = net.group(number)
    assert net.group(group.name).id == number
    data(group, folder)
    run = group.compete(folder / "run", timeout=4 * ROUND)
    try:
        won = train(run)
        # The worker serves the head. What it has committed to since then is nothing to this test.
        take_home(group, folder, run.holdout())
    finally:
        run.stop()
    look_at(group, won["round"], net.account)
    print("won", won)


if __name__ == "__main__":
    main()
