"""The composition root: makes the services, each given what it needs, and hands them out as one `App`. No Qt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from o365desk.services.connections import Connections
from o365desk.services.secrets import Vault
from o365desk.services.state import State
from o365desk.services.workspace import Workspace


@dataclass(frozen=True)
class App:
    """The services. Screens and commands are given this and nothing else."""

    workspace: Workspace
    state: State
    vault: Vault
    connections: Connections
    clock: Callable[[], datetime]
    practice: "Practice | None" = None

    def close(self) -> None:
        """Lets go of files and of the practice tenant."""


class Practice:
    """The practice tenant that this program started in a process of its own, reached over HTTPS like any other."""

    ready: Mapping[str, Any]

    def switches(self) -> list[dict[str, Any]]:
        """The trainer's switches as the tenant lists them (see practice/control): key, title, group, kind, value."""
        raise NotImplementedError

    def set(self, key: str, value: Any, app: str = "") -> None:
        """Turns a switch, for one app profile where the switch is kept per app."""
        raise NotImplementedError

    def reset(self) -> None:
        """Everything back to how it was."""
        raise NotImplementedError


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def build(
    workspace: Path | None = None,
    *,
    state_folder: Path | None = None,
    clock: Callable[[], datetime] = now,
    open_browser: Callable[[str], bool] | None = None,
    session_only: bool = False,
    user: str | None = None,
) -> App:
    """Makes the services. No network and no expensive import: msal and requests load when first needed.
    `open_browser` shows an address to the person (the system's browser by default)."""
    raise NotImplementedError
