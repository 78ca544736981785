"""Modules against the losses that evaluators compute."""

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


def array(column, vector, values):
    flat = numpy.frombuffer(bytes.fromhex(values), dtype=numpy.dtype(column.numpy).newbyteorder("<"))
    return torch.tensor(flat.reshape(vector["records"], *column.shape).copy())


def inputs(description, vector):
    return [array(input, vector, values) for input, values in zip(description.inputs, vector["inputs"])]


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
    x, y = inputs(description, vector), array(description.target, vector, vector["target"])
    with torch.no_grad():
        exact = model.eval().double().losses(x, y)
        assert exact.tolist() == pytest.approx(expected(vector), rel=1e-12)
        assert model.float().losses(x, y).tolist() == pytest.approx(expected(vector), rel=1e-4)


@pytest.mark.parametrize("vector", VECTORS, ids=IDS)
def test_every_tensor_changes_the_losses(vector):
    description = Description(vector["description"])
    x, y = inputs(description, vector), array(description.target, vector, vector["target"])
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
    def kinds(layers):
        for layer in layers:
            yield layer["type"]
            yield from kinds(layer.get("layers", []) + layer.get("shortcut", []))

    documents = [vector["description"] for vector in VECTORS]
    chains = [chain for document in documents for chain in [document, *document["inputs"]]]
    assert {kind for chain in chains for kind in kinds(chain.get("layers", []))} == set(_EFFECTS)
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
    shapes = []
    for layer in model.layers:
        layer.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    model(inputs(description, vector))
    assert shapes == [layer.output for layer in description.layers]
