"""People sign in through OpenID providers that we did not write, by a data source with endpoints of its own."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from o365desk.model.access.operator import OperatorKind
from o365desk.model.access.people import Role
from o365desk.model.datasource import DataSource, new
from o365desk.model.problems import ProblemError
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.sso.sessions import FRESH
from o365desk.services.sso.single_sign_on import Change, SingleSignOnDesk
from tests.desk import Desk, Person
from tests.outside.fixtures import authlib_provider, node_provider, outside
from tests.outside.person import sign_in

__all__ = ["authlib_provider", "node_provider", "outside"]
Ready = dict[str, Any]
pytestmark = pytest.mark.xdist_group("outside")


class Somebody(Person):
    """Whoever sits at the browser."""

    def _sign_in(self, url: str) -> None:
        self.pages.append(sign_in(self.ready, url))


@pytest.fixture
def desk(outside: Ready, tmp_path: Path) -> Iterator[Desk]:
    timing = Timing(browser=timedelta(seconds=20))  # then nobody is coming
    made = Desk(tmp_path, outside, person=Somebody(outside), timing=timing)
    yield made
    made.close()


def connector(desk: Desk, ready: Ready, client_id: str) -> DataSource:
    """A data source for the provider, which has no Graph."""
    source = new(
        "Outside", cloud="custom", login=ready["login"], graph=ready["login"], ca_file=ready["ca_file"],
        tenant=ready["tenant"], client_id=client_id, sso=True,
    )  # fmt: skip
    return desk.app.connections.save(source, None).source


def enabled(desk: Desk, ready: Ready, client_id: str) -> SingleSignOnDesk:
    """With roles for the address that the provider says, for which nobody vouches, and for the object ID."""
    desk.app.people.set_role(ready["username"], Role.ADMINISTRATOR)
    desk.app.people.set_role(ready["oid"], Role.MANAGE)
    source = connector(desk, ready, client_id)
    desk.app.single_sign_on.set(Change(enabled=True, connector=source.id))
    return desk.app.single_sign_on


def test_somebody_signs_in_is_known_by_their_ids_and_stays_signed_in(desk: Desk, outside: Ready) -> None:
    sso = enabled(desk, outside, outside["client_id"])
    signed = sso.sign_in(Stop(), lambda _: None, remember=True)
    identity = signed.identity
    assert (identity.oid, identity.name, identity.addresses) == (outside["oid"], "Pat Outside", ())
    assert signed.operator is not None
    assert (signed.operator.kind, signed.operator.address) == (OperatorKind.MICROSOFT, outside["oid"])
    person = desk.app.people.load().people.with_identity(outside["tenant"], outside["oid"])
    assert person is not None
    assert person.role is Role.MANAGE
    # It is renewed there.
    kept = sso._sessions.current()
    assert kept is not None
    sso._sessions.keep(msgspec.structs.replace(kept, renewed=kept.begun - 2 * FRESH))
    assert sso.resume(Stop()) == signed.operator
    renewed = sso._sessions.current()
    assert renewed is not None
    assert renewed.renewed >= kept.renewed


def test_what_cannot_be_mapped_is_refused_clearly(desk: Desk, outside: Ready) -> None:
    sso = enabled(desk, outside, outside["bare_client_id"])
    with pytest.raises(ProblemError) as error:
        sso.sign_in(Stop(), lambda _: None)
    assert error.value.problem.code == "id-token-lacks"
    assert "“tid” is missing" in error.value.problem.cause
