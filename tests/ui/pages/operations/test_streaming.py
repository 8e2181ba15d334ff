"""Pages on their way to the window: the first at once, the others in turns, and nothing is lost."""

import threading
from typing import Any

from o365desk import catalogue
from o365desk.services.graph.lists import GraphPage
from o365desk.services.graph.throttling import Pause
from o365desk.ui.pages.operations.result_rows import unpacked
from o365desk.ui.pages.operations.streaming import Pages, Turn
from tests.driven import LONG, Driven

COLUMNS = [column for column in catalogue.operation("user-list").columns if column.key == "displayName"]


def page(*names: str) -> GraphPage:
    return GraphPage([{"id": name, "displayName": name} for name in names], len(names), 9)


class Window:
    """Shows each turn at once, unless it hangs."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.told: list[Any] = []
        self.shown = threading.Event()
        self._hangs = hangs

    def __call__(self, what: Any) -> None:
        self.told.append(what)
        self.shown.set()
        if isinstance(what, Turn) and not self._hangs:
            what.over()

    def names(self) -> list[list[str]]:
        turns = [what for what in self.told if isinstance(what, Turn)]
        return [[unpacked(row)["displayName"] for row in turn.rows] for turn in turns]


def test_the_first_page_goes_at_once_and_the_next_ones_together() -> None:
    window = Window()
    pages = Pages(COLUMNS, window, now=Driven().now)
    for name in ("Anna", "Bea", "Cem"):
        pages.take(page(name))
    assert window.names() == [["Anna"]]
    pages.hand_over()
    pages.hand_over()
    assert window.names() == [["Anna"], ["Bea", "Cem"]]
    assert [(turn.texts, turn.total) for turn in window.told] == [
        (["anna"], 9),
        (["bea", "cem"], 9),
    ]


def test_after_a_while_they_go_without_being_asked() -> None:
    window = Window()
    time = Driven()
    pages = Pages(COLUMNS, window, now=time.now)
    pages.take(page("Anna"))
    time.passed += 0.0625
    pages.take(page("Bea"))
    assert window.names() == [["Anna"]]
    time.passed += 0.0625
    pages.take(page("Cem"))
    assert window.names() == [["Anna"], ["Bea", "Cem"]]


def test_what_came_is_shown_before_a_wait() -> None:
    window = Window()
    pages = Pages(COLUMNS, window, now=Driven().now)
    pages.take(page("Anna"))
    pages.take(page("Bea"))
    pause = Pause(seconds=9, reason="Microsoft asks for 9 s")
    pages.pause(pause)
    pages.pause(None)
    assert window.names() == [["Anna"], ["Bea"]]
    assert window.told[2:] == [pause, None]


def test_the_worker_rests_while_the_window_shows_what_came() -> None:
    window = Window(hangs=True)
    done = threading.Event()
    pages = Pages(COLUMNS, window, turn=LONG[1])

    def work() -> None:
        pages.take(page("Anna"))
        done.set()

    threading.Thread(target=work).start()
    assert not done.wait(0.1)
    assert window.shown.wait(LONG[1])
    window.told[0].over()
    done.wait()


def test_a_window_that_hangs_holds_nothing_up_for_long() -> None:
    pages = Pages(COLUMNS, Window(hangs=True), turn=0.01)
    pages.take(page("Anna"))  # else it would be waited for without end
