"""A log to look at: the services on a temporary folder, with a clock that is driven."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from o365desk.app import App, build
from o365desk.model.access.operator import os_user
from o365desk.model.activity import Entry, Head, Thing, What
from o365desk.services.activity import verifying
from o365desk.services.activity.activity import Query
from o365desk.services.activity.verifying import Verdict
from o365desk.services.state import database

CONTOSO = Thing("c0ffee00-0000-4000-8000-000000000001", "Contoso")
ANN, BEN = "ann@contoso.com", "ben@contoso.com"


class Log:
    """See the module."""

    def __init__(self, folder: Path, who: str = ANN, **options: Any) -> None:
        self.now = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
        self.folder = folder
        defaults: dict[str, Any] = {"operator": os_user(who), "session_only": True}
        self.app: App = build(
            folder / "workspace", state_folder=folder / "state", clock=lambda: self.now,
            **defaults | options,
        )  # fmt: skip
        self.desk = self.app.activity

    def passes(self, **span: float) -> None:
        """Time passes."""
        self.now += timedelta(**span)

    def fill(self, count: int) -> None:
        """Entries of several sorts, in one transaction."""

        def act(connection: Any) -> None:
            with database.transaction(connection):
                for number in range(count):
                    self.desk.within(
                        connection, (What.READ, What.TEST, What.SOURCE_SAVED)[number % 3], source=CONTOSO,
                        outcome="done", facts={"operation": "user-list", "rows": number}, after={"tenant": number},
                        requests=[f"request-{number}"], run=f"{number:08x}",
                    )  # fmt: skip

        self.app.state.use(act)

    def entries(self, **query: Any) -> list[Entry]:
        return list(self.desk.all(Query(**query)))

    def whats(self, **query: Any) -> list[str]:
        """What was done, the oldest first."""
        return [entry.what for entry in reversed(self.entries(**query))]

    def verify(self, kept: Head | None = None) -> Verdict:
        return verifying.verify(self.app.state, kept)

    def head(self) -> Head:
        found = self.desk.head()
        assert found
        return found

    def do(self, *statements: str, values: Iterable[Any] = ()) -> None:
        """Changes the file as somebody would who can write it."""
        self.app.state.use(lambda connection: [connection.execute(each, tuple(values)) for each in statements])

    def close(self) -> None:
        self.app.close()
