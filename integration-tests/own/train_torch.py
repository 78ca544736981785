"""Trains linear and relu layers with PyTorch, for `descent-worker train --own DIR --trainer-command ...`."""

import itertools, json, os, time
from pathlib import Path
import pyarrow.parquet as parquet
import torch
from safetensors.torch import load_file, save_file

own = Path(os.environ["DESCENT_OWN"])
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
if (own / "head.safetensors").exists():
    net.load_state_dict(load_file(own / "head.safetensors"))

optimizer, partial, offered = torch.optim.Adam(net.parameters()), own / "inbox" / "partial", time.monotonic()
for epoch in itertools.count(1):
    for rows in torch.randperm(len(x)).split(64):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net.layers(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    if time.monotonic() > offered + 5:
        print(f"epoch {epoch}: loss {loss:.4f}", flush=True)
        save_file(net.state_dict(), partial)
        partial.rename(own / "inbox" / f"epoch-{epoch}.safetensors")
        offered = time.monotonic()
