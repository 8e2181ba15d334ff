"""Who works with the program: what history, runs, approvals and tests say of who did something."""

from dataclasses import dataclass
from enum import StrEnum


class OperatorKind(StrEnum):
    """How it is known who that is."""

    OS = "os"
    """The operating system says so."""
    MICROSOFT = "microsoft"
    """They signed in, and Microsoft says so."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """`address` names the person to others who share the workspace: it is what is written down and shown. A
    Microsoft account has its tenant's ID and its object ID in `tenant` and `oid`, in small letters; `name` is shown
    and never compared; a `guest` is of another tenant."""

    kind: OperatorKind
    address: str
    tenant: str = ""
    oid: str = ""
    name: str = ""
    guest: bool = False


def os_user(name: str) -> Operator:
    """Whoever is signed in to the operating system under a name."""
    return Operator(kind=OperatorKind.OS, address=name)


def microsoft_account(address: str, *, tenant: str, oid: str, name: str = "", guest: bool = False) -> Operator:
    """Whoever signed in with a Microsoft account."""
    return Operator(
        kind=OperatorKind.MICROSOFT, address=address, tenant=tenant.lower(), oid=oid.lower(), name=name, guest=guest
    )
