"""What to press, where a problem of single sign-on names a command of the command line."""

import re

from o365desk.model.problems import Problem

SIGN_IN = "&Sign in with your Office 365 account"
"""The button of the sign-in window."""

_SIGNS_IN = "press “Sign in with your Office 365 account”"
_HERE = "Edit, “Single sign-on…”"
_PRESSED = tuple(
    (re.compile(pattern), pressed)
    for pattern, pressed in (
        (r"o365desk sso sign-in, or --device-code before a command", _SIGNS_IN),
        (r"o365desk sso sign-in", _SIGNS_IN),
        (r"o365desk (--device-code )?sso confirm", "File, “Sign in…”, then “Confirm”"),
        (r"o365desk sso sign-out", "press “Go on as” this account in the sign-in window"),
        (r"o365desk sso rehearse NAME", f"{_HERE}, “Rehearse”"),
        (r"o365desk (--device-code )?sso rehearse", "press “Rehearse”"),
        (r"o365desk sso set --bypass ACCOUNT", "add it to the “SSO bypass group”"),
        (r"o365desk sso set --auto-redirect", "check “Auto redirect to SSO”"),
        (r"o365desk sso set --enable --connector NAME", "check “Enable Single Sign-On”"),
        (r"o365desk sso set --connector NAME", f"{_HERE}, “Office 365 connector”"),
        (r"o365desk sso set --help", _HERE),
        (r"o365desk sso show", _HERE),
        (r"o365desk roles set ADDRESS administrator", "Edit, “Roles and partners…”"),
        (r"\(--way-back before a command; it is written down\)", "in the sign-in window (it is written down)"),
        (r"\(--way-back\)", "by the way back in the sign-in window"),
        (r"--way-back( before a command)?", "the way back in the sign-in window"),
        (r"--device-code( before a command)?", "the device code in the sign-in window"),
    )
)


def pressed(text: str) -> str:
    """A text whose commands are what to press in the window."""
    for pattern, instead in _PRESSED:
        text = pattern.sub(instead, text)
    return text


def for_window(problem: Problem) -> Problem:
    """The problem, with what to press."""
    return problem.with_(cause=pressed(problem.cause), remedy=pressed(problem.remedy))
