"""Which permissions a data source asks for, why, and what is enough. Works offline.

What is *asked for* follows the check boxes (our claim, kept small); what is *enough* follows Microsoft's published
permission table (`resources/graph-permission-table.json`): any accepted permission will do.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from o365desk import paths
from o365desk.catalogue.operations import Box, Operation
from o365desk.model.datasource import CLOUDS, DataSource
from o365desk.model.text import shells

MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph's application id, the same in every tenant and cloud."""

REDIRECT = "http://localhost"
"""The redirect address to register, under "Mobile and desktop applications". The port is not compared."""

DIRECTORY_ROLES = {
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c": "Groups Administrator",
    "9360feb5-f418-4baa-8175-e2a00bac4301": "Directory Writers",
    "4d6ac14f-3453-41d0-bef9-a3e0c569773a": "License Administrator",
    "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e": "Identity Governance Administrator",
}
"""Role template ids, as in a token's `wids`, of the roles that the operations speak of."""


SEES_HIDDEN = frozenset({"Member.Read.Hidden", "Directory.ReadWrite.All"})
"""Permissions any of which shows who is in a group that hides its members."""


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One permission that a data source asks for. `id` is its GUID in Microsoft Graph (a scope id if `delegated`,
    else an app role id); `reason` a sentence; `operations` the titles of the operations that it opens."""

    name: str
    delegated: bool
    id: str
    reason: str
    operations: tuple[str, ...]
    admin_consent: bool

    @property
    def kind(self) -> str:
        """In Microsoft's words: Delegated or Application."""
        return "Delegated" if self.delegated else "Application"


_REASONS = {
    "User.Read.All": "Reads every user's full profile.",
    "User.ReadWrite.All": "Sets a missing usage location before a licence is assigned.",
    "Group.ReadWrite.All": "Lists groups, creates them, and changes their members.",
    "LicenseAssignment.ReadWrite.All": "Assigns licences to users and removes them.",
    "LicenseAssignment.Read.All": "Lists the tenant's licence plans and free seats.",
    "Organization.Read.All": "Lists the tenant's licence plans and free seats (this cloud has no narrower one).",
    "Directory.Read.All": "Reads users, groups and whatever else is in the directory.",
    "openid": "Lets a user sign in.",
    "profile": "Tells the signed-in user's name.",
    "email": "Tells the signed-in user's e-mail address.",
    "offline_access": "Keeps the sign-in alive without asking again.",
    "User.Read": "Reads the signed-in user's own profile.",
}

_SSO_SCOPES = ("openid", "profile", "email", "offline_access", "User.Read")


def reason(name: str) -> str:
    """Why a permission is asked for, in a sentence."""
    return _REASONS[name]


@cache
def _published() -> dict[str, dict[str, dict[str, list[str]]]]:
    rows: dict[str, dict[str, dict[str, list[str]]]] = paths.table("graph-permission-table.json")["requests"]
    return rows


@cache
def _known() -> dict[str, dict[str, dict[str, object]]]:
    return {row["name"]: row for row in paths.table("graph-permissions.json")["permissions"]}


_OWN_ONLY = ("User.Read", "User.ReadWrite")
"""What the table lists for a person with every user's address, though it opens one's own account only."""


@cache
def enough(request: str, delegated: bool) -> tuple[str, ...]:
    """The permissions any of which Microsoft accepts for a request about anybody, the least privileged first."""
    row = _published()[request]["delegated" if delegated else "application"]
    names = (*row["least"], *row["also"])
    return tuple(name for name in names if "/users/{id}" not in request or name not in _OWN_ONLY)


def accepted(operation: Operation, delegated: bool, granted: Collection[str]) -> list[str]:
    """Those of the granted permissions that open the operation; empty when none does."""
    return [name for name in enough(operation.request, delegated) if name in granted]


def _in_cloud(name: str, cloud: str) -> str:
    newer = cloud in CLOUDS and CLOUDS[cloud].newer_permissions
    return "Organization.Read.All" if name == "LicenseAssignment.Read.All" and not newer else name


def asked_for(operation: Operation, source: DataSource) -> str:
    """The permission that the form asks for on behalf of an operation, in the source's cloud."""
    return _in_cloud(operation.permission, source.cloud)


def missing(source: DataSource, operations: Collection[Operation], granted: Collection[str]) -> list[str]:
    """What a data source asks for and neither was granted nor is covered by a broader permission that was."""
    checked, delegated = boxes(source), source.sign_in.delegated
    wanted: dict[str, None] = {}
    for operation in operations:
        if operation.box in checked and not accepted(operation, delegated, granted):
            wanted[asked_for(operation, source)] = None
    if Box.USAGE_LOCATION in checked and not set(enough("PATCH /users/{id}", delegated)) & set(granted):
        wanted["User.ReadWrite.All"] = None
    if delegated and not set(enough("GET /me", True)) & set(granted):
        wanted["User.Read"] = None
    return list(wanted)


def boxes(source: DataSource) -> set[Box]:
    """The boxes that are checked; the first always is."""
    checked = {Box.PROFILES}
    if source.read_write:
        checked.add(Box.READ_WRITE)
        if source.set_usage_location:
            checked.add(Box.USAGE_LOCATION)
    if source.sso:
        checked.add(Box.SSO)
    return checked


def all_asked_for(source: DataSource, operations: Collection[Operation]) -> list[Permission]:
    """The permissions that a data source asks for, in the order of the boxes; each once per kind."""
    checked, delegated = boxes(source), source.sign_in.delegated
    wanted = {
        (asked_for(operation, source), delegated): None for operation in operations if operation.box in checked
    }
    if Box.USAGE_LOCATION in checked:
        wanted[("User.ReadWrite.All", delegated)] = None
    if delegated:
        wanted[("User.Read", True)] = None
    if Box.SSO in checked:
        wanted |= {(name, True): None for name in _SSO_SCOPES}
    return [_permission(name, kind, operations) for name, kind in wanted]


def _permission(name: str, delegated: bool, operations: Collection[Operation]) -> Permission:
    entry = _known()[name]["delegated" if delegated else "application"]
    opened = tuple(op.title for op in operations if name in enough(op.request, delegated))
    return Permission(
        name=name,
        delegated=delegated,
        id=str(entry["id"]),
        reason=_REASONS[name],
        operations=opened,
        # The published files disagree about this one; a person should be warned rather than surprised.
        admin_consent=bool(entry["adminConsentRequired"]) or name == "LicenseAssignment.ReadWrite.All",
    )


def scopes(source: DataSource, permissions: Collection[Permission]) -> list[str]:
    """What to ask the sign-in service for: full scope names for a person, `.default` for the application.
    The names that MSAL reserves and adds by itself are left out."""
    if not source.sign_in.delegated:
        return [f"{source.graph_root}/.default"]
    return [f"{source.graph_root}/{item.name}" for item in permissions if item.delegated and "." in item.name]


def consent_link(source: DataSource, permissions: Collection[Permission], redirect: str, state: str = "") -> str:
    """The address at which an administrator consents for the whole tenant (v2.0 endpoint). Application permissions
    can only be consented through `.default`: what the registration lists is what is asked."""
    from urllib.parse import quote, urlencode

    if any(not item.delegated for item in permissions):
        scope = f"{source.graph_root}/.default"
    else:
        scope = " ".join(
            name if "." not in name else f"{source.graph_root}/{name}"
            for name in (item.name for item in permissions)
        )
    query = {"client_id": source.client_id, "scope": scope, "redirect_uri": redirect}
    if state:
        query["state"] = state
    return f"{source.login_root}/{quote(source.tenant)}/v2.0/adminconsent?{urlencode(query, quote_via=quote)}"


# --- registering the app -----------------------------------------------------------------------------------------


def manifest(source: DataSource, permissions: Collection[Permission], redirect: str) -> str:
    """The app registration's manifest (Microsoft Graph form) with exactly these permissions, as JSON text."""
    import json

    body = {
        "displayName": source.name or "o365desk connector",
        "signInAudience": "AzureADMyOrg",
        "isFallbackPublicClient": source.sign_in.delegated,
        "publicClient": {"redirectUris": [redirect]},
        "requiredResourceAccess": [
            {
                "resourceAppId": MICROSOFT_GRAPH,
                "resourceAccess": [
                    {"id": item.id, "type": "Scope" if item.delegated else "Role"} for item in permissions
                ],
            }
        ],
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def azure_cli(source: DataSource, permissions: Collection[Permission], redirect: str) -> str:
    """Commands for a POSIX shell with the Azure CLI that register the app with exactly these permissions."""
    import json

    resource = shells.posix(
        json.dumps(json.loads(manifest(source, permissions, redirect))["requiredResourceAccess"])
    )
    # The Azure CLI takes a value that begins with “@” for a file whose content is meant.
    name = f" {source.name}" if source.name.startswith("@") else source.name or "o365desk connector"
    lines = [
        *_comment_lines(permissions),
        f"az login --tenant={shells.posix(source.tenant or '<tenant>')} --allow-no-subscriptions",
        f"app_id=$(az ad app create --display-name={shells.posix(name)} \\",
        "  --sign-in-audience AzureADMyOrg \\",
        f"  --public-client-redirect-uris {shells.posix(redirect)} \\",
        f"  --is-fallback-public-client {str(source.sign_in.delegated).lower()} \\",
        f"  --required-resource-accesses {resource} \\",
        "  --query appId --output tsv)",
        "# Paste the ID that this prints into Application (client) ID.",
        'echo "$app_id"',
        "# Once per tenant:",
        'az ad sp create --id "$app_id"',
    ]
    if source.sign_in == "secret":
        lines.append('az ad app credential reset --id "$app_id" --append --display-name o365desk --years 1')
    lines += [
        "# An app that exists is given exactly these permissions so, by its client ID; then send the consent link:",
        f"#   az ad app update --id APPLICATION-CLIENT-ID --required-resource-accesses {resource}",
    ]
    return "\n".join(lines) + "\n"


def powershell(source: DataSource, permissions: Collection[Permission], redirect: str) -> str:
    """Commands for Microsoft Graph PowerShell that register the app with exactly these permissions."""
    access = [
        f"    @{{ Id = '{item.id}'; Type = '{'Scope' if item.delegated else 'Role'}' }}  # {item.name}"
        for item in permissions
    ]
    tenant, name = source.tenant or "<tenant>", source.name or "o365desk connector"
    lines = [
        *_comment_lines(permissions),
        f"Connect-MgGraph -TenantId {shells.powershell(tenant)} -Scopes 'Application.ReadWrite.All'",
        "$access = @(",
        *access,
        ")",
        f"$app = New-MgApplication -DisplayName {shells.powershell(name)} `",
        "  -SignInAudience AzureADMyOrg `",
        f"  -PublicClient @{{ RedirectUris = @({shells.powershell(redirect)}) }} `",
        f"  -IsFallbackPublicClient:${str(source.sign_in.delegated).lower()} `",
        f"  -RequiredResourceAccess @(@{{ ResourceAppId = '{MICROSOFT_GRAPH}'; ResourceAccess = $access }})",
        "New-MgServicePrincipal -AppId $app.AppId | Out-Null",
        "$app.AppId  # paste this into Application (client) ID",
        "# An app that exists is given exactly these permissions so, by its client ID; then send the consent link:",
        "#   Update-MgApplicationByAppId -AppId 'APPLICATION-CLIENT-ID' "
        f"-RequiredResourceAccess @(@{{ ResourceAppId = '{MICROSOFT_GRAPH}'; ResourceAccess = $access }})",
    ]
    if source.sign_in == "secret":
        lines.append(
            "(Add-MgApplicationPassword -ApplicationId $app.Id "
            "-PasswordCredential @{ DisplayName = 'o365desk' }).SecretText"
        )
    return "\n".join(lines) + "\n"


def _comment_lines(permissions: Collection[Permission]) -> list[str]:
    return [f"# {item.name} ({item.kind.lower()}): {item.reason}" for item in permissions]
