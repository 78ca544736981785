"""Builds the torch module of a Descent model description and loads its weights.

    import modeling
    model = modeling.load(".")          # config.json is the description, model.safetensors the checkpoint
    classes = model(x).argmax(-1)       # x as the data set stores it: scale and shift are the model's
    loss = model.losses(model(x), y).mean()

Needs torch and safetensors. Tensors have the names of the checkpoint, so that `state_dict()` is one."""
import json
import pathlib

import safetensors.torch
import torch
from torch import nn
from torch.nn import functional as F


class BatchNorm(nn.Module):
    """Over dimension 1, without torch's num_batches_tracked, which checkpoints do not have."""
    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, self.weight, self.bias, self.training, 0.1, 1e-5)


class PositionEmbedding(nn.Module):
    def __init__(self, length, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, dim))

    def forward(self, x):
        return x + self.weight


class TransformerBlock(nn.Module):
    """Pre-norm and causal: x += attention(norm1(x)); x += mlp(norm2(x))."""
    def __init__(self, dim, heads, mlp_ratio=4, dropout=0.0):
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = nn.ModuleDict({"in": nn.Linear(dim, 3 * dim), "out": nn.Linear(dim, dim)})
        hidden = mlp_ratio * dim
        self.mlp = nn.ModuleDict({"in": nn.Linear(dim, hidden), "out": nn.Linear(hidden, dim)})

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.attention["in"](self.norm1(x)).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(n, t, d)
        x = x + self.dropout(self.attention["out"](seen))
        return x + self.dropout(self.mlp["out"](F.gelu(self.mlp["in"](self.norm2(x)))))


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * self.weight


class Attention(nn.Module):
    """Causal. Each head of keys and values serves heads // kv_heads heads of queries."""
    def __init__(self, dim, heads, kv_heads=None, rotary=None, bias=True):
        super().__init__()
        self.heads, self.kv_heads, self.rotary = heads, kv_heads or heads, rotary
        self.add_module("in", nn.Linear(dim, dim // heads * (heads + 2 * self.kv_heads), bias))
        self.out = nn.Linear(dim, dim, bias)

    def forward(self, x):
        n, t, d = x.shape
        mixed = getattr(self, "in")(x).view(n, t, -1, d // self.heads).transpose(1, 2)
        q, k, v = mixed.split([self.heads, self.kv_heads, self.kv_heads], 1)
        if self.rotary:
            q, k = self.turned(q), self.turned(k)
        k, v = (shared.repeat_interleave(self.heads // self.kv_heads, 1) for shared in (k, v))
        return self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(n, t, d))

    def turned(self, x):
        t, w = x.shape[-2:]
        pairs = torch.arange(w // 2, dtype=torch.float64, device=x.device)
        angles = torch.arange(t, device=x.device)[:, None] * self.rotary ** (-2 * pairs / w)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class GatedMlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.add_module("in", nn.Linear(dim, 2 * hidden, bias=False))
        self.out = nn.Linear(hidden, dim, bias=False)

    def forward(self, x):
        gate, up = getattr(self, "in")(x).chunk(2, -1)
        return self.out(F.silu(gate) * up)


class Residual(nn.Module):
    def __init__(self, shape, layers, shortcut=()):
        super().__init__()
        self.layers, self.shortcut = chain(shape, layers), chain(shape, shortcut)

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)


def chain(shape, layers):
    """Layers one after the other, each for the shape that the one before it makes."""
    dtype = torch.long if is_tokens(layers) else torch.float32
    built, x = nn.Sequential(), torch.zeros(1, *shape, dtype=dtype)
    for fields in layers:
        fields = dict(fields)
        built.append(layer(fields.pop("type"), list(x.shape[1:]), fields).eval())
        with torch.no_grad():
            x = built[-1](x)
    return built


def is_tokens(layers):
    return bool(layers) and layers[0]["type"] == "embedding"


class Own(nn.Module):
    """Layers that one input of several passes alone."""
    def __init__(self, fields):
        super().__init__()
        self.layers = chain(fields["shape"], fields.get("layers", ()))

    def forward(self, x):
        return self.layers(x).reshape(len(x), -1)


class Unembedding(nn.Module):
    """A linear map by the table of the model's embedding."""
    def forward(self, x, table):
        return F.linear(x, table)


class Flatten(nn.Module):
    def forward(self, x):
        return x.reshape(len(x), -1)


def layer(kind, shape, a):
    """A layer for records of this shape; `a` has its fields."""
    match kind:
        case "linear": return nn.Linear(shape[-1], a["out"], a.get("bias", True))
        case "conv1d" | "conv2d":
            step, padding, bias = a.get("stride", 1), a.get("padding", 0), a.get("bias", True)
            convolution = nn.Conv1d if kind == "conv1d" else nn.Conv2d
            return convolution(shape[0], a["out"], a["kernel"], step, padding, bias=bias)
        case "max_pool1d": return nn.MaxPool1d(a["kernel"], a.get("stride"), a.get("padding", 0))
        case "max_pool2d": return nn.MaxPool2d(a["kernel"], a.get("stride"), a.get("padding", 0))
        case "adaptive_avg_pool1d": return nn.AdaptiveAvgPool1d(a["size"])
        case "adaptive_avg_pool2d": return nn.AdaptiveAvgPool2d(a["size"])
        case "avg_pool1d": return nn.AvgPool1d(a["kernel"], a.get("stride"))
        case "avg_pool2d": return nn.AvgPool2d(a["kernel"], a.get("stride"))
        case "dropout": return nn.Dropout(a["p"])
        case "batch_norm": return BatchNorm(shape[0])
        case "layer_norm": return nn.LayerNorm(shape[-1])
        case "rms_norm": return RmsNorm(shape[-1])
        case "group_norm": return nn.GroupNorm(a["groups"], shape[0])
        case "embedding": return nn.Embedding(a["vocabulary"], a["dim"])
        case "position_embedding": return PositionEmbedding(*shape)
        case "transformer_block": return TransformerBlock(shape[-1], **a)
        case "attention": return Attention(shape[-1], **a)
        case "gated_mlp": return GatedMlp(shape[-1], a["hidden"])
        case "residual": return Residual(shape, **a)
    plain = {"flatten": Flatten, "relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh,
             "sigmoid": nn.Sigmoid, "unembedding": Unembedding}
    return plain[kind]()


class Model(nn.Module):
    """The module of a description, which is the dict that its JSON holds."""
    def __init__(self, description):
        super().__init__()
        self.description, columns, self.layers = description, description["inputs"], nn.ModuleList()
        self.inputs = nn.ModuleList([Own(column) for column in columns] if len(columns) > 1 else [])
        empty = [torch.zeros(1, *column["shape"]) for column in columns]
        with torch.no_grad():
            x = self.joined([self.entering(*pair) for pair in zip(columns, empty)])
        for fields in description["layers"]:
            fields = dict(fields)
            self.layers.append(layer(fields.pop("type"), list(x.shape[1:]), fields).eval())
            with torch.no_grad():  # finds the shape that the next layer gets
                x = self.apply_layer(self.layers[-1], x)
        self.train()

    def apply_layer(self, one, x):
        return one(x, self.layers[0].weight) if isinstance(one, Unembedding) else one(x)

    def entering(self, column, x):
        layers = column.get("layers") if len(self.inputs) else self.description["layers"]
        if is_tokens(layers):
            return x.long()
        x = x.to(next(self.parameters(), torch.zeros(0)).dtype)
        scale, shift = column.get("scale"), column.get("shift")
        return (x if scale is None else x * scale) + (shift or 0.0)

    def joined(self, entering):
        if not len(self.inputs):
            return entering[0]
        return torch.cat([own(x) for own, x in zip(self.inputs, entering)], 1)

    def forward(self, *inputs):
        """The outputs for one tensor for each input of the description."""
        columns = self.description["inputs"]
        x = self.joined([self.entering(*pair) for pair in zip(columns, inputs, strict=True)])
        for one in self.layers:
            x = self.apply_layer(one, x)
        return x

    def losses(self, output, target):
        """The loss of each record: its mean over a set is what validators measure."""
        if self.description["loss"] == "mse":
            return (output.reshape(target.shape) - target).square().reshape(len(target), -1).mean(1)
        likelihoods = output.log_softmax(-1).gather(-1, target.long().unsqueeze(-1))
        return -likelihoods.reshape(len(target), -1).mean(1)


def load(folder):
    """The model of a folder, in eval mode."""
    folder = pathlib.Path(folder)
    model = Model(json.loads((folder / "config.json").read_text()))
    model.load_state_dict(safetensors.torch.load_file(folder / "model.safetensors"))
    return model.eval()
