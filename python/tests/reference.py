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


def block(x, t, layer):
    x = x + attention(layer_norm(x, t, "norm1."), t, layer["heads"])
    return x + linear(gelu(linear(layer_norm(x, t, "norm2."), t, "mlp.in.")), t, "mlp.out.")


def forward(layer, x, t):
    kind = layer["type"]
    stride = layer.get("stride") or layer.get("kernel")
    return {
        "flatten": lambda: x.reshape(len(x), -1),
        "linear": lambda: linear(x, t),
        "conv2d": lambda: conv2d(x, t, layer),
        "max_pool2d": lambda: windows(x, layer["kernel"], stride).max(axis=(4, 5)),
        "avg_pool2d": lambda: windows(x, layer["kernel"], stride).mean(axis=(4, 5)),
        "relu": lambda: np.maximum(x, 0),
        "gelu": lambda: gelu(x),
        "tanh": lambda: np.tanh(x),
        "sigmoid": lambda: 1 / (1 + np.exp(-x)),
        "dropout": lambda: x,
        "batch_norm": lambda: batch_norm(x, t),
        "layer_norm": lambda: layer_norm(x, t),
        "embedding": lambda: t["weight"][x],
        "position_embedding": lambda: x + t["weight"],
        "transformer_block": lambda: block(x, t, layer),
    }[kind]()


def losses(document, tensors, x, y):
    """Returns the loss of each record; ``tensors`` are arrays by their names in checkpoints."""
    (column,) = document["inputs"]
    if document["layers"][0]["type"] != "embedding":
        x = x.astype(np.float64) * (column.get("scale") or 1.0) + (column.get("shift") or 0.0)
    for position, layer in enumerate(document["layers"]):
        prefix = f"layers.{position}."
        own = {
            n.removeprefix(prefix): a.astype(np.float64) for n, a in tensors.items() if n.startswith(prefix)
        }
        x = forward(layer, x, own)
    if document["loss"] == "cross_entropy":
        each = -np.log(np.take_along_axis(softmax(x), y.astype(np.int64)[..., None], axis=-1))
    else:
        each = (x.reshape(y.shape) - y) ** 2
    return each.reshape(len(y), -1).mean(axis=1)
