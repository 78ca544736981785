"""Another implementation of the data set's format, on pyarrow.

    vectors.py log FOLDER         writes a log of deltas
    vectors.py variants FOLDER    writes one delta in many ways
    vectors.py bad FOLDER         writes files that are no valid deltas
    vectors.py read FOLDER        reads FOLDER/{delta,set}.parquet

Each leaves what is to be known of the files in FOLDER/<task>.json.

The columns are x: f32 [2, 2], t: i64 [3] in 0..50, n: i32 [], y: u8 [] in 0..10.
"""

import hashlib
import itertools
import json
import math
import pathlib
import random
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = ("x", "t", "n", "y")


def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def canonical(record):
    x, t, n, y = record
    return struct.pack("<4f3qiB", *x, *t, n, y)


def identify(record):
    return blake(canonical(record))


def record(n):
    return ([n / 4, -0.0, 1e-40, -3.4e38], [n % 50, 0, 49], -n, n % 10)


class Version:
    """A version of a data set: its root, and the ids of its records in their order."""

    def __init__(self, root=bytes(32), ids=()):
        self.root, self.ids = root, list(ids)

    def apply(self, rows, file):
        removed = {row[1] for row in rows if row[0] == "remove"}
        added = [row[1] for row in rows if row[0] == "add"]
        root = blake(b"descent/dataset/v1" + self.root + blake(file))
        return Version(root, [i for i in self.ids if i not in removed] + added)


def add(n):
    return ("add", identify(record(n)), *record(n))


def remove(n):
    return ("remove", identify(record(n)), None, None, None, None)


FIXED = {"x": pa.list_(pa.float32(), 4), "t": pa.list_(pa.int64(), 3), "n": pa.int32(), "y": pa.uint8()}
LISTS = FIXED | {"x": pa.list_(pa.float32()), "t": pa.list_(pa.int64())}
LARGE = FIXED | {"x": pa.large_list(pa.float32()), "t": pa.large_list(pa.int64())}


def table(rows, types=FIXED, id_type=pa.binary(32), op_type=pa.string()):
    columns = list(zip(*rows)) if rows else [[]] * 6
    kinds = [op_type, id_type, *(types[name] for name in COLUMNS)]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds)]
    return pa.table(arrays, names=["op", "id", *COLUMNS])


def summary(rows, version):
    hashed = b"".join(bytes([row[0] == "remove"]) + row[1] for row in rows)
    removed = sum(row[0] == "remove" for row in rows)
    return {
        "added": len(rows) - removed,
        "removed": removed,
        "records": len(version.ids),
        "rows": "0x" + blake(hashed).hex(),
        "root": version.root.hex(),
        "ids": [i.hex() for i in version.ids],
    }


def write_log(folder):
    """Three deltas, each in the way of another program."""
    steps = [
        ([add(n) for n in range(40)], {}, {"compression": "zstd"}),
        (
            [remove(n) for n in range(0, 40, 3)] + [add(n) for n in range(40, 300)] + [remove(39 - 1)],
            {"types": LISTS, "op_type": pa.dictionary(pa.int8(), pa.string())},
            {"compression": "snappy", "row_group_size": 7},
        ),
        (
            [add(0), remove(299), add(1000), remove(41), add(3)],
            {"types": LARGE, "id_type": pa.binary()},
            {"compression": "none", "data_page_version": "2.0", "use_dictionary": False},
        ),
    ]
    version, log = Version(), []
    for number, (rows, kinds, options) in enumerate(steps):
        name = f"log-{number}.parquet"
        pq.write_table(table(rows, **kinds), folder / name, **options)
        version = version.apply(rows, (folder / name).read_bytes())
        log.append({"file": name} | summary(rows, version))
    return log


def write_variants(folder):
    """One delta in every way that it can be written; it applies to the first version of the log."""
    rows = [add(40), remove(3), add(41), add(42), remove(0), *(add(n) for n in range(43, 140))]
    ways = itertools.product(
        (FIXED, LISTS, LARGE),
        (pa.binary(32), pa.binary(), pa.large_binary()),
        (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())),
        ("none", "snappy", "zstd", "lz4"),
        ({}, {"row_group_size": 9}, {"data_page_version": "2.0"}, {"use_dictionary": False, "data_page_size": 64}),
    )
    names = []
    for number, (types, id_type, op_type, compression, options) in enumerate(ways):
        names.append(f"variant-{number}.parquet")
        content = table(rows, types, id_type, op_type)
        # the columns may stand in any order
        content = content.select(random.Random(number).sample(content.column_names, 6))
        pq.write_table(content, folder / names[-1], compression=compression, **options)
    first = Version(ids=[identify(record(n)) for n in range(40)])
    return {"files": names} | summary(rows, first.apply(rows, b""))


def row_fault(row, problem):
    return {"fault": "row", "row": row, "problem": problem}


def bad_tables():
    """Deltas that are good files and still not valid on the first version of the log."""
    good = [add(n) for n in range(100, 105)] + [remove(1)]

    def changed(row, column, value):
        rows = [list(r) for r in good]
        rows[row][column] = value
        return rows

    def forged(n, change):
        """A record that is wrong, with the id that it would have."""
        parts = list(record(n))
        change(parts)
        try:
            return ("add", identify(parts), *parts)
        except struct.error:
            return ("add", bytes(32), *parts)

    def put(column, index, value):
        def change(parts):
            if index is None:
                parts[column] = value
            else:
                parts[column] = [*parts[column][:index], value, *parts[column][index + 1 :]]

        return change

    yield "wrong-id", table(changed(2, 1, bytes(32))), row_fault(2, "wrong_id")
    yield "id-of-another", table(changed(2, 1, identify(record(7)))), row_fault(2, "wrong_id")
    yield "short-id", table(changed(1, 1, b"short"), id_type=pa.binary()), row_fault(1, "id_length")
    yield "no-id", table(changed(1, 1, None)), row_fault(1, "id_length")
    yield "op", table(changed(3, 0, "insert")), row_fault(3, "op")
    yield "op-case", table(changed(3, 0, "ADD")), row_fault(3, "op")
    yield "no-op", table(changed(3, 0, None)), row_fault(3, "op")
    yield "null", table(changed(4, 4, None)), row_fault(4, "null")
    yield "null-list", table(changed(4, 2, None)), row_fault(4, "null")
    yield "null-in-list", table([*good, forged(9, put(1, 0, None))]), row_fault(6, "null")
    yield "not-null", table(changed(5, 5, 3)), row_fault(5, "not_null")
    yield "short-list", table([*good, forged(9, put(0, None, [1.0] * 3))], LISTS), row_fault(6, "shape")
    yield "long-list", table([*good, forged(9, put(0, None, [1.0] * 5))], LISTS), row_fault(6, "shape")
    yield "empty-list", table([*good, forged(9, put(1, None, []))], LISTS), row_fault(6, "shape")
    yield "narrow", table([("add", bytes(32), [1.0] * 3, [1] * 3, 0, 0)], FIXED | {"x": pa.list_(pa.float32(), 3)}), row_fault(0, "shape")
    yield "nan", table([*good, forged(9, put(0, 2, math.nan))]), row_fault(6, "value")
    yield "infinite", table([*good, forged(9, put(0, 3, -math.inf))]), row_fault(6, "value")
    yield "label", table([*good, forged(9, put(3, None, 10))]), row_fault(6, "value")
    yield "token", table([*good, forged(9, put(1, 1, 50))]), row_fault(6, "value")
    yield "negative-token", table([*good, forged(9, put(1, 1, -1))]), row_fault(6, "value")
    yield "repeated", table([*good, add(103)]), row_fault(6, "repeated")
    yield "repeated-removal", table([*good, remove(1)]), row_fault(6, "repeated")
    yield "moved", table([*good, add(1)]), row_fault(6, "repeated")
    yield "duplicate", table([*good, add(39), add(38)]), row_fault(6, "duplicate")
    yield "absent", table([*good, remove(777)]), row_fault(6, "absent")
    yield "absent-added", table([add(105), remove(105)]), row_fault(1, "repeated")
    yield "first-of-two", table([add(200), add(5), add(200), add(201), ("add", bytes(32), *record(202))]), row_fault(1, "duplicate")
    yield "first-is-unreadable", table([add(200), ("add", bytes(32), *record(202)), add(5)]), row_fault(1, "wrong_id")
    yield "no-rows", table([]), {"fault": "empty"}
    yield "nothing-left", table([remove(n) for n in range(40)]), {"fault": "empty"}

    columns = {"fault": "columns"}
    yield "dtype", table(good, FIXED | {"n": pa.int64()}), columns
    yield "double", table(good, FIXED | {"x": pa.list_(pa.float64(), 4)}), columns
    yield "unsigned", table([remove(1)], FIXED | {"n": pa.uint32()}), columns
    yield "text-id", table([("add", "x", *record(1))], id_type=pa.string()), columns
    yield "number-op", table(good).set_column(0, "op", pa.array([0] * 6)), columns
    yield "scalar", table(good).set_column(2, "x", pa.array([1.0] * 6, pa.float32())), columns
    yield "nested", table(good).set_column(2, "x", pa.array([[[1.0, 2.0], [3.0, 4.0]]] * 6, pa.list_(pa.list_(pa.float32())))), columns
    yield "missing", table(good).drop_columns(["n"]), columns
    yield "more", table(good).append_column("index", pa.array(range(6))), columns


def with_x(x):
    """One addition with this array as x."""
    return table([add(100)]).set_column(2, "x", x)


def zeros(count):
    return pa.repeat(pa.scalar(0.0, pa.float32()), count)


def one_list(values):
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


def write_bombs(folder):
    """Files that are small, and huge when they are read."""
    many = 1 << 24
    # equal removals: every column is one run
    rows = pa.table(
        {
            "op": pa.repeat(pa.scalar("remove"), many),
            "id": pa.repeat(pa.scalar(identify(record(1)), pa.binary(32)), many),
            **{name: pa.nulls(many, kind) for name, kind in LISTS.items()},
        }
    )
    pq.write_table(rows, folder / "rows.parquet", compression="zstd")
    yield "rows.parquet", {"fault": "too_large"}
    pq.write_table(with_x(one_list(zeros(many))), folder / "list.parquet", compression="zstd")
    yield "list.parquet", {"fault": "malformed"}
    # the same beside rows that need none of the values that theirs would have
    few = 50_000
    removals = [("remove", random.Random(n).randbytes(32), None, None, None, None) for n in range(few)]
    long = pa.ListArray.from_arrays(pa.array([0, *[None] * few, 10 * few], pa.int32()), zeros(10 * few))
    content = table([add(100), *removals], LISTS).set_column(2, "x", long)
    pq.write_table(content, folder / "list-among-others.parquet", compression="zstd", row_group_size=2 * few)
    yield "list-among-others.parquet", {"fault": "malformed"}
    plain = {"use_dictionary": False, "data_page_size": 1 << 30, "write_batch_size": 1 << 30}
    pq.write_table(with_x(one_list(zeros(many + (1 << 23)))), folder / "page.parquet", compression="zstd", **plain)
    yield "page.parquet", {"fault": "too_large"}
    # what its header says is not what comes out
    pq.write_table(with_x(one_list(zeros(many))), folder / "gzip.parquet", compression="gzip", **plain)
    yield "gzip.parquet", {"fault": "malformed"}
    text = table([add(100)]).set_column(0, "op", pa.array(["a" * (1 << 24)]))
    pq.write_table(text, folder / "text.parquet", compression="zstd")
    yield "text.parquet", {"fault": "malformed"}


def write_broken(folder):
    """Files that are no Parquet files any more."""
    whole = (folder / "log-1.parquet").read_bytes()
    footer = int.from_bytes(whole[-8:-4], "little")
    broken = {
        "empty": b"",
        "csv": b"op,id\nadd,00\n",
        "half": whole[: len(whole) // 2],
        "last-byte": whole[:-1],
        "head": whole[100:],
        "footer-longer": whole[:-8] + struct.pack("<I", len(whole)) + b"PAR1",
        "footer-zeros": whole[: -8 - footer] + bytes(footer) + whole[-8:],
        "pages-zeros": whole[:4] + bytes(len(whole) - 12 - footer) + whole[-8 - footer :],
        "encrypted": whole[:-4] + b"PARE",
    }
    for name, content in broken.items():
        (folder / f"{name}.parquet").write_bytes(content)
        yield f"{name}.parquet", {"fault": "malformed"}


def write_bad(folder):
    """Files that are not valid on the first version of the log."""
    files = []
    for name, content, fault in bad_tables():
        pq.write_table(content, folder / f"{name}.parquet", compression="zstd")
        files.append((f"{name}.parquet", fault))
    write_log(folder)
    files += [*write_bombs(folder), *write_broken(folder)]
    return [{"file": file, "fault": fault} for file, fault in files]


def checked_id(row):
    parts = [row[name] for name in COLUMNS]
    assert row["id"] == identify(parts), row
    return row["id"].hex()


def read(folder):
    delta = []
    for row in pq.read_table(folder / "delta.parquet").to_pylist():
        if row["op"] == "remove":
            assert all(row[name] is None for name in COLUMNS), row
            delta.append(["remove", row["id"].hex()])
        else:
            delta.append([row["op"], checked_id(row)])
    whole = pq.read_table(folder / "set.parquet")
    assert whole.column_names == ["id", *COLUMNS], whole.column_names
    return {"delta": delta, "set": [checked_id(row) for row in whole.to_pylist()]}


TASKS = {"log": write_log, "variants": write_variants, "bad": write_bad, "read": read}

if __name__ == "__main__":
    task, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    (folder / f"{task}.json").write_text(json.dumps(TASKS[task](folder)))
