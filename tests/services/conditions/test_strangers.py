"""Conditions as strangers may write them: each is refused in words, or read with; none ends in a mistake."""

import json
from random import Random
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions import tree, words
from o365desk.model.conditions.operators import Takes, operators
from o365desk.model.conditions.parameters import Type
from o365desk.model.conditions.tree import Condition, Group, Join, MalformedError
from o365desk.model.problems import ProblemError
from tests.names import HOSTILE
from tests.samples import sample
from tests.services.graph.test_malformed import Bench, bench, office
from tests.torture import examples

__all__ = ["bench", "office"]

STRANGE: tuple[Any, ...] = (
    *(text[:1000] for text in HOSTILE), "\ud800", "\0", "", " ", "x" * 1000, "'", "%00", "../../users",
    10**4000, -(10**4000), 1e308, -1e308, 1.5, 10**18, 2**63, 10**9, 0, -1, "9" * 900, "1e999",
    "9999-12-31", "0001-01-01", "0000-00-00", "99999999-01-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00",
    "2020-02-30", "٢٠٢٠-٠١-٠١", "２０２０-０１-０１", "monday", *(tree.PartnerValue),
)  # fmt: skip
ZONES = (
    *("",) * 20, "Pacific/Kiritimati", "America/Adak", "../../etc/passwd", "/dev/zero", "a\0b", "\ud800", "Europe",
    ".", "x" * 900,
)  # fmt: skip
COUNTS = (0, 1, 10**9, 10**18, 10**4000)
DATES = ("9999-12-31", "0001-01-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2020-02-30")


def value(chance: Random, takes: Takes, type_: Type) -> Any:
    """A value as the operator takes it, mostly, or any other."""
    if chance.random() < 0.2:
        return tuple(chance.choice(STRANGE) for _ in range(chance.choice((0, 1, 2, 3))))
    if takes is Takes.NOTHING:
        return None
    fitting: dict[Type, tuple[Any, ...]] = {Type.DATE: DATES, Type.NUMBER: COUNTS}
    of = STRANGE if chance.random() < 0.2 else fitting.get(type_, STRANGE)
    if takes is Takes.COUNT:
        return chance.choice(COUNTS)
    if takes is Takes.OFFSETS:
        return tuple(sorted(chance.choice((1, -1)) * chance.choice(COUNTS) for _ in range(2)))
    if takes is Takes.TWO:
        return chance.choice(of), chance.choice(of)
    return (chance.choice(of), chance.choice(of)) if takes is Takes.SEVERAL else chance.choice(of)


@pytest.mark.timeout(900)
def test_whatever_a_row_compares_with(bench: Bench) -> None:
    chance, well, refused = Random(1), 0, 0
    reads = [item for item in catalogue.OPERATIONS.values() if not item.writes]
    somebody = bench.office.directory.users[3]["userPrincipalName"]
    for _ in range(examples(4000) // 2):
        operation = chance.choice(reads)
        parameter = chance.choice(list(parameters(operation).values()))
        operator = chance.choice(operators(parameter.type))
        compared = value(chance, operator.takes, parameter.type)
        made = Group(Join.AND, (Condition(parameter.key, operator.key, compared, chance.choice(ZONES)),))
        words.sentence(made, parameters(operation))
        try:
            assert tree.loads(json.loads(json.dumps(tree.dumps(made)))) == made
            bench.runner.read(
                bench.source, operation, sample(operation.key, somebody), bench.time.stop(), lambda _: None,
                conditions=made,
            )  # fmt: skip
            well += 1
        except (ProblemError, MalformedError):
            refused += 1
    assert min(well, refused) > 100, (well, refused)
