"""Who works with the program: what history, runs, approvals and tests say of who did something."""

from dataclasses import dataclass
from enum import StrEnum


class OperatorKind(StrEnum):
    """How it is known who that is."""

    OS = "os"
    """The operating system says so."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """`address` names the person to others who share the workspace: it is what is written down and shown."""

    kind: OperatorKind
    address: str


def os_user(name: str) -> Operator:
    """Whoever is signed in to the operating system under a name."""
    return Operator(kind=OperatorKind.OS, address=name)
