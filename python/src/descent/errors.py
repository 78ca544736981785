"""Errors of the package."""

from __future__ import annotations

__all__ = ["BinaryNotFound", "CommandError", "DescentError", "MissingExtra", "RpcError"]


class DescentError(Exception):
    """An error of a node, of a command, or of data; ``hint`` says what to do about it, where that is
    known."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class RpcError(DescentError):
    """An error that a node answered; ``code`` is one of the book's table, such as 8001 for an unknown
    group."""

    def __init__(self, message: str, code: int, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.code = code


class CommandError(DescentError):
    """An error of ``descent`` or ``descent-worker``; ``code`` names it, where the command does."""

    def __init__(
        self, message: str, hint: str | None = None, code: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(message, hint)
        self.code = code
        self.status = status


class BinaryNotFound(DescentError):
    """A program of Descent is not installed where it is looked for."""


class MissingExtra(DescentError, ImportError):
    """A library is missing that an extra of the package installs."""
