"""Trains models step by step in PyTorch, eagerly, as the measurement of the trainer's speed asks for.

    eager.py THREADS [--compile]

Reads lines of JSON: `{"model": .., "records": .., "input": FILE, "target": FILE}` builds a model of a description and its
batch, `{"steps": N}` trains it. Answers each with the seconds that it took. `--compile` has `torch.compile` compile models.
"""

import json
import sys
import time

import torch
from descent import Description

DTYPES = {"u8": torch.uint8, "i32": torch.int32, "i64": torch.int64, "f32": torch.float32}


def column(path, of, records):
    values = torch.from_file(path, size=records * max(torch.Size(of.shape).numel(), 1), dtype=DTYPES[of.dtype])
    return values.reshape(records, *of.shape).clone()


class Training:
    """A model, a batch, and AdamW with PyTorch's defaults."""

    def __init__(self, order, compiles):
        description = Description(order["model"])
        self.input = column(order["input"], description.input, order["records"])
        self.target = column(order["target"], description.target, order["records"])
        self.model = description.module()
        self.loss = torch.compile(self.model.loss) if compiles else self.model.loss
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3)

    def step(self):
        loss = self.loss(self.input, self.target)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def main():
    torch.set_num_threads(int(sys.argv[1]))
    training = None
    for line in sys.stdin:
        order = json.loads(line)
        began = time.perf_counter()
        if "model" in order:
            training = Training(order, "--compile" in sys.argv)
            # A frozen layer or another mistake would be quick.
            first, second = training.step(), training.step()
            assert first != second, "a step changes the weights"
        for _ in range(order.get("steps", 0)):
            training.step()
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
