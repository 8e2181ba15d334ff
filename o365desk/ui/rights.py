"""What whoever works here may not do, as buttons and menus say it: the one decision, asked and shown."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QPushButton

from o365desk.app import App
from o365desk.model.access.security import Deed
from o365desk.model.datasource import DataSource
from o365desk.model.problems import ProblemError
from o365desk.model.text.shown import shown
from o365desk.ui.context import Does, MayNot

DEEDS = (
    Deed.ADD,
    Deed.EDIT,
    Deed.DELETE,
    Deed.RESTORE,
    Deed.AUTHORISE,
    Deed.SECRETS,
    Deed.SECURITY,
    Deed.TEST,
)
"""What is done to a data source."""

Refusals = Mapping[Deed, str]
"""Why something may not be done, by what it is; what may be is not in it."""


def refusal(app: App, source: DataSource | None, deed: Deed) -> str:
    """Why whoever works here may not do this with a data source as its file has it (None: with a new one), and what
    would change that; "" where they may."""
    try:
        decision = app.access.decide(source, deed)
    except ProblemError as error:  # the state cannot be used: then nothing is known, and nothing may be done
        return error.problem.sentence()
    return "" if decision.allowed else " ".join(filter(None, (decision.because, decision.remedy)))


def refusals(app: App, source: DataSource | None) -> Refusals:
    """All of that at once; with a new one, everything but testing it is part of adding it."""
    if source is None:
        why = refusal(app, None, Deed.ADD)
        return dict.fromkeys(set(DEEDS) - {Deed.TEST}, why) if why else {}
    found = {deed: refusal(app, source, deed) for deed in DEEDS}
    return {deed: why for deed, why in found.items() if why}


def unless(why: str, do: Callable[[], object] | str) -> Does:
    """What a command does; where it may not be done, why not. What cannot be done anyway says so first."""
    return do if isinstance(do, str) or not why else MayNot(why)


def show_refusal(button: QPushButton, why: str, tip: str = "") -> None:
    """Turns a button off for a reason, or on again with its usual tool tip."""
    button.setEnabled(not why)
    button.setToolTip(shown(why) or tip)
    button.setAccessibleDescription(shown(why) or tip)
