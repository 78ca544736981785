"""Types the commands of README and of the role pages as they are written there, on a fresh network.

    DESCENT_CACHE=.. LIBTORCH=.. PATH=(with the programs):$PATH python type_commands.py FOLDER

The network is the one that the page "A network by hand" starts; what a reader would have, such as a table of own
records, is made by `belongings.py`. A test of integration-tests runs this; it needs the free ports and the names that
`machine.py` provides.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import machine
from pages import PAGES, REPOSITORY, Command, commands
from shell import Failed, Shell, wait_for

# Commands that are not typed, and why.
NOT_TYPED = {
    ("README.md", "scripts/demo"): "a test of its own",
    ("README.md", "scripts/test"): "is what runs this",
    ("docs/src/by-hand.md", "scripts/setup"): "what runs this has run it",
    ("docs/src/by-hand.md", "cargo build"): "what runs this has built it",
    ("docs/src/by-hand.md", "export PATH"): "the programs that are tested may be elsewhere",
    ("docs/src/governance.md", "cargo build"): "what runs this has built it",
    ("docs/src/governance.md", "b2sum"): "the runtime that is tested may be elsewhere",
    ("docs/src/dashboard.md", ". scripts/env"): "a demo and a browser; a test of its own has the page",
    ("docs/src/python.md", "cd python && maturin"): "maturin is not installed",
    ("docs/src/python.md", "pip install 'dist"): "the wheel is not built",
    ("docs/src/python.md", ""): "its Python needs programs that train for minutes: network_test.py has them",
}
# Commands that end with an error on a network that is a few minutes old, and what it says.
REFUSED = {
    ("docs/src/by-hand.md", "descent rewards claim --key-file validator.key"): "nothing",
    ("docs/src/validator.md", "descent validator withdraw"): "nothing",
    ("docs/src/group.md", "descent stake withdraw"): "nothing",
    ("docs/src/group.md", "descent amend withdraw"): "period",
    ("docs/src/trainer.md", "descent rewards claim"): "nothing",
    # The group's trainings are not recorded, and nothing is recorded on this machine.
    ("docs/src/trainer.md", "descent-worker audit 0"): "recorded training|has no commitment",
    ("docs/src/trainer.md", "descent-worker audit --folder"): "record",
    # No round of a group whose rounds take ten minutes is over by then.
    ("docs/src/test-sets.md", "descent test-set close"): "InUse",
    ("docs/src/test-sets.md", "descent test-set get"): "not released",
    ("docs/src/test-sets.md", "descent model get"): "not settled",
    # The code that is authorized there is the chain's own.
    ("docs/src/governance.md", "descent governance apply"): "version",
    # No evaluator runs on that network.
    ("docs/src/operations.md", "curl -s http://127.0.0.1:9977"): "",
}
# Hosts with certificates, which this machine can't have.
SUBSTITUTED = {"wss://rpc.example.org": "ws://127.0.0.1:9944", "wss://rpc.example.net": "ws://127.0.0.1:9944"}
# Commands that do not end, and what they print once they do what they are for.
LASTING = {
    "descent-worker train": r"Training as",
    "descent-worker evaluate": r"[Ll]istening|http://127",
    "descent-worker serve": r"http://127",
    "descent-worker keep": r"Keeper of group",
    "descent-node --": r"Idle|Imported|Prepared block",
    "descent content serve": r"Serving",
    "descent dashboard": r"http://127",
    "descent dataset watch": r"",
    "descent round watch 0 ": r"",
    "descent test-set release": r"Following the series",
}
# Parts by which these do end.
ENDING = (">", "--rounds", "--export", "--version")


def plain(text: str) -> str:
    """Returns a command without the key that it is given."""
    return re.sub(r"^DESCENT_SURI=\S+ ", "", text)


class Reader:
    """Somebody who types what the pages say."""

    def __init__(self, folder: pathlib.Path, pages: list[str]) -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.folder = self.home / "work"
        self.folder.mkdir()
        self.logs = folder / "logs"
        self.logs.mkdir()
        environment = {
            **{name: os.environ[name] for name in ("PATH", "LIBTORCH", "DESCENT_CACHE") if name in os.environ},
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "DESCENT_ALLOW_PRIVATE": "1",
            "RUST_BACKTRACE": "1",
        }
        self.shell = Shell(REPOSITORY, environment)
        self.pages = {page: commands(page) for page in pages}
        self.names: dict[str, str] = dict(SUBSTITUTED)
        # Python before and after that of a page.
        self.around = ("", "")
        self.running: list[tuple[Command, int, pathlib.Path]] = []

    def named(self, text: str) -> str:
        """Returns a command with what stands on this machine for the names in it."""
        for name, value in self.names.items():
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", value, text)
        return text

    def do(self, text: str) -> str:
        """Does what no page says, such as paying for a reader's account."""
        status, printed = self.shell.type(self.named(text))
        if status:
            raise Failed(f"{text} fails:\n{printed}")
        return printed

    def ask(self, text: str) -> dict[str, Any]:
        """Runs a command with `--json`, and returns what it prints."""
        answer: dict[str, Any] = json.loads(self.do(f"{text} --json").splitlines()[-1])
        return answer

    def left(self, page: str) -> Iterator[Command]:
        """Returns the commands of a page that are not typed yet, as they are when each is asked for."""
        return (command for command in self.pages[page] if not command.typed)

    def page(self, page: str, *beginnings: str, keep: bool = False) -> str:
        """Types the next commands of a page that begin like this, and returns what the last one printed.

        What does not end is stopped as soon as it works, unless it is kept.
        """
        printed = ""
        for beginning in beginnings:
            found = (command for command in self.left(page) if plain(command.text).startswith(beginning))
            command = next(found, None)
            if command is None:
                raise Failed(f"{page} has no further command that begins with '{beginning}'")
            printed = self.type(command, keep)
        return printed

    def type(self, command: Command, keep: bool = False) -> str:
        command.typed = True
        began = time.monotonic()
        try:
            printed = self._type(command, self.named(command.text), keep)
        except Failed as error:
            raise Failed(f"{command}\n{error}") from None
        print(f"{time.monotonic() - began:6.1f} s  {command}", flush=True)
        return printed

    def _type(self, command: Command, text: str, keep: bool) -> str:
        if command.is_python:
            return self._python(text)
        lasting = [ready for beginning, ready in LASTING.items() if f"{plain(text)} ".startswith(beginning)]
        if not lasting or any(part in text for part in ENDING):
            status, printed = self.shell.type(text)
            refusals = (
                said
                for (page, start), said in REFUSED.items()
                if command.page == page and plain(text).startswith(start)
            )
            reason = next(refusals, None)
            if (status == 0) != (reason is None) or not re.search(reason or "", printed, re.IGNORECASE):
                raise Failed(f"it ends with {status}, and was to {'fail' if reason else 'succeed'}:\n{printed}")
            return printed
        log = self.logs / f"{len(list(self.logs.iterdir()))}.log"
        process = self.shell.start(text, log)
        if lasting[0]:
            wait_for(log, lasting[0], process)
        else:
            time.sleep(1)
        if keep:
            self.running.append((command, process, log))
        elif status := self.shell.stop(process):
            raise Failed(f"it ends with {status} when it is asked to end:\n{log.read_text()[-2000:]}")
        return log.read_text(encoding="utf-8")

    def _python(self, text: str) -> str:
        program = self.logs / f"{len(list(self.logs.iterdir()))}.py"
        program.write_text(text.join(self.around), encoding="utf-8")
        return self.do(f"python {program}")

    def stop(self, beginning: str) -> None:
        """Ends what was kept running."""
        for command, process, _ in self.running:
            if beginning in command.text:
                if status := self.shell.stop(process):
                    raise Failed(f"{command} ends with {status} when it is asked to end")
        self.running = [kept for kept in self.running if beginning not in kept[0].text]

    def log_of(self, part: str) -> pathlib.Path:
        """Returns the log of what was kept running."""
        return next(log for command, _, log in self.running if part in command.text)

    def check_that_all_is_typed(self) -> None:
        left = [command for page in self.pages for command in self.left(page)]
        left = [
            command
            for command in left
            if not any(command.page == page and command.text.startswith(start) for page, start in NOT_TYPED)
        ]
        if left:
            raise Failed("these commands are not typed:\n" + "\n".join(map(str, left)))


def run(story: Callable[[Reader], None], pages: list[str]) -> None:
    """Has a reader type all commands of these pages, in the order of a story."""
    folder = pathlib.Path(sys.argv[1]).resolve()
    if machine.enter():
        keep = [pathlib.Path(os.environ[name]) for name in ("DESCENT_CACHE", "LIBTORCH")]
        reader = Reader(machine.prepare(folder, [REPOSITORY, *keep]), pages)
    else:
        reader = Reader(folder, pages)
        reader.names.update(machine.elsewhere(folder))
    try:
        story(reader)
        reader.check_that_all_is_typed()
    except Failed as error:
        sys.exit(f"documentation: {error}")
    finally:
        reader.shell.close()
        shutil.rmtree(reader.home, ignore_errors=True)


def story(reader: Reader) -> None:
    import roles

    roles.network_by_hand(reader)
    roles.owner(reader)
    roles.proposer_and_voter(reader)
    roles.client(reader)
    roles.looker(reader)
    roles.keeper(reader)
    roles.requester(reader)
    roles.trainer(reader)
    roles.validator(reader)
    roles.starter(reader)
    roles.end_of_the_network(reader)
    roles.machines_of_validators(reader)


if __name__ == "__main__":
    run(story, PAGES)
