"""`o365desk sources access` and `sources security`: who may do what with a data source, and what decides it."""

import difflib
import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from o365desk.app import App
from o365desk.catalogue import OPERATIONS
from o365desk.catalogue.parameters import parameters
from o365desk.cli.printing import interruptible, print_json, print_lines, print_table, say
from o365desk.cli.session import DONE, Json, Name, entry_of, services, unlocked
from o365desk.model.access.security import Security, Who
from o365desk.model.conditions import tree, words
from o365desk.model.datasource import DataSource
from o365desk.model.problems import ProblemError
from o365desk.model.text.shown import escaped
from o365desk.services.access.report import AccessReport, in_words, report
from o365desk.services.workspace import security_block


def sources_access(
    context: typer.Context,
    name: Name,
    as_: Annotated[
        str,
        typer.Option(
            "--as", metavar="ADDRESS", help="Of somebody else; asking gives no rights.", show_default=False
        ),
    ] = "",
    json: Json = False,
) -> int:
    """Show who may administer and query a data source, which operations, under which conditions, and why.

    Without --as, about yourself. The groups that the settings name are read from the tenant where that can be
    reached; else what was read last counts for a day."""
    app = services(context)
    source = entry_of(app, name).source
    _find_out(app, source, as_)
    found = report(app.access, source, as_.strip())
    if json:
        print_json(found.as_json())
    else:
        _print(found)
    return DONE


def _find_out(app: App, source: DataSource, address: str) -> None:
    """Asks the tenant, where something is to be asked and it can be reached; says why it could not be."""
    subject = app.access.somebody(source, address) if address else app.access.me(source)
    if not app.access.unread(source, subject) or app.connections.problems(source):
        return
    try:
        interruptible(lambda stop: unlocked(app).runner.find_out(source, stop, address))
    except ProblemError as error:
        say(f"The tenant was not asked: {error.problem.sentence()}")


def _print(found: AccessReport) -> None:
    print_table(
        ("May", "", "Because"),
        [
            ("administer", _yes(found.administer.allowed), found.administer.because),
            ("query", _yes(found.query.allowed), found.query.because),
            *(
                (
                    operation.title,
                    _yes(decision.allowed),
                    _because(decision.because, operation.key, decision.conditions),
                )
                for operation, decision in found.operations
            ),
        ],
    )
    say(f"{found.subject.address}: {found.subject.kind}.")
    for finding in found.findings:
        say(f"{finding.severity.value}: {finding.text}")


def _because(because: str, key: str, conditions: tree.Group) -> str:
    return f"{because} {words.sentence(conditions, parameters(OPERATIONS[key]))}" if conditions else because


def _yes(allowed: bool) -> str:
    return "yes" if allowed else "no"


def sources_security(
    context: typer.Context,
    name: Name,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE.json", help="Settings to put in their place.", show_default=False),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Really put them there.")] = False,
    json: Json = False,
) -> int:
    """Show the security settings of a data source; with --file, check others and show the difference, which --apply
    saves."""
    if apply and file is None:
        raise typer.BadParameter("there is nothing to apply without --file", param_hint="--apply")
    app = services(context)
    entry = entry_of(app, name)
    if file is None:
        if json:
            print_json(as_json(entry.source.security))
        else:
            _print_security(entry.source.security)
            _say_findings(app, entry.source, None)
        return DONE
    changed = entry.source.replace(security=security_block.read_file(file))
    app.connections.refuse_unseen(changed)
    before, after = _lines(entry.source.security), _lines(changed.security)
    difference = list(difflib.unified_diff(before, after, "as it is", "as it would be", lineterm=""))
    if apply:
        saved = app.connections.save(changed, entry.version, opened=entry.source).source
        if json:
            print_json(as_json(saved.security))
    elif json:
        print_json({"applied": False, "changed": bool(difference), "security": as_json(changed.security)})
    if not json:
        print_lines(difference or ["Nothing would change."])
    _say_findings(app, changed, entry.source)
    say("Details saved successfully." if apply else "Nothing was saved; --apply does.")
    return DONE


def as_json(security: Security) -> dict[str, object]:
    """The block of the data source's file, with what is off said too."""
    whole = {"administrators": [], "users": [], "b2b": False, "partnerDefaults": False, "mappings": []}
    return {**whole, **security_block.dumps(security)}


def _lines(security: Security) -> list[str]:
    return escaped(json_module.dumps(as_json(security), indent=2, ensure_ascii=False)).split("\n")


def _print_security(security: Security) -> None:
    rows = [
        (
            "Connection administrators",
            _listed(security.administrators) or "any Administrator or Manage datasources",
        ),
        ("Connection users", _listed(security.users) or "anyone with this workspace"),
        ("Enable B2B", _yes(security.b2b)),
        ("Enable partner default query parameters", _yes(security.partner_defaults)),
    ]
    for mapping in security.mappings:
        title, said = in_words(mapping)
        rows.append((f"{mapping.query_type} · {title}", said))
    print_table(("Setting", "Value"), rows)


def _listed(listed: tuple[Who, ...]) -> str:
    return ", ".join(f"{who.shown}{' (group)' if who.kind.value == 'group' else ''}" for who in listed)


def _say_findings(app: App, source: DataSource, saved: DataSource | None) -> None:
    for finding in report(app.access, source, saved=saved).findings:
        say(f"{finding.severity.value}: {finding.text}")
