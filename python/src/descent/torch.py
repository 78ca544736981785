"""Descriptions as ``torch.nn.Module``; needs ``descent[torch]``.

The layers are those by which validators measure. Parameters have the names that they have in checkpoints, so
that ``Model.state_dict()`` is a checkpoint, and ``load_state_dict`` takes one.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .description import Description, Input, Layer

__all__ = ["Model", "load", "per_record"]

EPSILON = 1e-5
MOMENTUM = 0.1


class Flatten(nn.Module):
    """Flattens all dimensions of a record; a scalar becomes one value."""

    def forward(self, x: Tensor) -> Tensor:
        return x.unsqueeze(1) if x.dim() == 1 else x.flatten(1)


class BatchNorm(nn.Module):
    """Batch normalisation over ``[N, C]``, ``[N, C, L]`` or ``[N, C, H, W]``, without PyTorch's count of batches."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.running_mean: Tensor
        self.running_var: Tensor
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, self.training, MOMENTUM, EPSILON
        )


class PositionEmbedding(nn.Module):
    """Adds a learned vector to each position."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight


class TransformerBlock(nn.Module):
    """A causal transformer block that normalises first."""

    def __init__(self, dim: int, heads: int, mlp_ratio: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        # `in` is a keyword, so that it can't be an attribute.
        self.norm1 = nn.LayerNorm(dim, eps=EPSILON)
        self.attention = nn.ModuleDict({"in": nn.Linear(dim, 3 * dim), "out": nn.Linear(dim, dim)})
        self.norm2 = nn.LayerNorm(dim, eps=EPSILON)
        hidden = mlp_ratio * dim
        self.mlp = nn.ModuleDict({"in": nn.Linear(dim, hidden), "out": nn.Linear(hidden, dim)})

    def forward(self, x: Tensor) -> Tensor:
        x = x + F.dropout(self._attend(self.norm1(x)), self.dropout, self.training)
        hidden = F.gelu(self.mlp["in"](self.norm2(x)))
        return x + F.dropout(self.mlp["out"](hidden), self.dropout, self.training)

    def _attend(self, x: Tensor) -> Tensor:
        records, length, dim = x.shape
        split = self.attention["in"](x).reshape(records, length, 3, self.heads, dim // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        attended: Tensor = self.attention["out"](seen.transpose(1, 2).reshape(records, length, dim))
        return attended


class RmsNorm(nn.Module):
    """Root mean square normalisation of the last dimension."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x / (x.square().mean(-1, keepdim=True) + EPSILON).sqrt() * self.weight


class Attention(nn.Module):
    """Causal self-attention, of which heads of queries may share heads of keys and values."""

    def __init__(self, dim: int, heads: int, kv_heads: int, rotary: float | None, bias: bool) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.rotary = heads, kv_heads, rotary
        mixed = dim // heads * (heads + 2 * kv_heads)
        # `in` is a keyword, so that it can't be an attribute.
        self.add_module("in", nn.Linear(dim, mixed, bias=bias))
        self.out = nn.Linear(dim, dim, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        records, length, dim = x.shape
        every = self.heads + 2 * self.kv_heads
        mixed = self.get_submodule("in")(x).reshape(records, length, every, -1).transpose(1, 2)
        query, key, value = mixed.split([self.heads, self.kv_heads, self.kv_heads], dim=1)
        if self.rotary is not None:
            query, key = self._turned(query, self.rotary), self._turned(key, self.rotary)
        key, value = (
            shared.repeat_interleave(self.heads // self.kv_heads, dim=1) for shared in (key, value)
        )
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        attended: Tensor = self.out(seen.transpose(1, 2).reshape(records, length, dim))
        return attended

    def _turned(self, x: Tensor, base: float) -> Tensor:
        length, width = x.shape[-2:]
        pairs = torch.arange(width // 2, dtype=torch.float64, device=x.device)
        positions = torch.arange(length, dtype=torch.float64, device=x.device)
        angles = positions[:, None] * base ** (-2 * pairs / width)
        cosines, sines = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        first, second = x.chunk(2, dim=-1)
        return torch.cat((first * cosines - second * sines, second * cosines + first * sines), dim=-1)


class GatedMlp(nn.Module):
    """A gated hidden layer: SwiGLU."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.add_module("in", nn.Linear(dim, 2 * hidden, bias=False))
        self.out = nn.Linear(hidden, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.get_submodule("in")(x).chunk(2, dim=-1)
        mapped: Tensor = self.out(F.silu(gate) * up)
        return mapped


class Residual(nn.Module):
    """Layers of which the output is added to the input, or to what a shortcut makes of it."""

    def __init__(self, layers: list[Layer], shortcut: list[Layer]) -> None:
        super().__init__()
        self.layers = nn.Sequential(*map(_layer, layers))
        self.shortcut = nn.Sequential(*map(_layer, shortcut))

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.layers(x) + self.shortcut(x)
        return added


class Unembedding(nn.Module):
    """A linear map by the table of the embedding that the model begins with."""

    def forward(self, x: Tensor, table: Tensor) -> Tensor:
        return F.linear(x, table)


class Own(nn.Module):
    """The layers that one input of several passes alone."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__()
        self.layers = nn.Sequential(*map(_layer, layers))

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers(x)
        return x.unsqueeze(1) if x.dim() == 1 else x.flatten(1)


_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


def _layer(layer: Layer) -> nn.Module:
    fields = layer.fields
    kind = layer.kind
    if kind == "flatten":
        return Flatten()
    if kind == "linear":
        return nn.Linear(layer.input[-1], fields["out"], bias=fields["bias"])
    if kind in ("conv1d", "conv2d"):
        convolution = nn.Conv1d if kind == "conv1d" else nn.Conv2d
        return convolution(
            layer.input[0],
            fields["out"],
            fields["kernel"],
            fields["stride"],
            fields["padding"],
            bias=fields["bias"],
        )
    if kind in ("max_pool1d", "max_pool2d"):
        largest = nn.MaxPool1d if kind == "max_pool1d" else nn.MaxPool2d
        return largest(fields["kernel"], fields["stride"], fields.get("padding", 0))
    if kind in ("avg_pool1d", "avg_pool2d"):
        return (nn.AvgPool1d if kind == "avg_pool1d" else nn.AvgPool2d)(fields["kernel"], fields["stride"])
    if kind == "adaptive_avg_pool1d":
        return nn.AdaptiveAvgPool1d(fields["size"])
    if kind == "adaptive_avg_pool2d":
        return nn.AdaptiveAvgPool2d(fields["size"])
    if kind == "dropout":
        return nn.Dropout(fields["p"])
    if kind == "batch_norm":
        return BatchNorm(layer.input[0])
    if kind == "layer_norm":
        return nn.LayerNorm(layer.input[-1], eps=EPSILON)
    if kind == "rms_norm":
        return RmsNorm(layer.input[-1])
    if kind == "group_norm":
        return nn.GroupNorm(fields["groups"], layer.input[0], eps=EPSILON)
    if kind == "embedding":
        return nn.Embedding(fields["vocabulary"], fields["dim"])
    if kind == "position_embedding":
        return PositionEmbedding(layer.input)
    if kind == "transformer_block":
        return TransformerBlock(layer.input[-1], fields["heads"], fields["mlp_ratio"], fields["dropout"])
    if kind == "attention":
        return Attention(layer.input[-1], **fields)
    if kind == "gated_mlp":
        return GatedMlp(layer.input[-1], fields["hidden"])
    if kind == "residual":
        return Residual(fields["layers"], fields["shortcut"])
    if kind == "unembedding":
        return Unembedding()
    return _ACTIVATIONS[kind]()


class Model(nn.Module):
    """A description as a module.

    It takes raw records ``[N, ...input]``, as the data set has them: scale and shift of the description are
    applied within. A model of several inputs takes them one after the other, or as a sequence.
    ``model.double()`` computes in f64, as validators do.
    """

    def __init__(self, description: Description) -> None:
        super().__init__()
        self.description = description
        several = description.inputs if len(description.inputs) > 1 else []
        self.inputs = nn.ModuleList(Own(input.layers) for input in several)
        self.layers = nn.Sequential(*map(_layer, description.layers))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Draws fresh weights from the distributions that ``descent-worker train`` uses."""
        for module in self.modules():
            for name, parameter in module.named_parameters(recurse=False):
                if isinstance(module, (nn.Embedding, PositionEmbedding)):
                    bound = 0.02 * math.sqrt(3)
                elif parameter.dim() > 1:
                    bound = 1 / math.sqrt(math.prod(parameter.shape[1:]))
                else:
                    parameter.fill_(1.0 if name.endswith("weight") else 0.0)
                    continue
                parameter.uniform_(-bound, bound)

    def _dtype(self) -> torch.dtype:
        return next((p.dtype for p in self.parameters()), torch.get_default_dtype())

    def _entering(self, input: Input, values: Tensor) -> Tensor:
        if input.takes_tokens:
            return values.long()
        x = values.to(self._dtype())
        if input.scale != 1.0:
            x = x * input.scale
        return x if input.shift == 0.0 else x + input.shift

    def forward(self, *inputs: Tensor | Sequence[Tensor]) -> Tensor:
        """Returns the last layer's output ``[N, ...output]``."""
        given: Any = inputs[0] if len(inputs) == 1 and not isinstance(inputs[0], Tensor) else inputs
        entering = [self._entering(*pair) for pair in zip(self.description.inputs, given, strict=True)]
        x = entering[0]
        if len(entering) > 1:
            x = torch.cat([own(values) for own, values in zip(self.inputs, entering)], dim=1)
        for layer in self.layers:
            x = layer(x, self.layers[0].weight) if isinstance(layer, Unembedding) else layer(x)
        return x

    def losses(self, input: Tensor | Sequence[Tensor], target: Tensor) -> Tensor:
        """Returns the loss of each record, ``[N]``: the description's, in nats for cross entropy."""
        return per_record(self.description, self(input), target)

    def loss(self, input: Tensor | Sequence[Tensor], target: Tensor) -> Tensor:
        """Returns the mean loss of the records, which training minimises and ``--metric loss`` scores."""
        return self.losses(input, target).mean()

    @torch.no_grad()
    def wrong(self, input: Tensor | Sequence[Tensor], target: Tensor) -> Tensor:
        """Returns the share of wrong labels of each record, ``[N]``, of which ``--metric error`` is the
        mean."""
        mistakes = self(input).argmax(-1) != target
        shares: Tensor = mistakes.double().reshape(len(target), -1).mean(1)
        return shares


def per_record(description: Description, output: Tensor, target: Tensor) -> Tensor:
    """Returns the loss of each record of an output, ``[N]``."""
    if description.loss == "cross_entropy":
        likelihoods = output.log_softmax(-1)
        losses = -likelihoods.gather(-1, target.long().unsqueeze(-1)).squeeze(-1)
    else:
        losses = (output.reshape(target.shape) - target.to(output.dtype)).square()
    means: Tensor = losses.reshape(len(losses), -1).mean(1)
    return means


def load(description: Description, path: str | os.PathLike[str]) -> Model:
    """Returns a model with the weights of a checkpoint, in evaluation mode."""
    from ._optional import optional

    tensors: dict[str, Any] = optional("safetensors.torch", "torch").load_file(os.fspath(path))
    model = Model(description)
    model.load_state_dict(tensors, strict=True)
    return model.eval()
