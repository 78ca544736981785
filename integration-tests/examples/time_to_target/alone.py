"""Trains a model in PyTorch as a trainer of the network does: Adam, and a check on all validation records after every 500
steps.

    alone.py DESCRIPTION TRAINING VALIDATION RATE BATCH SECONDS

Prints a line of JSON for each check: the seconds since the start of the program, the steps, and the loss. It computes on
one thread.
"""

import time

BEGAN = time.perf_counter()

import json  # noqa: E402
import sys  # noqa: E402

import pyarrow.parquet  # noqa: E402
import torch  # noqa: E402
from descent import Description  # noqa: E402
from descent.dataset import arrays  # noqa: E402

CHECK_STEPS = 500
RECORDS = 256


def main():
    description, training, validation, rate, batch, seconds = sys.argv[1:]
    torch.set_num_threads(1)
    torch.manual_seed(1)
    description = Description.read(description)

    def records(path):
        x, y = arrays(description, pyarrow.parquet.read_table(path))
        return torch.tensor(x), torch.tensor(y)

    (x, y), held = records(training), records(validation)
    model = description.module()
    optimizer = torch.optim.Adam(model.parameters(), lr=float(rate))
    steps = 0
    while True:
        for chosen in torch.randperm(len(x)).split(int(batch)):
            loss = model.loss(x[chosen], y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            steps += 1
            if steps % CHECK_STEPS:
                continue
            model.eval()
            with torch.no_grad():
                losses = torch.cat([model.losses(*part) for part in zip(*(all.split(RECORDS) for all in held))])
            model.train()
            passed = time.perf_counter() - BEGAN
            print(json.dumps({"seconds": passed, "steps": steps, "loss": losses.mean().item()}), flush=True)
            if passed > float(seconds):
                return


main()
