"""What every command needs: the services, an open vault, and the options that many share."""

import sys
from typing import Annotated

import typer

from o365desk.app import App
from o365desk.cli import make_app
from o365desk.cli.printing import name_in_commands, say
from o365desk.model import problems
from o365desk.model.problems import Problem
from o365desk.model.secret import Secret
from o365desk.services.workspace.workspace import Entry

DONE, FAILED, NOT_PROVEN, NOT_ALLOWED, CANCELLED = 0, 1, 3, 4, 130
"""The exit codes; 2, for wrong usage, is typer's."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The data source's name, id or file name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]


def services(context: typer.Context) -> App:
    made = make_app(context.obj)
    name_in_commands(made.command_here, str(context.params.get("name") or ""))

    def close() -> None:
        if made.state.problem:
            say(made.state.problem.sentence())
        made.close()

    context.call_on_close(close)
    return made


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
