"""Licence plans in a sentence: how many seats there are, are used, and where there are none left."""

from collections.abc import Iterable, Mapping
from typing import Any

from o365desk.catalogue.licences import seats
from o365desk.model.text import wording

_ENDLESS = 1_000_000


def summary(plans: Iterable[Mapping[str, Any]]) -> str:
    """A line about plans in Graph's shape. Plans that Microsoft gives away come with a million seats: beside them
    those that somebody pays for would not be seen."""
    every = [seats(plan) for plan in plans]
    counted = [each for each in every if each["enabled"] < _ENDLESS]
    given = len(every) - len(counted)
    enabled, used = (sum(each[key] for each in counted) for key in ("enabled", "used"))
    full = sum(each["free"] == 0 and each["enabled"] > 0 for each in counted)
    over = sum(each["free"] < 0 for each in counted)
    parts = [f"{used:,} of {enabled:,} seats are used"]
    parts += [f"{wording.many(full, 'plan has', 'plans have')} no seat left"] if full else []
    parts += [f"{wording.many(over, 'plan has', 'plans have')} more used than there are"] if over else []
    parts += [f"{wording.many(given, 'plan')} of a million seats not counted"] if given else []
    return ", ".join(parts)
