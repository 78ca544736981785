"""Commands of README and of the pages of the book, as they are written there."""

from __future__ import annotations

import dataclasses
import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["README.md"] + [
    f"docs/src/{name}.md"
    for name in (
        "by-hand", "group", "trainer", "dataset", "voting", "client", "python", "test-sets", "keeper", "validator",
        "rpc", "sale", "dashboard", "troubleshooting",
    )  # fmt: skip
]


@dataclasses.dataclass
class Command:
    """A command or a block of Python, and where it stands."""

    page: str
    line: int
    text: str
    is_python: bool = False
    typed: bool = False

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.text.splitlines()[0]}"


def blocks(page: str, language: str) -> list[tuple[int, list[str]]]:
    """Returns the fenced blocks of a language: the number of the first line, and the lines."""
    found: list[tuple[int, list[str]]] = []
    block: list[str] | None = None
    first = 0
    for number, line in enumerate((REPOSITORY / page).read_text(encoding="utf-8").splitlines(), 1):
        if block is not None and line.strip() == "```":
            found.append((first, block))
            block = None
        elif block is not None:
            block.append(line)
        elif line.strip() == f"```{language}":
            block, first = [], number + 1
    return found


def commands(page: str) -> list[Command]:
    """Returns the shell commands and the Python of a page, in their order."""
    found = []
    for first, lines in blocks(page, "sh"):
        text, start = "", first
        for number, line in enumerate(lines, first):
            if not text and (not line.strip() or line.startswith("#")):
                continue
            start = start if text else number
            text += line + "\n"
            is_loop = re.search(r"^for ", text) and not re.search(r"^done", text, re.MULTILINE)
            if not line.endswith("\\") and not is_loop:
                found.append(Command(page, start, text.strip()))
                text = ""
        assert not text, f"{page}:{start}: the command has no end"
    for first, lines in blocks(page, "python"):
        if not any(line.startswith("{{#include") for line in lines):
            found.append(Command(page, first, "\n".join(lines), is_python=True))
    return sorted(found, key=lambda command: command.line)
