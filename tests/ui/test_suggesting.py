"""Suggestions while somebody types: the tenant's, and where that is out of reach the directory's, which say so."""

import pytest

from o365desk.model.conditions.tree import NO_CONDITION
from o365desk.model.datasource import SignIn
from o365desk.model.fields import Kind
from o365desk.model.problems import ProblemError
from o365desk.model.stop import Stop
from o365desk.ui.dialogs.edit_conditions import about_operation
from o365desk.ui.suggesting import suggest
from tests.ui.pages.directory.conftest import Shelf, shelf

__all__ = ["shelf"]


@pytest.fixture
def away(shelf: Shelf) -> Shelf:
    """A data source whose tenant cannot be reached: nobody listens there."""
    from o365desk.model.secret import Secret
    from o365desk.services.signin.credentials import Credential

    entry = shelf.app.workspace.get(shelf.source.id)
    nowhere = entry.source.replace(
        cloud="custom", login="https://127.0.0.1:9", graph="https://127.0.0.1:9", sign_in=SignIn.SECRET
    )
    shelf.source = shelf.app.connections.save(nowhere, entry.version, Credential(secret=Secret("made up"))).source
    return shelf


def test_the_directory_answers_and_says_so(away: Shelf) -> None:
    away.fill()
    found = suggest(away.app, away.source, Kind.USER, "finn mü", Stop())
    assert found
    assert all(each.title == "Finn Müller" for each in found)
    assert all("from the directory, as of" in each.note for each in found)
    groups = suggest(away.app, away.source, Kind.GROUP, "sales", Stop())
    assert [each.title for each in groups] == ["Sales EMEA"]
    assert suggest(away.app, away.source, Kind.USERS, "finn", Stop())


def test_without_a_directory_the_reason_is_told(away: Shelf) -> None:
    with pytest.raises(ProblemError) as told:
        suggest(away.app, away.source, Kind.USER, "finn", Stop())
    assert not told.value.problem.conclusive


def test_plans_are_not_in_the_directory(away: Shelf) -> None:
    away.fill()
    with pytest.raises(ProblemError):
        suggest(away.app, away.source, Kind.PLAN, "e3", Stop())


def test_what_is_no_matter_of_reach_is_told_as_ever(shelf: Shelf) -> None:
    """There is no client secret: no older answer may hide that."""
    shelf.fill()
    entry = shelf.app.workspace.get(shelf.source.id)
    bare = shelf.app.workspace.save(entry.source.replace(sign_in=SignIn.SECRET), entry.version).source
    with pytest.raises(ProblemError) as told:
        suggest(shelf.app, bare, Kind.USER, "finn", Stop())
    assert told.value.problem.conclusive


def test_the_preview_of_conditions_reads_the_directory_where_the_tenant_is_away(away: Shelf) -> None:
    from o365desk import catalogue

    asked = about_operation(away.window.context, away.source, catalogue.operation("user-list"), NO_CONDITION)
    assert asked.read
    with pytest.raises(ProblemError):
        asked.read(Stop())
    away.fill()
    known = asked.read(Stop())
    assert "from the directory, as of" in known.what
    assert len(known.rows) == 321
    assert known.complete
