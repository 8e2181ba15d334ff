"""Storage under real violence: processes killed, raced against each other, and files damaged at random.

O365DESK_TORTURE=1 runs the full numbers; without it the same tests run on fewer, so that `make test` stays short.
"""

import hashlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from o365desk.app import App, build
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.problems import NOT_APPROVED
from o365desk.model.secret import Secret
from o365desk.services.signin.credentials import Credential
from o365desk.services.state.state import State
from o365desk.services.vault.vault import CLIENT_SECRET, ENVIRONMENT, Vault
from o365desk.services.workspace import data_source_file
from o365desk.services.workspace.workspace import Workspace
from tests.services.state import storage_child
from tests.torture import FULL

KILLS = 200 if FULL else 25
MUTATIONS = 10_000 if FULL else 2_000
RACES = 100 if FULL else 20
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and fork")

pytestmark = [pytest.mark.timeout(600), *([pytest.mark.torture] if FULL else [])]


def now() -> datetime:
    return datetime.now(UTC)


class Child:
    """A process of `storage_child`, talked to by lines."""

    def __init__(self, *args: object, **env: str) -> None:
        root = Path(__file__).resolve().parents[3]
        self.process = subprocess.Popen(
            [sys.executable, storage_child.__file__, *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(root), **env},
        )

    def read(self) -> list[str]:
        assert self.process.stdout
        return self.process.stdout.readline().decode().split()

    def tell(self, *words: object) -> None:
        assert self.process.stdin
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()

    def kill(self) -> list[list[str]]:
        """Kills it, really, and returns what it had said that nobody had read yet."""
        assert self.process.stdout
        self.process.send_signal(signal.SIGKILL)
        rest = [line.decode().split() for line in self.process.stdout]
        assert self.process.wait() == -signal.SIGKILL
        return rest


@contextmanager
def child(*args: object, **env: str) -> Iterator[Child]:
    started = Child(*args, **env)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()
        for pipe in (started.process.stdin, started.process.stdout):
            if pipe:
                pipe.close()


# --- kill -9 ------------------------------------------------------------------------------------------------------


@POSIX
def test_a_killed_save_leaves_the_old_or_the_new_file_whole(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, now, os_user("parent"))
    source_id = workspace.save(new("Contoso", tenant="0"), None).source.id
    outcomes: Counter[str] = Counter()
    spread = random.Random(7)
    durations = [0.01]
    for _ in range(KILLS):
        with child("saver", tmp_path, source_id, "slow") as saver:
            last = _let_it_save(saver, spread.randint(1, 4), durations)
            # Aim into the save that has begun: at any moment of what one takes.
            time.sleep(spread.uniform(0, 1.5 * statistics.median(durations[-50:])))
            said = [last, *saver.kill()]
        outcomes[_look(workspace, said)] += 1
    print(f"{KILLS} kills, one save takes {statistics.median(durations) * 1000:.1f} ms: {dict(outcomes)}")
    # Most must have hit inside a save, or this proved nothing; and both outcomes must have been seen.
    assert outcomes["inside a save, old"] + outcomes["inside a save, new"] >= KILLS / 2
    assert outcomes["inside a save, old"]
    assert outcomes["inside a save, new"] or not FULL


def _let_it_save(saver: Child, saves: int, durations: list[float]) -> list[str]:
    """Lets some saves pass, measures them, and returns as the next begins."""
    for _ in range(saves):
        about = saver.read()
        assert about[0] == "about"
        began = time.perf_counter()
        assert saver.read() == ["saved", about[1]]
        durations.append(time.perf_counter() - began)
    return saver.read()


def _look(workspace: Workspace, said: list[list[str]]) -> str:
    """Checks the workspace after a kill, and says where it hit."""
    word, number = said[-1][0], int(said[-1][1])
    listing = workspace.list()
    assert listing.unreadable == listing.clashes == ()
    (entry,) = listing.entries
    found = int(entry.source.tenant)
    assert found in ((number - 1, number) if word == "about" else (number,))
    assert entry.source.name == storage_child.NAMES[found % 3]
    history = [int(old.source.tenant) for old in workspace.history(entry.source.id)]
    assert history == list(range(found - 1, max(-1, found - 1 - 20), -1))
    if word == "saved":
        return "between saves"
    return f"inside a save, {'new' if found == number else 'old'}"


@pytest.fixture
def start(tmp_path: Path) -> Path:
    workspace = Workspace(tmp_path / "start", now, os_user("parent"))
    entry = workspace.save(new("Contoso", tenant="older.example.com"), None)
    workspace.save(entry.source.replace(tenant="old.example.com"), entry.version)
    deleted = workspace.save(new("Deleted", tenant="old.example.com"), None)
    workspace.save(deleted.source.replace(sso=True), deleted.version)
    workspace.delete("Deleted")
    workspace.save(new("deleted"), None)  # so that a restore needs another name
    return tmp_path


@POSIX
@pytest.mark.parametrize("what", list(storage_child.OPERATIONS))
def test_dying_at_every_call_to_the_system_loses_nothing(start: Path, what: str) -> None:
    with child("mortal", start, what) as mortal:
        assert mortal.process.stdout
        said = [line.decode().split() for line in mortal.process.stdout]
    points = [Path(words[1]) for words in said if words[0] == "killed"]
    print(f"{what}: killed at {len(points)} points")
    assert said[-1][:2] == ["finished", "0"]
    assert len(points) >= 10
    before = _everything(Workspace(start / "start", now, os_user("parent")))
    after = _everything(Workspace(Path(said[-1][2]), now, os_user("parent")))
    assert before != after
    seen = []
    for point in points:
        workspace = Workspace(point, now, os_user("parent"))
        found = _everything(workspace)
        assert found in (before, after) or found == _half_way(what, before, after), point.name
        seen.append(found == before)
        _goes_on(workspace, what)
    # Everything before some point left the old state, everything after it the new one.
    assert seen == sorted(seen, reverse=True)
    assert seen[0]


Everything = dict[str, list[tuple[str, ...]]]


def _everything(workspace: Workspace) -> Everything:
    """What a person would see of a workspace; ids and file names left out, as a new source has new ones."""
    listing = workspace.list()
    assert listing.unreadable == listing.clashes == ()
    return {
        "live": [(entry.source.name, entry.source.tenant) for entry in listing.entries],
        # Two that were deleted in the same second come in any order.
        "bin": sorted((item.source.name, item.source.tenant) for item in workspace.recycled()),
        "history": [
            (entry.source.name, *(old.source.tenant for old in workspace.history(entry.source.id)))
            for entry in listing.entries
        ],
    }


def _half_way(what: str, before: Everything, after: Everything) -> Everything | None:
    """The one state between that may be seen: a deleted source has got its new name and is in the bin still."""
    return {**before, "bin": [("Deleted 2", "old.example.com")]} if what == "restore" else None


def _goes_on(workspace: Workspace, what: str) -> None:
    """After the crash the same can be done again, and no trace of the crash can be seen."""
    if what in ("save", "rename"):
        entry = next(entry for entry in workspace.list().entries if entry.source.name != "deleted")
        workspace.save(entry.source.replace(name="Fabrikam", tenant="last.example.com"), entry.version)
        assert [entry.source.name for entry in workspace.list().entries] == ["deleted", "Fabrikam"]
        assert workspace.get("Fabrikam").path.name == "fabrikam.json"
        assert [old.source.tenant for old in workspace.history("Fabrikam")][-1] == "older.example.com"
    if what == "delete" and not any(entry.source.name == "Contoso" for entry in workspace.list().entries):
        assert workspace.restore("Contoso").source.tenant == "old.example.com"
    if what == "restore" and workspace.recycled():
        assert workspace.restore(workspace.recycled()[0].source.id).source.name == "Deleted 2"
    assert workspace.list().unreadable == ()


# --- dying while it is decided where secrets go -------------------------------------------------------------------

PASSPHRASE = "correct horse"
OLD_SECRET = Secret("the old client secret's value")


@pytest.fixture
def approved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data source whose secret was given for its connection."""
    monkeypatch.setenv(ENVIRONMENT, PASSPHRASE)
    app = _app(tmp_path / "start")
    where = {"cloud": "custom", "login": "https://old.example.com", "graph": "https://graph.example.com"}
    source = new("Contoso", tenant="contoso.com", client_id=str(uuid.uuid4()), sign_in=SignIn.SECRET, **where)
    app.connections.save(source, None, Credential(secret=OLD_SECRET))
    app.close()
    return tmp_path


def _app(folder: Path) -> App:
    return build(folder / "workspace", state_folder=folder / "state", clock=now, operator=os_user("parent"))


@POSIX
@pytest.mark.parametrize("what", list(storage_child.APPROVALS))
def test_dying_at_any_call_leaves_no_secret_for_what_it_was_not_given_for(approved: Path, what: str) -> None:
    if what in ("approve", "go-back"):
        (file,) = (approved / "start" / "workspace" / "data-sources").glob("*.json")
        file.write_bytes(file.read_bytes().replace(b"https://old.example.com", storage_child.ELSEWHERE.encode()))
    with child("mortal", approved, what, 1 if FULL else 5) as mortal:
        assert mortal.process.stdout
        said = [line.decode().split() for line in mortal.process.stdout]
    points = [Path(words[1]) for words in said if words[0] == "killed"]
    assert said[-1][:2] == ["finished", "0"]
    assert len(points) >= (50 if FULL else 10)
    seen: Counter[str] = Counter()
    for point in (*points, Path(said[-1][2])):
        app = _app(point)
        seen[_explainable(app, what)] += 1
        app.close()
    print(f"{what}: killed at {len(points)} points: {dict(seen)}")
    assert seen["lost"] == 0


def _explainable(app: App, what: str) -> str:
    """What a person finds after the crash: it works, or one look and one click is the way out."""
    source = app.workspace.get("Contoso").source
    secret = app.vault.get(source.id, CLIENT_SECRET)
    if secret not in (OLD_SECRET, storage_child.SECRET):
        return "lost"
    old, new_ = source.replace(login="https://old.example.com"), source.replace(login=storage_child.ELSEWHERE)
    given_for = _given_for(what, secret)
    usable = [item.login for item in (old, new_) if not app.approvals.review(item).needed]
    assert len(usable) <= 1
    assert set(usable) <= given_for, (secret == OLD_SECRET, usable)
    problems = [item for item in app.connections.problems(source) if item.code == NOT_APPROVED]
    if source.login in usable:
        assert not problems
        return f"works, leads to {source.login}"
    assert problems
    app.approvals.approve(source, app.approvals.review(source).mark)
    assert not app.approvals.review(source).needed
    assert not [item for item in app.connections.problems(source) if item.code == NOT_APPROVED]
    return f"asks, leads to {source.login}"


def _given_for(what: str, secret: Secret) -> set[str]:
    """Which addresses a person has given this secret for, by what was being done or before it."""
    if secret == storage_child.SECRET:
        return {"https://old.example.com" if what == "keep-secret" else storage_child.ELSEWHERE}
    both = {"https://old.example.com", storage_child.ELSEWHERE}
    return both if what in ("approve", "save-connection") else {"https://old.example.com"}


# --- two at once --------------------------------------------------------------------------------------------------


def test_of_two_processes_that_save_one_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, now, os_user("parent"))
    entry = workspace.save(new("Contoso"), None)
    wins: Counter[int] = Counter()
    with child("racer", tmp_path, entry.source.id) as one, child("racer", tmp_path, entry.source.id) as two:
        racers = (one, two)
        assert [racer.read() for racer in racers] == [["ready"], ["ready"]]
        for number in range(RACES):
            tenants = [f"{side}{number}.example.com" for side in ("one", "two")]
            for racer, tenant in zip(racers, tenants, strict=True):
                racer.tell(entry.version, tenant)
            answers = [racer.read() for racer in racers]
            assert sorted(answer[0] for answer in answers) == ["conflict", "saved"]
            winner = [answer[0] for answer in answers].index("saved")
            loser = 1 - winner
            wins[winner] += 1
            version = answers[winner][1]
            assert answers[loser] == ["conflict", tenants[loser], tenants[winner], version]
            # The loser decides to save over it, knowingly: both versions are there.
            racers[loser].tell(version, tenants[loser])
            assert racers[loser].read()[0] == "saved"
            entry = workspace.get(entry.source.id)
            assert entry.source.tenant == tenants[loser]
            assert workspace.history(entry.source.id)[0].source.tenant == tenants[winner]
    print(f"{RACES} races, won by each: {dict(wins)}")


@POSIX
def test_whoever_reads_while_another_saves_and_renames_sees_one_whole_file(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, now, os_user("parent"))
    source_id = workspace.save(new("Contoso", tenant="0"), None).source.id
    seen: set[str] = set()
    with child("saver", tmp_path, source_id, "fast") as saver:
        assert saver.process.stdout
        os.set_blocking(saver.process.stdout.fileno(), False)
        while len(seen) < (500 if FULL else 100):
            listing = workspace.list()
            assert listing.unreadable == ()
            (entry,) = listing.entries
            seen.add(entry.source.tenant)
            saver.process.stdout.read()  # or the pipe fills and the child stands still


# --- damaged files ------------------------------------------------------------------------------------------------


def _valid(spread: random.Random) -> DataSource:
    return DataSource(
        id=str(uuid.UUID(int=spread.getrandbits(128))),
        name=spread.choice(["Contoso HR", "Ünïcödé – 東京", "a" * 199, '“quoted” \\ "x"', ""])
        + str(spread.random()),
        cloud=spread.choice(["global", "china", "custom"]),
        tenant=spread.choice(["", "contoso.onmicrosoft.com"]),
        sign_in=spread.choice(list(SignIn)),
        read_write=spread.random() < 0.5,
        extra=spread.choice([{}, {"team": ["a", {"b": None}]}, {"n": 1.5}]),
    )


_JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**400, "", "x" * 5000, "\0", "\ud800", "\u202e", [], {}, [[[[]]]], {"id": {}},
    float("nan"), float("inf"), "2026-13-45", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 1e308,
)  # fmt: skip


def _flip(data: bytes, spread: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(spread.choice([1, 1, 1, 5, 50])):
        changed[spread.randrange(len(changed))] ^= 1 << spread.randrange(8)
    return bytes(changed)


def _truncate(data: bytes, spread: random.Random) -> bytes:
    return data[: spread.randrange(len(data))]


def _insert(data: bytes, spread: random.Random) -> bytes:
    place = spread.randrange(len(data))
    junk = spread.choice(
        [b'"', b"{", b"[", b"}", b",", b"\\", b"\0", b"\xff", b"\xed\xa0\x80", b"\n<<<<<<< HEAD\n", b"9" * 5000]
    )
    return data[:place] + junk + data[place:]


def _shuffle(data: bytes, spread: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    spread.shuffle(lines)
    return b"".join(lines)


def _double(data: bytes, spread: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    lines.insert(spread.randrange(len(lines)), spread.choice(lines))
    return b"".join(lines)


def _swap_type(data: bytes, spread: random.Random) -> bytes:
    body = json.loads(data)
    body[spread.choice([*body, "modified", "secretExpires", "caFile"])] = spread.choice(_JUNK)
    return json.dumps(body, indent=spread.choice([None, 2])).encode()


def _drop_key(data: bytes, spread: random.Random) -> bytes:
    body = json.loads(data)
    del body[spread.choice(list(body))]
    return json.dumps(body).encode()


def _rename_key(data: bytes, spread: random.Random) -> bytes:
    body = json.loads(data)
    key = spread.choice(list(body))
    body[spread.choice(["", key.upper(), "\0", "clientSecret", "extra", "__class__", key + " "])] = body.pop(key)
    return json.dumps(body).encode()


def _nest(data: bytes, spread: random.Random) -> bytes:
    depth = spread.choice([5, 31, 32, 33, 500, 100_000])
    opening, closing = spread.choice([("[", "]"), ('{"a":', "}")])
    return data.rstrip()[:-1] + b',"deep":' + (opening * depth + "1" + closing * depth).encode() + b"}"


def _recode(data: bytes, spread: random.Random) -> bytes:
    return data.decode().encode(
        spread.choice(["utf-16", "utf-32", "latin-1", "utf-8-sig", "cp1252", "utf-7"]), "replace"
    )


def _noise(data: bytes, spread: random.Random) -> bytes:
    return spread.randbytes(spread.randrange(len(data)))


def _grow(data: bytes, spread: random.Random) -> bytes:
    return data + b" " * spread.choice(
        [1, 5000, data_source_file.MAX_BYTES - len(data), data_source_file.MAX_BYTES]
    )


_MUTATIONS = (
    _flip, _flip, _flip, _truncate, _insert, _insert, _shuffle, _double, _swap_type, _swap_type, _drop_key,
    _rename_key, _nest, _recode, _noise, _grow,
)  # fmt: skip


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_every_damaged_file_is_read_or_reported_with_its_place(tmp_path: Path) -> None:
    seed = int(os.environ.get("O365DESK_SEED", "20261123"))
    spread = random.Random(seed)
    outcomes: Counter[str] = Counter()
    began = time.perf_counter()
    for batch in range(MUTATIONS // 500):
        workspace = Workspace(tmp_path / str(batch), now, os_user("parent"))
        folder = workspace.folder / "data-sources"
        folder.mkdir(parents=True)
        for number in range(500):
            data = data_source_file.encode(_valid(spread))
            for _ in range(spread.choice([1, 1, 2])):
                mutate = spread.choice(_MUTATIONS)
                try:
                    data = mutate(data, spread) or b" "
                except (ValueError, RecursionError):  # a second change that needs whole JSON
                    data = _flip(data, spread)
            (folder / f"f{number:03d}.json").write_bytes(data)
        before = _digests(folder)
        listing = workspace.list()
        assert _digests(folder) == before
        assert len(listing.entries) + len(listing.unreadable) == 500
        for item in listing.unreadable:
            problem = item.problem
            assert item.path.name in problem.title
            assert problem.remedy
            whole = any(text in problem.cause for text in ("It is empty", "larger than", "“id” is missing"))
            assert whole or "Line " in problem.cause, problem
            problem.sentence().encode()  # can be shown: no half characters
            outcomes[problem.code] += 1
        for entry in listing.entries:
            outcomes["read"] += 1
            # What can be read can be written, and is the same when read again.
            again = data_source_file.decode(data_source_file.encode(entry.source), "again")
            assert again == entry.source or "NaN" in repr(entry.source)
    seconds = time.perf_counter() - began
    print(f"{MUTATIONS} files (seed {seed}) in {seconds:.1f} s: {dict(outcomes)}")
    assert outcomes["read"] > MUTATIONS / 20
    assert outcomes["unreadable-file"] > MUTATIONS / 4


# --- state and vault between processes ----------------------------------------------------------------------------


def test_two_processes_of_two_threads_share_the_state(tmp_path: Path) -> None:
    file = tmp_path / "state" / "state.db"
    count = 100 if FULL else 30
    with child("writer", file, "one", count) as one, child("writer", file, "two", count) as two:
        writers = (one, two)
        assert [writer.read() for writer in writers] == [["ready"], ["ready"]]
        for writer in writers:
            writer.tell("go")  # the file is not there yet: both make it at once
        assert [writer.read() for writer in writers] == [["done"], ["done"]]
    state = State(file, now)
    texts = [notice.text for notice in state.notices(10_000)]
    expected = {f"{name}-{thread}-{n}" for name in ("one", "two") for thread in (0, 1) for n in range(count)}
    assert len(texts) == len(expected)
    assert set(texts) == expected
    assert len(state.all_evidence()) == 12
    assert state.remembered("two-1") == str(count - 1).encode()
    state.close()


def test_several_make_the_file_at_once(tmp_path: Path) -> None:
    """SQLite refuses all but one of them at once, whatever time-out was set."""
    with child("maker", tmp_path) as one, child("maker", tmp_path) as two, child("maker", tmp_path) as three:
        makers = (one, two, three)
        assert [maker.read() for maker in makers] == [["ready"]] * 3
        for number in range(RACES):
            for maker in makers:
                maker.tell(number)
            assert [maker.read() for maker in makers] == [["made"]] * 3


@POSIX
def test_a_killed_writer_leaves_the_state_whole(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    spread = random.Random(7)
    for _ in range(30 if FULL else 5):
        with child("noter", file) as noter:
            said = [noter.read() for _ in range(spread.randint(1, 20))]
            time.sleep(spread.uniform(0, 0.005))
            said += [words for words in noter.kill() if words]
        state = State(file, now)
        kept = [notice.text.split() for notice in state.notices(2000)]
        assert state.problem is None
        assert said[-1] in kept[:2]  # what was said to be kept is kept; one more may be, that was not said any more
        state.close()


def test_two_processes_that_write_to_the_vault_lose_nothing(tmp_path: Path) -> None:
    env = {"O365DESK_VAULT_PASSPHRASE": "correct horse"}
    count = 50 if FULL else 15
    with (
        child("keeper", tmp_path, "one", count, **env) as one,
        child("keeper", tmp_path, "two", count, **env) as two,
    ):
        keepers = (one, two)
        assert [keeper.read() for keeper in keepers] == [["ready", "False"]] * 2
        for keeper in keepers:
            keeper.tell("go")
        assert [keeper.read() for keeper in keepers] == [["done"], ["done"]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*next(iter(env.items())))
        vault = Vault(tmp_path)
        for name in ("one", "two"):
            for number in range(count):
                secret = vault.get(f"owner-{number % 3}", f"{name}-{number}")
                assert secret
                assert secret.reveal() == f"hunter2-{name}-{number}"
    assert not any(b"hunter2" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
