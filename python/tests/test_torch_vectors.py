"""Modules against the losses that evaluators compute, and against layers of PyTorch's own."""

import json
import struct

import pytest
from conftest import REPOSITORY

torch = pytest.importorskip("torch", reason="torch is not installed")
numpy = pytest.importorskip("numpy", reason="numpy is not installed")

from descent import Description, checkpoint  # noqa: E402
from descent.description import _EFFECTS  # noqa: E402
from descent.torch import Model, load  # noqa: E402

VECTORS = json.loads((REPOSITORY / "worker/model/tests/vectors.json").read_text(encoding="utf-8"))
IDS = [f"model {number}" for number in range(len(VECTORS))]


def array(column, vector, field):
    flat = numpy.frombuffer(bytes.fromhex(vector[field]), dtype=numpy.dtype(column.numpy).newbyteorder("<"))
    return torch.tensor(flat.reshape(vector["records"], *column.shape).copy())


def tensors(vector):
    return {
        tensor["name"]: torch.tensor(
            numpy.frombuffer(bytes.fromhex(tensor["f32"]), dtype="<f4").reshape(tensor["shape"]).copy()
        )
        for tensor in vector["tensors"]
    }


def expected(vector):
    return list(struct.unpack(f"<{vector['records']}d", bytes.fromhex(vector["losses"])))


@pytest.mark.parametrize("vector", VECTORS, ids=IDS)
def test_losses_are_those_of_evaluators(vector):
    description = Description(vector["description"])
    model = Model(description)
    model.load_state_dict(tensors(vector), strict=True)
    x, y = (array(column, vector, name)
            for column, name in ((description.input, "input"), (description.target, "target")))
    with torch.no_grad():
        exact = model.eval().double().losses(x, y)
        assert exact.tolist() == pytest.approx(expected(vector), rel=1e-12)
        assert model.float().losses(x, y).tolist() == pytest.approx(expected(vector), rel=1e-4)


@pytest.mark.parametrize("vector", VECTORS, ids=IDS)
def test_every_tensor_changes_the_losses(vector):
    description = Description(vector["description"])
    x, y = (array(column, vector, name)
            for column, name in ((description.input, "input"), (description.target, "target")))
    for name in description.tensors():
        changed = tensors(vector)
        generator = torch.Generator().manual_seed(1)
        changed[name] = changed[name] * (1 + torch.rand(changed[name].shape, generator=generator))
        model = Model(description)
        model.load_state_dict(changed)
        with torch.no_grad():
            losses = model.eval().double().losses(x, y).tolist()
        assert losses != pytest.approx(expected(vector), rel=1e-9), name


def test_the_vectors_have_every_layer_and_both_losses():
    layers = {layer["type"] for vector in VECTORS for layer in vector["description"]["layers"]}
    assert layers == set(_EFFECTS)
    assert {vector["description"]["loss"] for vector in VECTORS} == {"cross_entropy", "mse"}


@pytest.mark.parametrize("vector", VECTORS, ids=IDS)
def test_names_and_shapes_are_those_of_checkpoints(vector, tmp_path):
    description = Description(vector["description"])
    planned = {tensor["name"]: tuple(tensor["shape"]) for tensor in vector["tensors"]}
    assert description.tensors() == planned
    assert list(description.tensors()) == list(planned), "in the order of the plan"
    model = Model(description)
    assert {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()} == planned
    path = tmp_path / "a.safetensors"
    checkpoint.write(checkpoint.clean(description, model), path)
    loaded = load(description, path)
    assert not loaded.training
    assert all(torch.equal(loaded.state_dict()[name], model.state_dict()[name]) for name in planned)


@pytest.mark.parametrize("vector", VECTORS, ids=IDS)
def test_outputs_have_the_planned_shapes(vector):
    description = Description(vector["description"])
    model = Model(description).eval()
    x = array(description.input, vector, "input")
    shapes = []
    for layer in model.layers:
        layer.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    model(x)
    assert shapes == [layer.output for layer in description.layers]


def test_a_block_is_pytorchs_own_pre_norm_encoder_layer():
    dim, heads, length = 16, 4, 6
    description = Description({
        "descent": 1, "name": "lm", "loss": "cross_entropy",
        "inputs": [{"column": "x", "dtype": "f32", "shape": [length, dim]}],
        "target": {"column": "y", "dtype": "i64", "shape": [length], "classes": dim},
        "layers": [{"type": "transformer_block", "heads": heads}],
    })
    model = Model(description).double().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    own = torch.nn.TransformerEncoderLayer(
        dim, heads, 4 * dim, dropout=0.0, activation="gelu", batch_first=True, norm_first=True, dtype=torch.float64
    ).eval()
    names = {"norm1": "norm1", "norm2": "norm2", "self_attn.in_proj_": "attention.in.", "linear1": "mlp.in",
             "self_attn.out_proj": "attention.out", "linear2": "mlp.out"}
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
    description = Description(VECTORS[2]["description"])
    ours = Model(description).layers[2]
    theirs = torch.nn.BatchNorm1d(ours.weight.shape[0])
    x = torch.randn(8, ours.weight.shape[0])
    assert torch.allclose(ours(x), theirs(x))
    assert torch.allclose(ours.running_mean, theirs.running_mean)
    assert torch.allclose(ours.running_var, theirs.running_var)


def test_a_module_trains_and_is_offered_in_any_precision():
    description = Description(VECTORS[2]["description"])
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
    description = Description({
        "descent": 1, "name": "own", "loss": "cross_entropy",
        "inputs": [{"column": "x", "dtype": "f32", "shape": [4]}],
        "target": {"column": "y", "dtype": "u8", "shape": [], "classes": 3},
        "layers": [{"type": "linear", "out": 6}, {"type": "batch_norm"}, {"type": "relu"}, {"type": "linear", "out": 3}],
    })
    own = torch.nn.Sequential(
        torch.nn.Linear(4, 6), torch.nn.BatchNorm1d(6), torch.nn.ReLU(), torch.nn.Linear(6, 3)
    )
    assert list(checkpoint.clean(description, own)) == list(description.tensors())
