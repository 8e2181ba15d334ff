"""The status of a data source, derived from its details and what is known about it; never stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from o365desk.model.datasource import DataSource, SignIn, fingerprint
from o365desk.model.problems import NOT_APPROVED, Problem
from o365desk.model.text import wording


class Outcome(StrEnum):
    """What a check showed. `NOT_PROVEN`: it could not run, or what it rests on did not hold."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_PROVEN = "not proven"
    SKIPPED = "skipped"


class Word(StrEnum):
    """The three words of the web original."""

    INCOMPLETE = "incomplete"
    TEST_FAILED = "test failed"
    READY = "ready"


class Authorisation(msgspec.Struct, frozen=True):
    """Who authorised the connection, when, and for which tenant (a GUID)."""

    account: str
    at: datetime
    tenant: str
    client_id: str = ""


@dataclass(frozen=True)
class Waiting:
    """While somebody signs in or consents: `kind` is browser, device-code or consent; `url` the address to open,
    for a device code also the `code` to type there. `until` is when it gives up."""

    kind: str
    url: str
    until: datetime
    code: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """What the last connection test showed. `outcome` is succeeded, failed or not proven; `fingerprint` says for
    which details; `report` is the whole report in its JSON shape."""

    outcome: str
    message: str
    at: datetime
    by: str
    fingerprint: str
    passed: int
    total: int
    report: bytes = b""


@dataclass(frozen=True)
class Lifetime:
    """Something that ends: `key` (authorisation, secret, certificate, delta), `title` in the user's words, `ends`.
    `steps`: so many days before it is warned."""

    key: str
    title: str
    ends: datetime
    steps: tuple[int, ...] = (3, 14, 30)

    def days_left(self, now: datetime) -> int:
        """Whole days until the end; negative once it has ended."""
        return (self.ends - now) // timedelta(days=1)

    def warning(self, now: datetime) -> int | None:
        """The step of warning in force: 30, 14, 3, 0 (ended), or None while it is far away."""
        if now >= self.ends:
            return 0
        return next((step for step in self.steps if now >= self.ends - timedelta(days=step)), None)

    def sentence(self, now: datetime) -> str:
        """How it stands, for a banner: "The client secret ends in 9 days, on 2 December 2026."."""
        day = wording.day(self.ends)
        if now >= self.ends:
            return f"{self.title} ended on {day}."
        days = self.days_left(now)
        when = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
        return f"{self.title} ends {when}, on {day}."


@dataclass(frozen=True)
class Known:
    """All that is known about a data source beyond its file, gathered for `status`. `proof` says which details,
    which secret and which account evidence must be of to speak for it; as `Evidence.fingerprint`."""

    problems: tuple[Problem, ...] = ()
    authorisation: Authorisation | None = None
    evidence: Evidence | None = None
    """The last test of these details that ended in succeeded or failed; where there is none, of other details."""
    attempt: Evidence | None = None
    """The last test of these details, however it ended; where there is none, of other details."""
    certificate_ends: datetime | None = None
    proof: str = ""


@dataclass(frozen=True)
class Status:
    """The word of the web original, what is meant by it here (`state`: that is what people see), the reason with
    the ages of what it tells of, and what ends soon."""

    word: Word
    state: str
    reason: str
    warnings: tuple[Lifetime, ...] = ()

    def __str__(self) -> str:
        return f"{self.state} — {self.reason}"


AUTHORISATION_MONTHS = 6
"""The web original must be authorised again every six months."""


def authorisation_ends(at: datetime) -> datetime:
    """Six calendar months later; on the last day of that month where it has no such day."""
    month0 = at.month - 1 + AUTHORISATION_MONTHS
    year, month = at.year + month0 // 12, month0 % 12 + 1
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    last_day = (first_of_next - timedelta(days=1)).day
    return at.replace(year=year, month=month, day=min(at.day, last_day))


def lifetimes(source: DataSource, known: Known) -> list[Lifetime]:
    """Everything about the data source that ends by itself, soonest first."""
    found = []
    if known.authorisation:
        found.append(Lifetime("authorisation", "The authorisation", authorisation_ends(known.authorisation.at)))
    if source.sign_in is SignIn.SECRET and source.secret_expires:
        end = wording.begins(source.secret_expires)
        found.append(Lifetime("secret", "The client secret", end))
    if source.sign_in is SignIn.CERTIFICATE and known.certificate_ends:
        found.append(Lifetime("certificate", "The certificate", known.certificate_ends))
    return sorted(found, key=lambda lifetime: lifetime.ends)


def derive(source: DataSource, known: Known, now: datetime) -> Status:
    """The status of a data source at a moment, with its reason and the warnings in force."""
    ending = lifetimes(source, known)
    warnings = tuple(item for item in ending if item.warning(now) is not None)
    word, state, reason = _word(source, known, ending, now)
    soon = next((item for item in warnings if item.ends > now), None)
    if word is Word.READY and soon:
        verb = "re-authorise" if soon.key == "authorisation" else f"renew {soon.title.lower()}"
        left = soon.days_left(now)
        reason += f"; {verb} within {wording.many(left, 'day') if left > 1 else 'a day'}"
    return Status(word, state, reason, warnings)


def _word(source: DataSource, known: Known, ending: Iterable[Lifetime], now: datetime) -> tuple[Word, str, str]:
    if known.problems:
        first, more = known.problems[0], len(known.problems) - 1
        if first.code == NOT_APPROVED:
            return Word.INCOMPLETE, _decapitalised(first.title), "see what changed, and approve it or go back"
        return Word.INCOMPLETE, "incomplete", first.title + (f", and {more} more" if more else "")
    ended = next((item for item in ending if item.ends <= now), None)
    if ended:
        verb = "re-authorise" if ended.key == "authorisation" else "renew it"
        state = f"{ended.title.removeprefix('The ')} ended"
        return Word.INCOMPLETE, state, f"{ended.sentence(now).rstrip('.')}; {verb}"
    evidence = known.evidence
    if evidence is None or evidence.fingerprint != _proof(source, known):
        return Word.INCOMPLETE, *_unproven(source, known, now)
    when, since = wording.age(evidence.at, now), _tried_since(evidence, known.attempt, now)
    if evidence.outcome == "failed":
        return Word.TEST_FAILED, "test failed", f"tested {when}: {evidence.message.rstrip('.')}{since}"
    return Word.READY, "ready", f"proven {when}, {evidence.passed} of {evidence.total} operations{since}"


def _proof(source: DataSource, known: Known) -> str:
    return known.proof or fingerprint(source)


def _tried_since(evidence: Evidence, attempt: Evidence | None, now: datetime) -> str:
    """That a later try showed nothing: what was proven stays so, but nobody should take the try for a success."""
    if attempt is None or attempt.outcome != "not proven" or attempt.fingerprint != evidence.fingerprint:
        return ""
    return f"; last try {wording.age(attempt.at, now)} not proven: {attempt.message.rstrip('.')}"


def _unproven(source: DataSource, known: Known, now: datetime) -> tuple[str, str]:
    """What is meant, and why, where the details are complete and no test speaks for them."""
    if source.sign_in.delegated and known.authorisation is None:
        return "not authorised", "nobody has signed in for it on this computer"
    attempt = known.attempt
    if attempt and attempt.fingerprint == _proof(source, known):
        return "not proven", f"tried {wording.age(attempt.at, now)}: {attempt.message.rstrip('.')}"
    if last := attempt or known.evidence:
        return "changed since its test", f"tested {wording.age(last.at, now)}; test it again"
    return "not tested yet", "test the connection"


def _decapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]
