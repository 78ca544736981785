"""Weights of anybody's making."""

import pytest

numpy = pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("safetensors", reason="safetensors is not installed")

from descent import DescentError, Description, InvalidWeights, checkpoint  # noqa: E402

DESCRIPTION = Description(
    {
        "descent": 1,
        "name": "test",
        "loss": "cross_entropy",
        "inputs": [{"column": "x", "dtype": "f32", "shape": [4]}],
        "target": {"column": "y", "dtype": "u8", "shape": [], "classes": 3},
        "layers": [
            {"type": "linear", "out": 6, "bias": False},
            {"type": "batch_norm"},
            {"type": "linear", "out": 3},
        ],
    }
)


def weights(**changes):
    made = {name: numpy.full(shape, 0.5, numpy.float32) for name, shape in DESCRIPTION.tensors().items()}
    return {**made, **{name.replace("__", "."): value for name, value in changes.items()}}


def refused(weights):
    with pytest.raises(InvalidWeights) as error:
        checkpoint.clean(DESCRIPTION, weights)
    return str(error.value)


def test_a_checkpoint_is_written_and_read(tmp_path):
    path = tmp_path / "a.safetensors"
    checkpoint.write(checkpoint.clean(DESCRIPTION, weights()), path)
    read = checkpoint.read(path)
    assert set(read) == set(DESCRIPTION.tensors())
    assert all(array.dtype == numpy.float32 for array in read.values())
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.safetensors"], "no partial file is left"


def test_the_common_traps_are_taken_off():
    expected = checkpoint.clean(DESCRIPTION, weights())
    counted = weights(layers__1__num_batches_tracked=numpy.array(7))
    wrapped = {f"module._orig_mod.{name}": value for name, value in weights().items()}
    doubled = {name: value.astype(numpy.float64) for name, value in weights().items()}
    bare = {name.removeprefix("layers."): value for name, value in weights().items()}
    for given in (counted, wrapped, doubled, bare):
        cleaned = checkpoint.clean(DESCRIPTION, given)
        assert list(cleaned) == list(expected)
        assert all((cleaned[name] == expected[name]).all() for name in expected)


def test_what_does_not_fit_is_told_by_name():
    lacking = weights()
    del lacking["layers.2.bias"]
    assert "missing: layers.2.bias" in refused(lacking)
    assert "unknown: head.weight" in refused(weights(head__weight=numpy.zeros(1)))
    turned = refused(weights(layers__0__weight=numpy.zeros((4, 6), numpy.float32)))
    assert "layers.0.weight has the shape [4, 6], not [6, 4]" in turned and "transpose" in turned
    assert "NaN" in refused(weights(layers__2__bias=numpy.array([0, numpy.nan, 0])))
    assert "NaN" in refused(weights(layers__2__bias=numpy.array([0, 1e300, 0])))
    assert "holds int64" in refused(weights(layers__2__bias=numpy.zeros(3, numpy.int64)))
    assert "not list" in refused([1])


def test_descriptions_of_another_version_or_with_unknown_layers_are_refused():
    document = dict(DESCRIPTION.document)
    with pytest.raises(DescentError, match="version 1, not 2"):
        Description({**document, "descent": 2})
    with pytest.raises(DescentError, match="'lstm', which this package does not know"):
        Description({**document, "layers": [{"type": "lstm"}]})
