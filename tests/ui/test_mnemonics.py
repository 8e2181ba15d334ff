"""Alt and a letter means one thing: no two mnemonics that are in sight together are the same, on any page, form,
dialog or menu. The pages are those of tests/shots.py, and the form of each operation."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QLabel, QMenu, QMenuBar, QPushButton, QWidget

from o365desk.catalogue import OPERATIONS
from o365desk.ui.destinations import ToSources
from o365desk.ui.fields.mnemonics import letter_of
from o365desk.ui.pages.operations.operation_view import OperationView
from o365desk.ui.table.view import Table
from o365desk.ui.widgets.theme import Theme
from tests import shots
from tests.ui.staged import Stage, staged


@pytest.fixture
def stage(tmp_path: Path, theme: Theme) -> Iterator[Stage]:
    with staged(tmp_path / "shared", theme) as made:
        made.window.go(ToSources())
        made.window.show()
        made.settle()
        yield made


def doubled(texts: list[str]) -> list[str]:
    """Those that claim the same letter."""
    count = Counter(letter_of(text) for text in texts)
    return sorted(text for text in texts if letter_of(text) and count[letter_of(text)] > 1)


def in_sight(root: QWidget) -> list[str]:
    """All texts of a window or dialog whose letters Alt leads to now."""
    widgets = [each for each in root.findChildren(QWidget) if each.isVisible()]
    texts = [each.text() for each in widgets if isinstance(each, QAbstractButton)]
    texts += [each.text() for each in widgets if isinstance(each, QLabel) and each.buddy()]
    return texts + [each.text() for bar in widgets if isinstance(bar, QMenuBar) for each in seen(bar.actions())]


def seen(actions: list[QAction]) -> list[QAction]:
    return [each for each in actions if each.isVisible() and not each.isSeparator()]


def menus(root: QWidget) -> Iterator[list[str]]:
    """The texts of each menu that can be opened now."""
    for bar in root.findChildren(QMenuBar):
        for each in seen(bar.actions()):
            menu = each.menu()
            if isinstance(menu, QMenu):
                yield [inner.text() for inner in seen(menu.actions())]
    for button in root.findChildren(QPushButton):
        if button.isVisible() and button.menu():
            yield [inner.text() for inner in seen(button.menu().actions())]
    for table in root.findChildren(Table):
        if table.isVisible():
            for made in (table.menu(), table.columns.menu()):
                yield [inner.text() for inner in seen(made.actions())]
                made.deleteLater()


def wrong(root: QWidget) -> list[list[str]]:
    return [found for texts in (in_sight(root), *menus(root)) if (found := doubled(texts))]


def test_on_every_page_and_dialog(stage: Stage) -> None:
    found: dict[str, list[list[str]]] = {}
    letters = 0
    for shot in shots.SHOTS:
        if shot.name.endswith("-small"):
            continue
        widget = shot.take(stage)
        stage.settle()
        letters += sum(bool(letter_of(text)) for text in in_sight(widget))
        if bad := wrong(widget):
            found[shot.name] = bad
        if widget is not stage.window:
            shots.put_away(widget)
        while shots._dismiss(stage):
            pass
    assert found == {}
    assert letters > 500, "or nothing was looked at"


@pytest.mark.parametrize("key", list(OPERATIONS))
def test_on_the_form_of_every_operation(stage: Stage, tmp_path: Path, key: str) -> None:
    """As it comes; with a file of rows for a write; with rows that a read found, some of them selected."""
    operation = OPERATIONS[key]
    heads = [*(field.key for field in operation.fields), "more"]
    file = tmp_path / "rows.csv"
    file.write_text("\n".join([",".join(heads), ",".join("x" for _ in heads), ""]), "utf-8")

    def with_file(view: OperationView) -> None:
        assert view.form.many
        assert view.form.file
        view.form.many.editor.buttons["file"].click()  # type: ignore[attr-defined]
        view.form.file.use(file)

    for bring in (lambda view: None, with_file if operation.writes else shots._selected):
        shots._operation(key, bring)(stage)
        stage.settle()
        assert len([text for text in in_sight(stage.window) if letter_of(text)]) > 8, "or nothing was looked at"
        assert wrong(stage.window) == []
    if operation.writes:
        assert "Leave out a colu&mn" in in_sight(stage.window), "the file was read"
    else:
        assert "&Use for…" in in_sight(stage.window)


def test_the_doubled_are_found() -> None:
    assert doubled(["&User", "&Use for…", "Fish && &chips", "Plain", "&Cut", "R&ow"]) == [
        "&Cut", "&Use for…", "&User", "Fish && &chips",
    ]  # fmt: skip
