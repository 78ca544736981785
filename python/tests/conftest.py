"""A node and programs that are none, which answer what the book's examples show."""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def book_examples() -> list[Any]:
    """Returns the JSON examples of the book's page on RPC, in their order."""
    page = (REPOSITORY / "docs/src/rpc.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    return [json.loads(re.sub(r", \.\.\}", "}", block)) for block in blocks]


def example(*fields: str) -> Any:
    """Returns a copy of the first example that has all of these fields."""
    for found in book_examples():
        first = found[0] if isinstance(found, list) else found
        if all(field in first for field in fields):
            return first
    raise LookupError(f"the book has no example with {fields}")


class FakeNode:
    """A node that answers from functions by method name, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[..., Any]] = {}
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.status = 200
        node = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(node.answer(request)).encode()
                self.send_response(node.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.address = f"ws://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        method, params = request["method"], tuple(request["params"])
        self.asked.append((method, params))
        head = {"jsonrpc": "2.0", "id": request["id"]}
        if method not in self.answers:
            return {**head, "error": {"code": -32601, "message": "Method not found"}}
        answer = self.answers[method](*params)
        return {**head, **(answer if isinstance(answer, Failure) else {"result": answer})}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Failure(dict):
    """An error that a fake node answers."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(error={"code": code, "message": message})


@pytest.fixture
def node() -> Iterator[FakeNode]:
    """A node with one group, that of the book, which is called mnist."""
    fake = FakeNode()
    group = example("name", "model", "dataset_root")
    fake.answers["training_groups"] = lambda start, limit, *_: [group] if start == 0 else []
    fake.answers["training_group"] = lambda number, *_: (
        group if number == 0 else Failure(8001, "no such group")
    )
    yield fake
    fake.stop()


class Programs:
    """Programs called ``descent`` and ``descent-worker`` that are Python scripts of a test."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self._calls = folder / "calls"

    def install(self, name: str, body: str) -> None:
        """Installs a program; ``body`` sees its arguments in ``arguments``."""
        path = self.folder / name
        path.write_text(
            f"#!{sys.executable}\nimport json, os, sys\narguments = sys.argv[1:]\n"
            f"with open({str(self._calls)!r}, 'a') as file: print(json.dumps([{name!r}, *arguments]), file=file)\n"
            f"def value(option): return arguments[arguments.index(option) + 1]\n{body}\n"
        )
        path.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        """The command lines so far."""
        return (
            [json.loads(line) for line in self._calls.read_text().splitlines()]
            if self._calls.exists()
            else []
        )


@pytest.fixture
def programs(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("DESCENT_BIN", os.fspath(folder))
    return Programs(folder)
