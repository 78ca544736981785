"""Checkpoints: weights of anybody's making, brought into the form that Descent takes.

A checkpoint is a safetensors file with exactly the description's tensors, all in f32. ``clean`` takes a
``torch.nn.Module``, a state dict, or a mapping of arrays (numpy, JAX), and says by name what does not fit.
Needs ``descent[torch]`` or numpy and safetensors.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._optional import optional
from .description import Description
from .errors import DescentError

if TYPE_CHECKING:
    import numpy

__all__ = ["InvalidWeights", "clean", "read", "write"]

_PREFIXES = ("module.", "_orig_mod.", "model.")
"""Prefixes that DataParallel, torch.compile and wrappers put before the names."""


class InvalidWeights(DescentError):
    """Weights that are not the description's."""


def clean(description: Description, weights: Any) -> dict[str, numpy.ndarray[Any, Any]]:
    """Returns the description's tensors as arrays of f32, in its order.

    Counts of batches are dropped, prefixes of wrappers are taken off, and any float is cast to f32.

    Raises:
        InvalidWeights: if a tensor is missing, is unknown, has another shape, or holds NaN or infinity.
    """
    tensors = _named(weights)
    wanted = description.tensors()
    _check_names(wanted, tensors)
    cleaned = {}
    for name, shape in wanted.items():
        array = _array(name, tensors[name])
        if tuple(array.shape) != shape:
            raise InvalidWeights(
                f"{name} has the shape {list(array.shape)}, not {list(shape)}", _turned(array, shape)
            )
        cleaned[name] = array
    return cleaned


def _named(weights: Any) -> dict[str, Any]:
    """Returns the tensors of a module or mapping under their names, without what wrappers add."""
    state = weights.state_dict() if hasattr(weights, "state_dict") else weights
    if not isinstance(state, Mapping):
        raise InvalidWeights(
            f"weights are a module, a state dict or a mapping of arrays, not {type(weights).__name__}"
        )
    tensors = {
        str(name): value for name, value in state.items() if not str(name).endswith("num_batches_tracked")
    }
    while tensors and (prefix := next((p for p in _PREFIXES if all(n.startswith(p) for n in tensors)), None)):
        tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    if tensors and all(name.partition(".")[0].isdigit() for name in tensors):
        # An nn.Sequential of the layers themselves.
        tensors = {f"layers.{name}": value for name, value in tensors.items()}
    return tensors


def _check_names(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted]
    if missing or unknown:
        parts = [
            f"{what}: {', '.join(names[:5])}{', ..' if len(names) > 5 else ''}"
            for what, names in (("missing", missing), ("unknown", unknown))
            if names
        ]
        raise InvalidWeights(
            f"the tensors are not the description's; {'; '.join(parts)}",
            "names are those of `self.layers = nn.Sequential(..)` in the description's order; "
            "group.description().module() has them",
        )


def _array(name: str, value: Any) -> Any:
    numpy = optional("numpy", "torch")
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        # numpy has no bf16.
        value = (value.float() if value.is_floating_point() else value).numpy()
    array: Any = numpy.asarray(value)
    is_float = array.dtype.kind == "f" or array.dtype.name == "bfloat16"
    if not is_float:
        raise InvalidWeights(f"{name} holds {array.dtype}, not floats")
    with numpy.errstate(over="ignore"):
        array = numpy.ascontiguousarray(array, dtype=numpy.float32).reshape(array.shape)
    if not numpy.isfinite(array).all():
        raise InvalidWeights(f"{name} holds NaN, infinity, or a number that f32 does not hold")
    return array


def _turned(array: Any, shape: tuple[int, ...]) -> str | None:
    if len(shape) > 1 and sorted(array.shape) == sorted(shape):
        return "JAX and TensorFlow keep kernels the other way round: [in, out] and [H, W, in, out]; transpose them"
    return None


def write(tensors: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Writes arrays as a checkpoint, which appears under its name when it is complete."""
    path = Path(path)
    data: bytes = optional("safetensors.numpy", "torch").save(dict(tensors))
    # A name that begins with a dot is not taken out of an inbox.
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def read(path: str | os.PathLike[str]) -> dict[str, numpy.ndarray[Any, Any]]:
    """Returns the arrays of a checkpoint."""
    arrays: dict[str, Any] = optional("safetensors.numpy", "torch").load_file(os.fspath(path))
    return arrays
