"""The layers and losses of the book's page on models, in numpy and f64, one value after the other where that
is
plainest. It shares nothing with the package."""

import itertools
import math

import numpy as np

EPSILON = 1e-5


def erf(x):
    return np.vectorize(math.erf, otypes=[np.float64])(x)


def gelu(x):
    return x * 0.5 * (1 + erf(x / math.sqrt(2)))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def linear(x, t, prefix=""):
    return x @ t[prefix + "weight"].T + t.get(prefix + "bias", 0.0)


def layer_norm(x, t, prefix=""):
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + EPSILON) * t[prefix + "weight"] + t[prefix + "bias"]


def batch_norm(x, t):
    def shaped(name):
        return t[name].reshape(-1, *[1] * (x.ndim - 2))

    normal = (x - shaped("running_mean")) / np.sqrt(shaped("running_var") + EPSILON)
    return normal * shaped("weight") + shaped("bias")


def conv1d(x, t, layer):
    stride, padding = layer.get("stride", 1), layer.get("padding", 0)
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    starts = range(0, x.shape[2] - layer["kernel"] + 1, stride)
    parts = [np.einsum("nck,ock->no", x[:, :, at : at + layer["kernel"]], t["weight"]) for at in starts]
    out = np.stack(parts, axis=-1)
    return out + t["bias"].reshape(-1, 1) if layer.get("bias", True) else out


def pool1d(x, layer, reduce, beyond):
    kernel, padding = layer["kernel"], layer.get("padding", 0)
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)), constant_values=beyond)
    starts = range(0, x.shape[2] - kernel + 1, layer.get("stride") or kernel)
    return np.stack([reduce(x[:, :, at : at + kernel], axis=-1) for at in starts], axis=-1)


def adaptive_avg_pool1d(x, size):
    length = x.shape[2]
    bounds = [(place * length // size, -(-(place + 1) * length // size)) for place in range(size)]
    return np.stack([x[:, :, first:last].mean(axis=-1) for first, last in bounds], axis=-1)


def windows(x, kernel, stride, padding=0):
    """Returns the windows of images, ``[N, C, H', W', kernel, kernel]``."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    height, width = ((side - kernel) // stride + 1 for side in x.shape[2:])
    out = np.empty((*x.shape[:2], height, width, kernel, kernel))
    for row, column in itertools.product(range(height), range(width)):
        top, left = row * stride, column * stride
        out[:, :, row, column] = x[:, :, top : top + kernel, left : left + kernel]
    return out


def conv2d(x, t, layer):
    seen = windows(x, layer["kernel"], layer.get("stride", 1), layer.get("padding", 0))
    out = np.einsum("nchwij,ocij->nohw", seen, t["weight"])
    return out + t["bias"].reshape(-1, 1, 1) if layer.get("bias", True) else out


def attention(x, t, heads):
    records, length, dim = x.shape
    width = dim // heads
    query, key, value = np.split(linear(x, t, "attention.in."), 3, axis=-1)
    out = np.empty_like(x)
    for record, head, position in itertools.product(range(records), range(heads), range(length)):
        part = slice(head * width, (head + 1) * width)
        scores = key[record, : position + 1, part] @ query[record, position, part] / math.sqrt(width)
        out[record, position, part] = softmax(scores) @ value[record, : position + 1, part]
    return linear(out, t, "attention.out.")


def within(t, prefix):
    return {name.removeprefix(prefix): array for name, array in t.items() if name.startswith(prefix)}


def silu(x):
    return x / (1 + np.exp(-x))


def rms_norm(x, t):
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + EPSILON) * t["weight"]


def group_norm(x, t, groups):
    parts = x.reshape(len(x), groups, -1)
    mean, variance = parts.mean(axis=-1, keepdims=True), parts.var(axis=-1, keepdims=True)
    normal = ((parts - mean) / np.sqrt(variance + EPSILON)).reshape(x.shape)
    shape = (-1, *[1] * (x.ndim - 2))
    return normal * t["weight"].reshape(shape) + t["bias"].reshape(shape)


def adaptive_avg_pool2d(x, size):
    out = np.empty((*x.shape[:2], size, size))
    for row, column in itertools.product(range(size), range(size)):
        top, bottom, left, right = (
            bound
            for place, side in ((row, x.shape[2]), (column, x.shape[3]))
            for bound in (place * side // size, -(-(place + 1) * side // size))
        )
        out[:, :, row, column] = x[:, :, top:bottom, left:right].mean(axis=(2, 3))
    return out


def turned(vector, position, base):
    """Turns a head's values at a position, as complex numbers."""
    half = len(vector) // 2
    angles = position * base ** (-2 * np.arange(half) / len(vector))
    pairs = (vector[:half] + 1j * vector[half:]) * np.exp(1j * angles)
    return np.concatenate((pairs.real, pairs.imag))


def self_attention(x, t, layer):
    records, length, dim = x.shape
    heads, base = layer["heads"], layer.get("rotary")
    kv_heads = layer.get("kv_heads") or heads
    mixed = linear(x, t, "in.").reshape(records, length, heads + 2 * kv_heads, dim // heads)

    def head(record, position, number):
        vector = mixed[record, position, number]
        return turned(vector, position, base) if base and number < heads + kv_heads else vector

    out = np.empty((records, length, heads, dim // heads))
    for record, number, position in itertools.product(range(records), range(heads), range(length)):
        key = heads + number // (heads // kv_heads)
        query, past = head(record, position, number), range(position + 1)
        scores = np.array([head(record, at, key) @ query for at in past]) / math.sqrt(dim // heads)
        out[record, position, number] = softmax(scores) @ [head(record, at, key + kv_heads) for at in past]
    return linear(out.reshape(x.shape), t, "out.")


def gated_mlp(x, t):
    gate, up = np.split(linear(x, t, "in."), 2, axis=-1)
    return linear(silu(gate) * up, t, "out.")


def chain(x, t, name, layers):
    for position, layer in enumerate(layers):
        x = forward(layer, x, within(t, f"{name}.{position}."))
    return x


def residual(x, t, layer):
    return chain(x, t, "layers", layer["layers"]) + chain(x, t, "shortcut", layer.get("shortcut", []))


def padded(x, padding):
    sides = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    return np.pad(x, sides, constant_values=-np.inf)


def block(x, t, layer):
    x = x + attention(layer_norm(x, t, "norm1."), t, layer["heads"])
    return x + linear(gelu(linear(layer_norm(x, t, "norm2."), t, "mlp.in.")), t, "mlp.out.")


def forward(layer, x, t):
    kind = layer["type"]
    stride = layer.get("stride") or layer.get("kernel")
    return {
        "flatten": lambda: x.reshape(len(x), -1),
        "linear": lambda: linear(x, t),
        "conv1d": lambda: conv1d(x, t, layer),
        "conv2d": lambda: conv2d(x, t, layer),
        "max_pool1d": lambda: pool1d(x, layer, np.max, -np.inf),
        "avg_pool1d": lambda: pool1d(x, layer, np.mean, 0.0),
        "adaptive_avg_pool1d": lambda: adaptive_avg_pool1d(x, layer["size"]),
        "max_pool2d": lambda: windows(padded(x, layer.get("padding", 0)), layer["kernel"], stride).max(
            axis=(4, 5)
        ),
        "adaptive_avg_pool2d": lambda: adaptive_avg_pool2d(x, layer["size"]),
        "avg_pool2d": lambda: windows(x, layer["kernel"], stride).mean(axis=(4, 5)),
        "relu": lambda: np.maximum(x, 0),
        "gelu": lambda: gelu(x),
        "silu": lambda: silu(x),
        "tanh": lambda: np.tanh(x),
        "sigmoid": lambda: 1 / (1 + np.exp(-x)),
        "dropout": lambda: x,
        "batch_norm": lambda: batch_norm(x, t),
        "layer_norm": lambda: layer_norm(x, t),
        "rms_norm": lambda: rms_norm(x, t),
        "group_norm": lambda: group_norm(x, t, layer["groups"]),
        "embedding": lambda: t["weight"][x],
        "position_embedding": lambda: x + t["weight"],
        "transformer_block": lambda: block(x, t, layer),
        "attention": lambda: self_attention(x, t, layer),
        "gated_mlp": lambda: gated_mlp(x, t),
        "residual": lambda: residual(x, t, layer),
    }[kind]()


def losses(document, tensors, x, y):
    """Returns the loss of each record; ``tensors`` are arrays by their names in checkpoints."""
    exact = {name: array.astype(np.float64) for name, array in tensors.items()}

    def scaled(column, values):
        return values.astype(np.float64) * (column.get("scale") or 1.0) + (column.get("shift") or 0.0)

    def is_tokens(layers):
        return bool(layers) and layers[0]["type"] == "embedding"

    if len(document["inputs"]) == 1:
        x = x if is_tokens(document["layers"]) else scaled(document["inputs"][0], x)
    else:
        parts = []
        for number, (column, values) in enumerate(zip(document["inputs"], x)):
            layers = column.get("layers", [])
            values = values if is_tokens(layers) else scaled(column, values)
            parts.append(chain(values, within(exact, f"inputs.{number}."), "layers", layers))
        x = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
    for position, layer in enumerate(document["layers"]):
        if layer["type"] == "unembedding":
            x = x @ exact["layers.0.weight"].T
        else:
            x = forward(layer, x, within(exact, f"layers.{position}."))
    if document["loss"] == "cross_entropy":
        each = -np.log(np.take_along_axis(softmax(x), y.astype(np.int64)[..., None], axis=-1))
    else:
        each = (x.reshape(y.shape) - y) ** 2
    return each.reshape(len(y), -1).mean(axis=1)
