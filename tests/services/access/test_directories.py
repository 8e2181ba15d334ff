"""Who may import a directory, and look at what was imported: whoever may run User List, and no partner."""

from collections.abc import Callable
from typing import Any

import pytest

from o365desk.model.access.security import Mapping, Who, WhoKind
from o365desk.model.problems import NOT_ALLOWED, ProblemError
from o365desk.model.stop import Stop
from tests.services.access.house import ADMIN, PIA, SALES, USER, House

UWE = Who(kind=WhoKind.USER, address=USER)


def refused(act: Callable[[], Any]) -> bool:
    try:
        act()
    except ProblemError as error:
        if error.problem.code != NOT_ALLOWED:
            raise
        return True
    return False


def may(house: House, who: str) -> set[str]:
    """What somebody may do of it."""
    app, source = house.desk(who).app, house.source
    acts: dict[str, Callable[[], Any]] = {
        "import": lambda: app.importer.run(source, Stop(), lambda _: None, apply=True),
        "plan": lambda: app.importer.waiting(source),
        "look": lambda: app.directories.of(source).users(limit=1),
    }
    return {name for name, act in acts.items() if not refused(act)}


EVERYTHING = {"import", "plan", "look"}


def test_whoever_may_query_may_import_and_look(house: House) -> None:
    assert may(house, ADMIN) == EVERYTHING
    assert may(house, USER) == EVERYTHING
    house.secure(users=(Who(kind=WhoKind.USER, address="somebody@contoso.com"),))
    assert may(house, USER) == set()
    house.secure(users=(UWE,))
    assert may(house, USER) == EVERYTHING


@pytest.mark.parametrize("defaults", [True, False])
def test_a_partner_may_not_even_where_everything_would_be_shown(house: House, defaults: bool) -> None:
    assert may(house, ADMIN) == EVERYTHING
    mapping = Mapping(query_type="Read", operation="user-list", conditions=SALES)
    house.secure(b2b=True, partner_defaults=defaults, mappings=(mapping,))
    assert may(house, PIA) == set()


def test_as_the_file_says_and_not_as_somebody_has_it_open(house: House) -> None:
    assert may(house, ADMIN) == EVERYTHING
    opened = house.source
    house.secure(users=(Who(kind=WhoKind.USER, address="somebody@contoso.com"),))
    app = house.desk(USER).app
    assert refused(lambda: app.directories.of(opened))
    assert refused(lambda: app.importer.waiting(opened))
