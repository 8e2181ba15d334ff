"""Every failure of the table, through the services."""

from collections.abc import Callable
from typing import Any

import pytest

from o365desk.model.problems import Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.services.signin.credentials import Credential
from tests.desk import Desk
from tests.failures import FAILURES, Failure


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_failure_is_explained(failure: Failure, hasty_desk: Desk, switches: Callable[..., Any]) -> None:
    source, secret = hasty_desk.prepared(failure)
    credential = Credential(secret=Secret(secret) if secret else None)
    if failure.signed_in:
        hasty_desk.authorise(source)
    hasty_desk.person.kind, hasty_desk.person.consents = failure.person, failure.consents
    switches(**failure.switches)
    problem: Problem | None
    if failure.act == "test":
        report = hasty_desk.test(source, credential)
        problem = report.problem
        assert report.outcome == failure.outcome, report.as_json()
    else:
        with pytest.raises(ProblemError) as caught:
            hasty_desk.authorise(source, credential, device_code=failure.act == "device-code")
        problem = caught.value.problem
    assert problem is not None
    assert (problem.code, problem.action) == (failure.code, failure.action), problem
    assert failure.remedy.lower() in problem.remedy.lower()
    assert problem.title
    assert problem.cause or failure.code


def test_every_rank_is_covered() -> None:
    assert {failure.rank for failure in FAILURES} == set(range(17))
