"""A practice tenant's objects, made from a seed, the same for the same seed, and what is changed in them."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from random import Random
from typing import Any

from o365desk.paths import table
from o365desk.practice.directory import names
from o365desk.practice.directory.change_log import ChangeLog
from o365desk.practice.directory.membership import Entity as Entity
from o365desk.practice.directory.membership import Membership, Pristine
from o365desk.practice.directory.seeding import GUESTS_DOMAIN, KINDS_OF_ACCOUNT, People, organization
from o365desk.practice.directory.seeding import Account as Account
from o365desk.practice.directory.seeding import guid as guid

USER = "#microsoft.graph.user"
DEVICE = "#microsoft.graph.device"
GROUP = "#microsoft.graph.group"
_MANY_MEMBERS = 2500
_IN_THE_BIN = 30 * 86400.0  # seconds


class Directory:
    """One tenant's objects, in Graph's own shapes; lists keep their order. Say `changed` after a change."""

    def __init__(self, seed: int, users: int, groups: int, label: str = "own") -> None:
        random = Random(f"{seed}:{label}")  # noqa: S311 - the same data for the same seed, nothing secret
        self._random = random
        self.tenant_id = guid(random)
        word = random.choice(names.COMPANIES)
        self.company = f"{word} Practice"
        self.domain = f"{word.lower()}practice{random.randint(100, 999)}.onmicrosoft.com"
        self.mail_domain = f"{word.lower()}.example" if label == "own" else GUESTS_DOMAIN
        make = People(random, self.company, self.domain, self.mail_domain)
        self.accounts = [make.account(*kind) for kind in KINDS_OF_ACCOUNT]
        self.users: list[Entity] = [account.user for account in self.accounts]
        self.users.extend(make.people(users - len(self.users)))
        self.devices = [make.device(n) for n in range(max(0, _MANY_MEMBERS - len(self.users)))]
        self.groups: list[Entity] = []
        self.members: dict[str, Membership] = {}
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
        self.organization = organization(self.tenant_id, self.company, self.domain, self.mail_domain)
        self.deleted: dict[str, Entity] = {}  # the recycle bin, by id
        self.pending: dict[str, tuple[float, Entity]] = {}  # new groups, with when they will be seen
        self.unseen: list[float] = []  # when changes of members will be listed
        self.ties: dict[str, list[Membership]] = {}  # where deleted users belonged
        self.holdings: dict[str, list[Any]] = {}  # see licences_held.py
        self.passwords: dict[str, str] = {}  # by id, of users that were made since: what they were made with
        self.managers: dict[str, Entity] = {}  # by the id of whom they manage
        self.leaving: dict[str, float] = {}  # who was disabled because they leave, and when (see days.py)
        self.cleared: dict[str, frozenset[str]] = {}  # properties by id that had a value and were emptied
        self.logs = {"users": ChangeLog(), "groups": ChangeLog()}
        self.restricted: frozenset[str] = frozenset()  # whom only a restricted unit's own administrators manage
        self.pristine = Pristine()
        self._fresh = Random(f"{seed}:{label}:new")  # noqa: S311 - as above
        self.version = 0

    def changed(self) -> None:
        """To be called after each change: what was worked out from the objects before no longer holds."""
        self.version += 1

    def note(self, entity: Entity, names: Iterable[str] = (), whole: bool = False) -> None:
        """Writes down a change of some properties of a user or group; `whole`: it came, went or came back."""
        self.logs["users" if "userPrincipalName" in entity else "groups"].note(entity["id"], names, whole)

    def note_member(self, group: str, entity: Entity) -> None:
        """Writes down that an object came to or went from the group with this id."""
        self.logs["groups"].note(group, ("members",), member=entity["id"], kind=type_of(entity))

    def restrict(self, on: bool) -> None:
        """Puts a group and two people into a restricted management administrative unit, or takes them out."""
        unit = [
            *self.groups[names.RESTRICTED_GROUP :][:1],
            self.accounts[1].user,
            *self.users[len(self.accounts) :][:1],
        ]
        self.restricted = frozenset(entity["id"] for entity in unit) if on else frozenset()
        for entity in unit:
            self.note(entity, ("isManagementRestricted",))
        self.changed()

    def new_id(self) -> str:
        """An id for a new object."""
        return guid(self._fresh)

    def reset(self) -> None:
        """Everything as at the start, in about the time that the changes took. Ids of new objects go on."""
        if self.pristine.restore():
            for log in self.logs.values():
                log.restart()
            self.changed()

    def listed_after(self, delay: float, now: float) -> float:
        """From when on a change of members that is made now is listed, after so many seconds; 0 for at once."""
        if delay:
            self.unseen.append(now + delay)
        return now + delay if delay else 0.0

    def settle(self, now: float) -> None:
        """Lets be seen what is new and whose time has come, and empties the recycle bin of what is too old."""
        for log in self.logs.values():
            log.now = now
        due = [key for key, (when, _) in self.pending.items() if when <= now]
        for key in due:
            group = self.pending[key][1]
            self.pristine.keep(self.pending, self.groups, self.group_by_id)
            del self.pending[key]
            self.groups.append(group)
            self.group_by_id[key] = group
            self.note(group, whole=True)
            for member in self.members[key]:
                self.note_member(key, member)
        later = [when for when in self.unseen if when > now]
        if due or len(later) < len(self.unseen):
            self.unseen = later
            self.changed()
        if self.deleted:
            self._empty_bin(now)

    def _empty_bin(self, now: float) -> None:
        for key, entity in list(self.deleted.items()):  # the oldest come first
            if datetime.fromisoformat(entity["deletedDateTime"]).timestamp() + _IN_THE_BIN >= now:
                break
            self.pristine.keep(self.deleted, self.ties)
            del self.deleted[key]
            self.ties.pop(key, None)
            self.note(entity, whole=True)
            self.changed()

    def _make_groups(self, count: int) -> None:
        for n in range(count):
            kind, name = self._group_name(n)
            day = f"2019-{n % 12 + 1:02}-{n % 28 + 1:02}T09:00:00Z"
            group = self.group(guid(self._random), kind, name, n, day)
            self.groups.append(group)
            self.members[group["id"]] = Membership(self._pick_members(n))

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

    def _pick_owners(self, random: Random) -> dict[str, Membership]:
        """Microsoft 365 groups have one or two; the ordinary person owns one security group."""
        people = [user for user in self.users[len(self.accounts) :] if user["userType"] == "Member"]
        owners = {group["id"]: Membership() for group in self.groups}
        for group in self.groups:
            if "Unified" in group["groupTypes"] and people:
                owners[group["id"]].update(random.sample(people, min(len(people), random.randint(1, 2))))
        for group in self.groups[names.OWNED_GROUP : names.OWNED_GROUP + 1]:
            owners[group["id"]].update([next(a.user for a in self.accounts if a.kind == "user")])
        return owners

    def group(self, key: str, kind: str, name: str, n: int, created: str) -> Entity:
        """A group of one of the kinds in names.py with the id `key`, which is in no list yet."""
        nickname = _nickname(name) + str(n)
        types = {"m365": ["Unified"], "hidden": ["Unified"], "dynamic": ["DynamicMembership"]}.get(kind, [])
        unified = "Unified" in types
        mailed = unified or kind in ("mail-security", "distribution")
        mail = f"{nickname}@{self.mail_domain}" if mailed else None
        visible = "HiddenMembership" if kind == "hidden" else "Private" if n % 2 else "Public"
        rule = '(user.department -eq "Sales")' if kind == "dynamic" else None
        return {
            "id": key,
            "deletedDateTime": None,
            "classification": None,
            "createdDateTime": created,
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
            "renewedDateTime": created,
            "securityEnabled": kind != "distribution" and not (unified and n % 3 == 0),
            "visibility": visible if unified else None,
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


def type_of(entity: Entity) -> str:
    """The OData type of a directory object, told by what only it has."""
    return DEVICE if "operatingSystem" in entity else GROUP if "groupTypes" in entity else USER


def _nickname(name: str) -> str:
    """What of a name may stand in an address."""
    return "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())
