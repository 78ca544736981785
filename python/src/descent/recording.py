"""Recording a training of one's own, in groups whose checkpoints come with a recorded training.

The order of the records, the number of steps and the size of batches are given: ``Recorder.batches`` yields the
positions of the records of each step. A segment begins with an optimizer that has seen nothing, and ends with weights
that ``Recorder.add`` writes. ``descent-worker`` reads the recording, and binds it with the checkpoint that is offered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _own, checkpoint, cid, sampling
from .description import Description
from .errors import DescentError

if TYPE_CHECKING:
    import numpy

__all__ = ["Recorder", "adam", "adamw", "sgd"]

_MILLION = 1_000_000
_BILLION = 1_000_000_000
_LARGEST = 2**64 - 1


def sgd(momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0) -> dict[str, Any]:
    """Returns SGD as a recipe names it, with the formula of PyTorch."""
    return {
        "optimizer": "sgd",
        "momentum": _parts(momentum),
        "nesterov": nesterov,
        "weight_decay": _parts(weight_decay),
    }


def adam(betas: tuple[float, float] = (0.9, 0.999), weight_decay: float = 0.0) -> dict[str, Any]:
    """Returns Adam as a recipe names it, with the formula of PyTorch."""
    return {"optimizer": "adam", "betas": [_parts(beta) for beta in betas], "weight_decay": _parts(weight_decay)}


def adamw(betas: tuple[float, float] = (0.9, 0.999), weight_decay: float = 0.01) -> dict[str, Any]:
    """Returns AdamW as a recipe names it, with the formula of PyTorch."""
    return {**adam(betas, weight_decay), "optimizer": "adam_w"}


def _parts(factor: float) -> int:
    """Returns a factor in millionths."""
    return round(factor * _MILLION)


class Recorder:
    """The recording of one round, in the folder that a worker keeps current.

    Args:
        own: the folder of ``--own``; ``Run.folder``.
        optimizer: the optimizer of all segments, as ``sgd``, ``adam`` and ``adamw`` return it. Biases and
            normalisations have no weight decay.
        precision: ``f32``, ``f64`` or ``bf16``, in which outputs and gradients are computed.

    Raises:
        DescentError: if the group asks for no recordings, or the round's first block is not final yet.
    """

    def __init__(
        self, own: str | os.PathLike[str], optimizer: Mapping[str, Any], precision: str = "f32"
    ) -> None:
        self._own = Path(own)
        state = _own.OwnFolder(self._own).state()
        task = state.get("recording")
        if task is None:
            raise DescentError(
                "nothing can be recorded now: the group asks for no recordings, or the first block of its round is not "
                "final yet"
            )
        self.rule: dict[str, Any] = task["rule"]
        """The group's rule: ``steps``, ``batch``, and the rates in billionths."""
        self.round: int = task["order"]["round"]
        """The round that is recorded."""
        self.segments = 0
        """The number of segments so far."""
        self._description = Description.read(self._own / _own.DESCRIPTION)
        self._order = task["order"]
        self._records: int = state["train"]["records"]
        self._folder = self._own / task["folder"]
        (self._folder / "states").mkdir(parents=True, exist_ok=True)
        self._lines = self._folder / "segments.jsonl"
        self._lines.write_text("", encoding="utf-8")
        recipe = {
            "base": task["base"],
            "optimizer": dict(optimizer),
            "precision": precision,
            "steps": self.rule["steps"],
            "batch": self.rule["batch"],
        }
        header = {"version": 1, "recipe": recipe}
        header.update({name: task[name] for name in ("order", "model", "dataset")})
        partial = self._folder / ".recording.json"
        partial.write_text(json.dumps(header, indent=2), encoding="utf-8")
        partial.replace(self._folder / "recording.json")

    def base(self) -> dict[str, numpy.ndarray[Any, Any]]:
        """Returns the weights that the recording begins with: the head's, or initial ones."""
        return checkpoint.read(self._own / "base.safetensors")

    def batches(self) -> Iterator[list[int]]:
        """Yields the positions of the records of each step of the next segment, in ``train.parquet``."""
        order = self._order
        for step in range(self.rule["steps"]):
            yield sampling.batch(
                order["genesis"],
                order["group"],
                order["round"],
                order["link"],
                order["account"],
                self.segments,
                step,
                self._records,
                self.rule["batch"],
            )

    def add(self, weights: Any, rate: float, losses: Sequence[float], origin: int | None = -1) -> int:
        """Adds a segment, and returns its number.

        Args:
            weights: those at its end: a module, a state dict, or a mapping of arrays.
            rate: the learning rate of all its steps.
            losses: the loss of each step, before it.
            origin: the earlier segment at whose end it began, or None for the base; the one before unless given.

        Raises:
            InvalidWeights: if the weights are not the description's.
            ValueError: if the rate is not one of the rule's, or there are not as many losses as steps.
        """
        billionths = round(rate * _BILLION)
        if not self.rule["smallest_rate"] <= billionths <= self.rule["largest_rate"]:
            raise ValueError(f"the group takes no learning rate of {rate}: {self.rule}")
        if len(losses) != self.rule["steps"]:
            raise ValueError(f"a segment has {self.rule['steps']} steps, not {len(losses)}")
        number = self.segments
        begun = (number - 1 if number else None) if origin == -1 else origin
        partial = self._folder / "states" / ".state"
        checkpoint.write(checkpoint.clean(self._description, weights), partial)
        digest = cid.of_file(partial).digest.hex()
        partial.replace(self._folder / "states" / f"{digest}.safetensors")
        micro = [min(_LARGEST, round(max(0.0, loss) * _MILLION)) for loss in losses]
        line = {
            "number": number,
            "from": begun,
            "rate": billionths,
            "state": f"0x{digest}",
            "loss": sum(micro) // len(micro),
            "losses": micro,
        }
        with self._lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self.segments += 1
        return number
