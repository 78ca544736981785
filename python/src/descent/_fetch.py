"""Fetching of content from providers, each block of which ``descent content get`` checks against the CID."""

from __future__ import annotations

import ipaddress
import os
import socket
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from . import _binary, cid
from .cid import Content
from .errors import DescentError

_MAX_PROVIDERS = 8


def fetch(
    content: Content, providers: Iterable[str], path: str | os.PathLike[str], allow_private: bool = False
) -> Path:
    """Writes content to a file, unless the file has it already.

    Providers are strangers' addresses: those on this machine or in private networks are left out unless
    ``allow_private`` is true, as a local chain needs it.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size == content.size and cid.of_file(path) == content:
        return path
    known = list(dict.fromkeys(providers))
    asked = [url for url in known if allow_private or _is_public(url)][:_MAX_PROVIDERS]
    if not asked:
        raise DescentError(
            f"no provider can be asked for {content}: {', '.join(known) or 'there is none'}",
            "descent.connect(.., allow_private=True) asks those on this machine and in private networks too"
            if known
            else None,
        )
    options = [option for url in asked for option in ("--provider", url)]
    path.parent.mkdir(parents=True, exist_ok=True)
    _binary.run(["content", "get", content.cid, "--size", str(content.size), *options, "--out", str(path)])
    return path


def _is_public(url: str) -> bool:
    """Returns true if all addresses of a URL's host are public."""
    try:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return False
        found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
        return all(ipaddress.ip_address(info[4][0]).is_global for info in found)
    except (OSError, ValueError):
        return False
