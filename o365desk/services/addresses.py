"""Where the browser may be sent. Addresses come from answers and from shared files; whatever is opened, or shown as
a link, is let through here, and nothing else is opened.

Source for the names of the device pages: MicrosoftDocs on the device code flow, MSAL's tests for Android and Java,
Azure/azure-cli issue 32926.
"""

import re

from o365desk.log import mask
from o365desk.model.datasource import CLOUDS, DataSource
from o365desk.model.problems import Problem, ProblemError

MICROSOFT_LOGIN = frozenset(
    cloud.login.removeprefix("https://") for cloud in CLOUDS.values() if not cloud.own_endpoints
) | {
    # Other names of the same services, which their discovery documents may use.
    "login.microsoft.com",
    "login.windows.net",
    "login.chinacloudapi.cn",
}
"""Hosts of Microsoft's sign-in services."""

_MICROSOFT_PAGES = MICROSOFT_LOGIN | {"login.microsoftonline.cn"}
_DEVICE_PAGE = re.compile(r"https://(?:(?:www\.)?microsoft\.com|aka\.ms)/devicelogin(?:us|china)?/?", re.IGNORECASE)
"""Where people type a code. The hosts have pages of other people too, so the whole address counts."""

# Only what RFC 3986 allows, and of the part before the path only host and port: browsers, Qt and Python take a
# backslash, a blank or an “@” differently, and what begins with “-” would be an option.
_ADDRESS = re.compile(
    r"https://([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::([0-9]{1,5}))?(?:[/?#][a-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST = 8_000


def for_browser(address: object, source: DataSource) -> str:
    """The address, if a browser may be sent there for the data source: https, and its sign-in host with the same
    port or, in Microsoft's clouds, one of Microsoft's. Raises ProblemError for any other."""
    text = address if isinstance(address, str) else ""
    place, own = _place(text), _place(source.login_root)
    if place and place == own:
        return text
    cloud = CLOUDS.get(source.cloud)
    if cloud and not cloud.own_endpoints and place:
        host, port = place
        if (host in _MICROSOFT_PAGES and port == _HTTPS) or _DEVICE_PAGE.fullmatch(text):
            return text
    raise ProblemError(
        Problem(
            title="The sign-in leads to another place",
            cause=f"“{_short(text)}” is no https address on “{_short(source.login_root)}”.",
            remedy="Check the login address; something may change answers. Nothing was opened.",
            field="login",
            code="foreign-address",
        )
    )


_HTTPS = 443


def _place(address: str) -> tuple[str, int] | None:
    """Host and port, None if it is no address that a browser may be sent to."""
    found = _ADDRESS.fullmatch(address) if len(address) <= _LONGEST else None
    return (found[1].lower(), int(found[2] or _HTTPS)) if found else None


def _short(text: str) -> str:
    """A foreign address for a message: one line, without passwords, not long."""
    text = "".join(letter if letter.isprintable() else "�" for letter in mask(text[:200]))
    return text if len(text) <= 80 else f"{text[:80]}…"
