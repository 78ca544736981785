"""Modules against layers that are written out in numpy, and against layers of PyTorch's own."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
numpy = pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("safetensors", reason="safetensors is not installed")

import reference  # noqa: E402

from descent import Description, checkpoint  # noqa: E402
from descent.description import _EFFECTS  # noqa: E402
from descent.torch import Model, load  # noqa: E402

RECORDS = 5


def document(input, target, layers, **scaling):
    """Returns a description of its parts: dtype, shape, and of the target its classes, if it has any."""
    classes = {"classes": target[2]} if len(target) > 2 else {}
    return {
        "descent": 1,
        "name": "test",
        "loss": "cross_entropy" if classes else "mse",
        "inputs": [{"column": "x", "dtype": input[0], "shape": input[1], **scaling}],
        "target": {"column": "y", "dtype": target[0], "shape": target[1], **classes},
        "layers": [{"type": name, **fields} for name, fields in layers],
    }


IMAGES = document(
    ("u8", [2, 9, 8]),
    ("u8", [], 4),
    [
        ("conv2d", {"out": 3, "kernel": 3, "padding": 1}),
        ("batch_norm", {}),
        ("gelu", {}),
        ("max_pool2d", {"kernel": 3, "stride": 1}),
        ("conv2d", {"out": 4, "kernel": 2, "stride": 2, "bias": False}),
        ("tanh", {}),
        ("dropout", {"p": 0.5}),
        ("avg_pool2d", {"kernel": 2, "stride": 1}),
        ("flatten", {}),
        ("sigmoid", {}),
        ("linear", {"out": 4}),
    ],
    scale=0.01,
    shift=-1.25,
)
LANGUAGE = document(
    ("i64", [8]),
    ("i64", [8], 11),
    [
        ("embedding", {"vocabulary": 11, "dim": 16}),
        ("position_embedding", {}),
        ("transformer_block", {"heads": 4, "dropout": 0.1}),
        ("transformer_block", {"heads": 2, "mlp_ratio": 2}),
        ("layer_norm", {}),
        ("linear", {"out": 11, "bias": False}),
    ],
)
TOKENS = document(
    ("u8", [4]),
    ("i32", [], 3),
    [
        ("embedding", {"vocabulary": 256, "dim": 3}),
        ("flatten", {}),
        ("batch_norm", {}),
        ("relu", {}),
        ("linear", {"out": 3}),
    ],
)
FIELD = document(
    ("f32", [2, 7, 5]),
    ("f32", [2, 3, 4]),
    [
        ("avg_pool2d", {"kernel": 2}),
        ("layer_norm", {}),
        ("linear", {"out": 5}),
        ("sigmoid", {}),
        ("linear", {"out": 4}),
    ],
)
RESNET = document(
    ("u8", [3, 11, 9]),
    ("u8", [], 5),
    [
        ("conv2d", {"out": 4, "kernel": 3, "padding": 1, "bias": False}),
        ("group_norm", {"groups": 2}),
        ("silu", {}),
        ("max_pool2d", {"kernel": 3, "stride": 2, "padding": 1}),
        (
            "residual",
            {
                "layers": [
                    {"type": "conv2d", "out": 6, "kernel": 3, "stride": 2, "padding": 1, "bias": False},
                    {"type": "batch_norm"},
                    {"type": "relu"},
                    {"type": "residual", "layers": [{"type": "conv2d", "out": 6, "kernel": 1}]},
                ],
                "shortcut": [
                    {"type": "conv2d", "out": 6, "kernel": 1, "stride": 2, "bias": False},
                    {"type": "batch_norm"},
                ],
            },
        ),
        ("adaptive_avg_pool2d", {"size": 2}),
        ("flatten", {}),
        ("linear", {"out": 5}),
    ],
    scale=0.01,
)
LLAMA = document(
    ("u8", [7]),
    ("u8", [7], 13),
    [
        ("embedding", {"vocabulary": 13, "dim": 12}),
        (
            "residual",
            {
                "layers": [
                    {"type": "rms_norm"},
                    {"type": "attention", "heads": 6, "kv_heads": 2, "rotary": 10000, "bias": False},
                ]
            },
        ),
        ("residual", {"layers": [{"type": "rms_norm"}, {"type": "gated_mlp", "hidden": 20}]}),
        ("attention", {"heads": 3}),
        ("rms_norm", {}),
        ("unembedding", {}),
    ],
)
SIGNALS = document(
    ("f32", [2, 23]),
    ("u8", [], 3),
    [
        ("conv1d", {"out": 6, "kernel": 5, "stride": 2, "padding": 1}),
        ("batch_norm", {}),
        ("relu", {}),
        ("max_pool1d", {"kernel": 3, "stride": 1, "padding": 1}),
        ("conv1d", {"out": 4, "kernel": 2, "bias": False}),
        ("group_norm", {"groups": 2}),
        ("avg_pool1d", {"kernel": 2}),
        ("adaptive_avg_pool1d", {"size": 3}),
        ("flatten", {}),
        ("linear", {"out": 3}),
    ],
)
SEVERAL = {
    **document(("f32", []), ("u8", [], 4), [("linear", {"out": 6}), ("relu", {}), ("linear", {"out": 4})]),
    "inputs": [
        {
            "column": "picture",
            "dtype": "u8",
            "shape": [1, 6, 5],
            "scale": 0.01,
            "shift": -1,
            "layers": [
                {"type": "conv2d", "out": 2, "kernel": 3},
                {"type": "batch_norm"},
                {"type": "residual", "layers": [{"type": "conv2d", "out": 2, "kernel": 1}]},
            ],
        },
        {"column": "word", "dtype": "u16", "shape": [2], "layers": [{"type": "embedding", "vocabulary": 300, "dim": 3}]},
        {"column": "age", "dtype": "f32", "shape": []},
    ],
}
SCALARS = document(("i32", []), ("f32", []), [("flatten", {}), ("linear", {"out": 1})])
DOCUMENTS = [IMAGES, LANGUAGE, TOKENS, FIELD, SCALARS, RESNET, LLAMA, SIGNALS, SEVERAL]
IDS = ["images", "language", "tokens", "field", "scalars", "resnet", "llama", "signals", "several"]
every_model = pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)


def records(description, seed=1):
    """Returns random inputs and targets."""
    random = numpy.random.default_rng(seed)

    def drawn(column, bound):
        shape = (RECORDS, *column.shape)
        if column.dtype == "f32":
            return random.normal(size=shape).astype(numpy.float32)
        return random.integers(0, bound or 200, shape).astype(column.numpy)

    def vocabulary(input):
        layers = description.layers if len(description.inputs) == 1 else input.layers
        return layers[0].fields.get("vocabulary") if layers else None

    inputs = [drawn(input, vocabulary(input)) for input in description.inputs]
    return (inputs[0] if len(inputs) == 1 else inputs), drawn(description.target, description.classes)


def tensor(x):
    """Returns an array as a tensor, and several as a list."""
    return [torch.tensor(array) for array in x] if isinstance(x, list) else torch.tensor(x)


def weights(description, seed=2):
    """Returns weights of no special value, so that each of them changes the loss."""
    random = numpy.random.default_rng(seed)
    return {
        name: (random.uniform(-0.5, 0.5, shape) + name.endswith("running_var")).astype(numpy.float32)
        for name, shape in description.tensors().items()
    }


def measured(description, tensors, x, y, exact=True):
    model = Model(description)
    model.load_state_dict({name: torch.tensor(array) for name, array in tensors.items()}, strict=True)
    model = model.eval().double() if exact else model.eval()
    with torch.no_grad():
        return model.losses(tensor(x), torch.tensor(y)).tolist()


@every_model
def test_losses_are_those_of_the_layers_written_out(document):
    description = Description(document)
    tensors, (x, y) = weights(description), records(description)
    expected = reference.losses(document, tensors, x, y).tolist()
    assert measured(description, tensors, x, y) == pytest.approx(expected, rel=1e-11)
    assert measured(description, tensors, x, y, exact=False) == pytest.approx(expected, rel=1e-3)


@every_model
def test_every_tensor_changes_the_losses(document):
    description = Description(document)
    tensors, (x, y) = weights(description), records(description)
    before = measured(description, tensors, x, y)
    random = numpy.random.default_rng(3)
    for name, array in tensors.items():
        changed = {**tensors, name: (array * random.uniform(1, 2, array.shape)).astype(numpy.float32)}
        assert measured(description, changed, x, y) != pytest.approx(before, rel=1e-9), name


def test_the_models_have_every_layer_and_both_losses():
    def kinds(layers):
        for layer in layers:
            yield layer["type"]
            yield from kinds(layer.get("layers", []) + layer.get("shortcut", []))

    chains = [chain for document in DOCUMENTS for chain in [document, *document["inputs"]]]
    assert {kind for chain in chains for kind in kinds(chain.get("layers", []))} == set(_EFFECTS)
    assert {document["loss"] for document in DOCUMENTS} == {"cross_entropy", "mse"}


@every_model
def test_names_and_shapes_are_those_of_checkpoints(document, tmp_path):
    description = Description(document)
    planned = description.tensors()
    model = Model(description)
    assert {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()} == planned
    path = tmp_path / "a.safetensors"
    checkpoint.write(checkpoint.clean(description, model), path)
    loaded = load(description, path)
    assert not loaded.training
    assert all(torch.equal(loaded.state_dict()[name], model.state_dict()[name]) for name in planned)


def test_names_are_those_of_the_book():
    names = list(Description(LANGUAGE).tensors())
    of_block = [name.removeprefix("layers.2.") for name in names if name.startswith("layers.2.")]
    assert of_block == [
        f"{part}.{kind}"
        for part in ("norm1", "attention.in", "attention.out", "norm2", "mlp.in", "mlp.out")
        for kind in ("weight", "bias")
    ]
    assert names[:2] == ["layers.0.weight", "layers.1.weight"] and names[-1] == "layers.5.weight"
    assert list(Description(TOKENS).tensors())[-2:] == ["layers.2.running_mean", "layers.2.running_var"]


@every_model
def test_outputs_have_the_planned_shapes(document):
    description = Description(document)
    model = Model(description).eval()
    shapes = []
    for layer in model.layers:
        layer.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    model(tensor(records(description)[0]))
    assert shapes == [layer.output for layer in description.layers]


def test_a_block_is_pytorchs_own_pre_norm_encoder_layer():
    dim, heads, length = 16, 4, 6
    description = Description(
        {
            "descent": 1,
            "name": "lm",
            "loss": "cross_entropy",
            "inputs": [{"column": "x", "dtype": "f32", "shape": [length, dim]}],
            "target": {"column": "y", "dtype": "i64", "shape": [length], "classes": dim},
            "layers": [{"type": "transformer_block", "heads": heads}],
        }
    )
    model = Model(description).double().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    own = torch.nn.TransformerEncoderLayer(
        dim,
        heads,
        4 * dim,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
        dtype=torch.float64,
    ).eval()
    names = {
        "norm1": "norm1",
        "norm2": "norm2",
        "self_attn.in_proj_": "attention.in.",
        "linear1": "mlp.in",
        "self_attn.out_proj": "attention.out",
        "linear2": "mlp.out",
    }
    state = model.layers[0].state_dict()

    def ours(name):
        prefix = next(prefix for prefix in names if name.startswith(prefix))
        return state[name.replace(prefix, names[prefix])]

    own.load_state_dict({name: ours(name) for name in own.state_dict()})
    x = torch.randn(3, length, dim, dtype=torch.float64)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(length, dtype=torch.float64)
    assert torch.allclose(model(x), own(x, src_mask=mask, is_causal=True), atol=1e-12)
    later = x.clone()
    later[:, 3:] += 1
    assert torch.equal(model(x)[:, :3], model(later)[:, :3]), "no position looks ahead"


def test_batch_norm_trains_as_pytorchs_does():
    description = Description(TOKENS)
    ours = Model(description).layers[2]
    theirs = torch.nn.BatchNorm1d(ours.weight.shape[0])
    x = torch.randn(8, ours.weight.shape[0])
    assert torch.allclose(ours(x), theirs(x))
    assert torch.allclose(ours.running_mean, theirs.running_mean)
    assert torch.allclose(ours.running_var, theirs.running_var)


def test_a_module_trains_and_is_offered_in_any_precision():
    description = Description(TOKENS)
    torch.manual_seed(1)
    model = description.module()
    assert model.training
    x, y = torch.randint(0, 256, (64, 4)), torch.randint(0, 3, (64,))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = model.loss(x, y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    assert 0 <= model.eval().wrong(x, y).mean().item() <= 1
    cleaned = checkpoint.clean(description, model.bfloat16())
    assert all(tensor.dtype == numpy.float32 for tensor in cleaned.values())
    assert checkpoint.clean(description, torch.nn.DataParallel(model)).keys() == cleaned.keys()


def test_an_own_sequential_with_pytorchs_batch_norm_is_taken():
    description = Description(
        {
            "descent": 1,
            "name": "own",
            "loss": "cross_entropy",
            "inputs": [{"column": "x", "dtype": "f32", "shape": [4]}],
            "target": {"column": "y", "dtype": "u8", "shape": [], "classes": 3},
            "layers": [
                {"type": "linear", "out": 6},
                {"type": "batch_norm"},
                {"type": "relu"},
                {"type": "linear", "out": 3},
            ],
        }
    )
    own = torch.nn.Sequential(
        torch.nn.Linear(4, 6), torch.nn.BatchNorm1d(6), torch.nn.ReLU(), torch.nn.Linear(6, 3)
    )
    assert list(checkpoint.clean(description, own)) == list(description.tensors())
