"""Tables of any making as records of a description."""

import json

import pytest
from conftest import example

numpy = pytest.importorskip("numpy", reason="numpy is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

from descent import DescentError, Description, _arrow, cid, dataset  # noqa: E402

IMAGES = {
    "descent": 1,
    "name": "images",
    "loss": "cross_entropy",
    "inputs": [{"column": "image", "dtype": "u8", "shape": [1, 2, 3]}],
    "target": {"column": "label", "dtype": "u8", "shape": [], "classes": 10},
    "layers": [{"type": "flatten"}, {"type": "linear", "out": 10}],
}
PIXELS = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]


def prepared(source, input=None, target=None, document=IMAGES):
    return _arrow.prepared(Description(document), source, input, target)


def same(table):
    assert table.column_names == ["image", "label"]
    assert table["image"].to_pylist() == PIXELS and table["label"].to_pylist() == [3, 4]
    return True


def test_pyarrow_tables_of_lists_and_of_columns():
    label = pa.array([3, 4], pa.uint8())
    assert same(prepared(pa.table({"image": PIXELS, "label": label, "more": ["a", "b"]})))
    nested = [[PIXELS[0][:3], PIXELS[0][3:]], [PIXELS[1][:3], PIXELS[1][3:]]]
    assert same(prepared(pa.table({"image": nested, "label": label})))
    numbered = {f"image{number}": [row[number] for row in PIXELS] for number in range(6)}
    assert same(prepared(pa.table({**numbered, "label": label})))
    renamed = {f"p{number}": [row[number] for row in PIXELS] for number in range(6)}
    assert same(prepared(pa.table({**renamed, "y": label}), [f"p{number}" for number in range(6)], "y"))
    sliced = pa.table({"image": [[0] * 6, *PIXELS], "label": pa.array([9, 3, 4], pa.uint8())}).slice(1)
    assert same(prepared(sliced))
    chunked = pa.concat_tables([pa.table({"image": [row], "label": [at]}) for row, at in zip(PIXELS, (3, 4))])
    assert same(prepared(chunked))


SEVERAL = {
    **IMAGES,
    "inputs": [
        {"column": "words", "dtype": "u16", "shape": [2], "layers": [{"type": "embedding", "vocabulary": 900, "dim": 3}]},
        {"column": "age", "dtype": "f32", "shape": []},
    ],
    "layers": [{"type": "linear", "out": 10}],
}


def test_records_of_several_inputs():
    words, ages = numpy.array([[1, 2], [800, 4]], numpy.uint16), numpy.array([0.5, 7], numpy.float32)
    table = prepared(((words, ages), numpy.array([3, 4], numpy.uint8)), document=SEVERAL)
    assert table.column_names == ["words", "age", "label"]
    (x, y), labels = dataset.arrays(Description(SEVERAL), table)
    assert x.dtype == numpy.uint16 and x.tolist() == words.tolist()
    assert y.tolist() == [0.5, 7.0] and labels.tolist() == [3, 4]
    columns = {"age": ages, "words0": words[:, 0], "words1": words[:, 1], "label": labels}
    assert prepared(pa.table(columns), document=SEVERAL).equals(table)
    with pytest.raises(DescentError, match="has 2 inputs, not 1"):
        prepared(((words,), labels), document=SEVERAL)
    with pytest.raises(DescentError, match="can't name the columns of one"):
        prepared(pa.table(columns), input="age", document=SEVERAL)


def test_pandas_tables():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({f"image{number}": [row[number] for row in PIXELS] for number in range(6)})
    frame["label"] = [3, 4]
    frame.index = [7, 9]
    assert same(prepared(frame))


def test_pairs_of_arrays():
    x = numpy.array(PIXELS, numpy.uint8).reshape(2, 1, 2, 3)
    assert same(prepared((x, numpy.array([3, 4]))))
    assert same(prepared((x[:, :, ::-1][:, :, ::-1], [3, 4])))


class Huggingface:
    """A stand-in for ``datasets.Dataset`` whose rows were selected."""

    def __init__(self, table):
        self.table = table

    def with_format(self, name):
        assert name == "arrow"
        return _Whole(self.table)


class _Whole:
    def __init__(self, table):
        self.table = table

    def __getitem__(self, rows):
        assert rows == slice(None)
        return self.table


Huggingface.__name__, Huggingface.__module__ = "Dataset", "datasets.arrow_dataset"


def test_hugging_face_data_sets():
    table = pa.table({"image": PIXELS, "label": pa.array([3, 4], pa.uint8())})
    assert same(prepared(Huggingface(table)))


def test_real_hugging_face_data_sets():
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    rows = datasets.Dataset.from_dict({"image": [[0] * 6, *PIXELS], "label": [9, 3, 4]})
    assert same(prepared(rows.select([1, 2])))


def test_encoded_images_of_hugging_face():
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    import io

    encoded = []
    for row in PIXELS:
        buffer = io.BytesIO()
        image.fromarray(numpy.array(row, numpy.uint8).reshape(2, 3)).save(buffer, "png")
        encoded.append({"bytes": buffer.getvalue(), "path": None})
    table = pa.table({"image": encoded, "label": pa.array([3, 4], pa.uint8())})
    assert same(prepared(table))
    floats = json.loads(
        json.dumps(IMAGES).replace('"dtype": "u8", "shape": [1, 2, 3]', '"dtype": "f32", "shape": [1, 2, 3]')
    )
    stored = prepared(table, document=floats)["image"].to_pylist()[0]
    assert stored == [float(numpy.float32(value / 255)) for value in PIXELS[0]]
    table = pa.table({"image": [{"bytes": None, "path": "a.png"}], "label": [1]})
    with pytest.raises(DescentError, match="row 0: the image is a path"):
        prepared(table)


def test_what_does_not_fit_is_told():
    label = pa.array([3, 4], pa.uint8())
    with pytest.raises(DescentError, match="no column 'image0'") as error:
        prepared(pa.table({"pixels": PIXELS, "label": label}))
    assert "input=" in error.value.hint
    with pytest.raises(DescentError, match="2 records of the column 'image' have 10 values"):
        prepared(pa.table({"image": [row[:5] for row in PIXELS], "label": label}))
    with pytest.raises(DescentError, match="'label' has values that are missing"):
        prepared(pa.table({"image": PIXELS, "label": pa.array([3, None], pa.uint8())}))
    with pytest.raises(DescentError, match="can't be taken from int"):
        prepared(7)


def test_arrays_have_the_shapes_of_the_description():
    table = pa.table(
        {
            "op": ["add", "remove", "add"],
            "id": [b"a", b"b", b"c"],
            "image": pa.array([PIXELS[0], None, PIXELS[1]], pa.list_(pa.uint8())),
            "label": pa.array([3, None, 4], pa.uint8()),
        }
    )
    for rows in (table, pa.concat_tables([table.slice(0, 1), table.slice(1)])):
        x, y = dataset.arrays(Description(IMAGES), rows)
        assert x.shape == (2, 1, 2, 3) and x.dtype == numpy.uint8 and x.reshape(2, 6).tolist() == PIXELS
        assert y.shape == (2,) and y.tolist() == [3, 4]


BUILT = """
import shutil
kept = os.environ["KEPT"]
for option in ("--table", "--new", "--old"):
    if option in arguments: shutil.copy(value(option), os.path.join(kept, option[2:] + ".parquet"))
open(value("--out"), "w").close()
print(json.dumps({"file": "x", "added": 2, "removed": 1, "repeated": 1, "present": 2, "absent": 3, "reference":
    {"cid": "", "digest": "0x" + "00" * 32, "codec": "raw", "size": 0}}))
"""


def test_a_delta_is_built_by_the_program(programs, tmp_path, monkeypatch):
    programs.install("descent", BUILT)
    monkeypatch.setenv("KEPT", str(tmp_path))
    description = tmp_path / "d.json"
    description.write_text(json.dumps(IMAGES))
    table = pa.table({"image": PIXELS, "label": pa.array([3, 4], pa.uint8())})
    delta = dataset.build(
        description, table, out=tmp_path / "out", old=table.slice(1), after=tmp_path / "now"
    )
    assert (delta.added, delta.removed, delta.left_out) == (2, 1, 6)
    assert delta.content == cid.Content(bytes(32), "raw", 0)
    assert same(pq.read_table(tmp_path / "new.parquet"))
    assert pq.read_table(tmp_path / "old.parquet").num_rows == 1
    assert programs.calls[0][-6:] == [
        "--after",
        str(tmp_path / "now"),
        "--description",
        str(description),
        "--out",
        str(tmp_path / "out"),
    ]
    (tmp_path / "t.csv").write_text("")
    out = tmp_path / "second"
    dataset.build(description, tmp_path / "t.csv", out=out, input=["a", "b"], target="c")
    assert programs.calls[1][4:] == [
        "--table",
        str(tmp_path / "t.csv"),
        "--input-columns",
        "a,b",
        "--target-column",
        "c",
        "--description",
        str(description),
        "--out",
        str(out),
    ]
    with pytest.raises(DescentError, match="one version is a file"):
        dataset.build(description, table, out=out, old="a.csv")


def test_a_delta_is_made_for_the_version_that_is_there(node, programs, tmp_path, monkeypatch):
    import descent

    programs.install(
        "descent",
        f"""
if "build" not in arguments:
    if "get" in arguments: open(value("--out"), "w").write({json.dumps(json.dumps(IMAGES))})
    else: open(value("--out"), "w").close()
    print("{{}}"); sys.exit()
{BUILT}""",
    )
    monkeypatch.setenv("KEPT", str(tmp_path))
    view = example("name", "model", "dataset_root")
    content = cid.of_bytes(json.dumps(IMAGES).encode())
    view["model"] = {"digest": content.digest.hex(), "codec": "raw", "size": content.size}
    node.answers["training_group"] = lambda number: view
    group = descent.connect(node.address, allow_private=True, cache=tmp_path / "cache").group(0)
    delta = group.delta((numpy.array(PIXELS, numpy.uint8), [3, 4]), out=tmp_path / "out.parquet")
    assert delta.path == tmp_path / "out.parquet"
    assert [
        next(word for word in call if word in ("get", "checkout", "build")) for call in programs.calls
    ] == ["checkout", "get", "build"]
    build = programs.calls[-1]
    assert build[build.index("--after") + 1] == programs.calls[0][programs.calls[0].index("--out") + 1]
