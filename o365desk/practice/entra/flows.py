"""People on their way through the pages: found again by an unguessable id in each form."""

import secrets
from dataclasses import dataclass

from o365desk.practice.entra.grants import DeviceCode, Signed
from o365desk.practice.entra.scopes import Asked
from o365desk.practice.tenant import AppRegistration

_MOST_FLOWS = 2000


@dataclass
class Flow:
    """One person's way through the pages."""

    kind: str  # authorize, device, adminconsent v1, adminconsent v2
    app: AppRegistration
    asked: Asked
    redirect: str = ""
    mode: str = "query"
    state: str | None = None
    nonce: str = ""
    challenge: str = ""
    prompt: str = ""
    hint: str = ""
    domain: str = ""  # domain_hint
    max_age: float | None = None  # seconds that a sign-in may be old
    capable: bool = False
    client_info: bool = False
    device: DeviceCode | None = None
    signed: Signed | None = None
    stage: str = "login"  # the step whose form is shown; no other is taken, so that none can be skipped


class Flows:
    """All that are under way."""

    def __init__(self) -> None:
        self._flows: dict[str, Flow] = {}

    def find(self, key: str) -> Flow | None:
        """By the id in a form."""
        return self._flows.get(key)

    def key(self, flow: Flow, stage: str) -> str:
        """The flow's id for a form of the next step."""
        flow.stage = stage
        for key, known in self._flows.items():
            if known is flow:
                return key
        while len(self._flows) >= _MOST_FLOWS:
            del self._flows[next(iter(self._flows))]
        key = secrets.token_urlsafe(24)
        self._flows[key] = flow
        return key
