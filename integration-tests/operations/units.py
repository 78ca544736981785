"""Reads systemd units as far as their command lines go."""
from __future__ import annotations

import dataclasses
import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy/systemd"


@dataclasses.dataclass(frozen=True)
class Unit:
    """The settings of a unit that say what it runs."""

    path: pathlib.Path
    settings: dict[str, list[str]]

    def last(self, name: str) -> str | None:
        """The last value of a setting, which is the one in force."""
        values = self.settings.get(name)
        return values[-1] if values else None

    def seconds(self, name: str) -> int:
        """A setting that is a number of seconds."""
        value = self.last(name)
        if value is None or not value.isdigit():
            raise ValueError(f"{self.path.name} has no {name} in seconds")
        return int(value)


def read(path: pathlib.Path) -> Unit:
    """Reads a unit: comments are left out, and lines that end with a backslash are joined."""
    settings: dict[str, list[str]] = {}
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(("#", ";"))]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        match = re.match(r"([A-Za-z]+)=(.*)", line)
        if match:
            settings.setdefault(match[1], []).append(match[2].strip())
    return Unit(path, settings)


def environment(text: str) -> dict[str, str]:
    """Reads an environment file: one assignment a line."""
    assigned = (line.split("=", 1) for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {name.strip(): value.strip().strip('"') for name, value in assigned}


def expand(command: str, variables: dict[str, str], instance: str = "") -> list[str]:
    """The words of a command as systemd.service(5) makes them: `$NAME` is split at blanks, and `${NAME}` is not."""
    words: list[str] = []
    for word in shlex.split(command.replace("%i", instance)):
        alone = re.fullmatch(r"\$([A-Z_]+)", word)
        if alone:
            words += shlex.split(variables.get(alone[1], ""))
        else:
            words.append(re.sub(r"\$\{([A-Z_]+)\}", lambda match: variables.get(match[1], ""), word))
    return words
