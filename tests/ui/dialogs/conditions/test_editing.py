"""The tree while it is edited: gaps, moves, undo; and that no edit is lost or made up."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from o365desk.model.conditions import operators, tree
from o365desk.model.conditions.operators import Takes
from o365desk.model.conditions.parameters import Parameter, Type
from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue
from o365desk.ui.dialogs.conditions import editing, pasting
from o365desk.ui.dialogs.conditions.editing import ROOT, Box, Draft, History, Row


def _parameter(key: str, type_: Type) -> Parameter:
    return Parameter(key=key, title=key.title(), type=type_, of=lambda row: row[key], needs=(key,))


PARAMETERS = {
    each.key: each
    for each in (
        _parameter("department", Type.TEXT),
        _parameter("mail", Type.IDENTIFIER),
        _parameter("created", Type.DATE),
        _parameter("enabled", Type.CHECK),
        _parameter("seats", Type.NUMBER),
        _parameter("plans", Type.PLANS),
    )
}
A, B, C = (Condition("department", "equals", letter) for letter in "ABC")


def draft_of(*rows: Condition | Group) -> Draft:
    return editing.begin(Group(Join.AND, rows))


def number_of(draft: Draft, value: str) -> int:
    found = (node.id for node in editing.nodes(draft.root) if isinstance(node, Row) and node.value == value)
    return next(found)


def shape(node: Row | Box) -> object:
    """Values, in brackets for each group."""
    return [shape(row) for row in node.rows] if isinstance(node, Box) else node.value


def box_holding(draft: Draft, value: str) -> int:
    box = draft.parent(number_of(draft, value))
    assert box is not None
    return box.id


def test_a_draft_of_a_tree_is_that_tree() -> None:
    given = Group(Join.OR, (A, Group(Join.AND, (B, Group(Join.OR, (C,))))))
    assert editing.tree_of(editing.begin(given).root) == given
    assert editing.gaps(editing.begin(given)) == []


def test_a_new_row_has_gaps_one_after_the_other() -> None:
    draft, row = editing.add_row(draft_of(), ROOT)
    assert [(gap.id, gap.field) for gap in editing.gaps(draft)] == [(row, "parameter")]
    draft = editing.choose_parameter(draft, row, PARAMETERS["department"], "Europe/Dublin")
    assert draft.find(row) == Row(row, "department", "equals", None, "")
    assert [gap.field for gap in editing.gaps(draft)] == ["value"]
    draft = editing.type_value(draft, row, "Sales")
    assert editing.gaps(draft) == []
    assert editing.tree_of(draft.root) == Group(Join.AND, (Condition("department", "equals", "Sales"),))


def test_a_row_about_dates_is_kept_with_its_time_zone_and_no_other_is() -> None:
    draft, row = editing.add_row(draft_of(), ROOT)
    draft = editing.choose_parameter(draft, row, PARAMETERS["created"], "Europe/Dublin")
    found = draft.find(row)
    assert isinstance(found, Row)
    assert found.zone == "Europe/Dublin"
    found = editing.choose_parameter(draft, row, PARAMETERS["seats"], "Europe/Dublin").find(row)
    assert isinstance(found, Row)
    assert found.zone == ""


def test_a_blank_value_is_missing_and_no_value_is_needed_where_none_is_taken() -> None:
    for value in (None, "", "  "):
        assert [gap.field for gap in editing.gaps(draft_of(Condition("department", "equals", value)))] == ["value"]
    assert not editing.gaps(draft_of(Condition("department", "is blank")))
    assert editing.gaps(draft_of(Condition("plans", "is one of", ())))
    assert editing.gaps(draft_of(Condition("seats", "is between", (1, ""))))
    assert not editing.gaps(draft_of(Condition("seats", "is between", (0, 0))))
    assert not editing.gaps(draft_of(Condition("department", "equals", PartnerValue.COMPANY_NAME)))


def test_an_empty_group_is_told_but_for_the_outermost() -> None:
    assert not editing.gaps(draft_of())
    draft, row = editing.add_group(draft_of(), ROOT)
    draft = editing.remove(draft, row)
    assert [gap.field for gap in editing.gaps(draft)] == ["rows"]


def test_what_was_typed_stays_where_it_can_still_be_meant() -> None:
    draft = draft_of(Condition("department", "contains", "ales"))
    row = number_of(draft, "ales")
    kept = editing.choose_parameter(draft, row, PARAMETERS["mail"], "")
    assert kept.find(row) == Row(row, "mail", "contains", "ales")
    other = editing.choose_parameter(draft, row, PARAMETERS["seats"], "")
    assert other.find(row) == Row(row, "seats", "equals", None)
    several = editing.choose_operator(draft_of(Condition("plans", "equals", "x")), 1, _operator("is one of"))
    assert several.find(1) == Row(1, "plans", "is one of", ("x",))
    back = editing.choose_operator(several, 1, _operator("not equals"))
    assert back.find(1) == Row(1, "plans", "not equals", "x")
    counted = draft_of(Condition("created", "equals", "2026-01-01"))
    assert editing.choose_operator(counted, 1, _operator("within last days")).find(1) == Row(
        1, "created", "within last days", None
    )


def _operator(key: str) -> operators.Operator:
    found = operators.find(key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("30", 30), ("-7", -7), (" 8 ", 8), ("1.5", 1.5), ("−7", -7), ("1_0", "1_0"), ("x", "x"), ("", ""),
        ("inf", "inf"), ("1e999", "1e999"), ("nan", "nan"), ("9" * 40, "9" * 40), ("٣", "٣"), ("1.", 1.0),
    ],
)  # fmt: skip
def test_a_number_is_one_or_stays_as_it_is_typed(typed: str, number: object) -> None:
    found = editing.number(typed)
    assert found == number
    assert type(found) is type(number)


# Moving


def test_a_row_moves_through_the_groups_that_it_meets_and_back() -> None:
    draft = draft_of(A, Group(Join.OR, (B,)), C)
    row = number_of(draft, "A")
    seen = [shape(draft.root)]
    for _ in range(6):
        draft = editing.move(draft, row, 1)
        seen.append(shape(draft.root))
    assert seen == [
        ["A", ["B"], "C"],
        [["A", "B"], "C"],
        [["B", "A"], "C"],
        [["B"], "A", "C"],
        [["B"], "C", "A"],
        [["B"], "C", "A"],
        [["B"], "C", "A"],
    ]
    for expected in reversed(seen[:4]):
        draft = editing.move(draft, row, -1)
        assert shape(draft.root) == expected


def test_a_group_moves_past_its_neighbours_into_one_and_out() -> None:
    draft = draft_of(Group(Join.OR, (A,)), Group(Join.OR, (B,)))
    first, second = box_holding(draft, "A"), box_holding(draft, "B")
    assert shape(editing.move(draft, first, 1).root) == [["B"], ["A"]]
    inside = editing.inwards(draft, second)
    assert shape(inside.root) == [["A", ["B"]]]
    assert shape(editing.outwards(inside, second).root) == [["A"], ["B"]]
    assert editing.outwards(draft, first) is draft, "there is nothing outside the outermost group"


def test_nothing_is_dropped_into_itself_and_dropping_in_place_is_no_edit() -> None:
    draft = draft_of(Group(Join.OR, (A, Group(Join.OR, (B,)))), C)
    outer, inner = box_holding(draft, "A"), box_holding(draft, "B")
    assert editing.drop(draft, outer, inner, 0) is draft
    assert editing.drop(draft, outer, outer, 0) is draft
    assert editing.drop(draft, outer, ROOT, 0) is draft
    assert editing.drop(draft, outer, ROOT, 1) is draft
    assert editing.drop(draft, number_of(draft, "C"), number_of(draft, "A"), 0) is draft, "a row holds none"
    assert shape(editing.drop(draft, outer, ROOT, 2).root) == ["C", ["A", ["B"]]]
    assert shape(editing.drop(draft, number_of(draft, "C"), inner, 0).root) == [["A", ["C", "B"]]]


def test_no_more_and_no_deeper_than_a_file_may_hold() -> None:
    full = draft_of(*[A] * tree.MAX_ROWS)
    made, _ = editing.add_row(full, ROOT)
    assert made.root is full.root
    deep = draft_of()
    group = ROOT
    for _ in range(tree.MAX_DEPTH - 1):
        deep, row = editing.add_group(deep, group)
        group = deep.parent(row).id  # type: ignore[union-attr]
    again, _ = editing.add_group(deep, group)
    assert again.root is deep.root
    assert deep.depth(group) == tree.MAX_DEPTH
    wide, row = editing.add_group(deep, ROOT)
    box = wide.parent(row)
    assert box is not None
    assert editing.drop(wide, box.id, group, 0) is wide


def test_what_takes_the_place_of_what_is_removed() -> None:
    draft = draft_of(A, B, Group(Join.OR, (C,)))
    a, b, c = (number_of(draft, letter) for letter in "ABC")
    assert editing.after_removal(draft, a) == b
    assert editing.after_removal(draft, box_holding(draft, "C")) == b
    assert editing.after_removal(draft, c) == box_holding(draft, "C")
    assert editing.remove(draft, ROOT) is draft


# Copying and pasting


def test_a_group_and_a_row_go_through_text() -> None:
    draft = draft_of(Group(Join.OR, (A, B)), C)
    box = draft.find(box_holding(draft, "A"))
    assert box is not None
    text = pasting.copied(box)
    assert json.loads(text)["join"] == "or"
    pasted, new = editing.insert(draft, pasting.read(text), number_of(draft, "C"))
    assert shape(pasted.root) == [["A", "B"], "C", ["A", "B"]]
    assert isinstance(pasted.find(new), Box)
    row = draft.find(number_of(draft, "C"))
    assert row is not None
    pasted, _ = editing.insert(draft, pasting.read(pasting.copied(row)), box.id)
    assert shape(pasted.root) == [["A", "B", "C"], "C"]
    whole, new = editing.insert(draft_of(), pasting.read(pasting.copied(draft.root)), ROOT)
    assert editing.tree_of(whole.root) == editing.tree_of(draft.root)
    assert new == ROOT


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no text"),
        ("hello", "no JSON"),
        ("[]", "no group"),
        ("{}", "no conditions in it"),
        ('{"join": "and", "rows": []}', "no conditions in it"),
        ('{"join": "xor", "rows": []}', "neither"),
        ('{"join": "and", "rows": [{"parameter": "a", "operator": "equals", "x": 1}]}', "does not know (row 1)"),
        ('{"parameter": "a", "operator": "equals", "value": {"partner": "boss"}}', "none of"),
        ('{"join": "and", "join": "or", "rows": []}', "twice"),
        ('{"parameter": "a", "operator": "equals", "value": NaN}', "NaN"),
        ('{"parameter": "a", "operator": "equals", "value": 1e999}', "too large"),
        (r'{"parameter": "a", "operator": "equals", "value": "\ud800"}', "half of a character"),
        ("[" * 100_000, "nested too deeply"),
        (" " * 1_000_000 + "{}", "longer than"),
        ('{"parameter": "a", "operator": "equals", "value": ' + "9" * 5_000 + "}", "Not pasted"),
    ],
)
def test_a_strangers_text_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(pasting.NotPastedError, match=r"^No") as error:
        pasting.read(text)
    assert why in str(error.value)


def test_what_is_not_finished_is_not_copied() -> None:
    draft, row = editing.add_group(draft_of(A), ROOT)
    for node in (draft.find(row), draft.parent(row), draft.root):
        assert node is not None
        with pytest.raises(pasting.NotPastedError):
            pasting.copied(node)


# Undo


def test_letters_of_one_value_are_one_step() -> None:
    history = History(draft_of(A, B))
    first, second = number_of(history.now, "A"), number_of(history.now, "B")
    for row, text in ((first, "x"), (first, "xy"), (second, "z"), (first, "xyz")):
        history = history.edited(editing.type_value(history.now, row, text), ("value", row))
    assert len(history.past) == 3
    history = history.undo()
    assert shape(history.now.root) == ["xy", "z"]
    history = history.undo().undo()
    assert shape(history.now.root) == ["A", "B"]
    assert history.undo() is history
    assert shape(history.redo().now.root) == ["xy", "B"]
    done = history.redo().redo().redo()
    assert shape(done.now.root) == ["xyz", "z"]
    assert done.redo() is done


def test_an_edit_after_undo_forgets_what_was_undone() -> None:
    history = History(draft_of(A))
    history = history.edited(editing.add_row(history.now, ROOT)[0]).undo()
    history = history.edited(editing.remove(history.now, 1))
    assert history.undone == ()


def test_letters_typed_after_undo_are_a_step_of_their_own() -> None:
    history = History(draft_of(A))
    history = history.edited(editing.type_value(history.now, 1, "x"), "v").undo()
    history = history.edited(editing.type_value(history.now, 1, "y"), "v")
    assert shape(history.undo().now.root) == ["A"]


_VALUES = some.none() | some.text(max_size=3) | some.integers() | some.sampled_from(PartnerValue)
_ROWS = some.builds(
    Condition, some.sampled_from(["", *PARAMETERS]), some.sampled_from(["equals", "is blank"]), _VALUES
)
_TREES = some.recursive(
    some.builds(Group, some.sampled_from(Join), some.lists(_ROWS, max_size=3).map(tuple)),
    lambda inner: some.builds(Group, some.sampled_from(Join), some.lists(_ROWS | inner, max_size=3).map(tuple)),
    max_leaves=6,
)
_EDITS: dict[str, Callable[[Draft, int, int], Draft]] = {
    "up": lambda draft, a, b: editing.move(draft, a, -1),
    "down": lambda draft, a, b: editing.move(draft, a, 1),
    "out": lambda draft, a, b: editing.outwards(draft, a),
    "in": lambda draft, a, b: editing.inwards(draft, a),
    "drop": lambda draft, a, b: editing.drop(draft, a, b, a % 3),
    "row": lambda draft, a, b: editing.add_row(draft, a, b)[0],
    "group": lambda draft, a, b: editing.add_group(draft, a, b)[0],
    "remove": lambda draft, a, b: editing.remove(draft, a),
    "join": lambda draft, a, b: editing.join(draft, a, Join.OR),
    "type": lambda draft, a, b: editing.type_value(draft, a, str(b)),
    "choose": lambda draft, a, b: editing.choose_parameter(draft, a, list(PARAMETERS.values())[b % 6], "UTC"),
    "operator": lambda draft, a, b: editing.choose_operator(draft, a, _operator(("is one of", "equals")[b % 2])),
    "paste": lambda draft, a, b: editing.insert(draft, Group(Join.OR, (A, B)), a)[0],
}
_STEPS = some.lists(
    some.tuples(some.sampled_from(sorted(_EDITS)), some.integers(0, 20), some.integers(0, 20)), max_size=30
)


@given(_TREES, _STEPS)
def test_undoing_all_is_the_start_and_redoing_all_the_end(start: Group, steps: list[tuple[str, int, int]]) -> None:
    history = History(editing.begin(start))
    for name, a, b in steps:
        history = history.edited(_EDITS[name](history.now, a, b), "type" if name == "type" else None)
        ids = [node.id for node in editing.nodes(history.now.root)]
        assert len(ids) == len(set(ids))
        assert max(ids) < history.now.fresh
        assert ids[0] == ROOT
        assert not editing.beyond(history.now)
    end = history.now
    while history.past:
        history = history.undo()
    assert editing.tree_of(history.now.root) == start
    while history.undone:
        history = history.redo()
    assert history.now == end


@given(_TREES, some.sampled_from(["up", "down", "out", "in", "drop"]), some.integers(0, 20), some.integers(0, 20))
def test_moving_loses_nothing_and_makes_nothing_up(start: Group, name: str, a: int, b: int) -> None:
    draft = editing.begin(start)
    moved = _EDITS[name](draft, a, b)
    rows = [
        {node.id: node for node in editing.nodes(each.root) if isinstance(node, Row)} for each in (draft, moved)
    ]
    assert rows[0] == rows[1]
    boxes = [{node.id for node in editing.nodes(each.root)} for each in (draft, moved)]
    assert boxes[0] == boxes[1]


@given(_TREES)
def test_what_has_no_gaps_survives_saving(start: Group) -> None:
    draft = editing.begin(start)
    if not editing.gaps(draft):
        assert tree.loads(tree.dumps(editing.tree_of(draft.root))) == start


def test_every_sort_of_value_has_words_for_what_is_missing() -> None:
    for takes in Takes:
        if takes is not Takes.NOTHING:
            assert editing._WANTED[takes]
