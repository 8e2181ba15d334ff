"""Where the next page of a list begins: opaque, signed, good only for the list it was made for."""

import hmac
import re
import secrets

from o365desk.practice.tokens import b64url, unb64url
from o365desk.practice.wire import Request

_OPTION = "$skiptoken"
_MASKED = re.compile(r"^((?:\$|%24)deltatoken=)(?!latest$).+", re.IGNORECASE)


class PageTokens:
    """Makes and reads the next links of one run. `owner` is the tenant whose list it is."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._key = secrets.token_bytes(16)

    def next_link(self, request: Request, owner: str, position: int, after_empty: bool) -> str:
        """The same request from `position` on; nothing that its headers said is kept."""
        state = f"{position}.{int(after_empty)}"
        token = b64url(f"{state}.{self._mark(request, owner, state)}".encode())
        return f"{self._root}{request.path}?{'&'.join([*without_token(request.query), f'{_OPTION}={token}'])}"

    def position(self, request: Request, owner: str) -> tuple[int, bool]:
        """Where to begin, and whether an empty page came just before; ValueError if the token is not for this."""
        token = request.options.get(_OPTION)
        if token is None:
            return 0, False
        state, _, mark = unb64url(token).decode().rpartition(".")
        if not hmac.compare_digest(mark.encode(), self._mark(request, owner, state).encode()):
            raise ValueError("foreign page token")
        position, _, after_empty = state.partition(".")
        return int(position), after_empty == "1"

    def _mark(self, request: Request, owner: str, state: str) -> str:
        return hmac.digest(self._key, f"{state}:{owner}:{request.path}".encode(), "sha256").hex()[:24]


def without_token(query: str) -> list[str]:
    """The options of a query as sent, without the page token; of a delta token only that there is one."""
    return [
        _MASKED.sub(r"\1*", part)
        for part in query.split("&")
        if part and "skiptoken" not in part.partition("=")[0].lower()
    ]
