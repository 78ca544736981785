"""Tables of pyarrow: what deltas and versions hold, and what records come in. Needs ``descent[data]``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ._optional import optional
from .description import Column, Description
from .errors import DescentError


def read(path: str | os.PathLike[str]) -> Any:
    return optional("pyarrow.parquet", "data").read_table(os.fspath(path))


def write(table: Any, path: Path) -> None:
    optional("pyarrow.parquet", "data").write_table(table, str(path))


def arrays(description: Description, table: Any) -> tuple[Any, Any]:
    if "op" in table.column_names:
        pyarrow_compute = optional("pyarrow.compute", "data")
        table = table.filter(pyarrow_compute.equal(table["op"].cast("string"), "add"))
    every = [*description.inputs, description.target]
    *inputs, target = (_array(table[column.name], column) for column in every)
    return (inputs[0] if len(inputs) == 1 else tuple(inputs)), target


def _array(chunked: Any, column: Column) -> Any:
    numpy = optional("numpy", "data")
    flat = _flat(chunked.combine_chunks())
    return numpy.asarray(flat, dtype=column.numpy).reshape(len(chunked), *column.shape)


def _flat(array: Any) -> Any:
    """Returns the values of a column, of however deep lists, one after the other."""
    types = optional("pyarrow", "data").types
    if hasattr(array, "storage"):
        array = array.storage
    while (
        types.is_list(array.type) or types.is_large_list(array.type) or types.is_fixed_size_list(array.type)
    ):
        array = array.flatten()
    return array.to_numpy(zero_copy_only=False)


def prepared(
    description: Description, source: Any, input: str | Sequence[str] | None, target: str | None
) -> Any:
    """Returns a table with the description's columns: scalars as they are, and all else as flat lists."""
    pa = optional("pyarrow", "data")
    names = [input] if isinstance(input, str) else list(input or ())
    every: list[Column] = [*description.inputs, description.target]
    if isinstance(source, tuple) and len(source) == 2:
        inputs = source[0] if len(description.inputs) > 1 else [source[0]]
        if len(inputs) != len(description.inputs):
            raise DescentError(
                f"the model has {len(description.inputs)} inputs, not {len(inputs)}",
                "give a tuple of arrays, one for each of its inputs, and the targets",
            )
        columns = [_of_array(column, value) for column, value in zip(every, [*inputs, source[1]])]
    else:
        table = _table(source)
        if names and len(description.inputs) > 1:
            raise DescentError(
                "the model has several inputs, so input= can't name the columns of one",
                "name the table's columns as the description's",
            )
        columns = [_of_table(input, table, names) for input in description.inputs]
        columns.append(_of_table(description.target, table, [target] if target else []))
    return pa.table(columns, names=[column.name for column in every])


def _table(source: Any) -> Any:
    """Returns the table of a pandas DataFrame, a pyarrow Table or a ``datasets.Dataset``."""
    pa = optional("pyarrow", "data")
    if isinstance(source, pa.Table):
        return source
    kind = f"{type(source).__module__.partition('.')[0]}.{type(source).__name__}"
    if kind == "pandas.DataFrame":
        return pa.Table.from_pandas(source, preserve_index=False)
    if kind == "datasets.Dataset":
        # Its table may be a selection of another one's rows.
        return source.with_format("arrow")[:]
    if kind.endswith("DatasetDict"):
        raise DescentError("this is a dict of splits", f"choose one: {', '.join(map(repr, source))}")
    raise DescentError(
        f"records can't be taken from {type(source).__name__}",
        "give a DataFrame, a pyarrow Table, a datasets.Dataset, a pair of arrays, or a path",
    )


def _of_table(column: Column, table: Any, names: Sequence[str]) -> Any:
    """Returns a column of a table, or several of them side by side, as the description's column."""
    numpy = optional("numpy", "data")
    if not names:
        names = [column.name]
        if column.name not in table.column_names and column.values > 1:
            names = [f"{column.name}{number}" for number in range(column.values)]
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise DescentError(
            f"the table has no column {missing[0]!r}",
            f"name its columns with input= and target=; it has {', '.join(map(str, table.column_names[:20]))}",
        )
    chunks = [table[name].combine_chunks() for name in names]
    if nulls := next((name for name, chunk in zip(names, chunks) if chunk.null_count), None):
        raise DescentError(f"the column {nulls!r} has values that are missing")
    if len(chunks) == 1:
        values = _pixels(chunks[0], column) if _holds_images(chunks[0]) else _flat(chunks[0])
    else:
        values = numpy.stack([_flat(chunk) for chunk in chunks], axis=1)
    return _of_array(column, numpy.asarray(values), len(table))


def _of_array(column: Column, values: Any, records: int | None = None) -> Any:
    """Returns values as the description's column: one a record, or a flat list of them."""
    pa, numpy = optional("pyarrow", "data"), optional("numpy", "data")
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    values = numpy.asarray(values)
    records = len(values) if records is None else records
    if values.size != records * column.values:
        raise DescentError(
            f"{records} records of the column {column.name!r} have {values.size} values",
            f"its shape is {list(column.shape)}, which is {column.values} values a record",
        )
    flat = pa.array(numpy.ascontiguousarray(values).reshape(-1))
    return flat if column.shape == () else pa.FixedSizeListArray.from_arrays(flat, column.values)


def _holds_images(array: Any) -> bool:
    types = optional("pyarrow", "data").types
    return types.is_struct(array.type) and "bytes" in {field.name for field in array.type}


def _pixels(array: Any, column: Column) -> Any:
    """Returns the pixels of encoded images, as ``datasets`` keeps them, with channels first."""
    numpy, image = optional("numpy", "data"), optional("PIL.Image", "data")
    import io

    records = []
    for row, encoded in enumerate(array.field("bytes").to_pylist()):
        if encoded is None:
            raise DescentError(
                f"row {row}: the image is a path", "embed it first: dataset.cast_column(.., Image())"
            )
        pixels = numpy.asarray(image.open(io.BytesIO(encoded)))
        if pixels.ndim == 3:
            pixels = pixels.transpose(2, 0, 1)
        if [side for side in pixels.shape if side > 1] != [side for side in column.shape if side > 1]:
            raise DescentError(f"row {row}: an image of {list(pixels.shape)}, not {list(column.shape)}")
        if pixels.dtype != numpy.uint8:
            raise DescentError(f"row {row}: pixels of {pixels.dtype}, not of 8 bits")
        # As `descent dataset build` stores pixels.
        stored = (pixels / 255).astype(numpy.float32) if column.dtype == "f32" else pixels
        records.append(stored.reshape(-1))
    return numpy.stack(records) if records else numpy.zeros((0, column.values), numpy.uint8)
