"""`o365desk secret`: keep secrets in the vault, and say which connection they are for."""

import sys
from typing import Annotated, Any

import typer

from o365desk.cli.printing import print_json, print_table, say
from o365desk.cli.session import DONE, Json, Name, entry_of, services, unlocked
from o365desk.model.problems import NOT_APPROVED, CancelledError, Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.signin.approvals import Review
from o365desk.services.signin.credentials import Credential, check_secret
from o365desk.services.signin.given import MOST_BYTES, from_stdin, suspicious
from o365desk.services.workspace import layout
from o365desk.services.workspace.workspace import Entry

secrets = typer.Typer(help="Keep secrets in the vault.", no_args_is_help=True)


@secrets.command("set")
def secret_set(
    context: typer.Context,
    name: Name,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from standard input.")] = False,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Set the certificate's passphrase, not the client secret.")
    ] = False,
    more: Annotated[list[str] | None, typer.Argument(hidden=True, metavar="")] = None,
) -> int:
    """Keep a data source's client secret in the vault. It is never given as an argument: other users of the
    computer can read those."""
    if more:
        raise typer.BadParameter(
            "a secret is never an argument: others can read it there, and your shell may keep it. Take it out of "
            "the shell's history, and give it on standard input; nothing was kept",
            param_hint="the argument after the name",
        )
    app = unlocked(services(context))
    source = entry_of(app, name).source
    what = "certificate's passphrase" if passphrase else "client secret's value"
    # Before anybody types it: where it would go is not what was approved.
    app.approvals.refuse_other(source)
    host, tenant = source.login_root or "no login address yet", source.tenant or "(none yet)"
    trusted = f", trusting the authorities in {source.ca_file}" if source.ca_file else ""
    if not stdin:
        say(f"It will be for {host}, tenant {tenant}, and no other{trusted}.")
    text = _given(what) if stdin else _typed(what)
    problem = suspicious(text, passphrase=passphrase) or (None if passphrase else check_secret(Secret(text)))
    if problem and (stdin or not passphrase):
        raise ProblemError(problem)
    secret = Secret(text)
    credential = Credential(passphrase=secret) if passphrase else Credential(secret=secret)
    approved = app.connections.keep(source, credential)
    say(f"The {what} of “{source.name}” is kept: {app.vault.description}")
    if approved:
        say(f"It is for {host}, tenant {tenant}, and no other{trusted}.")
    else:
        say("What it is for is not known yet: a file that the data source names cannot be read.")
    return DONE


def _given(what: str) -> str:
    text = from_stdin(sys.stdin.buffer.read(MOST_BYTES + 1))
    if not text.strip() or "\0" in text:
        raise ProblemError(Problem(title="No text was given", remedy=f"Give the {what} on standard input."))
    return text


def _typed(what: str) -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            f"nobody is here to type the {what}: give it on standard input", param_hint="--stdin"
        )
    return str(typer.prompt(f"The {what}", hide_input=True, err=True))


@secrets.command("approve")
def secret_approve(
    context: typer.Context,
    name: Name,
    digest: Annotated[
        str | None,
        typer.Option(help="Approve without a question, only the connection that was shown with this digest."),
    ] = None,
    go_back: Annotated[
        bool, typer.Option("--go-back", help="Put the connection that was approved into the file again instead.")
    ] = False,
    json: Json = False,
) -> int:
    """Look at what changed in a data source since its secrets were given, and approve that they go there from
    now on, or go back. Without a terminal, approving needs the digest that was shown."""
    app = unlocked(services(context))
    entry = entry_of(app, name)
    review = app.approvals.review(entry.source)
    if json:
        print_json(_as_json(entry, review))
    else:
        _show(entry, review)
    if not review.needed:
        say(f"There is nothing to approve for “{entry.source.name}”.")
        return DONE
    if go_back or (digest is None and _asked(review) == "back"):
        app.connections.go_back(entry)
        say(f"“{entry.source.name}” leads again where its secrets were given for.")
        return DONE
    app.connections.approve(entry.source, review.mark if digest is None else digest)
    say(f"Approved: the secrets of “{entry.source.name}” go to {entry.source.login_root} from now on.")
    return DONE


def _asked(review: Review) -> str:
    """ "approve" or "back". Raises CancelledError where the person wants neither, ProblemError where there is
    nobody to ask."""
    # Where the two sides go to a file or a program, the person who is asked has not seen them.
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ProblemError(
            Problem(
                title="Nobody is here to be asked",
                cause="An approval is given by a person who has seen what changed.",
                remedy=f"Look at it (--json shows it too); then give the digest: --digest {review.mark}",
                code=NOT_APPROVED,
            )
        )
    choices = ("approve", "back", "neither") if review.then else ("approve", "neither")
    answer = ""
    while answer not in choices:
        answer = typer.prompt(f"Type one of: {', '.join(choices)}", default="neither", err=True).strip().lower()
    if answer == "neither":
        raise CancelledError
    return str(answer)


def _show(entry: Entry, review: Review) -> None:
    rows = [(it.title, it.then or "not known", it.now, "" if it.same else "differs") for it in review.parts]
    print_table(("Detail", "Approved", "Now", ""), rows)
    then, source, dated = review.then, entry.source, layout.dated(entry.path)
    if then:
        say(f"Approved by {then.by} on {wording.in_table(then.at)}.")
    told = "does not say who changed it"
    if source.modified:
        who = shown(source.modified_by or "somebody", 80)
        told = f"says that “{who}” changed it on {wording.in_table(source.modified)}"
    bears = f"; it bears the date {wording.in_table(dated)}" if dated else ""
    say(f"The file “{shown(entry.path.name, 80)}” {told}{bears}. Whoever wrote it may have written anything there.")
    say(f"Digest of the connection as it is now: {review.mark}")


def _as_json(entry: Entry, review: Review) -> dict[str, Any]:
    source, then, dated = entry.source, review.then, layout.dated(entry.path)
    return {
        "name": source.name,
        "id": source.id,
        "needed": review.needed,
        "digest": review.mark,
        "parts": [{"title": p.title, "approved": p.then, "now": p.now, "same": p.same} for p in review.parts],
        "approvedBy": then.by if then else "",
        "approved": wording.iso(then.at if then else None),
        "modifiedBy": source.modified_by,
        "modified": wording.iso(source.modified),
        "written": wording.iso(dated),
    }
