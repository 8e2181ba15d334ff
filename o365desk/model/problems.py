"""A problem as people read it: what happened, why, what to do, and where.

Foreign errors become problems where they come in: the sign-in service's and Graph's in `services/explain.py`, the
network's in `services/http.py`, those of files in `files.py`. Window, command line and report show the
same words.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

NOT_ALLOWED = "not-allowed"
"""The code of a problem that says why an operation may not be run; the command line's exit code 4."""
NOT_APPROVED = "not-approved"
"""The code of a problem that says that secrets were not given for this connection; exit code 4 as well."""
SIGN_IN_NEEDED = "sign-in-needed"
"""The code of a problem that says that somebody must sign in before they may do anything; exit code 4, too."""


class Action(StrEnum):
    """What the program itself can do about a problem; the window offers it as a button."""

    NONE = ""
    FIELD = "field"  # go to the field named by `Problem.field`
    AUTHORIZE = "authorize"  # sign in again
    DEVICE_CODE = "device-code"  # sign in with a code on another device
    BROWSER = "browser"  # sign in with the system browser
    CONSENT = "consent"  # open or copy the administrator's consent link
    RETRY = "retry"  # nothing to change, try again
    TEST = "test"  # test the connection: it shows what was granted
    UNLOCK = "unlock"  # open the vault of secrets
    APPROVE = "approve"  # look at what changed since the secrets were given, and approve it or go back
    IMPORT = "import"  # import the directory of the data source


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One problem.

    `field` is the key of the form's field at fault ("" for none), `code` the foreign code as it came
    (AADSTS7000222, Authorization_RequestDenied) or our own word for a network fault (dns, refused, …), `detail`
    the foreign text, already masked, and `request_id` what Microsoft's support asks for. `conclusive` is False
    when the check could not be made at all (network, outage): then nothing is known about the data source.
    `quoted`: `detail` is what Microsoft's own services said.
    """

    title: str
    cause: str = ""
    remedy: str = ""
    field: str = ""
    action: Action = Action.NONE
    code: str = ""
    detail: str = ""
    request_id: str = ""
    conclusive: bool = True
    quoted: bool = False

    @property
    def microsoft_says(self) -> str:
        """Microsoft's own words as a sentence, without the numbers that its support asks for; "" where it said
        nothing, or the cause quotes it already."""
        words = quotation(self.detail) if self.quoted else ""
        said = f"Microsoft says: {words}" if words else ""
        return "" if said in self.cause else said

    def as_json(self) -> dict[str, str]:
        """The error object of the command line's JSON. `details` are foreign words as they came."""
        keys = ("code", "title", "cause", "remedy", "field")
        return {key: getattr(self, key) for key in keys} | {"details": self.detail, "request_id": self.request_id}

    def with_(self, **changes: object) -> "Problem":
        """A copy with some parts replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def sentence(self) -> str:
        """Title, cause and remedy as one paragraph, for a terminal or a tool tip."""
        parts = (self.title, self.cause, self.remedy)
        return " ".join(part if part[-1] in ".!?" else f"{part}." for part in parts if part)


_QUOTED = 600
"""Letters of a foreign text that are shown among ours; the details have all of it."""
_NUMBERS = ("Trace ID:", "Correlation ID:", "Timestamp:")
"""With these the sign-in service ends each of its texts."""


def quotation(text: str) -> str:
    """Microsoft's words for showing on one line."""
    ends = [place for mark in _NUMBERS if (place := text.find(mark)) > 0]
    words = " ".join(text[: min(ends, default=len(text))].split())
    return words if len(words) <= _QUOTED else f"{words[:_QUOTED]}…"


class ProblemError(Exception):
    """Raised where a problem ends the work; carries it to whoever shows it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence())
        self.problem = problem


class CancelledError(Exception):
    """The work was cancelled by the person who started it. Not a problem."""
