"""What is asked for, what is enough, and what registers the app; held against Microsoft's published tables."""

import json
import re
import shlex
from urllib.parse import parse_qs, urlsplit

import pytest

from o365desk import catalogue, paths
from o365desk.catalogue import OPERATIONS, permissions
from o365desk.model.datasource import CLOUDS, SignIn, new

TABLE = paths.table("graph-permission-table.json")["requests"]
KNOWN = {row["name"]: row for row in paths.table("graph-permissions.json")["permissions"]}
SECRET = new("Contoso's HR", tenant="contoso.com", client_id="c", sign_in=SignIn.SECRET)
WRITING = SECRET.replace(read_write=True)
PERSON = SECRET.replace(sign_in=SignIn.ADMINISTRATOR)


def names(source: object) -> list[str]:
    return [item.name for item in catalogue.permissions_asked_for(source)]  # type: ignore[arg-type]


def test_there_are_the_ten_operations_of_the_web_original() -> None:
    assert [operation.title for operation in catalogue.THE_TEN] == [
        "User List", "Group List", "Find Users", "Find Groups", "Create Group", "Add User to Group",
        "Remove User From Group", "Licence Plan List", "Assign Licence to User", "Remove Licence from User",
    ]  # fmt: skip
    assert sum(operation.writes for operation in OPERATIONS.values()) == 5


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.key)
@pytest.mark.parametrize("delegated", [True, False])
def test_what_is_asked_for_is_accepted_by_microsoft(operation: catalogue.Operation, delegated: bool) -> None:
    assert operation.request in TABLE
    for cloud in CLOUDS:
        asked = permissions.asked_for(operation, SECRET.replace(cloud=cloud))
        assert asked in permissions.enough(operation.request, delegated), cloud


def test_the_boxes_ask_for_what_the_design_says() -> None:
    assert names(SECRET) == ["User.Read.All"]
    assert set(names(WRITING)) == {
        "User.Read.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All", "LicenseAssignment.Read.All",
    }  # fmt: skip
    assert set(names(WRITING.replace(set_usage_location=True))) - set(names(WRITING)) == {"User.ReadWrite.All"}
    assert "User.ReadWrite.All" not in names(SECRET.replace(set_usage_location=True))
    assert set(names(SECRET.replace(sso=True))) - set(names(SECRET)) == {
        "openid", "profile", "email", "offline_access", "User.Read",
    }  # fmt: skip
    assert set(names(PERSON)) == {"User.Read.All", "User.Read"}


def test_a_cloud_without_the_newer_permission_gets_the_older_one() -> None:
    assert "Organization.Read.All" in names(WRITING.replace(cloud="china"))
    assert "LicenseAssignment.Read.All" not in names(WRITING.replace(cloud="china"))


@pytest.mark.parametrize("source", [WRITING.replace(sso=True), PERSON.replace(read_write=True, sso=True)])
def test_each_permission_has_microsofts_id_a_reason_and_its_operations(source: object) -> None:
    plan = catalogue.permissions_asked_for(source)  # type: ignore[arg-type]
    opened: set[str] = set()
    for item in plan:
        assert item.id == KNOWN[item.name]["delegated" if item.delegated else "application"]["id"]
        assert item.reason.endswith((".", ")."))
        opened |= set(item.operations)
    assert opened == {operation.title for operation in OPERATIONS.values() if operation.box}


def test_what_opens_ones_own_account_only_opens_nobody_elses() -> None:
    """Microsoft's table lists User.Read with every user's address."""
    for request in ("GET /users/{id}/memberof", "PATCH /users/{id}"):
        assert not {"User.Read", "User.ReadWrite"} & set(permissions.enough(request, delegated=True))


def test_each_permission_is_needed() -> None:
    """Least privilege: without any one of them some operation is lost."""
    plan = {item.name for item in catalogue.permissions_asked_for(WRITING)}
    for name in plan:
        rest = plan - {name}
        assert any(not permissions.accepted(operation, False, rest) for operation in OPERATIONS.values()), name


def test_known_traps_of_the_permission_table() -> None:
    plans, listing = OPERATIONS["licence-plan-list"], OPERATIONS["user-list"]
    assert not permissions.accepted(plans, False, {"User.ReadWrite.All", "LicenseAssignment.ReadWrite.All"})
    assert permissions.accepted(plans, False, {"Directory.Read.All"}) == ["Directory.Read.All"]
    assert permissions.accepted(listing, True, {"User.ReadBasic.All"}) == ["User.ReadBasic.All"]
    assert permissions.enough(plans.request, False)[0] == "LicenseAssignment.Read.All"


def test_scopes_for_the_sign_in_service() -> None:
    plan = catalogue.permissions_asked_for(WRITING)
    assert permissions.scopes(WRITING, plan) == ["https://graph.microsoft.com/.default"]
    person = PERSON.replace(sso=True, cloud="usgov")
    assert permissions.scopes(person, catalogue.permissions_asked_for(person)) == [
        "https://graph.microsoft.us/User.Read.All",
        "https://graph.microsoft.us/User.Read",
    ]


def test_the_consent_link_is_pinned_to_tenant_and_app() -> None:
    link = urlsplit(
        permissions.consent_link(WRITING, catalogue.permissions_asked_for(WRITING), "http://localhost:5", "s")
    )
    assert (link.netloc, link.path) == ("login.microsoftonline.com", "/contoso.com/v2.0/adminconsent")
    assert parse_qs(link.query) == {
        "client_id": ["c"],
        "scope": ["https://graph.microsoft.com/.default"],
        "redirect_uri": ["http://localhost:5"],
        "state": ["s"],
    }
    person = urlsplit(permissions.consent_link(PERSON, catalogue.permissions_asked_for(PERSON), "http://localhost"))
    assert parse_qs(person.query)["scope"] == [
        "https://graph.microsoft.com/User.Read.All https://graph.microsoft.com/User.Read"
    ]


@pytest.mark.parametrize("source", [WRITING.replace(sso=True), PERSON])
def test_the_manifest_registers_exactly_the_plan(source: object) -> None:
    plan = catalogue.permissions_asked_for(source)  # type: ignore[arg-type]
    body = json.loads(permissions.manifest(source, plan, "http://localhost"))  # type: ignore[arg-type]
    (access,) = body["requiredResourceAccess"]
    assert access["resourceAppId"] == "00000003-0000-0000-c000-000000000000"
    wanted = {(item.id, "Scope" if item.delegated else "Role") for item in plan}
    assert {(row["id"], row["type"]) for row in access["resourceAccess"]} == wanted
    assert body["publicClient"]["redirectUris"] == ["http://localhost"]


def test_the_commands_survive_any_name() -> None:
    nasty = WRITING.replace(
        name="O'Brien’; Start-Process calc; ‘ $(rm -rf ~) \"`x` #", tenant="contoso.com; reboot"
    )
    plan = catalogue.permissions_asked_for(nasty)
    shell = permissions.azure_cli(nasty, plan, "http://localhost")
    words = shlex.split(shell, comments=True)
    assert f"--display-name={nasty.name}" in words
    assert f"--tenant={nasty.tenant}" in words
    manifest = json.loads(words[words.index("--required-resource-accesses") + 1])
    assert {row["id"] for row in manifest[0]["resourceAccess"]} == {item.id for item in plan}
    script = permissions.powershell(nasty, plan, "http://localhost")
    doubled = re.sub("(['‘’‚‛])", r"\1\1", nasty.name)
    assert f"'{doubled}'" in script
    assert all(item.id in script for item in plan)
