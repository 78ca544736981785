"""Types of what a node answers. docs/src/rpc.md explains each field. Nodes may add fields."""

from __future__ import annotations

from typing import Any, Optional, TypedDict

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
    "ProposalView",
    "RoundView",
    "StakeView",
    "StandingView",
    "VoterView",
]


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
    policy: dict[str, Any]
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
    outcome: Optional[str]
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
    outcome: Optional[str]
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


class BuiltView(TypedDict):
    file: str
    added: int
    removed: int
    repeated: int
    present: int
    absent: int
    reference: ContentView
