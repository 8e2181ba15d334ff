"""The trainer's switches: what can be broken, in plain words, and what is broken now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Value = bool | str | float
Choices = tuple[tuple[str, str], ...]


class SwitchError(ValueError):
    """An unknown switch, app or value; the text says which and what would do."""


@dataclass(frozen=True)
class Switch:
    """One thing to break. `kind` is toggle, choice or number; numbers keep within `least` and `most`."""

    key: str
    title: str
    explanation: str
    group: str
    kind: str = "toggle"
    default: Value = False
    choices: Choices = ()
    per_app: bool = False
    least: float = 0
    most: float = 1_000_000

    def checked(self, value: object) -> Value:
        """`value` if this switch can take it; else SwitchError."""
        if self.kind == "toggle" and isinstance(value, bool):
            return value
        if self.kind == "choice" and isinstance(value, str) and value in dict(self.choices):
            return value
        number = self.kind == "number" and isinstance(value, int | float) and not isinstance(value, bool)
        if number and isinstance(value, int | float) and self.least <= value <= self.most:
            return value
        accepted = {
            "toggle": "true or false",
            "choice": "one of " + ", ".join(name for name, _ in self.choices),
            "number": f"a number from {self.least:g} to {self.most:g}",
        }[self.kind]
        raise SwitchError(f"{self.key}: {value!r} is not {accepted}.")


_DOWN: Choices = (
    ("none", "Up"),
    ("503", "Answers 503 Service unavailable"),
    ("refuse", "Drops the connection"),
    ("hang", "Never answers"),
)
_STATES: Choices = (
    ("ok", "In order"),
    ("locked", "Locked (AADSTS50053)"),
    ("disabled", "Disabled (AADSTS50057)"),
    ("deleted", "Deleted (AADSTS50034)"),
    ("password_expired", "Password expired (AADSTS50055)"),
)
_TEN_YEARS = 315_360_000.0

SWITCHES: tuple[Switch, ...] = (
    Switch(
        "consent", "Consent", "Whether the permissions of the app have been consented to in the tenant.",
        "Consent", "choice", "seeded",
        (("seeded", "As at the start"), ("withdrawn", "Withdraw consent"), ("granted", "Grant consent")),
        per_app=True,
    ),
    Switch(
        "consent_withdrawn_after", "Consent is withdrawn half-way",
        "After so many more requests to Graph (each in a batch counts) the asking app's consent is withdrawn, and "
        "its tokens open no more than is consented to then. At Microsoft it can take until the token expires. "
        "0: not planned.", "Consent", "number", 0,
    ),
    Switch(
        "admin_consent_only", "Only administrators may consent",
        "Users may not consent for themselves: they see that approval is needed (AADSTS90094).", "Consent",
    ),
    Switch(
        "secret", "Client secret",
        "Let the client secret expire (AADSTS7000222), or replace it so that the known one is wrong "
        "(AADSTS7000215).",
        "Credentials", "choice", "valid",
        (("valid", "Valid"), ("expired", "Let the client secret expire"), ("wrong", "Replace the client secret")),
        per_app=True,
    ),
    Switch(
        "certificate_removed", "Remove the certificate",
        "The app's certificate is no longer registered (AADSTS700027).", "Credentials", per_app=True,
    ),
    Switch(
        "app_state", "App registration", "The state of the app and of its enterprise application in the tenant.",
        "Credentials", "choice", "ok",
        (
            ("ok", "In order"),
            ("not_in_tenant", "Not in this tenant (AADSTS700016)"),
            ("no_service_principal", "Enterprise application missing (AADSTS7000229)"),
            ("disabled", "Disabled (AADSTS7000112)"),
            ("assignment_required", "Only for assigned users, and nobody is (AADSTS50105)"),
        ),
        per_app=True,
    ),
    Switch(
        "public_client_off", "Forbid public client flows",
        "'Allow public client flows' is set to No: device code sign-in fails (AADSTS7000218).",
        "Credentials", per_app=True,
    ),
    Switch(
        "redirect", "Redirect address", "Where http://localhost is registered as a redirect address.",
        "Credentials", "choice", "desktop",
        (
            ("desktop", "Under Mobile and desktop applications"),
            ("web", "Under Web: the token step demands a secret (AADSTS7000218)"),
            ("none", "Not registered (AADSTS50011)"),
        ),
        per_app=True,
    ),
    Switch(
        "conditional_access", "Conditional Access", "A policy that judges every sign-in of a person.",
        "Sign-in policy", "choice", "none",
        (
            ("none", "No policy"),
            ("mfa", "Require multifactor authentication (AADSTS50076)"),
            ("block_device_code", "Block device code sign-in (AADSTS53003)"),
            ("block_all", "Block every sign-in (AADSTS53003)"),
        ),
    ),
    Switch(
        "device_code", "Device code answer", "What becomes of device code sign-ins.", "Sign-in policy", "choice",
        "normal",
        (("normal", "Waits for the person"), ("declined", "The person declined"), ("expired", "The code expired")),
    ),
    Switch(
        "landing_tenant", "Sign-ins land in another tenant",
        "The tokens of a sign-in are those of a second tenant with its own id, domain and people.",
        "Sign-in policy", "choice", "own", (("own", "The tenant asked for"), ("other", "Another tenant")),
    ),
    Switch(
        "sign_in_frequency", "Sign-in frequency",
        "A policy: hours after which a person must sign in again. Renewing a sign-in fails then (AADSTS70043), and "
        "the browser's session does not do (AADSTS70044). 0: no such policy.", "Sign-in policy", "number", 0,
        most=8760,
    ),
    Switch(
        "signing_key", "Signing key", "The key that signs tokens, and those that are published to verify them.",
        "Tokens", "choice", "first",
        (
            ("first", "As at the start"),
            ("rolled", "Rolled over: the old key is still published"),
            ("withdrawn", "Rolled over, and the old key withdrawn"),
            ("unpublished", "A key that nobody published"),
        ),
    ),
    Switch(
        "optional_claims", "Optional claims", "What the ID tokens of the app say besides what they always do.",
        "Tokens", "choice", "registered",
        (
            ("registered", "As registered"),
            ("sign_in", "Those of a sign-in: login_hint, upn, email, names, acct, auth_time"),
            ("all", "Those, and groups"),
        ),
        per_app=True,
    ),
    Switch(
        "groups_in_token", "Groups in a token",
        "How many groups a token names; of somebody with more it says only where to ask (at Microsoft more than "
        "200).", "Tokens", "number", 200, most=200,
    ),
    Switch(
        "admin_account", "The administrator's account", "Acts on the sign-in page and when a sign-in is renewed.",
        "Accounts", "choice", "ok", _STATES,
    ),
    Switch(
        "user_account", "The user's account", "As the administrator's, of the account Una User.", "Accounts",
        "choice", "ok", _STATES,
    ),
    Switch(
        "guest_account", "The guest's account", "As the administrator's, of the account Gus Guest.", "Accounts",
        "choice", "ok", _STATES,
    ),
    Switch(
        "sessions_revoked_of", "Revoke one person's sessions",
        "Every sign-in that this person made so far is void, as after 'Revoke all sessions' and after a change of "
        "their password. Choosing it once more goes for those made since.", "Accounts", "choice", "none",
        (("none", "Nobody's"), ("admin", "The administrator's"), ("user", "The user's"), ("guest", "The guest's")),
    ),
    Switch(
        "sessions_revoked", "Revoke all sessions",
        "Every sign-in made so far is void: renewing fails (AADSTS50173), and Graph challenges tokens that can be "
        "challenged. Signing in again helps; so does turning this off, which Microsoft cannot.", "Accounts",
    ),
    Switch(
        "refresh_idle", "Sign-ins lay idle for 90 days", "Renewing a sign-in fails (AADSTS700082).", "Accounts",
    ),
    Switch(
        "login_down", "Sign-in is down", "What becomes of requests to the sign-in service.", "Network", "choice",
        "none", _DOWN,
    ),
    Switch(
        "graph_down", "Microsoft Graph is down", "What becomes of requests to Microsoft Graph.", "Network",
        "choice", "none", _DOWN,
    ),
    Switch(
        "graph_down_after", "Microsoft Graph goes down half-way",
        "After so many more requests Graph goes down (as chosen under 'Microsoft Graph is down', else by dropping "
        "the connection). 0: not planned.", "Network", "number", 0,
    ),
    Switch(
        "reset_before_work", "Writes are cut off before the work",
        "The connection of the next so many writes to Graph is reset, and nothing was done.", "Network", "number",
        0,
    ),
    Switch(
        "reset_after_work", "Writes are cut off after the work",
        "The next so many writes to Graph are carried out, then the connection is reset without an answer.",
        "Network", "number", 0,
    ),
    Switch(
        "timeout_after_work", "Writes are never answered",
        "The next so many writes to Graph are carried out, but no answer ever comes.", "Network", "number", 0,
    ),
    Switch(
        "proxy_page", "A web filter answers", "A proxy's page of HTML comes instead of the service's answer.",
        "Network", "choice", "none",
        (
            ("none", "No web filter"),
            ("login_200", "For the sign-in service, with status 200"),
            ("login_403", "For the sign-in service, with status 403"),
            ("graph_200", "For Microsoft Graph, with status 200"),
            ("graph_403", "For Microsoft Graph, with status 403"),
        ),
    ),
    Switch(
        "broken_json", "Answers break off", "JSON answers end in the middle.", "Network", "choice", "none",
        (("none", "Whole answers"), ("login", "From the sign-in service"), ("graph", "From Microsoft Graph")),
    ),
    Switch(
        "latency_ms", "Delay", "Milliseconds that each answer of sign-in and Graph is held back.", "Network",
        "number", 0, most=60_000,
    ),
    Switch(
        "login_throttle", "Throttle sign-in", "The next so many requests to the sign-in service get 429.",
        "Service", "number", 0,
    ),
    Switch(
        "graph_throttle", "Throttle Microsoft Graph", "The next so many requests to Graph get 429.", "Service",
        "number", 0,
    ),
    Switch(
        "batch_throttle", "Throttle inside batches",
        "The next so many requests inside batches get 429; the batch itself is answered with 200.", "Service",
        "number", 0,
    ),
    Switch(
        "throttling", "Quotas", "Quotas per app and tenant, in resource units and in writes.", "Service",
        "choice", "off",
        (
            ("off", "None"),
            ("documented", "Microsoft's: 3,500 to 8,000 units in 10 s, 3,000 writes in 150 s"),
            ("tight", "Small: 60 units in 10 s, 40 writes in 10 s"),
        ),
    ),
    Switch(
        "graph_500", "Microsoft Graph fails inside", "The next so many requests to Graph get 500.", "Service",
        "number", 0,
    ),
    Switch(
        "graph_refuses", "Microsoft Graph refuses",
        "Every request but $batch itself is refused with an error that Microsoft documents and that nothing in "
        "this tenant would bring about.", "Service", "choice", "none",
        (
            ("none", "Nothing"),
            ("denied", "403 Authorization_RequestDenied"),
            ("identity", "403 Authorization_IdentityNotFound"),
            ("quota", "Writes: 400 Directory_QuotaExceeded"),
            ("method", "Writes: 405 Request_BadRequest"),
            ("bad_request", "Writes: 400 Request_BadRequest"),
            ("unsupported", "400 Request_UnsupportedQuery"),
            ("token", "401 InvalidAuthenticationToken"),
            ("bad_gateway", "502 UnknownError"),
            ("timeout", "504 UnknownError"),
        ),
    ),
    Switch(
        "retry_after", "Retry-After", "Seconds named in a 429 or 503; the sign-in service rounds them up.",
        "Service", "number", 2.1, most=3600,
    ),
    Switch(
        "replication_delay", "Replication delay",
        "Seconds until a new group is seen: before that it is not found by its id or in lists, and writes to it "
        "are refused.", "Service", "number", 0, most=30,
    ),
    Switch(
        "members_delay", "Lists of members lag",
        "Seconds until lists show that members were added or removed: until then, doing it again is refused, "
        "although the list says otherwise.", "Service", "number", 0, most=30,
    ),
    Switch(
        "naming_policy", "Naming policy", "What the names and nicknames of Microsoft 365 groups must keep to; "
        "administrators are exempt, apps are not.", "Directory", "choice", "none",
        (
            ("none", "None"),
            ("prefix", "They must begin with GRP-"),
            ("words", "CEO and Payroll are blocked words"),
        ),
    ),
    Switch(
        "restricted_management", "Restricted management",
        "The group O'Brien's team, the account Emergency Access and the user Siobhán O'Brien are in a restricted "
        "management administrative unit: only its own administrators, whom there are none of, may change them. "
        "Licences, usage locations and other groups are not concerned.", "Directory",
    ),
    Switch(
        "options_ignored", "Query options are ignored",
        "Lists are answered with 200 as if $filter and $search had not been asked for: Microsoft documents that of "
        "some combinations that it does not support. Who shows the rows unjudged shows more than was asked for.",
        "Service",
    ),
    Switch(
        "empty_page", "Empty pages", "Between two pages of a list Graph sends an empty one, which it may.",
        "Service",
    ),
    Switch(
        "delta_tokens", "Delta tokens",
        "What becomes of the delta and skip tokens given out so far; those given out later are good. Choosing it "
        "once more goes for those too. Microsoft's are good for seven days.", "Delta queries", "choice", "valid",
        (
            ("valid", "As they are"),
            ("expired", "Expire delta tokens (400 syncStateNotFound)"),
            ("resync", "Expire delta tokens (400 resyncRequired)"),
            ("reset", "Reset delta (410)"),
        ),
    ),
    Switch(
        "delta_lag", "Lag", "Seconds until delta queries tell of a change: an empty round is no proof that nothing "
        "changed.", "Delta queries", "number", 0, most=86_400,
    ),
    Switch(
        "delta_repeats", "Repeat and mix",
        "Delta queries tell the same object several times, on any page and in any order, and tell old changes "
        "again: all of it is documented.", "Delta queries",
    ),
    Switch(
        "delta_page", "Objects on a page",
        "How many objects a page of a delta query has at most, and how many members in tens: the rest of a group's "
        "members comes with the same group on the next page.", "Delta queries", "number", 200, least=1, most=999,
    ),
    Switch(
        "cloud", "Cloud", "Which cloud the sign-in service says the tenant is in.", "Service", "choice", "global",
        (("global", "Global"), ("usgov", "US Government")),
    ),
    Switch(
        "clock_offset", "Move the clock",
        "Seconds that the tenant's clock is ahead (negative: behind): tokens expire, certificate sign-ins fail "
        "(AADSTS700024), dates move.", "Clock", "number", 0, least=-_TEN_YEARS, most=_TEN_YEARS,
    ),
)  # fmt: skip
_BY_KEY = {switch.key: switch for switch in SWITCHES}


class Switches:
    """The switches' present values. `changed(key, app, value)` is called after each change, app None for all."""

    def __init__(self, changed: Callable[[str, str | None, Value], None], **defaults: Value) -> None:
        self._changed = changed
        self._defaults = {switch.key: defaults.get(switch.key, switch.default) for switch in SWITCHES}
        self._values: dict[str, Value] = {}
        self._apps: dict[tuple[str, str], Value] = {}
        self.profiles: list[str] = []

    def value(self, key: str, profile: str = "") -> Value:
        """The value of a switch, for one app where it is per app."""
        if (key, profile) in self._apps:
            return self._apps[key, profile]
        return self._values.get(key, self._defaults[key])

    def text(self, key: str, profile: str = "") -> str:
        """The value of a choice."""
        return str(self.value(key, profile))

    def number(self, key: str) -> float:
        """The value of a number."""
        return float(self.value(key))

    def take(self, key: str) -> bool:
        """Counts a number down by one; False when it is already 0."""
        left = self.number(key)
        if left > 0:
            self._values[key] = max(0, left - 1)
        return left > 0

    def set(self, values: Mapping[str, Any]) -> None:
        """Sets them all, or none and raises SwitchError. A plain value for a per-app switch goes for every app."""
        changes: list[tuple[str, str | None, Value]] = []
        for key, given in values.items():
            switch = _BY_KEY.get(key)
            if switch is None:
                raise SwitchError(f"There is no switch {key!r}; there are {', '.join(_BY_KEY)}.")
            if not switch.per_app:
                changes.append((key, None, switch.checked(given)))
                continue
            for profile, value in self._per_app(key, given).items():
                changes.append((key, profile, switch.checked(value)))
        for key, app, value in changes:
            if app is None:
                self._values[key] = value
            else:
                self._apps[key, app] = value
            self._changed(key, app, value)

    def _per_app(self, key: str, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            return dict.fromkeys(self.profiles, given)
        for profile in given:
            if profile not in self.profiles:
                raise SwitchError(f"{key}: there is no app {profile!r}; there are {', '.join(self.profiles)}.")
        return given

    def note(self, key: str, value: Value, profile: str | None = None) -> None:
        """Shows what became true by itself (consent given on a page); nobody is told of the change."""
        if profile is None:
            self._values[key] = value
        else:
            self._apps[key, profile] = value

    def reset(self) -> None:
        """Back to the start, told for each switch that was moved."""
        moved = set(self._values) | {key for key, _ in self._apps}
        self._values.clear()
        self._apps.clear()
        for key in moved:
            self._changed(key, None, self._defaults[key])

    def listed(self) -> list[dict[str, Any]]:
        """All switches with their present values, as the control port publishes them."""
        return [self._listed(switch) for switch in SWITCHES]

    def _listed(self, switch: Switch) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "key": switch.key,
            "title": switch.title,
            "explanation": switch.explanation,
            "group": switch.group,
            "kind": switch.kind,
            "value": self.value(switch.key),
            "per_app": switch.per_app,
        }
        if switch.choices:
            entry["choices"] = [{"value": value, "title": title} for value, title in switch.choices]
        if switch.kind == "number":
            entry |= {"least": switch.least, "most": switch.most}
        if switch.per_app:
            entry["apps"] = {profile: self.value(switch.key, profile) for profile in self.profiles}
        return entry
