"""Types of what a node answers. docs/src/rpc.md explains each field. Nodes may add fields."""

from __future__ import annotations

from typing import Any, Literal, Optional, TypedDict

__all__ = [
    "AmendmentView",
    "BuiltView",
    "CandidateView",
    "ContentView",
    "EntryView",
    "ExplanationView",
    "GroupView",
    "HeadView",
    "HistoryRow",
    "OrderView",
    "Outcome",
    "PolicyView",
    "ProposalView",
    "RecipeView",
    "RecordingView",
    "RoundTestSetView",
    "RoundView",
    "StakeView",
    "StandingView",
    "TestSetReleaseView",
    "TestSetSeriesView",
    "VoterView",
]

Outcome = Literal[
    "won", "placed", "outranked", "not_better", "refuted", "unrevealed", "no_quorum", "departed"
]
"""How a commitment ended. One that is placed has a part of the reward, behind the winner of its round. One
that has departed is not what its recorded training leads to."""


class ContentView(TypedDict):
    cid: str
    digest: str
    codec: str
    size: int


class HeadView(TypedDict):
    model_version: int
    round: int
    account: str
    checkpoint: ContentView
    score: int
    providers: list[str]
    measured_on: Optional[dict[str, Any]]


class _AnyPolicy(TypedDict):
    on: Literal["training", "validation", "hidden"]
    records: int


class PolicyView(_AnyPolicy, total=False):
    set: ContentView
    """The public set of a validation policy."""
    series: str
    """The series of hidden test sets of a hidden policy."""
    otherwise: ContentView
    """The public set of a hidden policy, for rounds without a sound hidden test set."""


class GroupView(TypedDict):
    id: int
    owner: str
    name: str
    model: ContentView
    model_version: int
    dataset_version: int
    dataset_root: str
    providers: list[str]
    metric: str
    policy: PolicyView
    minimum_improvement: int
    target: Optional[int]
    clock: dict[str, int]
    deposit: str
    shares: dict[str, int]
    head: Optional[HeadView]
    voting_period: int
    quorum: int
    stake: str
    closes: int
    block: int
    round: Optional[int]
    settled: Optional[int]
    optional_rules: list[dict[str, Any]]


class CandidateView(TypedDict):
    account: str
    commitment: str
    deposit: str
    reveal: Optional[dict[str, Any]]
    measured: Optional[int]
    outcome: Optional[Outcome]
    reward: str
    slashed: str


class RoundView(TypedDict):
    group: int
    round: int
    phase: str
    windows: dict[str, Any]
    model_version: int
    dataset_version: int
    minimum_improvement: int
    seed: Optional[str]
    settled: bool
    baseline: Optional[int]
    winner: Optional[str]
    candidates: list[CandidateView]
    committee: list[dict[str, Any]]
    block: int


class RecipeView(TypedDict):
    base: dict[str, Any]
    """The weights that the training began with: those of a seed, or a checkpoint."""
    optimizer: dict[str, Any]
    precision: Literal["f64", "f32", "bf16"]
    steps: int
    """Steps of a segment."""
    batch: int


class RecordingView(TypedDict):
    recipe: RecipeView
    trace: dict[str, Any]
    """The root of the tree over the segments, and their number."""
    number: int
    """The number of the segment that the committee replays."""
    rate: int
    """Its learning rate, in billionths."""
    start: Optional[ContentView]
    """The checkpoint that it begins with; None for the initial weights of the base's seed."""
    end: ContentView
    """The checkpoint that it ends with."""


class HistoryRow(TypedDict):
    round: int
    baseline: Optional[int]
    winner: Optional[dict[str, Any]]


class StandingView(TypedDict):
    account: str
    rounds: int
    wins: int
    best: Optional[int]
    earned: str
    slashed: str


class ExplanationView(TypedDict):
    group: int
    round: int
    account: str
    outcome: Optional[Outcome]
    sentence: str


class EntryView(TypedDict):
    version: int
    delta: ContentView
    providers: list[str]
    root: str
    report: Optional[dict[str, Any]]
    proposer: str
    block: int


class ProposalView(TypedDict):
    group: int
    id: int
    proposer: str
    delta: ContentView
    providers: list[str]
    summary: str
    deposit: str
    base: int
    block: int
    ayes: str
    lost: int
    check: Optional[dict[str, Any]]
    ending: Optional[dict[str, Any]]


class AmendmentView(TypedDict):
    group: int
    id: int
    proposer: str
    changes: list[dict[str, Any]]
    summary: str
    deposit: str
    block: int
    ayes: str
    majority: str
    lost: int
    ending: Optional[dict[str, Any]]


class VoterView(TypedDict):
    account: str
    stake: str
    pending: str


class StakeView(TypedDict):
    group: int
    account: str
    stake: str
    pending: str
    total: str
    unstaking: list[dict[str, Any]]
    delta: Optional[int]
    amendments: list[int]


class TestSetSeriesView(TypedDict):
    series: str
    requester: str
    group: Optional[int]
    manifest: ContentView
    providers: list[str]
    sets: int
    left: int
    latest: str
    bond: str
    misses: int
    suspended: bool


class _AnyRelease(TypedDict):
    state: Literal["awaited", "released", "otherwise"]


class TestSetReleaseView(_AnyRelease, total=False):
    index: int
    """The set's place in the series, from 0, where it is awaited or released."""
    key: str
    """The key, where it is released."""


class RoundTestSetView(TypedDict):
    series: str
    manifest: ContentView
    providers: list[str]
    release: dict[str, int]
    state: TestSetReleaseView


class OrderView(TypedDict):
    client: str
    left: str
    price: str
    bonus: str
    target: int
    mark: int
    since: int
    until: int
    free: int
    paused: bool


class BuiltView(TypedDict):
    file: str
    added: int
    removed: int
    repeated: int
    present: int
    absent: int
    reference: ContentView
