"""Competing in a group's rounds with weights of one's own making.

``descent-worker`` runs beside the training loop: it keeps data and head current in a folder, measures what is
offered, and does commit, serve, reveal, settle and claim.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _arrow, _binary, _own, checkpoint
from .description import Description
from .errors import DescentError

if TYPE_CHECKING:
    import numpy

    from .group import Group
    from .torch import Model

__all__ = ["Event", "Run", "compete", "scalars"]

Event = dict[str, Any]
"""What a worker tells: the field ``event`` has its name, as ``offered``, ``committed`` or ``ended``."""

_STOP_LIMIT = 30.0
_HEAD_LIMIT = 60.0
_TAIL = 4000


class Run:
    """A worker that competes, which ``compete`` starts.

    Use it as a context manager: the end of the block waits until every commitment has been revealed and
    settled,
    since the deposit of a commitment that is not revealed is lost.
    """

    def __init__(
        self,
        command: list[str],
        folder: _own.OwnFolder,
        log: Path,
        on_event: Callable[[Event], object] | None,
    ) -> None:
        self.folder = folder.path
        self.log = log
        self._own = folder
        self._on_event = on_event
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._read = 0
        self._ended = False
        self._open: set[int] = set()
        self._before = folder.mark()
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                # ctrl-c is for the training loop, which then ends the worker.
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._follow, name="descent-worker", daemon=True)
        self._reader.start()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.settle()
        finally:
            self.stop()

    # Events

    def _follow(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and "event" in event:
                self._take(event)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, event: Event) -> None:
        with self._changed:
            if event["event"] == "committed":
                self._open.add(event["round"])
            elif event["event"] == "ended":
                self._open.discard(event["round"])
            self._events.append(event)
            self._changed.notify_all()
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception as error:  # a fault of a logger must not stop the events
                warnings.warn(f"on_event failed: {error!r}", RuntimeWarning, stacklevel=1)

    def events(self) -> list[Event]:
        """Returns the events since the last call, without waiting: for the middle of a training loop."""
        with self._changed:
            new = self._events[self._read :]
            self._read = len(self._events)
        return new

    def follow(self) -> Iterator[Event]:
        """Yields all events from the first on, as they come, until the worker ends."""
        place = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda place=place: len(self._events) > place or self._ended)  # type: ignore[misc]
                new = self._events[place:]
            if not new:
                return
            yield from new
            place += len(new)

    def _wait(self, find: Callable[[], Any], timeout: float | None, what: str) -> Any:
        """Waits until ``find`` returns something true, and returns it."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._changed:
                found = find()
                if found:
                    return found
                if self._ended:
                    raise self._failure(what)
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(
                        f"{what} did not come within {timeout} seconds; the worker's log is {self.log}"
                    )
                # The folder changes without an event.
                self._changed.wait(min(0.2, left) if left is not None else 0.2)

    def _failure(self, what: str) -> DescentError:
        status = self._process.wait()
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _TAIL))
            tail = file.read().decode(errors="replace")
        error = _binary.failure(tail, status)
        error.message = f"the worker ended before {what}: {error.message}"
        return error

    def ready(self, timeout: float | None = None, with_head: bool = False) -> Run:
        """Waits until the folder has description and records, and returns the run.

        ``with_head`` waits for the head too, but a minute at most: it may be served by nobody any more.
        """
        self._wait(lambda: self._own.mark() not in (None, self._before), timeout, "the folder was ready")
        if with_head:
            try:
                self._wait(lambda: self.head_file, _HEAD_LIMIT, "the head")
            except TimeoutError as error:
                warnings.warn(f"going on without the head: {error}", RuntimeWarning, stacklevel=3)
        return self

    # What the worker keeps current

    @property
    def description(self) -> Description:
        """The description of the group's model now."""
        return Description.read(self.folder / _own.DESCRIPTION)

    def state(self) -> dict[str, Any]:
        """Returns the worker's ``state.json``: model, roots of the records, head and best, and the round."""
        return self._own.state()

    @property
    def head_file(self) -> Path | None:
        """The file with the head's weights, or None while there is no head."""
        path = self.folder / _own.HEAD
        return path if path.exists() else None

    def head(self) -> dict[str, numpy.ndarray[Any, Any]] | None:
        """Returns the head's weights as arrays, or None while there is no head."""
        path = self.head_file
        return None if path is None else checkpoint.read(path)

    def arrays(self) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
        """Returns inputs and targets of the training set in the shapes of the description."""
        return _arrow.arrays(self.description, _arrow.read(self.folder / _own.TRAINING))

    def holdout(self) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
        """Returns inputs and targets of the records on which the worker measures what is offered."""
        return _arrow.arrays(self.description, _arrow.read(self.folder / _own.HOLDOUT))

    def module(self) -> Model:
        """Returns the model with the head's weights, or fresh ones, in training mode; needs torch."""
        model = self.description.module()
        head = self.head_file
        if head is not None:
            from .torch import load

            model = load(self.description, head).train()
        return model

    # Offers

    def offer(self, weights: Any) -> str:
        """Offers weights: a module, a state dict, or a mapping of numpy or JAX arrays. Returns the offer's
        name.

        The worker measures them on the holdout and tells ``offered`` or ``refused``; the best offer is
        committed
        if it beats the head by as much as the group asks for.

        Raises:
            InvalidWeights: if they are not the description's; nothing is offered then.
        """
        if self._ended:
            raise self._failure("the offer")
        path = self._own.next_offer()
        checkpoint.write(checkpoint.clean(self.description, weights), path)
        return path.name

    def result(self, offer: str, timeout: float | None = None) -> Event:
        """Waits for what comes of an offer, and returns the event ``offered`` or ``refused``."""

        def find() -> Event | None:
            ours = (
                e for e in self._events if e.get("file") == offer and e["event"] in ("offered", "refused")
            )
            return next(ours, None)

        found: Event = self._wait(find, timeout, f"the result of {offer}")
        return found

    # The end

    @property
    def open_rounds(self) -> list[int]:
        """The rounds with a commitment that are not over, whose deposits are at stake."""
        with self._changed:
            return sorted(self._open)

    def settle(self, timeout: float | None = None) -> None:
        """Waits until no commitment is open."""
        self._wait(lambda: not self._open, timeout, "all rounds were settled")

    def stop(self) -> None:
        """Ends the worker, and warns of deposits that are at stake: the same folder goes on with them."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(_STOP_LIMIT)
        if self._process.stdout is not None:
            self._process.stdout.close()
        if self._open:
            rounds = ", ".join(map(str, self.open_rounds))
            warnings.warn(
                f"the deposits of round {rounds} are at stake: compete again with the folder {self.folder.parent} "
                "before their reveal windows close",
                RuntimeWarning,
                stacklevel=2,
            )


def compete(
    group: Group,
    folder: str | os.PathLike[str] = "descent-run",
    *,
    key_file: str | os.PathLike[str] | None = None,
    public_url: str | None = None,
    listen: str | None = None,
    deposit: str | None = None,
    max_deposit: str | None = None,
    on_event: Callable[[Event], object] | None = None,
    timeout: float | None = None,
    **options: str | bool | None,
) -> Run:
    """Starts a worker that competes in a group's rounds, and waits until data and head, if there is one, are
    there.

    Args:
        group: the group.
        folder: folder of the run. It holds what is needed to reveal, so give the same one after an
        interruption.
        key_file: file with the secret URI; by default that of the network, or DESCENT_SURI.
        public_url: URL at which validators reach the address listened on.
        listen: address at which checkpoints are served, as ``0.0.0.0:8080``.
        deposit: NRN at stake in each round, as ``"10"``; the group's smallest if absent.
        max_deposit: most NRN that the group may ask for.
        on_event: receives each event, in a thread of its own.
        timeout: seconds to wait for the data; without it, as long as the worker runs.
        options: further options of ``descent-worker train``, as ``rounds="3"`` for ``--rounds 3``.
    """
    if group.recipe() is not None:
        raise DescentError(
            f"group {group.id} takes only checkpoints that come with a recorded training",
            "have descent-worker train for it",
        )
    network = group.network
    path = Path(folder).absolute()
    own = _own.OwnFolder(path / "own")
    for each in (own.path / _own.INBOX, path / "worker"):
        each.mkdir(parents=True, exist_ok=True)
    line = _own.command(
        network.nodes,
        group.id,
        own.path,
        path / "worker",
        {
            "key_file": key_file or network.key_file,
            "public_url": public_url,
            "listen": listen,
            "deposit": deposit,
            "max_deposit": max_deposit,
            "allow_private": network.allow_private,
            **options,
        },
    )
    run = Run(line, own, path / "worker.log", on_event)
    try:
        view = group.refresh().view
        is_pretrained = any(rule["rule"] == "pretrained" for rule in view["optional_rules"])
        return run.ready(timeout, with_head=view["head"] is not None or is_pretrained)
    except BaseException:
        run.stop()
        raise


def scalars(event: Event) -> dict[str, float]:
    """Returns the numbers of an event, for ``wandb.log`` and TensorBoard; scores are in the loss's unit.

    >>> scalars({"event": "offered", "file": "a", "score": 67036, "head": 70000})
    {'descent/offered/score': 0.067036, 'descent/offered/head': 0.07}
    """
    return {
        f"descent/{event['event']}/{name}": value / 1e6 if name in _own.MICRO else float(value)
        for name, value in event.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
