"""Types the commands of "Keep it running" and "Govern the chain" as they are written, on four validators.

    DESCENT_CACHE=.. LIBTORCH=.. PATH=(with the programs):$PATH python network.py FOLDER

The reader runs one of the validators. Its machine is lost, and so is another. Finality stands still, and goes
on when the committee has noted that. A test of integration-tests runs this.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "documentation"))

from pages import REPOSITORY, Command
from shell import Failed, wait_for
from type_commands import Reader, run

PAGE, GOVERNANCE = "docs/src/operations.md", "docs/src/governance.md"
FOLDER = ".local/share/descent/node"
MAKE = "descent-node session-keys"
NODE = f"descent-node --chain chain.json --base-path ~/{FOLDER} --validator --name my-validator"
OTHERS = ("alice", "bob", "charlie")
METRICS = "http://127.0.0.1:9615/metrics"
"""Of the reader's node."""
TREASURY = "5EYCAe5gKzjnUTapUXMjdgGXaPeAMJmTNNXEhT2yvjRHCzTq"
SOMEBODY = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
SOON = 60
"""Seconds in which blocks are made and become final."""
SESSION = 120
"""Seconds of a session."""
DELAY = 6
"""Blocks after which the nodes of this network apply a forced change."""


@dataclasses.dataclass
class Node:
    """A validator's node that somebody else runs."""

    name: str
    number: int
    log: pathlib.Path
    process: int = 0

    @property
    def metrics(self) -> str:
        return f"http://127.0.0.1:{9615 + self.number}/metrics"

    def start(self, reader: Reader) -> None:
        """Starts it on ports behind those of the reader's node."""
        self.process = reader.shell.start(
            f"descent-node --chain chain.json --{self.name} --base-path {reader.home}/{self.name} "
            f"--node-key-file {self.name}.network --no-mdns --port {30333 + self.number} "
            f"--rpc-port {9944 + self.number} --prometheus-port {9615 + self.number}",
            self.log,
        )
        wait_for(self.log, "Idle|Imported", self.process)


def until(what: str, found: Callable[[], bool], limit: float) -> None:
    """Waits for something to become true."""
    end = time.monotonic() + limit
    while not found():
        if time.monotonic() >= end:
            raise Failed(f"after {limit} s still not: {what}")
        time.sleep(0.5)


def heights(reader: Reader, metrics: str) -> tuple[int, int]:
    """Returns the numbers of a node's best and finalized blocks."""
    printed = reader.do(f"curl -s {metrics}")
    lines = re.findall(r'^substrate_block_height\{status="(\w+)".*\} (\d+)$', printed, re.MULTILINE)
    found = dict(lines)
    return int(found["best"]), int(found["finalized"])


def finality_goes_on(reader: Reader, metrics: str) -> None:
    """Waits until what is the best block now is final."""
    best, _ = heights(reader, metrics)
    until(f"block {best} is final", lambda: heights(reader, metrics)[1] >= best, SOON)


def finality_stands_still(reader: Reader, node: Node) -> int:
    """Checks that blocks come to a node and none becomes final, and returns the last final one."""

    def two_blocks_later() -> int:
        start, _ = heights(reader, node.metrics)
        until("two blocks more", lambda: heights(reader, node.metrics)[0] >= start + 2, SOON)
        return heights(reader, node.metrics)[1]

    # Votes that are on the way may still make a block final.
    before, after = two_blocks_later(), two_blocks_later()
    if before != after:
        raise Failed(f"half of the validators finalized block {after} after {before}")
    return after


def kill(reader: Reader, process: int) -> None:
    """Ends a node as a power cut does."""
    reader.shell.type(f"kill -KILL {process}; wait {process}")


def session(log: pathlib.Path) -> int:
    """Returns the number of the session that a node has seen last."""
    return int(re.findall(r"New epoch (\d+) launching", log.read_text(errors="replace"))[-1])


def section(reader: Reader, heading: str) -> Iterator[Command]:
    """Returns the commands of a section that are not typed yet, as they are when each is asked for."""
    lines = (REPOSITORY / PAGE).read_text(encoding="utf-8").splitlines()
    first = lines.index(f"## {heading}")
    ends = (at for at, line in enumerate(lines) if at > first and line.startswith("## "))
    last = next(ends, len(lines))
    return (command for command in reader.left(PAGE) if first < command.line <= last)


def type_next(reader: Reader, heading: str, *beginnings: str) -> str:
    """Types the next commands of a section that begin like this, and returns what the last one printed.

    A node is kept running.
    """
    printed = ""
    for beginning in beginnings:
        command = next((left for left in section(reader, heading) if left.text.startswith(beginning)), None)
        if command is None:
            raise Failed(f"'{heading}' has no further command that begins with '{beginning}'")
        printed = reader.type(command, keep=True)
    return printed


def begin(reader: Reader) -> list[Node]:
    """Starts three validators, and makes what the reader has: keys, a specification, a node's folder."""
    reader.do(f"mkdir -p ~/.descent ~/.local/share/descent; cd {reader.folder}")
    for file, secret in (("~/.descent/key", "//Alice"), ("validator.key", "//Dave")):
        reader.do(f"(umask 077; echo {secret} >{file})")
    reader.names["STASH"] = reader.ask("descent key show --key-file validator.key")["account"]
    peers = [
        reader.do(f"descent-node key generate-node-key --file {name}.network").split()[-1]
        for name in OTHERS
    ]
    spec = json.loads(reader.do("descent-node export-chain-spec --chain local 2>/dev/null"))
    spec["bootNodes"] = [f"/ip4/127.0.0.1/tcp/30334/p2p/{peers[0]}"]
    (reader.folder / "spec.json").write_text(json.dumps(spec))
    reader.do("descent-node export-chain-spec --chain spec.json --raw --output chain.json")
    others = [Node(name, at, reader.logs / f"{name}.log") for at, name in enumerate(OTHERS, 1)]
    for node in others:
        node.start(reader)
    for kind, scheme in (("babe", "sr25519"), ("gran", "ed25519"), ("eval", "sr25519")):
        reader.do(
            f"descent-node key insert --base-path ~/{FOLDER} --chain chain.json "
            f"--key-type {kind} --scheme {scheme} --suri validator.key"
        )
    reader.do(f"descent-node key generate-node-key --chain chain.json --base-path ~/{FOLDER}")
    return others


def start_again(reader: Reader, name: str) -> int:
    """Starts the reader's node where the page has no further line for it, and returns its process."""
    log = reader.logs / f"{name}.log"
    process = reader.shell.start(NODE, log)
    wait_for(log, "Imported #", process)
    return process


def start_as_written(reader: Reader, heading: str) -> int:
    """Starts the reader's node with the next line of a section that does, and returns its process."""
    type_next(reader, heading, "descent-node --chain")
    _, process, log = reader.running.pop()
    wait_for(log, "Imported #", process)
    return process


def rotated(reader: Reader) -> None:
    """New session keys, beside the old ones."""
    keys = "descent validator keys"
    printed = type_next(reader, "Key rotation", f"{keys} --key-file", MAKE, f"{keys} --set keys.json --key-file")
    if not re.search("in this node +yes", printed):
        raise Failed(f"the node does not have its new keys:\n{printed}")
    printed = type_next(reader, "Key rotation", "ls ")
    if len(printed.split()) != 6:
        raise Failed(f"the keystore does not have three old keys and three new ones:\n{printed}")


def proxied(reader: Reader) -> None:
    """New session keys by an operator's account, which acts for the one with the bond."""
    reader.do("cp -p validator.key stash.key")
    reader.names["ADDRESS"] = reader.ask("descent key generate --key-file operator.key")["account"]
    reader.do("descent transfer ADDRESS 10 --key-file validator.key")
    set_keys = "descent validator keys --set keys.json --proxy-for"
    printed = type_next(reader, "Key rotation", "descent proxy add", MAKE, set_keys)
    if not re.search("in this node +yes", printed):
        raise Failed(f"the node does not have the keys that the operator has set:\n{printed}")


def replaced(reader: Reader, alice: Node) -> int:
    """A new machine with new keys for a validator whose own is lost. Returns its process."""
    final = finality_stands_still(reader, alice)
    lost = "Lost validators"
    type_next(reader, lost, "descent-node key generate-node-key")
    process = start_as_written(reader, lost)
    best, _ = heights(reader, alice.metrics)
    until("the new node has all blocks", lambda: heights(reader, METRICS)[0] >= best, SOON)
    # Its transaction pool follows from the first block after those on.
    synced, _ = heights(reader, METRICS)
    until("it follows the chain", lambda: heights(reader, METRICS)[0] > synced, SOON)
    until("the new node knows what is final", lambda: heights(reader, METRICS)[1] == final, SOON)
    type_next(reader, lost, "descent validator status", "curl", "descent validator chill")
    type_next(reader, lost, "descent validator validate", MAKE, "descent validator keys --set")
    return process


def noted(reader: Reader, alice: Node) -> None:
    """The motion of the committee, which is closed in the session before the one in which the set changes."""
    keys_set, still = session(alice.log), "Finality stands still"
    reader.names["--delay 100"] = f"--delay {DELAY}"
    printed = type_next(reader, still, "descent governance propose")
    _, final = heights(reader, alice.metrics)
    if f"note_stalled {{ delay: {DELAY}, best_finalized_block_number: {final} }}" not in printed:
        raise Failed(f"the motion is another one:\n{printed}")
    reader.names["HASH"] = motion(printed)
    type_next(reader, still, "descent governance show", "descent governance vote")
    reader.do("DESCENT_SURI=//Bob descent governance vote HASH aye")
    wait_for(alice.log, f"New epoch {keys_set + 1} launching", alice.process, SESSION + SOON)
    type_next(reader, still, "descent governance close")


def motion(printed: str) -> str:
    """Returns the hash of the motion that was made."""
    found = re.search("Moved in block.*(0x[0-9a-f]{64})", printed)
    if not found:
        raise Failed(f"no motion was made:\n{printed}")
    return found[1]


def governed(reader: Reader) -> None:
    """The page of the committee: a parameter, a spend that is paid out, any call, and an upgrade.

    The upgrade is to the runtime that the chain has, so that nobody can apply it.
    """
    reader.names.update({"ACCOUNT": SOMEBODY, "0x...": "0x00001468656c6c6f", "payout 3": "payout 0"})
    spec = json.loads((reader.folder / "chain.json").read_text())
    wasm = bytes.fromhex(spec["genesis"]["raw"]["top"]["0x" + b":code".hex()][2:])
    (reader.folder / "descent_runtime.compact.compressed.wasm").write_bytes(wasm)
    reader.do(f"DESCENT_SURI=//Bob descent transfer {TREASURY} 6000")
    reader.page(GOVERNANCE, "descent governance show")
    propose = "descent governance propose"
    hashes = [motion(reader.page(GOVERNANCE, f"{propose} {what}")) for what in ("parameter", "spend", "call")]
    upgrade = motion(reader.page(GOVERNANCE, f"{propose} upgrade"))
    for at in (*hashes, upgrade):
        reader.names["HASH"] = at
        reader.do("DESCENT_SURI=//Bob descent governance vote HASH aye")
        if at == hashes[1]:
            reader.page(GOVERNANCE, "descent governance vote", "descent governance close")
            reader.page(GOVERNANCE, "descent governance payout")
        else:
            reader.do("DESCENT_SURI=//Alice descent governance vote HASH aye")
            reader.do("DESCENT_SURI=//Alice descent governance close HASH")
    reader.page(GOVERNANCE, "descent governance apply")


def moved(reader: Reader, process: int) -> int:
    """The node's folder on another machine. Returns the node's process there."""
    type_next(reader, "Backup", "descent key show")
    reader.shell.stop(process)
    type_next(reader, "Backup", "tar")
    shutil.rmtree(reader.home / FOLDER)
    type_next(reader, "Backup", "tar")
    return start_again(reader, "moved")


def story(reader: Reader) -> None:
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

    still = "Finality stands still"
    alice, bob, charlie = begin(reader)
    process = start_again(reader, "first")
    finality_goes_on(reader, alice.metrics)
    say("four validators finalize; the reader's keys are rotated")
    rotated(reader)
    proxied(reader)

    say("two of them are killed")
    kill(reader, process)
    kill(reader, bob.process)
    finality_stands_still(reader, alice)
    process = start_as_written(reader, still)
    finality_goes_on(reader, alice.metrics)
    say("one is back with its own data, and finality goes on; its machine is lost")
    kill(reader, process)
    shutil.rmtree(reader.home / FOLDER)
    process = replaced(reader, alice)
    type_next(reader, still, "curl")
    waits = f"timeout 10 descent transfer {SOMEBODY} 1 --finalized --key-file validator.key"
    status, printed = reader.shell.type(waits)
    if status != 124:
        raise Failed(f"'{waits}' ends with {status}:\n{printed}")
    say("the committee moves")
    noted(reader, alice)
    say("the call is made")
    process = moved(reader, process)
    governed(reader)
    type_next(reader, "Upgrade", "descent governance show", "descent-node --v", "descent-worker --v")
    wait_for(alice.log, "Applying authority set change forced", alice.process, SESSION + SOON)
    say("the nodes have changed to the new set")
    for metrics in (alice.metrics, METRICS):
        finality_goes_on(reader, metrics)
    type_next(reader, still, "curl")
    type_next(reader, "Lost validators", "descent validator keys", "descent rewards show")
    type_next(reader, "Upgrade", "curl")
    for running in (process, alice.process, charlie.process):
        if status := reader.shell.stop(running):
            raise Failed(f"a node ends with {status} when it is asked to end")
    say("three of four finalize")


if __name__ == "__main__":
    run(story, [PAGE, GOVERNANCE])
