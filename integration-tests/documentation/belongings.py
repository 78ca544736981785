"""What a reader of the pages has: tables, pictures, texts, models and programs of its own."""

from __future__ import annotations

import json
import pathlib
import shutil
import struct
import zlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as parquet
import tokenizers

from pages import REPOSITORY

CONTEXT = 16
"""Tokens of a record of the language model."""

COLUMNS = """
import numpy as np, pyarrow as pa, pyarrow.parquet as parquet, torch

def columns(name, *, shape):
    table = parquet.read_table(name)
    def take(column):
        array = table[column].combine_chunks()
        array = array.flatten() if pa.types.is_fixed_size_list(array.type) else array
        return torch.tensor(np.array(array))
    first, second = [column for column in table.column_names if column not in ("id", "op")][:2]
    return take(first).reshape(len(table), *shape), take(second).reshape(len(table), -1).squeeze(1).long()

"""
"""Python that reads inputs and targets of a delta as tensors."""


def images(folder: pathlib.Path, first: int, last: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Returns some of MNIST's test images, shape [n, 28, 28], and their labels."""
    pixels = np.frombuffer((folder / "t10k-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    labels = np.frombuffer((folder / "t10k-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
    return pixels.reshape(-1, 28, 28)[first:last], labels[first:last]


def table(path: pathlib.Path, column: str, pixels: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> None:
    """Writes images as a table of numbers."""
    names = [f"{column}{at}" for at in range(784)] + ["label"]
    rows = (",".join(map(str, [*image.reshape(-1), label])) for image, label in zip(pixels, labels))
    path.write_text("\n".join([",".join(names), *rows]) + "\n", encoding="utf-8")


def png(path: pathlib.Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Writes a grey picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = pixels.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def digits(folder: pathlib.Path, mnist: pathlib.Path) -> None:
    """Writes what the pages have of digits: a model, tables, pictures, and requests."""
    shutil.copy(REPOSITORY / "integration-tests/models/mnist.json", folder / "mnist.json")
    table(folder / "train.csv", "pixel", *images(mnist, 5000, 5200))
    table(folder / "more.csv", "image", *images(mnist, 0, 500))
    for week in (1, 2, 3):
        table(folder / f"week{week}.csv", "image", *images(mnist, 6000 + 100 * week, 6100 + 100 * week))
    pixels, _ = images(mnist, 500, 505)
    for number, image in enumerate(pixels):
        png(folder / "digits" / f"{number}.png", image)
    (folder / "digits.json").write_text(json.dumps({"inputs": pixels.reshape(len(pixels), -1).tolist()}))


def photos(folder: pathlib.Path) -> None:
    """Writes pictures of three kinds, and the model for them."""
    random = np.random.default_rng(1)
    for name in ("photos", "more"):
        for kind in ("cat", "dog", "owl"):
            for number in range(3):
                png(folder / name / kind / f"{number}.png", random.integers(0, 256, (8, 8), np.uint8))
    model = {
        "descent": 1,
        "name": "photos",
        "inputs": [{"column": "photo", "dtype": "u8", "shape": [1, 8, 8], "scale": 0.00392156862745098}],
        "target": {"column": "kind", "dtype": "u8", "shape": [], "classes": 3},
        "layers": [{"type": "flatten"}, {"type": "linear", "out": 3}],
        "loss": "cross_entropy",
    }
    (folder / "photos.json").write_text(json.dumps(model))


def poems(folder: pathlib.Path) -> None:
    """Writes windows of a text as a table, and beginnings to go on with."""
    text = (REPOSITORY / "LICENSE").read_bytes()[:8000]
    (folder / "poems.txt").write_bytes(text)
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(text, np.uint8), CONTEXT + 1)[::4]
    columns = {"x": windows[:, :-1], "y": windows[:, 1:]}
    arrays = [pa.FixedSizeListArray.from_arrays(pa.array(column.reshape(-1)), CONTEXT) for column in columns.values()]
    parquet.write_table(pa.Table.from_arrays(arrays, names=list(columns)), folder / "poems.parquet")
    words = tokenizers.ByteLevelBPETokenizer()
    words.train_from_iterator([text.decode()], vocab_size=400)
    words.save(str(folder / "tokenizer.json"))
    (folder / "prompts.txt").write_text("You may\nthe Work\n", encoding="utf-8")


def program(folder: pathlib.Path) -> None:
    """Writes the program that trains in PyTorch."""
    shutil.copy(REPOSITORY / "integration-tests/own/train_torch.py", folder / "train.py")
