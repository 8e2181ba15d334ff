"""A drop-down that is searched by typing, and what the parts of the dialog share."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QWidget

from o365desk.model.conditions import operators
from o365desk.model.conditions.parameters import Type
from o365desk.model.conditions.tree import PartnerValue
from o365desk.model.text.shown import shown
from o365desk.ui.dialogs.conditions.asked import Asked
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme

KEY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Kit:
    """What every part of the dialog needs; `owner` is what models that they share go with."""

    theme: Theme
    tasks: Tasks
    asked: Asked
    owner: QObject

    @cached_property
    def parameters(self) -> QStandardItemModel:
        """All parameters by title; the key beside it where two are called the same."""
        titles = [parameter.title for parameter in self.asked.parameters.values()]
        pairs = (
            (key, each.title if titles.count(each.title) == 1 else f"{each.title} ({key})")
            for key, each in self.asked.parameters.items()
        )
        return choices(pairs, self.owner)

    @cached_property
    def _operators(self) -> dict[Type | None, QStandardItemModel]:
        return {}

    def operators(self, type_: Type | None) -> QStandardItemModel:
        """The operators of a type; none as long as there is none."""
        if type_ not in self._operators:
            offered = operators.operators(type_) if type_ else ()
            self._operators[type_] = choices(((each.key, each.label) for each in offered), self.owner)
        return self._operators[type_]

    @cached_property
    def plans(self) -> QStandardItemModel:
        """The licence plans by product name."""
        return choices(self.asked.plans(), self.owner)

    @cached_property
    def partners(self) -> QStandardItemModel:
        """The five values of a partner, and the way back."""
        values = ((each.value, each.title) for each in PartnerValue)
        return choices([*values, ("", "A typed value…")], self.owner)


def choices(pairs: Iterable[tuple[str, str]], owner: QObject) -> QStandardItemModel:
    """A model of keys with their titles, which goes when its owner does."""
    model = QStandardItemModel(owner)
    for key, title in pairs:
        item = QStandardItem(shown(title, 200))
        item.setData(key, KEY)
        model.appendRow(item)
    return model


class DropDown(QComboBox):
    """A drop-down that keeps to the width that it is given, and still under the wheel while it has no focus:
    scrolling changes nothing. It takes a while to make, and longer to move to another parent."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_LETTERS)
        self.setMaxVisibleItems(18)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


_LETTERS = 10


class PickBox(DropDown):
    """See the module. `picked` carries the key of a choice. Where `free`, any text does: `typed` carries it; else a
    text that is no choice gives way to the choice before once the line is left."""

    picked = Signal(str)
    typed = Signal(str)

    def __init__(
        self, model: QStandardItemModel, name: str, hint: str, parent: QWidget | None = None, *, free: bool = False
    ) -> None:
        super().__init__(name, parent)
        self._free = free
        self._key = ""
        self.setModel(model)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.line.setAccessibleName(name)
        self.line.setPlaceholderText(hint)
        completer = QCompleter(model, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(12)
        self.setCompleter(completer)
        self.setCurrentIndex(-1)
        self.activated.connect(self._activated)
        self.line.editingFinished.connect(self._left)
        if free:
            self.line.textEdited.connect(self.typed)

    @property
    def line(self) -> QLineEdit:
        """The line that is typed in."""
        return cast(QLineEdit, self.lineEdit())

    def put(self, key: str) -> None:
        """Shows a choice by its key; a text that is no choice as it is."""
        self._key = key
        at = self.findData(key) if key else -1
        title = self.itemText(at) if at >= 0 else key if self._free else shown(key, 200)
        if self.currentIndex() == at and self.currentText() == title:
            return
        self.setCurrentIndex(at)
        if at < 0:
            self.setEditText(title)
        self.line.setCursorPosition(len(title) if self.line.hasFocus() else 0)
        self.setToolTip(shown(title, 500))

    def _activated(self, at: int) -> None:
        key = self.itemData(at)
        if isinstance(key, str):
            self._key = key
            self.setToolTip(self.itemText(at))
            self.picked.emit(key)

    def _left(self) -> None:
        """Takes what is meant without doubt: that title, or the only one that holds what is typed."""
        text = self.currentText().strip()
        before = self.findData(self._key) if self._key else -1
        if text and before >= 0 and text == self.itemText(before):
            return
        found = self._meant(text)
        if found >= 0:
            self.setCurrentIndex(found)
            self._activated(found)
        elif not self._free:
            self.put(self._key)

    def _meant(self, text: str) -> int:
        if not text:
            return -1
        folded = text.casefold()
        titles = [self.itemText(at).casefold() for at in range(self.count())]
        if folded in titles:
            return titles.index(folded)
        if self._free:
            return -1
        like = [at for at, title in enumerate(titles) if folded in title]
        return like[0] if len(like) == 1 else -1
