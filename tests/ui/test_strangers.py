"""Every page and dialog with names of strangers in all places: they are text, never markup; nothing is loaded; what
is invisible or steers is marked. The pages are those of tests/shots.py."""

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTabWidget,
    QTextEdit,
    QToolTip,
    QWidget,
)

from o365desk import ui
from o365desk.model.access.security import Security
from o365desk.model.access.single_sign_on import Bypass
from o365desk.model.problems import Problem
from o365desk.services.directory import suggestions
from o365desk.ui.destinations import ToOperations, ToSources
from o365desk.ui.table.cells import NOTE_ROLE
from o365desk.ui.widgets import labels
from o365desk.ui.widgets.theme import Theme
from tests import scene, scheduled, shots, written
from tests.names import HONEST, HOSTILE, hidden, short
from tests.secured import SECURITY
from tests.ui.staged import Stage, staged

_COLOUR = QColor(254, 1, 253)
"""That of the picture which must never be seen."""
_ROLES = (
    Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.StatusTipRole, Qt.ItemDataRole.WhatsThisRole, NOTE_ROLE,
)  # fmt: skip


class Stranger:
    """Whoever can write: `text` is what they write into answers, `written` what they write into files."""

    def __init__(self, folder: Path) -> None:
        self.picture = folder / "probe.png"
        pixmap = QPixmap(64, 64)
        pixmap.fill(_COLOUR)
        assert pixmap.save(str(self.picture))
        self.markup = f'<img src="file://{self.picture}"><b>EVIL</b>'
        self.written = f"=1+1 {self.markup} R&D [*] \u202e\u200b"
        self.text = f"=1+1 {self.markup} R&D [*] \u202e\u200b\x1b[31m\x9b2J\x07\u2028"

    def spoil(self, value: Any, *keys: str) -> Any:
        """The same with what a stranger wrote in some of its texts, wherever they are in it."""
        if isinstance(value, list | tuple):
            return type(value)(self.spoil(item, *keys) for item in value)
        if isinstance(value, dict):
            return {
                key: f"{self.text}{item}" if key in keys and isinstance(item, str) else self.spoil(item, *keys)
                for key, item in value.items()
            }
        if isinstance(value, msgspec.Struct | Problem):
            names = value.__struct_fields__ if isinstance(value, msgspec.Struct) else vars(value)
            parts = {name: getattr(value, name) for name in names}
            return type(value)(**self.spoil(parts, *keys))
        return value


_TEXTS = (
    "label", "sentence", "source_name", "by", "reason", "word", "title", "note", "detail", "remedy", "cause",
    "code",
    "request_id", "waiting", "displayName", "jobTitle", "department", "userPrincipalName", "skuPartNumber",
    "suggestion",
)  # fmt: skip


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Stranger:
    """Writes into everything that tests/shots.py shows."""
    for module in pkgutil.walk_packages(ui.__path__, "o365desk.ui."):
        importlib.import_module(module.name)  # before what they import is another
    made = Stranger(tmp_path)
    for name in ("plan", "large", "run", "run_rows", "progress", "users", "plans"):
        real: Callable[..., Any] = getattr(written, name)
        monkeypatch.setattr(written, name, lambda *a, real=real, **more: made.spoil(real(*a, **more), *_TEXTS))
    monkeypatch.setattr(scene, "FORBIDDEN", made.spoil(scene.FORBIDDEN, *_TEXTS))
    monkeypatch.setattr(
        scene, "_DONE", {key: (made.text + said, *rest) for key, (said, *rest) in scene._DONE.items()}
    )
    _spoil_security(made, monkeypatch)
    _spoil_schedules(made, monkeypatch)
    suggestion = suggestions.Suggestion
    monkeypatch.setattr(
        suggestions,
        "Suggestion",
        lambda value, title, note="": suggestion(made.text + value, made.text + title, made.text + note),
    )
    return made


_WHO = ("name", "address", "company", "contact_name", "contact_email")


def _spoil_security(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom settings, conditions and the workspace name, in the pictures of them."""
    secure, row = shots._secured, shots._condition_row

    def spoilt(stage: Stage) -> Any:
        source = secure(stage)
        people = stage.scene.app.access._load()
        own, *others = people.persons
        persons = (stranger.spoil(own, "name"), *stranger.spoil(others, *_WHO))
        known = people.replace(persons=persons, partners=stranger.spoil(people.partners, *_WHO, "displayName"))
        stage.scene.app.access._load = lambda: known
        return source.replace(security=_security_of(stranger, source.security))

    monkeypatch.setattr(shots, "_secured", spoilt)
    monkeypatch.setattr(shots, "_condition_row", lambda number: stranger.spoil(row(number), *_TEXTS))


def _spoil_schedules(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wrote tasks into the shared folder, what their runs were answered, and what the system has."""
    task, keep, ran = scheduled.task, scheduled.keep, scheduled.ran

    def named(name: str, *given: Any, **more: Any) -> Any:
        made = task(name, *given, **more)
        what = {key: stranger.written if key == "group" else text for key, text in made.what.items()}
        words = (stranger.written,)
        return made.replace(name=f"{stranger.written} {name}", what=what, on_failure=words, report=stranger.written)

    def kept(app: Any, made: Any, *, armed: bool = True) -> Any:
        theirs = made if armed else made.replace(owner=stranger.written, machine=stranger.written)
        return keep(app, theirs, armed=armed)

    def answered(app: Any, made: Any, ago: Any, outcome: Any, message: str, **more: Any) -> None:
        problem = stranger.spoil(more.pop("problem", None), *_TEXTS)
        ran(app, made, ago, outcome, f"{stranger.text} {message}", problem=problem, **more)

    monkeypatch.setattr(scheduled, "task", named)
    monkeypatch.setattr(scheduled, "keep", kept)
    monkeypatch.setattr(scheduled, "ran", answered)
    monkeypatch.setattr(scheduled, "SERVICE", stranger.text)
    monkeypatch.setattr(scheduled.MadeUpWaker, "title", stranger.written)
    monkeypatch.setattr(scheduled.MadeUpWaker, "notes", (stranger.written,))


def _security_of(stranger: Stranger, security: Security) -> Security:
    """The same, with what a stranger wrote in it; whoever works here stays in."""
    own = [who for who in security.users if who.address == "a.admin"]
    conditions = {"join": "and", "rows": [
        {"parameter": "department", "operator": "equals", "value": stranger.text},
        {"parameter": stranger.text, "operator": stranger.text, "value": [stranger.text], "zone": stranger.text},
    ]}  # fmt: skip
    mappings = (
        *(msgspec.structs.replace(each, conditions=conditions) for each in security.mappings[:1]),
        msgspec.structs.replace(security.mappings[0], operation=stranger.text),
    )
    spoilt: Security = stranger.spoil(security.replace(mappings=()), *_WHO)
    return spoilt.replace(users=(*spoilt.users, *own), mappings=mappings)


@pytest.fixture
def stage(stranger: Stranger, tmp_path: Path, theme: Theme) -> Iterator[Stage]:
    with staged(tmp_path / "shared", theme) as made:
        _write_files(made.scene, stranger)
        made.scene.app.state.add_notice("bad", stranger.text, f"{stranger.text}\nCode: {stranger.text}")
        made.window.go(ToSources())
        made.window.show()
        made.settle()
        yield made


def _write_files(filled: scene.Scene, stranger: Stranger) -> None:
    """What somebody else wrote into the shared folder."""
    folder = filled.app.workspace.folder
    for path in [*folder.rglob("data-sources/*.json"), *folder.rglob(".recycle-bin/**/*.json")]:
        document = json.loads(path.read_text("utf-8"))
        document["searches"] = [
            {"name": f"{name} &", "operation": "find-users", "values": {"search": stranger.written}}
            for name in ("Guests", "Leavers")
        ]
        spoilt = stranger.spoil(document, "name", "tenant", "modifiedBy", "deletedBy")
        answered, by_hand = (json.dumps(text)[1:-1] for text in (stranger.text, stranger.written))
        path.write_text(json.dumps(spoilt).replace(answered, by_hand), "utf-8")
    people = {
        "persons": [
            {"address": "a.admin", "role": "Administrator", "name": stranger.written},
            {"address": stranger.written, "role": "User", "kind": "group", "name": stranger.written},
        ],
        "partners": [
            {"company": stranger.written, "contactName": stranger.written, "contactEmail": stranger.written,
             "users": [stranger.written], "domains": [stranger.written]},
        ],
    }  # fmt: skip
    (folder / "workspace.json").write_text(json.dumps(people), "utf-8")
    assert len(filled.app.people.load().people.partners) == 1
    by_id = {entry.source.id: entry.source for entry in filled.app.workspace.list().entries}
    assert by_id
    for name, source in filled.sources.items():
        filled.sources[name] = by_id.get(source.id, source)


def _dialogs(stranger: Stranger) -> Iterator[tuple[str, Callable[[Stage], QWidget]]]:
    """Those that tests/shots.py shows with names of its own."""
    from o365desk.services.state.state import Notice
    from o365desk.ui import crash
    from o365desk.ui.dialogs.confirm import ClosingDialog, ConfirmDialog
    from o365desk.ui.pages.connector.conflict import leave_question
    from o365desk.ui.pages.datasources.datasources import delete_question

    text = stranger.text

    def confirm(stage: Stage) -> QWidget:
        dialog = ConfirmDialog(stage.window.theme, text, text, text, danger=True, parent=stage.window)
        dialog.line.setText("x")
        return dialog

    def closing(stage: Stage) -> QWidget:
        writing = SimpleNamespace(
            writing=lambda: [SimpleNamespace(title=text, scheduled=True)],
            running_changed=stage.window.tasks.running_changed,
        )
        return ClosingDialog(stage.window.theme, writing, stage.window)  # type: ignore[arg-type]

    def notice(stage: Stage) -> QWidget:
        stage.window.notices.said.emit(Notice(scene.NOW, "bad", text, text))
        return stage.window

    def sheet(stage: Stage) -> QWidget:
        shots._operation("add-user-to-group")(stage)
        file = stranger.picture.with_name("rows \u202e\u200b<b>&.csv")
        file.write_text(f"user\n{stranger.written}\n", "utf-8")
        view: Any = stage.window.page(ToOperations).view  # type: ignore[attr-defined]
        view.form.many.editor.buttons["file"].click()
        view.form.file.use(file)
        return stage.window

    def mistake(stage: Stage) -> QWidget:
        window = crash.CrashWindow()
        window.add("made up", crash.report(ValueError(text)))
        return window

    def searches(stage: Stage) -> QWidget:
        shots._operation("find-users")(stage)
        stage.settle()
        menu: QWidget = stage.window.page(ToOperations).view.saved.menu()  # type: ignore[attr-defined]
        return menu

    def conflict(stage: Stage) -> QWidget:
        from o365desk.ui.pages.connector.conflict import conflict_question

        theirs = stage.scene.app.workspace.get(stage.scene.sources["Contoso HR"].id)
        security = _security_of(stranger, SECURITY)
        mine = theirs.source.replace(security=security, searches=theirs.source.searches[:1])
        return conflict_question(stage.window.theme, mine, theirs, stage.window)

    def armed() -> dict[str, Any]:
        return shots._armed(text, confirmed=False) | {"bypass_group": (Bypass(account=text), Bypass(account="x"))}

    def sign_in(window: Any) -> None:
        window.tell(Problem(title=text, cause=text, remedy=text, detail=text, code=text))

    def unreadable(stage: Stage) -> QWidget:
        folder = stage.scene.app.workspace.folder
        (folder / "workspace.json").write_text(json.dumps({"persons": [{stranger.text: 1, "kind": 7}]}), "utf-8")
        faults: tuple[dict[str, Any], ...] = (
            {"id": stranger.written}, {"security": {"mappings": [{"queryType": text}]}}
        )  # fmt: skip
        for number, wrong in enumerate(faults):
            file = folder / "data-sources" / f"bad {number}\u202e<b>.json"
            file.write_text(json.dumps({"version": 1, "id": f"{number}", stranger.text: 1, **wrong}), "utf-8")
        stage.window.page(ToSources)._loaded = False  # type: ignore[attr-defined]
        stage.window.go(ToSources())
        return stage.window

    conditions = {"join": "or", "rows": [
        {"parameter": "department", "operator": "equals", "value": text},
        {"parameter": "userType", "operator": "is one of", "value": [text, f"{text}2"]},
        {"parameter": "displayName", "operator": "matches pattern", "value": f"({text}"},
        {"join": "and", "rows": [
            {"parameter": text, "operator": text, "value": text, "zone": text},
            {"parameter": "createdDateTime", "operator": "is between", "value": [text, text], "zone": text},
        ]}]}  # fmt: skip

    yield "conditions", shots._conditions(saved=conditions)
    yield "conditions of partners", shots._conditions(saved=conditions, partner=True)
    yield "searches", searches
    yield "conflict", conflict
    yield "confirm", confirm
    yield "closing", closing
    yield "leave", lambda stage: leave_question(stage.window.theme, text, stage.window)
    yield "delete", lambda stage: delete_question(stage.window.theme, text, stage.window)
    yield "notice", notice
    yield "sheet", sheet
    yield "mistake", mistake
    yield "single sign-on", shots._sign_on_page(2, **armed())
    yield "sign-in window", shots._sign_in(sign_in, way_back=True, **armed())
    yield "armed", lambda stage: shots._armed_window(stage, **armed())
    yield "unreadable", unreadable


@pytest.mark.long
def test_every_page_and_dialog(stage: Stage, stranger: Stranger) -> None:
    found: list[str] = []
    evil: set[str] = set()
    pages = [(shot.name, shot.take) for shot in shots.SHOTS if not shot.name.endswith("-small")]
    for name, take in [*pages, *_dialogs(stranger)]:
        widget = take(stage)
        if widget is not stage.window:
            widget.show()
        stage.settle()
        own = list(_texts_of(widget))
        seen = own + ([] if widget is stage.window else list(_texts_of(stage.window)))
        found += [f"{name}: {where}: {text[:300]!a}" for where, text in seen if _wrong(text)]
        found += [f"{name}: {label!r} takes markup" for label in _labels(widget) if _may_be_rich(label)]
        found += [f"{name}: {text[:100]!a} is copied" for text in _copied(widget)]
        if _shows_picture(widget):
            found.append(f"{name}: the picture was loaded")
        if any("=1+1" in text for _, text in own):
            evil.add(name)
        if widget is not stage.window:
            shots.put_away(widget)
        while shots._dismiss(stage):
            pass
    assert found == []
    assert len(evil) > 40, sorted(evil)  # or nothing was tried
    assert evil >= _NAMING, _NAMING - evil
    assert sum(text.startswith("'=") for text in _COPIED) > 20, _COPIED


_NAMING = {
    "dialog-security", "dialog-security-refused", "dialog-view-as", "dialog-people", "conditions", "searches",
    "conditions of partners", "conflict", "dialog-conflict", "unreadable", "operations-users", "schedules",
    "task-history", "lifetimes", "dialog-task-weekly", "dialog-task-conflict", "dialog-wakes", "single sign-on",
    "sign-in window", "armed",
}  # fmt: skip
"""Some of those that name strangers."""


_COPIED: set[str] = set()
"""All that was copied meanwhile."""


@cache
def _wrong(text: str) -> bool:
    return bool(hidden(_one_line(text)))


def _one_line(text: str) -> str:
    return text.replace("\n", "").replace("\t", "")


def _labels(widget: QWidget) -> list[QLabel]:
    return [each for each in [widget, *widget.findChildren(QLabel)] if isinstance(each, QLabel)]


def _copied(root: QWidget) -> list[str]:
    """What would be a formula where the keys for copying put cells of its lists."""
    found = []
    for view in (root, *root.findChildren(QAbstractItemView)):
        if not isinstance(view, QAbstractItemView) or isinstance(view, QHeaderView) or not view.isVisible():
            continue
        before = view.currentIndex()
        view.selectionModel().blockSignals(True)
        for row, column in product(range(min(view.model().rowCount(), 3)), range(view.model().columnCount())):
            view.setCurrentIndex(view.model().index(row, column))
            for key in (Qt.Key.Key_C, Qt.Key.Key_Insert):
                QGuiApplication.clipboard().clear()
                QTest.keyClick(view, key, Qt.KeyboardModifier.ControlModifier)
                found.append(QGuiApplication.clipboard().text())
        view.setCurrentIndex(before)
        view.selectionModel().blockSignals(False)
    _COPIED.update(found)
    return [text for text in found if text.startswith("=")]


def _may_be_rich(label: QLabel) -> bool:
    return bool(label.text()) and label.textFormat() != Qt.TextFormat.PlainText


def _shows_picture(widget: QWidget) -> bool:
    """Whether the stranger's picture is seen: whole pixels of its colour in a row."""
    image = widget.grab().toImage().convertToFormat(QPixmap(1, 1).toImage().Format.Format_RGB32)
    return bytes((253, 1, 254, 255)) * 8 in bytes(image.constBits())


def _texts_of(root: QWidget) -> Iterator[tuple[str, str]]:
    """All that a widget and those in it say, in words, tips, titles and rows."""
    for widget in (root, *root.findChildren(QWidget)):
        where = f"{type(widget).__name__} {widget.objectName()}"
        said = (
            widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle(),
            widget.statusTip(), widget.whatsThis(),
        )  # fmt: skip
        yield from ((where, text) for text in said if text)
        yield from ((where, text) for text in _own_texts(widget) if text)
    for action in root.findChildren(QAction):
        yield from ((f"action {action.objectName()}", text) for text in (action.text(), action.toolTip()))


def _own_texts(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    elif isinstance(widget, QComboBox):
        yield from (widget.itemText(at) for at in range(widget.count()))
    elif isinstance(widget, QTabWidget):
        yield from (widget.tabText(at) for at in range(widget.count()))
    elif isinstance(widget, QMenu):
        yield widget.title()
        for action in widget.actions():
            yield from (action.text(), action.toolTip())
    elif isinstance(widget, QPlainTextEdit | QTextEdit) and widget.isReadOnly():
        yield widget.toPlainText()
    elif isinstance(widget, QLineEdit):
        yield widget.placeholderText()  # what is edited is the value itself
    elif isinstance(widget, QAbstractItemView) and widget.isVisible() and widget.model():
        yield from _rows_of(widget.model())


def _rows_of(model: QAbstractItemModel) -> Iterator[str]:
    for row in range(min(model.rowCount(QModelIndex()), 12)):
        for column in range(model.columnCount(QModelIndex())):
            index = model.index(row, column)
            yield from (text for role in _ROLES if isinstance(text := index.data(role), str))


# --- one by one --------------------------------------------------------------------------------------------------


def test_the_picture_would_be_seen(stranger: Stranger, theme: Theme) -> None:
    """Were it markup: the test above would see it."""
    label = QLabel(stranger.markup)
    label.show()
    label.setTextFormat(Qt.TextFormat.RichText)
    assert _shows_picture(label)


def test_a_bare_label_of_qt_takes_no_markup(stranger: Stranger, theme: Theme) -> None:
    """Message boxes, input dialogs and tool tips make their own."""
    label = QLabel(stranger.markup)
    label.show()
    assert not _may_be_rich(label)
    QToolTip.showText(QPoint(5, 5), stranger.markup, label)
    (tip,) = [each for each in QApplication.topLevelWidgets() if each.inherits("QTipLabel") and each.isVisible()]
    assert isinstance(tip, QLabel)
    assert tip.text() == stranger.markup
    assert not _may_be_rich(tip)
    assert not _shows_picture(tip)
    QToolTip.hideText()


@pytest.mark.parametrize("text", HOSTILE, ids=short)
def test_labels_and_captions_mark(text: str, theme: Theme) -> None:
    label, line = labels.Label(text), labels.ElidedLabel(text)
    assert not hidden(_one_line(label.text()))
    assert not hidden(line.text() + line.toolTip() + labels.caption(text))


@pytest.mark.parametrize("text", HONEST)
def test_labels_show_honest_names(text: str, theme: Theme) -> None:
    assert labels.Label(text).text() == labels.ElidedLabel(text).toolTip() == text
    assert labels.caption(text).replace("&&", "&") == text


def test_labels_are_made_in_one_place_only() -> None:
    """Qt's own would show what it is given without marks."""
    rooms = Path(ui.__file__).parent
    makers = [path.name for path in rooms.rglob("*.py") if "QLabel" in path.read_text("utf-8")]
    assert makers == ["labels.py"]
