"""Every step of the connection test has a trouble that it alone tells first: what it rests on passed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from o365desk.app import now
from o365desk.services.connection_test import trial
from o365desk.services.connection_test.steps import TABLE
from tests.desk import Desk
from tests.failures import NOBODY

LONG_AGO = (now() - timedelta(days=9)).date()


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What makes a step end so, and words of what it says."""

    outcome: str
    says: str
    profile: str = "read-write"
    details: dict[str, Any] = field(default_factory=dict)
    switches: dict[str, Any] = field(default_factory=dict)


TROUBLES = {
    "details": Trouble(outcome="failed", says="client) ID is missing", details={"client_id": ""}),
    "login": Trouble(outcome="not proven", says="localhost", switches={"login_down": "refuse"}),
    "graph": Trouble(outcome="not proven", says="localhost", switches={"graph_down": "refuse"}),
    "clock": Trouble(outcome="failed", says="behind", switches={"clock_offset": 3600}),
    "tenant": Trouble(outcome="failed", says="tenant", details={"tenant": NOBODY}),
    "token": Trouble(outcome="failed", says="expired", switches={"secret": {"read-write": "expired"}}),
    "permissions": Trouble(outcome="failed", says="User.Read.All", profile="no-consent"),
    "organisation": Trouble(outcome="not proven", says="Not tried: no permission", profile="no-consent"),
    "users": Trouble(outcome="not proven", says="Not tried: no permission", profile="no-consent"),
    "groups": Trouble(
        outcome="not proven", says="Not tried: no permission", profile="users-only", details={"read_write": True}
    ),
    "licences": Trouble(
        outcome="not proven", says="Not tried: no permission", profile="users-only", details={"read_write": True}
    ),
    "sso": Trouble(outcome="failed", says="redirect address", details={"sso": True}, switches={"redirect": "none"}),
    "lifetimes": Trouble(
        outcome="failed",
        says="ended on",
        details={"secret_expires": LONG_AGO},
        switches={"secret": {"read-write": "expired"}},
    ),
}
"""By step. Whoever adds a step adds its row: `TABLE` is what is tried."""


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.key)
def test_each_step_can_fail_by_itself(desk: Desk, switches: Callable[..., Any], row: trial.TestStep) -> None:
    assert row.key in TROUBLES, "a step needs a trouble that it tells"
    trouble = TROUBLES[row.key]
    switches(**trouble.switches)
    report = desk.test(desk.source(trouble.profile, **trouble.details), desk.secret(trouble.profile))
    by_key = {step.key: step for step in report.steps}
    told = by_key[row.key]
    assert str(told.outcome) == trouble.outcome, told
    assert trouble.says in f"{told.detail} {told.problem.sentence() if told.problem else ''}", told
    assert {key: str(by_key[key].outcome) for key in row.after} == dict.fromkeys(row.after, "passed")
    assert report.outcome != "succeeded"
