"""A shell into which commands are typed, as a reader would."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import threading
import time

LIMIT = 300
"""Seconds after which a command has failed."""


class Failed(Exception):
    """A command that did not do what the page says."""


class Shell:
    """A bash that keeps its folder, variables and jobs from command to command."""

    def __init__(self, folder: pathlib.Path, environment: dict[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._came = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self._logs = 0
        # Jobs have process groups of their own, which end with them.
        self.type("set -m")

    def _read(self) -> None:
        assert self._bash.stdout
        for line in self._bash.stdout:
            with self._came:
                self._lines.append(line)
                self._came.notify()

    def _end(self, mark: str, limit: float) -> tuple[int, str]:
        """Waits for the line that tells the status, and returns it with what was printed before."""
        until = time.monotonic() + limit
        with self._came:
            while True:
                for at, line in enumerate(self._lines):
                    if match := re.search(rf"{mark} (\d+)$", line.rstrip("\n")):
                        printed = "".join(self._lines[:at]) + line[: match.start()]
                        del self._lines[: at + 1]
                        return int(match[1]), printed
                if not self._came.wait(until - time.monotonic()) and time.monotonic() >= until:
                    raise Failed(f"no end after {limit} s; it has printed:\n{''.join(self._lines)}")

    def type(self, text: str, limit: float = LIMIT) -> tuple[int, str]:
        """Types a command, and returns its status and what it printed."""
        assert self._bash.stdin
        mark = f"@@{time.monotonic_ns()}@@"
        self._bash.stdin.write(f"{text}\necho {mark} $?\n")
        self._bash.stdin.flush()
        return self._end(mark, limit)

    def start(self, text: str, log: pathlib.Path) -> int:
        """Starts a command that does not end, and returns the number of its process."""
        parts = re.fullmatch(r"((?:\w+=\S+ )*)(.*?)\s*&?", text, re.DOTALL)
        assert parts, "any text has these parts, which may be empty"
        variables, command = parts.groups()
        # Without its comment, which would hide what follows.
        command = re.sub(r"\s+# .*$", "", command, flags=re.MULTILINE)
        status, printed = self.type(f"( {variables}exec {command} ) >{log} 2>&1 & echo $!")
        if status:
            raise Failed(f"{text} does not start:\n{printed}")
        return int(printed.split()[-1])

    def stop(self, process: int, limit: float = 60) -> int:
        """Asks a process to end as a service manager does, and returns its status."""
        status, printed = self.type(f"kill -TERM {process}; wait {process}", limit)
        return status

    def close(self) -> None:
        """Ends the shell and all that it has started."""
        self.type("kill $(jobs -p); wait", 60)
        assert self._bash.stdin
        self._bash.stdin.close()
        try:
            self._bash.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._bash.pid, signal.SIGKILL)


def wait_for(log: pathlib.Path, pattern: str, process: int | None = None, limit: float = LIMIT) -> str:
    """Waits until a line of a log has a pattern, and returns the log. Fails if the process that writes it ends."""
    until = time.monotonic() + limit
    while True:
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        if re.search(pattern, text):
            return text
        has_ended = process is not None and not pathlib.Path(f"/proc/{process}").exists()
        if has_ended or time.monotonic() >= until:
            raise Failed(
                f"no '{pattern}' {'before its end' if has_ended else f'in {limit} s'}; the log has:\n{text[-4000:]}"
            )
        time.sleep(0.1)
