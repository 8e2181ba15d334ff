"""Who owns a group of the imported directory: asked of the tenant when somebody looks, and kept with its moment.

No import brings owners. Microsoft's pages contradict each other: group-delta says that any relationship can be
tracked by `$select`, delta-query-overview that of groups only members can be, and no other navigation property. A
change that is not told would leave owners of long ago, shown as of the last import; the list itself is right.

Source: microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/{group-list-owners,group-delta}.md,
concepts/delta-query-overview.md ("Navigation properties").
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.directory.copy.directories import Directories
from o365desk.services.directory.copy.store import Copy
from o365desk.services.directory.imports.importer import OpensSessions, refuse_other_tenant
from o365desk.services.state.database import transaction

if TYPE_CHECKING:
    from o365desk.services.directory.copy.directory import Owners
    from o365desk.services.graph.client import Graph

_DENIED = ("Authorization_RequestDenied", "HTTP 403")
_GONE = ("Request_ResourceNotFound", "HTTP 404")
_SELECT = ("id", "displayName", "userPrincipalName", "@odata.type")
_LEAST = "GroupMember.Read.All"
"""The least permission that opens the list, for apps and people, by its reference page: what lists members does not
always."""
_USER = "user"


@dataclass(frozen=True)
class Asked:
    """What came of it: the owners as of now; or, where the tenant does not tell (`problem`), as they were known
    last, None where they never were."""

    owners: "Owners | None"
    problem: Problem | None = None


class GroupOwners:
    """See the module. Whoever may look at the copy may ask, by the same decision."""

    def __init__(
        self,
        directories: Directories,
        session: OpensSessions,
        copy: Callable[[str], Copy],
        clock: Callable[[], datetime],
    ) -> None:
        self._directories = directories
        self._session = session
        self._copy = copy
        self._clock = clock

    def ask(self, source: DataSource, group: str, stop: Stop) -> Asked:
        """Asks the tenant who owns a group, by its ID, and keeps the answer. Raises ProblemError where whoever
        works here may not look at the copy, or its file cannot be used; CancelledError on stop."""
        directory = self._directories.of(source)
        try:
            told = self._read(source, group, stop)
        except ProblemError as error:
            # The tenant may have said meanwhile that whoever asks is a partner.
            if why := self._directories.refused(source):
                raise ProblemError(why) from None
            return Asked(directory.owners(group), _not_told(error.problem))
        return Asked(directory.owners(group, told))

    def _read(self, source: DataSource, group: str, stop: Stop) -> Mapping[str, str]:
        """Reads and keeps them; returns what each is called, by ID."""
        from o365desk import catalogue

        copy = self._copy(source.id)
        try:
            with self._session(source, stop, catalogue.operation("user-list")) as session:
                if why := self._directories.refused(source):
                    raise ProblemError(why)
                refuse_other_tenant(session.source, copy, session.token.tenant)
                at = self._clock()
                rows = _listed(session.graph, group)
            stop.check()
            _keep(copy, group, at, rows)
        finally:
            copy.close()
        return {key: str(row.get("displayName") or row.get("userPrincipalName") or "") for key, row in rows.items()}


def _listed(graph: "Graph", group: str) -> dict[str, dict[str, Any]]:
    """The owners by ID, the list read to its end: half of it would say of the others that they are none."""
    from o365desk.catalogue.operations import PAGE
    from o365desk.services.graph import answers, objects

    query = {"$select": ",".join(_SELECT[:-1]), "$top": str(PAGE)}
    pages = graph.pages(f"/groups/{group}/owners", query, shape=objects.page(_SELECT))
    return {row["id"]: row for page in pages for row in answers.rows_in(page.body, page.request_id)}


def _keep(copy: Copy, group: str, at: datetime, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Keeps the answer; not what users are called, which the copy has of those that an import chooses."""
    sorts = {key: str(row.get("@odata.type") or "").rpartition(".")[2] or _USER for key, row in rows.items()}
    listed = [
        (key, sort, "" if sort == _USER else str(rows[key].get("displayName") or "")) for key, sort in sorts.items()
    ]
    kept = (group, at.isoformat(), msgspec.json.encode(listed))

    def act(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            connection.execute("INSERT OR REPLACE INTO owners VALUES (?, ?, ?)", kept)

    copy.use(act)


def untold(group: Mapping[str, Any]) -> str:
    """Why it proves nothing that Graph lists no owner of a group; "" where it does, but for apps."""
    if group.get("onPremisesSyncEnabled"):
        return "Microsoft Graph does not tell the owners of groups that are synchronised from Active Directory."
    if group.get("mailEnabled") and "Unified" not in (group.get("groupTypes") or ()):
        return "Microsoft Graph does not tell the owners of groups that Exchange looks after."
    return ""


def _not_told(problem: Problem) -> Problem:
    """Why the tenant did not tell, and what to do."""
    if problem.code in _GONE:
        return problem.with_(
            title="The tenant does not find this group any more",
            cause="It may have been deleted since the last import.",
            remedy="Import the directory: what is shown is as old as that.",
            action=Action.IMPORT,
        )
    if problem.code in _DENIED:
        return problem.with_(
            title="Microsoft Graph refused to tell who owns the group",
            remedy=f"Let an administrator consent to {_LEAST} for this app (a guest who is signed in needs a "
            "directory role that reads groups besides); then ask again.",
            action=Action.CONSENT,
        )
    return problem
