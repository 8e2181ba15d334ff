"""A copy of a directory that is kept by delta queries alone, as Microsoft says that it is to be done."""

from collections.abc import Callable
from typing import Any

Page = dict[str, Any]
Entry = dict[str, Any]


class Copy:
    """What the pages of delta queries add up to: objects by id, and of each whom its relation holds."""

    def __init__(self, relation: str) -> None:
        self.relation = f"{relation}@delta"
        self.objects: dict[str, Entry] = {}
        self.related: dict[str, set[str]] = {}
        self.reasons: dict[str, list[str]] = {}

    def apply(self, page: Page) -> None:
        """Applies a page: merges, never replaces; an absent property says nothing, a null one was emptied."""
        for entry in page["value"]:
            key = entry["id"]
            if "@removed" in entry:
                assert set(entry) == {"id", "@removed"}
                self.reasons.setdefault(key, []).append(entry["@removed"]["reason"])
                self.objects.pop(key, None)
                self.related.pop(key, None)
                continue
            self.objects.setdefault(key, {}).update(
                {name: value for name, value in entry.items() if name != self.relation}
            )
            members = self.related.setdefault(key, set())
            for member in entry.get(self.relation, ()):
                assert member["@odata.type"].startswith("#microsoft.graph.")
                if "@removed" in member:
                    assert member["@removed"] == {"reason": "deleted"}
                    members.discard(member["id"])
                else:
                    members.add(member["id"])

    def told(self) -> dict[str, Entry]:
        """The objects with what they have."""
        return {key: having(entry) for key, entry in self.objects.items()}


def having(entry: Entry) -> Entry:
    """Those of an object's properties that have a value."""
    return {name: value for name, value in entry.items() if value is not None}


def whole_round(get: Callable[[str], Page], path: str) -> tuple[list[Page], str]:
    """All pages of a round that begins there, and the delta link at its end."""
    pages = [get(path)]
    while "@odata.nextLink" in pages[-1]:
        assert "@odata.deltaLink" not in pages[-1]
        pages.append(get(pages[-1]["@odata.nextLink"]))
    return pages, pages[-1]["@odata.deltaLink"]
