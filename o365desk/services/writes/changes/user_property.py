"""Properties of users.

Source: microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/user-update.md: null empties a property,
but for those that are not nullable.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from o365desk.catalogue.changes import UserProperty
from o365desk.model.fields import Field
from o365desk.model.problems import Action, Problem
from o365desk.model.targets import PropertyBefore, PropertyTarget, expect
from o365desk.services.directory.holdings import users_now
from o365desk.services.graph.client import Graph, Request
from o365desk.services.writes.changes.named import find_users
from o365desk.services.writes.changes.planned_row import changed_since, still_open
from o365desk.services.writes.changes.requests import WriteRequest, one_each
from o365desk.services.writes.changes.sort import ChangeSort, Former, Sending, subject
from o365desk.services.writes.journal.journal import JournalRow

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow


def _resolve(context: "PlanContext", change: UserProperty, drafts: "list[PlannedRow]") -> None:
    """The user of each row, and the value that is wished for."""
    find_users(context, drafts, (change.name,))
    for draft in still_open(drafts):
        text = draft.value(change.name)
        wish = (text if context.undoing else read_value(change, draft, text)) or None
        if text and not wish:  # what nobody understands must not empty it
            draft.cannot(_not_understood(text, context.operation.field(change.name)))
            continue
        draft.wanted, draft.aim = wish, wish or "none"
        draft.target = PropertyTarget(user=draft.user["id"], name=change.name, value=wish)
        draft.same_as_key = draft.user["id"]


def _compare(context: "PlanContext", change: UserProperty, drafts: "list[PlannedRow]") -> None:
    """Whether each user has that value."""
    label = context.operation.field(change.name).plain_label.lower()
    for draft in drafts:
        now = draft.user.get(change.name) or None
        draft.before = PropertyBefore(value=now)
        if now == draft.wanted:
            draft.already(f"It is “{now}”." if now else "It is empty.")
        elif draft.changed_since(now):
            draft.cannot(changed_since(f"It is “{now or 'empty'}” now."))
        elif draft.wanted is None and change.never_empty:
            draft.cannot(_not_emptied(draft.item, label, *change.never_empty))
        else:
            draft.will(f"Before: “{now}”." if now else "")


def _not_emptied(name: str, label: str, why: str, remedy: str) -> Problem:
    title = f"The {label} of {name} cannot be emptied again"
    return Problem(title=title, cause=why, remedy=remedy, code="not-nullable")


def _not_understood(text: str, field: Field) -> Problem:
    title = f"“{text}” is no {field.plain_label.lower()}"
    return Problem(title=title, remedy="Correct it.", field=field.key, action=Action.FIELD, code="no-value")


def read_value(change: UserProperty, draft: "PlannedRow", text: str) -> str:
    """What Microsoft takes for the text that a row gives, "" for what is none; where it is read as another, that is
    said."""
    if change.reading is None:
        return text
    code = change.reading.code(text)
    if code and code.casefold() != text.casefold():
        draft.warn(f"“{text}” was read as {change.reading.named(code)}.")
    return code


def _target(row: JournalRow) -> PropertyTarget:
    return expect(row.target, PropertyTarget)


def _request(row: JournalRow) -> Request:
    target = _target(row)
    return Request(method="PATCH", path=f"/users/{target.user}", body={target.name: target.value})


def _requests(change: UserProperty, rows: Sequence[JournalRow], root: str, size: int) -> list[WriteRequest]:
    return one_each(rows, _request)


def _fulfilled(graph: Graph, change: UserProperty, rows: Sequence[JournalRow]) -> dict[int, bool]:
    found = users_now(graph, (_target(row).user for row in rows), change.name)
    result = {}
    for row in rows:
        target = _target(row)
        user = found[target.user]
        result[row.number] = user is not None and (user.get(change.name) or None) == target.value
    return result


def _former(row: JournalRow) -> Former:
    target, value = _target(row), expect(row.before, PropertyBefore).value
    return Former(values={"user": target.user, target.name: value or ""}, wanted=value, left=(target.value,))


SORT = ChangeSort[UserProperty](
    target=PropertyTarget,
    resolve=_resolve,
    compare=_compare,
    about=lambda target, before: subject("property", target.user, target.name),
    former=_former,
    send=Sending(requests=_requests, fulfilled=_fulfilled),
)
