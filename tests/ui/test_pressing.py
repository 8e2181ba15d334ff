"""No problem of single sign-on sends somebody at the window to a command line."""

import ast
from pathlib import Path

import o365desk.services.sso
from o365desk.model.problems import Problem
from o365desk.services.connection_test import steps
from o365desk.ui.pressing import SIGN_IN, for_window, pressed

COMMANDS = ("o365desk ", "--way-back", "--device-code")


def texts() -> list[str]:
    """All texts of the services that name a command."""
    found = []
    folder = Path(o365desk.services.sso.__file__).parent
    for file in (*sorted(folder.glob("*.py")), Path(steps.__file__)):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if any(command in text for command in COMMANDS):
                found.append(text)
    return found


def test_every_command_that_is_named_is_something_to_press() -> None:
    found = texts()
    assert len(found) > 8, "or nothing was looked at"
    for text in found:
        assert not any(command in pressed(text) for command in COMMANDS), text


def test_cause_and_remedy_are_told_so() -> None:
    problem = Problem(title="Lacking", cause="None did.", remedy="Sign in again: o365desk sso rehearse.")
    assert for_window(problem).remedy == "Sign in again: press “Rehearse”."
    told = pressed("Sign in again: o365desk sso sign-in, or --device-code before a command.")
    assert SIGN_IN.replace("&", "") in told
