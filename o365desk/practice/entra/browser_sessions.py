"""Who is signed in in which browser: the cookie that makes single sign-on."""

import secrets

from o365desk.practice.entra.grants import Signed
from o365desk.practice.tenant import Tenant
from o365desk.practice.wire import Request

_COOKIE = "practice-session"


class BrowserSessions:
    """The sign-ins behind each cookie, the latest first, one of each account."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._browsers: dict[str, list[Signed]] = {}

    def signed_in(self, request: Request) -> list[Signed]:
        """Who is signed in in the browser that asks, in the tenant that sign-ins land in, and was not revoked
        since."""
        found, tenant = self._browsers.get(request.cookies.get(_COOKIE, ""), []), self._tenant
        there = [one for one in found if one.directory is tenant.landing()]
        return [one for one in there if not tenant.sessions.void(one.session, one.account.oid)]

    def keep(self, request: Request, signed: Signed) -> str:
        """Adds a sign-in to its browser; what Set-Cookie is to say. The cookie is a new one each time."""
        before = self._browsers.pop(request.cookies.get(_COOKIE, ""), [])
        cookie = secrets.token_urlsafe(24)
        self._browsers[cookie] = [signed, *(one for one in before if one.account.oid != signed.account.oid)]
        return f"{_COOKIE}={cookie}; Path=/; Secure; HttpOnly; SameSite=None"

    def end(self, request: Request, leaving: list[Signed]) -> str:
        """Takes sign-ins out of the browser; what Set-Cookie is to say."""
        cookie = request.cookies.get(_COOKIE, "")
        gone = {one.session for one in leaving}
        left = [one for one in self.signed_in(request) if one.session not in gone]
        if left:
            self._browsers[cookie] = left
            return f"{_COOKIE}={cookie}; Path=/; Secure; HttpOnly; SameSite=None"
        self._browsers.pop(cookie, None)
        return f"{_COOKIE}=; Path=/; Secure; HttpOnly; Max-Age=0"
