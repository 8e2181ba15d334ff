"""Conditions while they are edited: a tree that may have gaps, and what can be done to it. No Qt.

A draft never changes: each edit makes another, so that to undo is to go back to the one before. Rows and groups are
known by a number that stays theirs wherever they are moved. What cannot be done (a step beyond the end, a group
into itself, too deep, too many) gives back the very draft that it was asked of.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from o365desk.model.conditions import operators, tree
from o365desk.model.conditions.operators import Operator, Takes
from o365desk.model.conditions.parameters import Parameter, Parameters, Type
from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue, Place, Single, Value

ROOT = 0
"""The number of the outermost group."""
MOST_STEPS = 1_000
"""Edits that can be undone."""


@dataclass(frozen=True)
class Row:
    """One row; "" and None where nothing was chosen or typed yet. What is typed and is no number stays text."""

    id: int
    parameter: str = ""
    operator: str = ""
    value: Value = None
    zone: str = ""


@dataclass(frozen=True)
class Box:
    """A group: rows and groups under one join."""

    id: int
    join: Join = Join.AND
    rows: tuple["Row | Box", ...] = ()


Node: TypeAlias = Row | Box


@dataclass(frozen=True)
class Draft:
    """The whole tree; `fresh` is the number that the next new row or group gets."""

    root: Box
    fresh: int

    def find(self, id_: int) -> Node | None:
        """A row or group by its number; None if it is there no more."""
        return next((node for node in nodes(self.root) if node.id == id_), None)

    def box(self, id_: int) -> Box:
        """A group by its number; the outermost one where there is no such group."""
        found = self.find(id_)
        return found if isinstance(found, Box) else self.root

    def parent(self, id_: int) -> Box | None:
        """The group that a row or group is in; None of the outermost, and of what is there no more."""
        boxes = (node for node in nodes(self.root) if isinstance(node, Box))
        return next((box for box in boxes if any(row.id == id_ for row in box.rows)), None)

    def depth(self, id_: int) -> int:
        """How deep a group is; the outermost 1."""
        depth, box = 1, self.parent(id_)
        while box:
            depth, box = depth + 1, self.parent(box.id)
        return depth

    def at(self, place: Place) -> int:
        """The number of the row or group at a place of `tree_of`."""
        node: Node = self.root
        for step in place:
            if not isinstance(node, Box) or step >= len(node.rows):
                break
            node = node.rows[step]
        return node.id


@dataclass(frozen=True)
class Gap:
    """What is missing before it is a condition: in which row or group, in which field of it ("parameter",
    "operator", "value", "rows"), in words."""

    id: int
    field: str
    text: str


def nodes(node: Node) -> Iterator[Node]:
    """A group and all that is in it, in reading order."""
    yield node
    if isinstance(node, Box):
        for row in node.rows:
            yield from nodes(row)


# Into a draft, and out of it


def begin(given: Group) -> Draft:
    """A draft of a tree."""
    return Draft(*_box(given, ROOT))


def _boxed(given: Condition | Group, fresh: int) -> tuple[Node, int]:
    """A tree with numbers from `fresh`, and the next number."""
    if isinstance(given, Condition):
        return Row(fresh, given.parameter, given.operator, given.value, given.zone), fresh + 1
    return _box(given, fresh)


def _box(given: Group, fresh: int) -> tuple[Box, int]:
    id_, rows, fresh = fresh, [], fresh + 1
    for each in given.rows:
        node, fresh = _boxed(each, fresh)
        rows.append(node)
    return Box(id_, given.join, tuple(rows)), fresh


def tree_of(node: Box) -> Group:
    """The tree as it is typed, gaps and all, row for row."""
    return Group(node.join, tuple(tree_of(row) if isinstance(row, Box) else _condition(row) for row in node.rows))


def spoken(box: Box) -> Group:
    """The tree without the rows of which nothing is known yet, to be put into words."""
    rows = [spoken(row) if isinstance(row, Box) else _condition(row) for row in box.rows if _is_spoken(row)]
    return Group(box.join, tuple(rows))


def _is_spoken(node: Node) -> bool:
    return any(map(_is_spoken, node.rows)) if isinstance(node, Box) else bool(node.parameter and node.operator)


def _condition(row: Row) -> Condition:
    return Condition(row.parameter, row.operator, row.value, row.zone)


def gaps(draft: Draft) -> list[Gap]:
    """What is missing, in reading order; nothing if the draft is a tree."""
    return [gap for node in nodes(draft.root) for gap in [_gap(node)] if gap]


def _gap(node: Node) -> Gap | None:
    if isinstance(node, Box):
        if node.rows or node.id == ROOT:
            return None
        return Gap(node.id, "rows", "This group is empty: add a condition, or remove the group.")
    if not node.parameter:
        return Gap(node.id, "parameter", "Choose a parameter.")
    if not node.operator:
        return Gap(node.id, "operator", "Choose how it is compared.")
    operator = operators.find(node.operator)
    if operator and _lacks(operator.takes, node.value):
        return Gap(node.id, "value", _WANTED[operator.takes])
    return None


_WANTED = {
    Takes.ONE: "The value is missing.",
    Takes.SEVERAL: "At least one value is missing.",
    Takes.TWO: "Both values are needed, from and to.",
    Takes.COUNT: "The number is missing.",
    Takes.OFFSETS: "Both numbers of days are needed, from and to.",
}


def _lacks(takes: Takes, value: Value) -> bool:
    if takes is Takes.NOTHING:
        return False
    if takes in (Takes.TWO, Takes.OFFSETS):
        return not isinstance(value, tuple) or len(value) != 2 or any(map(_blank, value))
    if isinstance(value, tuple):
        return not value or all(map(_blank, value))
    return _blank(value)


def _blank(value: Single | None) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


# What a row says


def choose_parameter(draft: Draft, id_: int, parameter: Parameter, zone: str) -> Draft:
    """Another parameter: the operator stays where the type has it, the value where it still can be meant. Rows
    about dates are kept with the time `zone` in which their days begin."""
    row = draft.find(id_)
    if not isinstance(row, Row) or row.parameter == parameter.key:
        return draft
    now = operators.find(row.operator)
    wanted = now if now and operators.fits(now, parameter.type) else operators.operators(parameter.type)[0]
    same = now is wanted and parameter.type in _ALIKE.get(_type_of(row.value), ())
    kept = row.value if same else fitted(None, wanted)
    is_date = parameter.type is Type.DATE
    changed = Row(id_, parameter.key, wanted.key, kept, (row.zone or zone) if is_date else "")
    return _put(draft, id_, changed)


_ALIKE: dict[type, tuple[Type, ...]] = {
    str: (Type.TEXT, Type.IDENTIFIER, Type.TEXTS),
    PartnerValue: (Type.TEXT, Type.IDENTIFIER, Type.TEXTS),
    int: (Type.NUMBER,),
    float: (Type.NUMBER,),
}
"""Where what was typed for one type may be meant for another."""


def _type_of(value: Value) -> type:
    return type(value)


def choose_operator(draft: Draft, id_: int, operator: Operator) -> Draft:
    """Another operator; the value stays as far as it takes one of that sort."""
    row = draft.find(id_)
    if not isinstance(row, Row) or row.operator == operator.key:
        return draft
    before = operators.find(row.operator)
    whole = {Takes.COUNT, Takes.OFFSETS}
    same = before is None or (before.takes in whole) == (operator.takes in whole)
    return _put(
        draft, id_, replace(row, operator=operator.key, value=fitted(row.value if same else None, operator))
    )


def fitted(value: Value, operator: Operator) -> Value:
    """A value in the shape that an operator takes: nothing, one, several or two."""
    several = value if isinstance(value, tuple) else () if value is None or value == "" else (value,)
    if operator.takes is Takes.NOTHING:
        return None
    if operator.takes is Takes.SEVERAL:
        return several
    if operator.takes in (Takes.TWO, Takes.OFFSETS):
        first, second = (*several, "", "")[:2]
        return (first, second)
    return several[0] if several else None


def type_value(draft: Draft, id_: int, value: Value) -> Draft:
    """Another value."""
    row = draft.find(id_)
    if not isinstance(row, Row) or (row.value == value and type(row.value) is type(value)):
        return draft
    return _put(draft, id_, replace(row, value=value))


def number(text: str) -> int | float | str:
    """A typed number; the text itself where it is none."""
    plain = text.strip().replace("\u2212", "-")
    if not _NUMBER.fullmatch(plain):
        return text
    return float(plain) if "." in plain else int(plain)


_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{0,15})?")


def join(draft: Draft, id_: int, how: Join) -> Draft:
    """Another join of a group's rows."""
    box = draft.find(id_)
    if not isinstance(box, Box) or box.join is how:
        return draft
    return _put(draft, id_, replace(box, join=how))


# Where rows and groups are


def add_row(draft: Draft, group: int, after: int | None = None) -> tuple[Draft, int]:
    """An empty row in a group, behind one of its rows or last, and its number."""
    return _add(draft, Row(draft.fresh), group, after, draft.fresh + 1)


def add_group(draft: Draft, group: int, after: int | None = None) -> tuple[Draft, int]:
    """A group with an empty row, likewise, and the number of that row."""
    inner = Box(draft.fresh, Join.AND, (Row(draft.fresh + 1),))
    made, _ = _add(draft, inner, group, after, draft.fresh + 2)
    return made, draft.fresh + 1


def _add(draft: Draft, node: Node, group: int, after: int | None, fresh: int) -> tuple[Draft, int]:
    box = draft.box(group)
    ids = [row.id for row in box.rows]
    index = ids.index(after) + 1 if after in ids else len(ids)
    return _limited(draft, replace(_put(draft, box.id, _with(box, node, index)), fresh=fresh)), node.id


def remove(draft: Draft, id_: int) -> Draft:
    """Without a row, or a group and all that is in it."""
    box = draft.parent(id_)
    if box is None:
        return draft
    return _put(draft, box.id, replace(box, rows=tuple(row for row in box.rows if row.id != id_)))


def after_removal(draft: Draft, id_: int) -> int:
    """Which row or group comes into the place of one that is removed: the next, the one before, or its group."""
    box = draft.parent(id_)
    if box is None:
        return ROOT
    at = [row.id for row in box.rows].index(id_)
    beside = (*box.rows[at + 1 :], *reversed(box.rows[:at]))
    return beside[0].id if beside else box.id


def move(draft: Draft, id_: int, step: int) -> Draft:
    """A step up (-1) or down (1). A row goes into a group that it meets, and out of its own at the end; a group
    goes past its neighbours, and out at the end."""
    box, node = draft.parent(id_), draft.find(id_)
    if box is None or node is None:
        return draft
    at = [row.id for row in box.rows].index(id_)
    beside = at + step
    if not 0 <= beside < len(box.rows):
        return _out(draft, box, node, step)
    met = box.rows[beside]
    if isinstance(met, Box) and isinstance(node, Row):
        return drop(draft, id_, met.id, 0 if step > 0 else len(met.rows))
    rows = list(box.rows)
    rows[at], rows[beside] = rows[beside], rows[at]
    return _put(draft, box.id, replace(box, rows=tuple(rows)))


def outwards(draft: Draft, id_: int) -> Draft:
    """Out of its group, to behind it."""
    box, node = draft.parent(id_), draft.find(id_)
    return _out(draft, box, node, 1) if box and node else draft


def inwards(draft: Draft, id_: int) -> Draft:
    """Into the nearest group beside it: the one before, else the one behind."""
    box = draft.parent(id_)
    if box is None:
        return draft
    at = [row.id for row in box.rows].index(id_)
    for beside, first in ((at - 1, False), (at + 1, True)):
        met = box.rows[beside] if 0 <= beside < len(box.rows) else None
        if isinstance(met, Box):
            return drop(draft, id_, met.id, 0 if first else len(met.rows))
    return draft


def _out(draft: Draft, box: Box, node: Node, step: int) -> Draft:
    around = draft.parent(box.id)
    if around is None:
        return draft
    at = [row.id for row in around.rows].index(box.id)
    return drop(draft, node.id, around.id, at + (1 if step > 0 else 0))


def drop(draft: Draft, id_: int, group: int, index: int) -> Draft:
    """Moved to before the row that is now the `index`th of a group."""
    node, old = draft.find(id_), draft.parent(id_)
    if node is None or old is None or any(inner.id == group for inner in nodes(node)):
        return draft
    if not isinstance(draft.find(group), Box):
        return draft
    if old.id == group:
        at = [row.id for row in old.rows].index(id_)
        if index in (at, at + 1):
            return draft
        index -= index > at
    taken = remove(draft, id_)
    box = taken.box(group)
    return _limited(draft, _put(taken, group, _with(box, node, index)))


def insert(draft: Draft, given: Condition | Group, at: int) -> tuple[Draft, int]:
    """What was pasted: behind a row or group, a row at the end of a group; in an empty draft a group is the whole
    of it. And the number of what was put in."""
    node, fresh = _boxed(given, draft.fresh)
    if not draft.root.rows and isinstance(node, Box):
        whole = Draft(replace(node, id=ROOT), fresh)
        return _limited(draft, whole), ROOT
    target = draft.find(at)
    into = target if isinstance(target, Box) and isinstance(node, Row) else None
    box = into or draft.parent(at) or draft.root
    made, _ = _add(draft, node, box.id, None if into else at, fresh)
    return made, node.id


def _with(box: Box, node: Node, index: int) -> Box:
    return replace(box, rows=(*box.rows[:index], node, *box.rows[index:]))


def _put(draft: Draft, id_: int, node: Node) -> Draft:
    """With another row or group under a number."""
    if isinstance(node, Box) and id_ == draft.root.id:
        return replace(draft, root=node)
    return replace(draft, root=_replaced(draft.root, id_, node))


def _replaced(here: Box, id_: int, node: Node) -> Box:
    """A group with another row or group under a number in it."""
    rows = tuple(
        node if row.id == id_ else _replaced(row, id_, node) if isinstance(row, Box) else row for row in here.rows
    )
    same = all(new is old for new, old in zip(rows, here.rows, strict=True))
    return here if same else replace(here, rows=rows)


def _limited(before: Draft, after: Draft) -> Draft:
    """The draft before, where the one after is more than a file may hold."""
    return before if beyond(after) else after


def beyond(draft: Draft) -> str:
    """Why a draft is more than a file may hold; "" if it is not."""
    if sum(1 for _ in nodes(draft.root)) - 1 > tree.MAX_ROWS:
        return f"There may be {tree.MAX_ROWS} rows at most."
    if _deepest(draft.root) > tree.MAX_DEPTH:
        return f"Groups may be nested {tree.MAX_DEPTH} levels deep at most."
    return ""


def _deepest(node: Node) -> int:
    return 0 if isinstance(node, Row) else 1 + max(map(_deepest, node.rows), default=0)


# Undo and redo


@dataclass(frozen=True)
class History:
    """A draft, those before it and those that were undone. Edits of one `kind` in a row (letters of one value) are
    one step."""

    now: Draft
    past: tuple[Draft, ...] = ()
    undone: tuple[Draft, ...] = ()
    kind: object = field(default=None, compare=False)

    def edited(self, draft: Draft, kind: object = None) -> "History":
        """One edit on."""
        if draft is self.now:
            return self
        if kind is not None and kind == self.kind and self.past:
            return History(draft, self.past, (), kind)
        return History(draft, (*self.past, self.now)[-MOST_STEPS:], (), kind)

    def rested(self) -> "History":
        """The next edit is a step of its own."""
        return replace(self, kind=None)

    def undo(self) -> "History":
        """One step back; the same if there is none."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (*self.undone, self.now))

    def redo(self) -> "History":
        """One step on again."""
        if not self.undone:
            return self
        return History(self.undone[-1], (*self.past, self.now), self.undone[:-1])


def title_of(parameters: Parameters, key: str) -> str:
    """How a parameter is called; its key where it is not known."""
    found = parameters.get(key)
    return found.title if found else key
