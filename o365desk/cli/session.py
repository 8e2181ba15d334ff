"""What every command needs: the services, an open vault, and the options that many share."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from o365desk.app import App
from o365desk.cli import make_app
from o365desk.cli.printing import interruptible, name_in_commands, say
from o365desk.model import problems
from o365desk.model.problems import Problem
from o365desk.model.secret import Secret
from o365desk.model.status import Waiting
from o365desk.services.workspace.workspace import Entry

if TYPE_CHECKING:
    from o365desk.services.sso.asking import SignedIn

DONE, FAILED, NOT_PROVEN, NOT_ALLOWED, CANCELLED = 0, 1, 3, 4, 130
"""The exit codes; 2, for wrong usage, is typer's."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The data source's name, id or file name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]


def services(context: typer.Context) -> App:
    """The services for whoever works here: where single sign-on is enabled, they may have to sign in first. Raises
    ProblemError (SIGN_IN_NEEDED)."""
    made, keep = _opened(context)
    asked = context.find_root().params
    way_back, device_code = bool(asked.get("way_back")), bool(asked.get("device_code"))
    if made.wants_seat():
        return keep(_seated(made, way_back=way_back, device_code=device_code))
    if way_back or device_code:
        say("Single sign-on is not enabled here: the account of this computer works, as always.")
    return made


def opened(context: typer.Context) -> App:
    """The services for the account of the operating system, whether it may work here or not: for those who are to
    sign in."""
    return _opened(context)[0]


def _opened(context: typer.Context) -> tuple[App, Callable[[App], App]]:
    """The services, and how to put others in their place: those that are in it in the end are closed."""
    made = [make_app(context.obj)]
    name_in_commands(made[0].command_here, str(context.params.get("name") or ""))

    def close() -> None:
        if problem := made[0].state.problem:
            say(problem.sentence())
        made[0].close()

    def keep(app: App) -> App:
        made[0] = app
        return app

    context.call_on_close(close)
    return made[0], keep


def _seated(app: App, *, way_back: bool, device_code: bool) -> App:
    """The services for whoever a command works as: who signs in now or is remembered, else the account of this
    computer, if that may. `way_back`: it is to get in all the same."""
    desk = app.single_sign_on
    if way_back:
        needed = not desk.door().goes_on
        operator = desk.enter(way_back=True)
        if needed:
            say("Back in as the account of this computer. That is written down.")
    elif device_code:
        operator = signed_in(unlocked(app), device_code=True, remember=None).operator or app.operator
    else:
        kept = desk.door().session
        if kept and not kept.fresh(app.clock()):
            unlocked(app)  # Microsoft is asked, with what is kept in the vault
        operator = interruptible(desk.seat)
    return app.seated(operator)


def signed_in(app: App, *, device_code: bool, remember: bool | None) -> "SignedIn":
    """Signs somebody in, saying what they have to do."""
    signed: SignedIn = interruptible(
        lambda stop: app.single_sign_on.sign_in(stop, tell_waiting, remember=remember, device_code=device_code)
    )
    return signed


def rehearsed(app: App, *, device_code: bool, connector: str) -> "SignedIn":
    """Has somebody sign in for a trial, saying what they have to do."""
    signed: SignedIn = interruptible(
        lambda stop: app.single_sign_on.rehearse(stop, tell_waiting, device_code=device_code, connector=connector)
    )
    return signed


def tell_waiting(waiting: Waiting) -> None:
    """What somebody who is to sign in has to do."""
    if waiting.kind == "device-code":
        say(f"Open {waiting.url} and type the code {waiting.code}")
    else:
        say("Waiting for the browser. If it does not open, use this link:", waiting.url)


def entry_of(app: App, name: str) -> Entry:
    """The data source that is meant by name, id or file name. From now on, commands in problems bear its name.
    Raises ProblemError."""
    entry = app.workspace.get(name)
    if entry.source.name:
        name_in_commands(app.command_here, entry.source.name)
    return entry


def unlocked(app: App) -> App:
    """The services with the vault open: asks for its passphrase where there is a person to ask."""
    if not app.vault.locked or not sys.stdin.isatty():
        return app
    if app.vault.exists:
        app.vault.unlock(Secret(typer.prompt("Passphrase of the vault", hide_input=True, err=True)))
    else:
        say("This computer has no keychain that can be used. Secrets go to a file that a passphrase locks.")
        text = typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True)
        app.vault.unlock(Secret(text))
    return app


def not_allowed(problem: Problem) -> bool:
    """Whether it is a permission that is lacking, as we know it or as Graph says, or a person's approval: exit
    code 4."""
    ours = (problems.NOT_ALLOWED, problems.NOT_APPROVED, problems.SIGN_IN_NEEDED)
    return problem.code in (*ours, "Authorization_RequestDenied")
