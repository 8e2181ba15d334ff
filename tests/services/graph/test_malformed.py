"""Answers of Microsoft Graph that make no sense, over all operations: no traceback, no wrong write.

`MANY` cases go through the services on a tenant of this process, each with one place of one answer changed (see
`mutants.py`), some of them over HTTPS. What was written is held against the tenant's own truth: each row that is
said to be *changed* is so, and nothing is otherwise than before for which no row stands up.

O365DESK_TORTURE=1 runs the full number; without it the same tests run on fewer.
"""

import io
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from o365desk import catalogue
from o365desk.catalogue import Operation
from o365desk.catalogue.parameters import parameters
from o365desk.model.access.operator import os_user
from o365desk.model.access.people import NOBODY
from o365desk.model.access.security import Who, WhoKind
from o365desk.model.conditions.tree import Condition, Group, Join
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.fields import Kind
from o365desk.model.problems import CancelledError, ProblemError
from o365desk.model.run import Plan, PlanRow, Row, RowOutcome, Run, RunRow, RunState, Standing
from o365desk.model.secret import Secret
from o365desk.model.status import Known, Outcome
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.access.access import Access
from o365desk.services.access.known import KnownGroup, KnownIdentities
from o365desk.services.connection_test import steps, trial
from o365desk.services.connections import Connections
from o365desk.services.graph import lists
from o365desk.services.graph.client import PATIENT, STEADFAST, Graph, Paging
from o365desk.services.runner import Runner
from o365desk.services.session import Session
from o365desk.services.settings import KeptSettings
from o365desk.services.signin.approvals import Approvals
from o365desk.services.signin.credentials import Credential
from o365desk.services.signin.msal_sign_in import SignIns, Token
from o365desk.services.spreadsheets.export import Format, Writer
from o365desk.services.state import database
from o365desk.services.state.state import State
from o365desk.services.writes.journal.journal import Journal
from o365desk.ui.pages.operations.result_rows import bulk_of, pack, searched, sort_of, text_of
from tests.driven import Driven
from tests.samples import sample
from tests.services.graph.mutants import LIES, MUTATORS, MeddledLine, Meddler, Mutation, Office, Truth
from tests.services.scripted import Asked, Said, Scripted
from tests.torture import FULL

MANY = 50_000 if FULL else 3_500
"""With those of the sign-in service (tests/services/signin/test_malformed_signin.py) the suite tries 5,000."""
PARTS = 10
OVER_HTTPS = 500 if FULL else 25
Entry = tuple[str, ...]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

pytestmark = [pytest.mark.timeout(1800), *([pytest.mark.torture] if FULL else [])]


# --- the services on it -------------------------------------------------------------------------------------------


class Fuzzed(Runner):
    """The runner, with a meddler between it and the office."""

    office: Office
    meddler: Meddler
    open_line: Callable[[Stop], Any]

    def meddled(self, mutation: Mutation | None = None, *, silent: bool = False) -> None:
        """From now on so."""
        self.meddler = Meddler(self.office, mutation, silent=silent)

    @contextmanager
    def session(
        self, source: DataSource, stop: Stop, operation: Operation | None = None, **how: Any
    ) -> Iterator[Session]:
        token = Token(Secret(self.office.token), NOW + timedelta(days=9000), self.office.claims)
        patience, ending = STEADFAST if how.get("steadfast") else PATIENT, how.get("ending", lambda: False)
        with self.open_line(stop) as line:
            graph = Graph(
                self.office.root, line, lambda _: token.value, patience, ending=ending, paging=Paging(rows=40)
            )
            yield Session(source, graph, token, stop, self._timing, lambda: None)


class Bench:
    """Office, runner, and what the cases need of them."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, office: Office, server: Scripted | None = None
    ) -> None:
        root = office.root
        self.office = office
        self.time = Driven()
        monkeypatch.setattr(database, "lasting", database.transaction)  # no power cut here: it need not last
        self.source = new(
            "Fuzz", cloud="practice", login=self.office.tenant.addresses.login, graph=root, client_id="x",
            tenant=self.office.directory.tenant_id, sign_in=SignIn.SECRET, read_write=True, set_usage_location=True,
        )  # fmt: skip
        self.state = State(folder / "state.db", lambda: datetime.now(UTC))
        self.journal = Journal(self.state, lambda: datetime.now(UTC))
        row = SimpleNamespace(entry=SimpleNamespace(source=self.source))
        connections = SimpleNamespace(
            overview=lambda: SimpleNamespace(rows=[row]), filed=lambda source_id: self.source
        )
        self.runner = Fuzzed(
            cast("Connections", connections), cast("Approvals", None), self.journal, KeptSettings(self.state),
            lambda: cast("SignIns", None), lambda: datetime.now(UTC), os_user("tester"), Timing(),
            Access(lambda: NOBODY, KnownIdentities(self.state, lambda: datetime.now(UTC)), os_user("tester")),
        )  # fmt: skip
        self.runner.office = self.office
        self.runner.open_line = server.line if server else lambda stop: MeddledLine(self.runner.meddler, stop)
        self.runner.meddled()
        self.rows = self._rows()
        self.counted: dict[str, int] = {}
        self.named = ""

    @cached_property
    def targets(self) -> dict[str, list[dict[str, Any]]]:
        """What the rows of each operation are about, by the tenant's own answers."""
        return {key: [target_of(row) for row in self.plan(key).rows] for key in self.rows}

    def plan(self, key: str) -> Plan:
        """Of the rows for this operation."""
        rows = [Row(number=number, values=values) for number, values in enumerate(self.rows[key], 1)]
        return self.runner.plan(self.source, catalogue.operation(key), rows, self.time.stop(), lambda _: None)

    def _rows(self) -> dict[str, list[dict[str, str]]]:
        """For each write, rows that would change something, by names and by ids, and some that cannot."""
        home = self.office.directory
        group, other = home.groups[2], next(g for g in home.groups if g["displayName"] == "O'Brien's team")
        inside = [entry for entry in home.members[group["id"]] if entry in home.users][:5]
        people = [user for user in home.users if user["accountEnabled"] and user["usageLocation"]]
        outside = [user for user in people if not home.members[group["id"]].has(user["id"])][:6]
        fresh = [user for user in people if not user["assignedLicenses"]][:3]
        held = [user for user in people if any(x["skuId"] == self._sku("ENTERPRISEPACK") for x in
                user["assignedLicenses"])][:3]  # fmt: skip
        member = next(user for user in home.users if user["id"] in home.inherited)
        nowhere = [user for user in home.users if not user["usageLocation"]][:2]
        upn = [user["userPrincipalName"] for user in outside]
        return {
            "add-user-to-group": [
                *({"group": group["id"], "user": text} for text in [*upn[:4], outside[4]["id"], "no@body.example"]),
                {"group": other["displayName"], "user": upn[5]},
            ],
            "remove-user-from-group": [
                *({"group": group["id"], "user": user["id"]} for user in inside[:3]),
                {"group": group["id"], "user": inside[3]["userPrincipalName"]},
                {"group": group["id"], "user": outside[0]["id"]},
            ],
            "assign-licence-to-user": [
                *({"user": user["userPrincipalName"], "plan": "FLOW_FREE"} for user in [*fresh, *nowhere[:1]]),
                {"user": held[0]["id"], "plan": "ENTERPRISEPACK", "disabledPlans": "SWAY"},
            ],
            "remove-licence-from-user": [
                *({"user": user["id"], "plan": "ENTERPRISEPACK"} for user in held),
                {"user": member["id"], "plan": "POWER_BI_PRO"},
            ],
            "create-group": [
                {"displayName": "Alpha", "kind": "security", "owners": upn[0], "members": "; ".join(upn)},
                {"displayName": "Project Falcon", "kind": "microsoft365"},
                {"displayName": "Crowd", "kind": "security",
                 "members": "; ".join(user["id"] for user in people[:23])},
            ],
            "delete-group": [{"group": group["id"]}, {"group": other["displayName"]}],
            "set-usage-location": [
                *({"user": user["userPrincipalName"], "usageLocation": "IE"} for user in nowhere),
                {"user": people[0]["id"], "usageLocation": "FR"},
            ],
        }  # fmt: skip

    def prepare(self, chance: Random) -> None:
        """Draws the mutation of the next case."""
        self.named = ""
        self.drawn = Mutation(0, chance.choice(list(MUTATORS)), chance, lasting=chance.random() < 0.4)

    @contextmanager
    def mutating(self, named: str) -> Iterator[None]:
        """One of the answers that come meanwhile is a mutant."""
        drawn = self.drawn
        drawn.number = drawn.chance.randrange(self.counted.get(named, 6))
        self.runner.meddled(drawn)
        try:
            yield
        finally:
            if drawn.where is None:
                self.counted[named] = self.runner.meddler.answers  # as many as come undisturbed
            self.named = f"{named}, {drawn.mutator}, answer {drawn.number}: {drawn.address} {drawn.where}"
            self.runner.meddled()

    def written(self, run: Run) -> list[tuple[RunRow, Any, Any]]:
        """The rows of a run that were to be carried out: as they ended, their targets, and what was before."""
        rows = {row.number: row for row in self.journal.run_rows(run.id)}
        sql = "SELECT number, target, before FROM run_rows WHERE run = (SELECT place FROM runs WHERE id = ?)"
        found = self.state.use(lambda connection: connection.execute(sql, (run.id,)).fetchall())
        decoded = msgspec.json.decode
        return [(rows[number], decoded(target), decoded(before)) for number, target, before in found]

    def _sku(self, part: str) -> str:
        return next(str(sku["skuId"]) for sku in self.office.directory.skus if sku["skuPartNumber"] == part)


READS = [item.key for item in catalogue.OPERATIONS.values() if not item.writes]
ASKED = ((Kind.USER, "a"), (Kind.USERS, "an"), (Kind.GROUP, "pro"), (Kind.PLAN, ""), (Kind.SERVICE_PLANS, "EMS"))


# --- one case of each sort ----------------------------------------------------------------------------------------


def read(bench: Bench, chance: Random) -> None:
    """A list, as file and table take it."""
    key = chance.choice(READS)
    operation, form = catalogue.operation(key), chance.choice(list(Format))
    seen: list[dict[str, Any]] = []
    with Writer(form, io.BytesIO(), operation.columns, bom=False) as writer, bench.mutating(key):

        def page(page: lists.GraphPage) -> None:
            seen.extend(page.rows)
            writer.rows(page.rows)

        somebody = bench.office.directory.users[3]["userPrincipalName"]
        bench.runner.read(
            bench.source, operation, sample(key, somebody), bench.time.stop(), page,
            conditions=conditions_for(operation, chance),
        )  # fmt: skip
    packed = pack(seen)
    for row in seen:
        searched([column for column in operation.columns if column.has_text], row)
    for column in operation.columns:
        for item in packed:
            text_of(column)(item)
        sorted(value for value in map(sort_of(column), packed) if value is not None)
        bulk_of(column)(packed)


def conditions_for(operation: Operation, chance: Random) -> Group:
    """None, or some rows about what the list has, judged here or sent."""
    known = list(parameters(operation).values())
    rows = [
        Condition(chance.choice(known).key, chance.choice(("is blank", "not blank")))
        for _ in range(chance.choice((0, 0, 1, 3)))
    ]
    return Group(chance.choice(list(Join)), tuple(rows))


def learn(bench: Bench, chance: Random) -> None:
    """Who is in a group and who an address is, for decisions: what makes no sense leaves what was known."""
    home = bench.office.directory
    group = Who(kind=WhoKind.GROUP, id=home.groups[2]["id"])
    address = home.users[3]["userPrincipalName"]
    known = KnownIdentities(bench.state, lambda: NOW)

    def asked() -> tuple[object, object]:
        with bench.runner.session(bench.source, bench.time.stop()) as session:
            known.learn(session.graph, "fuzz", [group], [address])
        return known.group("fuzz", group), known.user("fuzz", address)

    whole = asked()
    try:
        with bench.mutating("learn"):
            asked()
    except ProblemError:
        # The group may have been read before, and a member without an address is one whose address may not be seen.
        kept = known.group("fuzz", group)
        assert isinstance(kept, KnownGroup)
        assert isinstance(whole[0], KnownGroup)
        assert kept.exists
        assert kept.members <= whole[0].members, "nobody is in it who is not"
    assert asked() == whole


def suggest(bench: Bench, chance: Random) -> None:
    """A search as one types."""
    kind, text = chance.choice(ASKED)
    with bench.mutating(f"suggest {kind}"):
        suggested = bench.runner.suggest(bench.source, kind, text, bench.time.stop())
    for found in suggested:
        assert all(type(part) is str for part in (found.value, found.title, found.note))
        assert found.value


STEPS = ("graph", "organisation", "users", "groups", "licences")


def connection(bench: Bench, chance: Random) -> None:
    """A step of the connection test that asks Graph."""
    step = chance.choice([row for row in steps.TABLE if row.key in STEPS])
    with bench.mutating(f"test {step.key}"), bench.runner.session(bench.source, bench.time.stop()) as session:
        made = trial.TestContext(
            limit=Timing().test,
            source=bench.source, typed=Credential(), known=cast("Known", None), plan=(),
            sign_ins=cast("SignIns", None), line=session.graph._line, now=lambda: NOW, token=session.token,
            document={"issuer": f"https://x/{session.token.tenant}/v2.0"},
        )  # fmt: skip
        try:
            finding = step.check(made)
        except ProblemError as error:
            finding = trial.found(error.problem)
    assert finding.outcome in (Outcome.PASSED, Outcome.NOT_PROVEN) or finding.problem


def write(bench: Bench, chance: Random) -> None:
    """A plan, its run, what resuming makes of that, and its undo; the mutant comes in one of them."""
    key = chance.choice(list(bench.rows))
    stage = chance.choice(STAGES if catalogue.operation(key).inverse else STAGES[:-2])
    runner, before = bench.runner, bench.office.truth()

    def at(now: str) -> AbstractContextManager[None]:
        return bench.mutating(f"{now} of {key}") if now == stage else nullcontext()

    with at("plan"):
        plan = bench.plan(key)
    assert bench.office.truth() == before, "a plan wrote"
    if bench.drawn.mutator not in LIES:
        for row, target in zip(plan.rows, bench.targets[key], strict=True):
            assert row.standing is not Standing.WILL or target_of(row) == target, (row, target)
    runner.meddled(silent=stage == "resume")  # then there is something to resume
    with at("apply"):
        run = applied(bench, plan)
    runner.meddled()
    judged(bench, run, before)
    run = ended(bench, run, before, at("resume"))
    if not catalogue.operation(key).inverse or not run.undoable:
        return
    after = bench.office.truth()
    with at("undo plan"):
        plan = runner.undo(run.id, bench.time.stop(), lambda _: None)
    assert bench.office.truth() == after, "a plan wrote"
    with at("undo apply"):
        run = applied(bench, plan)
    judged(bench, run, after)
    ended(bench, run, after, nullcontext())


STAGES = ("plan", "plan", "apply", "apply", "apply", "resume", "resume", "undo plan", "undo apply")


def ended(bench: Bench, run: Run, before: Truth, first: AbstractContextManager[None]) -> Run:
    """The run, resumed until all of it was judged: with the mutant at first, and at the latest then without."""
    for meanwhile in (first, nullcontext()):
        if run.state.resumable:
            with meanwhile:
                run = resumed(bench, run)
            judged(bench, run, before)
    assert run.state is RunState.FINISHED, run
    assert not run.doubtful
    return run


def target_of(row: PlanRow) -> dict[str, Any]:
    """Whom and what a row of a plan is about."""
    target: dict[str, Any] = msgspec.to_builtins(row.target) or {}
    return {key: value for key, value in target.items() if key not in ("body", "stays", "made")}


def applied(bench: Bench, plan: Plan) -> Run:
    return carried_out(
        lambda: bench.runner.apply(
            bench.source, plan, bench.time.control(), lambda _: None, allow_large=True, confirmed=plan.confirm
        )
    )


def resumed(bench: Bench, run: Run) -> Run:
    return carried_out(lambda: bench.runner.resume(run.id, bench.time.control(), lambda _: None))


def carried_out(work: Callable[[], Run]) -> Run:
    """A run says what was in its way; it raises nothing."""
    try:
        return work()
    except ProblemError as error:
        raise AssertionError(f"a run raised: {error.problem}") from error


def meant(row: Mapping[str, Any], truth: Truth) -> set[Entry]:
    """The entries of the truth that a row of a run may change."""
    if "sku" in row:
        return {("licence", row["user"], row["sku"])}
    if "name" in row:
        return {(row["name"], row["user"])}
    if "user" in row:
        return {("member", row["group"], row["user"])}
    if "group" in row:
        return {entry for entry in truth if entry[0] in ("group", "member") and entry[1] == row["group"]}
    return set()


def judged(bench: Bench, run: Run, before: Truth) -> None:
    """What is said *changed* is so, and nothing is otherwise than before that no row accounts for."""
    now = bench.office.truth()
    entries, accounted = now | before, set[Entry]()
    for row, target, kept in bench.written(run):
        open_to = meant(target, entries)
        if "body" in target:
            open_to = _created(row, target, kept, before, now)
        elif row.outcome is RowOutcome.CHANGED:
            assert holds(run.operation, target, now), (row, target)
        if row.outcome is RowOutcome.CHANGED or row.doubtful:
            accounted |= open_to
    differs = {entry for entry, value in now.items() if entry not in before or before[entry] != value}
    differs |= before.keys() - now.keys()
    assert differs <= accounted, f"changed, and no row accounts for it: {differs - accounted}"


def _created(row: RunRow, target: Any, kept: Any, before: Truth, now: Truth) -> set[Entry]:
    """The entries of a new group, which is there once at most, and with its members where that is said."""
    name = target["body"]["mailNickname"]
    made = {e[1] for e in now.keys() - before.keys() if e[0] == "group" and now[e]["mailNickname"] == name}
    assert len(made) <= 1, f"{name} was made {len(made)} times"
    if row.outcome is RowOutcome.CHANGED:
        assert made == {kept["made"]}, (row, made, kept)
        members = {e[2] for e in now if e[0] == "member" and e[1] in made}
        users = {e[1] for e in now if e[0] == "user"}  # after a lie, groups may be among those that were asked for
        assert members == set(target["members"]) & users or "are not in it" in row.detail, row
    return {e for e in now if e[0] in ("group", "member") and e[1] in made}


def holds(key: str, target: Mapping[str, Any], now: Truth) -> bool:
    """Whether the tenant is as a row wants it."""
    if "sku" in target:
        return bool(now.get(("licence", target["user"], target["sku"])) == target["wish"])
    if "name" in target:
        return bool(now[target["name"], target["user"]] == target["value"])
    if "user" in target:
        return (("member", target["group"], target["user"]) in now) is (key == "add-user-to-group")
    return ("group", target["group"]) not in now


CASES: tuple[Callable[[Bench, Random], None], ...] = (read, suggest, learn, connection, write, write)


def tried(bench: Bench, seed: int) -> tuple[str, BaseException | None]:
    """One case: what it was, and the error that it ended with, if that was none of ours."""
    chance = Random(seed)
    case = chance.choice(CASES)
    bench.prepare(chance)
    try:
        case(bench, chance)
    except (ProblemError, CancelledError):
        pass
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return bench.named, error
    finally:
        bench.office.reset()
    return bench.named, None


def all_tried(bench: Bench, seeds: Iterable[int], number: int) -> None:
    """Goes on until so many mutants were met. Fails with the first few of the cases that ended badly."""
    wrong, met = [], 0
    for seed in seeds:
        named, error = tried(bench, seed)
        met += bench.drawn.where is not None
        if error is not None:
            wrong.append(f"seed {seed}: {named}\n" + "".join(traceback.format_exception(error)[-3:]))
        if met == number:
            break
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:5])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """One for all parts: what it is made of, keys of all its apps, costs as much as a hundred cases."""
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, office: Office) -> Iterator[Bench]:
    office.reset()
    made = Bench(tmp_path, monkeypatch, office)
    yield made
    made.state.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_comes_is_a_problem_and_never_a_wrong_write(bench: Bench, part: int) -> None:
    all_tried(bench, count(part, PARTS), MANY // PARTS)


def test_so_it_is_over_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def script(asked: Asked, number: int) -> Said:
        body = b"" if asked.body is None else msgspec.json.encode(asked.body)
        came = bench.runner.meddler.answered(asked.method, server.root + asked.path, asked.headers, body)
        kept = {name: value for name, value in came.headers.items() if name != "Content-Length"}
        return Said(came.status_code, came.content, kept)

    with Scripted(tmp_path, script) as server:
        bench = Bench(tmp_path, monkeypatch, Office(tmp_path, server.root), server)
        all_tried(bench, count(), OVER_HTTPS)
        bench.state.close()
