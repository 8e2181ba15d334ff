"""Days that are let pass: people join, move, marry, leave and come back, groups come and go, licences change hands.

How many is a share of how many there are, so that a year turns over about a third of a company. Whoever can sign in
here, and what of the groups is there for a purpose, stays as it is; so do what is synced and dynamic groups.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from o365desk.practice.directory import changes, licences_held, names
from o365desk.practice.directory.change_log import LIFE
from o365desk.practice.directory.directory import Directory, Entity
from o365desk.practice.directory.licences_held import Holding
from o365desk.practice.directory.seeding import People, free_name, guid

DAY = 86400.0
_DISABLED_FOR = 7 * DAY  # before somebody who left is deleted
# How many a day, of a thousand users, groups, or users and groups in the recycle bin.
_JOIN, _MOVE, _MARRY, _LEAVE, _LICENCES = 1.2, 2.0, 0.4, 1.0, 2.0
_NEW_GROUPS, _RENAMED_GROUPS, _DELETED_GROUPS, _MEMBERS = 6.0, 4.0, 5.5, 60.0
_RETURN = 10.0
_LEAST = 0.25  # a day, where a tenant is so small that hardly anything would ever happen
_TRIES = 60
_FEW = 20  # people or groups of which none leaves
_KEPT = LIFE + DAY  # how long the change log is kept: a token's life, and the longest lag
_PLANS = ("SPB", "EMS", "FLOW_FREE", "POWER_BI_PRO")  # that anybody can have beside any other


_OF_USERS = ("joined", "moved", "renamed", "disabled", "deleted", "purged", "restored", "licences")
_OF_GROUPS = ("created", "renamed", "deleted", "purged", "restored", "members_added", "members_removed")


class Told:
    """What happened, as ids in the order in which it did; of memberships pairs of group and user."""

    def __init__(self) -> None:
        self.users: dict[str, list[str]] = {name: [] for name in _OF_USERS}
        self.groups: dict[str, list[Any]] = {name: [] for name in _OF_GROUPS}

    def listed(self) -> dict[str, Any]:
        """As it is answered."""
        return {"users": self.users, "groups": self.groups}


class _Day:
    """One day in one directory. `now` is its end, Unix seconds."""

    def __init__(self, directory: Directory, random: Random, now: float, told: Told) -> None:
        self._directory, self._random, self._now = directory, random, now
        self._users, self._groups = told.users, told.groups
        self._people = People(random, directory.company, directory.domain, directory.mail_domain)
        self._stay = {account.oid for account in directory.accounts} | directory.restricted
        self._special = {name for _, name in names.SPECIAL_GROUPS}

    def times(self, per_thousand: float, of: int) -> range:
        """How often something happens."""
        expected = max(of * per_thousand / 1000, _LEAST if of else 0)
        return range(int(expected) + (self._random.random() < expected % 1))

    # Whom and what

    def somebody(self) -> Entity | None:
        """A person of whom anything can change; None where none is found."""
        return self._one(self._directory.users, self._free)

    def _free(self, user: Entity) -> bool:
        ordinary = user["accountEnabled"] and not user["onPremisesSyncEnabled"] and user["userType"] == "Member"
        return bool(ordinary and user["id"] not in self._stay)

    def group(self, ordinary: bool = False) -> Entity | None:
        """A group whose members can change; `ordinary`: that can be renamed and deleted too."""

        def fits(group: Entity) -> bool:
            fixed = group["onPremisesSyncEnabled"] or group["isAssignableToRole"] or group["membershipRule"]
            kept = ordinary and (group["assignedLicenses"] or group["displayName"] in self._special)
            return not fixed and not kept and group["id"] not in self._stay

        return self._one(self._directory.groups, fits)

    def _one(self, among: Sequence[Entity], fits: Callable[[Entity], bool]) -> Entity | None:
        for _ in range(_TRIES if among else 0):
            found = among[self._random.randrange(len(among))]
            if fits(found):
                return found
        return None

    def _taken(self) -> set[str]:
        """The principal names of who is in the recycle bin and may come back."""
        binned = (one for one in self._directory.deleted.values() if "userPrincipalName" in one)
        return {one["userPrincipalName"][32:].lower() for one in binned}

    # People

    def leave(self) -> None:
        """Who left a week ago is deleted, others are disabled."""
        directory = self._directory
        due = [key for key, since in directory.leaving.items() if since + _DISABLED_FOR <= self._now]
        directory.pristine.keep(directory.leaving)
        for key in due:
            del directory.leaving[key]
        gone = [directory.user_by_key[key] for key in due if key in directory.user_by_key]
        gone = [user for user in gone if not user["accountEnabled"]]
        if gone:
            changes.delete_users(directory, gone, self._now)
            self._users["deleted"] += [user["id"] for user in gone]
        for _ in self.times(_LEAVE, len(directory.users)):
            user = self.somebody() if len(directory.users) > _FEW else None
            if user is not None:
                changes.set_user_values(directory, user, {"accountEnabled": False})
                directory.leaving[user["id"]] = self._now
                self._users["disabled"].append(user["id"])

    def come_back(self) -> None:
        """Some of who was deleted is restored, if nobody has the name now."""
        directory = self._directory
        binned = [one for one in directory.deleted.values() if "userPrincipalName" in one]
        for _ in self.times(_RETURN, len(binned)):
            user = self._one(binned, lambda one: one["id"] in directory.deleted)
            if user is not None and user["userPrincipalName"][32:].lower() not in directory.user_by_key:
                changes.restore_user(directory, user)
                changes.set_user_values(directory, user, {"accountEnabled": True})
                self._users["restored"].append(user["id"])

    def join(self) -> None:
        """New people, with a manager, a licence and groups."""
        directory, taken = self._directory, self._taken()
        for _ in self.times(_JOIN, len(directory.users)):
            held = _Either(directory.user_by_key, taken)
            user = self._people.newcomer(held, changes.instant(self._now))
            manager = self.somebody()
            changes.add_user(directory, user)
            changes.set_manager(directory, user, manager)
            self._users["joined"].append(user["id"])
            self._license(user)
            for _ in range(self._random.randint(1, 3)):
                self._take_in(self.group(), user)

    def move(self) -> None:
        """Another department, job and office, and another manager."""
        for _ in self.times(_MOVE, len(self._directory.users)):
            user = self.somebody()
            if user is None:
                continue
            department, titles = self._random.choice(
                [one for one in names.DEPARTMENTS if one[0] != user["department"]]
            )
            city = self._random.choice(names.PLACES)[0]
            values = {
                "department": department,
                "jobTitle": self._random.choice(titles),
                "officeLocation": f"{city} {self._random.randint(1, 9)}",
            }
            changes.set_user_values(self._directory, user, values)
            manager = self.somebody()
            if manager is not None and manager is not user:
                changes.set_manager(self._directory, user, manager)
            self._users["moved"].append(user["id"])

    def marry(self) -> None:
        """Another surname, and with it another principal name and mail; the mail before stays as a further one."""
        directory, taken = self._directory, self._taken()
        for _ in self.times(_MARRY, len(directory.users)):
            user = self.somebody()
            if user is None:
                continue
            surname, ascii_name = self._random.choice([one for one in names.SURNAMES if one[0] != user["surname"]])
            local = user["userPrincipalName"].partition("@")[0].partition(".")[0]
            upn = free_name(f"{local}.{ascii_name}", directory.domain, _Either(directory.user_by_key, taken))
            local = upn.partition("@")[0]
            values: dict[str, Any] = {
                "surname": surname,
                "displayName": f"{user['givenName']} {surname}",
                "userPrincipalName": upn,
                "mailNickname": local.replace("'", ""),
            }
            if user["mail"]:
                values["mail"] = f"{local}@{directory.mail_domain}"
            changes.set_user_values(directory, user, changes.with_mail(user, values))
            self._users["renamed"].append(user["id"])

    def licences(self) -> None:
        """Licences are given, as far as there are seats, and taken."""
        for _ in self.times(_LICENCES, len(self._directory.users)):
            user = self.somebody()
            if user is not None:
                self._license(user)

    def _license(self, user: Entity) -> None:
        directory = self._directory
        part = self._random.choice(_PLANS)
        sku = next(sku for sku in directory.skus if sku["skuPartNumber"] == part)
        held = licences_held.of(directory, user)
        direct = [one for one in held if one.sku == sku["skuId"] and not one.group]
        if direct:
            licences_held.put(directory, user, [one for one in held if one not in direct])
        elif user["usageLocation"] and licences_held.free(sku) > 0:
            new = Holding(sku["skuId"], since=changes.instant(self._now))
            licences_held.put(directory, user, [*held, new])
        else:
            return
        self._users["licences"].append(user["id"])

    # Groups

    def groups(self) -> None:
        """Groups are made, renamed, deleted and restored."""
        directory = self._directory
        count = len(directory.groups)
        for _ in self.times(_NEW_GROUPS, count):
            self._make_group()
        directory.settle(self._now)
        for _ in self.times(_RENAMED_GROUPS, count):
            group = self.group(ordinary=True)
            if group is not None:
                name = f"{self._random.choice(names.DEPARTMENTS)[0]} {self._random.choice(names.PLACES)[0]}"
                name = f"{name} {self._random.randint(2, 99)}"
                changes.set_values(directory, group, {"displayName": name})
                self._groups["renamed"].append(group["id"])
        for _ in self.times(_DELETED_GROUPS, count):
            group = self.group(ordinary=True) if len(directory.groups) > _FEW else None
            if group is not None:
                changes.delete_group(directory, group, self._now)
                self._groups["deleted"].append(group["id"])
        self._restore_groups()

    def _make_group(self) -> None:
        directory, number = self._directory, len(self._directory.members)
        department, city = self._random.choice(names.DEPARTMENTS)[0], self._random.choice(names.PLACES)[0]
        kind = self._random.choice(("security", "m365"))
        name, key = f"{department} {city} {number}", guid(self._random)
        group = directory.group(key, kind, name, number, changes.instant(self._now))
        found = [self.somebody() for _ in range(self._random.randint(2, 12))]
        people = [one for one in found if one is not None]
        changes.add_group(directory, group, people[:1], people, self._now)
        self._groups["created"].append(key)

    def _restore_groups(self) -> None:
        directory = self._directory
        binned = [one for one in directory.deleted.values() if "userPrincipalName" not in one]
        for _ in self.times(_RETURN, len(binned)):
            group = self._one(binned, lambda one: one["id"] in directory.deleted)
            names_now = {str(one["mailNickname"]).lower() for one in directory.groups}
            if group is not None and str(group["mailNickname"]).lower() not in names_now:
                changes.restore_group(directory, group, changes.instant(self._now))
                self._groups["restored"].append(group["id"])

    def members(self) -> None:
        """People come to groups and go from them."""
        directory = self._directory
        for _ in self.times(_MEMBERS, len(directory.groups)):
            group = self.group()
            if group is None:
                continue
            roster = directory.members[group["id"]]
            if self._random.random() < 0.5 and len(roster) > 1:
                key = roster[self._random.randrange(len(roster))]["id"]
                changes.remove_member(directory, group, key, self._now)
                self._groups["members_removed"].append([group["id"], key])
            else:
                self._take_in(group, self.somebody())

    def _take_in(self, group: Entity | None, user: Entity | None) -> None:
        if group is None or user is None or self._directory.members[group["id"]].has(user["id"]):
            return
        changes.add_members(self._directory, group, [user], self._now)
        self._groups["members_added"].append([group["id"], user["id"]])

    def empty_bin(self) -> None:
        """What was deleted thirty days ago is gone for good."""
        directory = self._directory
        before = dict(directory.deleted)
        directory.settle(self._now)
        for key in [key for key in before if key not in directory.deleted]:
            told = self._users if "userPrincipalName" in before[key] else self._groups
            told["purged"].append(key)


class _Either:
    """What is in one or the other."""

    def __init__(self, one: dict[str, Any], other: set[str]) -> None:
        self._one, self._other = one, other

    def __contains__(self, key: object) -> bool:
        return key in self._one or key in self._other


def pass_day(directory: Directory, random: Random, now: float, told: Told) -> None:
    """Lets one day pass that ends at `now`, and adds what happened to `told`."""
    day = _Day(directory, random, now, told)
    day.empty_bin()
    day.leave()
    day.come_back()
    day.join()
    day.move()
    day.marry()
    day.licences()
    day.groups()
    day.members()
    for log in directory.logs.values():
        log.drop(now - _KEPT)
