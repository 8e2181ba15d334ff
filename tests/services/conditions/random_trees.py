"""Random tenants and random conditions on them: values that hurt, and conditions that have to do with them."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from o365desk.catalogue.plans import products
from o365desk.model.conditions.operators import Operator, Takes, operators
from o365desk.model.conditions.parameters import Parameter, Parameters, Type
from o365desk.model.conditions.tree import Condition, Group, Join, Single, Value

NOW = datetime(2026, 3, 29, 0, 30, 15, 250_000, tzinfo=UTC)
"""In the night in which Europe's clocks go forward."""
ZONES = ("Europe/Dublin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC")
WORDS = (
    "Sales", "SALES", "Finance", "Office", "Staff", "Straße", "STRASSE", "ﬁnance", "Oﬃce", "İstanbul", "istanbul",
    "O'Brien", "''", "A&B", "C++", "C#", "100%", "50%25", "%27", "a+b", "é", "e\u0301", "Müller", "Mu\u0308ller",
    "日本", "李明", "Ελλάς", "ΕΛΛΆΣ", "😀", "👩\u200d💻", "x" * 256, "ẞ", "ss", "ﬅ", "st", "K", "k", ";", "`", ", ",
    "(", ")", "null", "true", "$filter", "\\", '"', "/", "a b", "ŉ", "n", "ẚ", "a", "*", "?", "\t", "\u00a0", "eq",
    " or ", "Ǆ", "ǆ", "\u037e",
)  # fmt: skip
PLANS = ("Office 365 E3", "Microsoft 365 E5", "Power BI Pro")
TYPED_TEXTS = {  # what Microsoft keeps to its own words
    "usageLocation": ("IE", "FI", "SS", "ST", "de", "US"),
    "userType": ("Member", "Guest"),
    "visibility": ("Public", "Private", "HiddenMembership"),
}
FLAGS = ("accountEnabled", "onPremisesSyncEnabled", "isAssignableToRole")


def text(random: Random) -> str:
    """A text of one to three hurting words."""
    return random.choice(("", " ", "-")).join(random.choice(WORDS) for _ in range(random.randint(1, 3)))[:256]


def altered(random: Random, given: str) -> str:
    """A text that may mean the same, a part of it, or nearly the same."""
    ways = (
        str, str.upper, str.lower, str.casefold, lambda one: unicodedata.normalize("NFD", one),
        lambda one: unicodedata.normalize("NFC", one), lambda one: f" {one} ", lambda one: one[: len(one) // 2 + 1],
        lambda one: one[len(one) // 2 :], lambda one: one.replace("ss", "ß"), lambda one: one.replace("fi", "ﬁ"),
        lambda one: one + random.choice(WORDS), lambda one: random.choice(WORDS) + one,
    )  # fmt: skip
    for _ in range(random.randint(0, 2)):
        given = random.choice(ways)(given)
    return given[:1000]


def changed(random: Random, entity: dict[str, Any], keys: Mapping[str, Parameter], plans: list[str]) -> None:
    """Gives a user or a group of the tenant random values, as far as Graph could have them."""
    for key, parameter in keys.items():
        if key in ("id", "kind", "groupTypes", "mailEnabled", "securityEnabled") or random.random() < 0.3:
            continue
        entity[key] = _stored(random, key, parameter, plans)


def _stored(random: Random, key: str, parameter: Parameter, plans: list[str]) -> Any:
    if key in TYPED_TEXTS:
        return random.choice((None, *TYPED_TEXTS[key]))
    if key == "userPrincipalName":
        return f"{text(random)}@contoso.onmicrosoft.com"
    if parameter.type is Type.CHECK:
        return random.choice((True, False, None))
    if parameter.type is Type.DATE:
        near = timedelta(seconds=random.choice((0, 1, -1, 3600, -3600, random.randint(-9_000_000, 9_000_000))))
        when = NOW.replace(microsecond=0) + near * random.choice((1, 1, 30))
        return random.choice((None, *(when.strftime(f"%Y-%m-%dT%H:%M:%S{part}Z") for part in ("", "", ".2500001"))))
    if parameter.type is Type.PLANS:
        return [{"skuId": plan, "disabledPlans": []} for plan in random.sample(plans, random.randint(0, 2))]
    if parameter.type is Type.TEXTS:
        return [text(random) for _ in range(random.randint(0, 1))]
    return random.choice((None, "", "  ", *(text(random) for _ in range(8))))


def tree(random: Random, known: Parameters, rows: list[dict[str, Any]], depth: int = 3) -> Group:
    """Conditions on these rows, all of them in order. Now and then there are many values of one parameter."""
    if random.random() < 0.03:
        texts = [each for each in known.values() if each.type in (Type.TEXT, Type.IDENTIFIER)]
        texts += [known["id"]] * 10 if "id" in known else []
        return _many(random, random.choice(texts), rows)
    parts: list[Condition | Group] = []
    for _ in range(random.choice((1, 1, 2, 2, 3, 4))):
        if depth > 1 and random.random() < 0.3:
            parts.append(tree(random, known, rows, depth - 1))
        else:
            parts.append(row(random, random.choice(list(known.values())), rows))
    return Group(random.choice(list(Join)), tuple(parts))


def _many(random: Random, parameter: Parameter, rows: list[dict[str, Any]]) -> Group:
    """That a parameter is one of 12 to 50 values."""
    values = [str(parameter.of(random.choice(rows)) or "") for _ in range(random.randint(12, 50))]
    if parameter.key != "id":
        values = [altered(random, value) for value in values]
    return Group(Join.OR, tuple(Condition(parameter.key, "equals", value) for value in values if value.strip()))


def row(random: Random, parameter: Parameter, rows: list[dict[str, Any]]) -> Condition:
    """One row about a parameter, often with a value that occurs."""
    operator = random.choice(operators(parameter.type))
    zone = random.choice(ZONES) if parameter.type is Type.DATE else ""
    return Condition(parameter.key, operator.key, _value(random, parameter, operator, rows), zone)


def _value(random: Random, parameter: Parameter, operator: Operator, rows: list[dict[str, Any]]) -> Value:
    if operator.takes is Takes.NOTHING:
        return None
    if operator.takes is Takes.COUNT:
        return random.choice((0, 1, 2, 7, 30, 400))
    if operator.takes is Takes.OFFSETS:
        return tuple(sorted(random.randint(-40, 40) for _ in range(2)))
    if operator.takes is Takes.SEVERAL:
        return tuple(_single(random, parameter, operator, rows) for _ in range(random.randint(1, 4)))
    if operator.takes is Takes.TWO:
        return tuple(sorted((_single(random, parameter, operator, rows) for _ in range(2)), key=_in_order))
    return _single(random, parameter, operator, rows)


def _in_order(value: Single) -> tuple[float, str]:
    return (value, "") if isinstance(value, int | float) else (0, str(value))


def _single(random: Random, parameter: Parameter, operator: Operator, rows: list[dict[str, Any]]) -> Single:
    if parameter.type is Type.NUMBER:
        return random.choice((0, 1, 2.5, 25, 100, 10_000))
    if parameter.type in (Type.PLANS, Type.PLAN):
        return random.choice((*PLANS, *(product.id for name in PLANS for product in products(name))))
    if parameter.type is Type.DATE:
        return _date(random, parameter, rows, days=operator.takes is Takes.TWO)
    if parameter.choices:
        return random.choice(parameter.choices)[random.randint(0, 1)]
    if "pattern" in operator.key:
        return random.choice(("^s", "s+$", "[a-f]{2}", "ß|é", ".", "^$", "\\d", "(?-i)S"))
    value = parameter.of(random.choice(rows))
    if isinstance(value, list):
        value = value[0] if value else None
    typed = altered(random, value if value and random.random() < 0.8 else text(random))
    return typed if typed.strip() else "x"


def _date(random: Random, parameter: Parameter, rows: list[dict[str, Any]], *, days: bool) -> str:
    value = parameter.of(random.choice(rows)) or "2026-03-29T01:00:00Z"
    if days or random.random() < 0.5:
        return str(value)[:10]
    return random.choice((str(value), str(value)[:19], f"{str(value)[:19]}.5Z", f"{str(value)[:19]}+05:45"))
