"""The lines of the list of data sources: what each column says, also of a file that cannot be read."""

from dataclasses import dataclass
from datetime import datetime

from o365desk.model.datasource import CLOUDS
from o365desk.model.status import Word
from o365desk.model.text import wording
from o365desk.services.connections import SourceRow
from o365desk.services.workspace.workspace import Unreadable
from o365desk.ui.table.view import Column

_CLOUD_ICONS = {"global": "cloud", "custom": "sliders", "practice": "practice"}
WORDS = {
    Word.READY: ("passed", "good"),
    Word.TEST_FAILED: ("failed", "bad"),
    Word.INCOMPLETE: ("not-proven", "warn"),
}


@dataclass(frozen=True)
class SourceLine:
    """A line of the list: a data source, or a file that cannot be read."""

    key: str
    name: str
    tenant: str
    type: str
    cloud: str
    type_icon: str
    modified: datetime | None
    modified_ago: str
    modified_by: str
    state: str
    reason: str
    look: tuple[str, str]
    row: SourceRow | None = None
    unreadable: Unreadable | None = None


def cloud_words(key: str) -> str:
    """A cloud as the second line under “Office 365”."""
    return "worldwide" if key == "global" else CLOUDS[key].title if key in CLOUDS else key


def cloud_icon(key: str) -> str:
    """The icon of a cloud."""
    return _CLOUD_ICONS.get(key, "flag")


def line_of(row: SourceRow, now: datetime) -> SourceLine:
    """The line of a data source."""
    source, status = row.entry.source, row.status
    return SourceLine(
        key=source.id,
        name=source.name or "(no name yet)",
        tenant=source.tenant,
        type="Office 365",
        cloud=cloud_words(source.cloud),
        type_icon=cloud_icon(source.cloud),
        modified=source.modified,
        modified_ago=wording.age(source.modified, now).removeprefix("on ") if source.modified else "",
        modified_by=source.modified_by,
        state=status.state,
        reason=status.reason,
        look=WORDS[status.word],
        row=row,
    )


def unreadable_line(file: Unreadable) -> SourceLine:
    """The line of a file that cannot be read: which file, where in it, why."""
    return SourceLine(
        key=str(file.path),
        name=file.path.name,
        tenant="",
        type="File",
        cloud="",
        type_icon="file",
        modified=None,
        modified_ago="",
        modified_by="",
        state="cannot be read",
        reason=file.problem.cause or file.problem.title,
        look=("warning", "bad"),
        unreadable=file,
    )


COLUMNS = (
    Column(
        key="name",
        title="Name",
        text=lambda line: line.name,
        note=lambda line: line.tenant,
        width=184,
        link=True,
        searched=True,
    ),
    Column(
        key="type",
        title="Type",
        text=lambda line: line.type,
        note=lambda line: line.cloud,
        icon=lambda line: (line.type_icon, "dim"),
        width=176,
        searched=True,
    ),
    Column(
        key="modified",
        title="Modified",
        text=lambda line: line.modified_ago,
        sort=lambda line: line.modified,
        width=124,
    ),
    Column(key="by", title="Modified by", text=lambda line: line.modified_by, width=104),
    Column(
        key="status",
        title="Status",
        text=lambda line: line.state,
        sort=lambda line: (line.state, line.reason),
        note=lambda line: line.reason,
        icon=lambda line: line.look,
        tone=lambda line: line.look[1],
        width=208,
        grows=True,
    ),
)
