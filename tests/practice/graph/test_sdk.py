"""Microsoft's own client for Python, which we did not write, works with the practice tenant as with Graph."""

import asyncio
import ssl
import warnings
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from azure.identity import ClientSecretCredential

from o365desk.practice.server.server import Options, PracticeTenant
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import group_of, writer

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of the SDK's own parts
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from msgraph.generated.groups.delta.delta_request_builder import DeltaRequestBuilder as GroupsDelta
    from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
    from msgraph.generated.models.assigned_license import AssignedLicense
    from msgraph.generated.models.group import Group
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.reference_create import ReferenceCreate
    from msgraph.generated.models.user import User
    from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder as UsersDelta
    from msgraph.generated.users.item.assign_license.assign_license_post_request_body import (
        AssignLicensePostRequestBody,
    )
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory
    from msgraph_core.requests.batch_request_content import BatchRequestContent
    from msgraph_core.requests.batch_request_item import BatchRequestItem

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.long,
]

Work = Callable[[GraphServiceClient], Awaitable[None]]


@pytest.fixture
def through_the_sdk(client: Client) -> Callable[[Work], None]:
    """Runs work with the SDK's client, signed in as the app `read-write`."""
    return through(client)


def through(client: Client) -> Callable[[Work], None]:
    """Runs work with the SDK's client for the practice tenant of `client`."""
    ready = client.ready

    async def run(work: Work) -> None:
        app = ready["apps"]["read-write"]
        with ClientSecretCredential(
            ready["tenant"], app["client_id"], app["secret"], authority=ready["login"],
            disable_instance_discovery=True, connection_verify=ready["ca_file"],
        ) as credential:  # fmt: skip
            provider = AzureIdentityAuthenticationProvider(
                credential,
                scopes=[f"{ready['graph']}/.default"],
                allowed_hosts=[str(urlsplit(ready["graph"]).hostname)],
            )
            trusted = ssl.create_default_context(cafile=ready["ca_file"])
            # The SDK wraps the transport and forgets to close it.
            async with httpx.AsyncHTTPTransport(verify=trusted, trust_env=False) as transport:
                plain = httpx.AsyncClient(transport=transport, trust_env=False)
                wrapped = GraphClientFactory.create_with_default_middleware(client=plain)
                adapter = GraphRequestAdapter(provider, client=wrapped)
                adapter.base_url = f"{ready['graph']}/v1.0"
                await work(GraphServiceClient(request_adapter=adapter))

    return lambda work: asyncio.run(run(work))


async def users_named(graph: GraphServiceClient, text: str) -> list[User]:
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        filter=f"startswith(userPrincipalName,'{text}')",
        select=["id", "userPrincipalName", "assignedLicenses"],
        top=5,
    )
    page = await graph.users.get(request_configuration=RequestConfiguration(query_parameters=query))
    assert page is not None
    return list(page.value or [])


def test_a_day_of_an_administrator(client: Client, through_the_sdk: Callable[[Work], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        found = await users_named(graph, "anna.schmidt")
        assert {str(user.user_principal_name).partition("@")[0] for user in found} >= {"anna.schmidt"}
        user = str(found[0].id)
        made = await graph.groups.post(
            Group(display_name="By SDK", mail_enabled=False, mail_nickname="bysdk", security_enabled=True,
                  group_types=[])
        )  # fmt: skip
        assert made is not None
        group = str(made.id)
        reference = ReferenceCreate(odata_id=f"{client.ready['graph']}/v1.0/directoryObjects/{user}")
        await graph.groups.by_group_id(group).members.ref.post(reference)
        with pytest.raises(ODataError) as twice:
            await graph.groups.by_group_id(group).members.ref.post(reference)
        assert twice.value.error is not None
        assert (twice.value.response_status_code, twice.value.error.code) == (400, "Request_BadRequest")
        members = await graph.groups.by_group_id(group).members.get()
        assert members is not None
        assert [member.id for member in members.value or []] == [user]
        await graph.groups.by_group_id(group).members.by_directory_object_id(user).ref.delete()
        await graph.groups.by_group_id(group).delete()
        with pytest.raises(ODataError) as gone:
            await graph.groups.by_group_id(group).get()
        assert gone.value.response_status_code == 404
        binned = await graph.directory.deleted_items.graph_group.get()
        assert binned is not None
        assert [entry.id for entry in binned.value or []] == [group]

    through_the_sdk(work)


def test_licences(client: Client, through_the_sdk: Callable[[Work], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        plans = await graph.subscribed_skus.get()
        assert plans is not None
        sku = next(plan for plan in plans.value or [] if plan.sku_part_number == "SPB")
        page = await graph.users.get(
            request_configuration=RequestConfiguration(
                query_parameters=UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
                    select=["id", "usageLocation", "assignedLicenses"], top=200
                )
            )
        )
        assert page is not None
        user = next(
            str(entry.id) for entry in page.value or [] if entry.usage_location and not entry.assigned_licenses
        )
        asked = AssignLicensePostRequestBody(
            add_licenses=[AssignedLicense(sku_id=sku.sku_id, disabled_plans=[])], remove_licenses=[]
        )
        answer = await graph.users.by_user_id(user).assign_license.post(asked)
        assert answer is not None
        assert [entry.sku_id for entry in answer.assigned_licenses or []] == [UUID(str(sku.sku_id))]

    through_the_sdk(work)


def test_several_in_one(client: Client, through_the_sdk: Callable[[Work], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        users = graph.users.to_get_request_information()
        query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(top=3)
        groups = graph.groups.to_get_request_information(RequestConfiguration(query_parameters=query))
        content = BatchRequestContent()
        items = [BatchRequestItem(request_information=info) for info in (users, groups)]
        for item in items:
            item.url = item.url.removeprefix(f"{client.ready['graph']}/v1.0")
            content.add_request(item.id, item)
        answer = await graph.batch.post(content)
        assert answer is not None
        assert answer.get_response_status_codes() == {item.id: 200 for item in items}

    through_the_sdk(work)


async def users_followed(graph: GraphServiceClient, copy: dict[str, User], link: str = "") -> str:
    """Applies a round of users to the copy; the delta link."""
    query = UsersDelta.DeltaRequestBuilderGetQueryParameters(select=["id", "displayName", "assignedLicenses"])
    builder, first = graph.users.delta, RequestConfiguration(query_parameters=query)
    page = await builder.with_url(link).get() if link else await builder.get(request_configuration=first)
    while page is not None:
        for entry in page.value or []:
            copy[str(entry.id)] = entry
            if "@removed" in entry.additional_data:
                del copy[str(entry.id)]
        if page.odata_delta_link:
            return page.odata_delta_link
        page = await builder.with_url(str(page.odata_next_link)).get()
    raise AssertionError("no delta link came")


async def groups_followed(graph: GraphServiceClient, copy: dict[str, set[str]], link: str = "") -> str:
    """Applies a round of groups with their members to the copy; the delta link."""
    query = GroupsDelta.DeltaRequestBuilderGetQueryParameters(select=["id", "displayName", "members"])
    builder, first = graph.groups.delta, RequestConfiguration(query_parameters=query)
    page = await builder.with_url(link).get() if link else await builder.get(request_configuration=first)
    while page is not None:
        for entry in page.value or []:
            members = copy.setdefault(str(entry.id), set())
            for member in entry.additional_data.get("members@delta", ()):
                (members.discard if "@removed" in member else members.add)(str(member["id"]))
            if "@removed" in entry.additional_data:
                del copy[str(entry.id)]
        if page.odata_delta_link:
            return page.odata_delta_link
        page = await builder.with_url(str(page.odata_next_link)).get()
    raise AssertionError("no delta link came")


def test_changes_of_users_and_groups() -> None:
    """A full round of each by pages, changes, and a second one: the copies are what the lists show. The tenant is
    small, as the SDK takes some milliseconds to understand a user."""
    with PracticeTenant(Options(users=40, groups=12)) as tenant, Client(tenant) as client:
        client.control("/switches", {"delta_page": 15})
        _followed(client)


def _followed(client: Client) -> None:
    users: dict[str, User] = {}
    groups: dict[str, set[str]] = {}
    write = writer(client, "User.ReadWrite.All", "Group.ReadWrite.All", "Directory.Read.All")

    async def work(graph: GraphServiceClient) -> None:
        link, groups_link = await users_followed(graph, users), await groups_followed(graph, groups)
        assert (len(users), len(groups)) == (40, 12)
        gone, changed = list(users)[20:22]
        group = next(key for key, members in groups.items() if gone in members)
        security = group_of(write.rows("/groups?$top=999"), "security")
        assert write.send("PATCH", f"/users/{changed}", {"displayName": "By delta"}).status_code == 204
        assert write.send("DELETE", f"/users/{gone}").status_code == 204
        swap = write.remove if changed in groups[security] else write.add
        assert swap(security, changed).status_code == 204
        await users_followed(graph, users, link)
        await groups_followed(graph, groups, groups_link)
        assert gone not in groups[group], "who is deleted is no member any more"

    through(client)(work)
    rows = write.rows("/users?$top=999&$select=id,displayName,assignedLicenses")
    assert {key: user.display_name for key, user in users.items()} == {
        row["id"]: row["displayName"] for row in rows
    }
    assert {key: {str(one.sku_id) for one in user.assigned_licenses or []} for key, user in users.items()} == {
        row["id"]: {one["skuId"] for one in row["assignedLicenses"]} for row in rows
    }
    listed = write.rows("/groups?$top=999&$select=id,displayName")
    assert set(groups) == {row["id"] for row in listed}
    for key in (group_of(write.rows("/groups?$top=999"), kind) for kind in ("security", "large", "m365")):
        assert groups[key] == write.members(key)
