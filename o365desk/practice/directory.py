"""The people, groups and licence plans of a practice tenant, made from a seed, the same for the same seed."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from o365desk.paths import table
from o365desk.practice import names
from o365desk.practice.state import Entity as Entity
from o365desk.practice.state import Pristine, Roster

USER = "#microsoft.graph.user"
DEVICE = "#microsoft.graph.device"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PLAIN_MEMBER = "b79fbf4d-3ef9-4689-8143-76b194e85509"

_KINDS_OF_ACCOUNT = (
    # kind, local part, given name, surname, state
    ("admin", "admin", "Alex", "Admin", "ok"),
    ("break-glass", "break-glass", "Emergency", "Access", "ok"),
    ("user", "una.user", "Una", "User", "ok"),
    ("guest", "gus.guest", "Gus", "Guest", "ok"),
    ("locked", "lou.locked", "Lou", "Locked", "locked"),
    ("disabled", "dee.disabled", "Dee", "Disabled", "disabled"),
    ("expired", "eli.expired", "Eli", "Expired", "password_expired"),
)
_MANY_MEMBERS = 2500
_IN_THE_BIN = 30 * 86400.0  # seconds


@dataclass(frozen=True)
class Account:
    """Somebody who can try to sign in. `state` is ok, locked, disabled, deleted or password_expired."""

    kind: str
    username: str
    password: str = field(repr=False)
    user: Entity
    state: str

    @property
    def oid(self) -> str:
        """The object id in the directory."""
        return str(self.user["id"])

    @property
    def administrator(self) -> bool:
        """Whether this is a Global Administrator."""
        return self.kind in ("admin", "break-glass")

    @property
    def member(self) -> bool:
        """Whether this is a member, not a guest: members may read the directory."""
        return bool(self.user["userType"] == "Member")

    @property
    def wids(self) -> list[str]:
        """The template ids of the directory roles."""
        return [GLOBAL_ADMINISTRATOR, PLAIN_MEMBER] if self.administrator else [PLAIN_MEMBER]


def guid(random: Random) -> str:
    """A GUID of version 4."""
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def password(random: Random) -> str:
    """A password that can be typed."""
    return f"{random.choice(names.WORDS)}-{random.choice(names.WORDS)}-{random.randint(100, 999)}"


class Directory:
    """One tenant's objects, in Graph's own shapes; lists keep their order. Say `changed` after a change."""

    def __init__(self, seed: int, users: int, groups: int, label: str = "own") -> None:
        random = Random(f"{seed}:{label}")  # noqa: S311 - the same data for the same seed, nothing secret
        self._random = random
        self.tenant_id = guid(random)
        word = random.choice(names.COMPANIES)
        self.company = f"{word} Practice"
        self.domain = f"{word.lower()}practice{random.randint(100, 999)}.onmicrosoft.com"
        self.mail_domain = f"{word.lower()}.example"
        self.users: list[Entity] = []
        self.accounts = [self._account(*kind) for kind in _KINDS_OF_ACCOUNT]
        self.users.extend(self._people(users - len(self.users)))
        self.devices = [self._device(n) for n in range(max(0, _MANY_MEMBERS - len(self.users)))]
        self.groups: list[Entity] = []
        self.members: dict[str, Roster] = {}
        self._make_groups(groups)
        self.owners = self._pick_owners(Random(f"{seed}:{label}:owners"))  # noqa: S311 - as above
        self.inherited: set[str] = set()  # who has the licensed group's plan through it
        self.skus = self._license()
        self.sku_by_id = {sku["skuId"]: sku for sku in self.skus}
        self.licensed_groups = [group for group in self.groups if group["assignedLicenses"]]
        self.user_by_key = {user["id"]: user for user in self.users}
        self.user_by_key |= {user["userPrincipalName"].lower(): user for user in self.users}
        self.group_by_id = {group["id"]: group for group in self.groups}
        self.device_by_id = {device["id"]: device for device in self.devices}
        self.organization = self._organization()
        self.deleted: dict[str, Entity] = {}  # the recycle bin, by id
        self.pending: dict[str, tuple[float, Entity]] = {}  # new groups, with when they will be seen
        self.ties: dict[str, list[Roster]] = {}  # where deleted users belonged
        self.holdings: dict[str, list[Any]] = {}  # see holdings.py
        self.pristine = Pristine()
        self._fresh = Random(f"{seed}:{label}:new")  # noqa: S311 - as above
        self.version = 0

    def changed(self) -> None:
        """To be called after each change: what was worked out from the objects before no longer holds."""
        self.version += 1

    def new_id(self) -> str:
        """An id for a new object."""
        return guid(self._fresh)

    def reset(self) -> None:
        """Everything as at the start, in about the time that the changes took. Ids of new objects go on."""
        if self.pristine.restore():
            self.changed()

    def settle(self, now: float) -> None:
        """Lets new groups be seen whose time has come, and empties the recycle bin of what is too old."""
        due = [key for key, (when, _) in self.pending.items() if when <= now]
        for key in due:
            group = self.pending[key][1]
            self.pristine.keep(self.pending, self.groups, self.group_by_id)
            del self.pending[key]
            self.groups.append(group)
            self.group_by_id[key] = group
        if due:
            self.changed()
        if self.deleted:
            self._empty_bin(now)

    def _empty_bin(self, now: float) -> None:
        for key, entity in list(self.deleted.items()):
            if datetime.fromisoformat(entity["deletedDateTime"]).timestamp() + _IN_THE_BIN < now:
                self.pristine.keep(self.deleted)
                del self.deleted[key]

    def _account(self, kind: str, local: str, given: str, surname: str, state: str) -> Account:
        guest = kind == "guest"
        upn = f"{local}_partner.example#EXT#@{self.domain}" if guest else f"{local}@{self.domain}"
        user = self._user(given, surname, upn, self._random.getrandbits(64))
        user |= {"accountEnabled": state != "disabled", "jobTitle": None if kind != "admin" else "Administrator"}
        if guest:
            user |= {"userType": "Guest", "mail": f"{local}@partner.example", "usageLocation": None}
        self.users.append(user)
        username = f"{local}@partner.example" if guest else upn
        return Account(kind, username, password(self._random), user, state)

    def _user(self, given: str, surname: str, upn: str, bits: int) -> Entity:
        """One member; `bits` decides what is left to chance."""
        city, country, language, phone = names.PLACES[bits % len(names.PLACES)]
        department, titles = names.DEPARTMENTS[(bits >> 8) % len(names.DEPARTMENTS)]
        local = upn.partition("@")[0]
        mail = None if (bits >> 16) % 29 == 0 else f"{local}@{self.mail_domain}"
        day = (bits >> 24) % 2400
        created = f"{2018 + day // 336}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}T08:{day % 60:02}:00Z"
        number = f"{phone} {(bits >> 32) % 9_000_000 + 1_000_000}"
        return {
            "id": guid(self._random),
            "displayName": f"{surname}{given}" if given and ord(given[0]) > 0x3000 else f"{given} {surname}",
            "givenName": given,
            "surname": surname,
            "mail": mail,
            "userPrincipalName": upn,
            "jobTitle": titles[(bits >> 12) % len(titles)],
            "department": None if (bits >> 20) % 13 == 0 else department,
            "officeLocation": f"{city} {(bits >> 40) % 9 + 1}",
            "mobilePhone": number if (bits >> 44) % 3 else None,
            "businessPhones": [] if (bits >> 48) % 4 == 0 else [number + "0"],
            "preferredLanguage": language if (bits >> 50) % 2 else None,
            "accountEnabled": True,
            "userType": "Member",
            "companyName": self.company,
            "country": names.COUNTRIES[country],
            "city": city,
            "usageLocation": None if (bits >> 52) % 17 == 0 else country,
            "employeeId": f"{(bits >> 36) % 900_000 + 100_000}",
            "createdDateTime": created,
            "onPremisesSyncEnabled": None,
            "assignedLicenses": [],
            "mailNickname": local.replace("'", ""),
            "otherMails": [],
            "proxyAddresses": [] if mail is None else [f"SMTP:{mail}"],
        }

    def _people(self, count: int) -> list[Entity]:
        taken: Counter[str] = Counter()
        people: list[Entity] = []
        bits, domain = self._random.getrandbits, self.domain
        for n in range(count):
            chance = bits(64)
            if n < len(names.SPECIAL):
                given, surname, local = names.SPECIAL[n]
            else:
                given, given_ascii = names.GIVEN[chance % len(names.GIVEN)]
                surname, surname_ascii = names.SURNAMES[(chance >> 9) % len(names.SURNAMES)]
                local = f"{given_ascii}.{surname_ascii}"
            taken[local] += 1
            if taken[local] > 1:
                local = f"{local}{taken[local]}"
            people.append(self._user(given, surname, f"{local}@{domain}", bits(64)))
        self._mark(people[len(names.SPECIAL) :])
        return people

    def _mark(self, people: list[Entity]) -> None:
        """Fifteen guests in all (one is an account), twenty disabled (one likewise), ten synced."""
        for user in people[:14]:
            local = user["mailNickname"]
            user |= {
                "userPrincipalName": f"{local}_partner.example#EXT#@{self.domain}",
                "mail": f"{local}@partner.example",
                "otherMails": [f"{local}@partner.example"],
                "userType": "Guest",
                "usageLocation": None,
            }
        for user in people[14:33]:
            user["accountEnabled"] = False
        for user in people[33:43]:
            user["onPremisesSyncEnabled"] = True

    def _device(self, number: int) -> Entity:
        return {"id": guid(self._random), "displayName": f"DESKTOP-{number:05}", "operatingSystem": "Windows"}

    def _make_groups(self, count: int) -> None:
        for n in range(count):
            kind, name = self._group_name(n)
            group = self._group(kind, name, n)
            self.groups.append(group)
            self.members[group["id"]] = Roster(self._pick_members(n))

    @staticmethod
    def _group_name(n: int) -> tuple[str, str]:
        if n < len(names.SPECIAL_GROUPS):
            return names.SPECIAL_GROUPS[n]
        kind = names.GROUP_KINDS[n % len(names.GROUP_KINDS)]
        place = names.PLACES[n % len(names.PLACES)][0]
        department = names.DEPARTMENTS[n // len(names.PLACES) % len(names.DEPARTMENTS)][0]
        return kind, f"{department} {place} {n}"

    def _pick_members(self, n: int) -> list[Entity]:
        if n == names.LARGE_GROUP:
            return [*self.users, *self.devices][: max(_MANY_MEMBERS, 0)]
        return self._random.sample(self.users, min(len(self.users), self._random.randint(3, 60)))

    def _pick_owners(self, random: Random) -> dict[str, Roster]:
        """Microsoft 365 groups have one or two; the ordinary person owns one security group."""
        people = [user for user in self.users[len(self.accounts) :] if user["userType"] == "Member"]
        owners = {group["id"]: Roster() for group in self.groups}
        for group in self.groups:
            if "Unified" in group["groupTypes"] and people:
                owners[group["id"]].update(random.sample(people, min(len(people), random.randint(1, 2))))
        for group in self.groups[names.OWNED_GROUP : names.OWNED_GROUP + 1]:
            owners[group["id"]].update([next(a.user for a in self.accounts if a.kind == "user")])
        return owners

    def _group(self, kind: str, name: str, n: int) -> Entity:
        nickname = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum()) + str(n)
        mailed = kind in ("m365", "mail-security", "distribution")
        mail = f"{nickname}@{self.mail_domain}" if mailed else None
        types = {"m365": ["Unified"], "dynamic": ["DynamicMembership"]}.get(kind, [])
        if kind == "hidden":
            mail, types, mailed = f"{nickname}@{self.mail_domain}", ["Unified"], True
        unified = "Unified" in types
        visibility = (
            "HiddenMembership" if kind == "hidden" else ("Private" if n % 2 else "Public") if unified else None
        )
        rule = '(user.department -eq "Sales")' if kind == "dynamic" else None
        return {
            "id": guid(self._random),
            "deletedDateTime": None,
            "classification": None,
            "createdDateTime": f"2019-{n % 12 + 1:02}-{n % 28 + 1:02}T09:00:00Z",
            "description": None if n % 5 == 0 else f"{name}: made for practice",
            "displayName": name,
            "expirationDateTime": None,
            "groupTypes": types,
            "isAssignableToRole": True if kind == "role" else None,
            "mail": mail,
            "mailEnabled": mailed,
            "mailNickname": nickname,
            "membershipRule": rule,
            "membershipRuleProcessingState": "On" if rule else None,
            "onPremisesSyncEnabled": True if kind == "synced" else None,
            "preferredDataLocation": None,
            "preferredLanguage": None,
            "proxyAddresses": [f"SMTP:{mail}"] if mail else [],
            "renewedDateTime": f"2019-{n % 12 + 1:02}-{n % 28 + 1:02}T09:00:00Z",
            "securityEnabled": kind not in ("distribution",) and not (unified and n % 3 == 0),
            "visibility": visibility,
            "assignedLicenses": [],
        }

    def _license(self) -> list[Entity]:
        """Gives plans to people and counts what was given: the plans' seats are told from the truth."""
        known = {entry["skuPartNumber"]: entry["skuId"] for entry in table("licence-skus.json")["skus"]}
        given: Counter[str] = Counter()
        if len(self.groups) > names.LICENSED_GROUP:
            group = self.groups[names.LICENSED_GROUP]
            group["assignedLicenses"] = [{"disabledPlans": [], "skuId": known["POWER_BI_PRO"]}]
            self.inherited = {member["id"] for member in self.members[group["id"]]}
        shared: dict[tuple[str, ...], list[Entity]] = {}
        for n, user in enumerate(self.users):
            parts = self._plans_of(n, user)
            if parts:
                given.update(parts)
                entry = [{"disabledPlans": [], "skuId": known[part]} for part in parts]
                user["assignedLicenses"] = shared.setdefault(parts, entry)
        return [self._sku(known, given, *plan) for plan in names.PLANS]

    def _plans_of(self, n: int, user: Entity) -> tuple[str, ...]:
        parts: list[str] = []
        if user["usageLocation"] and user["userType"] == "Member" and user["accountEnabled"]:
            parts += names.PLAN_MIXES[n % len(names.PLAN_MIXES)]
            parts += names.RARE_PLANS.get(n, ())
        if user["id"] in self.inherited and "POWER_BI_PRO" not in parts:
            parts.append("POWER_BI_PRO")
        return tuple(parts)

    def _sku(
        self, known: dict[str, str], given: Counter[str], part: str, state: str, spare: int, applies: str = "User"
    ) -> Entity:
        used = given[part]
        units = {"enabled": 0, "suspended": 0, "warning": 0, "lockedOut": 0}
        field_of_state = {"Enabled": "enabled", "Warning": "warning", "Suspended": "suspended"}[state]
        units[field_of_state] = max(0, spare if spare >= 10_000 else used + spare)
        plans = table("licence-skus.json")["servicePlansSample"].get(part, [])
        return {
            "accountName": self.company,
            "accountId": self.tenant_id,
            "appliesTo": applies,
            "capabilityStatus": state,
            "consumedUnits": used,
            "id": f"{self.tenant_id}_{known[part]}",
            "skuId": known[part],
            "skuPartNumber": part,
            "prepaidUnits": units,
            "servicePlans": [{**plan, "provisioningStatus": "Success", "appliesTo": applies} for plan in plans],
            "subscriptionIds": [guid(self._random)],
        }

    def _organization(self) -> Entity:
        return {
            "id": self.tenant_id,
            "deletedDateTime": None,
            "businessPhones": [],
            "city": "Practice Town",
            "country": None,
            "countryLetterCode": "DE",
            "createdDateTime": "2018-01-08T08:00:00Z",
            "displayName": self.company,
            "onPremisesSyncEnabled": True,
            "postalCode": None,
            "preferredLanguage": "en",
            "state": None,
            "street": None,
            "technicalNotificationMails": [f"admin@{self.mail_domain}"],
            "tenantType": "AAD",
            "verifiedDomains": [
                {
                    "capabilities": "Email, OfficeCommunicationsOnline",
                    "isDefault": name == self.mail_domain,
                    "isInitial": name == self.domain,
                    "name": name,
                    "type": "Managed",
                }
                for name in (self.domain, self.mail_domain)
            ],
        }  # fmt: skip
