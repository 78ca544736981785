"""Proposed deltas: to look at, and to vote on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _arrow
from ._fetch import fetch
from .cid import Content
from .views import ProposalView, VoterView

if TYPE_CHECKING:
    import pandas
    import pyarrow

    from .group import Group

__all__ = ["Proposal"]


class Proposal:
    """A delta that somebody proposes, as it was when it was read."""

    def __init__(self, group: Group, view: ProposalView) -> None:
        self.group = group
        self.view = view

    @property
    def id(self) -> int:
        """The proposal's number."""
        return self.view["id"]

    @property
    def summary(self) -> str:
        """The proposer's words on it, which nobody has checked."""
        return self.view["summary"]

    @property
    def content(self) -> Content:
        """The reference of the delta."""
        return Content.from_view(self.view["delta"])

    @property
    def is_open(self) -> bool:
        """True if it can be voted for."""
        return self.view["ending"] is None

    def download(self, path: str | os.PathLike[str]) -> Path:
        """Writes the delta, a Parquet file, which is checked against its CID."""
        providers = [*self.view["providers"], *self.group.view["providers"]]
        return fetch(self.content, providers, path, self.group.network.allow_private)

    def table(self) -> pyarrow.Table:
        """Returns the delta's rows: ``op`` is add or remove, and removals have no values; needs pyarrow."""
        path = self.group.network.cache() / (self.content.cid + ".parquet")
        return _arrow.read(self.download(path))

    def to_pandas(self) -> pandas.DataFrame:
        """Returns the delta's rows as a DataFrame, of which ``.sample(20)`` is worth a look; needs pandas."""
        return self.table().to_pandas()

    def voters(self) -> list[VoterView]:
        """Returns all accounts that vote for it; raises RpcError where it is not open any more."""
        network = self.group.network
        at = network.rpc("chain_getBlockHash")
        voters: list[VoterView] = []
        start: str | None = None
        while True:
            page: dict[str, Any] = network.rpc("training_voters", self.group.id, self.id, start, 100, at)
            voters.extend(page["voters"])
            start = page["next"]
            if start is None:
                return voters

    def vote(self, finalized: bool = False) -> Any:
        """Votes for it with the whole stake of the key's account; an account votes for one proposal at a
        time."""
        wait = ["--finalized"] if finalized else []
        return self.group.network.command(
            "dataset", "vote", self.group.id, self.id, *wait, signed=True
        )

    def withdraw(self) -> Any:
        """Takes back a proposal of one's own that has lost a voting period."""
        return self.group.network.command(
            "dataset", "withdraw", self.group.id, self.id, signed=True
        )

    def __repr__(self) -> str:
        state = "open" if self.is_open else str((self.view["ending"] or {}).get("ending"))
        return f"<proposal {self.id} of group {self.group.id}, {state}: {self.summary!r}>"
