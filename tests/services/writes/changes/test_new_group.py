"""Which group is the one that a request made whose answer was lost."""

from datetime import datetime, timedelta

import pytest

from o365desk.model.stop import Control, Stop
from o365desk.model.targets import NewGroupBefore, NewGroupTarget
from o365desk.model.timing import Timing
from o365desk.services.writes.changes import new_group
from o365desk.services.writes.journal.journal import JournalRow
from o365desk.services.writes.journal.recorder import Rests
from tests.services.bulk import Bulk

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("since", "ours"),
    [
        (timedelta(), True),
        (HOUR - SECOND, True),
        (HOUR, False),
        (HOUR + SECOND, False),
    ],
    ids=["as it began", "within the hour", "an hour before", "longer before"],
)
def test_a_group_is_of_this_run_that_was_made_within_an_hour_before_it_began(
    bulk: Bulk, since: timedelta, ours: bool
) -> None:
    """The clocks of this computer and of Microsoft may be an hour apart."""
    body = {"displayName": "Lost", "mailNickname": "lost", "mailEnabled": False, "securityEnabled": True}
    made = bulk.writer.send("POST", "/groups", body).json()
    row = JournalRow(number=1, label="Lost", target=NewGroupTarget(owners=[], members=[], body=body))
    began = datetime.fromisoformat(made["createdDateTime"]) + since
    rests = Rests(Control(), lambda _: None, Timing(group_looks=(0.0,)))
    with bulk.runner.session(bulk.source, Stop()) as session:
        assert new_group._look(session.graph, row, rests, began, ()) == (made["id"] if ours else "")
        assert new_group._look(session.graph, row, rests, began, [made["id"]]) == "", "it is another row's"
        row.before = NewGroupBefore(theirs=[made["id"]])
        assert new_group._look(session.graph, row, rests, began, ()) == "", "it was there before"
