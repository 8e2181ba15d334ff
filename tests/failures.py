"""What can go wrong between a data source and Microsoft, how the practice tenant is made to do it, and what must be
said. One table: for the services' tests and for the window's."""

from dataclasses import dataclass, field
from typing import Any

from o365desk.model.datasource import SignIn
from o365desk.model.problems import Action

NOBODY = "8f14e45f-ceea-467f-ab1c-aaaaaaaaaaaa"
"""A GUID that nothing has."""

ADMINISTRATOR, CERTIFICATE = SignIn.ADMINISTRATOR, SignIn.CERTIFICATE


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One row. `details` change the data source (values are formatted with the tenant's announcement); `signed_in`:
    an administrator has authorised it before `switches` are turned; `act` is what is pressed. Then the problem with
    `code` is shown, its remedy holds `remedy`, and it offers `action`. `rank` is that of the ranked table in the
    practice tenant's facts, 0 for a fault of the network."""

    name: str
    rank: int
    code: str
    remedy: str
    action: Action
    details: dict[str, Any] = field(default_factory=dict)
    profile: str = "read-write"
    secret: str = ""
    switches: dict[str, Any] = field(default_factory=dict)
    signed_in: bool = False
    act: str = "test"
    person: str = "admin"
    consents: bool = True
    outcome: str = "failed"


def _refreshed(name: str, rank: int, code: str, remedy: str, action: Action, **switches: Any) -> Failure:
    return Failure(
        name=name,
        rank=rank,
        code=code,
        remedy=remedy,
        action=action,
        details={"sign_in": ADMINISTRATOR},
        switches=switches,
        signed_in=True,
    )


def _network(name: str, code: str, remedy: str, action: Action = Action.RETRY, **more: Any) -> Failure:
    return Failure(name=name, rank=0, code=code, remedy=remedy, action=action, **({"outcome": "not proven"} | more))


DELEGATED = {"sign_in": ADMINISTRATOR}

FAILURES = (
    # 1: the secret
    Failure(
        name="wrong secret", rank=1, code="AADSTS7000215", remedy="Value", action=Action.FIELD, secret="x" * 40
    ),
    Failure(name="expired secret", rank=1, code="AADSTS7000222", remedy="Create a new client secret",
            action=Action.FIELD, switches={"secret": "expired"}),
    Failure(name="secret ID", rank=1, code="", remedy="Paste the text of the column Value", action=Action.FIELD,
            secret=NOBODY),
    # 2, 3: client ID and tenant
    Failure(name="unknown client ID", rank=2, code="AADSTS700016", remedy="Compare client ID and tenant ID",
            action=Action.FIELD, details={"client_id": NOBODY}),
    Failure(name="unknown tenant", rank=3, code="AADSTS90002", remedy="Copy the Directory (tenant) ID",
            action=Action.FIELD, details={"tenant": NOBODY}),
    Failure(name="malformed tenant", rank=3, code="", remedy="paste the Directory (tenant) ID", action=Action.FIELD,
            details={"tenant": "contoso"}),
    # 4, 5: consent
    Failure(name="application without consent", rank=4, code="missing-permission", remedy="send the consent link",
            action=Action.CONSENT, profile="no-consent"),
    _refreshed("consent withdrawn", 5, "AADSTS65001", "Grant admin consent", Action.CONSENT, consent="withdrawn"),
    Failure(name="consent declined", rank=5, code="AADSTS65004", remedy="accept", action=Action.CONSENT,
            details=DELEGATED, profile="no-consent", act="authorize", consents=False),
    Failure(name="administrator must consent", rank=5, code="AADSTS90094", remedy="admin-consent link",
            action=Action.CONSENT, details=DELEGATED, profile="no-consent", act="authorize", person="user",
            switches={"admin_consent_only": True}),
    # 6, 7: the registration
    Failure(name="redirect not registered", rank=6, code="AADSTS50011", remedy="Mobile and desktop applications",
            action=Action.RETRY, details={"sso": True}, switches={"redirect": "none"}),
    Failure(name="public client flows off", rank=7, code="AADSTS7000218", remedy="Allow public client flows",
            action=Action.FIELD, details=DELEGATED, act="device-code", switches={"public_client_off": True}),
    Failure(name="redirect under Web", rank=7, code="AADSTS7000218", remedy="Allow public client flows",
            action=Action.FIELD, details=DELEGATED, act="authorize", switches={"redirect": "web"}),
    # 8: policies
    _refreshed("multifactor required", 8, "AADSTS50076", "complete MFA", Action.BROWSER, conditional_access="mfa"),
    _refreshed("all blocked", 8, "AADSTS53003", "sign-in log", Action.BROWSER, conditional_access="block_all"),
    Failure(name="device code blocked", rank=8, code="AADSTS53003", remedy="use another flow",
            action=Action.BROWSER, details=DELEGATED, act="device-code",
            switches={"conditional_access": "block_device_code"}),
    # 9: device code
    Failure(name="device code declined", rank=9, code="authorization_declined", remedy="Start again and accept",
            action=Action.DEVICE_CODE, details=DELEGATED, act="device-code", switches={"device_code": "declined"}),
    Failure(name="device code expired", rank=9, code="AADSTS70020", remedy="a new code is shown",
            action=Action.DEVICE_CODE, details=DELEGATED, act="device-code", switches={"device_code": "expired"}),
    # 10: the enterprise application
    Failure(name="no enterprise application", rank=10, code="AADSTS7000229", remedy="Create the enterprise app",
            action=Action.CONSENT, switches={"app_state": "no_service_principal"}),
    Failure(name="app disabled", rank=10, code="AADSTS7000112", remedy="Enable it", action=Action.RETRY,
            switches={"app_state": "disabled"}),
    _refreshed("not assigned", 10, "AADSTS50105", "Assign the user", Action.AUTHORIZE,
               app_state="assignment_required"),
    # 11, 12: the account and its sign-in
    _refreshed("account locked", 11, "AADSTS50053", "unblock", Action.AUTHORIZE, admin_account="locked"),
    _refreshed("account disabled", 11, "AADSTS50057", "Enable the account", Action.AUTHORIZE,
               admin_account="disabled"),
    _refreshed("account deleted", 11, "AADSTS50034", "use an account of the tenant", Action.AUTHORIZE,
               admin_account="deleted"),
    _refreshed("password expired", 11, "AADSTS50055", "Change the password", Action.AUTHORIZE,
               admin_account="password_expired"),
    _refreshed("sessions revoked", 12, "AADSTS50173", "Sign in again", Action.AUTHORIZE, sessions_revoked=True),
    _refreshed("idle for 90 days", 12, "AADSTS700082", "Sign in again", Action.AUTHORIZE, refresh_idle=True),
    # 13: scopes
    Failure(name="wrong resource", rank=13, code="AADSTS500011", remedy="Check the Graph host", action=Action.FIELD,
            details={"graph": "{login}"}),
    # 14: the certificate
    Failure(name="certificate not registered", rank=14, code="AADSTS700027", remedy="Upload the matching",
            action=Action.FIELD, details={"sign_in": CERTIFICATE}, switches={"certificate_removed": True}),
    Failure(name="clock wrong", rank=14, code="clock", remedy="Set the clock", action=Action.RETRY,
            details={"sign_in": CERTIFICATE}, switches={"clock_offset": 3600}),
    # 15: admin consent
    Failure(name="admin consent declined", rank=15, code="AADSTS65004", remedy="accept", action=Action.CONSENT,
            profile="no-consent", act="authorize", consents=False),
    # 16: the sign-in service itself
    Failure(name="sign-in throttled", rank=16, code="HTTP 429", remedy="asks to wait", action=Action.RETRY,
            switches={"login_throttle": 50}, outcome="not proven"),
    Failure(name="sign-in down", rank=16, code="HTTP 503", remedy="Wait", action=Action.RETRY,
            switches={"login_down": "503"}, outcome="not proven"),
    # The network
    _network("name not found", "dns", "Check the network", Action.FIELD, details={"login": "https://login.invalid"}),
    _network("connection refused", "refused", "Check the address and port", Action.FIELD,
             details={"login": "https://localhost:1"}),
    _network("no answer in time", "timeout", "Try again", switches={"login_down": "hang"}),
    _network("connection cut", "reset", "Try again", switches={"login_down": "refuse"}),
    _network("Graph cut half-way", "reset", "Try again", switches={"graph_down_after": 1}),
    _network("Graph down", "serviceNotAvailable", "wait", switches={"graph_down": "503"}),
    _network("Graph throttled", "TooManyRequests", "asks to wait",
             switches={"graph_throttle": 50, "retry_after": 30}),
    _network("untrusted certificate", "untrusted", "choose it as the CA file", Action.FIELD,
             details={"ca_file": ""}, outcome="failed"),
    _network("CA file missing", "ca-file", "Choose the PEM or DER file", Action.FIELD,
             details={"ca_file": "/no/such.pem"}, outcome="failed"),
    _network("proxy page for sign-in", "html", "Sign in to the proxy", switches={"proxy_page": "login_200"}),
    _network("proxy refuses sign-in", "html", "Sign in to the proxy", switches={"proxy_page": "login_403"}),
    _network("proxy page for Graph", "html", "Sign in to the proxy", switches={"proxy_page": "graph_200"}),
    _network("sign-in answer cut", "not-json", "Test again", switches={"broken_json": "login"}),
    _network("Graph answer cut", "not-json", "Test again", switches={"broken_json": "graph"}),
)  # fmt: skip
