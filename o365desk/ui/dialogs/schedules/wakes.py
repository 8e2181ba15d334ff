"""What wakes o365desk while its window is closed: what would be written, shown first; then installed, proven inside
the scheduler itself, and removed again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QPlainTextEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from o365desk.model.problems import Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.schedules.waking.entry import Shown, Standing
from o365desk.services.schedules.waking.waking import Proof, Waking
from o365desk.ui.context import Context
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.figures import Remark, Remarks
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.labels import announce, selectable, text_label

_WHAT = {"vault": "Vault", "files": "Files", "network": "Network", "zone": "Time zone"}


@dataclass(frozen=True)
class Found:
    """What the system has, and what would be written. `proven` as `Waking.proven`."""

    title: str
    texts: tuple[Shown, ...]
    notes: tuple[str, ...]
    standing: Standing
    proven: tuple[datetime, Proof] | None


class WakesDialog(QDialog):
    """See the module. Closing it while it waits for a wake stops the waiting, not the wakes."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("wakes")
        self.setWindowTitle("Wakes")
        self._context = context
        self._task: Task | None = None
        self.found: Found | None = None
        theme = context.theme
        self.banner, self.proof = Banner(theme), Remarks(theme)
        self.notes = Remarks(theme)
        self.said = text_label(role="dim")
        self.texts = QVBoxLayout()
        self.install_button, self.prove_button = QPushButton("&Install"), QPushButton("&Prove")
        self.remove_button, self.close_button = QPushButton("&Remove"), QPushButton("&Close")
        self._lay_out()
        self.install_button.clicked.connect(self.install)
        self.prove_button.clicked.connect(self.prove)
        self.remove_button.clicked.connect(self.remove)
        self.close_button.clicked.connect(self.reject)
        self._offer()
        self.look()

    # --- actions ----------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Reads what the system has."""
        waking = self._context.app.waking
        self._run("Asking what wakes o365desk", lambda stop: _read(waking), self._show)

    def install(self) -> None:
        """Writes what is shown, enables it, and waits for its first word."""
        waking = self._context.app.waking
        self._run("Waiting for the first wake", lambda stop: waking.install(stop), self._proven)

    def prove(self) -> None:
        """Has what is set up wake once, and waits for its word."""
        waking = self._context.app.waking
        self._run("Waiting for a wake", lambda stop: waking.prove(stop), self._proven)

    def remove(self) -> None:
        """Takes out all that was written."""
        waking = self._context.app.waking
        self._run("Removing the wakes", lambda stop: waking.uninstall(), self._removed)

    def reject(self) -> None:
        """Stops waiting."""
        if self._task:
            self._task.cancel()
        super().reject()

    # --- what comes of it -------------------------------------------------------------------------------------

    def _run(self, title: str, work: "Callable[[Stop], object]", done: "Callable[[object], None]") -> None:
        if self._task:
            return

        def ended(found: object) -> None:
            self._task = None
            done(found)
            self._offer()

        self.said.setText(f"{title}…")
        self._task = self._context.tasks.run(
            title, lambda stop, tell: work(stop), ended, self._failed, owner=self, cancelled=self._cancelled
        )
        self._offer()

    def _show(self, found: object) -> None:
        assert isinstance(found, Found)  # noqa: S101 - as read
        self.found = found
        while (item := self.texts.takeAt(0)) is not None:
            if old := item.widget():
                old.hide()
                old.deleteLater()
        for each in found.texts:
            self.texts.addWidget(selectable(text_label(each.where, "strong")))
            self.texts.addWidget(_reading(each))
        self.notes.show_remarks([Remark("info", note) for note in found.notes])
        if found.proven and not self.proof.shown:
            self._show_proof(found.proven[1])
        self.said.setText(self._standing(found))

    def _standing(self, found: Found) -> str:
        standing = found.standing
        if not standing.installed:
            return f"Nothing is set up. Install writes what is shown below, for {found.title}."
        if standing.stale:
            return f"It is to start {standing.program}, which is gone. Install writes it anew."
        if standing.enabled is False:
            return "It is set up, and turned off. Install turns it on again."
        if not standing.same:
            return "It is set up, and differs from what is shown below. Install replaces it."
        if found.proven:
            return f"It is set up, and was proven {wording.age(found.proven[0], self._context.app.clock())}."
        return "It is set up. Prove has it wake once, and waits for what it finds."

    def _proven(self, proof: object) -> None:
        assert isinstance(proof, Proof)  # noqa: S101 - as read
        self.banner.hide()
        self._show_proof(proof)
        self.look_again()

    def _show_proof(self, proof: Proof) -> None:
        if not proof.came:
            text = (
                "No wake came in time. It is set up: see whether the scheduler runs at all, as in a container it "
                "may not; it may still come."
            )
            self.proof.show_remarks([Remark("bad", text)])
        else:
            self.proof.show_remarks(
                [
                    Remark("good" if check.good else "bad", f"{_WHAT.get(check.what, check.what)}: {check.said}")
                    for check in proof.checks
                ]
            )
        announce(self.proof)

    def _removed(self, there: object) -> None:
        self.proof.show_remarks(())
        text = "It is removed: nothing wakes o365desk any more." if there else "There was nothing to remove."
        self.banner.show_text("good", text)
        self.look_again()

    def look_again(self) -> None:
        """What the system has by now."""
        self._task = None
        self.look()

    def _failed(self, problem: Problem) -> None:
        self._task = None
        self.said.setText("")
        self.banner.show_problem(problem)
        self._offer()

    def _cancelled(self) -> None:
        self._task = None
        self.said.setText("Nobody waits for the wake any more; what was set up stays.")
        self._offer()

    def _offer(self) -> None:
        """Only what can be done now."""
        busy, found = self._task is not None, self.found
        there = found is not None and found.standing.installed
        self.install_button.setText("&Install" if not there else "&Install anew")
        why = "It is at work already." if busy else "" if found else "What would be written is not known."
        missing = why or ("" if there else "Nothing is set up yet.")
        for button, off in (
            (self.install_button, why),
            (self.prove_button, missing),
            (self.remove_button, missing),
        ):
            button.setEnabled(not off)
            button.setToolTip(shown(off))
            button.setAccessibleDescription(shown(off))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label("Waking o365desk while its window is closed", "section"))
        column.addWidget(self.banner)
        column.addWidget(self.said)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 8, 0)
        inner.setSpacing(12)
        self.texts.setSpacing(8)
        inner.addWidget(self.proof)
        inner.addLayout(self.texts)
        inner.addWidget(self.notes)
        inner.addStretch(1)
        scroll.setWidget(content)
        column.addWidget(scroll, 1)
        foot = QWidget()
        flow = FlowLayout(foot)
        self.install_button.setProperty("role", "primary")
        for button, name in (
            (self.install_button, "install"),
            (self.prove_button, "prove"),
            (self.remove_button, "remove"),
            (self.close_button, "close"),
        ):
            button.setObjectName(f"wakes-{name}")
            button.setAutoDefault(False)
            flow.addWidget(button)
        column.addWidget(foot)
        parent = self.parentWidget()
        room = parent.window().size() if parent else self.sizeHint()
        self.setMinimumSize(440, 320)
        self.resize(min(760, room.width() - 40), min(640, room.height() - 20))


def _reading(text: Shown) -> QPlainTextEdit:
    """What would be written, to be read and copied."""
    view = QPlainTextEdit(shown(text.text, lines=True), readOnly=True, tabChangesFocus=True)
    view.setProperty("mono", True)
    view.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
    view.setAccessibleName(shown(f"What is written: {text.where}"))
    lines = min(12, text.text.count("\n") + 1)
    view.setFixedHeight(view.fontMetrics().lineSpacing() * lines + 20)
    return view


def _read(waking: Waking) -> Found:
    waker = waking.waker()
    try:
        standing = waker.standing()
    except ProblemError:  # it does not tell: what would be written can be shown all the same
        standing = Standing()
    proven = waking.proven() if standing.installed else None
    return Found(waker.title, tuple(waker.texts()), waker.notes, standing, proven)
