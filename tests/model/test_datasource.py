"""What can be told about a data source offline."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk.model import datasource
from o365desk.model.datasource import CLOUDS, CONNECTION_FIELDS, FIELDS, DataSource, SignIn, check, fingerprint, new

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "99999999-2222-3333-4444-555555555555"


def complete(**changes: Any) -> DataSource:
    return new(changes.pop("name", "Contoso HR"), **({"tenant": TENANT, "client_id": CLIENT} | changes))


def test_complete_details_have_no_problem() -> None:
    assert check(complete()) == []
    assert check(complete(tenant="contoso.onmicrosoft.com")) == []
    assert check(complete(tenant="_contoso-1.example.museum")) == []
    assert check(complete(tenant="contoso.xn--p1ai")) == []
    own = {"cloud": "custom", "login": "https://localhost:8443", "graph": "https://[::1]:8444/"}
    assert check(complete(**own)) == []


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": ""}, "name", "missing"),
        ({"name": " \t"}, "name", "missing"),
        ({"name": "a\nb"}, "name", "cannot be seen"),
        ({"name": "x" * 201}, "name", "200"),
        ({"tenant": ""}, "tenant", "missing"),
        ({"tenant": f" {TENANT}"}, "tenant", "blanks"),
        ({"tenant": "common"}, "tenant", "one tenant"),
        ({"tenant": "Organizations"}, "tenant", "one tenant"),
        ({"tenant": "contoso"}, "tenant", "neither"),
        ({"tenant": "https://contoso.com"}, "tenant", "neither"),
        ({"tenant": "con toso.com"}, "tenant", "neither"),
        ({"tenant": TENANT[:-1]}, "tenant", "neither"),
        ({"client_id": ""}, "clientId", "missing"),
        ({"client_id": f"{CLIENT}\n"}, "clientId", "blanks"),
        ({"client_id": "my app"}, "clientId", "GUID"),
        ({"client_id": TENANT.upper()}, "clientId", "same as the tenant"),
        ({"cloud": "moon"}, "cloud", "not a cloud"),
        ({"cloud": "custom", "graph": "https://g"}, "login", "missing"),
        ({"cloud": "custom", "login": "http://l", "graph": "https://g"}, "login", "https"),
        ({"cloud": "custom", "login": "https://l/path", "graph": "https://g"}, "login", "nothing after it"),
        ({"cloud": "custom", "login": "https://l", "graph": "https://u:p@g"}, "graph", "nothing after it"),
        ({"cloud": "custom", "login": "https://l", "graph": "https://g:port"}, "graph", "cannot be used"),
        ({"cloud": "custom", "login": "https://l", "graph": "https://[g"}, "graph", "cannot be used"),
        ({"cloud": "custom", "login": "https://l", "graph": "https://a..b"}, "graph", "cannot be used"),
        ({"cloud": "custom", "login": "https://l", "graph": "https://g "}, "graph", "cannot be used"),
        ({"cloud": "custom", "login": "https://l", "graph": "https://g?"}, "graph", "cannot be used"),
        ({"cloud": "custom", "login": "https://l", "graph": "https://" + "x" * 64}, "graph", "cannot be used"),
        ({"tenant": "9188040d-6c67-4c5b-b112-36a304b66dad"}, "tenant", "one tenant"),
        ({"sign_in": SignIn.CERTIFICATE}, "certificate", "missing"),
    ],
)
def test_each_fault_names_its_field_and_the_way_out(changes: dict[str, Any], field: str, words: str) -> None:
    (problem,) = check(complete(**changes))
    assert problem.field == field
    assert words in problem.sentence()
    assert problem.remedy


@given(st.text(max_size=300), st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_the_check(name: str, tenant: str, client_id: str, address: str) -> None:
    source = complete(name=name, tenant=tenant, client_id=client_id, cloud="custom", login=address, graph=address)
    assert all(problem.field in FIELDS for problem in check(source))


@given(st.text(max_size=300))
def test_every_name_has_a_file_name(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", datasource.slug(name))


def test_reserved_names_of_windows_are_no_file_names() -> None:
    assert datasource.slug("CON") == "data-source-con"
    assert datasource.slug("Contoso HR (Müller)") == "contoso-hr-muller"


def test_the_fingerprint_follows_what_a_test_depends_on_and_nothing_else() -> None:
    source = complete()
    assert fingerprint(source) == fingerprint(source.replace(name="Other", modified_by="somebody"))
    changed = {
        "cloud": "usgov",
        "sign_in": SignIn.SECRET,
        "read_write": True,
        "set_usage_location": True,
        "sso": True,
    }
    for name in CONNECTION_FIELDS:
        assert fingerprint(source.replace(**{name: changed.get(name, "other")})) != fingerprint(source), name


def test_a_copy_is_another_data_source() -> None:
    source = complete(read_write=True)
    copy = datasource.copy_of(source, "Copy")
    assert copy.id != source.id
    assert copy.replace(id=source.id, name=source.name) == source


def test_every_cloud_has_its_own_hosts() -> None:
    for cloud in CLOUDS.values():
        assert cloud.own_endpoints == (cloud.key in ("custom", "practice"))
        if not cloud.own_endpoints:
            assert cloud.login.startswith("https://")
            assert cloud.graph.startswith("https://")
    assert len({cloud.graph for cloud in CLOUDS.values() if cloud.graph}) == 7


@pytest.mark.parametrize("hidden", [{"certificate", "passphrase"}, {"secret", "secretExpires"}])
def test_mnemonics_of_what_is_in_sight_together_are_unique(hidden: set[str]) -> None:
    shown = [field for field in FIELDS.values() if field.key not in hidden]
    marked = [match[1].lower() for field in shown if (match := re.search(r"(?<!&)&([A-Za-z])", field.label))]
    assert len(marked) == len(set(marked)), sorted(marked)
