"""What a delta query has to know when it goes on: opaque to clients, signed, good for one collection of one tenant.

A token is the whole state; nothing is kept of it here, so any number of clients can ask, and ask again.
"""

import hashlib
import hmac
import zlib

import msgspec

from o365desk.practice.directory.change_log import LIFE
from o365desk.practice.directory.directory import Directory
from o365desk.practice.graph.call import GraphError, bad_request
from o365desk.practice.tenant import Tenant
from o365desk.practice.tokens import b64url, unb64url

_MARK = 12  # bytes


class Round(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A round of a delta query and how far it has come. `since` and `until` are places in the change log; since -1
    for a full round. With `final` the round is over, and the next one begins at `until`.

    `place` is the next object; `rest` the object that goes on before that, of whose members `told` were told;
    `seen` the end of the log then. `select` and `ids` are what was asked for at first, "" and () for everything.
    """

    collection: str
    tenant: str
    epoch: str = ""
    generation: int = 0
    issued: float = 0.0
    since: int = -1
    until: int = 0
    select: str = ""
    ids: tuple[str, ...] = ()
    place: int = 0
    rest: str = ""
    told: int = 0
    seen: int = 0
    after_empty: bool = False
    final: bool = False


class DeltaTokens:
    """Makes and reads tokens. A practice tenant that is served again, from the same seed, knows those of before:
    they are of another history, which is what Microsoft calls a reset."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._key = hashlib.sha256(f"delta:{tenant.home.tenant_id}".encode()).digest()

    def token(self, state: Round, directory: Directory) -> str:
        """The state as a token that is given out now."""
        state = msgspec.structs.replace(
            state,
            epoch=directory.logs[state.collection].epoch,
            generation=self._tenant.delta_generation,
            issued=self._tenant.now(),
        )
        body = zlib.compress(msgspec.json.encode(state))
        return b64url(self._mark(body) + body)

    def read(self, token: str, collection: str, directory: Directory, final: bool) -> Round:
        """The state in a token for this collection of this tenant, at the end of a round or not; GraphError if
        there is none or if it is no longer good."""
        try:
            raw = unb64url(token)
            body = raw[_MARK:]
            if not hmac.compare_digest(raw[:_MARK], self._mark(body)):
                raise ValueError("foreign")
            state = msgspec.json.decode(zlib.decompress(body), type=Round)
        except (ValueError, zlib.error):
            raise bad_request("Badly formed token.") from None
        if (state.collection, state.tenant, state.final) != (collection, directory.tenant_id, final):
            raise bad_request("Badly formed token.")
        self._check(state, directory)
        return state

    def _check(self, state: Round, directory: Directory) -> None:
        how = self._tenant.switches.text("delta_tokens")
        void = state.generation < self._tenant.delta_generation and how != "valid"
        log = directory.logs[state.collection]
        if (void and how == "reset") or state.epoch != log.epoch:
            raise self._reset(state)
        if void or self._tenant.now() > state.issued + LIFE:
            code = "resyncRequired" if void and how == "resync" else "syncStateNotFound"
            raise GraphError(400, code, "The delta token has expired. Begin with a full synchronization.")
        if min(state.until, state.since if state.since >= 0 else state.until) < log.begin:
            raise self._reset(state)  # the clock was put back: what it needs is no longer known

    def _reset(self, state: Round) -> GraphError:
        """The 410 with where to begin anew: the address of the first request, with an empty token."""
        text = "The state of change tracking was reset. Begin with a full synchronization."
        address = f"{self._tenant.addresses.graph}/v1.0/{state.collection}/delta?$deltatoken="
        return GraphError(410, "resyncRequired", text, Location=address)

    def _mark(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_MARK]
