"""People of the workspace: local fields, files in and out."""

import csv
import json
from pathlib import Path

import pytest

from o365desk.model.access.people import Role
from o365desk.model.directory.people import Inactive, LocalPeople, LocalPerson
from o365desk.model.problems import NOT_ALLOWED, ProblemError
from o365desk.services.in_step import people_file
from o365desk.services.in_step.people import PeopleOfWorkspace
from o365desk.services.in_step.people_rows import sample
from tests.desk import Desk

HEADINGS = "Email,First name,Last name,Display name,Telephone\n"


@pytest.fixture
def persons(desk: Desk) -> PeopleOfWorkspace:
    return desk.app.persons


def written(tmp_path: Path, text: str, name: str = "people.csv") -> Path:
    file = tmp_path / name
    file.write_text(text)
    return file


@pytest.mark.parametrize("name", ["sample.csv", "sample.xlsx"])
def test_the_sample_is_a_file_that_comes_in_as_it_is(persons: PeopleOfWorkspace, tmp_path: Path, name: str) -> None:
    sample(tmp_path / name)
    plan = persons.plan(tmp_path / name)
    assert [row.what for row in plan.rows] == ["added", "added"]
    assert persons.store.load().persons == (), "a plan changes nothing"
    assert persons.apply(plan) == 2
    anna = persons.store.load().persons[0]
    assert (anna.email, anna.first, anna.last, anna.display, anna.telephone) == (
        "anna.muster@example.com", "Anna", "Muster", "Anna Muster", "+353 1 555 0100",
    )  # fmt: skip
    assert [row.what for row in persons.plan(tmp_path / name).rows] == ["unchanged", "unchanged"]


def test_what_changes_is_told_field_by_field_and_an_empty_cell_takes_nothing(
    persons: PeopleOfWorkspace, tmp_path: Path
) -> None:
    persons.apply(persons.plan(written(tmp_path, HEADINGS + "Ann@x.com,Ann,Lee,Ann Lee,123\n")))
    persons.set("ann@x.com", active=False, note="on leave")
    plan = persons.plan(written(tmp_path, HEADINGS + "ann@X.com,Ann,Leigh,Ann Leigh,\n"))
    assert plan.rows[0].what == "changed"
    assert plan.rows[0].differs == (("lastName", "Lee", "Leigh"), ("displayName", "Ann Lee", "Ann Leigh"))
    assert plan.rows[0].how == "Last name: Lee → Leigh; Display name: Ann Lee → Ann Leigh"
    persons.apply(plan)
    ann = persons.store.load().persons[0]
    assert (ann.email, ann.last, ann.telephone, ann.inactive, ann.note) == (
        "Ann@x.com", "Leigh", "123", Inactive.BY_HAND, "on leave",
    )  # fmt: skip


def test_columns_are_found_as_people_name_them(persons: PeopleOfWorkspace, tmp_path: Path) -> None:
    text = "Surname;Given name;E-mail address;Mobile phone\nMüller;Änne;aenne@x.com;+49 30 1\n"
    plan = persons.plan(written(tmp_path, text))
    person = plan.rows[0].person
    assert person
    assert (person.display, person.first, person.last, person.telephone) == (
        "Änne Müller", "Änne", "Müller", "+49 30 1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("not an address,Ann,Lee,Ann Lee,", "not an address"),
        ("ann@x.com,,,,", "no name"),
        (",Ann,Lee,Ann Lee,", "email"),
        ("ann@x.com; ben@x.com,Ann,Lee,Ann Lee,", "several addresses"),
        ("1.16E+20,Ann,Lee,Ann Lee,", "1.16E+20"),
    ],
)
def test_a_line_that_is_wrong_keeps_the_others_from_nothing(
    persons: PeopleOfWorkspace, tmp_path: Path, line: str, why: str
) -> None:
    plan = persons.plan(written(tmp_path, f"{HEADINGS}{line}\nzoe@x.com,Zoe,Last,Zoe Last,\n"))
    wrong = [row for row in plan.rows if row.what == "cannot"]
    assert wrong
    assert all(row.problem for row in wrong)
    assert any(why.lower() in row.problem.sentence().lower() for row in wrong if row.problem)
    persons.apply(plan)
    assert [each.email for each in persons.store.load().persons] == ["zoe@x.com"]


def test_the_second_line_of_somebody_is_told(persons: PeopleOfWorkspace, tmp_path: Path) -> None:
    plan = persons.plan(written(tmp_path, HEADINGS + "ann@x.com,A,L,Ann,\nANN@x.com,A,L,Other,\n"))
    assert [row.what for row in plan.rows] == ["added", "cannot"]


@pytest.mark.parametrize("text", ["", "shoe,size\n1,2\n", HEADINGS, "\x00\x01\x02"])
def test_a_file_that_is_none_is_refused_by_name(persons: PeopleOfWorkspace, tmp_path: Path, text: str) -> None:
    with pytest.raises(ProblemError, match=r"people\.csv"):
        persons.plan(written(tmp_path, text))


def test_people_that_were_changed_meanwhile_are_not_overwritten(persons: PeopleOfWorkspace, tmp_path: Path) -> None:
    plan = persons.plan(written(tmp_path, HEADINGS + "ann@x.com,A,L,Ann,\n"))
    persons.set("ann@x.com", note="new")
    with pytest.raises(ProblemError, match="changed meanwhile"):
        persons.apply(plan)
    assert persons.store.load().persons[0].display == ""


def test_who_is_active_again_and_has_no_note_is_not_kept(persons: PeopleOfWorkspace) -> None:
    persons.set("ann@x.com", active=False)
    assert persons.set("ANN@x.com", active=True).inactive is None
    assert persons.store.load().persons == ()
    with pytest.raises(ProblemError, match="no email address"):
        persons.set("ann", active=False)
    with pytest.raises(ProblemError, match="Nothing is kept"):
        persons.remove("ann@x.com")
    with pytest.raises(ProblemError, match="too long"):
        persons.set("ann@x.com", note="x" * 3000)


def test_a_note_that_looks_like_a_secret_is_not_shared(persons: PeopleOfWorkspace) -> None:
    with pytest.raises(ProblemError, match="secret"):
        persons.set("ann@x.com", note="client secret abC8Q~" + "x1Y_" * 8)
    assert not persons.store.path.exists()


def test_the_export_has_the_columns_of_the_web_original(
    desk: Desk, persons: PeopleOfWorkspace, tmp_path: Path
) -> None:
    me = desk.app.access.operator.address
    desk.app.workspace.folder.mkdir(exist_ok=True)
    role = {"address": me, "role": Role.ADMINISTRATOR, "name": "=Admin"}
    (desk.app.workspace.folder / "workspace.json").write_text(json.dumps({"version": 1, "people": [role]}))
    persons.apply(persons.plan(written(tmp_path, HEADINGS + "ann@x.com,A,L,Ann,\n")))
    persons.set("ann@x.com", active=False)
    assert persons.export(tmp_path / "out.csv") == 2
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines()))
    assert list(rows[0]) == ["displayName", "email", "primaryRole", "groups", "active", "lastActive"]
    by = {row["email"]: row for row in rows}
    assert by[me]["primaryRole"] == "Administrator"
    assert by[me]["displayName"] == "'=Admin", "nothing that a spreadsheet would execute"
    assert (by["ann@x.com"]["active"], by["ann@x.com"]["primaryRole"]) == ("false", "User")


def test_who_may_not_change_people_changes_none(desk: Desk, persons: PeopleOfWorkspace, tmp_path: Path) -> None:
    persons.store.change(lambda people: people.replace([LocalPerson(email="ann@x.com", note="n")]))
    plan = persons.plan(written(tmp_path, HEADINGS + "ben@x.com,B,L,Ben,\n"))
    (desk.app.workspace.folder / "workspace.json").write_text(
        json.dumps({"version": 1, "people": [{"address": "boss@x.com", "role": Role.ADMINISTRATOR}]})
    )
    for act in (
        lambda: persons.set("ann@x.com", active=False), lambda: persons.remove("ann@x.com"),
        lambda: persons.apply(plan),
    ):  # fmt: skip
        with pytest.raises(ProblemError) as caught:
            act()
        assert caught.value.problem.code == NOT_ALLOWED
    assert [each.email for each in persons.store.load().persons] == ["ann@x.com"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": 1, "people": [{"email": ""}]}', "person 1"),
        ('{"version": 1,\n "people": [{"email": "a@b.c"},\n{"email": "A@b.c"}]}', "person 2"),
        ('{"version": 1, "people": [{"email": "a@b.c", "inactive": "maybe"}]}', "maybe"),
        ('{"version": 1, "people": {"a": 1}}', "people"),
        ('{"version": 2, "people": []}', "version"),
        ("[]", "begin with"),
        ('{"version": 1, "people": [{"email": "a@b.c", "password": "hunter2hunter2"}]}', "secret"),
    ],
)
def test_a_malformed_file_is_refused_by_place_and_never_overwritten(
    persons: PeopleOfWorkspace, text: str, said: str
) -> None:
    persons.store.path.parent.mkdir(parents=True, exist_ok=True)
    persons.store.path.write_text(text)
    with pytest.raises(ProblemError, match=said):
        persons.everybody()
    with pytest.raises(ProblemError):
        persons.set("ann@x.com", active=False)
    assert persons.store.path.read_text() == text


def test_unknown_keys_survive_and_the_same_people_give_the_same_bytes() -> None:
    text = b'{"version": 1, "people": [{"email": "a@b.c", "note": "n", "shoe": 44}], "later": {"x": 1}}'
    people = people_file.decode(text)
    again = people_file.encode(people)
    assert people_file.decode(again) == people
    assert people_file.encode(people_file.decode(again)) == again
    assert (people.persons[0].extra, people.extra) == ({"shoe": 44}, {"later": {"x": 1}})
    assert people_file.encode(LocalPeople()).endswith(b"}\n")
