"""Trains linear and relu layers with PyTorch and records it, for groups whose checkpoints come with a recorded training.

For `descent-worker train --own DIR --trainer-command ...`. The order of the records is the round's, each segment begins
with an optimizer that has seen nothing, and what is offered is the end of a segment.
"""

import json, os, sys, time
from pathlib import Path
import pyarrow.parquet as parquet
import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).parents[2] / "python/src"))
from descent.recording import Recorder, sgd

RATE, SEGMENTS = 0.0002, 40
own = Path(os.environ["DESCENT_OWN"])


def awaited(round):
    """Waits for a round after this one, and returns it."""
    while True:
        task = json.loads((own / "state.json").read_text()).get("recording")
        if task and task["order"]["round"] != round:
            return task["order"]["round"]
        time.sleep(0.1)


round = awaited(None)
model = json.loads((own / "description.json").read_text())
column, target = model["inputs"][0], model["target"]["column"]
table = parquet.read_table(own / "train.parquet")
x = torch.tensor(table[column["column"]].to_pylist()).float()
x = x * column.get("scale", 1) + column.get("shift", 0)
y = torch.tensor(table[target].to_pylist())
net = torch.nn.Module()
net.layers = torch.nn.Sequential()  # its tensors are called layers.0.weight and so on, as the model's
width = x.shape[1]
for layer in model["layers"]:
    if layer["type"] == "linear":
        net.layers.append(torch.nn.Linear(width, layer["out"]))
        width = layer["out"]
    else:
        net.layers.append({"flatten": torch.nn.Flatten, "relu": torch.nn.ReLU}[layer["type"]]())

while True:
    recorder = Recorder(own, sgd())
    net.load_state_dict(load_file(own / "base.safetensors"))
    for segment in range(SEGMENTS):
        optimizer, losses = torch.optim.SGD(net.parameters(), RATE), []
        for rows in recorder.batches():
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net.layers(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        recorder.add(net.state_dict(), RATE, losses)
        if segment % 10 == 9:
            partial = own / "inbox" / "partial"
            save_file(net.state_dict(), partial)
            partial.rename(own / "inbox" / f"{recorder.round}-{segment}.safetensors")
    print(f"round {recorder.round}: {SEGMENTS} segments, loss {losses[-1]:.4f}", flush=True)
    round = awaited(recorder.round)
