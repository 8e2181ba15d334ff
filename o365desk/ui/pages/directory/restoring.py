"""What would bring something back that imports saw change: rows of operations, to be planned like any others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from o365desk import catalogue
from o365desk.catalogue import Operation
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Difference, What
from o365desk.model.run import Row
from o365desk.services.directory.copy.words import plans
from o365desk.ui.destinations import Wish

ADD, REMOVE = "add-user-to-group", "remove-user-from-group"
GIVE, TAKE = "assign-licence-to-user", "remove-licence-from-user"
_WORDS = {
    ADD: "Put {} back into groups…",
    REMOVE: "Take {} out of groups…",
    GIVE: "Give {} licences back…",
    TAKE: "Take {} licences away…",
}
NOTHING = "Choose memberships or licences that changed: these can be planned back."


@dataclass(frozen=True)
class Restoring:
    """Rows of one operation that take changes back."""

    operation: Operation
    values: tuple[dict[str, str], ...]

    @property
    def words(self) -> str:
        """For a menu."""
        return _WORDS[self.operation.key].format(f"{len(self.values):,}")

    def wish(self, source: DataSource) -> Wish:
        """To be planned for a data source."""
        rows = tuple(Row(number=number, values=values) for number, values in enumerate(self.values, 1))
        return Wish(source, self.operation, rows)


def restorings(differences: Iterable[Difference]) -> list[Restoring]:
    """What takes these back, an operation at a time: memberships and licences. The same is asked for once. What
    joined by leaving and joined again is as it was before the first of them."""
    wanted: dict[tuple[str, str], str] = {}
    for each in differences:
        for key, value, operation in _taken_back(each):
            wanted.setdefault((key, value), operation)
    made: dict[str, list[dict[str, str]]] = {}
    for (first, second), operation in wanted.items():
        names = ("group", "user") if operation in (ADD, REMOVE) else ("user", "plan")
        made.setdefault(operation, []).append(dict(zip(names, (first, second), strict=True)))
    return [Restoring(catalogue.operation(key), tuple(made[key])) for key in _WORDS if key in made]


def memberships(group: str, then: Sequence[str], now: Sequence[str]) -> list[Restoring]:
    """What makes a group's users those that it had `then`."""
    values = {
        ADD: [{"group": group, "user": user} for user in then if user not in set(now)],
        REMOVE: [{"group": group, "user": user} for user in now if user not in set(then)],
    }
    return [Restoring(catalogue.operation(key), tuple(rows)) for key, rows in values.items() if rows]


def _taken_back(difference: Difference) -> list[tuple[str, str, str]]:
    if difference.kind == "members":
        return [(difference.group, difference.id, REMOVE if difference.what is What.ADDED else ADD)]
    if difference.kind != "users" or difference.what not in (What.CHANGED, What.DISABLED):
        return []
    before, after = (plans(side.get("assignedLicenses")) for side in (difference.was, difference.now))
    gone = [(difference.id, sku, GIVE) for sku in before if sku not in after]
    return gone + [(difference.id, sku, TAKE) for sku in after if sku not in before]
