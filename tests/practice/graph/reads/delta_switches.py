"""What the switches of delta queries do, seen on the wire; one function per switch, named like it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.practice.fixtures import Client
from tests.practice.graph.reads.following import Copy, whole_round
from tests.practice.graph.writes.writing import Writer, refused, writer

Put = Callable[..., Any]


def _entries(write: Writer, path: str) -> tuple[list[list[dict[str, Any]]], str]:
    pages, link = whole_round(lambda at: write.send("GET", at.removeprefix(write.root)).json(), path)
    return [page["value"] for page in pages], link


def delta_tokens(client: Client, put: Put) -> None:
    """What was given out before is void; choosing it once more goes for what was given out since."""
    write = writer(client)
    link = _entries(write, "/users/delta?$select=id")[1]
    ask = link.removeprefix(write.root)
    for value, status, code in (
        ("expired", 400, "syncStateNotFound"), ("resync", 400, "resyncRequired"), ("reset", 410, "resyncRequired"),
    ):  # fmt: skip
        put(delta_tokens=value)
        refused(write.send("GET", ask), status, "full synchronization", code=code)
        page = write.send("GET", "/users/delta").json()["@odata.nextLink"].removeprefix(write.root)
        assert write.send("GET", page).status_code == 200
        put(delta_tokens=value)
        refused(write.send("GET", page), status, "full synchronization", code=code)
    put(delta_tokens="valid")
    assert write.send("GET", ask).status_code == 200


def delta_lag(client: Client, put: Put) -> None:
    write = writer(client, "User.ReadWrite.All", "Group.ReadWrite.All")
    user, group = (write.get(f"/{name}?$top=1&$select=id")["value"][0]["id"] for name in ("users", "groups"))
    links = [_entries(write, f"/{name}/delta?$select=id,displayName")[1] for name in ("users", "groups")]
    put(delta_lag=60)
    new = {"displayName": "Late", "mailEnabled": False, "mailNickname": "late", "securityEnabled": True}
    made = write.send("POST", "/groups", new).json()["id"]
    write.send("PATCH", f"/groups/{group}", {"displayName": "Later"})
    write.send("PATCH", f"/users/{user}", {"displayName": "Later"})
    assert [_entries(write, link)[0] for link in links] == [[[]], [[]]], "an empty round is no proof"
    first, later = _entries(write, "/groups/delta?$select=id")
    assert made not in {entry["id"] for page in first for entry in page}
    put(clock_offset=61)
    assert [entry["id"] for entry in _entries(write, links[0])[0][0]] == [user]
    assert {entry["id"] for entry in _entries(write, links[1])[0][0]} == {group, made}
    assert made in {entry["id"] for entry in _entries(write, later)[0][0]}


def delta_repeats(client: Client, put: Put) -> None:
    write = writer(client, "User.ReadWrite.All")
    put(delta_page=100)
    plain, link = _entries(write, "/users/delta?$select=id,displayName")
    put(delta_repeats=True)
    mixed, _ = _entries(write, "/users/delta?$select=id,displayName")
    assert len(mixed) == len(plain)
    for before, after in zip(plain, mixed, strict=True):
        ids = [entry["id"] for entry in before]
        times = Counter(entry["id"] for entry in after)
        assert set(ids) <= set(times)
        assert max(times.values()) > 1, "the same one several times"
        assert [entry["id"] for entry in after][: len(ids)] != ids, "in no order"
    copy = Copy("manager")
    for page in mixed:
        copy.apply({"value": page})
    assert set(copy.objects) == {entry["id"] for page in plain for entry in page}
    user = plain[0][0]["id"]
    write.send("PATCH", f"/users/{user}", {"displayName": "Once"})
    [[*told]], after_it = _entries(write, link)
    assert {entry["id"] for entry in told} == {user}
    assert {entry["id"] for entry in _entries(write, after_it)[0][0]} == {user}, "a replay"


def delta_page(client: Client, put: Put) -> None:
    write = writer(client)
    put(delta_page=37)
    pages, _ = _entries(write, "/users/delta?$select=id")
    assert {len(page) for page in pages[:-1]} == {37}
    put(delta_page=999)
    assert len(_entries(write, "/users/delta?$select=id")[0][0]) == 999


EFFECTS: dict[str, Callable[[Client, Put], None]] = {
    effect.__name__: effect for effect in (delta_tokens, delta_lag, delta_repeats, delta_page)
}
