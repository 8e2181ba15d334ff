"""Whatever changes and however often a client is cut off: who follows the links has what a full read shows."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from o365desk.practice.directory import changes, licences_held
from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph.routes import Graph
from o365desk.practice.tenant import Addresses, Tenant
from o365desk.practice.wire import Request
from tests.practice.graph.reads.following import Copy, having
from tests.torture import examples

NUMBERS = st.integers(0, 10_000)
ROOT = "https://graph.practice.example"
USERS = "id,displayName,surname,department,accountEnabled,userPrincipalName,mail,proxyAddresses,assignedLicenses"
GROUPS = "id,displayName,description,mailNickname"
FIRST = {"users": f"/users/delta?$select={USERS},manager", "groups": f"/groups/delta?$select={GROUPS},members"}


class Service:
    """Graph's side of a practice tenant, asked without sockets."""

    def __init__(self, folder: Path) -> None:
        self.tenant = Tenant(
            Addresses("https://login.example", ROOT, "https://control.example"), folder, 60, 14, 1, 0
        )
        self._graph = Graph(self.tenant)
        app = self.tenant.apps["read-write"]
        claims = {"aud": ROOT, "tid": self.tenant.home.tenant_id, "appid": app.client_id, "oid": app.object_id,
                  "roles": ["Directory.Read.All", "Member.Read.Hidden"], "nbf": 0, "exp": 10**10}  # fmt: skip
        self._token = self.tenant.signer.sign(claims)

    def ask(self, url: str, minimal: bool = False) -> tuple[int, Any]:
        """Status and JSON of a GET."""
        path, _, query = url.removeprefix(ROOT).removeprefix("/v1.0").partition("?")
        headers = {"authorization": f"Bearer {self._token}"} | ({"prefer": "return=minimal"} if minimal else {})
        answer = self._graph.answer(Request("GET", f"/v1.0{path}", query, headers))
        return answer.status, msgspec.json.decode(answer.body or b"null")

    def rows(self, path: str) -> list[Entity]:
        """All of a list."""
        rows: list[Entity] = []
        while path:
            status, page = self.ask(path)
            assert status == 200, page
            rows += page["value"]
            path = page.get("@odata.nextLink", "")
        return rows


SERVICE: list[Service] = []


@pytest.fixture(autouse=True, scope="module")
def service() -> Any:
    """One for all of them: making its keys takes longer than what is tried."""
    with tempfile.TemporaryDirectory() as folder:
        SERVICE.append(Service(Path(folder)))
        yield
        SERVICE.clear()


class Follower:
    """Keeps a copy. What it knows survives being killed: copy and link are kept together after each page."""

    def __init__(self, collection: str) -> None:
        self._collection = collection
        self._relation = "manager" if collection == "users" else "members"
        self.copy = Copy(self._relation)
        self._fresh: Copy | None = self.copy  # what a full round has seen so far
        self.link = FIRST[collection]
        self.rounds = 0

    def step(self, killed: bool = False, twice: bool = False, minimal: bool = False) -> None:
        """One page, which is lost before it was applied, or applied, or applied twice."""
        status, page = SERVICE[0].ask(self.link, minimal)
        if status in (400, 410):
            assert page["error"]["code"] in ("syncStateNotFound", "resyncRequired"), page
            self._fresh, self.link = Copy(self._relation), FIRST[self._collection]
            return
        assert status == 200, page
        if killed:
            return
        for _ in range(1 + twice):
            (self._fresh or self.copy).apply(page)
        if "@odata.deltaLink" in page:
            self.copy, self._fresh = self._fresh or self.copy, None
            self.rounds += 1
        self.link = page.get("@odata.nextLink") or page["@odata.deltaLink"]

    def finish(self, rounds: int = 1, minimal: bool = False) -> None:
        """Goes on until so many more rounds are over."""
        wanted = self.rounds + rounds
        for _ in range(5_000):
            if self.rounds >= wanted:
                return
            self.step(minimal=minimal)
        raise AssertionError("the round does not end")


class Following(RuleBasedStateMachine):
    """Changes, passing days, switches and pages in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.tenant = SERVICE[0].tenant
        self.directory = self.tenant.home
        self.followers = [Follower("users"), Follower("groups")]

    def _user(self, n: int) -> Entity:
        return self.directory.users[n % len(self.directory.users)]

    def _group(self, n: int) -> Entity:
        return self.directory.groups[n % len(self.directory.groups)]

    @rule(user=NUMBERS, group=NUMBERS)
    def a_member_comes_or_goes(self, user: int, group: int) -> None:
        entity, whole = self._user(user), self._group(group)
        if self.directory.members[whole["id"]].has(entity["id"]):
            changes.remove_member(self.directory, whole, entity["id"], self.tenant.now())
        else:
            changes.add_members(self.directory, whole, [entity], self.tenant.now())

    @rule(
        user=NUMBERS, name=st.sampled_from(["department", "surname", "mail"]), value=st.none() | st.text(max_size=3)
    )
    def a_person_changes(self, user: int, name: str, value: str | None) -> None:
        changes.set_user_values(self.directory, self._user(user), {name: value})

    @rule(user=NUMBERS, manager=st.none() | NUMBERS)
    def a_manager_changes(self, user: int, manager: int | None) -> None:
        changes.set_manager(self.directory, self._user(user), None if manager is None else self._user(manager))

    @rule(user=NUMBERS, sku=NUMBERS)
    def a_licence_comes_or_goes(self, user: int, sku: int) -> None:
        key = self.directory.skus[sku % len(self.directory.skus)]["skuId"]
        held = licences_held.of(self.directory, self._user(user))
        rest = [one for one in held if one.sku != key or one.group]
        new = rest if len(rest) < len(held) else [*held, licences_held.Holding(key)]
        licences_held.put(self.directory, self._user(user), new)

    @precondition(lambda self: len(self.directory.users) > 30)
    @rule(first=NUMBERS, count=st.integers(1, 5))
    def some_are_deleted(self, first: int, count: int) -> None:
        people = {id(user): user for user in (self._user(first + n * 7) for n in range(count))}
        changes.delete_users(self.directory, people.values(), self.tenant.now())

    @precondition(lambda self: len(self.directory.groups) > 5)
    @rule(group=NUMBERS)
    def a_group_is_deleted(self, group: int) -> None:
        changes.delete_group(self.directory, self._group(group), self.tenant.now())

    @precondition(lambda self: self.directory.deleted)
    @rule(n=NUMBERS, purged=st.booleans())
    def something_is_restored_or_purged(self, n: int, purged: bool) -> None:
        entity = list(self.directory.deleted.values())[n % len(self.directory.deleted)]
        if purged:
            changes.purge(self.directory, entity)
        elif "userPrincipalName" in entity:
            changes.restore_user(self.directory, entity)
        else:
            changes.restore_group(self.directory, entity, changes.instant(self.tenant.now()))

    @rule(n=NUMBERS, delay=st.sampled_from([0, 20]))
    def a_group_is_made(self, n: int, delay: int) -> None:
        new = self._group(n) | {"id": self.directory.new_id(), "assignedLicenses": []}
        people = {self._user(n + i)["id"]: self._user(n + i) for i in range(5)}
        changes.add_group(self.directory, new, [], people.values(), self.tenant.now() + delay)

    @rule(days=st.sampled_from([1, 1, 2, 8, 31]), seed=st.integers(0, 3))
    def days_pass(self, days: int, seed: int) -> None:
        self.tenant.pass_days(days, seed)

    @rule(
        size=st.sampled_from([1, 3, 10, 200]),
        lag=st.sampled_from([0, 0, 30, 86_400]),
        repeats=st.booleans(),
        empty=st.booleans(),
        tokens=st.sampled_from(["valid"] * 6 + ["expired", "resync", "reset"]),
        offset=st.sampled_from([0, 60, 3600]),
    )
    def switches_are_moved(self, size: int, lag: int, repeats: bool, empty: bool, tokens: str, offset: int) -> None:
        values: dict[str, Any] = {"delta_page": size, "delta_lag": lag, "delta_repeats": repeats}
        values |= {"empty_page": empty, "clock_offset": offset}
        self.tenant.switches.set(values | ({"delta_tokens": tokens} if tokens != "valid" else {}))

    @rule(pages=st.integers(1, 6), killed=st.booleans(), twice=st.booleans(), minimal=st.booleans())
    def pages_are_read(self, pages: int, killed: bool, twice: bool, minimal: bool) -> None:
        for follower in self.followers:
            for n in range(pages):
                follower.step(killed and n == pages - 1, twice, minimal)

    @rule(rounds=st.integers(1, 2), minimal=st.booleans())
    def rounds_are_finished(self, rounds: int, minimal: bool) -> None:
        for follower in self.followers:
            follower.finish(rounds, minimal)

    @rule(minimal=st.booleans())
    def the_copies_are_right(self, minimal: bool) -> None:
        """With what lags told, and the round that may have begun before it ended, the next one brings the rest."""
        self.tenant.switches.set({"delta_lag": 0})
        for follower in self.followers:
            follower.finish(2, minimal)
        service = SERVICE[0]
        users, groups = (follower.copy for follower in self.followers)
        assert users.told() == {row["id"]: having(row) for row in service.rows(f"/users?$select={USERS}&$top=999")}
        assert groups.told() == {
            row["id"]: having(row) for row in service.rows(f"/groups?$select={GROUPS}&$top=999")
        }
        assert {key: found for key, found in users.related.items() if found} == {
            key: {manager["id"]} for key, manager in self.directory.managers.items()
        }
        for key, members in groups.related.items():
            assert members == {row["id"] for row in service.rows(f"/groups/{key}/members?$select=id&$top=999")}

    def teardown(self) -> None:
        if SERVICE:
            self.the_copies_are_right(False)
            self.tenant.reset()


TestFollowing = Following.TestCase
TestFollowing.settings = settings(max_examples=examples(60), stateful_step_count=30, deadline=None)


def test_a_page_that_is_asked_for_again_is_the_same() -> None:
    """A token is the whole state: nothing is used up by asking, and clients do not disturb each other."""
    service = SERVICE[0]
    service.tenant.switches.set({"delta_page": 7})
    try:
        status, page = service.ask(FIRST["groups"])
        assert status == 200
        link = page["@odata.nextLink"]
        first = service.ask(link)[1]["value"]
        service.ask(FIRST["groups"])
        assert service.ask(link)[1]["value"] == first
    finally:
        service.tenant.reset()


def test_an_empty_page_forgets_nothing_of_what_went_before_it() -> None:
    service = SERVICE[0]
    tenant = service.tenant
    tenant.switches.set({"delta_page": 3})
    try:
        follower = Follower("groups")
        for _ in range(3):
            follower.step()
        tenant.switches.set({"empty_page": True})
        for group in tenant.home.groups[:3]:
            changes.delete_group(tenant.home, group, tenant.now())
        follower.finish()
        told = follower.copy.told()
        assert {row["id"] for row in service.rows(f"/groups?$select={GROUPS}&$top=999")} <= told.keys()
    finally:
        tenant.reset()
