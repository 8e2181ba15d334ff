"""Every failure of the table, through the services."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.datasource import DataSource, SignIn
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.connections import NO_CREDENTIAL, Credential
from o365desk.services.secrets import Secret
from tests.desk import Desk
from tests.failures import FAILURES, Failure


@pytest.fixture
def quick(tmp_path: Path, practice: Any, switches: Callable[..., Any]) -> Any:
    made = Desk(tmp_path, practice.ready, timeouts=(5.0, 1.5))
    yield made
    made.close()


def prepared(failure: Failure, desk: Desk) -> tuple[DataSource, Credential]:
    details = {
        key: value.format(**desk.ready) if isinstance(value, str) and not isinstance(value, SignIn) else value
        for key, value in failure.details.items()
    }
    if details.get("sign_in") is SignIn.CERTIFICATE:
        details["certificate"] = desk.ready["apps"][failure.profile]["certificate"]
    source = desk.source(failure.profile, **details)
    if source.sign_in is not SignIn.SECRET:
        return source, NO_CREDENTIAL
    return source, Credential(secret=Secret(failure.secret)) if failure.secret else desk.secret(failure.profile)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_failure_is_explained(failure: Failure, quick: Desk, switches: Callable[..., Any]) -> None:
    source, credential = prepared(failure, quick)
    if failure.signed_in:
        quick.authorise(source)
    quick.person.kind, quick.person.consents = failure.person, failure.consents
    switches(**failure.switches)
    problem: Problem | None
    if failure.act == "test":
        report = quick.test(source, credential)
        problem, outcome = report.problem, report.outcome
        assert outcome == failure.outcome, report.as_json()
    else:
        with pytest.raises(ProblemError) as caught:
            quick.authorise(source, credential, device_code=failure.act == "device-code")
        problem = caught.value.problem
    assert problem is not None
    assert (problem.code, problem.action) == (failure.code, failure.action), problem
    assert failure.remedy.lower() in problem.remedy.lower()
    assert problem.title
    assert problem.cause or failure.code


def test_every_rank_is_covered() -> None:
    assert {failure.rank for failure in FAILURES} == set(range(17))
