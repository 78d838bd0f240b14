"""The errors of the domain. Web and command line translate them, each in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input.

    `code` is for machines, `message` says in plain Chinese what is wrong and what to do, `where` names the
    field, the row («第 3 行») or the event it was found in.
    """

    code: str
    message: str
    where: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


class DomainError(Exception):
    """Something that the rules refuse. `code` is stable and machine-readable."""

    code = "error"
    status = 400

    def __init__(self, message: str, *, code: str | None = None, **extra: object) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.extra = extra


class Invalid(DomainError):
    """The input is wrong; carries every problem that was found, not only the first."""

    code = "invalid"
    status = 422

    def __init__(self, problems: Iterable[Problem], *, code: str | None = None, **extra: object) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(p.message for p in self.problems), code=code, **extra)

    @classmethod
    def one(cls, code: str, message: str, where: str = "") -> Invalid:
        return cls([Problem(code, message, where)])


class NotAllowed(DomainError):
    """The actor may not do this, whatever the state."""

    code = "not_allowed"
    status = 403


class TooMany(DomainError):
    """More than the bound of acts of this kind; the message says when it goes on."""

    code = "too_many"
    status = 429


class NotFound(DomainError):
    """There is no such thing, or not for this actor; the two are told apart nowhere."""

    code = "not_found"
    status = 404


class Conflict(DomainError):
    """The state does not allow it now. `code` says why."""

    code = "conflict"
    status = 409
