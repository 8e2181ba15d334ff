"""What the lists said that were read last, while the program runs: for previews, and for values that occur."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from o365desk.model.conditions.parameters import Parameter, Parameters
from o365desk.model.text.folding import folded

Row = Mapping[str, Any]
_PLANS = "licence-plan-list"
_MOST = 30


@dataclass(frozen=True)
class ListRead:
    """A list as it came. `what` says which, and from when; `values` are what its fields held; `complete`: its end
    was reached; `filtered`: conditions left rows out."""

    rows: Sequence[Row]
    what: str
    values: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    filtered: bool = False


class ListsRead:
    """The last read of each list of each data source. Nothing of it is kept when the program ends."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, str], ListRead] = {}

    def keep(self, source_id: str, operation: str, read: ListRead) -> None:
        """A list was read."""
        self._lists[source_id, operation] = read

    def forget(self, source_id: str) -> None:
        """A data source is gone."""
        for key in [key for key in self._lists if key[0] == source_id]:
            del self._lists[key]

    def last(self, source_id: str, operation: str) -> ListRead | None:
        """The last read of a list; None where there was none."""
        return self._lists.get((source_id, operation))

    def plans(self, source_id: str) -> Sequence[tuple[str, str]]:
        """SKU ids with product names: the plans that the tenant has, where they were read; else all that Microsoft
        publishes."""
        from o365desk.catalogue.plans import all_products, product_name

        read = self.last(source_id, _PLANS)
        if read is None or not read.complete or read.filtered:
            return all_products()
        ids = {str(row.get("skuId") or "").lower(): str(row.get("skuPartNumber") or "") for row in read.rows}
        named = [(sku, product_name(sku, part)) for sku, part in ids.items() if sku]
        return sorted(named, key=lambda each: folded(each[1]))

    def suggestions(
        self, source_id: str, operation: str, parameters: Parameters
    ) -> Callable[[str, str], Sequence[str]]:
        """Texts of a parameter that occur in the last read of a list and hold what is typed: those that begin with
        it first, the most frequent of them before others. To be called in a worker."""
        read = self.last(source_id, operation)
        found: dict[str, list[tuple[str, str]]] = {}

        def suggest(key: str, typed: str) -> Sequence[str]:
            parameter = parameters.get(key)
            if read is None or parameter is None:
                return ()
            if key not in found:
                count = Counter(_texts(read.rows, parameter))
                found[key] = [(folded(text), text) for text, _ in count.most_common()]
            wanted = folded(typed.strip())
            like = [each for each in found[key] if wanted in each[0]]
            like.sort(key=lambda each: not each[0].startswith(wanted))
            return [text for _, text in like[:_MOST]]

        return suggest


def _texts(rows: Sequence[Row], parameter: Parameter) -> Iterator[str]:
    for row in rows:
        try:
            value = parameter.of(row)
        except (LookupError, TypeError, ValueError, AttributeError):
            continue
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(each, str) and each.strip():
                yield each
