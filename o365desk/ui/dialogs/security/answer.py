"""What somebody may do with a data source, line by line, and which setting decided."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from o365desk.app import App
from o365desk.catalogue import Operation
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions import words
from o365desk.model.datasource import DataSource
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.access.decision import Decision, Kind, Subject
from o365desk.services.access.report import AccessReport, report
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, selectable, text_label
from o365desk.ui.widgets.theme import Theme

KINDS = {
    Kind.USER: "a person of the organisation",
    Kind.GUEST: "a guest: external, and of no company that is entered as a partner",
    Kind.PARTNER: "a partner",
    Kind.UNKNOWN: "not known: perhaps a partner",
}
_SETTINGS = {
    "workspace.json": "the file workspace.json",
    "roles": "roles of the workspace",
    "people": "people of the workspace",
    "partners": "partners of the workspace",
    "security.administrators": "Connection administrators",
    "security.users": "Connection users",
    "security.b2b": "Enable B2B",
    "security.partnerDefaults": "Enable partner default query parameters",
    "security.mappings": "partner defaults",
}
"""The rules of decisions, as the screens call them."""


@dataclass(frozen=True)
class AccessAnswer:
    """What was found out about somebody. `asked` says when the tenant was asked about them."""

    report: AccessReport
    asked: str

    @property
    def subject(self) -> Subject:
        """Who that is."""
        return self.report.subject

    @property
    def sentence(self) -> str:
        """Who that is, in words."""
        subject = self.subject
        name = f"{subject.name} ({subject.address})" if subject.name else subject.address
        company = f" of {subject.company.company}" if subject.company else ""
        return f"{name} is {KINDS[subject.kind]}{company}."


def answer(app: App, source: DataSource, address: str) -> AccessAnswer:
    """About whoever has this address ("": whoever works here), from what is known. Raises ProblemError."""
    found = report(app.access, source, address)
    known = app.access.known_user(source, found.subject.address)
    if known is None:
        asked = "The tenant was not asked about them yet."
    else:
        there = "" if known.exists else ", and has nobody with that address"
        asked = f"The tenant was asked about them {wording.age(known.read, app.clock())}{there}."
    return AccessAnswer(found, asked)


def setting(rule: str) -> str:
    """The setting that decided, as the screens call it."""
    numbered = re.fullmatch(r"security\.mappings\[(\d+)\]", rule)
    return f"partner default {int(numbered[1]) + 1}" if numbered else _SETTINGS.get(rule, rule)


def conditions_of(operation: Operation, decision: Decision) -> str:
    """The conditions that hold for an operation, in words; "" for none."""
    return words.sentence(decision.conditions, parameters(operation)) if decision.conditions else ""


class AnswerView(QScrollArea):
    """See the module. The arrow keys scroll it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(widgetResizable=True)
        self._theme = theme
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setObjectName("answer")
        self.setAccessibleName("What they may do, and why")
        self._lines: list[str] = []

    def text(self) -> str:
        """All of it, a line each."""
        return "\n".join(self._lines)

    def show_report(self, found: AccessReport) -> None:
        """Shows another answer."""
        inner = QFrame()
        inner.setProperty("role", "card")
        self._lines = []
        grid = QGridLayout(inner)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(3, 1)
        self._add(grid, ["Administer"], found.administer, "")
        self._add(grid, ["Query"], found.query, "")
        for decision, operations in _alike(found.operations):
            titles = [operation.title for operation in operations]
            self._add(grid, titles, decision, conditions_of(operations[0], decision))
        grid.setRowStretch(grid.rowCount(), 1)
        self.setWidget(inner)
        self.setAccessibleDescription(shown(self.text(), lines=True))

    def _add(self, grid: QGridLayout, what: Sequence[str], decision: Decision, conditions: str) -> None:
        row = grid.rowCount()
        icon = Label()
        Pictured(self._theme, icon, *(("passed", "good") if decision.allowed else ("failed", "bad")))
        may = "may" if decision.allowed else "may not"
        grid.addWidget(icon, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(text_label(may, "strong", wrap=False), row, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(text_label("\n".join(what), wrap=False), row, 2, Qt.AlignmentFlag.AlignTop)
        parts = [decision.because, f"Only rows where {conditions}." if conditions else "", _decided(decision)]
        why = QWidget()
        inner = QGridLayout(why)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setVerticalSpacing(2)
        for number, (text, role) in enumerate(zip(parts, ("", "strong", "small"), strict=True)):
            if text:
                inner.addWidget(selectable(text_label(text, role)), number, 0)
        grid.addWidget(why, row, 3, Qt.AlignmentFlag.AlignTop)
        said = f"{may}. {' '.join(filter(None, parts))}"
        why.setAccessibleName(shown(f"{', '.join(what)}: {said}"))
        self._lines += [f"{each}: {said}" for each in what]


def _alike(
    operations: Sequence[tuple[Operation, Decision]],
) -> list[tuple[Decision, list[Operation]]]:
    """Operations that follow each other and are decided alike, together."""
    made: list[tuple[Decision, list[Operation]]] = []
    for operation, decision in operations:
        if made and made[-1][0] == decision and not decision.conditions:
            made[-1][1].append(operation)
        else:
            made.append((decision, [operation]))
    return made


def _decided(decision: Decision) -> str:
    remedy = f" {decision.remedy}" if decision.remedy else ""
    return f"Decided by: {setting(decision.rule)}.{remedy}"
