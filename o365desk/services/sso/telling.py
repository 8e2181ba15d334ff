"""What people, and the activity log, are told of single sign-on."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from o365desk.model.access.single_sign_on import SingleSignOn
from o365desk.model.problems import NOT_ALLOWED, SIGN_IN_NEEDED, Problem, ProblemError
from o365desk.model.text import wording
from o365desk.services.sso.sessions import Session

if TYPE_CHECKING:
    from o365desk.services.sso.asking import SignedIn


def settings_of(settings: SingleSignOn) -> dict[str, Any]:
    """The settings for the activity log."""
    return {
        "enabled": settings.enabled,
        "connector": settings.connector,
        "autoRedirect": settings.auto_redirect,
        "bypassGroup": [each.account for each in settings.bypass_group],
        "rememberMe": settings.remember_me,
        "rememberDays": settings.remember_days,
        "confirmed": bool(settings.armed and settings.armed.confirmed),
    }


def facts_of(signed: "SignedIn") -> Mapping[str, object]:
    """Who signed in, for the activity log."""
    identity = signed.identity
    return {"account": signed.account, "tid": identity.tid, "oid": identity.oid, "guest": identity.guest}


def refused(title: str, cause: str, remedy: str, key: str = "") -> ProblemError:
    """That settings are refused; `key` names the one at fault."""
    return ProblemError(
        Problem(title=title, cause=cause, remedy=f"{remedy} Nothing was changed.", field=key, code="single-sign-on")
    )


def lacks(title: str, remedy: str, cause: str = "") -> Problem:
    """What is to be done before *Auto redirect*."""
    return Problem(title=title, cause=cause, remedy=remedy, field="autoRedirect", code="not-rehearsed")


OFF = Problem(
    title="Single sign-on is not enabled in this workspace",
    cause="The account of the operating system works here.",
    remedy="Go on without signing in, or let an Administrator enable it: o365desk sso set --help.",
    code="sso-off",
)
NO_CONNECTOR = Problem(
    title="Single sign-on has no connector",
    remedy="Let an Administrator choose a data source that enables it: o365desk sso set --connector NAME. One can "
    "be tried before: o365desk sso rehearse NAME.",
    field="connector",
    code="no-connector",
)
NOT_ARMED = Problem(
    title="There is nothing to confirm",
    cause="Auto redirect is off, or was not confirmed within ten minutes and is off again.",
    remedy="Switch it on first: o365desk sso set --auto-redirect.",
    code="not-armed",
)
NOT_BY_YOU = Problem(
    title="Only somebody who signed in can confirm it",
    cause="Auto redirect lets nobody in who does not sign in: that it works is shown by signing in now.",
    remedy="Sign in and confirm: o365desk --device-code sso confirm. Until then it goes off by itself.",
    code=NOT_ALLOWED,
)


def closed(account: str, problem: Problem | None, *, way_back: bool) -> Problem:
    """Why an account of the operating system does not come in; `problem`: why `workspace.json` cannot be read."""
    ways = ["sign in (o365desk sso sign-in, or --device-code before a command)"]
    if way_back:
        ways.append("or take the way back of this computer (--way-back before a command; it is written down)")
    if problem:
        return Problem(
            title="Nobody can sign in to this workspace now",
            cause=f"{problem.title}, and single sign-on was the only way in. {problem.cause}".strip(),
            remedy=f"Mend the file, or put it back from .history or from git. {ways[1].capitalize()}."
            if way_back
            else "Ask the Administrator: the computer and account that enabled single sign-on get in (--way-back).",
            code=SIGN_IN_NEEDED,
        )
    return Problem(
        title="This workspace is for those who sign in",
        cause=f"Auto redirect is on, and “{account}” is not in the SSO bypass group.",
        remedy=f"{', '.join(ways).capitalize()}.",
        code=SIGN_IN_NEEDED,
    )


def no_way_back(account: str) -> Problem:
    """Why there is none for it."""
    return Problem(
        title="There is no way back from here",
        cause=f"“{account}” on this computer did not enable single sign-on for this workspace.",
        remedy="Sign in; or do it on the computer and with the account that enabled it, or with an account of the "
        "SSO bypass group.",
        code=SIGN_IN_NEEDED,
    )


_ANEW = "Sign in again: o365desk sso sign-in, or --device-code before a command."
_AS_ACCOUNT = "To work as the account of this computer, where that may: o365desk sso sign-out."


def over(kept: Session, now: datetime, *, remembered: bool) -> Problem:
    """That a sign-in has lasted for as long as the settings say."""
    days, ended = wording.many(kept.days, "day"), wording.day(kept.ends)
    if now < kept.ends:
        cause = f"It begins on {wording.day(kept.begun)}, which is still to come by this computer's clock."
    elif remembered:
        cause = f"You are remembered for {days}, which ended on {ended}."
    else:
        cause = f"In this workspace nobody is signed in for longer than {days}, which ended on {ended}."
    return Problem(
        title="Your sign-in is over",
        cause=cause,
        remedy=f"{_ANEW} See that the clock is right. {_AS_ACCOUNT}",
        code=SIGN_IN_NEEDED,
    )


def ended(problem: Problem) -> Problem:
    """That Microsoft ended it."""
    return problem.with_(
        title="Your sign-in has ended",
        cause=f"{problem.title}. {problem.cause}".strip(),
        remedy=f"{_ANEW} {problem.remedy if problem.remedy != 'Sign in again.' else ''}".strip(),
        code=SIGN_IN_NEEDED,
    )


def not_found_out(problem: Problem) -> Problem:
    """That nobody could be asked."""
    return problem.with_(
        title="Whether you are still signed in could not be found out",
        cause=f"{problem.title}. {problem.cause}".strip(),
        remedy=f"{problem.remedy} {_AS_ACCOUNT}".strip(),
        code=SIGN_IN_NEEDED,
    )
