"""Libraries that only some functions need, and that are imported by them alone."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import MissingExtra


def optional(module: str, extra: str) -> Any:
    """Returns a module; raises MissingExtra where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        if error.name is not None and error.name.partition(".")[0] != library:
            raise
        raise MissingExtra(f"this needs {library}", f"pip install 'descent[{extra}]'") from error
