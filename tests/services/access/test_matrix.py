"""Roles × lists × B2B × defaults × who asks × the ten operations: the decision is what the tables say."""

import pytest

from o365desk import catalogue
from o365desk.model.access.operator import os_user
from o365desk.model.access.security import Deed
from o365desk.model.datasource import DataSource
from o365desk.services.access.access import Access
from o365desk.services.access.decision import Subject
from o365desk.services.access.report import report
from tests.services.access.expected import ADDRESS, KEYS, ROLES, SUBJECTS, Case, every, identities, some
from tests.torture import FULL

MANAGING = (Deed.EDIT, Deed.DELETE, Deed.RESTORE, Deed.AUTHORISE, Deed.SECRETS, Deed.SECURITY)


def access_of(case: Case) -> Access:
    operator = "other@contoso.com" if case.subject == "unknown" else case.address
    return Access(lambda: case.people, identities(case), os_user(operator))


def source_of(case: Case) -> DataSource:
    return DataSource(id="one", name="Contoso", security=case.security)


def subject_of(case: Case, access: Access, source: DataSource) -> Subject:
    return access.somebody(source, case.address) if case.subject == "unknown" else access.me(source)


@pytest.mark.torture
@pytest.mark.parametrize("subject", SUBJECTS)
def test_operations(subject: str) -> None:
    """Every point for one operation, and for the others what a default can make of them."""
    asked = 0
    for key in KEYS:
        part = every(subject=subject, operation=key) if key == KEYS[0] or FULL else every(
            subject=subject, operation=key, administrators="empty", role="User"
        )  # fmt: skip
        for case in part:
            access, source = access_of(case), source_of(case)
            who = subject_of(case, access, source)
            assert who.kind.value == case.kind, case
            found = access.decide(source, catalogue.operation(key), who, case.people)
            assert (found.allowed, bool(found.conditions)) == (case.runs, case.hidden), (case, found)
            assert found.because
            assert found.allowed or found.remedy, case
            if not found.allowed:
                assert found.open == case.open, (case, found)
            asked += 1
    assert asked > 1000


@pytest.mark.torture
@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("role", ROLES)
def test_deeds(subject: str, role: str) -> None:
    for case in every(subject=subject, role=role, operation="user-list"):
        if not FULL and case.defaults != "this":
            continue
        access, source = access_of(case), source_of(case)
        who = subject_of(case, access, source)

        def may(deed: Deed, given: DataSource | None = source) -> bool:
            return access.decide(given, deed, who, case.people).allowed  # noqa: B023 - called at once

        assert {deed: may(deed) for deed in MANAGING} == dict.fromkeys(MANAGING, case.manages), case
        assert may(Deed.TEST) == case.tests, case
        assert may(Deed.QUERY) == case.queries, case
    assert may(Deed.ADD, None) == case.adds
    assert may(Deed.PEOPLE, None) == case.gives_roles


@pytest.mark.torture
def test_the_whole_answer_about_somebody_agrees() -> None:
    """*View as…* and `sources access` show this report, whoever asks for it."""
    for case in some(1500 if FULL else 150, seed=11):
        asker = Access(lambda case=case: case.people, identities(case), os_user("other@contoso.com"))  # type: ignore[misc]
        found = report(asker, source_of(case), case.address).as_json()
        assert (found["operator"], found["kind"]) == (ADDRESS[case.subject], case.kind)
        assert found["administer"]["allowed"] == case.manages, (case, found)
        assert found["query"]["allowed"] == case.queries, (case, found)
        (row,) = [each for each in found["operations"] if each["key"] == case.operation]
        assert (row["allowed"], row["conditions"] is not None) == (case.runs, case.hidden), (case, row)
        assert all(each["because"] for each in found["operations"])
