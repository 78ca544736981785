"""Trains linear and relu layers with numpy, for `descent-worker train --own DIR --trainer-command ...`."""

import itertools, json, os, struct, time
from pathlib import Path
import numpy as np
import pyarrow.parquet as parquet

own = Path(os.environ["DESCENT_OWN"])
model = json.loads((own / "description.json").read_text())
layers, column = model["layers"], model["inputs"][0]
table = parquet.read_table(own / "train.parquet")
x = np.asarray(table[column["column"]].combine_chunks().flatten()).reshape(len(table), -1)
x = x.astype("float32") * column.get("scale", 1) + column.get("shift", 0)
y = table[model["target"]["column"]].to_numpy()

random, weights, width = np.random.default_rng(), {}, x.shape[1]
for number, layer in enumerate(layers):
    if layer["type"] == "linear":
        weights[number] = random.normal(0, width**-0.5, (layer["out"], width)), np.zeros(layer["out"])
        width = layer["out"]


def step(rows, rate):
    inputs, values = [], x[rows]
    for number, layer in enumerate(layers):
        inputs.append(values)
        if layer["type"] == "linear":
            values = values @ weights[number][0].T + weights[number][1]
        elif layer["type"] == "relu":
            values = np.maximum(values, 0)
    slope = np.exp(values - values.max(1, keepdims=True))
    slope /= slope.sum(1, keepdims=True)
    slope[np.arange(len(rows)), y[rows]] -= 1
    for number, layer in reversed(list(enumerate(layers))):
        if layer["type"] == "linear":
            weight, bias = weights[number]
            weights[number] = (
                weight - rate / len(rows) * slope.T @ inputs[number],
                bias - rate / len(rows) * slope.sum(0),
            )
            slope = slope @ weight
        elif layer["type"] == "relu":
            slope = slope * (inputs[number] > 0)


def offer(name):
    """Writes the weights as safetensors, and renames them into the inbox."""
    header, data = {}, b""
    for number, (weight, bias) in weights.items():
        for part, value in ("weight", weight), ("bias", bias):
            value = value.astype("<f4").tobytes()
            shape = weight.shape if part == "weight" else bias.shape
            offsets = [len(data), len(data) + len(value)]
            header[f"layers.{number}.{part}"] = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
            data += value
    header = json.dumps(header).encode()
    partial = own / "inbox" / f"{name}.partial"
    partial.write_bytes(struct.pack("<Q", len(header)) + header + data)
    partial.rename(own / "inbox" / f"{name}.safetensors")


offered = time.monotonic()
for epoch in itertools.count(1):
    for rows in np.split(random.permutation(len(x)), range(64, len(x), 64)):
        step(rows, 0.1)
    if time.monotonic() > offered + 5:
        print(f"epoch {epoch}", flush=True)
        offer(f"epoch-{epoch}")
        offered = time.monotonic()
