"""Descent from Python: use a group's model, propose and vote on data, and compete in its rounds.

>>> import descent
>>> group = descent.connect("wss://rpc.example.org").group("mnist")   # doctest: +SKIP
>>> model = group.head().module()                                     # doctest: +SKIP

Nothing but the standard library is imported before it is needed: torch for modules, pyarrow for tables. Keys
stay
with the programs ``descent`` and ``descent-worker``, which sign and send all transactions.
"""

from . import cid, hashes, recording, sampling
from .checkpoint import InvalidWeights
from .cid import Content
from .dataset import Dataset, Delta
from .description import Description
from .errors import BinaryNotFound, CommandError, DescentError, MissingExtra, RpcError
from .group import Group, Head
from .network import NRN, Network, connect
from .proposal import Proposal
from .training import Event, Run, compete, scalars

__all__ = [
    "NRN",
    "BinaryNotFound",
    "CommandError",
    "Content",
    "Dataset",
    "Delta",
    "DescentError",
    "Description",
    "Event",
    "Group",
    "Head",
    "InvalidWeights",
    "MissingExtra",
    "Network",
    "Proposal",
    "Run",
    "RpcError",
    "cid",
    "compete",
    "connect",
    "hashes",
    "recording",
    "sampling",
    "scalars",
]
