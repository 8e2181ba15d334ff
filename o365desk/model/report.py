"""The report of a connection test: shapes that window, command line and files share. Holds no secret."""

from datetime import datetime
from typing import Any

import msgspec

from o365desk.model.problems import Problem
from o365desk.model.status import Outcome
from o365desk.model.text import wording


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step as it ended. `seconds` is its duration, `began` seconds after the test's start; `detail` is the
    evidence in a sentence, `facts` more of it as pairs; `problem` is set unless it passed."""

    key: str
    title: str
    outcome: Outcome
    detail: str = ""
    remedy: str = ""
    request_id: str = ""
    began: float = 0.0
    seconds: float = 0.0
    warning: bool = False
    """Passed, but worth a look (more permissions than needed, a clock a little off, an end in sight)."""
    facts: tuple[tuple[str, str], ...] = ()
    problem: Problem | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the test shows about one operation. `missing` are the permissions that would open it."""

    key: str
    title: str
    outcome: Outcome
    missing: tuple[str, ...] = ()
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """The stable JSON shape of an operation in `o365desk test --json`."""
        return {
            "key": self.key,
            "title": self.title,
            "outcome": str(self.outcome),
            "missing": list(self.missing),
            "detail": self.detail,
        }


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole test. `outcome` is succeeded, failed or not proven; `problem` the one that matters most. `operations`
    are the web original's ten; what is `beyond` them is off where its permission is missing, and fails no test."""

    source: str
    outcome: str
    message: str
    started: datetime
    seconds: float
    steps: tuple[Step, ...]
    operations: tuple[Verdict, ...]
    beyond: tuple[Verdict, ...] = ()
    problem: Problem | None = None
    account: str = ""
    tenant: str = ""

    def as_json(self) -> dict[str, Any]:
        """The stable JSON shape of `o365desk test --json`; `error` is there unless it succeeded."""
        error = {"error": self.problem.as_json()} if self.problem and self.outcome != "succeeded" else {}
        return {
            "source": self.source,
            "outcome": self.outcome,
            "message": self.message,
            "started": wording.iso(self.started),
            "seconds": round(self.seconds, 3),
            "steps": [
                {
                    "key": step.key,
                    "title": step.title,
                    "outcome": str(step.outcome),
                    "detail": step.detail,
                    "remedy": step.remedy,
                    "request_id": step.request_id,
                    "code": step.problem.code if step.problem else "",
                    "details": step.problem.detail if step.problem else "",
                    "seconds": round(step.seconds, 3),
                }
                for step in self.steps
            ],
            "operations": [verdict.as_json() for verdict in self.operations],
            "beyond": [verdict.as_json() for verdict in self.beyond],
            **error,
        }
