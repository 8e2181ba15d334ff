"""Parameters, rows and trees for the tests of conditions: by hand, and at random."""

from datetime import UTC, datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any

from hypothesis import strategies as st

from o365desk.model.conditions import operators
from o365desk.model.conditions.operators import Operator, Takes
from o365desk.model.conditions.parameters import Parameter, Type
from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue

PLAN_IDS = ("05e9a617-0261-4cee-bb44-138d3ef5d965", "c7df2760-2c81-4ef7-b578-5b5392b571df")
_PLANS = {"microsoft 365 e3": PLAN_IDS[:1], "spe_e3": PLAN_IDS[:1], "e5": PLAN_IDS[1:], "teams": PLAN_IDS}


def meant(text: str) -> tuple[str, ...]:
    """The plans of these tests by name; “Teams” is ambiguous."""
    return _PLANS.get(text.casefold(), (text.lower(),) if text.lower() in PLAN_IDS else ())


def _parameter(key: str, title: str, type_: Type, **more: Any) -> Parameter:
    return Parameter(key=key, title=title, type=type_, of=itemgetter(key), needs=(key,), **more)


PARAMETERS = {
    each.key: each
    for each in (
        _parameter("department", "Department", Type.TEXT),
        _parameter("employeeId", "Employee ID", Type.IDENTIFIER),
        _parameter("userType", "Type", Type.CHOICE, choices=(("Member", "Member"), ("Guest", "Guest account"))),
        _parameter("enabled", "Enabled", Type.CHECK),
        _parameter("seats", "Seats", Type.NUMBER),
        _parameter("created", "Created", Type.DATE),
        _parameter("plan", "Licence plan", Type.PLAN, meant=meant),
        _parameter("phones", "Phones", Type.TEXTS),
        _parameter("plans", "Licences", Type.PLANS, meant=meant),
    )
}
KINDS = {
    "department": "text",
    "employeeId": "text",
    "userType": "choice",
    "enabled": "yes/no",
    "seats": "number",
    "created": "date",
    "plan": "plan",
    "phones": "list of texts",
    "plans": "list of plans",
}
"""The same as the oracle calls them."""
NOBODY = dict.fromkeys(PARAMETERS)
"""A row in which everything is blank."""
NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
"""A Tuesday; 10:30 in Dublin."""
PARTNER = {
    PartnerValue.COMPANY_NAME: "Sales & Söhne (.*)",
    PartnerValue.CURRENT_USER_EMAIL: " Anna@Fabrikam.com ",
    PartnerValue.CURRENT_USER_NAME: "Zoe\u0308",
    PartnerValue.MAIN_CONTACT_NAME: "",
}


def tree(*rows: Condition | Group, join: str = "and") -> Group:
    """A group of rows."""
    return Group(Join(join), rows)


# --- at random ---------------------------------------------------------------------------------------------------
# Strategies are made once, and not in each draw: Hypothesis looks through each that it has not met before.

ZONES = (
    "Europe/Dublin",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Beirut",
)
"""A summer time that is a negative winter time; midnights that strike twice; midnights that never strike; half an
hour; a day that was left out; midnights that never strike, today."""
_CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2010, 11, 7, 2, 31, tzinfo=UTC), datetime(2010, 3, 14, 3, 31, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC), datetime(2018, 2, 18, 2, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, tzinfo=UTC), NOW,
)  # fmt: skip
_WORDS = ("Sales", "sales", "North Sales", "SALES ", "Zoë", "Zoe\u0308", "ZOË", "Zoe", "é", "e\u0301", "O'Brien",
          'a"b', "R&D", "a+b", "#1", "100%", "漢字", "😀 team", "x" * 256, " ", "", "\u3000", "STRASSE", "straße",
          "a\nb", "ﬁn", "İ", "K", "~", "!")  # fmt: skip
_PATTERNS = ("sales", "^s", "s$", "(?-i)Sales", "[a-z]+ s", "é", "漢", ".", "x{200}", r"\+", "zo(e|ë)", "^$", "a|b")


@cache
def texts() -> st.SearchStrategy[str]:
    return st.sampled_from(_WORDS) | st.text(alphabet="aAbBéÉe\u0301'&+#% 漢😀sS", max_size=6)


@cache
def moments() -> st.SearchStrategy[datetime]:
    near = st.builds(
        lambda change, minutes, micro: change + timedelta(minutes=minutes, microseconds=micro),
        st.sampled_from(_CHANGES),
        st.sampled_from((0, 1, -1, 30, -30, 59, 60, -60, 61, -61, 90, 1440, -1440, 10080, -10080, 43200, -44640))
        | st.integers(-3000, 3000),
        st.sampled_from((0, 0, 0, 1, -1)),
    )
    return near | st.builds(lambda minutes: NOW + timedelta(minutes=minutes), st.integers(-600_000, 600_000))


def _iso(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")


_ODD = st.sampled_from((4711.5, {"a": 1}, [1], object, b"x"))
_DATES = st.builds(_iso, moments()) | st.builds(lambda when: when.replace(tzinfo=None).isoformat(), moments())
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "department": texts(),
    "employeeId": texts(),
    "userType": st.sampled_from(("Member", "guest", "Guest", "Other", "")),
    "enabled": st.booleans(),
    "seats": st.integers(-3, 3) | st.sampled_from((0.5, 10**30)),
    "created": _DATES,
    "plan": st.sampled_from((*PLAN_IDS, "00000000-0000-0000-0000-000000000001")),
    "phones": st.lists(texts(), max_size=3),
    "plans": st.lists(st.sampled_from(PLAN_IDS), max_size=2),
}


_SPOILT_KEYS = st.sampled_from(tuple(_VALUES))


@cache
def rows(*, odd: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Rows with a value or none for each parameter; `odd`: sometimes with one that nothing can be told of."""
    whole = st.fixed_dictionaries({key: st.none() | value | value for key, value in _VALUES.items()})
    if not odd:
        return whole

    @st.composite
    def spoilt(draw: st.DrawFn) -> dict[str, Any]:
        row = draw(whole)
        key = draw(_SPOILT_KEYS)
        if draw(st.booleans()):
            del row[key]
        else:
            row[key] = draw(_ODD)
            if key == "seats" and row[key] == 4711.5:
                row[key] = "4711"
        return row

    return whole | spoilt()


@cache
def _typed(key: str, operator: Operator) -> st.SearchStrategy[Any]:
    """One typed value."""
    if operator.takes is Takes.COUNT:
        return st.integers(0, 40)
    if operator.takes is Takes.OFFSETS:
        return st.integers(-10, 10)
    if "pattern" in operator.key:
        return st.sampled_from((*_PATTERNS, PartnerValue.COMPANY_NAME))
    if key == "seats":
        return _VALUES[key]
    if key == "created":
        return _DATES | st.builds(lambda when: when.date().isoformat(), moments())
    if key == "userType":
        return st.sampled_from(("member", "Guest", " guest account "))
    if key in ("plan", "plans"):
        return st.sampled_from((*PLAN_IDS, "Microsoft 365 E3", " spe_e3", "E5"))
    partner = st.sampled_from((PartnerValue.COMPANY_NAME, PartnerValue.CURRENT_USER_EMAIL))
    return texts().filter(str.strip) | texts().filter(str.strip) | partner


@cache
def _several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(one, min_size=1, max_size=3)


_KEYS = st.sampled_from(tuple(PARAMETERS))
_OPERATORS = {each.key: st.sampled_from(operators.operators(each.type)) for each in PARAMETERS.values()}
_ZONES = st.sampled_from(ZONES)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """A row in which nothing is wrong, but perhaps the order of two values."""
    key = draw(_KEYS)
    operator = draw(_OPERATORS[key])
    zone, one = draw(_ZONES), _typed(key, operator)
    value: Any = None
    if operator.takes is Takes.SEVERAL:
        value = tuple(draw(_several(one)))
    elif operator.takes in (Takes.TWO, Takes.OFFSETS):
        value = (draw(one), draw(one))
        if key == "seats" or operator.takes is Takes.OFFSETS:
            value = tuple(sorted(value))
        elif value[0][:10] >= value[1][:10]:
            value = (value[1][:10], value[0][:10])
    elif operator.takes is not Takes.NOTHING:
        value = draw(one)
    return Condition(key, operator.key, value, zone)


def trees() -> st.SearchStrategy[Group]:
    """Trees to four levels."""
    joins = st.sampled_from(Join)
    inner = st.recursive(
        conditions(),
        lambda below: st.builds(Group, joins, st.lists(below, min_size=1, max_size=3).map(tuple)),
        max_leaves=6,
    )
    return st.builds(Group, joins, st.lists(inner, min_size=1, max_size=3).map(tuple))
