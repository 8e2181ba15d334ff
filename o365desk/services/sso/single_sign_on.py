"""The desk of single sign-on: its settings, rehearsing and confirming them, signing in and out, and who works here.

Nobody is locked out: *Auto redirect* is switched on only after two sign-ins went well and an account that gets in
without one has been here, is off again by itself unless somebody who signed in confirms it, and never closes the
workspace to the account of the machine that enabled it. Nobody else gets in by that.
"""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from o365desk.model.access.operator import Operator, OperatorKind, microsoft_account
from o365desk.model.access.people import People, same_address
from o365desk.model.access.security import Deed
from o365desk.model.access.single_sign_on import (
    MOST_DAYS,
    NO_SINGLE_SIGN_ON,
    UNCONFIRMED,
    Armed,
    Bypass,
    Mode,
    SingleSignOn,
)
from o365desk.model.activity import CANCELLED, DONE, FAILED, Trace, What
from o365desk.model.datasource import DataSource
from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.status import Waiting
from o365desk.model.stop import Stop
from o365desk.services.access.access import Access
from o365desk.services.activity.activity import why
from o365desk.services.signin.rehearsals import Rehearsal, Rehearsals, connection_of
from o365desk.services.sso import telling, who
from o365desk.services.sso.sessions import Session, Sessions
from o365desk.services.sso.who import Identity
from o365desk.services.workspace.people_store import KnownPeople, PeopleConflictError, PeopleStore

if TYPE_CHECKING:
    from o365desk.services.sso.asking import Asking, SignedIn

log = logging.getLogger(__name__)

RECENT = timedelta(days=1)
"""Sign-ins that are older say too little of what works today."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be set; None leaves it as it is. `connector` is a data source's id, `bypass_group` accounts of the
    operating system."""

    enabled: bool | None = None
    connector: str | None = None
    auto_redirect: bool | None = None
    bypass_group: tuple[str, ...] | None = None
    remember_me: bool | None = None
    remember_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Door:
    """Who may come in now, as far as can be told without asking anybody. `mode` is None where `workspace.json`
    cannot be read and single sign-on is on, as far as this machine knows; then `problem` says why. `goes_on`: the
    account of the operating system may work without signing in; `way_back`: it may do so all the same, and that is
    written down."""

    mode: Mode | None
    account: str
    settings: SingleSignOn = NO_SINGLE_SIGN_ON
    problem: Problem | None = None
    goes_on: bool = True
    bypass: bool = False
    way_back: bool = False
    session: Session | None = None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What there is to see about single sign-on. `lapsed`: *Auto redirect* was not confirmed in time. `connector`
    is None where there is none any more; `lacking` is what is to be done before *Auto redirect* can be switched
    on."""

    settings: SingleSignOn
    mode: Mode
    lapsed: bool
    connector: DataSource | None
    rehearsals: tuple[Rehearsal, ...]
    lacking: tuple[Problem, ...]
    way_back: bool
    refusal: Problem | None
    """Why whoever works here may not change it."""


@dataclass(frozen=True, kw_only=True)
class Here:
    """Who works here. `role` in words, "" where that is not known; `session` where they are kept signed in."""

    operator: Operator
    role: str
    mode: Mode | None
    session: Session | None = field(default=None)


class SingleSignOnDesk:
    """See the module. Raises ProblemError, and PeopleConflictError where somebody else changed `workspace.json` at
    that moment; then nothing was written. `find` gives a data source by its id; `asking` makes what talks to
    Microsoft, when it is first needed; `account` is that of the operating system, `operator` who works here."""

    def __init__(
        self,
        store: PeopleStore,
        last_seen: Callable[[], People | None],
        sessions: Sessions,
        rehearsals: Rehearsals,
        access: Access,
        find: Callable[[str], DataSource | None],
        asking: "Callable[[], Asking]",
        account: Operator,
        clock: Callable[[], datetime],
        trace: Trace,
    ) -> None:
        self._store, self._last_seen, self._sessions, self._rehearsals = store, last_seen, sessions, rehearsals
        self._access, self._find, self._asking = access, find, asking
        self._account, self._clock, self._trace = account, clock, trace

    @property
    def operator(self) -> Operator:
        """Who works here."""
        return self._access.operator

    # --- the settings -----------------------------------------------------------------------------------------

    def show(self) -> Overview:
        """What is set, and what follows from it. No network."""
        people, now = self._store.load().people, self._clock()
        settings = people.single_sign_on
        source = self._find(settings.connector) if settings.connector else None
        return Overview(
            settings=settings,
            mode=settings.mode(now),
            lapsed=settings.lapsed(now),
            connector=source,
            rehearsals=tuple(self._here(source)),
            lacking=tuple(self._lacking(settings, source)),
            way_back=self._is_way_back(),
            refusal=self._refusal(people),
        )

    def set(self, change: Change) -> SingleSignOn:
        """Changes the settings. *Auto redirect* is armed by that, and is to be confirmed; who is named in the
        bypass group for the first time has not been here yet, unless it is whoever does this."""
        known, now = self._store.load(), self._clock()
        if refusal := self._refusal(known.people):
            raise ProblemError(refusal)
        before = known.people.single_sign_on
        after = self._changed(before, change)
        self._check(after, before, known.people)
        arming = bool(change.auto_redirect)
        if arming:
            source = self._find(after.connector)
            for problem in self._lacking(after, source):
                raise ProblemError(problem)
            after = after.replace(
                auto_redirect=True, armed=Armed(by=self.operator.address, at=now, until=now + UNCONFIRMED)
            )
        what = What.SSO_ARMED if arming else What.SSO_CHANGED
        with self._trace.around(what, before=telling.settings_of(before), after=telling.settings_of(after)):
            if after.enabled and (arming or not before.enabled):
                self._close_behind(lambda: self._keep(known, after))
            else:
                self._keep(known, after)
        if not after.enabled:
            self._sessions.keep_way_back("")
            self._forget_session()
            self._hold(None)
        return after

    def _close_behind(self, close: Callable[[], None]) -> None:
        """Keeps the way back before it may be needed: who is killed in between has one too many, not too few."""
        before = self._sessions.way_back()
        self._sessions.keep_way_back(self._account.address)
        try:
            close()
        except BaseException:
            self._sessions.keep_way_back(before.account if before else "")
            raise

    def confirm(self) -> SingleSignOn:
        """*Auto redirect* stays on. Only somebody who signed in can know that it works."""
        known, now = self._store.load(), self._clock()
        settings = known.people.single_sign_on
        if refusal := self._refusal(known.people):
            raise ProblemError(refusal)
        armed = settings.armed
        if armed is None or settings.mode(now) is not Mode.REDIRECTING:
            raise ProblemError(telling.NOT_ARMED)
        if self.operator.kind is not OperatorKind.MICROSOFT:
            raise ProblemError(telling.NOT_BY_YOU)
        if armed.confirmed:
            return settings
        after = settings.replace(armed=msgspec.structs.replace(armed, confirmed=True))
        with self._trace.around(
            What.SSO_CONFIRMED, before=telling.settings_of(settings), after=telling.settings_of(after)
        ):
            self._keep(known, after)
        return after

    def _refusal(self, people: People) -> Problem | None:
        decision = self._access.decide(None, Deed.SINGLE_SIGN_ON, people=people)
        return decision.problem("You may not change single sign-on")

    def _keep(self, known: KnownPeople, after: SingleSignOn) -> None:
        self._store.save(known.people.replace(single_sign_on=after), known.version)

    def _changed(self, before: SingleSignOn, change: Change) -> SingleSignOn:
        after = before
        for key in ("enabled", "connector", "remember_me", "remember_days"):
            if (value := getattr(change, key)) is not None:
                after = msgspec.structs.replace(after, **{key: value})
        if change.bypass_group is not None:
            after = after.replace(bypass_group=self._bypass(before, change.bypass_group))
        moved = (after.enabled, after.connector) != (before.enabled, before.connector)
        # What was rehearsed and confirmed was another connector.
        if change.auto_redirect is False or moved or not after.enabled:
            after = after.replace(auto_redirect=False, armed=None)
        return after

    def _bypass(self, before: SingleSignOn, accounts: tuple[str, ...]) -> tuple[Bypass, ...]:
        kept = {same_address(each.account): each for each in before.bypass_group}
        me = same_address(self._account.address)
        found: dict[str, Bypass] = {}
        for account in map(str.strip, accounts):
            wanted = same_address(account)
            if account and wanted not in found:
                found[wanted] = kept.get(wanted) or Bypass(account=account)
            if wanted == me and account and found[wanted].seen is None:
                found[wanted] = msgspec.structs.replace(found[wanted], seen=self._clock())
        return tuple(found.values())

    def _check(self, after: SingleSignOn, before: SingleSignOn, people: People) -> None:
        if not 1 <= after.remember_days <= MOST_DAYS:
            raise telling.refused(
                "The number of days is not possible", "", f"Give 1 to {MOST_DAYS} days.", "rememberDays"
            )
        if not after.enabled:
            return
        if not people.persons:
            raise telling.refused(
                "This workspace has no roles yet",
                "Whoever opens it is its Administrator, whether they sign in or not.",
                "Give somebody a role first: o365desk roles set ADDRESS administrator.",
            )
        source = self._find(after.connector) if after.connector else None
        if source is None and (after.connector != before.connector or not before.enabled):
            raise telling.refused(
                "There is no such connector" if after.connector else "Single sign-on needs a connector",
                "",
                "Name a data source of this workspace that enables single sign-on.",
                "connector",
            )
        if source and not source.sso and not before.enabled:
            raise telling.refused(
                f"“{source.name}” does not enable single sign-on",
                "Its box “Enable Azure OpenID Connect Single-Sign-On” is not checked.",
                "Check the box, have the permissions consented to, and try again.",
                "connector",
            )

    # --- what must have happened before Auto redirect ---------------------------------------------------------

    def _here(self, source: DataSource | None) -> list[Rehearsal]:
        place = self._sessions.place
        return [each for each in self._rehearsals.of(source) if each.workspace == place] if source else []

    def _lacking(self, settings: SingleSignOn, source: DataSource | None) -> list[Problem]:
        now, found = self._clock(), []
        if not settings.enabled:
            remedy = "Enable it first: o365desk sso set --enable --connector NAME."
            found.append(telling.lacks("Single sign-on is not enabled", remedy))
        recent = [each for each in self._here(source) if timedelta(0) <= now - each.at <= RECENT]
        number = len({each.used for each in recent})
        if number < 2:
            have = "None" if number == 0 else "Only one"
            found.append(
                telling.lacks(
                    "Two separate sign-ins must have succeeded",
                    "Sign in again: o365desk sso rehearse." if number else "Sign in twice: o365desk sso rehearse.",
                    f"{have} did on this computer within a day, with the connector as it is now.",
                )
            )
        if not any(each.seen for each in settings.bypass_group):
            names = ", ".join(f"“{each.account}”" for each in settings.bypass_group)
            found.append(
                telling.lacks(
                    "No account that gets in without signing in is known to work",
                    "Open this workspace with one of them once."
                    if names
                    else "Name one: o365desk sso set --bypass ACCOUNT, best a second one on another computer.",
                    f"None of the SSO bypass group ({names}) has been here yet."
                    if names
                    else "The SSO bypass group is empty.",
                )
            )
        return found

    # --- who comes in -----------------------------------------------------------------------------------------

    def door(self) -> Door:
        """Who may come in now. No network."""
        people, problem = self._as_it_stands()
        settings, now = people.single_sign_on if people else NO_SINGLE_SIGN_ON, self._clock()
        mode = settings.mode(now)
        account = self._account.address
        if mode is Mode.OFF:
            return Door(mode=mode, account=account, problem=problem)
        closed = problem is not None and mode is Mode.REDIRECTING
        wanted = same_address(account)
        bypass = not closed and any(same_address(each.account) == wanted for each in settings.bypass_group)
        return Door(
            mode=None if closed else mode,
            account=account,
            settings=settings,
            problem=problem,
            goes_on=mode is Mode.OPEN or bypass,
            bypass=bypass,
            way_back=self._is_way_back(),
            session=None if closed else self._session(settings),
        )

    def seat(self, stop: Stop, *, way_back: bool = False) -> Operator:
        """Who works here: whoever is kept signed in, else the account of the operating system, if it may. Asks
        Microsoft once an hour whether somebody is still signed in. Raises ProblemError (SIGN_IN_NEEDED)."""
        if way_back:
            return self.enter(way_back=True)
        return self.resume(stop) or self.enter()

    def enter(self, *, way_back: bool = False) -> Operator:
        """Lets the account of the operating system in, if it may come in: with `way_back` that is written down
        before. Raises ProblemError (SIGN_IN_NEEDED) where it may not."""
        door = self.door()
        if way_back and not door.goes_on:
            if not door.way_back:
                raise ProblemError(telling.no_way_back(door.account))
            closed = why(door.problem) if door.problem else {}
            self._trace.record(What.WAY_BACK, facts={"account": door.account, **closed})
            self._hold(None)
            return self._account
        if not door.goes_on:
            raise ProblemError(telling.closed(door.account, door.problem, way_back=door.way_back))
        self._note(door)
        self._hold(None)
        return self._account

    def _note(self, door: Door) -> None:
        """Writes down what should be known of those who come: that somebody of the bypass group was here, and that
        *Auto redirect* fell back."""
        settings, now = door.settings, self._clock()
        armed = settings.armed
        if armed and settings.lapsed(now) and not self._sessions.told(f"{armed.by} {armed.at.isoformat()}"):
            self._trace.record(What.SSO_ROLLED_BACK, facts={"by": armed.by, "until": armed.until.isoformat()})
        wanted = same_address(door.account)
        if not any(same_address(each.account) == wanted and each.seen is None for each in settings.bypass_group):
            return
        known = self._store.load()
        group = tuple(
            msgspec.structs.replace(each, seen=now)
            if same_address(each.account) == wanted and each.seen is None
            else each
            for each in known.people.single_sign_on.bypass_group
        )
        try:
            self._keep(known, known.people.single_sign_on.replace(bypass_group=group))
        except (ProblemError, PeopleConflictError) as error:  # the next time will do
            log.info("That a bypass account was here could not be kept: %s", error)

    def _as_it_stands(self) -> tuple[People | None, Problem | None]:
        """The people as they are or, where that cannot be read, as this machine saw them last, and why."""
        try:
            return self._store.load().people, None
        except ProblemError as error:
            with contextlib.suppress(ProblemError):
                return self._last_seen(), error.problem
            return None, error.problem

    def _is_way_back(self) -> bool:
        kept = self._sessions.way_back()
        return kept is not None and same_address(kept.account) == same_address(self._account.address)

    # --- signing in -------------------------------------------------------------------------------------------

    def rehearse(
        self,
        stop: Stop,
        tell: Callable[[Waiting], None],
        *,
        device_code: bool = False,
        connector: str = "",
    ) -> "SignedIn":
        """Signs somebody in to see whether it works and who they would be, through the `connector` that is set or
        another data source, by its id. Nobody is signed in by that. Raises ProblemError or CancelledError."""
        settings = self._store.load().people.single_sign_on
        settings = settings.replace(connector=connector) if connector else settings
        signed = self._ask(settings, stop, tell, device_code, "login")
        self._trace.record(What.SIGN_IN, outcome=DONE, facts={**telling.facts_of(signed), "rehearsed": True})
        return signed

    def sign_in(
        self,
        stop: Stop,
        tell: Callable[[Waiting], None],
        *,
        remember: bool | None = None,
        device_code: bool = False,
    ) -> "SignedIn":
        """Signs somebody in: the operator of what they do from now on is in what is returned. They are kept signed
        in where they want to be remembered (None: as the settings say). Raises ProblemError or CancelledError."""
        known = self._store.load()
        settings = known.people.single_sign_on
        if not settings.enabled:
            raise ProblemError(telling.OFF)
        wanted = settings.remember_me if remember is None else remember
        if wanted:
            self._asking().refuse_locked(settings.connector)
        signed = self._ask(settings, stop, tell, device_code, "select_account")
        self._bind(signed.identity)
        self._trace.record(What.SIGN_IN, outcome=DONE, facts={**telling.facts_of(signed), "remembered": wanted})
        session = self._session_of(settings, signed)
        if wanted:
            self._asking().keep(settings.connector, signed)
            self._sessions.keep(session)
            self._hold(None)
        else:
            self._forget_session()
            self._hold(session, signed)
        return signed

    def _ask(
        self,
        settings: SingleSignOn,
        stop: Stop,
        tell: Callable[[Waiting], None],
        device_code: bool,
        prompt: str,
    ) -> "SignedIn":
        try:
            source = self._connector(settings)
            asked = self._asking().ask(source, stop, tell, device_code=device_code, prompt=prompt)
        except ProblemError as error:
            self._trace.note(What.SIGN_IN_FAILED, outcome=FAILED, facts=why(error.problem))
            raise
        except CancelledError:
            self._trace.note(What.SIGN_IN_FAILED, outcome=CANCELLED)
            raise
        signed = asked.recognised(who.recognise(asked.identity, self._store.load().people))
        self._rehearsals.add(
            source.id,
            Rehearsal(
                at=self._clock(),
                account=signed.account,
                tid=signed.identity.tid,
                oid=signed.identity.oid,
                used=signed.used,
                workspace=self._sessions.place,
                connection=connection_of(source),
                trial=prompt == "login",
            ),
        )
        return signed

    def _connector(self, settings: SingleSignOn) -> DataSource:
        if not settings.connector:
            raise ProblemError(telling.NO_CONNECTOR)
        source = self._find(settings.connector)
        if source is None:
            raise ProblemError(
                telling.NO_CONNECTOR.with_(
                    title="The connector of single sign-on is gone",
                    cause="Its data source was deleted, or its file cannot be read.",
                )
            )
        if not source.sso:
            raise ProblemError(
                telling.NO_CONNECTOR.with_(
                    title=f"“{source.name}” does not enable single sign-on any more",
                    cause="Its box “Enable Azure OpenID Connect Single-Sign-On” is not checked.",
                )
            )
        return source

    def _bind(self, identity: Identity) -> None:
        for _ in range(2):
            try:
                who.bind(self._store, identity, self._store.load())
            except PeopleConflictError:
                continue
            except ProblemError as error:
                # Where nobody here may write, they are found by their address the next time, too.
                log.info("Whose the account is could not be kept: %s", error.problem.sentence())
            return

    def _session_of(self, settings: SingleSignOn, signed: "SignedIn") -> Session:
        now, identity = self._clock(), signed.identity
        return Session(
            source=settings.connector,
            tid=identity.tid,
            oid=identity.oid,
            addresses=identity.addresses,
            name=identity.name,
            guest=identity.guest,
            begun=now,
            renewed=now,
            days=settings.remember_days,
            hint=signed.hint,
        )

    def set_up_by(self, address: str) -> Operator:
        """As whom a task runs that somebody with this address set up here: the Microsoft account that is theirs, if
        one is, else the account of the operating system."""
        people, _ = self._as_it_stands()
        person = people.person(address) if people and address != self._account.address else None
        if person is None or person.identity is None:
            return self._account
        return microsoft_account(
            person.address, tenant=person.identity.tid, oid=person.identity.oid, name=person.name
        )

    # --- staying signed in, and signing out -------------------------------------------------------------------

    def _session(self, settings: SingleSignOn) -> Session | None:
        """Who is kept signed in, if it was through what is set now."""
        kept = self._sessions.current()
        return kept if kept and settings.enabled and kept.source == settings.connector else None

    def resume(self, stop: Stop) -> Operator | None:
        """Whoever is kept signed in here; None for nobody. Asks Microsoft once an hour whether they still are.
        Raises ProblemError (SIGN_IN_NEEDED) where they are not, or that cannot be found out."""
        door = self.door()
        kept, now = door.session, self._clock()
        if kept is None:
            return None
        if kept.over(now):
            raise ProblemError(telling.over(kept, now, remembered=True))
        if not kept.fresh(now):
            self._renew(kept, stop)
        return who.recognise(kept.identity, self._store.load().people).operator

    @property
    def passing(self) -> Session | None:
        """Who signed in and is not remembered, as long as this process goes on."""
        return self._sessions.passing

    def ended(self, stop: Stop) -> Problem | None:
        """Why whoever works here, and signed in, may not any more. Asks Microsoft once an hour, whether they are
        remembered or not. None: they may, or that cannot be found out: nobody is sent away for an outage before
        the days are over that the settings give."""
        mine = self._mine()
        if mine is None:
            return None
        try:
            if mine.over(self._clock()):
                raise ProblemError(telling.over(mine, self._clock(), remembered=mine is not self.passing))
            if not mine.fresh(self._clock()):
                self._renew(mine, stop)
        except ProblemError as error:
            left = self._mine()
            return error.problem if left is None or left.over(self._clock()) else None
        return None

    def _mine(self) -> Session | None:
        """The sign-in of whoever works here, as far as it is still known."""
        people, _ = self._as_it_stands()
        settings, operator = people.single_sign_on if people else NO_SINGLE_SIGN_ON, self.operator
        held = self._sessions.passing if settings.enabled else None
        found = (each for each in (held, self._session(settings)) if each)
        return next((each for each in found if (each.tid, each.oid) == (operator.tenant, operator.oid)), None)

    def _renew(self, kept: Session, stop: Stop) -> None:
        from o365desk.services.signin.msal_sign_in import SignedOutError

        held = kept is self._sessions.passing
        try:
            settings = self._store.load().people.single_sign_on
            source = self._connector(msgspec.structs.replace(settings, connector=kept.source))
            self._asking().renew(source, kept.identity, stop, held=held)
        except SignedOutError as error:
            if held:
                self._hold(None)
            else:
                self._forget_session()
            self._trace.note(What.SIGN_OUT, outcome=DONE, facts=why(error.problem))
            raise ProblemError(telling.ended(error.problem)) from error
        except ProblemError as error:
            self._trace.note(What.SIGN_IN_FAILED, outcome=FAILED, facts=why(error.problem))
            raise ProblemError(telling.not_found_out(error.problem)) from error
        self._sessions.renew(kept)

    def sign_out(self, stop: Stop, *, at_microsoft: bool = False) -> str:
        """Nobody is kept signed in here any more, whatever else fails; `at_microsoft`: the browser is sent to where
        its sign-in ends, too, also that of whoever works here and is not remembered. Returns that address, "" for
        none. Raises ProblemError."""
        kept, works = self.passing or self._sessions.current(), self.operator.kind is OperatorKind.MICROSOFT
        self._forget_session()
        self._hold(None)
        if not (kept or works):
            return ""
        self._trace.record(What.SIGN_OUT, outcome=DONE, facts={"at Microsoft": at_microsoft})
        if not at_microsoft:
            return ""
        people, _ = self._as_it_stands()
        through = kept.source if kept else people.single_sign_on.connector if people else ""
        source = self._find(through) if through else None
        address = self._asking().end_session(source, kept.hint if kept else "", stop)
        if address:
            self._asking().open_browser(address)
        return address

    def _hold(self, session: Session | None, signed: "SignedIn | None" = None) -> None:
        """Whoever signed in and is not remembered works here from now on; None: nobody such."""
        if session or self._sessions.passing:
            self._sessions.passing = session
            self._asking().hold(signed)

    def _forget_session(self) -> None:
        kept = self._sessions.current()
        if kept is None:
            return
        self._sessions.keep(None)
        self._asking().forget(kept.source)

    def whoami(self) -> Here:
        """Who works here, and as what. No network."""
        people, _ = self._as_it_stands()
        door = self.door()
        operator = self.operator
        if door.session and people and operator.kind is OperatorKind.OS:
            operator = who.recognise(door.session.identity, people).operator
        person = people.person(operator.address) if people else None
        role = person.role.value if person else "" if people and people.persons else "Administrator"
        return Here(operator=operator, role="" if operator.guest else role, mode=door.mode, session=door.session)
