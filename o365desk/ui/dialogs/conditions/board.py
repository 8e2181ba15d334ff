"""The conditions on the screen: a view for each row and group of a draft, kept in step with it.

Views are known by the numbers of their rows and groups, so that an edit touches what it changes and the focus
stays.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from o365desk.model.conditions.operators import Operator
from o365desk.model.conditions.operators import find as find_operator
from o365desk.model.conditions.tree import Place, place_words
from o365desk.ui.dialogs.conditions import editing
from o365desk.ui.dialogs.conditions.card import Body, Card, JoinChoice
from o365desk.ui.dialogs.conditions.editing import Box, Draft, Gap, Node, Row
from o365desk.ui.dialogs.conditions.entry.picking import Kit
from o365desk.ui.dialogs.conditions.handle import MIME, Handle
from o365desk.ui.dialogs.conditions.keys import watch
from o365desk.ui.dialogs.conditions.row import RowView
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import text_label

View = RowView | Card
Change = Callable[[Draft], Draft]
AT_ONCE = 12
"""Rows that are made with the dialog: about as many as are in sight."""
_SLICE = 0.012
"""Seconds for which more are made between two events."""


class Board(QScrollArea):
    """See the module. `edited` carries a change of the draft and its kind (see History), `wanted` a command and the
    number of the row or group that it is about."""

    edited = Signal(object, object)
    wanted = Signal(str, int)

    def __init__(self, kit: Kit) -> None:
        super().__init__(widgetResizable=True)
        self._kit = kit
        self._views: dict[int, View] = {}
        self._stops: list[QWidget] = []
        self._draft = Draft(Box(editing.ROOT), 1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setAccessibleName("Conditions")
        self._high = self._room = 0
        self._soon = QTimer(self, interval=0)
        self._soon.timeout.connect(self._make_more)
        self._inner = QWidget()
        self.body = Body()
        self.empty = text_label("No condition yet: everything is let through.", "dim")
        self.join = JoinChoice("groups and rows", self._inner, ("A&nd", "O&r"))
        self.add_group = QPushButton("Add a conditions &group")
        self.add_group.setAutoDefault(False)
        self.add_group.setToolTip("Ctrl+Shift+Enter")
        Pictured(kit.theme, self.add_group, "add", "text")
        watch(self.add_group)
        self.add_group.clicked.connect(lambda: self.wanted.emit("add-group-in", editing.ROOT))
        self.join.chosen.connect(lambda how: self.edited.emit(lambda d: editing.join(d, editing.ROOT, how), None))
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        column.addLayout(self.body)
        column.addWidget(self.empty)
        column.addWidget(self.join, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.add_group, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.setWidget(self._inner)
        self._mark = QFrame(self._inner)
        self._mark.setObjectName("drop-mark")
        self._mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._mark.hide()
        self.setAcceptDrops(True)

    def show_draft(self, draft: Draft) -> None:
        """Shows a draft as it is now."""
        focus = QApplication.focusWidget()
        kept = focus if focus and self._inner.isAncestorOf(focus) else None
        self._draft = draft
        there = {node.id for node in editing.nodes(draft.root)}
        for gone in [id_ for id_ in self._views if id_ not in there]:
            view = self._views.pop(gone)
            view.hide()
            view.setParent(self._inner)
            view.deleteLater()
        self._room = AT_ONCE - sum(isinstance(view, RowView) and view.is_made for view in self._views.values())
        self._fill(draft.root, self._inner, self.body, ())
        if next(self._left(), None):
            self._soon.start()
        self.join.show_join(draft.root.join)
        self.join.setVisible(len(draft.root.rows) > 1)
        self.empty.setVisible(not draft.root.rows)
        self._order()
        if kept and kept.isVisibleTo(self._inner) and not kept.hasFocus() and self._inner.isAncestorOf(kept):
            kept.setFocus()

    def say(self, said: Mapping[int, Gap], wrong: frozenset[int]) -> None:
        """What is missing in rows and groups, or wrong with those that are named."""
        for id_, view in self._views.items():
            gap = said.get(id_)
            if isinstance(view, Card):
                view.say(gap.text if gap else "")
            else:
                view.say(gap.text if gap else "", gap.field if gap else "", wrong=id_ in wrong)

    def view(self, id_: int) -> View | None:
        """The view of a row or group."""
        return self._views.get(id_)

    def node_of(self, widget: QWidget | None) -> int:
        """The number of the row or group that a widget belongs to; that of the outermost group for any other."""
        while widget and not isinstance(widget, RowView | Card):
            widget = widget.parentWidget()
        return widget.node if isinstance(widget, RowView | Card) else editing.ROOT

    def focus(self, id_: int, field: str = "") -> None:
        """Leads to a field of a row, or to the handle of a row or group."""
        view = self._views.get(id_)
        if isinstance(view, RowView):
            view.be_ready()
        target: QWidget = self.add_group
        if isinstance(view, RowView) and field:
            target = view.field(field)
        elif view:
            target = view.handle
        target.setFocus(Qt.FocusReason.TabFocusReason)
        QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(target, 24, 24))

    # Keeping in step

    def _fill(self, box: Box, holder: QWidget, body: Body, place: Place) -> None:
        """Puts what is in a group into the body of its card, which `holder` holds."""
        views: list[QWidget] = []
        for number, node in enumerate(box.rows):
            word, here = box.join.value if number else "", (*place, number)
            if isinstance(node, Box):
                card = self._card(node, holder)
                self._fill(node, card.frame, card.body, here)
                card.call(word, place_words(here).replace("row", "group", 1))
                card.join.show_join(node.join)
                views.append(card)
            else:
                row = self._row(node, holder)
                row.call(word, place_words(here))
                views.append(row)
        body.fill(views)

    def _card(self, box: Box, holder: QWidget) -> Card:
        view = self._views.get(box.id)
        if not isinstance(view, Card):
            view = Card(self._kit, box.id, holder)
            view.joined.connect(lambda how, id_=box.id: self.edited.emit(lambda d: editing.join(d, id_, how), None))
            self._keep(view)
        return view

    def _row(self, row: Row, holder: QWidget) -> RowView:
        view = self._views.get(row.id)
        if isinstance(view, RowView):
            view.show_row(row)
            return view
        view = RowView(self._kit, row, holder, self._high if self._room <= 0 else 0)
        self._room -= 1
        self._high = self._high or view.sizeHint().height()
        self._keep(view)
        id_ = row.id
        view.made.connect(self._order)
        view.parameter_chosen.connect(lambda key: self._parameter_chosen(id_, key))
        view.operator_chosen.connect(lambda key: self._operator_chosen(id_, key))
        view.value_edited.connect(
            lambda value: self.edited.emit(lambda d: editing.type_value(d, id_, value), ("value", id_))
        )
        return view

    def _left(self) -> Iterator[RowView]:
        """The rows that are yet to be made."""
        return (view for view in self._views.values() if isinstance(view, RowView) and not view.is_made)

    def _make_more(self) -> None:
        """Makes rows for a moment, those in sight first."""
        until = time.perf_counter() + _SLICE
        for view in sorted(self._left(), key=lambda view: view.visibleRegion().isEmpty()):
            view.make()
            if time.perf_counter() > until:
                break
        else:
            self._soon.stop()
        self._order()

    def _keep(self, view: View) -> None:
        id_ = view.node
        self._views[id_] = view
        view.wanted.connect(lambda command: self.wanted.emit(command, id_))

    def _parameter_chosen(self, id_: int, key: str) -> None:
        parameter = self._kit.asked.parameters.get(key)
        if parameter:
            zone = self._kit.asked.zone
            self.edited.emit(lambda d: editing.choose_parameter(d, id_, parameter, zone), None)

    def _operator_chosen(self, id_: int, key: str) -> None:
        operator: Operator | None = find_operator(key)
        if operator:
            self.edited.emit(lambda d: editing.choose_operator(d, id_, operator), None)

    def _order(self) -> None:
        """Tab walks in reading order."""
        stops = [*self._stops_of(self._draft.root), *self.join.buttons.values(), self.add_group]
        if stops == self._stops:
            return
        self._stops = stops
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _stops_of(self, node: Node) -> Iterator[QWidget]:
        view = self._views.get(node.id)
        if isinstance(view, RowView):
            yield from view.stops()
            return
        if isinstance(view, Card):
            yield from view.stops_before()
        if isinstance(node, Box):
            for row in node.rows:
                yield from self._stops_of(row)
        if isinstance(view, Card):
            yield from view.stops_behind()

    # Dragging

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dragged(event) is not None:
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        handle = self._dragged(event)
        if handle is None:
            return
        event.acceptProposedAction()
        at = self._inner.mapFrom(self.viewport(), event.position().toPoint())
        self.ensureVisible(at.x(), at.y(), 0, 32)
        gap = self._gap_at(at, handle.node)
        self._mark.setVisible(gap is not None)
        if gap:
            _, _, place, width = gap
            self._mark.setGeometry(place.x(), place.y() - 1, width, 3)
            self._mark.raise_()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._mark.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._mark.hide()
        handle = self._dragged(event)
        if handle is None:
            return
        event.acceptProposedAction()
        at = self._inner.mapFrom(self.viewport(), event.position().toPoint())
        gap = self._gap_at(at, handle.node)
        if gap:
            group, index, _, _ = gap
            moved = handle.node
            self.edited.emit(lambda d: editing.drop(d, moved, group, index), None)
            self.focus(moved)

    def _dragged(self, event: QDropEvent) -> Handle | None:
        """The handle that is dragged, if it is one of this board: nothing comes in from elsewhere."""
        source = event.source()
        ours = isinstance(source, Handle) and event.mimeData().hasFormat(MIME) and source.node in self._views
        return source if isinstance(source, Handle) and ours and self._inner.isAncestorOf(source) else None

    def _gap_at(self, at: QPoint, moved: int) -> tuple[int, int, QPoint, int] | None:
        """The gap between rows that is nearest: group, index, where it is and how wide."""
        own = self._draft.find(moved)
        barred = {node.id for node in editing.nodes(own)} if own else set()
        found = [gap for box in self._boxes() if box.id not in barred for gap in self._gaps(box)]
        return min(found, key=lambda gap: abs(gap[2].y() - at.y()), default=None)

    def _boxes(self) -> Iterator[Box]:
        return (node for node in editing.nodes(self._draft.root) if isinstance(node, Box))

    def _gaps(self, box: Box) -> Iterator[tuple[int, int, QPoint, int]]:
        bottom: QPoint | None = None
        width = 0
        for index, row in enumerate(box.rows):
            view = self._views[row.id]
            corner = view.mapTo(self._inner, QPoint(0, 0))
            width = view.width()
            yield box.id, index, corner - QPoint(0, 4), width
            bottom = corner + QPoint(0, view.height() + 4)
        if bottom:
            yield box.id, len(box.rows), bottom, width
        elif isinstance(card := self._views.get(box.id), Card):
            yield box.id, 0, card.add.mapTo(self._inner, QPoint(0, -4)), card.width() - 24
