"""Finding: what one check of `livestyle doctor` found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing is. What is not there need not be a fault."""

    OK = "ok"
    PROBLEM = "problem"
    NOT_THERE = "not there"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: of the thing.
        state: how it is.
        found: what was seen.
        fix: what to do about it, in one sentence; "" when there is nothing to do.
        is_essential: a problem with it keeps livestyle from working at all.
    """

    name: str
    state: State
    found: str
    fix: str = ""
    is_essential: bool = False


def found_and_fix(message: str) -> tuple[str, str]:
    """An error's message in two: it says first what was found, and then what to try."""
    found, _, fix = message.partition(". ")
    return found.removesuffix("."), fix
