"""Where `Context.go` leads: one frozen destination for each page, with what the page is given.

Every member has a default: a destination without anything is the page as it was left.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from o365desk.model.datasource import DataSource

if TYPE_CHECKING:
    from o365desk.catalogue.operations import Operation
    from o365desk.model.run import Plan, Row
    from o365desk.services.spreadsheets.reader import Sheet
    from o365desk.services.state.state import Notice


@dataclass(frozen=True)
class Destination:
    """See the module. `o365desk.ui.shell.places` says which page it leads to."""

    @property
    def asks(self) -> bool:
        """Whether the page is given anything."""
        return self != type(self)()


@dataclass(frozen=True)
class ToSources(Destination):
    """Datasource management."""


@dataclass(frozen=True)
class ToAddNew(Destination):
    """The tiles to add a data source with."""


@dataclass(frozen=True)
class ToConnector(Destination):
    """A data source by its id, or a `draft` with the version of the file that it began with as its `base` (None:
    new). `then`: what to begin with, "test", "authorize" or "approve", or the key of a field to go to."""

    source_id: str = ""
    draft: DataSource | None = None
    base: str | None = None
    then: str = ""


@dataclass(frozen=True)
class ToOperations(Destination):
    """An operation, by its key, of a data source."""

    source_id: str = ""
    operation: str = ""


@dataclass(frozen=True)
class Wish:
    """What is to be planned. `undoes` is the id of a run; `then` what is planned again after a fix was applied;
    `leave_out_disabled`: nothing is given to disabled accounts."""

    source: DataSource
    operation: "Operation"
    rows: "tuple[Row, ...]" = ()
    sheet: "Sheet | None" = None
    undoes: str = ""
    then: "Wish | None" = None
    leave_out_disabled: bool = False


@dataclass(frozen=True)
class ToPlan(Destination):
    """The review of a plan, which is made at once."""

    wish: Wish | None = None


@dataclass(frozen=True)
class ToRuns(Destination):
    """The runs of a data source, or all."""

    source_id: str = ""


@dataclass(frozen=True)
class Begin:
    """A plan to carry out, with the word that was typed for it; `then` is planned again afterwards."""

    source: DataSource
    plan: "Plan"
    confirmed: str = ""
    then: Wish | None = None


@dataclass(frozen=True)
class ToRun(Destination):
    """A run that begins, or one of the journal, by its id, which may be resumed at once."""

    run_id: str = ""
    resume: bool = False
    begin: Begin | None = None


@dataclass(frozen=True)
class ToRecycleBin(Destination):
    """What was deleted."""


@dataclass(frozen=True)
class ToNotices(Destination):
    """Everything that was said; `notice`, or else the latest, is chosen."""

    notice: "Notice | None" = None
