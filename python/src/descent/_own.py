"""The folder and the options of ``descent-worker train --own``: all that this package knows of them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import _binary

INBOX = "inbox"
ENDING = ".safetensors"
DESCRIPTION = "description.json"
TRAINING = "train.parquet"
HOLDOUT = "holdout.parquet"
HEAD = "head.safetensors"
STATE = "state.json"

MICRO = frozenset({"score", "head", "claim", "minimum_improvement", "target", "best"})
"""Fields of events that are in micro-units."""


class OwnFolder:
    """A folder that a worker keeps current, and whose inbox takes checkpoints."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offers = 0

    def mark(self) -> tuple[int, int] | None:
        """Returns something that changes when the worker writes the state, which it does last."""
        try:
            stat = (self.path / STATE).stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def state(self) -> dict[str, Any]:
        """Returns what the files belong to: model, roots of the records, head and best with their scores."""
        state: dict[str, Any] = json.loads((self.path / STATE).read_text(encoding="utf-8"))
        return state

    def next_offer(self) -> Path:
        """Returns a path in the inbox that no offer had before, in this run or an earlier one."""
        self._offers += 1
        return self.path / INBOX / f"{time.time_ns()}-{self._offers}{ENDING}"


def command(
    nodes: list[str],
    group: int,
    own: Path,
    data: Path,
    options: Mapping[str, str | os.PathLike[str] | bool | None],
) -> list[str]:
    """Returns the command line of a worker; options are named as arguments of Python, and None leaves one
    out."""
    line = [_binary.find("descent-worker"), "train", str(group)]
    line += ["--own", str(own), "--data", str(data), "--json"]
    for node in nodes:
        line += ["--node", node]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            line.append(option)
        elif value is not None and value is not False:
            line += [option, os.fspath(value)]
    return line
