"""What a handover sheet says, in which order, and that it holds no secret."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from o365desk.model.access.people import Partner, People, Person, Role
from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.problems import Problem
from o365desk.model.searches import Search
from o365desk.model.secret import Secret
from o365desk.services.handover.document import Details, Grid, Sheet, Text
from o365desk.services.handover.rendering import render
from o365desk.services.handover.sheet import file_name
from o365desk.services.vault.vault import CLIENT_SECRET, PASSPHRASE
from tests.scene import Scene
from tests.services.handover.papers import named, of, points, prove, rows, section

SECRET = "abc8Q~made-up.for.this.test-abcdefghijkl"
OLD_SECRET = "Zx9~aaBBccDDeeFF00112233445566778899"
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYWRlIHVwIn0.c2lnbmF0dXJl"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()


def details(sheet: Sheet, title: str) -> dict[str, str]:
    return {label: "\n".join(values) for label, *values in rows(section(sheet, title), Details)}


def secured(source: DataSource) -> DataSource:
    conditions = {
        "join": "and",
        "rows": [
            {"parameter": "department", "operator": "equals", "value": "Sales"},
            {"parameter": "companyName", "operator": "equals", "value": {"partner": "companyName"}},
        ],
    }
    return source.replace(
        security=Security(
            administrators=(
                Who(kind=WhoKind.USER, address="m.jones@contoso.com", name="Mary Jones"),
                Who(kind=WhoKind.GROUP, address="hr@contoso.com"),
            ),
            b2b=True,
            partner_defaults=True,
            mappings=(Mapping(query_type="Read", operation="user-list", conditions=conditions),),
        )
    )


def test_the_sections_follow_the_screens(scene: Scene) -> None:
    made = of(scene.app, scene.sources["Contoso HR"])
    assert [each.title for each in made.sections] == [
        "Datasource management",
        "Connection details",
        "Check boxes",
        "Permissions and consent",
        "Security settings",
        "Roles and partners",
        "Saved searches",
        "Evidence of the last test",
        "Still open",
    ]
    assert made.title == "Handover sheet: Contoso HR"
    assert "2026-05-12 09:30:00 UTC" in made.made
    assert "a.admin" in made.made
    assert made.summary[0].text.startswith("Status: ready — proven 3 minutes ago, 10 of 10 operations")


def test_the_details_and_the_three_boxes_are_those_of_the_form(scene: Scene) -> None:
    made = of(scene.app, scene.sources["Contoso HR"])
    assert list(details(made, "Datasource management")) == [
        "Display name",
        "Type",
        "Status",
        "Modified",
        "Modified by",
    ]
    connection = details(made, "Connection details")
    assert connection["Cloud"] == "Office 365 (worldwide)"
    assert connection["Tenant"] == "contoso.onmicrosoft.com"
    assert connection["Application (client) ID"] == "14d82eec-204b-4c2f-b7e8-296a70dab67e"
    assert connection["Signs in with"].startswith("Client secret")
    assert "admin@contoso.com" in connection["Authorised"]
    assert any("owns its app registration" in str(block) for block in section(made, "Connection details").blocks)
    assert list(details(made, "Check boxes").items()) == [
        ("Read all users' full profiles", "checked (cannot be unchecked)"),
        ("Read and write users & groups", "checked"),
        ("Enable Azure OpenID Connect Single-Sign-On", "not checked"),
    ]


def test_permissions_have_kind_and_reason_and_there_is_a_consent_link(scene: Scene) -> None:
    made = section(of(scene.app, scene.sources["Contoso HR"]), "Permissions and consent")
    assert ("User.Read.All", "Application", "Reads every user's full profile.", "an administrator") in rows(
        made, Grid
    )
    assert len(rows(made, Grid)) == 4
    (_, link), = rows(made, Details)  # fmt: skip
    assert link.startswith("https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0/adminconsent?client_id=")


def test_security_reads_as_in_its_dialog_with_conditions_in_words(scene: Scene) -> None:
    made = section(of(scene.app, secured(scene.sources["Contoso HR"])), "Security settings")
    assert rows(made, Details) == [
        ("Connection administrators", "Mary Jones (m.jones@contoso.com)", "hr@contoso.com, a group"),
        ("Connection users", "empty: any user may query through it"),
        ("Enable B2B", "checked"),
        ("Enable partner default query parameters", "checked"),
    ]
    said = "Department equals “Sales” and Company equals the Partner Company Name"
    assert rows(made, Grid) == [("1", "Read", "User List", said)]


def test_mappings_that_do_not_hold_say_so(scene: Scene) -> None:
    source = secured(scene.sources["Contoso HR"])
    off = source.replace(security=source.security.replace(b2b=False))
    assert any("do not hold" in str(block) for block in section(of(scene.app, off), "Security settings").blocks)


def test_those_who_may_administer_and_partners_where_b2b_is_on(scene: Scene) -> None:
    people = People(
        persons=(
            Person(address="ada@contoso.com", role=Role.ADMINISTRATOR, name="Ada"),
            Person(address="uwe@contoso.com", role=Role.USER),
        ),
        partners=(
            Partner(
                company="Fabrikam", contact_name="Carl", contact_email="c@fabrikam.com",
                users=("pia@x.org",), domains=("fabrikam.com",),
            ),
        ),
    )  # fmt: skip
    source = secured(scene.sources["Contoso HR"])
    assert rows(section(of(scene.app, source, people), "Roles and partners"), Grid) == [
        ("ada@contoso.com", "Ada", "Administrator", "a user"),
        ("Fabrikam", "Carl", "c@fabrikam.com", "pia@x.org, all of fabrikam.com"),
    ]
    closed = source.replace(security=source.security.replace(b2b=False))
    assert len(rows(section(of(scene.app, closed, people), "Roles and partners"), Grid)) == 1


def test_people_that_cannot_be_read_are_told(scene: Scene) -> None:
    broken = Problem(title="workspace.json cannot be read", cause="Line 3 is no JSON.")
    made = of(scene.app, scene.sources["Contoso HR"], broken)
    assert points(section(made, "Roles and partners")) == ["workspace.json cannot be read. Line 3 is no JSON."]


def test_evidence_has_outcome_age_account_verdicts_and_request_ids(scene: Scene) -> None:
    made = section(of(scene.app, scene.sources["Fabrikam Federal"]), "Evidence of the last test")
    facts = {row[0]: row[1:] for row in rows(made, Details)}
    assert facts["Outcome"][0] == "failed"
    assert facts["When"] == ("2026-05-10 06:30:00 UTC (2 days ago)",)
    assert facts["By"] == ("a.admin",)
    grid = rows(made, Grid)
    assert ("User List", "passed", "") in grid
    assert sum(row[1] == "failed" for row in grid if len(row) == 3) > 0
    assert any(len(row) == 4 and row[3].startswith("0c2b7a91-") for row in grid)


def test_a_permission_that_is_missing_is_named_once(scene: Scene) -> None:
    made = of(scene.app, scene.sources["Fabrikam Federal"])
    assert "Create Group: failed — needs Group.ReadWrite.All" in points(section(made, "Still open"))


def test_without_a_test_it_says_that_nothing_is_proven(scene: Scene) -> None:
    made = of(scene.app, scene.sources["Northwind"])
    assert points(section(made, "Evidence of the last test")) == [
        "There is none: no connection test was made on this computer."
    ]
    assert any("nothing is proven" in point for point in points(section(made, "Still open")))


def test_evidence_of_other_details_is_called_that(scene: Scene) -> None:
    changed = scene.sources["Contoso HR"].replace(tenant="fabrikam.com")
    made = of(scene.app, changed)
    assert "It was a test of other details" in points(section(made, "Evidence of the last test"))[0]
    assert any("test it again" in point for point in points(section(made, "Still open")))


def test_a_try_in_vain_stands_beside_what_was_proven(scene: Scene) -> None:
    scene.try_in_vain()
    made = section(of(scene.app, scene.sources["Contoso HR"]), "Evidence of the last test")
    facts = {row[0]: row[1:] for row in rows(made, Details)}
    assert facts["Outcome"][0] == "not proven"
    assert facts["The last that proved or disproved"][0].startswith("succeeded, 2026-05-12")


def test_a_report_that_cannot_be_read_is_no_error(scene: Scene) -> None:
    source = scene.sources["Contoso HR"]
    evidence, _ = scene.app.state.evidence(source.id)
    assert evidence
    import msgspec

    scene.app.state.record_evidence(source.id, msgspec.structs.replace(evidence, report=b"{}"))
    made = section(of(scene.app, source), "Evidence of the last test")
    assert any("another version" in str(block) for block in made.blocks)


def test_what_is_open_is_told_the_worst_first_and_what_ends_with_its_date(scene: Scene) -> None:
    made = section(of(scene.app, scene.sources["Contoso HR"]), "Still open")
    assert points(made)[:2] == [
        "Connection users is empty: anyone with this workspace may query every user profile.",
        "The authorisation ends in 9 days, on 21 May 2026.",
    ]
    assert [row[:3] for row in rows(made, Grid)] == [
        ("Authorisation", "2026-05-21 10:00:00 UTC", "9"),
        ("Client secret", "2027-01-31 00:00:00 UTC", "263"),
    ]


def test_a_secret_without_a_date_and_an_end_that_is_past_are_told(scene: Scene) -> None:
    source = scene.sources["Contoso HR"].replace(secret_expires=None)
    assert any("is not noted" in point for point in points(section(of(scene.app, source), "Still open")))
    over = source.replace(secret_expires=date(2026, 5, 1))
    made = section(of(scene.app, over), "Still open")
    assert "The client secret ended on 1 May 2026." in points(made)
    assert ("Client secret", "ended") in [(row[0], row[2]) for row in rows(made, Grid)]


@pytest.mark.parametrize("sign_in", SignIn)
def test_a_draft_with_nothing_filled_in_has_a_sheet(scene: Scene, sign_in: SignIn) -> None:
    for cloud in ("global", "custom", "of another version"):
        made = of(scene.app, new(cloud=cloud, sign_in=sign_in))
        assert made.title == "Handover sheet: a data source without a name"
        assert details(made, "Datasource management")["Display name"] == "not filled in"
        assert any(point.startswith("There is no consent link yet.") for point in points(made.sections[3]))
        still = points(section(made, "Still open"))
        assert any("Application (client) ID is missing" in point for point in still)
        for ending in (".html", ".md"):
            assert "not filled in" in render(made, ending)


def test_fifty_mappings_are_all_there(scene: Scene) -> None:
    source = secured(scene.sources["Contoso HR"])
    many = source.replace(security=source.security.replace(mappings=source.security.mappings * 50))
    made = of(scene.app, many)
    assert [row[0] for row in rows(section(made, "Security settings"), Grid)] == [str(at) for at in range(1, 51)]
    for ending in (".html", ".md"):
        assert render(made, ending).count("Department equals") == 50


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET, TOKEN, "client_secret=hunter2", "https://me:pass@host"])
def test_a_secret_in_any_field_is_not_on_the_sheet(scene: Scene, secret: str) -> None:
    """A file that was made by hand may have one anywhere."""
    source, people = named(secret)
    prove(scene.app, source, f"it said {secret} today" if secret is not OLD_SECRET else "it said nothing")
    made = of(scene.app, source, people)
    told = secret.partition("=")[2] or (":pass@" if "@" in secret else secret)
    for ending in (".html", ".md"):
        document = render(made, ending)
        assert told not in document.replace("\\", "")
        assert "•••" in document
    assert told not in file_name(source)


def test_what_is_in_the_vault_is_not_on_the_sheet(scene: Scene) -> None:
    source = scene.sources["Contoso HR"]
    for name in (CLIENT_SECRET, PASSPHRASE):
        scene.app.vault.set(source.id, name, Secret(f"locked away {name}"))
    made = of(scene.app, source)
    assert "locked away" not in render(made, ".html") + render(made, ".md") + repr(made)


def test_every_text_of_a_tone_has_a_word_or_a_sign_besides_its_colour(scene: Scene) -> None:
    document = render(of(scene.app, scene.sources["Fabrikam Federal"]), ".html")
    assert '<span class="bad">✗ failed</span>' in document
    assert '<span class="good">✓ passed</span>' in document
    assert '<span class="warn">! ' in document
    assert Text("x").tone == ""


def test_saved_searches_are_listed_with_their_conditions_in_words(scene: Scene) -> None:
    source = scene.sources["Contoso HR"]
    assert section(of(scene.app, source.replace(searches=())), "Saved searches").blocks == ("None is saved.",)
    sales = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "Sales"}]}
    found = (
        Search(name="Sales", operation="user-list", conditions=sales, sort="displayName desc", max_rows=1),
        Search(name="<b>Annas</b>", operation="find-users", values={"search": "Anna"}),
        Search(name="Newer", operation="no-operation", values={"x": "1"}, sort="y", max_rows=1200),
        Search(name=f"{SECRET}", operation="user-list", conditions={"join": "xor", "rows": []}),
    )
    made = of(scene.app, source.replace(searches=found))
    assert rows(section(made, "Saved searches"), Grid) == [
        ("Sales", "User List", "Sort by: Display name, descending; At most: 1 row", "Department equals “Sales”"),
        ("<b>Annas</b>", "Find Users", "Search for: Anna", "none"),
        ("Newer", "no-operation", "x: 1; Sort by: y; At most: 1,200 rows", "no such operation"),
        ("•••", "User List", "none", "the conditions: “join” is neither “and” nor “or”"),
    ]
    assert "<b>Annas" not in render(made, ".html")
