"""The requests of a change: complete, small enough, and never the one that deletes a user."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk.catalogue.changes import Change, GroupRemoval, Licences, Members, UserProperty
from o365desk.model.targets import GroupTarget, LicenceTarget, MemberTarget, PropertyTarget, expect
from o365desk.services.graph import reply_meaning
from o365desk.services.graph.client import Reply, Request
from o365desk.services.graph.reply_meaning import ReplyMeaning
from o365desk.services.writes.changes import sort_of
from o365desk.services.writes.changes.requests import TOGETHER, WriteRequest, one_per_user, smaller
from o365desk.services.writes.journal.journal import JournalRow

ROOT = "https://graph.example"
ADD, REMOVE = Members(adds=True), Members(adds=False)


def rows(*groups: str) -> list[JournalRow]:
    return [
        JournalRow(number=number, label="", target=MemberTarget(group=group, user=f"u{number}"))
        for number, group in enumerate(groups, 1)
    ]


def packed(change: Change, rows: Sequence[JournalRow], size: int = TOGETHER) -> list[WriteRequest]:
    sending = sort_of(change).send
    assert sending
    return sending.requests(change, rows, ROOT, size)


def user_of(row: JournalRow) -> str:
    return expect(row.target, LicenceTarget).user


@given(st.lists(st.sampled_from("abc"), max_size=200))
def test_every_row_is_in_one_request_of_its_group(groups: list[str]) -> None:
    packs = packed(ADD, rows(*groups))
    assert Counter(row.number for pack in packs for row in pack.rows) == Counter(range(1, len(groups) + 1))
    assert all(len(pack.rows) <= 20 for pack in packs)
    for pack in packs:
        assert {expect(row.target, MemberTarget).group for row in pack.rows} == {pack.target_key}
        assert pack.request.path.startswith(f"/groups/{pack.target_key}")
    # No more requests than needed.
    assert len(packs) == sum(-(-number // 20) for number in Counter(groups).values())


@given(st.integers(1, 60))
def test_refused_requests_are_split_until_each_row_stands_alone(number: int) -> None:
    packs = [pack for pack in packed(ADD, rows(*"a" * number * 20)) if len(pack.rows) > 1]
    rounds = 0
    while packs:
        split = [part for pack in packs for part in packed(ADD, pack.rows, smaller(packs))]
        assert {row.number for pack in split for row in pack.rows} == {
            row.number for pack in packs for row in pack.rows
        }
        packs = [pack for pack in split if len(pack.rows) > 1]
        rounds += 1
    assert rounds <= 2


def test_a_single_addition_has_the_form_for_one() -> None:
    (pack,) = packed(ADD, rows("g"))
    assert (pack.request.method, pack.request.path) == ("POST", "/groups/g/members/$ref")
    assert pack.request.body == {"@odata.id": f"{ROOT}/v1.0/directoryObjects/u1"}


@given(st.lists(st.sampled_from("abc"), max_size=50))
def test_a_removal_always_names_the_reference(groups: list[str]) -> None:
    for pack in packed(REMOVE, rows(*groups)):
        assert pack.request.method == "DELETE"
        assert pack.request.path.endswith("/$ref")
        assert len(pack.rows) == 1


@given(st.lists(st.sampled_from("abcd"), max_size=60))
def test_turns_hold_each_user_once_and_keep_the_order(users: list[str]) -> None:
    listed = [
        JournalRow(number=number, label="", target=LicenceTarget(user=user, sku="s", wish=None))
        for number, user in enumerate(users, 1)
    ]
    send = sort_of(Licences(adds=False)).send
    assert send is not None
    assert send.user_of is not None
    waves = one_per_user(listed, send.user_of)
    assert sorted(row.number for wave in waves for row in wave) == list(range(1, len(users) + 1))
    for wave in waves:
        assert max(Counter(map(user_of, wave)).values()) == 1
    for user in set(users):
        mine = [row.number for wave in waves for row in wave if user_of(row) == user]
        assert mine == sorted(mine)


def test_other_changes_have_one_request_to_a_row() -> None:
    target = PropertyTarget(user="u", name="department", value=None)
    (pack,) = packed(UserProperty(name="department"), [JournalRow(number=1, label="", target=target)])
    assert pack.request.body == {"department": None}
    (pack,) = packed(GroupRemoval(), [JournalRow(number=1, label="", target=GroupTarget(group="g"))])
    assert (pack.request.method, pack.request.path, pack.target_key) == ("DELETE", "/groups/g", "g")


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        *((status, ReplyMeaning.DONE) for status in (200, 201, 204)),
        *((status, ReplyMeaning.AWAY) for status in (-1, 429, 424, 401)),
        *((status, ReplyMeaning.LOST) for status in (0, 500, 503, 504)),
        (403, ReplyMeaning.DENIED),
        *((status, ReplyMeaning.REFUSED) for status in (400, 404)),
        (409, ReplyMeaning.BUSY),
    ],
)
def test_what_a_reply_says_of_its_rows(status: int, fate: ReplyMeaning) -> None:
    from o365desk.model.problems import Problem

    problem = None if 200 <= status < 300 else Problem(title="Refused")
    assert (
        reply_meaning.meaning_of(Reply(request=Request(method="GET", path="/"), status=status, problem=problem))
        is fate
    )
