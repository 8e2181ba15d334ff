"""A data source: how one Office 365 tenant is reached, and what may be asked of it. Pure rules, no network."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from o365desk.model.access.security import NO_SECURITY, Security
from o365desk.model.directory.choice import EVERYTHING, Choice
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Action, Problem
from o365desk.model.searches import Searches
from o365desk.model.text import letters

VERSION = 1
"""The version of the data-source file that this program writes."""


class SignIn(StrEnum):
    """How the data source signs in."""

    ADMINISTRATOR = "administrator"
    SECRET = "secret"
    CERTIFICATE = "certificate"

    @property
    def delegated(self) -> bool:
        """Whether calls are made on behalf of a signed-in person (else as the application itself)."""
        return self is SignIn.ADMINISTRATOR


class Cloud(msgspec.Struct, frozen=True):
    """One Microsoft cloud. `login` and `graph` are roots without a path or a trailing slash; both are "" where
    the data source brings its own. `newer_permissions`: whether LicenseAssignment.Read.All exists there.
    Source: facts on clouds, Microsoft's pages "National cloud deployments" of 2025–2026."""

    key: str
    title: str
    login: str
    graph: str
    portal: str
    newer_permissions: bool = False

    @property
    def own_endpoints(self) -> bool:
        """Whether a data source in this cloud names its endpoints itself."""
        return not self.login


_ALL_CLOUDS = (
    Cloud(
        "global",
        "Office 365 (worldwide)",
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        "https://entra.microsoft.com",
        newer_permissions=True,
    ),
    Cloud(
        "usgov",
        "US Government (GCC High)",
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        "https://entra.microsoft.us",
    ),
    Cloud(
        "dod",
        "US Government (DoD)",
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
        "https://portal.azure.us",
    ),
    Cloud(
        "china",
        "China (21Vianet)",
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://portal.azure.cn",
    ),
    Cloud("bleu", "France (Bleu)", "https://login.sovcloud-identity.fr", "https://graph.svc.sovcloud.fr", ""),
    Cloud("delos", "Germany (Delos)", "https://login.sovcloud-identity.de", "https://graph.svc.sovcloud.de", ""),
    Cloud(
        "govsg",
        "Singapore (GovSG)",
        "https://login.sovcloud-identity.sg",
        "https://graph.svc.sovcloud.sg",
        "",
    ),
    Cloud("custom", "Custom endpoints", "", "", "", newer_permissions=True),
    Cloud("practice", "Practice tenant", "", "", "", newer_permissions=True),
)
CLOUDS: dict[str, Cloud] = {cloud.key: cloud for cloud in _ALL_CLOUDS}


class DataSource(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=False):
    """One data source, as its file holds it (see `resources/data-source.schema.json`). Never holds a secret.

    `name`, `tenant`, `client_id`, `certificate` may be empty: a draft is a data source too. `secret_expires`
    is what the administrator noted from the portal; `security` says who may do what with it; `searches` are
    what reads were asked, under names; `imports` is
    what is taken into the copy on this computer; `extra` are the file's unknown keys, kept as they came.
    """

    id: str
    name: str = ""
    cloud: str = "global"
    login: str = ""
    graph: str = ""
    ca_file: str = ""
    tenant: str = ""
    client_id: str = ""
    sign_in: SignIn = SignIn.ADMINISTRATOR
    certificate: str = ""
    secret_expires: date | None = None
    read_write: bool = False
    set_usage_location: bool = False
    sso: bool = False
    security: Security = NO_SECURITY
    searches: Searches = ()
    imports: Choice = msgspec.field(default=EVERYTHING, name="import")
    modified: datetime | None = None
    modified_by: str = ""
    extra: dict[str, Any] = {}

    @property
    def login_root(self) -> str:
        """The sign-in host, as https://host[:port]."""
        cloud = CLOUDS.get(self.cloud)
        return ((cloud and cloud.login) or self.login).rstrip("/")

    @property
    def graph_root(self) -> str:
        """Microsoft Graph's host, as https://host[:port]."""
        cloud = CLOUDS.get(self.cloud)
        return ((cloud and cloud.graph) or self.graph).rstrip("/")

    @property
    def authority(self) -> str:
        """The address at which this tenant signs in."""
        return f"{self.login_root}/{self.tenant}"

    def replace(self, **changes: Any) -> "DataSource":
        """A copy with some fields changed."""
        return msgspec.structs.replace(self, **changes)


TEXTS = {
    field.name: field.encode_name
    for field in msgspec.structs.fields(DataSource)
    if field.type is str and field.name != "id"
}
"""Every member that holds a text, and its key. An id is not any text (see `services.sourcefile`)."""

CONNECTION_FIELDS = (
    "cloud", "login", "graph", "ca_file", "tenant", "client_id", "sign_in", "certificate",
    "read_write", "set_usage_location", "sso",
)  # fmt: skip
"""What a test proves: when one of these changes, the evidence of the last test no longer speaks for it."""


def fingerprint(source: DataSource) -> str:
    """A text that changes when, and only when, something changes that a connection test depends on."""
    return "\0".join(str(getattr(source, name)) for name in CONNECTION_FIELDS)


def new(name: str = "", **values: Any) -> DataSource:
    """A new draft with an id of its own."""
    import uuid

    return DataSource(id=str(uuid.uuid4()), name=name, **values)


def copy_of(source: DataSource, name: str) -> DataSource:
    """A draft with the same settings under a new id; secrets and evidence stay with the original."""
    return source.replace(id=new().id, name=name, modified=None, modified_by="")


def slug(name: str, noun: str = "data-source") -> str:
    """The file name (without .json) for a display name: ASCII, lower case, never empty, never reserved. `noun` says
    what it is where the name says nothing."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    if not text or re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", text):
        text = f"{noun}-{text}".rstrip("-")
    return text


# --- the form's fields -----------------------------------------------------------------------------------------

# The mnemonics are unique over what is in sight together: the form, its buttons (Test connection T, Save S,
# Security Y, Authorize Z, Copy consent link K) and the menus (F, E, V, D, H). A letter that stands twice does the
# wrong thing half of the time, so what needs none has none: the box that is always on, and choices, which the arrow
# keys reach.
FIELDS: dict[str, Field] = {
    field.key: field
    for field in (
        Field(
            key="name",
            label="Display &name",
            kind=Kind.TEXT,
            help="The name by which processes refer to this data source.",
            placeholder="For example: Contoso HR",
        ),
        Field(
            key="readProfiles",
            label="Read all users' full profiles",
            kind=Kind.CHECK,
            fixed=True,
            hint="User List and Find Users",
            help="Always on: every data source reads every user's profile.",
        ),
        Field(
            key="readWrite",
            label="Read and &write users && groups",
            kind=Kind.CHECK,
            hint="Groups and licences; unchecked, the data source is read-only",
            help="Lets processes write: assign licences, add users to groups, create groups. Reading groups and "
            "licence plans is part of it. Unchecked, the data source is read-only, whatever was consented to.",
        ),
        Field(
            key="setUsageLocation",
            label="Also set a &missing usage location",
            kind=Kind.CHECK,
            hint="One more permission: User.ReadWrite.All",
            help="A licence needs the user's usage location. With this the program may set it where it is missing; "
            "it costs one more permission, User.ReadWrite.All.",
        ),
        Field(
            key="sso",
            label="Ena&ble Azure OpenID Connect Single-Sign-On",
            kind=Kind.CHECK,
            hint="Users sign in with their Office 365 account",
            help="Lets a user sign in to the application with their Office 365 login. Asks for openid, profile, "
            "email, offline_access and User.Read, which each user may usually consent to.",
        ),
        Field(
            key="cloud",
            label="Clo&ud",
            kind=Kind.CHOICE,
            choices=tuple((cloud.key, cloud.title) for cloud in _ALL_CLOUDS),
            help="Which of Microsoft's clouds the tenant lives in. An app is registered in one cloud only.",
        ),
        Field(
            key="login",
            label="L&ogin address",
            kind=Kind.IDENTIFIER,
            placeholder="https://login.example.com",
            help="The root of the sign-in service: https, a host, no path.",
        ),
        Field(
            key="graph",
            label="G&raph address",
            kind=Kind.IDENTIFIER,
            placeholder="https://graph.example.com",
            help="The root of Microsoft Graph: https, a host, no path. The token is sent to this host only.",
        ),
        Field(
            key="tenant",
            label="Ten&ant",
            kind=Kind.IDENTIFIER,
            placeholder="contoso.onmicrosoft.com",
            help="The directory (tenant) ID, or one of the tenant's verified domains.",
        ),
        Field(
            key="clientId",
            label="App&lication (client) ID",
            kind=Kind.IDENTIFIER,
            placeholder="00000000-0000-0000-0000-000000000000",
            help="Shown on the overview page of the app registration.",
        ),
        Field(
            key="signIn",
            label="Si&gns in with",
            kind=Kind.RADIO,
            choices=(
                (SignIn.ADMINISTRATOR, "Administrator"),
                (SignIn.SECRET, "Client secret"),
                (SignIn.CERTIFICATE, "Certificate"),
            ),
            help="An administrator signs in in the browser, or the application signs in by itself: recommended for "
            "scheduled work.",
        ),
        Field(
            key="secret",
            label="&Client secret value",
            kind=Kind.SECRET,
            hint="The Value, which the portal shows once; not the Secret ID",
            help="The Value that the portal shows once, not the Secret ID. Kept in the vault, never in a file.",
        ),
        Field(
            key="secretExpires",
            label="Secret e&xpires",
            kind=Kind.DATE,
            help="Microsoft does not warn before a secret ends: note the date here, and o365desk will.",
        ),
        Field(
            key="certificate",
            label="&Certificate file",
            kind=Kind.FILE,
            help="A PEM file with certificate and private key, or a PFX file. Only its path is kept; a passphrase "
            "goes to the vault.",
        ),
        Field(
            key="passphrase",
            label="Certificate &passphrase",
            kind=Kind.SECRET,
            hint="Only if the private key is protected by one",
            help="Only if the private key is protected by one. Kept in the vault.",
        ),
        Field(
            key="caFile",
            label="CA f&ile",
            kind=Kind.FILE,
            hint="Only where a proxy inspects TLS, or for own endpoints",
            help="A certificate authority to trust besides the operating system's, as a PEM file. Needed where a "
            "proxy inspects TLS and the operating system does not know its certificate.",
        ),
    )
}

DETAILS = {
    member.encode_name: member.name for member in msgspec.structs.fields(DataSource) if member.encode_name in FIELDS
}
"""The members of a data source that hold a field's value, by the field's key. The other fields are secrets, or
always the same."""
_TYPES = {member.name: member.type for member in msgspec.structs.fields(DataSource)}


def values_of(source: DataSource) -> dict[str, Any]:
    """A data source's values by field."""
    return {key: getattr(source, name) for key, name in DETAILS.items()}


def with_values(source: DataSource, values: Mapping[str, Any]) -> DataSource:
    """The data source with other values of these fields. Raises msgspec.ValidationError for one that cannot be."""
    return source.replace(
        **{DETAILS[key]: msgspec.convert(value, _TYPES[DETAILS[key]]) for key, value in values.items()}
    )


# --- offline checks --------------------------------------------------------------------------------------------

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+([A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})"
)
# Microsoft's words for "any tenant", and the id under which personal accounts live.
_MULTI_TENANT = {"common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"}


def is_guid(text: str) -> bool:
    """Whether the text is a GUID in the usual form with hyphens."""
    return _GUID.fullmatch(text) is not None


def check(source: DataSource) -> list[Problem]:
    """Everything that is wrong or missing and can be told offline, in the form's order. Secrets and certificate
    files are checked by `services.credentials.check`, which can read them."""
    found = [
        _check_name(source.name),
        *_check_endpoints(source),
        _check_tenant(source.tenant),
        _check_client_id(source.client_id, source.tenant),
    ]
    if source.sign_in is SignIn.CERTIFICATE and not source.certificate.strip():
        found.append(_missing("certificate", "Choose the certificate file."))
    own = [problem for problem in found if problem]
    unfit = check_texts(source)
    return own if not unfit else _merged(source, own, unfit)


def _merged(source: DataSource, own: list[Problem], unfit: list[Problem]) -> list[Problem]:
    """One problem per field, in the form's order: its own where only the blanks around a text are unfit."""
    trimmed = source.replace(**{name: getattr(source, name).strip() for name in ("name", "tenant", "client_id")})
    blank = {problem.field for problem in unfit} - {problem.field for problem in check_texts(trimmed)}
    kept = [problem for problem in own if problem.field in blank]
    fields = {problem.field for problem in kept}
    kept += [problem for problem in unfit if problem.field not in fields]
    fields |= {problem.field for problem in kept}
    kept += [problem for problem in own if problem.field not in fields]
    order = (*FIELDS, "")
    return sorted(kept, key=lambda problem: order.index(problem.field))


def check_texts(source: DataSource) -> list[Problem]:
    """What can be in no text of a data source: characters that cannot be seen. They end a line where the text is
    copied to, such as a script, or make it look like another."""
    found = []
    for name, key in TEXTS.items():
        letter = letters.unseen(getattr(source, name))
        if letter:
            label = FIELDS[key].plain_label if key in FIELDS else key
            named = unicodedata.name(letter, "a control character").lower()
            problem = _field_problem(
                key if key in FIELDS else "",
                f"{label} holds a character that cannot be seen",
                f"It is U+{ord(letter):04X} ({named}); with it, the text is not what it looks like.",
                "Type it anew, on one line.",
            )
            found.append(problem if problem.field else problem.with_(action=Action.NONE, remedy="Save it anew."))
    return found


def _field_problem(key: str, title: str, cause: str, remedy: str) -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, field=key, action=Action.FIELD)


def _missing(key: str, remedy: str) -> Problem:
    return _field_problem(key, f"{FIELDS[key].plain_label} is missing", "", remedy)


def _check_name(name: str) -> Problem | None:
    if not name.strip():
        return _missing("name", "Type the name by which processes refer to this data source.")
    if len(name) > 200:
        return _field_problem(
            "name", "Display name cannot be used", "It is longer than 200 characters.", "Type a shorter name."
        )
    return None


def _check_endpoints(source: DataSource) -> list[Problem | None]:
    if source.cloud not in CLOUDS:
        return [
            _field_problem(
                "cloud",
                f"“{source.cloud}” is not a cloud that this version knows",
                "",
                f"Choose one of: {', '.join(CLOUDS)}.",
            )
        ]
    if not CLOUDS[source.cloud].own_endpoints:
        return []
    return [_check_address("login", source.login), _check_address("graph", source.graph)]


def _is_host(name: str) -> bool:
    """Whether a text can be a host's name or address (an IPv6 one without its brackets)."""
    if ":" in name:
        return re.fullmatch(r"[0-9a-fA-F:.]+", name) is not None
    labels = name.split(".")
    return len(name) < 254 and all(re.fullmatch(r"[A-Za-z0-9_-]{1,63}", label) for label in labels)


def _check_address(key: str, address: str) -> Problem | None:
    if not address.strip():
        return _missing(key, "Type the address, beginning with https://.")
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
        good = parts.scheme == "https" and parts.port != 0 and _is_host(parts.hostname or "")
        good = good and address.removesuffix("/") == f"https://{parts.netloc}" and "@" not in parts.netloc
    except ValueError:
        good = False
    if good:
        return None
    return _field_problem(
        key,
        f"{FIELDS[key].plain_label} cannot be used",
        f"“{address}” is not an https address with a host and nothing after it.",
        "Type it like https://host or https://host:8443.",
    )


def _check_tenant(tenant: str) -> Problem | None:
    if not tenant.strip():
        return _missing("tenant", "Type the tenant ID or one of its domains; the Entra overview page shows both.")
    if tenant != tenant.strip():
        return _field_problem(
            "tenant", "Tenant has blanks around it", "", "Remove the blanks; they often come with copying."
        )
    if tenant.lower() in _MULTI_TENANT:
        return _field_problem(
            "tenant",
            f"“{tenant}” does not name one tenant",
            "With it, Microsoft would sign in to whatever tenant the account belongs to.",
            "Type the tenant ID or a domain of your own tenant.",
        )
    if is_guid(tenant) or _DOMAIN.fullmatch(tenant):
        return None
    title, remedy = letters.told(tenant)
    if title:
        return _field_problem("tenant", title, "", remedy)
    return _field_problem(
        "tenant",
        "Tenant is neither an ID nor a domain",
        "It is not a GUID and not a domain name.",
        "Type it like contoso.onmicrosoft.com, or paste the Directory (tenant) ID.",
    )


def _check_client_id(client_id: str, tenant: str) -> Problem | None:
    label = FIELDS["clientId"].plain_label
    if not client_id.strip():
        return _missing("clientId", "Paste the Application (client) ID of the app registration.")
    if client_id != client_id.strip():
        return _field_problem("clientId", f"{label} has blanks around it", "", "Remove the blanks.")
    title, remedy = letters.told(client_id)
    if title:
        return _field_problem("clientId", title, "", remedy)
    if not is_guid(client_id):
        return _field_problem(
            "clientId",
            f"{label} is not a GUID",
            "It does not have the form 8-4-4-4-12 of hexadecimal digits.",
            "Copy it from the app registration's overview page; it is not the app's name or object ID.",
        )
    if client_id.lower() == tenant.lower():
        return _field_problem(
            "clientId",
            f"{label} is the same as the tenant",
            "The two are different IDs; one of them was pasted twice.",
            "Copy both again from the app registration's overview page.",
        )
    return None


def looks_like_secret_id(secret: str) -> bool:
    """Whether a typed secret is GUID-shaped: then it is the Secret ID, which the portal shows beside the value."""
    return is_guid(secret.strip())
