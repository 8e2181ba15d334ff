"""What a handover sheet says: everything that somebody needs who types a data source into the web platform, in the
order of its screens, with what was proven of it and what is still open. Offline, and without a secret: the vault is
asked for none, and what looks like one among the details is not shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from o365desk import __version__, catalogue
from o365desk.log import without_secret
from o365desk.model import datasource
from o365desk.model.access.people import Partner, People, Person, Role
from o365desk.model.access.security import Security, Who, WhoKind
from o365desk.model.datasource import CLOUDS, FIELDS, DataSource, SignIn, slug
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.report import Report
from o365desk.model.searches import Search
from o365desk.model.status import AUTHORISATION_MONTHS, Evidence, Known, Lifetime, Outcome, derive, lifetimes
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.access.access import Access
from o365desk.services.access.findings import Finding, Severity, findings
from o365desk.services.access.report import in_words
from o365desk.services.connection_test.evidence import report_of
from o365desk.services.connections import Connections
from o365desk.services.handover.document import Block, Cell, Details, Grid, Points, Section, Sheet, Text, Tone
from o365desk.services.signin.consent import consent_link

ENDINGS = (".pdf", ".html", ".md")
"""What the file of a sheet may end in."""
_TITLE = 100
"""Letters of a display name in the heading; its whole length stands among the details."""
_TONES = {
    Outcome.PASSED: Tone.GOOD,
    Outcome.FAILED: Tone.BAD,
    Outcome.NOT_PROVEN: Tone.WARN,
    Outcome.SKIPPED: Tone.DIM,
}
_OUTCOMES = {"succeeded": Tone.GOOD, "failed": Tone.BAD}
_SEVERITIES = {Severity.RED: Tone.BAD, Severity.AMBER: Tone.WARN, Severity.INFO: Tone.PLAIN}
_HIDDEN = "•••"
_NOTHING = Text("not filled in", Tone.DIM)


def file_name(source: DataSource) -> str:
    """What the sheet's file is called, without its ending."""
    return f"{slug(without_secret(source.name))}-handover"


@dataclass(frozen=True)
class _Facts:
    """What the sheet is made of."""

    source: DataSource
    known: Known
    people: People | Problem
    findings: tuple[Finding, ...]
    now: datetime

    @property
    def test(self) -> Evidence | None:
        """The last test, however it ended."""
        return self.known.attempt or self.known.evidence

    @property
    def current(self) -> bool:
        """Whether that test speaks for the data source as it is."""
        return self.test is not None and self.test.fingerprint == self.known.proof

    @property
    def ending(self) -> list[Lifetime]:
        return lifetimes(self.source, self.known)


def sheet(connections: Connections, access: Access, source: DataSource, now: datetime) -> Sheet:
    """The handover sheet of a data source as it is saved. No network. Raises ProblemError where the state cannot be
    used."""
    facts = _Facts(source, connections.known(source), access.people(), tuple(findings(access, source)), now)
    name = shown(without_secret(source.name.strip()), _TITLE)
    still = tuple(_open(facts))
    return Sheet(
        title=f"Handover sheet: {name or 'a data source without a name'}",
        made=f"Office 365 data connector, as it was on {wording.utc(now)}. Made by {access.operator.address} with "
        f"o365desk {__version__}.",
        summary=tuple(_summary(facts, still)),
        sections=(
            Section("Datasource management", (_ADD, _first(facts))),
            Section("Connection details", (_OWN_APP, Details(tuple(_details(facts))))),
            Section("Check boxes", (_BOXES, _boxes(source))),
            Section("Permissions and consent", tuple(_permissions(source))),
            Section("Security settings", tuple(_security(source.security))),
            Section("Roles and partners", tuple(_people(facts))),
            Section("Saved searches", tuple(_searches(source))),
            Section("Evidence of the last test", tuple(_evidence(facts))),
            Section("Still open", tuple(_still_open(facts, still))),
        ),
    )  # fmt: skip


def _own(text: str) -> Cell:
    """A text out of the data source's file."""
    return without_secret(text.strip()) or _NOTHING


def _told(sentence: str) -> str:
    """A sentence that may quote such a text."""
    told = without_secret(sentence)
    return told if told != _HIDDEN else "What looks like a secret stands in a field that others read: see the form."


def _checked(value: bool) -> Cell:
    return Text("checked", Tone.GOOD) if value else "not checked"


# --- the screens, one after the other ----------------------------------------------------------------------------

_ADD = (
    "In the web platform: Datasource management, + Add new, Office 365. Whoever types this in needs the role "
    "Administrator or Manage datasources there."
)
_OWN_APP = (
    "The web platform owns its app registration: its form asks for a Display name and for nothing else of this. "
    "These are o365desk’s own fields; they say which tenant it is for and through which app it was proven."
)
_BOXES = "As they stand on the form, in this order."


def _summary(facts: _Facts, still: tuple[Text, ...]) -> Iterator[Text]:
    bad = sum(point.tone is Tone.BAD for point in still)
    status = derive(facts.source, facts.known, facts.now)
    tone = {"ready": Tone.GOOD, "test failed": Tone.BAD}.get(status.word.value, Tone.WARN)
    yield Text(f"Status: {status}", tone)
    yield Text(
        f"{wording.many(len(still), 'point')} still open, {bad} of them red: see the last section."
        if still
        else "Nothing is open that could be told.",
        (Tone.BAD if bad else Tone.WARN) if still else Tone.GOOD,
    )
    yield Text(
        "This sheet holds no secret: the client secret or the certificate goes its own way, from vault to vault.",
        Tone.DIM,
    )


def _first(facts: _Facts) -> Details:
    source = facts.source
    changed = f"{wording.utc(source.modified)}" if source.modified else "never saved"
    return Details((
        (FIELDS["name"].plain_label, (_own(source.name),)),
        ("Type", ("Office 365",)),
        ("Status", (str(derive(source, facts.known, facts.now)),)),
        ("Modified", (changed,)),
        ("Modified by", (_own(source.modified_by),)),
    ))  # fmt: skip


def _details(facts: _Facts) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    source = facts.source
    cloud = CLOUDS.get(source.cloud)
    yield FIELDS["cloud"].plain_label, (cloud.title if cloud else _own(source.cloud),)
    yield FIELDS["login"].plain_label, (_own(source.login_root),)
    yield FIELDS["graph"].plain_label, (_own(source.graph_root),)
    yield FIELDS["tenant"].plain_label, (_own(source.tenant),)
    yield FIELDS["clientId"].plain_label, (_own(source.client_id),)
    yield FIELDS["signIn"].plain_label, (_SIGNS_IN[source.sign_in],)
    if source.sign_in is SignIn.CERTIFICATE:
        yield FIELDS["certificate"].plain_label, (_own(source.certificate),)
    if source.ca_file:
        yield FIELDS["caFile"].plain_label, (_own(source.ca_file),)
    yield FIELDS["setUsageLocation"].plain_label, (_checked(source.read_write and source.set_usage_location),)
    yield "Authorised", tuple(_authorised(facts))


_SIGNS_IN = {
    SignIn.ADMINISTRATOR: "Administrator: somebody signs in in the browser",
    SignIn.SECRET: "Client secret: the app signs in by itself. It is in o365desk’s vault, not on this sheet.",
    SignIn.CERTIFICATE: "Certificate: the app signs in by itself. The private key stays in its file.",
}


def _authorised(facts: _Facts) -> Iterator[Cell]:
    who = facts.known.authorisation
    if who:
        yield f"by {without_secret(who.account)} for tenant {without_secret(who.tenant)} on {wording.utc(who.at)}"
    else:
        yield Text("not on this computer", Tone.DIM)
    yield Text(
        "In the web platform: Authorize, by somebody who is an administrator in Office 365 too; again every "
        f"{AUTHORISATION_MONTHS} months, and whenever consent was withdrawn.",
        Tone.DIM,
    )


def _boxes(source: DataSource) -> Details:
    always = Text("checked (cannot be unchecked)", Tone.GOOD)
    return Details((
        (FIELDS["readProfiles"].plain_label, (always,)),
        (FIELDS["readWrite"].plain_label, (_checked(source.read_write),)),
        (FIELDS["sso"].plain_label, (_checked(source.sso),)),
    ))  # fmt: skip


def _permissions(source: DataSource) -> Iterator[Block]:
    yield "What the check boxes ask Microsoft Graph for, and why."
    yield Grid(
        ("Permission", "Kind", "Reason", "Who consents"),
        (30, 14, 36, 20),
        tuple(
            (
                each.name,
                each.kind,
                each.reason,
                "an administrator" if each.admin_consent else "each user may",
            )
            for each in catalogue.permissions_asked_for(source)
        ),
    )  # fmt: skip
    link = _consent_link(source)
    if isinstance(link, Problem):
        yield Points((Text(f"There is no consent link yet. {_told(link.sentence())}", Tone.WARN),))
    else:
        yield (
            "The administrator’s consent link, for the app above. The web platform asks for its own app’s consent "
            "while it is authorised."
        )
        yield Details((("Consent link", (Text(link, Tone.CODE),)),))


_LEADING = ("cloud", "login", "graph", "tenant", "clientId")
"""The fields that a consent link is made of."""


def _consent_link(source: DataSource) -> str | Problem:
    wrong = next((each for each in datasource.check(source) if each.field in _LEADING), None)
    if wrong:
        return wrong
    try:
        return consent_link(source)
    except ProblemError as error:
        return error.problem


def _security(security: Security) -> Iterator[Block]:
    anybody = "empty: any Administrator or Manage datasources may edit the connection"
    yield Details((
        ("Connection administrators", _named(security.administrators, anybody)),
        ("Connection users", _named(security.users, "empty: any user may query through it")),
        ("Enable B2B", (_checked(security.b2b),)),
        ("Enable partner default query parameters", (_checked(security.partner_defaults),)),
    ))  # fmt: skip
    if not security.mappings:
        yield "There are no mappings."
        return
    if not (security.b2b and security.partner_defaults):
        yield "The mappings are kept and do not hold: they do once both boxes are checked."
    yield Grid(
        ("Mapping", "Query type", "Table/Operation", "Filter conditions"),
        (11, 15, 24, 50),
        tuple(
            (str(number), _own(mapping.query_type), *map(_own, in_words(mapping)))
            for number, mapping in enumerate(security.mappings, 1)
        ),
    )


def _named(listed: tuple[Who, ...], empty: str) -> tuple[Cell, ...]:
    names = (f"{without_secret(who.shown)}{', a group' if who.kind is WhoKind.GROUP else ''}" for who in listed)
    return tuple(names) or (Text(empty, Tone.DIM),)


def _people(facts: _Facts) -> Iterator[Block]:
    """Who may administer, and who the partners are where these matter."""
    people = facts.people
    if isinstance(people, Problem):
        yield Points((Text(_told(people.sentence()), Tone.BAD),))
        return
    able = [person for person in people.persons if person.role is not Role.USER]
    if able:
        rows = tuple((_own(each.address), _own(each.name), *_role(each)) for each in able)
        yield Grid(("Address", "Name", "Role", "Kind"), (36, 26, 24, 14), rows)
    else:
        yield "Nobody was given a role in this workspace: whoever opens it is its Administrator."
    if not facts.source.security.b2b:
        yield "Enable B2B is not checked: partners may not query, so they are not listed here."
    elif not people.partners:
        yield "No partner is entered: only guests of the tenant count as external."
    else:
        yield "The partners, whose values the conditions of the mappings compare with:"
        yield Grid(
            ("Partner Company Name", "Main Contact Name", "Main Contact Email", "Users and domains"),
            (25, 22, 25, 28),
            tuple(map(_partner, people.partners)),
        )


def _searches(source: DataSource) -> Iterator[Block]:
    """What is kept under a name for everybody who queries."""
    if not source.searches:
        yield "None is saved."
        return
    yield (
        "The web platform keeps none by name: what a process asks is set where it uses the query. These are what "
        "its users have found worth keeping."
    )
    yield Grid(
        ("Saved search", "Table/Operation", "Values", "Filter conditions"),
        (20, 19, 22, 39),
        tuple(map(_search, source.searches)),
    )


def _search(search: Search) -> tuple[Cell, ...]:
    operation = catalogue.OPERATIONS.get(search.operation)
    labels = {field.key: field.plain_label for field in operation.fields} if operation else {}
    titles = {column.key: column.title for column in operation.columns} if operation else {}
    values = [f"{labels.get(key, key)}: {text}" for key, text in search.values.items()]
    key, _, down = search.sort.partition(" ")
    values += [f"Sort by: {titles.get(key, key)}{', descending' if down else ''}"] if key else []
    values += [f"At most: {wording.many(search.max_rows, 'row')}"] if search.max_rows else []
    title, sentence = in_words(search)
    asked = _own(sentence) if search.conditions or not operation else Text("none", Tone.DIM)
    return _own(search.name), _own(title), _own("; ".join(values)) if values else Text("none", Tone.DIM), asked


def _role(person: Person) -> tuple[Cell, Cell]:
    return person.role.value, "a group" if person.kind is WhoKind.GROUP else "a user"


def _partner(partner: Partner) -> tuple[Cell, ...]:
    known_by = ", ".join((*partner.users, *(f"all of {domain}" for domain in partner.domains)))
    return tuple(map(_own, (partner.company, partner.contact_name, partner.contact_email, known_by)))


# --- evidence -----------------------------------------------------------------------------------------------------


def _evidence(facts: _Facts) -> Iterator[Block]:
    test = facts.test
    if test is None:
        yield Points((Text("There is none: no connection test was made on this computer.", Tone.WARN),))
        return
    report = report_of(test)
    yield Details(tuple(_how_it_ended(facts, test, report)))
    if not facts.current:
        yield Points((Text("It was a test of other details, or with another account or secret.", Tone.WARN),))
    if report is None:
        yield "Its report was written by another version of o365desk and cannot be read here."
        return
    yield Grid(
        ("Operation", "Verdict", "Why"),
        (30, 17, 53),
        tuple(
            (each.title, Text(each.outcome, _TONES[each.outcome]), _verdict(each.detail, each.missing))
            for each in report.operations
        ),
    )
    yield "The steps, with Microsoft’s request IDs, by which its support finds each request:"
    yield Grid(
        ("Step", "Outcome", "What it found", "Request ID"),
        (24, 14, 25, 37),
        tuple(
            (step.title, Text(step.outcome, _TONES[step.outcome]), step.detail,
             Text(step.request_id, Tone.CODE) if step.request_id else "")
            for step in report.steps
        ),
    )  # fmt: skip


def _how_it_ended(facts: _Facts, test: Evidence, report: Report | None) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    yield "Outcome", (Text(test.outcome, _OUTCOMES.get(test.outcome, Tone.WARN)), test.message)
    yield "When", (f"{wording.utc(test.at)} ({wording.age(test.at, facts.now)})",)
    yield "Operations proven", (f"{test.passed} of {test.total}",)
    yield "By", (test.by,)
    if report and report.account:
        yield "Signed in as", (report.account,)
    if report and report.tenant:
        yield "Tenant", (report.tenant,)
    before = facts.known.evidence
    if before and before != test:
        tone = _OUTCOMES.get(before.outcome, Tone.WARN)
        yield (
            "The last that proved or disproved",
            (
                Text(f"{before.outcome}, {wording.utc(before.at)} ({wording.age(before.at, facts.now)})", tone),
                before.message,
            ),
        )


def _verdict(detail: str, missing: tuple[str, ...]) -> str:
    """What is behind a verdict; permissions that it names already are not named again."""
    lacking = [name for name in missing if name not in detail]
    return " ".join(filter(None, (detail, f"Missing: {', '.join(lacking)}." if lacking else "")))


# --- what is still open -------------------------------------------------------------------------------------------


def _still_open(facts: _Facts, still: tuple[Text, ...]) -> Iterator[Block]:
    yield Points(still) if still else "Nothing that could be told."
    if facts.ending:
        yield "What ends by itself:"
        yield Grid(
            ("What", "Until", "Days left", "Then"),
            (24, 26, 14, 36),
            tuple(
                (each.title.removeprefix("The ").capitalize(), wording.utc(each.ends), _days_left(each, facts.now),
                 _THEN.get(each.key, "renew it"))
                for each in facts.ending
            ),
        )  # fmt: skip


_THEN = {"authorisation": "re-authorise", "secret": "make a new client secret and give it to both programs"}


def _days_left(lifetime: Lifetime, now: datetime) -> Cell:
    tone = Tone.PLAIN if lifetime.warning(now) is None else Tone.WARN if lifetime.ends > now else Tone.BAD
    return Text(f"{lifetime.days_left(now)}" if lifetime.ends > now else "ended", tone)


def _open(facts: _Facts) -> Iterator[Text]:
    """What is not done, the worst first."""
    found = [*_of_details(facts), *_of_test(facts), *_of_security(facts)]
    order = (Tone.BAD, Tone.WARN, Tone.PLAIN)
    yield from sorted(found, key=lambda point: order.index(point.tone))


def _of_details(facts: _Facts) -> Iterator[Text]:
    source = facts.source
    for problem in facts.known.problems:
        yield Text(_told(problem.sentence()), Tone.BAD)
    for each in facts.ending:
        if each.warning(facts.now) is not None:
            yield Text(each.sentence(facts.now), Tone.WARN if each.ends > facts.now else Tone.BAD)
    if source.sign_in is SignIn.SECRET and source.secret_expires is None:
        yield Text("When the client secret expires is not noted, so nobody will be warned.", Tone.WARN)
    if source.sign_in.delegated and facts.known.authorisation is None:
        yield Text("Nobody has authorised it on this computer.", Tone.WARN)


def _of_test(facts: _Facts) -> Iterator[Text]:
    test = facts.test
    if test is None:
        yield Text("No connection test was made on this computer: nothing is proven.", Tone.WARN)
        return
    if not facts.current:
        yield Text("What the last test proved is not what is saved now: test it again.", Tone.WARN)
    if test.outcome != "succeeded":
        yield Text(f"The last test: {test.message}", _OUTCOMES.get(test.outcome, Tone.WARN))
    report = report_of(test)
    for each in report.operations if report else ():
        if each.outcome in (Outcome.FAILED, Outcome.NOT_PROVEN):
            why = _verdict(each.detail, each.missing)
            yield Text(f"{each.title}: {each.outcome}{f' — {why}' if why else ''}", _TONES[each.outcome])


def _of_security(facts: _Facts) -> Iterator[Text]:
    for each in facts.findings:
        yield Text(_told(each.text), _SEVERITIES[each.severity])
