"""A machine of its own for the commands: free ports, a folder for temporary files, names of other hosts."""

from __future__ import annotations

import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import sys

HOSTS = {
    "203.0.113.7": "203.0.113.7",
    "trainer.example.org": "127.0.0.1",
    "gateway.example.org": "127.0.0.1",
    "keeper.example.org": "127.0.0.1",
}
"""Hosts that the pages name, and where they are on this machine."""
ISOLATED = "DESCENT_DOCUMENTATION_ISOLATED"


def enter() -> bool:
    """Runs this program again in name spaces for network and mounts of its own.

    Returns false where the system has none: then the ports of the pages have to be free, and `elsewhere` names other
    hosts and folders.
    """
    if os.environ.get(ISOLATED):
        return True
    flags = ["--net", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    try:
        can = subprocess.run(["unshare", *flags, "mount", "-t", "tmpfs", "none", "/tmp"], capture_output=True)
    except FileNotFoundError:
        return False
    if can.returncode:
        return False
    os.environ[ISOLATED] = "1"
    os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])


def elsewhere(folder: pathlib.Path) -> dict[str, str]:
    """Returns what takes the place of hosts and folders of the pages on a machine that others use, too."""
    folders = {f"/tmp/{name}": str(folder / name) for name in ("alice", "bob", "trainer1")}
    return {**{host: "127.0.0.1" for host in HOSTS}, **folders}


def prepare(folder: pathlib.Path, keep: list[pathlib.Path]) -> pathlib.Path:
    """Brings up the loopback device with all addresses, makes the names known, and empties `/tmp`.

    `/tmp` stays as it is if one of the paths to keep lies in it. Returns the folder to work in.
    """
    _interface("lo", "127.0.0.1")
    _interface("lo:1", "203.0.113.7")
    hosts = folder / "hosts"
    hosts.write_text("".join(f"{where} {name}\n" for name, where in {"localhost": "127.0.0.1", **HOSTS}.items()))
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    if any(path.resolve().is_relative_to("/tmp") for path in keep):
        return folder
    temporary = folder / "tmp"
    temporary.mkdir()
    subprocess.run(["mount", "--bind", temporary, "/tmp"], check=True)
    return pathlib.Path("/tmp")


def _interface(name: str, address: str) -> None:
    # struct ifreq with a struct sockaddr_in, and with flags: netdevice(7)
    sets_address, sets_flags, is_up, is_running = 0x8916, 0x8914, 0x1, 0x40
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH2s4s8s", name.encode(), socket.AF_INET, b"", socket.inet_aton(address), b"")
        fcntl.ioctl(control, sets_address, request)
        fcntl.ioctl(control, sets_flags, struct.pack("16sH14s", name.encode(), is_up | is_running, b""))
