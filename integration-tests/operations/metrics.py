#!/usr/bin/env python3
"""Checks that what board and alerts of deploy/monitoring ask for is served.

    metrics.py FILE|URL...      each a /metrics of a node, an evaluator, a trainer, a keeper, a node exporter

A metric of a kind that none of the sources serves is left out, with a message; all others have to exist, with the
labels and the values that are asked for.
"""
from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import sys
import urllib.request

import yaml  # type: ignore[import-untyped]

MONITORING = pathlib.Path(__file__).resolve().parents[2] / "deploy/monitoring"
# Words of PromQL that are followed by neither a selector nor a parenthesis, or that are no metrics.
KEYWORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "or", "and", "unless", "bool", "offset"}
# Labels that Prometheus itself adds.
ADDED = {"job", "instance"}
# Values that a label takes only when something has gone wrong, or has not come yet: docs/src/evaluator.md lists them.
LATER = {
    ("descent_evaluator_verdicts_total", "verdict"): {"abstained"},
    ("descent_trainer_events_total", "event"): {"committed", "skipped", "revealed"},
}
KINDS = ("substrate_", "descent_evaluator_", "descent_trainer_", "descent_keeper_", "descent_validator_", "node_")
Served = dict[str, list[dict[str, str]]]


@dataclasses.dataclass(frozen=True)
class Selector:
    """A metric in an expression, with its matchers: label, operator, value."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]


def selectors(expression: str) -> list[Selector]:
    """The metrics in an expression of PromQL."""
    # Lists of labels are no metrics.
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", expression)
    found = []
    for match in re.finditer(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{[^}]*\})?(\s*\()?", re.sub(r"\[[^\]]*\]", " ", bare)):
        name, braces, call = match.groups()
        if call or name in KEYWORDS:
            continue
        matchers = re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', braces or "")
        found.append(Selector(name, tuple(matchers)))
    return found


def expressions() -> list[tuple[str, str]]:
    """The expressions of board and alerts, each with its place."""
    board = json.loads((MONITORING / "grafana.json").read_text(encoding="utf-8"))
    places = [(f"panel {panel['title']!r}", target["expr"]) for panel in board["panels"] for target in panel["targets"]]
    alerts = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))
    return places + [(f"alert {rule['alert']}", rule["expr"]) for group in alerts["groups"] for rule in group["rules"]]


def jobs() -> set[str]:
    """Names of the jobs of prometheus.yml."""
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))
    return {job["job_name"] for job in config["scrape_configs"]}


def parse(text: str) -> Served:
    """The series of an exposition, by metric."""
    served: Served = {}
    for line in text.splitlines():
        match = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+", line)
        if match and not line.startswith("#"):
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
            served.setdefault(match[1], []).append(labels)
    return served


def is_met(wanted: str, operator: str, value: str) -> bool:
    """True if a label's value is what a matcher takes."""
    if operator in ("=", "!="):
        return (wanted == value) == (operator == "=")
    return bool(re.fullmatch(wanted, value)) == (operator == "=~")


def problem(selector: Selector, served: Served) -> str | None:
    """A sentence about what is wrong with a selector, or None."""
    if selector.metric == "up":
        asked = [(op, value) for label, op, value in selector.matchers if label == "job"]
        wrong = [value for op, value in asked if not any(is_met(value, op, job) for job in jobs())]
        return f"no job of prometheus.yml is {wrong[0]!r}" if wrong else None
    series = served.get(selector.metric)
    if not series:
        return f"nobody serves {selector.metric}"
    for label, operator, wanted in selector.matchers:
        if label in ADDED:
            continue
        values = {labels[label] for labels in series if label in labels}
        if not values:
            return f"{selector.metric} has no label {label!r}"
        values |= LATER.get((selector.metric, label), set())
        # A pattern of several values is met where each of them is.
        for part in wanted.split("|") if operator == "=~" else [wanted]:
            if not any(is_met(part, operator, value) for value in values):
                return f"{selector.metric} has no {label} {operator} {part!r}, but {', '.join(sorted(values))}"
    return None


def check(served: Served) -> tuple[list[str], list[str]]:
    """Problems, and what was left out since nobody serves metrics of its kind."""
    kinds = tuple(kind for kind in KINDS if any(name.startswith(kind) for name in served))
    problems, left_out = [], set()
    for place, expression in expressions():
        found = selectors(expression)
        if not found:
            problems.append(f"{place}: no metric is in {expression!r}")
        for selector in found:
            kind = next((kind for kind in KINDS if selector.metric.startswith(kind)), None)
            if kind and kind not in kinds:
                left_out.add(kind)
            elif sentence := problem(selector, served):
                problems.append(f"{place}: {sentence}")
    return problems, sorted(left_out)


def get(source: str) -> str:
    """The text at a URL or in a file."""
    if source.startswith(("http://", "https://")):
        with urllib.request.urlopen(source, timeout=10) as answer:
            return str(answer.read(16 << 20), "utf-8")
    return pathlib.Path(source).read_text(encoding="utf-8")


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    served: Served = {}
    for source in sys.argv[1:]:
        for metric, series in parse(get(source)).items():
            served.setdefault(metric, []).extend(series)
    problems, left_out = check(served)
    for kind in left_out:
        print(f"left out: no source serves {kind}*")
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(expressions())} expressions ask for what {len(served)} metrics have")


if __name__ == "__main__":
    main()
