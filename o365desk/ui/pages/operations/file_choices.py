"""How a file of rows is to be read, where it leaves that open: its sheet, its encoding. Else nothing is shown."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from o365desk.model.text.shown import shown
from o365desk.services.spreadsheets.formats import encodings
from o365desk.services.spreadsheets.formats.formats import Choices, How
from o365desk.ui.widgets.labels import text_label

_WIDEST = 60
"""Letters of an entry in the lists."""


class FileChoices(QWidget):
    """See the module. `chosen` bears the How that somebody chose."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._how = How()
        self.sheets, self.encodings = QComboBox(), QComboBox()
        self._labels = {combo: text_label(text) for text, combo in self._named()}
        lines = QGridLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setColumnStretch(2, 1)
        for place, (text, combo) in enumerate(self._named()):
            combo.setAccessibleName(text)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            lines.addWidget(self._labels[combo], place, 0, Qt.AlignmentFlag.AlignVCenter)
            lines.addWidget(combo, place, 1)
        self.sheets.activated.connect(lambda: self._choose(sheet=self.sheets.currentData()))
        self.encodings.activated.connect(lambda: self._choose(encoding=self.encodings.currentData()))
        self.hide()

    def _named(self) -> tuple[tuple[str, QComboBox], ...]:
        return ("Sheet", self.sheets), ("Encoding", self.encodings)

    def show_choices(self, choices: Choices, how: How, *, asked: bool = False) -> None:
        """Shows what there is to choose from, and how the file was read; where it is `asked`, nothing is chosen."""
        self._how = How(sheet="" if asked else how.sheet, encoding=how.encoding if self._how.encoding else "")
        titles = [(shown(title, _WIDEST), title) for title in choices.sheets]
        codecs = [
            (f"{encodings.title(codec)}:  {shown(word, _WIDEST)}", codec) for codec, word in choices.encodings
        ]
        for combo, entries, value in (
            (self.sheets, titles, how.sheet),
            (self.encodings, codecs, how.encoding),
        ):
            combo.clear()
            for text, data in entries:
                combo.addItem(text, data)
            combo.setPlaceholderText("Choose …")
            combo.setCurrentIndex(-1 if asked else combo.findData(value))
            combo.setVisible(bool(entries))
            self._labels[combo].setVisible(bool(entries))
        self.setVisible(bool(titles or codecs))

    def _choose(self, **changes: str) -> None:
        self._how = How(**{"sheet": self._how.sheet, "encoding": self._how.encoding} | changes)
        self.chosen.emit(self._how)
