"""The unexpected exception: a window with a copyable, secret-free report, and the program goes on."""

from o365desk.model.problems import Problem


def handle(error: BaseException) -> None:
    """Shows the crash window for an exception (once per kind)."""


def problem(error: BaseException) -> Problem:
    """What a page says about an exception that the crash window shows."""
    return Problem(
        title="The program made a mistake",
        cause=f"{type(error).__name__} was not expected here.",
        remedy="Nothing was lost. Copy the report and send it to whoever looks after o365desk.",
        code=type(error).__name__,
        conclusive=False,
    )
