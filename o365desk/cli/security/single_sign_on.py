"""`o365desk sso`: single sign-on of a workspace, and who works here."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from o365desk.app import App
from o365desk.cli.printing import interruptible, print_json, print_table, say
from o365desk.cli.session import DONE, Json, entry_of, opened, rehearsed, services, signed_in, unlocked
from o365desk.model.access.operator import OperatorKind
from o365desk.model.access.single_sign_on import Mode
from o365desk.model.text import wording

if TYPE_CHECKING:
    from o365desk.services.sso.asking import SignedIn
    from o365desk.services.sso.single_sign_on import Overview

sso = typer.Typer(help="Single sign-on: settings, signing in and out.", no_args_is_help=True)

DeviceCode = Annotated[bool, typer.Option("--device-code", help="Sign in with a code, on this or another device.")]


# --- settings -----------------------------------------------------------------------------------------------------


def _when(moment: datetime | None) -> str | None:
    return wording.iso(moment)


def _overview_as_json(overview: "Overview") -> dict[str, Any]:
    settings, source, armed = overview.settings, overview.connector, overview.settings.armed
    return {
        "enabled": settings.enabled,
        "mode": overview.mode.value,
        "provider": "Office 365",
        "connector": {"id": settings.connector, "name": source.name if source else None}
        if settings.connector
        else None,
        "autoRedirect": settings.auto_redirect,
        "armed": {
            "by": armed.by,
            "at": _when(armed.at),
            "until": _when(armed.until),
            "confirmed": armed.confirmed,
        }
        if armed
        else None,
        "lapsed": overview.lapsed,
        "bypassGroup": [{"account": each.account, "seen": _when(each.seen)} for each in settings.bypass_group],
        "rememberMe": settings.remember_me,
        "rememberDays": settings.remember_days,
        "wayBack": overview.way_back,
        "rehearsals": [
            {"at": _when(each.at), "account": each.account, "rehearsed": each.trial} for each in overview.rehearsals
        ],
        "lacking": [{"title": each.title, "cause": each.cause, "remedy": each.remedy} for each in overview.lacking],
    }


def _show(app: App, overview: "Overview") -> None:
    settings, now, source = overview.settings, app.clock(), overview.connector
    accounts = [f"{each.account} ({'was here' if each.seen else 'not here yet'})" for each in settings.bypass_group]
    remembered = f"yes, for {wording.many(settings.remember_days, 'day')}" if settings.remember_me else "no"
    rows = [
        ("Enable Single Sign-On", "yes" if settings.enabled else "no"),
        ("Provider", "Office 365"),
        ("Office 365 connector", source.name if source else "gone" if settings.connector else "none"),
        ("Auto redirect to SSO", _redirect(overview, now)),
        ("SSO bypass group", ", ".join(accounts) or "empty"),
        ("Default “Remember me”", remembered),
        ("Way back from here", "yes" if overview.way_back else "no"),
    ]
    for each in overview.rehearsals[:3]:
        what = "Rehearsed" if each.trial else "Signed in"
        rows.append((what, f"{each.account}, {wording.age(each.at, now)}"))
    print_table(("Setting", "Value"), rows)
    if settings.enabled and overview.mode is not Mode.REDIRECTING:
        for problem in overview.lacking:
            say(f"Before Auto redirect: {problem.sentence()}")


def _redirect(overview: "Overview", now: datetime) -> str:
    armed = overview.settings.armed
    if overview.mode is Mode.REDIRECTING and armed:
        if armed.confirmed:
            return "yes"
        left = wording.span(max(0.0, (armed.until - now).total_seconds()))
        return f"yes, for {left} unless it is confirmed (o365desk sso confirm)"
    return "no: it was not confirmed in time" if overview.lapsed else "no"


@sso.command("show")
def sso_show(context: typer.Context, json: Json = False) -> int:
    """Show how people sign in to this workspace, and what is to be done before Auto redirect."""
    app = opened(context)
    overview = app.single_sign_on.show()
    if json:
        print_json(_overview_as_json(overview))
    else:
        _show(app, overview)
    return DONE


@sso.command("set")
def sso_set(
    context: typer.Context,
    enable: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether people can sign in.", show_default=False)
    ] = None,
    connector: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The data source whose app people sign in to.", show_default=False),
    ] = None,
    auto_redirect: Annotated[
        bool | None,
        typer.Option(
            "--auto-redirect/--no-auto-redirect",
            help="No other way in. Off again after ten minutes, unless it is confirmed.",
            show_default=False,
        ),
    ] = None,
    bypass: Annotated[
        list[str] | None,
        typer.Option(
            "--bypass",
            metavar="ACCOUNT",
            help="The SSO bypass group: an account of a computer that gets in without signing in; may be given "
            "often.",
            show_default=False,
        ),
    ] = None,
    no_bypass: Annotated[bool, typer.Option("--no-bypass", help="Empty the SSO bypass group.")] = False,
    remember_me: Annotated[
        bool | None,
        typer.Option("--remember-me/--no-remember-me", help="The default of “Remember me”.", show_default=False),
    ] = None,
    remember_days: Annotated[
        int | None, typer.Option(metavar="N", help="For how many days.", show_default=False)
    ] = None,
    json: Json = False,
) -> int:
    """Change how people sign in; what is not named stays. Only an Administrator may: else exit code 4."""
    from o365desk.services.sso.single_sign_on import Change

    if bypass and no_bypass:
        raise typer.BadParameter("leave one of --bypass and --no-bypass out", param_hint="--no-bypass")
    app = services(context)
    change = Change(
        enabled=enable,
        connector=None if connector is None else entry_of(app, connector).source.id,
        auto_redirect=auto_redirect,
        bypass_group=() if no_bypass else None if bypass is None else tuple(bypass),
        remember_me=remember_me,
        remember_days=remember_days,
    )
    if change == Change():
        raise typer.BadParameter("name what is to be changed", param_hint="sso set")
    app.single_sign_on.set(change)
    overview = app.single_sign_on.show()
    if json:
        print_json(_overview_as_json(overview))
    else:
        _show(app, overview)
    if auto_redirect:
        say("Now sign in and confirm it within ten minutes: o365desk --device-code sso confirm")
    return DONE


@sso.command("confirm")
def sso_confirm(context: typer.Context, json: Json = False) -> int:
    """Keep Auto redirect on. Takes an Administrator who signed in: else exit code 4, and it goes off by itself."""
    app = services(context)
    app.single_sign_on.confirm()
    if json:
        print_json(_overview_as_json(app.single_sign_on.show()))
    say("Auto redirect stays on: who works here signs in, or is in the SSO bypass group.")
    return DONE


# --- signing in and out -------------------------------------------------------------------------------------------


def _signed_as_json(signed: "SignedIn") -> dict[str, Any]:
    operator = signed.operator
    identity = signed.identity
    return {
        "account": signed.account,
        "address": operator.address if operator else "",
        "name": identity.name,
        "tenant": identity.tid,
        "oid": identity.oid,
        "guest": identity.guest,
        "signedIn": _when(signed.signed_in),
        "binds": signed.binds or None,
    }


def _tell_signed(app: App, signed: "SignedIn") -> None:
    operator = signed.operator
    if operator is None:
        return
    people = app.people.load().people
    person = people.person(operator.address)
    as_what = "a guest" if operator.guest else person.role.value if person else "nobody with a role"
    say(f"{signed.account} is “{operator.address}” here, {as_what}.")


@sso.command("rehearse")
def sso_rehearse(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Another data source than the one that is set.", show_default=False),
    ] = None,
    device_code: DeviceCode = False,
    json: Json = False,
) -> int:
    """Sign in to see whether it works, and who that would be. Nobody is signed in by that."""
    app = unlocked(opened(context))
    connector = entry_of(app, name).source.id if name else ""
    signed = rehearsed(app, device_code=device_code, connector=connector)
    if json:
        print_json(_signed_as_json(signed))
    _tell_signed(app, signed)
    if signed.binds:
        say(f"With the first sign-in that counts, the account is bound to “{signed.binds}”.")
    return DONE


@sso.command("sign-in")
def sso_sign_in(
    context: typer.Context,
    device_code: DeviceCode = False,
    remember: Annotated[
        bool | None,
        typer.Option(
            "--remember/--no-remember",
            help="Stay signed in on this computer; else as the settings say.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Sign in with a Microsoft account. Commands that come later work as it, if it is remembered."""
    app = unlocked(opened(context))
    signed = signed_in(app, device_code=device_code, remember=remember)
    session = app.single_sign_on.door().session
    if json:
        print_json(_signed_as_json(signed) | {"rememberedUntil": _when(session.ends) if session else None})
    _tell_signed(app, signed)
    if session:
        say(f"Commands on this computer work as that until {wording.day(session.ends)}, or o365desk sso sign-out.")
    else:
        say("It is not remembered, so the next command does not know it: give --remember.")
    return DONE


@sso.command("sign-out")
def sso_sign_out(
    context: typer.Context,
    at_microsoft: Annotated[
        bool, typer.Option("--at-microsoft", help="Send the browser to Microsoft's sign-out page, too.")
    ] = False,
    json: Json = False,
) -> int:
    """Be signed in on this computer no more."""
    app = opened(context)
    before = app.single_sign_on.door().session
    address: str = interruptible(lambda stop: app.single_sign_on.sign_out(stop, at_microsoft=at_microsoft))
    if json:
        print_json({"wasSignedIn": before is not None, "endSession": address or None})
    say("Nobody is signed in here any more." if before else "Nobody was signed in here.")
    if address:
        say("In the browser, it ends at:", address)
    return DONE


@sso.command("whoami")
def sso_whoami(context: typer.Context, json: Json = False) -> int:
    """Say who works here, and as what."""
    app = opened(context)
    here = app.single_sign_on.whoami()
    operator, session = here.operator, here.session
    if json:
        print_json(
            {
                "account": operator.address,
                "kind": operator.kind.value,
                "name": operator.name,
                "tenant": operator.tenant or None,
                "oid": operator.oid or None,
                "guest": operator.guest,
                "role": here.role or None,
                "mode": here.mode.value if here.mode else None,
                "rememberedUntil": _when(session.ends) if session else None,
            }
        )
        return DONE
    as_what = "a guest" if operator.guest else here.role or "no role"
    known_by = f"tenant {operator.tenant}" if operator.kind is OperatorKind.MICROSOFT else "this computer"
    rows = [(operator.address, operator.name, as_what, known_by)]
    print_table(("Account", "Name", "Role", "Known by"), rows)
    if session:
        say(f"Remembered until {wording.day(session.ends)}.")
    elif not app.single_sign_on.door().goes_on:
        say("Commands need a sign-in: o365desk sso sign-in, or --device-code before a command.")
    return DONE
