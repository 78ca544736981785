"""JSON-RPC over HTTP, which a node answers on the port of its WebSocket."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from .errors import DescentError, RpcError

_TIMEOUT = 30.0
_MAX_ANSWER = 64 << 20
_SCHEMES = {"ws": "http", "wss": "https", "http": "http", "https": "https"}


def http_address(node: str) -> str:
    """Returns the address to which requests are posted, of a node's ``ws``, ``wss``, ``http`` or
    ``https``."""
    scheme, separator, rest = node.partition("://")
    if not separator or scheme not in _SCHEMES or not rest:
        raise ValueError(f"{node!r} is no address of a node, such as ws://127.0.0.1:9944")
    return f"{_SCHEMES[scheme]}://{rest}"


class Rpc:
    """A connection to the first of some nodes that answers."""

    def __init__(self, nodes: Sequence[str], timeout: float = _TIMEOUT) -> None:
        self._addresses = [http_address(node) for node in nodes]
        self._timeout = timeout
        self._ids = itertools.count(1)

    def call(self, method: str, *params: Any) -> Any:
        """Returns the result of a method; raises RpcError where the node refuses, and DescentError where no
        node
        answers."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        failures = []
        for number, address in enumerate(self._addresses):
            try:
                answer = self._post(address, json.dumps(request).encode())
            except (OSError, ValueError) as error:
                failures.append(f"{address}: {error}")
                continue
            # The one that answers is asked first from now on.
            self._addresses.insert(0, self._addresses.pop(number))
            return _result(answer, method)
        raise DescentError(
            f"no node answers: {'; '.join(failures)}", "is the node's RPC at this address, and does it run?"
        )

    def _post(self, address: str, body: bytes) -> Any:
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as response:
                text = response.read(_MAX_ANSWER + 1)
        except urllib.error.HTTPError as error:
            raise OSError(f"status {error.code}") from error
        if len(text) > _MAX_ANSWER:
            raise ValueError("the answer is too long")
        answer = json.loads(text)
        if not isinstance(answer, dict):
            raise ValueError("the answer is no JSON-RPC")
        return answer


def _result(answer: dict[str, Any], method: str) -> Any:
    error = answer.get("error")
    if error is not None:
        message, detail = error.get("message", "an error"), error.get("data")
        text = f"{message}: {detail}" if isinstance(detail, str) and detail not in message else message
        raise RpcError(f"{method}: {text}", error.get("code", 0))
    if "result" not in answer:
        raise DescentError(f"{method}: the node answered neither a result nor an error")
    return answer["result"]
