"""Progress where there is no terminal: as much as a log can bear."""

import contextlib
import os
import signal
import sys
import time

import pytest

from o365desk.cli.progress import Ticker, steered
from o365desk.model.problems import CancelledError
from o365desk.model.run import Counts, RunProgress
from o365desk.model.stop import Control


class Watch:
    """A clock that is put on by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def progress(changed: int, total: int = 1000, **more: object) -> RunProgress:
    counts = Counts(changed=changed, not_attempted=total - changed)
    return RunProgress(run="12345678", counts=counts, **more)  # type: ignore[arg-type]


def test_hundreds_of_waits_are_a_few_lines_and_do_not_hide_how_far_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch = Watch()
    with Ticker(now=watch) as ticker:
        for number in range(200):
            ticker.running(progress(number * 5, waiting=f"Microsoft asks for {number % 7 / 10} s"))
            watch.now += 0.1
    lines = capsys.readouterr().err.splitlines()
    assert "asks for 0.0 s" in lines[0], "the first wait is told at once"
    assert len([line for line in lines if "asks for" in line]) == 4
    assert len([line for line in lines if "of 1,000" in line]) == 3


def test_what_is_slower_than_one_a_second_has_no_rate(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch()
    with Ticker(now=watch) as ticker:
        for made, rate, left in ((1, 0.2, 0.0), (600, 30.0, 13.0)):
            watch.now += 6
            ticker.running(progress(made, 1 if made == 1 else 1000, rate=rate, left=left))
    first, second = capsys.readouterr().err.splitlines()
    assert first == "1 of 1: 1 changed, 0 already so"
    assert second == "600 of 1,000: 600 changed, 0 already so, 30 a second, 13 s left"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_a_second_interrupt_while_the_first_is_answered_stops(capsys: pytest.CaptureFixture[str]) -> None:
    """As where a terminal and a wrapper both send one. (Two in the same instant are one to the system.)"""

    def work(control: Control) -> list[bool]:
        os.kill(os.getpid(), signal.SIGINT)
        while not control.cancelled:
            time.sleep(0.0001)
        os.kill(os.getpid(), signal.SIGINT)
        with contextlib.suppress(CancelledError):
            control.stop.wait(10)
        return [control.cancelled, control.stop.is_set()]

    assert steered(work) == [True, True]
    said = capsys.readouterr().err
    assert said.index("Cancelling") < said.index("Ending at once")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
