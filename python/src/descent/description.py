"""Model descriptions: the JSON that says what a model is, and the tensors that its checkpoints have.

The node and the workers check descriptions; this reads those that they have accepted.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import DescentError

if TYPE_CHECKING:
    from .torch import Model

__all__ = ["Column", "Description", "Input", "Layer"]

Shape = tuple[int, ...]
_NUMPY = {"u8": "uint8", "u16": "uint16", "i32": "int32", "i64": "int64", "f32": "float32"}


@dataclass(frozen=True)
class Column:
    """A column of the data set: its dtype is ``u8``, ``u16``, ``i32``, ``i64`` or ``f32``, its shape that of
    a record."""

    name: str
    dtype: str
    shape: Shape

    @property
    def values(self) -> int:
        """Number of values of a record."""
        return math.prod(self.shape)

    @property
    def numpy(self) -> str:
        """The dtype as numpy calls it."""
        return _NUMPY[self.dtype]


@dataclass(frozen=True)
class Layer:
    """A layer: its type and fields, the shape of a record before it, and the tensors of its parameters and of
    its running statistics, without their prefix ``layers.POSITION``."""

    kind: str
    fields: Mapping[str, Any]
    input: Shape
    output: Shape
    parameters: Mapping[str, Shape] = field(default_factory=dict)
    buffers: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True)
class Input(Column):
    """A feature column: its values enter the model as ``value * scale + shift``, unless they are tokens.

    Where there are several, each passes layers of its own before they are joined.
    """

    scale: float = 1.0
    shift: float = 0.0
    layers: tuple[Layer, ...] = ()
    takes_tokens: bool = False


class Description:
    """A model description.

    >>> description = Description({
    ...     "descent": 1, "name": "points", "loss": "cross_entropy",
    ...     "inputs": [{"column": "x", "dtype": "f32", "shape": [2]}],
    ...     "target": {"column": "y", "dtype": "u8", "shape": [], "classes": 2},
    ...     "layers": [{"type": "linear", "out": 2}]})
    >>> description.tensors()
    {'layers.0.weight': (2, 2), 'layers.0.bias': (2,)}
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        if document.get("descent") != 1:
            raise DescentError(
                f"this package reads descriptions of version 1, not {document.get('descent')!r}",
                "install a newer version of the package",
            )
        self.document = document
        self.name: str = document["name"]
        self.loss: str = document["loss"]
        self.inputs = [_input(fields, document) for fields in document["inputs"]]
        self.target = _column(document["target"])
        self.classes: int | None = document["target"].get("classes")
        self.layers = _layers(document["layers"], self._joined())

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Description:
        """Reads a description from a file."""
        return cls(json.loads(Path(path).read_text(encoding="utf-8")))

    @property
    def input(self) -> Input:
        """The first feature column, which is the only one of most models."""
        return self.inputs[0]

    def _joined(self) -> Shape:
        """Returns the shape that enters the model's layers."""
        if len(self.inputs) == 1:
            return self.input.shape
        outputs = [input.layers[-1].output if input.layers else input.shape for input in self.inputs]
        return (sum(map(math.prod, outputs)),)

    @property
    def output(self) -> Shape:
        """Shape of the last layer's output for one record."""
        return self.layers[-1].output

    def tensors(self) -> dict[str, Shape]:
        """Returns name and shape of each tensor of a checkpoint: parameters, then running statistics."""
        chains: list[tuple[str, Sequence[Layer]]] = [
            (f"inputs.{number}.layers", input.layers) for number, input in enumerate(self.inputs)
        ]
        chains.append(("layers", self.layers))
        every: dict[str, Shape] = {}
        for of in ("parameters", "buffers"):
            for prefix, layers in chains:
                for position, layer in enumerate(layers):
                    tensors: Mapping[str, Shape] = getattr(layer, of)
                    every.update({f"{prefix}.{position}.{name}": shape for name, shape in tensors.items()})
        return every

    def module(self) -> Model:
        """Returns the model as a ``torch.nn.Module`` with fresh weights, in training mode; needs torch."""
        from .torch import Model

        return Model(self)

    def __repr__(self) -> str:
        return f"Description({self.name!r}, {len(self.layers)} layers)"


def _column(fields: Mapping[str, Any]) -> Column:
    return Column(fields["column"], fields["dtype"], tuple(fields["shape"]))


def _input(fields: Mapping[str, Any], document: Mapping[str, Any]) -> Input:
    column = _column(fields)
    own = fields.get("layers") or []
    first = document["layers"] if len(document["inputs"]) == 1 else own
    return Input(
        column.name,
        column.dtype,
        column.shape,
        scale=1.0 if fields.get("scale") is None else float(fields["scale"]),
        shift=0.0 if fields.get("shift") is None else float(fields["shift"]),
        layers=tuple(_layers(own, column.shape)),
        takes_tokens=bool(first) and first[0]["type"] == "embedding",
    )


def _layers(documents: Sequence[Mapping[str, Any]], shape: Shape) -> list[Layer]:
    layers: list[Layer] = []
    for position, document in enumerate(documents):
        fields = {**document}
        kind = fields.pop("type")
        known = _EFFECTS.get(kind)
        if known is None:
            raise DescentError(
                f"layer {position} has the type {kind!r}, which this package does not know",
                f"install a newer version of the package; it knows {', '.join(sorted(_EFFECTS))}",
            )
        if kind == "unembedding":
            if not layers or layers[0].kind != "embedding":
                raise DescentError(
                    f"layer {position} (unembedding) needs a model that begins with an embedding",
                    "check the description with `descent model check`",
                )
            fields["vocabulary"] = layers[0].fields["vocabulary"]
        output, parameters, buffers = known(shape, fields)
        layers.append(Layer(kind, fields, shape, output, parameters, buffers))
        shape = output
    return layers


# The effect of each type of layer: it fills in defaults, and returns output, parameters and buffers.

Tensors = dict[str, Shape]
Effect = tuple[Shape, Tensors, Tensors]
Fields = dict[str, Any]


def _same(shape: Shape, fields: Fields) -> Effect:
    return shape, {}, {}


def _flatten(shape: Shape, fields: Fields) -> Effect:
    return (math.prod(shape),), {}, {}


def _with_bias(weight: Shape, fields: Fields) -> Tensors:
    return {"weight": weight, "bias": weight[:1]} if fields.setdefault("bias", True) else {"weight": weight}


def _linear(shape: Shape, fields: Fields) -> Effect:
    out: int = fields["out"]
    return (*shape[:-1], out), _with_bias((out, shape[-1]), fields), {}


def _sides(shape: Shape, fields: Fields) -> Shape:
    kernel, stride, padding = fields["kernel"], fields["stride"], fields.get("padding", 0)
    return tuple((side + 2 * padding - kernel) // stride + 1 for side in shape[1:])


def _convolution(shape: Shape, fields: Fields) -> Effect:
    fields.setdefault("stride", 1)
    fields.setdefault("padding", 0)
    weight = (fields["out"], shape[0], *[fields["kernel"]] * len(shape[1:]))
    return (fields["out"], *_sides(shape, fields)), _with_bias(weight, fields), {}


def _pool(shape: Shape, fields: Fields) -> Effect:
    if fields.get("stride") is None:
        fields["stride"] = fields["kernel"]
    return (shape[0], *_sides(shape, fields)), {}, {}


def _batch_norm(shape: Shape, fields: Fields) -> Effect:
    channels = shape[:1]
    return (
        shape,
        {"weight": channels, "bias": channels},
        {"running_mean": channels, "running_var": channels},
    )


def _layer_norm(shape: Shape, fields: Fields) -> Effect:
    return shape, {"weight": shape[-1:], "bias": shape[-1:]}, {}


def _rms_norm(shape: Shape, fields: Fields) -> Effect:
    return shape, {"weight": shape[-1:]}, {}


def _group_norm(shape: Shape, fields: Fields) -> Effect:
    return shape, {"weight": shape[:1], "bias": shape[:1]}, {}


def _adaptive_pool(shape: Shape, fields: Fields) -> Effect:
    return (shape[0], *[fields["size"]] * len(shape[1:])), {}, {}


def _attention(shape: Shape, fields: Fields) -> Effect:
    dim, heads = shape[-1], fields["heads"]
    kv_heads = fields["kv_heads"] = fields.get("kv_heads") or heads
    fields.setdefault("rotary", None)
    mixed = dim // heads * (heads + 2 * kv_heads)
    parameters: Tensors = {"in.weight": (mixed, dim), "out.weight": (dim, dim)}
    if fields.setdefault("bias", True):
        parameters = {
            "in.weight": (mixed, dim),
            "in.bias": (mixed,),
            "out.weight": (dim, dim),
            "out.bias": (dim,),
        }
    return shape, parameters, {}


def _gated_mlp(shape: Shape, fields: Fields) -> Effect:
    dim, hidden = shape[-1], fields["hidden"]
    return shape, {"in.weight": (2 * hidden, dim), "out.weight": (dim, hidden)}, {}


def _residual(shape: Shape, fields: Fields) -> Effect:
    """Replaces the documents of the layers within by the layers, of which the tensors are the layer's."""
    every: tuple[Tensors, Tensors] = ({}, {})
    for name in ("layers", "shortcut"):
        fields[name] = layers = _layers(fields.get(name) or [], shape)
        for position, layer in enumerate(layers):
            for into, tensors in zip(every, (layer.parameters, layer.buffers)):
                into.update({f"{name}.{position}.{own}": of for own, of in tensors.items()})
    return fields["layers"][-1].output, *every


def _unembedding(shape: Shape, fields: Fields) -> Effect:
    return (*shape[:-1], fields["vocabulary"]), {}, {}


def _embedding(shape: Shape, fields: Fields) -> Effect:
    return (*shape, fields["dim"]), {"weight": (fields["vocabulary"], fields["dim"])}, {}


def _position_embedding(shape: Shape, fields: Fields) -> Effect:
    return shape, {"weight": shape}, {}


def _transformer_block(shape: Shape, fields: Fields) -> Effect:
    fields.setdefault("dropout", 0.0)
    dim, hidden = shape[-1], shape[-1] * fields.setdefault("mlp_ratio", 4)
    parameters: Tensors = {
        "norm1.weight": (dim,),
        "norm1.bias": (dim,),
        "attention.in.weight": (3 * dim, dim),
        "attention.in.bias": (3 * dim,),
        "attention.out.weight": (dim, dim),
        "attention.out.bias": (dim,),
        "norm2.weight": (dim,),
        "norm2.bias": (dim,),
        "mlp.in.weight": (hidden, dim),
        "mlp.in.bias": (hidden,),
        "mlp.out.weight": (dim, hidden),
        "mlp.out.bias": (dim,),
    }
    return shape, parameters, {}


_EFFECTS = {
    "flatten": _flatten,
    "linear": _linear,
    "conv1d": _convolution,
    "conv2d": _convolution,
    "max_pool1d": _pool,
    "max_pool2d": _pool,
    "avg_pool1d": _pool,
    "avg_pool2d": _pool,
    "relu": _same,
    "adaptive_avg_pool1d": _adaptive_pool,
    "adaptive_avg_pool2d": _adaptive_pool,
    "gelu": _same,
    "silu": _same,
    "tanh": _same,
    "sigmoid": _same,
    "dropout": _same,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "group_norm": _group_norm,
    "embedding": _embedding,
    "position_embedding": _position_embedding,
    "transformer_block": _transformer_block,
    "attention": _attention,
    "gated_mlp": _gated_mlp,
    "residual": _residual,
    "unembedding": _unembedding,
}
