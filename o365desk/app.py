"""The composition root: makes the services, each given what it needs, and hands them out as one `App`. No Qt."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from o365desk import log, paths
from o365desk.model.access.operator import Operator, OperatorKind, os_user
from o365desk.model.activity import Origin
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Run
from o365desk.model.text import shells
from o365desk.model.timing import Timing
from o365desk.practice_process import Practice
from o365desk.services.access.access import Access, not_yours
from o365desk.services.access.known import KnownIdentities
from o365desk.services.access.people import WorkspacePeople
from o365desk.services.activity.activity import Activity, Place
from o365desk.services.connection_test.evidence import KeptEvidence
from o365desk.services.connections import Connections
from o365desk.services.directory.copy.directories import Directories
from o365desk.services.directory.imports.importer import Importer
from o365desk.services.directory.owners import GroupOwners
from o365desk.services.runner import Runner
from o365desk.services.schedules import tables
from o365desk.services.settings import KeptSettings
from o365desk.services.signin import token_cache
from o365desk.services.signin.approvals import Approvals
from o365desk.services.signin.authorisations import Authorisations
from o365desk.services.signin.credentials import Credential
from o365desk.services.signin.rehearsals import Rehearsals
from o365desk.services.state.state import SeenRoles, State, place_of
from o365desk.services.vault.forgetting import Forgetting
from o365desk.services.vault.vault import Vault
from o365desk.services.workspace.people_store import PeopleStore
from o365desk.services.workspace.workspace import Workspace
from o365desk.services.writes.journal.journal import Journal

if TYPE_CHECKING:
    import tempfile

    from o365desk.services.in_step.in_step import GroupsInStep
    from o365desk.services.in_step.people import PeopleOfWorkspace
    from o365desk.services.schedules.lifetimes import Lifetimes
    from o365desk.services.schedules.schedules import Schedules
    from o365desk.services.schedules.waking.waking import Waking
    from o365desk.services.signin.msal_sign_in import SignIns
    from o365desk.services.sso.asking import Asking
    from o365desk.services.sso.sessions import Session
    from o365desk.services.sso.single_sign_on import SingleSignOnDesk


@dataclass(frozen=True)
class Scheduling:
    """Tasks, what ends, what wakes us for them, and what is kept in step by them."""

    schedules: "Schedules"
    lifetimes: "Lifetimes"
    waking: "Waking"
    groups: "GroupsInStep"
    persons: "PeopleOfWorkspace"


@dataclass(frozen=True)
class App:
    """The services. Screens and commands are given this and nothing else."""

    workspace: Workspace
    people: WorkspacePeople
    state: State
    vault: Vault
    approvals: Approvals
    settings: KeptSettings
    activity: Activity
    connections: Connections
    access: Access
    journal: Journal
    runner: Runner
    importer: Importer
    directories: Directories
    owners: GroupOwners
    scheduling: Callable[[], Scheduling]
    """Makes them when they are first needed: the window comes before calendars do."""
    sign_on: Callable[[], "SingleSignOnDesk"]
    """Makes the desk of single sign-on: see `single_sign_on`."""
    for_operator: Callable[[Operator], "App"]
    """Makes the services anew: see `seated`."""
    clock: Callable[[], datetime]
    timing: Timing
    log_folder: Path
    practice: Practice | None = None
    _folder: "tempfile.TemporaryDirectory[str] | None" = field(default=None, repr=False)

    @property
    def schedules(self) -> "Schedules":
        """The desk of scheduled tasks."""
        return self.scheduling().schedules

    @property
    def lifetimes(self) -> "Lifetimes":
        """What ends by itself."""
        return self.scheduling().lifetimes

    @property
    def waking(self) -> "Waking":
        """What wakes us while no window is open."""
        return self.scheduling().waking

    @property
    def groups(self) -> "GroupsInStep":
        """The desk of groups that are kept in step."""
        return self.scheduling().groups

    @property
    def persons(self) -> "PeopleOfWorkspace":
        """People as this workspace knows them."""
        return self.scheduling().persons

    @property
    def single_sign_on(self) -> "SingleSignOnDesk":
        """The desk of single sign-on."""
        return self.sign_on()

    @property
    def operator(self) -> Operator:
        """Who works here."""
        return self.access.operator

    def wants_seat(self) -> bool:
        """Whether somebody may have to sign in before they do anything: single sign-on is enabled, as far as is
        known here. Only then is its desk made."""
        try:
            return self.people.load().people.single_sign_on.enabled
        except ProblemError:
            with contextlib.suppress(ProblemError):
                seen = self.people.store.last_seen()
                return seen is not None and seen.single_sign_on.enabled
            return False

    def seated(self, operator: Operator) -> "App":
        """The same workspace for somebody else, who signed in or out. Nothing of this one may be used any more;
        vault and practice tenant go on."""
        if operator == self.operator:
            return self
        self.state.close()
        return replace(self.for_operator(operator), practice=self.practice, _folder=self._folder)

    def command_here(self, command: str) -> str:
        """A command of ours as it works on this workspace, which it names where it is not the usual one. A practice
        session's cannot be named: its secrets are in this process only, and it goes when that ends."""
        return command if self.practice else command_in(self.workspace.folder, command)

    def start_practice(self) -> DataSource:
        """Starts the practice tenant, and saves a data source for it to test. Takes a second or two."""
        if self.practice is None:
            raise RuntimeError("this is no practice session")
        self.practice.start()
        source, secret = self.practice.sample()
        return self.connections.save(source, None, Credential(secret=secret)).source

    def close(self) -> None:
        """Lets go of files and of the practice tenant."""
        if self.practice:
            self.practice.stop()
        self.state.close()
        log.close()
        if self._folder:
            self._folder.cleanup()


def command_in(folder: Path, command: str) -> str:
    """A command of ours as it works on the workspace in a folder."""
    if folder == paths.default_workspace():
        return command
    return command.replace("o365desk ", f"o365desk --workspace {shells.word(str(folder.absolute()))} ", 1)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def show_in_browser(address: str) -> bool:
    """Opens the system's browser. False where there is none: then the address must be copied."""
    from o365desk import processes

    return processes.browse(address)


def whoever_is_here() -> Operator:
    """Who works here, as other users of a shared workspace should read it."""
    return os_user(_account_here())


def account() -> str:
    """The name of the account that this process runs under, as the system has it: what the environment says of it
    anybody may set. Raises KeyError or OSError where it has none."""
    if sys.platform == "win32":
        return os.getlogin()  # there, that of the process
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _account_here() -> str:
    try:
        return account()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "unknown"


def machine_here() -> str:
    """This computer's name."""
    name = os.environ.get("COMPUTERNAME", "") if sys.platform == "win32" else os.uname().nodename
    return name[:100]


@dataclass(frozen=True)
class _Kept:
    """What goes on when somebody else works: the account of the operating system, and what is unlocked."""

    account: Operator
    vault: Vault
    sign_ins: "Callable[[], SignIns]"
    passing: "Session | None" = None
    """Who signed in, if they are not remembered."""


def _hiding(access: Access, connections: Connections) -> Callable[[Run], Problem | None]:
    """Why whoever works here may not see a run. What it takes to know is read once for a whole list of them, and
    only if somebody else's is among them."""
    sources, people = cache(connections.sources), cache(access.people)

    def why(run: Run) -> Problem | None:
        found = access.sees(run, lambda key: sources().get(key.lower()), people)
        return None if found else not_yours(run)

    return why


def build(
    workspace: Path | None = None,
    *,
    state_folder: Path | None = None,
    clock: Callable[[], datetime] = now,
    open_browser: Callable[[str], bool] = show_in_browser,
    session_only: bool = False,
    operator: Operator | None = None,
    origin: Origin = Origin.COMMAND_LINE,
    timeouts: tuple[float, float] | None = None,
    timing: Timing = Timing(),  # noqa: B008 - frozen
    kept: "_Kept | None" = None,
) -> App:
    """Makes the services. No network and no expensive import: msal and requests load when first needed.
    `open_browser` shows an address to the person; `session_only` keeps secrets in memory; `origin` is what the
    activity log says of where this process was started. `operator` is an account of the operating system, this
    process's where nobody says otherwise; who signs in is a matter of `App.single_sign_on` and `App.seated`, for
    which `kept` is."""
    folder = state_folder or paths.state_folder()
    account = kept.account if kept else operator or whoever_is_here()
    operator = operator or account
    state = State(folder / "state.sqlite", clock)
    place = workspace or paths.default_workspace()
    activity = Activity(
        state, clock, operator, Place(_account_here(), machine_here(), origin, place_of(place)),
        lambda: settings.get().activity_days, lambda: access.no_activity_of_others() is None,
    )  # fmt: skip
    vault = kept.vault if kept else Vault(folder, session_only=session_only)
    vault.trace = activity
    approvals = Approvals(
        state,
        vault,
        clock,
        operator,
        partial(token_cache.kept, folder / "tokens"),
        partial(command_in, place),
        activity,
    )

    def forget(source_id: str) -> None:
        importer.forget(source_id)
        connections.forget(source_id)

    forgetting = Forgetting(place, state, clock, forget)
    store = PeopleStore(place, SeenRoles(state, place), activity)
    access = Access(lambda: store.load().people, KnownIdentities(state, clock), operator, activity)
    space = Workspace(
        place,
        clock,
        operator,
        forgetting.deleted,
        forgetting.found,
        forgetting.aged,
        approvals.knows,
        access.guard,
        trace=activity,
    )
    space.subscribe(lambda changed: forgetting.tidy())

    making = threading.Lock()

    @cache
    def make_sign_ins() -> "SignIns":
        from o365desk.services.http.session import TIMEOUTS
        from o365desk.services.signin.msal_sign_in import SignIns

        return SignIns(vault, folder / "tokens", clock, open_browser, timeouts or TIMEOUTS, timing)

    def sign_ins() -> "SignIns":
        if kept:
            return kept.sign_ins()
        # `cache` alone would let two threads make one each, with tokens of their own.
        with making:
            return make_sign_ins()

    authorisations, evidence = Authorisations(state, vault), KeptEvidence(state, operator)
    rehearsals = Rehearsals(state)
    connections = Connections(
        space,
        state,
        vault,
        approvals,
        authorisations,
        rehearsals,
        evidence,
        sign_ins,
        clock,
        timing,
        access.guard,
        activity,
    )

    journal = Journal(state, clock, hides=lambda: _hiding(access, connections), trace=activity)
    settings = KeptSettings(state, activity)
    runner = Runner(connections, approvals, journal, settings, sign_ins, clock, operator, timing, access, activity)
    copies = folder / "directories"

    def not_shown(source: DataSource) -> Problem | None:
        # As the file secures it, not as somebody opened it.
        return access.no_directory(connections.filed(source.id) or source)

    importer = Importer(copies, runner.session, settings, clock, operator, not_shown, activity)
    directories = Directories(copies, not_shown, clock)
    owners = GroupOwners(directories, runner.session, importer.copy, clock)
    state.add(tables.STEPS)

    @cache
    def make_scheduling() -> Scheduling:
        from o365desk.services.in_step.in_step import GroupsInStep
        from o365desk.services.in_step.people import PeopleOfWorkspace
        from o365desk.services.in_step.tasks import works
        from o365desk.services.schedules.lifetimes import Lifetimes
        from o365desk.services.schedules.schedules import Schedules
        from o365desk.services.schedules.waking.waking import Waking

        schedules = Schedules(
            place, state, connections, runner, vault, access, lambda: works(importer, groups, connections.by_id),
            clock, timing, operator.address, session=session_only, trace=activity,
        )  # fmt: skip
        groups = GroupsInStep(
            place, state, connections, runner, importer, directories, schedules, settings, access, clock,
            operator.address, activity,
        )  # fmt: skip
        waking = Waking(place, state, schedules.records, connections, vault, clock, timing)
        persons = PeopleOfWorkspace(groups, lambda: store.load().people, journal, access)
        return Scheduling(
            schedules, Lifetimes(connections, schedules, clock, directories.lifetimes), waking, groups, persons
        )

    def scheduling() -> Scheduling:
        with making:
            return make_scheduling()

    @cache
    def asking() -> "Asking":
        from o365desk.services.sso.asking import Asking

        return Asking(sign_ins(), approvals, vault, clock, open_browser)

    @cache
    def sign_on() -> "SingleSignOnDesk":
        from o365desk.services.sso.sessions import Sessions
        from o365desk.services.sso.single_sign_on import SingleSignOnDesk

        sessions = Sessions(state, place, clock, kept.passing if kept else None)
        return SingleSignOnDesk(
            store, store.last_seen, sessions, rehearsals, access, connections.by_id, asking, account, clock,
            activity,
        )  # fmt: skip

    def for_operator(who: Operator) -> App:
        passing = sign_on().passing if who.kind is OperatorKind.MICROSOFT else None
        return build(
            workspace, state_folder=state_folder, clock=clock, open_browser=open_browser, session_only=session_only,
            operator=who, origin=origin, timeouts=timeouts, timing=timing,
            kept=_Kept(account, vault, sign_ins, passing),
        )  # fmt: skip

    people = WorkspacePeople(store, operator, access.no_people, activity)
    return App(
        space, people, state, vault, approvals, settings, activity, connections, access, journal, runner, importer,
        directories, owners, scheduling, sign_on, for_operator, clock, timing, folder / "logs",
    )  # fmt: skip


def build_practice(
    open_browser: Callable[[str], bool] = show_in_browser, origin: Origin = Origin.COMMAND_LINE
) -> App:
    """A fresh practice tenant (not yet started: see `App.start_practice`), with a workspace, state and vault of its
    own that are gone when it is closed."""
    import tempfile

    folder = tempfile.TemporaryDirectory(prefix="o365desk-practice-", ignore_cleanup_errors=True)
    root = Path(folder.name)
    app = build(
        root / "workspace",
        state_folder=root / "state",
        open_browser=open_browser,
        session_only=True,
        origin=origin,
    )
    return replace(app, practice=Practice(), _folder=folder)


def start_log(app: App) -> None:
    """Writes this process's log, masked, into the state folder."""
    log.set_up(app.log_folder)
