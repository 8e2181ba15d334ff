"""Usage locations that rows of a licence run bring: set for users who still have none, before licences are sent.
A location that is there by now stays. Each try is preceded by a look, so that none is set twice.
"""

from collections.abc import Collection, Mapping, Sequence

from o365desk.catalogue.users import USAGE_LOCATION_CHANGE
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import RowOutcome
from o365desk.model.stop import Control
from o365desk.model.targets import LicenceTarget, expect
from o365desk.services import explain
from o365desk.services.directory import holdings
from o365desk.services.graph import throttling
from o365desk.services.graph.client import Graph, Reply, Request
from o365desk.services.graph.reply_meaning import ReplyMeaning, meaning_of
from o365desk.services.writes.journal.journal import JournalRow, told
from o365desk.services.writes.journal.recorder import Rests, RunRecorder

_TRIES = 4


def set_missing(
    graph: Graph, rows: Sequence[JournalRow], ledger: RunRecorder, control: Control, rest: Rests
) -> tuple[list[JournalRow], set[int]]:
    """Sets them. Returns the rows that can go on, and the numbers of those whose user has just been given one;
    rows whose user is refused have failed. Raises ProblemError where nothing more can be done for now,
    CancelledError."""
    wanted = {_target(row).user: _target(row).location for row in rows if _target(row).location}
    left, refused = _without(graph, wanted), set[str]()
    set_now = set(left)
    for tried in range(_TRIES):
        if not left:
            break
        if tried:
            rest(throttling.unasked(rest.backoff(tried), "Microsoft Graph could not set some usage locations yet"))
        if not control.may_go_on():
            return [], set()
        replies = graph.batch([_request(user, wanted[user]) for user in left], go_on=control.may_go_on)
        _raise_if_away(replies)
        turned_down = _users(replies, ReplyMeaning.REFUSED, ReplyMeaning.DENIED)
        _failed(rows, turned_down, ledger)
        refused |= turned_down.keys()
        left = _without(graph, _users(replies, ReplyMeaning.BUSY, ReplyMeaning.LOST))
    if left:
        raise ProblemError(_not_set(len(left)))
    able = [row for row in rows if _target(row).user not in refused]
    return able, {row.number for row in able if _target(row).user in set_now}


def _target(row: JournalRow) -> LicenceTarget:
    return expect(row.target, LicenceTarget)


def _users(replies: Sequence[Reply], *meanings: ReplyMeaning) -> dict[str, Reply]:
    """The users whose replies mean one of these."""
    return {str(reply.request.key): reply for reply in replies if meaning_of(reply) in meanings}


def too_early(reply: Reply) -> bool:
    """Whether a licence is refused because not all of Microsoft's servers know of the location yet."""
    return (
        meaning_of(reply) is ReplyMeaning.REFUSED
        and "usage location" in (reply.problem.detail if reply.problem else "").lower()
    )


def _without(graph: Graph, users: Collection[str]) -> list[str]:
    """Who of them has none now; nobody who is gone."""
    now = holdings.users_now(graph, users, USAGE_LOCATION_CHANGE.name) if users else {}
    return [user for user, found in now.items() if found and not found.get(USAGE_LOCATION_CHANGE.name)]


def _request(user: str, location: str) -> Request:
    return Request(method="PATCH", path=f"/users/{user}", body={USAGE_LOCATION_CHANGE.name: location}, key=user)


def _raise_if_away(replies: Sequence[Reply]) -> None:
    away = next((reply for reply in replies if meaning_of(reply) is ReplyMeaning.AWAY and reply.problem), None)
    if away and away.problem:
        raise ProblemError(away.problem)


def _failed(rows: Sequence[JournalRow], refused: Mapping[str, Reply], ledger: RunRecorder) -> None:
    for user, reply in refused.items():
        problem = reply.problem or _not_set(1)
        problem = explain.refused_write(USAGE_LOCATION_CHANGE, reply.status, problem)
        said = told(problem.with_(title=f"The usage location was not set: {problem.title}"))
        theirs = [row for row in rows if _target(row).user == user]
        ledger.ended(theirs, RowOutcome.FAILED, said, problem.remedy, reply.request_id)


def _not_set(number: int) -> Problem:
    return Problem(
        title="A usage location could not be set"
        if number == 1
        else f"{number:,} usage locations could not be set",
        cause="Microsoft Graph had no answer for them each time. Their licences were not sent.",
        remedy="Resume the run when the connection is better.",
        code="lost",
        conclusive=False,
    )
