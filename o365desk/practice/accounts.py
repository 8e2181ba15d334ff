"""Who can sign in to the practice tenant: each of its users with a password, guests with that of their home."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from o365desk.practice.directory.directory import Account, Directory, Entity
from o365desk.practice.directory.seeding import GUESTS_DOMAIN, password
from o365desk.practice.switches import Switches
from o365desk.practice.tokens import b64url, unb64url

PERSON = "person"
"""The kind of an account that is not one of those with a purpose."""
_HINT = "O."
_SWITCHES = {"admin": "admin_account", "user": "user_account", "guest": "guest_account"}


class Accounts:
    """Accounts of `home`, found in their present state. `other` is the tenant that the guests are at home in."""

    def __init__(self, home: Directory, other: Directory, switches: Switches, seed: int) -> None:
        self._home, self._other, self._switches, self._seed = home, other, switches, seed
        theirs = {account.username: account.password for account in other.accounts}
        self._at_home = {account.oid: theirs.get(account.username, account.password) for account in home.accounts}
        self._changed: dict[str, str] = {}

    def seeded(self) -> list[Account]:
        """Those with a purpose, which the picker shows."""
        return [self._known(account) for account in self._home.accounts]

    def find(self, typed: str) -> Account | None:
        """By user name, principal name, or what the claim `login_hint` says."""
        wanted = typed.strip().lower()
        if typed.startswith(_HINT):
            return self.by_id(_of_hint(typed))
        for account in self._home.accounts:
            if wanted in (account.username.lower(), str(account.user["userPrincipalName"]).lower()):
                return self._known(account)
        user = self._home.user_by_key.get(wanted)
        if user is None and wanted.endswith("@" + GUESTS_DOMAIN):
            guests = (one for one in self._home.users if one["userType"] == "Guest")
            user = next((one for one in guests if str(one["mail"]).lower() == wanted), None)
        return self._person(user) if user else None

    def elsewhere(self, typed: str) -> Account | None:
        """Somebody of the other tenant, whether or not they are a guest here."""
        wanted = typed.strip().lower()
        return next((account for account in self._other.accounts if account.username.lower() == wanted), None)

    def by_id(self, oid: str, directory: Directory | None = None) -> Account | None:
        """By the object id in a directory, which is `home` unless said otherwise; also who was deleted."""
        directory = directory or self._home
        for account in directory.accounts:
            if account.oid == oid:
                return self._known(account) if directory is self._home else account
        user = directory.user_by_key.get(oid) or directory.deleted.get(oid)
        return self._person(user) if user and "userPrincipalName" in user else None

    def state(self, account: Account) -> str:
        """ok, locked, disabled, deleted or password_expired."""
        if account.user.get("deletedDateTime"):
            return "deleted"
        if not account.user["accountEnabled"]:
            return "disabled"
        return self._switches.text(_SWITCHES[account.kind]) if account.kind in _SWITCHES else account.state

    def home_of(self, account: Account) -> Directory:
        """The directory that an account signs in with: a guest's is another."""
        return self._home if account.member else self._other

    def change_password(self, account: Account, new: str) -> None:
        """Until the reset."""
        self._changed[account.oid] = new

    def reset(self) -> None:
        """The passwords as at the start."""
        self._changed.clear()

    def _known(self, account: Account) -> Account:
        return replace(account, password=self._changed.get(account.oid, self._at_home[account.oid]))

    def _person(self, user: Entity) -> Account:
        oid, upn = str(user["id"]), str(user["userPrincipalName"])
        given = self._changed.get(oid) or self._home.passwords.get(oid)
        word = given or password(Random(f"{self._seed}:password:{oid}"))  # noqa: S311 - the same for the same seed
        name = upn if user["userType"] == "Member" else str(user["mail"] or upn)
        return Account(PERSON, name, word, user, "ok")


class Sessions:
    """Sign-ins of people, and those that were revoked: all, or one person's."""

    def __init__(self, accounts: Accounts, now: Callable[[], float]) -> None:
        self._accounts, self._now = accounts, now
        self._serial = 0
        self._made: dict[str, int] = {}
        self._void_until = 0
        self._revoked_at = 0.0
        self._of: dict[str, tuple[int, float]] = {}  # by object id: up to which sign-in, and when

    def begin(self, session: str) -> str:
        """Notes a new sign-in by its id, and returns that."""
        self._made[session] = self._next()
        return session

    def void(self, session: str, oid: str) -> bool:
        """Whether the sign-in was revoked (or is unknown: of another run)."""
        return self._made.get(session, 0) <= max(self._void_until, self._of.get(oid, (0, 0.0))[0])

    def ended(self, session: str, oid: str) -> bool:
        """Whether what a token stands for ended before the token: sign-in revoked, account gone."""
        account = self._accounts.by_id(oid)
        gone = account is not None and self._accounts.state(account) in ("disabled", "deleted")
        return gone or self.void(session, oid)

    def revoke_all(self, on: bool) -> None:
        """Revokes every sign-in so far, or takes that back."""
        self._revoked_at = self._now()
        self._void_until = self._next() if on else 0

    def revoke(self, oid: str) -> None:
        """Revokes one person's sign-ins so far."""
        self._of[oid] = (self._next(), self._now())

    def restore(self) -> None:
        """Takes back what was revoked of single persons."""
        self._of.clear()

    def revoked_at(self, oid: str) -> float:
        """When the person's sign-ins were last revoked; 0.0 for never."""
        return max(self._revoked_at, self._of.get(oid, (0, 0.0))[1])

    def _next(self) -> int:
        self._serial += 1
        return self._serial


def login_hint(account: Account) -> str:
    """The claim `login_hint`: opaque to apps, good as `login_hint` and `logout_hint`."""
    return _HINT + b64url(f"{account.oid} {account.username}".encode())


def _of_hint(hint: str) -> str:
    try:
        return unb64url(hint.removeprefix(_HINT)).decode().partition(" ")[0]
    except ValueError:
        return ""
