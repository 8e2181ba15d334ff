"""New groups: their plan, and making them. Each is made at most once, whatever becomes of the answers: before a
second try the tenant is searched for the first one's work. Many security groups may share one mail nickname, so it
is known by all that was asked for, and by not having been there before: the tenant is searched before the first try
too, and what other rows of the run have made is theirs.

Source: microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/group-post-groups.md (20 relationships
with the group); learn.microsoft.com on group-post-members (a new group may not be found for some seconds).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from o365desk.catalogue import odata, values
from o365desk.catalogue.changes import Members, NewGroup
from o365desk.catalogue.groups import nickname
from o365desk.catalogue.operations import PAGE
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.run import RowOutcome, place_of
from o365desk.model.stop import Control
from o365desk.model.targets import NewGroupBefore, NewGroupTarget, expect
from o365desk.services import explain
from o365desk.services.directory import holdings, lookup
from o365desk.services.graph import objects, throttling
from o365desk.services.graph.client import Graph, Reply, Request
from o365desk.services.graph.reply_meaning import ReplyMeaning, meaning_of
from o365desk.services.writes.changes import named, planned_row, requests
from o365desk.services.writes.changes.requests import TOGETHER
from o365desk.services.writes.changes.sort import ChangeSort, Former, subject
from o365desk.services.writes.journal.journal import SENT, JournalRow

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlanContext, PlannedRow
    from o365desk.services.writes.journal.recorder import Rests, RunRecorder

_TOLD = ("displayName", "mailNickname", "mailEnabled", "securityEnabled", "groupTypes", "description")
"""Of what is asked for, what a list tells just as it was."""
_SELECT = ("id", "createdDateTime", *_TOLD)
_GROUPS, _MADE = objects.page(_SELECT, "displayName", "createdDateTime"), objects.one(("id",))
_LONGEST = 120
"""Longest text that a plain filter compares with; see `lookup.py`."""
_POSTS = 3
_NAMED = 6
"""So many people are named; the rest are counted."""
_SKEW = timedelta(hours=1)
"""How far the clocks of this computer and of Microsoft may be apart."""
_ADDING = Members(adds=True)
"""As which the later members come."""
_UNIFIED, _HIDDEN = "microsoft365", "HiddenMembership"


# --- the plan -----------------------------------------------------------------------------------------------------


def _resolve(context: "PlanContext", change: NewGroup, drafts: "list[PlannedRow]") -> None:
    """Looks up owners and first members, and what the groups are to be."""
    for draft in drafts:
        draft.item, draft.same_as_key = draft.value("displayName"), draft.row.number
    left = planned_row.still_open(drafts)
    texts = [text for draft in left for key in ("owners", "members") for text in values.several(draft.value(key))]
    found: Mapping[str, lookup.Found] = {}
    if texts:
        context.tell("Looking up owners and members")
        needed = (need for key in ("owners", "members") for need in context.needs.get(key, ()))
        select = tuple(dict.fromkeys((*lookup.USER_SELECT, *needed)))
        found = lookup.users(context.graph, list(dict.fromkeys(texts)), select)
    for draft in left:
        draft.people = {key: _people(context, draft, key, found) for key in ("owners", "members")}
        if (number := len(draft.people["owners"])) > TOGETHER:
            title = f"{number} owners are too many to begin with"
            cause = f"Microsoft takes {TOGETHER} people with a new group."
            draft.cannot(_problem("owners", title, cause, f"Name up to {TOGETHER}.", "too-many"))


def _people(context: "PlanContext", draft: "PlannedRow", key: str, found: Mapping[str, lookup.Found]) -> list[str]:
    people, wrong = dict[str, dict[str, Any]](), []
    shows = context.shows.get(key)
    for text in values.several(draft.value(key)):
        user = found[text]
        if user.entity is None or (shows and not shows(user.entity)):
            # Whom a partner default hides reads as one who is not there: see `partner_default`.
            wrong.append((user.problem or _problem(key, "It was not found", "", "", "not-found")).with_(field=key))
        else:
            people[str(user.entity["id"])] = user.entity
    _refuse(draft, key, wrong)
    return _without_disabled(context, draft, key, found, people)


def _without_disabled(
    context: "PlanContext",
    draft: "PlannedRow",
    key: str,
    found: Mapping[str, lookup.Found],
    people: Mapping[str, dict[str, Any]],
) -> list[str]:
    """The ids of these people, by id, but of those whose accounts are disabled, where that is asked for; else it is
    warned of them."""
    disabled = {person: user for person, user in people.items() if named.is_disabled(user)}
    if not disabled:
        return list(people)
    called = [str(user.get("displayName") or user.get("userPrincipalName")) for user in disabled.values()]
    if context.discreet:
        called = [text for text in values.several(draft.value(key)) if _id_of(found[text]) in disabled]
    names = _listed(called)
    are = "account is" if len(disabled) == 1 else "accounts are"
    if context.leave_out_disabled:
        draft.left_out += len(disabled)
        draft.remark(f"Left out of the {key}, as the {are} disabled: {names}.")
        return [person for person in people if person not in disabled]
    draft.disabled += len(disabled)
    draft.warn(f"{len(disabled)} of the {key}: the {are} disabled ({names}).")
    return list(people)


def _id_of(found: lookup.Found) -> str:
    return str(found.entity["id"]) if found.entity else ""


def _refuse(draft: "PlannedRow", key: str, wrong: Sequence[Problem]) -> None:
    """The row cannot be done for these people, all of whom are named at once."""
    if len(wrong) > 1:
        named = "; ".join(problem.title for problem in wrong[:_NAMED])
        more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        title = f"{len(wrong)} of the {key} cannot be taken"
        draft.cannot(
            _problem(key, title, f"{named}{more}.", "Correct these names, or leave them out.", wrong[0].code)
        )
    elif wrong:
        draft.cannot(wrong[0])


def _compare(context: "PlanContext", change: NewGroup, drafts: "list[PlannedRow]") -> None:
    """Gives each group a nickname that is free, and tells names that are not."""
    context.tell("Comparing with the groups that there are")
    wanted = {draft.row.number: draft.value("mailNickname") or nickname(draft.item) or "group" for draft in drafts}
    rows = list(lookup.rows_of(context.graph, [_clashes(wanted[draft.row.number], draft.item) for draft in drafts]))
    last: dict[str, int] = {}
    taken, names = _there(context, rows)
    for draft in drafts:
        name, given = wanted[draft.row.number], bool(draft.value("mailNickname"))
        owner = taken.get(name.lower(), "") if given else ""
        if owner and draft.value("kind") == _UNIFIED:
            draft.cannot(
                _problem(
                    "mailNickname",
                    f"The mail nickname “{name}” is taken",
                    f"By {owner}.",
                    "Give another one, or leave it empty: then a free one is made from the name.",
                    "nickname-taken",
                )
            )
            continue
        if owner:
            draft.warn(
                f"The mail nickname “{name}” is that of {owner}, too. Microsoft is known to take this for security "
                "groups, and to refuse it."
            )
        name = name if given else _free(name, taken, last)
        taken.setdefault(name.lower(), place_of(draft.row.number, draft.row.line))
        draft.target = NewGroupTarget(**draft.people, body=_body(draft, name))
        kind = "Microsoft 365 group" if draft.value("kind") == _UNIFIED else "Security group"
        draft.exact = f"{kind} · {name}"
        draft.will(" ".join(_remarks(context, draft, kind, name, names)))
        names.add(lookup.key_of(draft.item))


def _there(context: "PlanContext", rows: Sequence[lookup.Entity]) -> tuple[dict[str, str], set[str]]:
    """Whose each nickname is, and the display names, of groups that there are: as far as they may be told."""
    owners = {
        row["mailNickname"].lower(): "another group"
        if context.discreet
        else f"“{row['displayName']}” ({row['id']})"
        for row in rows
        if row.get("mailNickname")
    }
    return owners, set() if context.discreet else {lookup.key_of(row["displayName"]) for row in rows}


def _clashes(name: str, display_name: str) -> Request:
    conditions = [f"startswith(mailNickname,{odata.literal(name[:60])})"]
    if len(display_name) <= _LONGEST:
        conditions.append(f"displayName in ({odata.literal(display_name)},{odata.literal(display_name + ' ')})")
    return _search(" or ".join(conditions))


def _search(condition: str) -> Request:
    options = {"$filter": condition, "$select": ",".join(_SELECT), "$top": str(PAGE)}
    return Request(method="GET", path=lookup.path_of("/groups", options), shape=_GROUPS)


def _free(name: str, taken: Mapping[str, str], last: dict[str, int]) -> str:
    """The name, or the first one with a number that nobody has. `last` keeps the last number given to each name."""
    free, number = name, last.get(name.lower(), 1)
    while free.lower() in taken:
        number += 1
        free = f"{name[:60]}-{number}"
    last[name.lower()] = number
    return free


def _body(draft: "PlannedRow", name: str) -> dict[str, Any]:
    unified = draft.value("kind") == _UNIFIED
    body: dict[str, Any] = {
        "displayName": draft.item,
        "mailNickname": name,
        "mailEnabled": unified,
        "securityEnabled": not unified,
        "groupTypes": ["Unified"] if unified else [],
    }
    return body | {key: draft.value(key) for key in ("description", "visibility") if draft.value(key)}


def _listed(texts: Sequence[str]) -> str:
    """Some of the names as they were given; the rest are counted."""
    rest = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + rest


def _remarks(context: "PlanContext", draft: "PlannedRow", kind: str, name: str, names: set[str]) -> list[str]:
    """What a group will be. What should be known before it is made is warned of."""
    owners, members = draft.people["owners"], draft.people["members"]
    people = f"owners: {len(owners)}, members: {len(members)}"
    remarks = [f"{kind}, mail nickname {name}, {people}."]
    given = {key: draft.value(key) for key in ("visibility", "description")}
    given |= {key: _listed(values.several(draft.value(key))) for key in ("owners", "members")}
    remarks += [f"{key.capitalize()}: {text}." for key, text in given.items() if text]
    if lookup.key_of(draft.item) in names:
        draft.warn("Another group has this display name; Microsoft accepts that.")
    if len(owners) + len(members) > TOGETHER:
        first = TOGETHER - len(owners)
        remarks.append(f"{first} of the {len(members)} members come with the group, the others right after.")
    if not owners and not context.delegated:
        draft.warn("It will have no owner.")
    return remarks


# --- making them --------------------------------------------------------------------------------------------------


def _create(
    graph: Graph,
    rows: Sequence[JournalRow],
    ledger: "RunRecorder",
    control: Control,
    rest: "Rests",
    since: datetime,
    *,
    fresh: bool,
) -> None:
    """Makes the groups, one after the other."""
    got_through = False
    others = {made for row in (*ledger.changed(), *rows) if (made := _before(row).made)}
    for row in rows:
        if not control.may_go_on():
            return
        made, new = _before(row).made, False
        look = partial(_look, graph, row, rest, since, others)
        if row.state == SENT and not made:
            made = look()
        if not made:
            made, new = _make(graph, row, ledger, control, rest, look, blameless=fresh and got_through)
        if made:
            got_through = True
            others.add(made)
            ledger.note(row, replace(_before(row), made=made))
            _finish(graph, row, made, ledger, rest, new)


def _target(row: JournalRow) -> NewGroupTarget:
    return expect(row.target, NewGroupTarget)


def _before(row: JournalRow) -> NewGroupBefore:
    """What was found out of it so far."""
    return row.before if isinstance(row.before, NewGroupBefore) else NewGroupBefore()


def _make(
    graph: Graph,
    row: JournalRow,
    ledger: "RunRecorder",
    control: Control,
    rest: "Rests",
    look: Callable[[], str],
    *,
    blameless: bool,
) -> tuple[str, bool]:
    """The new group's id, and whether its first members are in it for sure; no id where it was refused, or is left
    in doubt by a gentle cancel. `look` searches for what a lost try has made; `blameless`: if it is denied, whoever
    asks is to blame; others got through."""
    request = Request(method="POST", path="/groups", body=_whole_body(graph.root, _target(row)), shape=_MADE)
    doubted = row.state == SENT
    if not doubted and (theirs := _theirs(graph, row, control)):
        ledger.note(row, replace(_before(row), theirs=theirs))
    for tried in range(_POSTS):
        if not control.may_go_on():
            return "", False
        ledger.sent([row])
        (reply,) = _sent(graph, request, control)
        end = meaning_of(reply)
        if end is ReplyMeaning.DONE:
            return str(reply.body["id"]), True
        doubted = doubted or end is ReplyMeaning.LOST
        # The nickname may be taken by what the lost try has made.
        if doubted and end is not ReplyMeaning.AWAY and (made := look()):
            return made, False
        if end not in (ReplyMeaning.LOST, ReplyMeaning.BUSY):
            _refused(row, reply, ledger, doubted=doubted, blameless=blameless)
            return "", False
        rest(throttling.unasked(0 if doubted else rest.backoff(tried + 1), "Microsoft Graph could not do it yet"))
    if not doubted:
        ledger.failed([row], reply)
        return "", False
    raise ProblemError(reply.problem or _problem("", "The answer was lost", "", "Resume the run.", "lost"))


def _theirs(graph: Graph, row: JournalRow, control: Control) -> list[str]:
    """The ids of groups that have the nickname before anything was sent: they are somebody else's."""
    condition = f"mailNickname eq {odata.literal(_target(row).body['mailNickname'])}"
    try:
        (reply,) = _sent(graph, _search(condition), control)
        return [str(group["id"]) for group in graph.rows(reply)] if reply.body or reply.problem else []
    except ProblemError as error:
        if not error.problem.conclusive:
            raise
        return []  # who may not look may not create either: then Graph says why


def _sent(graph: Graph, request: Request, control: Control) -> list[Reply]:
    """The reply to one request before which nothing is on its way: a gentle cancel ends its waits."""
    return graph.batch([request], go_on=control.may_go_on)


def _whole_body(root: str, target: NewGroupTarget) -> dict[str, Any]:
    body = dict(target.body)
    for key, people in (("owners", target.owners), ("members", _first(target))):
        if people:
            body[f"{key}@odata.bind"] = [requests.reference(root, person) for person in people]
    return body


def _refused(row: JournalRow, reply: Reply, ledger: "RunRecorder", *, doubted: bool, blameless: bool) -> None:
    """Writes a refusal down. Raises ProblemError where the other rows would be refused the same way."""
    end = meaning_of(reply)
    lacking = ledger.lacking(reply) if end is ReplyMeaning.DENIED else None
    another_time = end is ReplyMeaning.AWAY or lacking or (end is ReplyMeaning.DENIED and blameless)
    if not another_time:
        ledger.failed([row], reply)
    elif not doubted:  # else an earlier try may have made it all the same
        ledger.unsent([row])
    if end is not ReplyMeaning.REFUSED and reply.problem:
        raise ProblemError(lacking or ledger.explained(reply))


def _first(target: NewGroupTarget) -> list[str]:
    """The members that come with the group."""
    return target.members[: TOGETHER - len(target.owners)]


def _look(graph: Graph, row: JournalRow, rest: "Rests", since: datetime, others: Collection[str]) -> str:
    """The id of the group that a lost request made; "" if it made none. `others` are known not to be it. It takes
    its time: a copy of the directory that lags shows no group either."""
    body = _target(row).body
    condition = f"mailNickname eq {odata.literal(body['mailNickname'])}"
    for wait in rest.timing.group_looks:
        rest(throttling.until_look(wait, f"Looking whether “{body['displayName']}” has been created"))
        for group in lookup.rows_of(graph, [_search(condition)]):
            theirs = group["id"] in others or group["id"] in _before(row).theirs
            new = group["createdDateTime"] > since - _SKEW
            if new and not theirs and all(_plain(group.get(key)) == _plain(body.get(key)) for key in _TOLD):
                return str(group["id"])
    return ""


def _plain(value: Any) -> Any:
    """A value as it is told again: nothing is empty, and blanks around a text may go."""
    return (value.strip() if isinstance(value, str) else value) or None


def _finish(graph: Graph, row: JournalRow, made: str, ledger: "RunRecorder", rest: "Rests", new: bool) -> None:
    """Adds the members that did not come with the group, and ends the row."""
    target = _target(row)
    members, later = target.members, target.members[len(_first(target)) :]
    hidden = target.body.get("visibility") == _HIDDEN
    missing = later if new or hidden else _missing(graph, made, members, later)
    problem: Problem | None = None
    looks = rest.timing.group_looks
    for tried, wait in enumerate(looks):
        if not missing:
            break
        rest(throttling.unasked(wait, "The new group is not known everywhere yet"))
        # A member who was deleted meanwhile is found when everybody stands alone.
        left = _add(graph, made, missing, TOGETHER if tried < len(looks) // 2 else 1)
        problem = next((ledger.explained(reply) for _, reply in left if reply.problem), None)
        missing = [user for users, _ in left for user in users]
        missing = missing if hidden else _missing(graph, made, missing, missing)
    detail, remedy = f"Its object ID is {made}.", ""
    if missing:
        why = f" {problem.sentence()}" if problem else ""
        detail = f"The group was created, but {len(missing)} of its {len(members)} members are not in it.{why}"
        remedy = "Add them with Add User to Group; who is in it already is told by its plan."
    ledger.ended([row], RowOutcome.CHANGED, detail, remedy)


def _add(graph: Graph, made: str, users: Sequence[str], size: int) -> list[tuple[Sequence[str], Reply]]:
    """Adds so many at a time; who was refused, and how. Of a hidden membership only the answers tell: whoever is in
    it already was added by a process that died."""
    some = [users[start : start + size] for start in range(0, len(users), size)]
    replies = graph.batch([requests.addition(graph.root, made, each) for each in some])
    refused = [
        (each, reply)
        for each, reply in zip(some, replies, strict=True)
        if meaning_of(reply) is not ReplyMeaning.DONE
    ]
    return [(each, reply) for each, reply in refused if len(each) > 1 or not _is_in(reply)]


def _missing(graph: Graph, made: str, members: Sequence[str], unread: Sequence[str]) -> list[str]:
    """Who of the members is not in the group; `unread`, where its list may not be read."""
    if not members:
        return []
    try:
        found = holdings.members_of(graph, [made])[made] or set()
    except ProblemError as error:
        if not error.problem.conclusive:
            raise
        return list(unread)
    return [user for user in members if user not in found]


def _is_in(reply: Reply) -> bool:
    """Whether Graph says of somebody who was to be added alone that they belong already."""
    return reply.problem is not None and explain.may_be_so(_ADDING, reply.status, reply.problem)


def _problem(field: str, title: str, cause: str, remedy: str, code: str) -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, field=field, action=Action.FIELD, code=code)


def _former(row: JournalRow) -> Former:
    return Former(values={"group": expect(row.before, NewGroupBefore).made})


SORT = ChangeSort[NewGroup](
    target=NewGroupTarget,
    resolve=_resolve,
    compare=_compare,
    about=lambda target, before: subject("group", before.made if isinstance(before, NewGroupBefore) else ""),
    former=_former,
    create=_create,
)
