"""A training group: its head, its rounds, its data set, and the votes on it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._fetch import fetch
from .cid import Content
from .dataset import Dataset, Delta, build
from .description import Description
from .errors import DescentError
from .proposal import Proposal
from .views import (
    AmendmentView,
    ExplanationView,
    GroupView,
    HeadView,
    HistoryRow,
    OrderView,
    RecordingView,
    RoundTestSetView,
    RoundView,
    StakeView,
    StandingView,
    TestSetSeriesView,
)

if TYPE_CHECKING:
    from .network import Network
    from .torch import Model
    from .training import Run

__all__ = ["Group", "Head"]

_PAGE = 100
_LOOK_BACK = 20


class Group:
    """A group as it was at a block; ``refresh`` reads it anew."""

    def __init__(self, network: Network, view: GroupView) -> None:
        self.network = network
        self.view = view

    @property
    def id(self) -> int:
        """The group's number."""
        return self.view["id"]

    @property
    def name(self) -> str:
        """The group's name."""
        return self.view["name"]

    def refresh(self) -> Group:
        """Reads the group anew and returns it."""
        self.view = self.network.rpc("training_group", self.id)
        return self

    # The model

    def head(self) -> Head:
        """Returns the best checkpoint of the group's model now; raises DescentError while there is none."""
        view = self.refresh().view["head"]
        if view is None:
            raise DescentError(f"group {self.id} has no head", "nobody has won a round with this model yet")
        return Head(self, view)

    def description(self) -> Description:
        """Returns the description of the group's model, which is fetched once."""
        return Description.read(self.description_file())

    def description_file(self) -> Path:
        """Returns a file with the description of the group's model."""
        content = Content.from_view(self.view["model"])
        return self._fetched(content, self.view["providers"], ".json")

    def _fetched(self, content: Content, providers: Sequence[str], ending: str) -> Path:
        path = self.network.cache() / (content.cid + ending)
        return fetch(content, providers, path, self.network.allow_private)

    # Rounds

    def round(self, number: int | None = None) -> RoundView:
        """Returns a round; by default the one that takes commitments, or else the last that was settled."""
        round: RoundView = self.network.rpc("training_round", self.id, self._number(number))
        return round

    def _number(self, number: int | None) -> int:
        if number is not None:
            return number
        view = self.refresh().view
        return view["round"] if view["round"] is not None else view["settled"] or 0

    def rounds(self, last: int = 10) -> list[RoundView]:
        """Returns the rounds that were settled last, the oldest first."""
        settled = self.refresh().view["settled"]
        if settled is None:
            return []
        return [self.round(number) for number in range(max(0, settled + 1 - last), settled + 1)]

    def history(self, start: int = 0) -> list[HistoryRow]:
        """Returns a row for each settled round that the chain keeps, from number ``start`` on."""
        rows: list[HistoryRow] = []
        while page := self.network.rpc(
            "training_history", self.id, rows[-1]["round"] + 1 if rows else start, _PAGE
        ):
            rows.extend(page)
        return rows

    def leaderboard(self) -> list[StandingView]:
        """Returns the standings of the group's trainers: most wins first, then the best score."""
        standings: list[StandingView] = self.network.rpc("training_leaderboard", self.id)
        return standings

    def explain(self, round: int | None = None, account: str | None = None) -> ExplanationView:
        """Returns why a commitment ended as it did, in a sentence.

        Args:
            round: the round; by default the last settled one in which the account committed, of the last 20.
            account: the trainer's account; by default that of the key.
        """
        account = account or self.network.account
        if round is None:
            round = self._last_round_of(account)
        explanation: ExplanationView = self.network.rpc("training_explain", self.id, round, account)
        return explanation

    def _last_round_of(self, account: str) -> int:
        for view in reversed(self.rounds(_LOOK_BACK)):
            if any(candidate["account"] == account for candidate in view["candidates"]):
                return int(view["round"])
        raise DescentError(
            f"{account} committed in none of the last {_LOOK_BACK} rounds of group {self.id}", "name a round"
        )

    def recording(self, round: int, account: str | None = None) -> RecordingView | None:
        """Returns the recorded training that came with a checkpoint, with the segment that the committee
        replays; None where none came with it.

        Args:
            round: the round.
            account: the trainer's account; by default that of the key.
        """
        found: RecordingView | None = self.network.rpc(
            "training_recording", self.id, round, account or self.network.account
        )
        return found

    def recipe(self) -> dict[str, int | bool] | None:
        """Returns the group's rule for the recorded trainings that checkpoints come with: ``steps`` and
        ``batch`` of a segment, ``smallest_rate`` and ``largest_rate`` in billionths, and ``exact``. None
        where checkpoints come alone."""
        for rule in self.refresh().view["optional_rules"]:
            if rule["rule"] == "recipe":
                return {name: value for name, value in rule.items() if name != "rule"}
        return None

    def orders(self) -> list[OrderView]:
        """Returns the orders that pay for the group's rounds, the oldest first."""
        orders: list[OrderView] = self.network.rpc("training_orders", self.id)
        return orders

    # Hidden test sets

    def test_sets(self) -> TestSetSeriesView | None:
        """Returns the series of hidden test sets that the group's rounds are measured on; None where its
        policy names none, or none that is open."""
        policy = self.refresh().view["policy"]
        if policy["on"] != "hidden":
            return None
        series: TestSetSeriesView | None = self.network.rpc("training_testSetSeries", policy["series"])
        return series

    def round_test_set(self, number: int | None = None) -> RoundTestSetView | None:
        """Returns the hidden test set of a round and the state of its release; None where the rules of the
        round name no series that is open.

        Args:
            number: the round; by default the one that takes commitments, or else the last that was settled.
        """
        found: RoundTestSetView | None = self.network.rpc(
            "training_roundTestSet", self.id, self._number(number)
        )
        return found

    # Data

    def dataset(self) -> Dataset:
        """Returns the group's data set."""
        return Dataset(self)

    def delta(
        self,
        new: Any,
        *,
        old: Any = None,
        after: str | os.PathLike[str] | None = None,
        out: str | os.PathLike[str] = "delta.parquet",
        input: str | Sequence[str] | None = None,
        target: str | None = None,
    ) -> Delta:
        """Makes the delta that adds records to the data set as it is now, and writes it to ``out``.

        Args:
            new: the records: a pandas DataFrame, a pyarrow Table, a ``datasets.Dataset``, a pair of arrays
            (input
                and target), or the path of a CSV or Parquet file.
            old: a version of the records: those that ``new`` lacks are removed.
            after: file of what is in the data set already; by default the newest version is checked out.
            input: column or columns of the input, if they have other names than in the description.
            target: column of the target, likewise.

        Raises:
            DescentError: with row and reason where a value can't be held exactly, and where nothing is new.
        """
        if after is None:
            after = self.network.cache() / f"group-{self.id}-{self.refresh().view['dataset_root']}.parquet"
            if not Path(after).exists():
                self.dataset().checkout(after)
        return build(self.description_file(), new, old=old, after=after, out=out, input=input, target=target)

    def propose(
        self,
        delta: Delta | Content | str | os.PathLike[str],
        summary: str,
        *,
        providers: Sequence[str] = (),
        store: str | os.PathLike[str] | None = None,
        finalized: bool = False,
    ) -> Proposal:
        """Proposes a delta to the group's stakeholders, for a deposit, and returns the proposal.

        Args:
            delta: a delta, its file, or the reference of one that is served already.
            summary: a sentence for those who vote.
            providers: addresses of gateways that serve the delta; without them one of the group's has to.
            store: content store to import the file into, which a gateway may be serving.
            finalized: wait until the block is final.
        """
        what = delta.path if isinstance(delta, Delta) else delta
        options = [option for url in providers for option in ("--provider", url)]
        options += ["--store", os.fspath(store)] if store is not None else []
        options += ["--finalized"] if finalized else []
        done = self.network.command(
            "dataset",
            "propose",
            self.id,
            "--delta",
            str(what),
            "--summary",
            summary,
            *options,
            signed=True,
        )
        if done["proposal"] is None:
            raise DescentError(
                "the delta was proposed, but not found among the proposals", "see group.proposals()"
            )
        return self.proposal(done["proposal"])

    def proposals(self) -> list[Proposal]:
        """Returns the proposed deltas: the open ones, then those that ended last."""
        views = self.network.rpc("training_proposals", self.id)
        return [Proposal(self, view) for view in views]

    def proposal(self, number: int) -> Proposal:
        """Returns a proposed delta; raises DescentError where the chain keeps none of this number."""
        found = next((each for each in self.proposals() if each.id == number), None)
        if found is None:
            raise DescentError(f"group {self.id} has no proposal {number}")
        return found

    def withdraw_vote(self) -> Any:
        """Takes back the vote of the key's account, whatever it is for."""
        return self.network.command("dataset", "vote", self.id, "--withdraw", signed=True)

    def amendments(self) -> list[AmendmentView]:
        """Returns the amendments of the group's rules: the open ones, then those that ended last."""
        views: list[AmendmentView] = self.network.rpc("training_amendments", self.id)
        return views

    # Stake

    def stake(self, account: str | None = None) -> StakeView:
        """Returns an account's stake in the group; by default that of the key."""
        view: StakeView = self.network.rpc("training_stake", self.id, account or self.network.account)
        return view

    def add_stake(self, amount: str) -> Any:
        """Puts NRN at stake, as ``"100"`` or ``"1.5"``: they are the weight of the account's votes."""
        return self.network.command("stake", "add", self.id, amount, signed=True)

    # Training

    def compete(self, folder: str | os.PathLike[str], **options: Any) -> Run:
        """Competes in the group's rounds with weights of your own; see ``descent.compete``."""
        from .training import compete

        return compete(self, folder, **options)

    def __repr__(self) -> str:
        return f"<group {self.id} {self.name!r}>"


class Head:
    """The best checkpoint of a group's model."""

    def __init__(self, group: Group, view: HeadView) -> None:
        self.group = group
        self.view = view

    @property
    def content(self) -> Content:
        """The reference of the checkpoint."""
        return Content.from_view(self.view["checkpoint"])

    @property
    def score(self) -> float:
        """The score that validators measured: a mean loss, or a share of wrong labels."""
        return self.view["score"] / 1e6

    @property
    def round(self) -> int:
        """The round that it won."""
        return self.view["round"]

    @property
    def account(self) -> str:
        """The trainer that made it."""
        return self.view["account"]

    def download(self, path: str | os.PathLike[str]) -> Path:
        """Writes the checkpoint, a safetensors file, which is checked against its CID."""
        return fetch(self.content, self._providers(), path, self.group.network.allow_private)

    def file(self) -> Path:
        """Returns a file with the checkpoint, which is fetched once."""
        return self.group._fetched(self.content, self._providers(), ".safetensors")

    def _providers(self) -> list[str]:
        return [*self.view["providers"], *self.group.view["providers"]]

    def module(self) -> Model:
        """Returns the model with these weights as a ``torch.nn.Module`` in evaluation mode."""
        if self.view["model_version"] != self.group.view["model_version"]:
            raise DescentError("this head is of an earlier model of the group")
        from ._optional import optional

        optional("torch", "torch")
        from .torch import load

        return load(self.group.description(), self.file())

    def __repr__(self) -> str:
        return f"<head of group {self.group.id}, round {self.round}, score {self.score:.6f}, {self.content}>"
