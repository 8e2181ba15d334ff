"""Who works here, as what, and how single sign-on stands, as status bar, menus and the bar above a page tell it.
Read from `workspace.json`, and nothing else."""

from dataclasses import dataclass

from o365desk.app import App
from o365desk.model.access.operator import OperatorKind
from o365desk.model.access.people import People
from o365desk.model.access.security import WhoKind
from o365desk.model.access.single_sign_on import Armed, Mode
from o365desk.model.problems import ProblemError

ACCOUNT = "the account of this computer"


@dataclass(frozen=True)
class Standing:
    """`who` somebody is, `role` and `how` they came in ("" where there is nothing to tell), and whether they
    `signed_in`. `problem`: why nothing is known of the workspace's people. `armed`: *Auto redirect*, which nobody
    has confirmed yet."""

    who: str
    role: str
    how: str
    signed_in: bool
    enabled: bool
    problem: str = ""
    armed: Armed | None = None

    @property
    def line(self) -> str:
        """For the status bar."""
        return " · ".join(filter(None, (self.who, self.role, self.how)))

    @property
    def sentence(self) -> str:
        """For its tool tip."""
        came = "signed in with this Office 365 account" if self.signed_in else f"works as {ACCOUNT}"
        if self.how == WAY_BACK:
            came = f"came in by the way back, as {ACCOUNT}: that is written down"
        role = f", with the role {self.role}" if self.role in _ROLES else f", as a {self.role}" if self.role else ""
        return f"{self.who} {came}{role}. {self.problem}".strip()


WAY_BACK = "way back"
_ROLES = ("Administrator", "Manage datasources", "User")


def standing(app: App, *, way_back: bool = False) -> Standing:
    """How it stands at this moment."""
    operator = app.operator
    signed_in = operator.kind is OperatorKind.MICROSOFT
    who = f"{operator.name} ({operator.address})" if operator.name else operator.address
    try:
        people = app.people.load().people
    except ProblemError as error:
        how = WAY_BACK if way_back else ""
        return Standing(who, "", how, signed_in, enabled=signed_in or way_back, problem=error.problem.sentence())
    settings = people.single_sign_on
    how = ""
    if way_back:
        how = WAY_BACK
    elif settings.enabled and not signed_in:
        how = f"as {ACCOUNT}"
    armed = settings.armed
    waits = armed is not None and not armed.confirmed and settings.mode(app.clock()) is Mode.REDIRECTING
    return Standing(who, _role(app, people), how, signed_in, settings.enabled, armed=armed if waits else None)


def _role(app: App, people: People) -> str:
    """The role that somebody has, or what they are who have none; "" where a group could give them one."""
    subject = app.access.me(None, people)
    if subject.company:
        return f"partner: {subject.company.company}"
    if subject.kind.value != "user":
        return subject.kind.value
    person = people.person(app.operator.address)
    if person:
        return person.role.value
    if not people.persons:
        return "Administrator"
    return "" if any(each.kind is WhoKind.GROUP for each in people.persons) else "User"
