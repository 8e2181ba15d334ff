"""Connections: a data source together with all that is known about it. Window and command line both stand on this."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.report import Report, Step
from o365desk.model.status import Authorisation, Known, Lifetime, Status
from o365desk.services.secrets import Secret
from o365desk.services.wire import Stop
from o365desk.services.workspace import Entry, Unreadable


@dataclass(frozen=True)
class Credential:
    """What was typed into the form and is not in the vault yet; None means: as the vault has it."""

    secret: Secret | None = None
    passphrase: Secret | None = None


NO_CREDENTIAL = Credential()


@dataclass(frozen=True)
class Row:
    """A line of the list of data sources."""

    entry: Entry
    status: Status
    authorisation: Authorisation | None


@dataclass(frozen=True)
class Overview:
    """The list of data sources."""

    rows: tuple[Row, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True)
class Waiting:
    """While somebody signs in or consents: `url` to open, for a device code also the `code` to type there.
    `until` is when it gives up."""

    kind: str  # "browser", "device-code" or "consent"
    url: str
    until: datetime
    code: str = ""


@dataclass(frozen=True)
class StepBegan:
    """A step of the test started; `key` and `title` as in `Step`."""

    key: str
    title: str
    began: float


Progress = StepBegan | Step
"""What a running test tells."""


class Connections:
    """See the module."""

    def overview(self) -> Overview:
        """All data sources of the workspace with their status. No network; safe before the first window."""
        raise NotImplementedError

    def known(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> Known:
        """All that is known about a (perhaps unsaved) data source. No network."""
        raise NotImplementedError

    def status(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> Status:
        """Its status now."""
        raise NotImplementedError

    def lifetimes(self, source: DataSource) -> list[Lifetime]:
        """What about it ends by itself, soonest first."""
        raise NotImplementedError

    def problems(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> list[Problem]:
        """Every offline check: details, secret, certificate; in the form's order."""
        raise NotImplementedError

    def last_report(self, source_id: str) -> Report | None:
        """The report of the last test, as it was."""
        raise NotImplementedError

    def has_secret(self, source_id: str, name: str) -> bool:
        """Whether the vault holds a secret of the data source (CLIENT_SECRET or PASSPHRASE)."""
        raise NotImplementedError

    def save(self, source: DataSource, base: str | None, credential: Credential = NO_CREDENTIAL) -> Entry:
        """Saves secrets to the vault and details to the workspace (in this order), and drops the draft. Raises
        ConflictError or ProblemError; then the file is as it was."""
        raise NotImplementedError

    def consent_link(self, source: DataSource) -> str:
        """The link to send to whoever can consent for the tenant."""
        raise NotImplementedError

    def authorise(
        self,
        source: DataSource,
        stop: Stop,
        tell: Callable[[Waiting], None],
        *,
        credential: Credential = NO_CREDENTIAL,
        device_code: bool = False,
    ) -> Authorisation:
        """Blocks while an administrator signs in (or, for secret and certificate, consents). Opens the system
        browser unless `device_code`. Raises ProblemError (also for another tenant) or CancelledError."""
        raise NotImplementedError

    def test(
        self,
        source: DataSource,
        stop: Stop,
        tell: Callable[[Progress], None],
        *,
        credential: Credential = NO_CREDENTIAL,
    ) -> Report:
        """Blocks while the connection is tested; keeps the evidence. `tell` is called from several threads.
        Raises CancelledError only."""
        raise NotImplementedError
