"""Where `Context.go` leads: one frozen destination for each page, with what the page is given.

Every member has a default: a destination without anything is the page as it was left.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Kind
from o365desk.model.fields import Kind as FieldKind

if TYPE_CHECKING:
    from o365desk.catalogue.operations import Operation
    from o365desk.model.run import Plan, Row
    from o365desk.services.directory.suggestions import Suggestion
    from o365desk.services.spreadsheets.reader import Sheet
    from o365desk.services.state.state import Notice


class Destination(msgspec.Struct, frozen=True):
    """See the module. `o365desk.ui.shell.places` says which page it leads to."""

    @property
    def asks(self) -> bool:
        """Whether the page is given anything."""
        return self != type(self)()


class ToSources(Destination, frozen=True):
    """Datasource management."""


class ToAddNew(Destination, frozen=True):
    """The tiles to add a data source with."""


class Begins(Enum):
    """What a data source's page does at once when it is shown."""

    TEST = "test"
    AUTHORIZE = "authorize"
    APPROVE = "approve"


class ToConnector(Destination, frozen=True):
    """A data source by its id, or a `draft` with the version of the file that it began with as its `base` (None:
    new). `then`: what to begin with; or else `field`, the key of the field to go to."""

    source_id: str = ""
    draft: DataSource | None = None
    base: str | None = None
    then: Begins | None = None
    field: str = ""


@dataclass(frozen=True)
class Chosen:
    """Rows of a list that another operation is to be used on, as values of `kind`; `where` says what they are."""

    operation: str
    kind: FieldKind
    items: "tuple[Suggestion, ...]"
    where: str


class ToOperations(Destination, frozen=True):
    """An operation, by its key, of a data source; with what was `chosen` for it elsewhere filled in."""

    source_id: str = ""
    operation: str = ""
    chosen: Chosen | None = None


class Wish(msgspec.Struct, frozen=True):
    """What is to be planned. `undoes` is the id of a run; `then` what is planned again after a fix was applied;
    `leave_out_disabled`: nothing is given to disabled accounts."""

    source: DataSource
    operation: "Operation"
    rows: "tuple[Row, ...]" = ()
    sheet: "Sheet | None" = None
    undoes: str = ""
    then: "Wish | None" = None
    leave_out_disabled: bool = False


class ToPlan(Destination, frozen=True):
    """The review of a plan, which is made at once."""

    wish: Wish | None = None


class ToRuns(Destination, frozen=True):
    """The runs of a data source, or all."""

    source_id: str = ""


class Begin(msgspec.Struct, frozen=True):
    """A plan to carry out, with the word that was typed for it; `then` is planned again afterwards."""

    source: DataSource
    plan: "Plan"
    confirmed: str = ""
    then: Wish | None = None


class ToRun(Destination, frozen=True):
    """A run that begins, or one of the journal, by its id, which may be resumed at once."""

    run_id: str = ""
    resume: bool = False
    begin: Begin | None = None


class ToSchedules(Destination, frozen=True):
    """The scheduled tasks; `task` is the id of the one that is chosen."""

    task: str = ""


class ToTask(Destination, frozen=True):
    """The history of a scheduled task, by its id."""

    task: str = ""


class ToLifetimes(Destination, frozen=True):
    """What ends by itself, and what is to run, on one time line."""


class ToDirectory(Destination, frozen=True):
    """The imported directory of a data source: its users or groups, one of them by its ID."""

    source_id: str = ""
    kind: Kind | None = None
    key: str = ""


class ToImport(Destination, frozen=True):
    """The import of a data source's directory: what waits, or, to `begin`, a new read; `full`: of everything."""

    source_id: str = ""
    begin: bool = False
    full: bool = False


class ToGroupsInStep(Destination, frozen=True):
    """The groups that are kept in step."""


class ToPeople(Destination, frozen=True):
    """The people of the workspace; those with an address, if there is one."""

    person: str = ""


class ToActivity(Destination, frozen=True):
    """The activity log: the entries of a data source, by its id, of a run or of a person, or all."""

    source_id: str = ""
    run: str = ""
    who: str = ""


class ToRecycleBin(Destination, frozen=True):
    """What was deleted."""


class ToNotices(Destination, frozen=True):
    """Everything that was said; `notice`, or else the latest, is chosen."""

    notice: "Notice | None" = None
