"""The programs ``descent`` and ``descent-worker``: where they are, and how they are run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import BinaryNotFound, CommandError

FOLDER_VARIABLE = "DESCENT_BIN"
"""Environment variable with the folder of the programs, which is looked into first."""


def find(name: str) -> str:
    """Returns the path of a program: in DESCENT_BIN, beside this Python, as wheels install it, or in PATH."""
    suffix = ".exe" if sys.platform == "win32" else ""
    folders = [
        os.environ.get(FOLDER_VARIABLE),
        sysconfig.get_path("scripts"),
        str(Path(sys.executable).parent),
    ]
    for folder in filter(None, folders):
        path = Path(folder) / (name + suffix)
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    path_found = shutil.which(name)
    if path_found is None:
        raise BinaryNotFound(
            f"the program {name} is not installed",
            f"put its folder into PATH, or into the environment variable {FOLDER_VARIABLE}",
        )
    return path_found


def environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """Returns the environment of a program: this one's and a few variables more."""
    return {**os.environ, **(extra or {})}


def run(arguments: Sequence[str], env: Mapping[str, str] | None = None) -> Any:
    """Runs ``descent --json ARGUMENTS`` and returns what it prints, parsed; raises CommandError where it
    fails."""
    command = [find("descent"), "--json", *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment(env), check=False
    )
    if done.returncode != 0:
        raise failure(done.stderr, done.returncode)
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise CommandError(f"descent {arguments[0]} printed no JSON: {done.stdout[:200]!r}") from error


def failure(stderr: str, status: int | None) -> CommandError:
    """Returns the error that a program printed, as JSON or as text."""
    for line in reversed(stderr.splitlines()):
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        if isinstance(fields, dict) and "error" in fields:
            hint, code = fields.get("hint", fields.get("advice")), fields.get("code")
            return CommandError(str(fields["error"]), hint, code, status)
    text = stderr.strip() or f"the program ended with status {status}"
    return CommandError(text[-2000:], status=status)
