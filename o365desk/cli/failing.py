"""A problem as a command tells it: in words on standard error and, where JSON was asked for, as one object on
standard output."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from o365desk.cli import printing
from o365desk.log import mask
from o365desk.model.problems import Problem

_JSON: ContextVar[bool] = ContextVar("_JSON", default=False)


def error_object(problem: Problem) -> dict[str, str]:
    """A problem in the form that every command with --json has for it. `details` are foreign words as they came."""
    return {key: mask(value) for key, value in problem.as_json().items()}


def begin(words: Sequence[str]) -> None:
    """A command line begins: its words tell whether its results are to be JSON. Told by hand, as a command line
    that nobody understands asks for it, too."""
    options = list(words[: words.index("--")] if "--" in words else words)
    pairs = zip(options, [*options[1:], ""], strict=True)
    forms = [then if word == "--format" else word.partition("=")[2] for word, then in pairs if _names_form(word)]
    # Two that contradict each other ask for neither.
    _JSON.set(set(forms) <= {"json"} and ("--json" in options or bool(forms)))
    printing.OUT.begin()


def _names_form(word: str) -> bool:
    return word == "--format" or word.startswith("--format=")


def fail(problem: Problem, *said: str) -> None:
    """Tells a problem that ends a command; `said` is what people are told instead of its parts. Where results have
    gone to standard output already, they stay the only thing there."""
    if said:
        printing.say(*said)
    else:
        printing.show_problem(problem)
    if _JSON.get() and not printing.OUT.used:
        printing.print_json({"error": error_object(problem)})


def with_error(document: dict[str, Any], problem: Problem | None) -> dict[str, Any]:
    """A result's document, with the problem that ended the work, if one did."""
    return document | ({"error": error_object(problem)} if problem else {})
