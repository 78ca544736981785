"""Trains and evaluates models in PyTorch, as the measurements of speed ask for.

    pytorch.py THREADS [--compile]

Reads lines of JSON, and answers each with a number:

- `{"model": .., "records": .., "input": FILE, "target": FILE, "checkpoint": FILE or null}` builds a model of a description,
  with the weights of a checkpoint, and its batch;
- `{"steps": N}` trains it: the seconds of all steps;
- `{"evaluate": "f64" or "f32"}` computes its mean loss on the batch: the seconds;
- `{"loss": "f64" or "f32"}` does so, too: the loss.

`--compile` has `torch.compile` compile models.
"""

import json
import sys
import time

import torch
from descent import Description
from descent.torch import load

DTYPES = {"u8": torch.uint8, "i32": torch.int32, "i64": torch.int64, "f32": torch.float32}
PRECISIONS = {"f64": torch.float64, "f32": torch.float32}
# Records that are evaluated at a time, as many as an evaluator's batch has.
RECORDS = 256


def column(path, of, records):
    values = torch.from_file(path, size=records * max(torch.Size(of.shape).numel(), 1), dtype=DTYPES[of.dtype])
    return values.reshape(records, *of.shape).clone()


class Work:
    """A model and a batch."""

    def __init__(self, order, compiles):
        description = Description(order["model"])
        self.input = column(order["input"], description.input, order["records"])
        self.target = column(order["target"], description.target, order["records"])
        self.model = load(description, order["checkpoint"]) if order["checkpoint"] else description.module()
        self.loss = torch.compile(self.model.loss) if compiles else self.model.loss
        self.optimizer = None

    def train(self, steps):
        """Makes steps with AdamW and PyTorch's defaults. Returns the last loss."""
        if self.optimizer is None:
            self.model.float().train()
            self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3)
            # A frozen layer or another mistake would be quick.
            assert self.step() != self.step(), "a step changes the weights"
        for _ in range(steps):
            self.step()

    def step(self):
        loss = self.loss(self.input, self.target)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def evaluate(self, precision):
        """Returns the mean loss."""
        self.model.to(PRECISIONS[precision]).eval()
        total = 0.0
        with torch.inference_mode():
            for input, target in zip(self.input.split(RECORDS), self.target.split(RECORDS)):
                total += self.loss(input, target).item() * len(input)
        return total / len(self.input)


def main():
    torch.set_num_threads(int(sys.argv[1]))
    work = None
    for line in sys.stdin:
        order = json.loads(line)
        began = time.perf_counter()
        answer = None
        if "model" in order:
            work = Work(order, "--compile" in sys.argv)
        elif "steps" in order:
            work.train(order["steps"])
        elif "evaluate" in order:
            work.evaluate(order["evaluate"])
        else:
            answer = work.evaluate(order["loss"])
        print(time.perf_counter() - began if answer is None else answer, flush=True)


if __name__ == "__main__":
    main()
