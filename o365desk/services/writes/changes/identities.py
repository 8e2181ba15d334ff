"""Whether all that a row gives to name one user, group or plan means the same: an object ID beside a UPN, a SKU ID
beside a part number. A list of which one column was sorted alone gives two people in each row; none of them is
taken then. Nor is one whose object ID is gone, though somebody with its UPN is there: that is another.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from o365desk.model.datasource import is_guid
from o365desk.model.problems import Action, Problem
from o365desk.model.run import Also
from o365desk.services.directory.lookup import Entity, Found

if TYPE_CHECKING:
    from o365desk.services.writes.changes.planned_row import PlannedRow

Look = Callable[[Sequence[str]], Mapping[str, Found]]
_NOUNS = {"user": "user", "group": "group", "plan": "licence plan"}


class Identities:
    """What the rows give for one field. `look` finds what texts mean; `known` tells whether an object itself has a
    text for a name, whoever else has it; `label` names an object in a problem."""

    def __init__(
        self, key: str, look: Look, known: Callable[[Entity, str], bool], label: Callable[[Entity], str]
    ) -> None:
        self._key, self._look, self._known, self._label = key, look, known, label

    def settle(self, drafts: "Sequence[PlannedRow]") -> list[Found]:
        """What each row means: the object on which all of its identifiers agree, or why there is none. What only
        one of them does not know is noted."""
        found = dict(self._look(list(dict.fromkeys(draft.value(self._key) for draft in drafts))))
        others = [self._doubtful(draft, found[draft.value(self._key)]) for draft in drafts]
        texts = {each.text for some in others for each in some} - found.keys()
        found |= self._look(sorted(texts)) if texts else {}
        return [
            self._judged(draft, found[draft.value(self._key)], [(each, found[each.text]) for each in some])
            for draft, some in zip(drafts, others, strict=True)
        ]

    def _doubtful(self, draft: "PlannedRow", first: Found) -> list[Also]:
        """The further identifiers that the object which the first one means does not have itself."""
        others = [each for each in draft.row.also if each.field == self._key]
        entity = first.entity
        return others if entity is None else [each for each in others if not self._known(entity, each.text)]

    def _judged(self, draft: "PlannedRow", first: Found, others: Sequence[tuple[Also, Found]]) -> Found:
        """What a row means whose first identifier was found so, and the doubtful ones beside it so."""
        text = draft.value(self._key)
        there = next(((also, found.entity) for also, found in others if found.entity is not None), None)
        if first.entity is None:
            return self._by_another(text, first, *there) if there else first
        if there:
            return self._two(text, first.entity, *there)
        return self._beside(text, first.entity, others) or Found(
            entity=first.entity,
            note=" ".join(filter(None, (first.note, self._unknown(also for also, _ in others)))),
        )

    def _by_another(self, text: str, first: Found, other: Also, entity: Entity) -> Found:
        """What a row means whose first identifier names nobody, or several, and another one somebody."""
        if _code(first) == "ambiguous" and self._known(entity, text):
            return Found(entity=entity)  # of those with this name, the one with that ID
        return self._gone(text, other.text, entity, first.problem)

    def _beside(self, text: str, entity: Entity, others: Sequence[tuple[Also, Found]]) -> Found | None:
        """Why a row is not taken whose first identifier means somebody, and none of the others; None if it is."""
        for also, found in others:
            if _code(found) == "ambiguous":
                return self._several(text, entity, also, found.problem.cause if found.problem else "")
        gone = next((also.text for also, _ in others if is_guid(also.text)), "")
        return self._gone(gone, text, entity, None) if gone else None

    def _unknown(self, others: Iterable[Also]) -> str:
        """A note of identifiers that nobody has; names of people are none."""
        texts = ", ".join(f"“{also.text}”" for also in others if "@" in also.text or self._key != "user")
        return f"{texts} beside it names nothing in the tenant." if texts else ""

    def _two(self, text: str, one: Entity, also: Also, other: Entity) -> Found:
        return self._refused(
            f"The row names two {_NOUNS[self._key]}s",
            f"“{text}” is {self._label(one)}; “{also.text}” in “{also.heading}” is {self._label(other)}.",
            "Correct the row, or leave one of the columns out: who is meant is never guessed. A column that was "
            "sorted without the others does this.",
            "two-meant",
        )

    def _several(self, text: str, one: Entity, also: Also, who: str) -> Found:
        return self._refused(
            f"The row may name several {_NOUNS[self._key]}s",
            f"“{text}” is {self._label(one)}; “{also.text}” in “{also.heading}” may be: {who}",
            "Correct the row, or leave one of the columns out: who is meant is never guessed.",
            "two-meant",
        )

    def _gone(self, text: str, other_text: str, other: Entity, why: Problem | None) -> Found:
        there = f"“{other_text}” is {self._label(other)}."
        if not is_guid(text):
            title = f"No {_NOUNS[self._key]} “{text}”, but “{other_text}” is there"
            remedy = f"If this one is meant, correct “{text}”, or leave it out of the row."
            return self._refused(title, there, remedy, "not-found")
        deleted = why.cause if why and why.code == "deleted" else "The ID may be of one that was deleted."
        return self._refused(
            f"No {_NOUNS[self._key]} has the ID “{text}”, but “{other_text}” is there with another ID",
            f"{there} {deleted}",
            "If this one is meant, leave the old ID out of the row.",
            "id-gone",
        )

    def _refused(self, title: str, cause: str, remedy: str, code: str) -> Found:
        return Found(
            problem=Problem(
                title=title, cause=cause, remedy=remedy, field=self._key, action=Action.FIELD, code=code
            )
        )


def _code(found: Found) -> str:
    return found.problem.code if found.problem else ""
