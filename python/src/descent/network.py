"""A network, as one of its nodes shows it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from . import _binary
from ._rpc import Rpc, http_address
from .errors import DescentError
from .group import Group
from .views import GroupView

__all__ = ["DEFAULT_NODE", "NRN", "Network", "connect"]

DEFAULT_NODE = "ws://127.0.0.1:9944"

NRN = 10**12
"""Number of the smallest units in one NRN: amounts of the RPC are decimal strings in the smallest unit."""

_PAGE = 100


class Network:
    """A connection to a network, which ``connect`` makes. Nothing is sent before something is asked for."""

    def __init__(
        self,
        nodes: Sequence[str],
        key_file: str | os.PathLike[str] | None = None,
        allow_private: bool = False,
        cache: str | os.PathLike[str] | None = None,
    ) -> None:
        for node in nodes:
            http_address(node)
        self.nodes = list(nodes)
        self.key_file = None if key_file is None else Path(key_file)
        self.allow_private = allow_private
        self._rpc = Rpc(self.nodes)
        self._cache = None if cache is None else Path(cache)
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._account: str | None = None

    def rpc(self, method: str, *params: Any) -> Any:
        """Returns the result of any of the node's JSON-RPC methods; ``training_`` ones are in the book."""
        return self._rpc.call(method, *params)

    def groups(self) -> list[GroupView]:
        """Returns all groups."""
        groups: list[GroupView] = []
        while page := self.rpc("training_groups", groups[-1]["id"] + 1 if groups else 0, _PAGE):
            groups.extend(page)
        return groups

    def group(self, name: int | str) -> Group:
        """Returns a group by its number or its name; raises DescentError where none or several have the
        name."""
        if isinstance(name, int):
            return Group(self, cast(GroupView, self.rpc("training_group", name)))
        found = [view for view in self.groups() if view["name"] == name]
        if not found and name.isdecimal():
            return self.group(int(name))
        if len(found) != 1:
            numbers = ", ".join(str(view["id"]) for view in found)
            raise DescentError(
                f"several groups are called {name!r}: {numbers}" if found else f"no group is called {name!r}",
                "use its number" if found else None,
            )
        return Group(self, found[0])

    def command(self, *arguments: str | int | os.PathLike[str], signed: bool = False) -> Any:
        """Runs ``descent --json`` against this network's node and returns what it prints.

        A command that is ``signed`` gets the key file, or takes the key from DESCENT_SURI.
        """
        nodes = [option for node in self.nodes for option in ("--node", node)]
        key = ["--key-file", str(self.key_file)] if signed and self.key_file else []
        return _binary.run([*nodes, *(str(argument) for argument in arguments), *key])

    @property
    def account(self) -> str:
        """The account of the key, in SS58."""
        if self._account is None:
            key = ["--key-file", str(self.key_file)] if self.key_file else []
            self._account = str(_binary.run(["key", "show", *key])["account"])
        return self._account

    def cache(self) -> Path:
        """Returns the folder that keeps descriptions and heads: the one given, or one until this ends."""
        if self._cache is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="descent-")
            self._cache = Path(self._scratch.name)
        self._cache.mkdir(parents=True, exist_ok=True)
        return self._cache

    def data(self) -> list[str]:
        """Returns the options that have commands keep data sets in the folder given; else the user's cache."""
        return [] if self._cache is None or self._scratch else ["--data", str(self._cache / "datasets")]

    def __repr__(self) -> str:
        return f"descent.connect({self.nodes[0]!r})"


def connect(
    node: str | Sequence[str] | None = None,
    *,
    key_file: str | os.PathLike[str] | None = None,
    allow_private: bool = False,
    cache: str | os.PathLike[str] | None = None,
) -> Network:
    """Returns a network.

    Args:
        node: address of a node's RPC, or several that are asked in turn where one does not answer; by default
            the environment variable DESCENT_NODE, or ``ws://127.0.0.1:9944``.
        key_file: file with the secret URI to sign with; without it, the environment variable DESCENT_SURI.
        allow_private: fetch from providers on this machine and in private networks too, as a local chain needs
            it. On a public chain strangers name the providers.
        cache: folder that keeps what is fetched; by default one that is removed in the end.
    """
    if node is None:
        node = os.environ.get("DESCENT_NODE", DEFAULT_NODE)
    nodes = [node] if isinstance(node, str) else list(node)
    if not nodes:
        raise ValueError("there is no node to connect to")
    return Network(nodes, key_file, allow_private, cache)
