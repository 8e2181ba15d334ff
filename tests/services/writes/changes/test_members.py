"""Which groups are so new that some of Microsoft's servers may not know them yet."""

from datetime import UTC, datetime, timedelta

import pytest

from o365desk.model.targets import MemberTarget
from o365desk.services.writes.changes import members
from o365desk.services.writes.journal.journal import JournalRow

MADE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("after", "new"), [(MADE - timedelta(microseconds=1), True), (MADE, False)])
def test_a_group_is_new_that_was_made_after_a_moment(after: datetime, new: bool) -> None:
    made = members._if_new({"createdDateTime": MADE}, after)
    assert made == (MADE if new else None)
    row = JournalRow(number=1, label="", target=MemberTarget(group="g", user="u", made=MADE))
    assert members._is_new(row, after) is new


def test_of_what_nobody_knows_when_it_was_made_nothing_is_new() -> None:
    assert members._if_new({}, MADE) is None
    row = JournalRow(number=1, label="", target=MemberTarget(group="g", user="u"))
    assert not members._is_new(row, MADE - timedelta(days=9))
