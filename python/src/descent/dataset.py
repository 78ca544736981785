"""Data sets: versions of one, and deltas of records that are elsewhere."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _arrow, _binary
from .cid import Content
from .description import Description
from .errors import DescentError
from .views import EntryView

if TYPE_CHECKING:
    import numpy
    import pandas
    import pyarrow

    from .group import Group

__all__ = ["Dataset", "Delta", "arrays", "build", "check"]

_PAGE = 100


class Dataset:
    """The data set of a group: the versions that its log of deltas makes."""

    def __init__(self, group: Group) -> None:
        self.group = group

    def log(self, start: int = 1) -> list[EntryView]:
        """Returns the deltas that make the data set, from version ``start`` on."""
        entries: list[EntryView] = []
        while page := self.group.network.rpc(
            "training_datasetLog", self.group.id, entries[-1]["version"] + 1 if entries else start, _PAGE
        ):
            entries.extend(page)
        return entries

    def checkout(self, path: str | os.PathLike[str], version: int | None = None) -> Path:
        """Writes a version, by default the newest, as a Parquet file: a row for each record, with its ``id``.

        Each delta is checked against the log on chain, and each record against its id.
        """
        options = [] if version is None else ["--at", str(version)]
        options += ["--allow-private"] if self.group.network.allow_private else []
        options += self.group.network.data()
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.group.network.command("dataset", "checkout", self.group.id, "--out", path, *options)
        return path

    def table(self, version: int | None = None) -> pyarrow.Table:
        """Returns a version as a table; needs pyarrow."""
        with tempfile.TemporaryDirectory(prefix="descent-") as folder:
            return _arrow.read(self.checkout(Path(folder) / "version.parquet", version))

    def to_pandas(self, version: int | None = None) -> pandas.DataFrame:
        """Returns a version as a DataFrame; needs pandas."""
        return self.table(version).to_pandas()

    def arrays(self, version: int | None = None) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
        """Returns inputs ``[N, ..]`` and targets ``[N, ..]`` of a version in the shapes of the
        description."""
        return arrays(self.group.description(), self.table(version))


@dataclass(frozen=True)
class Delta:
    """A delta file."""

    path: Path
    content: Content
    added: int
    removed: int
    left_out: int
    """Number of rows that were left out: repeated ones, and those that are in the data set already."""


def build(
    description: str | os.PathLike[str],
    new: Any,
    *,
    out: str | os.PathLike[str],
    old: Any = None,
    after: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
    input: str | Sequence[str] | None = None,
    target: str | None = None,
) -> Delta:
    """Writes the delta of records; see ``Group.delta``. Needs no network."""
    read = Description.read(description)
    if old is not None and _is_file(old) != _is_file(new):
        raise DescentError("one version is a file and the other is not", "give both in the same form")
    before = [after] if isinstance(after, (str, os.PathLike)) else list(after or ())
    with tempfile.TemporaryDirectory(prefix="descent-") as folder:
        sources = ["--table" if old is None else "--new", _file(read, new, folder, "new", input, target)]
        if old is not None:
            sources += ["--old", _file(read, old, folder, "old", input, target)]
        named = _names(new, input, target)
        options = [option for path in before for option in ("--after", os.fspath(path))]
        made = _binary.run(
            [
                "dataset",
                "build",
                *sources,
                *named,
                *options,
                "--description",
                os.fspath(description),
                "--out",
                os.fspath(out),
            ]
        )
    left_out = made["repeated"] + made["present"] + made["absent"]
    return Delta(Path(out), Content.from_view(made["reference"]), made["added"], made["removed"], left_out)


def _is_file(source: Any) -> bool:
    return isinstance(source, (str, os.PathLike))


def _file(
    description: Description, source: Any, folder: str, name: str, input: Any, target: str | None
) -> str:
    if _is_file(source):
        return str(os.fspath(source))
    path = Path(folder) / f"{name}.parquet"
    _arrow.write(_arrow.prepared(description, source, input, target), path)
    return str(path)


def _names(source: Any, input: str | Sequence[str] | None, target: str | None) -> list[str]:
    """Returns the options that name the columns of a file; of a table, the prepared one has the
    description's."""
    if not _is_file(source):
        return []
    columns = input if input is None or isinstance(input, str) else ",".join(input)
    options = ["--input-columns", columns] if columns else []
    return options + (["--target-column", target] if target else [])


def check(
    description: str | os.PathLike[str],
    delta: str | os.PathLike[str],
    after: Sequence[str | os.PathLike[str]] = (),
) -> dict[str, Any]:
    """Checks a delta file as validators do; raises CommandError with row and reason where it is not valid."""
    options = [option for path in after for option in ("--after", os.fspath(path))]
    checked: dict[str, Any] = _binary.run(
        ["dataset", "check", os.fspath(delta), *options, "--description", os.fspath(description)]
    )
    return checked


def arrays(
    description: Description, table: pyarrow.Table
) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
    """Returns inputs and targets of a version's table, or of the additions of a delta's, as numpy arrays."""
    return _arrow.arrays(description, table)
