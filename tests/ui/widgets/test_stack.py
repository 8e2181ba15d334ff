"""Only the widget in sight is asked how large it is."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from o365desk.ui.widgets.labels import text_label
from o365desk.ui.widgets.stack import Stack


class Asked(QWidget):
    """Counts how often it is asked."""

    def __init__(self, wide: int) -> None:
        super().__init__()
        self.times, self.wide = 0, wide
        self.column = QVBoxLayout(self)
        self.column.addWidget(text_label("Words that are broken into lines. " * 20))

    def sizeHint(self) -> QSize:
        self.times += 1
        return QSize(self.wide, 40)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def test_only_the_widget_in_sight_is_asked(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    stack, small, large = Stack(), Asked(100), Asked(300)
    QVBoxLayout(window).addWidget(stack)
    for each in (small, large):
        stack.addWidget(each)
    window.show()
    assert (stack.sizeHint(), stack.minimumSizeHint()) == (QSize(100, 40), QSize(100, 40))
    assert not stack.hasHeightForWidth()
    before = large.times
    for number in range(5):
        small.column.addWidget(text_label(f"{number}"))
        qtbot.wait(0)
    assert small.times > 0
    assert large.times == before
    stack.setCurrentWidget(large)
    assert stack.sizeHint() == QSize(300, 40)


def test_without_a_widget_it_has_a_size_all_the_same(qtbot: QtBot) -> None:
    stack = Stack()
    qtbot.addWidget(stack)
    assert stack.sizeHint().isValid()
    assert stack.minimumSizeHint().width() <= 0 or stack.minimumSizeHint().isValid()
