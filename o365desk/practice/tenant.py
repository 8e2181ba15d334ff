"""What both sides of the practice tenant share: apps, accounts, consent, clock, switches, directories, keys."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from o365desk.practice.accounts import Accounts, Sessions
from o365desk.practice.directory import days
from o365desk.practice.directory.directory import Account, Directory, guid
from o365desk.practice.permissions import OIDC
from o365desk.practice.switches import Switches, Value
from o365desk.practice.tokens import Signer, b64url

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
_SIGN_IN = OIDC | {"User.Read"}
_READ_WRITE = frozenset(
    {"User.Read.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All", "LicenseAssignment.Read.All"}
)
_PROFILES: dict[str, frozenset[str]] = {
    "users-only": frozenset({"User.Read.All"}),
    "read": frozenset({"User.Read.All", "GroupMember.Read.All", "LicenseAssignment.Read.All"}),
    "read-write": _READ_WRITE,
    "no-consent": _READ_WRITE,
    "sso": frozenset(),
}
_LIFE_OF_SECRETS = 180 * 86400.0  # what Microsoft's portal recommends
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~._-"


@dataclass(frozen=True)
class Addresses:
    """Where the three sides are, without a slash at the end."""

    login: str
    graph: str
    control: str


@dataclass(frozen=True)
class AppRegistration:
    """An app registration with its secret and certificate, and what was registered for it."""

    profile: str
    client_id: str
    object_id: str
    secret: str = field(repr=False)
    secret_id: str
    delegated: frozenset[str]
    application: frozenset[str]
    consented: bool
    optional: frozenset[str]  # the optional claims of its ID tokens
    certificate: Path
    thumbprints: tuple[str, str]  # x5t, x5t#S256
    key: rsa.RSAPublicKey

    @property
    def title(self) -> str:
        """The name shown on pages."""
        return f"Practice app “{self.profile}”"


class Consents:
    """Who has consented to what. The `consent` switch sets an app's start; pages add to it."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._everybody: dict[str, set[str]] = defaultdict(set)
        self._person: dict[tuple[str, str], set[str]] = defaultdict(set)

    def _from_start(self, app: AppRegistration) -> bool:
        if self._switches.text("app_state", app.profile) == "no_service_principal":
            return False
        value = self._switches.text("consent", app.profile)
        return value == "granted" or (value == "seeded" and app.consented)

    def delegated(self, app: AppRegistration, account: Account) -> frozenset[str]:
        """The delegated permissions (with openid and the like) the app has for this person."""
        start = app.delegated if self._from_start(app) else frozenset()
        return start | self._everybody[app.profile] | self._person[app.profile, account.oid]

    def roles(self, app: AppRegistration) -> frozenset[str]:
        """The application permissions granted to the app."""
        return app.application if self._from_start(app) else frozenset()

    def grant(self, app: AppRegistration, permissions: frozenset[str], account: Account | None) -> None:
        """Delegated consent: of one person, or of an administrator for everybody (None).

        It also brings a missing enterprise application into being, with nothing but this consent.
        """
        if self._switches.text("app_state", app.profile) == "no_service_principal":
            self._switches.note("app_state", "ok", app.profile)
            self._switches.note("consent", "withdrawn", app.profile)
        if account is None:
            self._everybody[app.profile] |= permissions
        else:
            self._person[app.profile, account.oid] |= permissions

    def grant_all(self, app: AppRegistration) -> None:
        """An administrator's consent to everything registered."""
        self.forget(app.profile)
        if self._switches.text("app_state", app.profile) == "no_service_principal":
            self._switches.note("app_state", "ok", app.profile)
        self._switches.note("consent", "granted", app.profile)

    def forget(self, profile: str | None) -> None:
        """Drops what pages added, for one app or all."""
        everybody = {key: value for key, value in self._everybody.items() if profile and key != profile}
        self._everybody = defaultdict(set, everybody)
        kept = {key: value for key, value in self._person.items() if profile and key[0] != profile}
        self._person = defaultdict(set, kept)


class Tenant:
    """The whole state. Used from the serving thread only, but for construction."""

    def __init__(
        self, addresses: Addresses, folder: Path, users: int, groups: int, seed: int, latency: float
    ) -> None:
        self.addresses = addresses
        self.switches = Switches(self._changed, latency_ms=latency)
        self.signer = Signer()
        self.home = Directory(seed, users, groups)
        self.other = Directory(seed, 40, 12, "other")
        self._folder = folder
        self._certificates: dict[str, tuple[rsa.RSAPublicKey, tuple[str, str]]] = {}
        self._random = Random(f"{seed}:apps")  # noqa: S311 - the same ids for the same seed
        self._seeded = {
            name: self._register(name, asked | _SIGN_IN, asked, name != "no-consent")
            for name, asked in _PROFILES.items()
        }
        self.apps: dict[str, AppRegistration] = dict(self._seeded)
        self.switches.profiles = list(self.apps)
        self.consents = Consents(self.switches)
        self.accounts = Accounts(self.home, self.other, self.switches, seed)
        self.sessions = Sessions(self.accounts, self.now)
        self.device_interval = 5
        """Seconds that a client is to wait before it asks again whether a device code was used."""
        self.delta_generation = 0  # goes up with each move of the switch delta_tokens
        self.passed = 0.0
        """Seconds that were let pass (`pass_days`), besides those that really did."""
        self._days = 0
        self._made = time.time()
        self._judged_now: set[str] = set()  # apps whose tokens open only what is consented to now
        self.at_reset: list[Callable[[], None]] = []
        self.resets = 0
        """How often everything was put back: what was on its way then, reaches the tenant no more."""

    def clock(self) -> float:
        """The time that is shown and that tokens live by, Unix seconds: no client's clock goes on with the days
        that were let pass, so a token that it has is good for its hour."""
        return time.time() + self.switches.number("clock_offset")

    def now(self) -> float:
        """The time of what lies in the tenant, with the days that were let pass: deletions, delta tokens, secrets
        and sign-ins grow old by it. Unix seconds."""
        return self.clock() + self.passed

    def secrets_ended(self) -> bool:
        """Whether the apps' secrets are past their end by the tenant's time."""
        return self.now() > self._made + _LIFE_OF_SECRETS

    def pass_days(self, count: int, seed: int) -> dict[str, Any]:
        """Lets days pass, one after the other; what changed. The same days with the same seed change the same."""
        told = days.Told()
        for _ in range(count):
            self.passed += days.DAY
            self._days += 1
            random = Random(f"{seed}:{self._days}")  # noqa: S311 - the same for the same seed, nothing secret
            days.pass_day(self.home, random, self.now(), told)
        return told.listed()

    def directory(self, tenant_id: str) -> Directory | None:
        """The directory with this id."""
        return next((d for d in (self.home, self.other) if d.tenant_id == tenant_id), None)

    def landing(self) -> Directory:
        """The directory that sign-ins land in."""
        return self.other if self.switches.text("landing_tenant") == "other" else self.home

    def app(self, client_id: str) -> AppRegistration | None:
        """The app registered under this id."""
        return next((app for app in self.apps.values() if app.client_id == client_id.lower()), None)

    def register(
        self,
        name: str,
        delegated: frozenset[str],
        application: frozenset[str],
        consented: bool,
        optional: frozenset[str] = frozenset(),
    ) -> AppRegistration:
        """Registers an app until the next reset, with just these permissions and optional claims; ValueError if
        the name is taken."""
        if name in self.apps:
            raise ValueError(f"There is an app {name!r} already.")
        self.apps[name] = self._register(name, delegated, application, consented, optional)
        self.switches.profiles = list(self.apps)
        return self.apps[name]

    def _register(
        self,
        name: str,
        delegated: frozenset[str],
        application: frozenset[str],
        consented: bool,
        optional: frozenset[str] = frozenset(),
    ) -> AppRegistration:
        random = self._random
        letters = "".join(random.choice(_LETTERS[:62]) for _ in range(3))
        secret = f"{letters}8Q~" + "".join(random.choice(_LETTERS) for _ in range(34))
        path = self._folder / f"{name}.pem"
        if name not in self._certificates:  # an app that comes back after a reset has what it had
            self._certificates[name] = _make_certificate(path, name)
        key, thumbprints = self._certificates[name]
        return AppRegistration(
            name, guid(random), guid(random), secret, guid(random), delegated, application, consented,
            optional, path, thumbprints, key,
        )  # fmt: skip

    def described(self, app: AppRegistration) -> dict[str, str]:
        """What somebody who sets up a data source needs of an app."""
        return {
            "client_id": app.client_id,
            "secret": app.secret,
            "secret_id": app.secret_id,
            "certificate": str(app.certificate),
        }

    def new_session(self) -> str:
        """The id of a new sign-in."""
        return self.sessions.begin(str(uuid4()))

    def too_old(self, signed_in: float) -> bool:
        """Whether a sign-in of that time (see `now`) is older than the policy on its frequency lets it be."""
        hours = self.switches.number("sign_in_frequency")
        return hours > 0 and self.now() > signed_in + hours * 3600

    def change_password(self, account: Account, new: str) -> None:
        """Until the reset; the person's sign-ins of before are void, as at Microsoft."""
        self.accounts.change_password(account, new)
        self.sessions.revoke(account.oid)

    def enable(self, account: Account, enabled: bool) -> None:
        """Enables or disables an account of this tenant until the reset."""
        self.home.pristine.keep(account.user)
        account.user["accountEnabled"] = enabled
        self.home.note(account.user, ("accountEnabled",))
        self.home.changed()

    def still_granted(self, client_id: str, account: Account | None, granted: frozenset[str]) -> frozenset[str]:
        """What a token opens now, of what it was issued with; counts down to the withdrawal of consent."""
        app = self.app(client_id)
        if app is None:
            return granted
        if app.profile in self._judged_now:
            granted &= self.consents.delegated(app, account) if account else self.consents.roles(app)
        key = "consent_withdrawn_after"
        if self.switches.take(key) and not self.switches.number(key):
            self._judged_now.add(app.profile)
            self.consents.forget(app.profile)
            self.switches.note("consent", "withdrawn", app.profile)
        return granted

    def _changed(self, key: str, app: str | None, value: Value) -> None:
        if key == "consent":
            self.consents.forget(app)
        elif key == "restricted_management":
            self.home.restrict(value is True)
        elif key == "delta_tokens":
            self.delta_generation += 1
        elif key == "sessions_revoked":
            self.sessions.revoke_all(value is True)
        elif key == "sessions_revoked_of":
            self.sessions.restore()
            for account in self.accounts.seeded():
                if account.kind == value:
                    self.sessions.revoke(account.oid)
        elif key == "signing_key":
            self.signer.state = str(value)

    def reset(self) -> None:
        """Switches, consent, apps and directories as at the start. Sign-ins made since go on."""
        self.resets += 1
        self.switches.reset()
        self.passed, self._days = 0.0, 0
        self._judged_now.clear()
        for forget in (self.home.reset, self.other.reset, self.accounts.reset, *self.at_reset):
            forget()
        self.sessions.restore()
        self.consents.forget(None)
        self.apps = dict(self._seeded)
        self.switches.profiles = list(self.apps)

    def ready(self, ca_file: Path) -> dict[str, Any]:
        """The ready information."""
        theirs = self.other.accounts[0]
        accounts = {a.kind: {"username": a.username, "password": a.password} for a in self.accounts.seeded()}
        return {
            "login": self.addresses.login,
            "graph": self.addresses.graph,
            "control": self.addresses.control,
            "ca_file": str(ca_file),
            "tenant": self.home.tenant_id,
            "domain": self.home.domain,
            "apps": {name: self.described(app) for name, app in self.apps.items()},
            "admin": accounts["admin"],
            "accounts": accounts,
            "other_tenant": {
                "tenant": self.other.tenant_id,
                "domain": self.other.domain,
                "admin": {"username": theirs.username, "password": theirs.password},
            },
        }


def _make_certificate(path: Path, name: str) -> tuple[rsa.RSAPublicKey, tuple[str, str]]:
    """Writes a private key with its self-signed certificate; the public key and both thumbprints."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"practice {name}"[:60])])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=730))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    raw = certificate.public_bytes(serialization.Encoding.DER)
    sha1 = hashlib.sha1(raw, usedforsecurity=False).digest()
    return key.public_key(), (b64url(sha1), b64url(hashlib.sha256(raw).digest()))
