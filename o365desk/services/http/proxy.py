"""The system's proxy: what it is for an address, and how people have written it."""

import base64
import os
import re
import socket
from urllib.parse import unquote, urlsplit

_ENOUGH = 1 << 16

ADDRESS = re.compile(
    r"(?:(?P<scheme>https?|socks[45][ah]?)://)?(?:(?P<user>[^:]*?)(?::(?P<password>.*))?@)?"
    r"(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:\d{1,5})?/?",
    re.IGNORECASE | re.DOTALL,
)
"""A proxy's address as people write it: whatever stands before the last @ is user and password, encoded or not."""


def proxy_for(url: str) -> str:
    """The proxy for an address as scheme, host and port, "" if there is none. Never its user or password: what
    cannot be taken apart is not repeated."""
    proxy = as_set(url)
    parts = ADDRESS.fullmatch(proxy)
    if parts:
        return f"{parts['scheme'] or 'http'}://{parts['host']}{parts['port'] or ''}"
    return "a proxy whose address cannot be read" if proxy else ""


def as_set(url: str) -> str:
    """The proxy's address as it was set, "" if there is none."""
    from requests.utils import get_environ_proxies, select_proxy

    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return ""
    return (select_proxy(url, dict(get_environ_proxies(url))) or "").strip()


def ways_to_sign_in(proxy: re.Match[str], target: str) -> list[str]:
    """The ways to sign in that a proxy offers, [] where that cannot be told. Asks it once more, without a name, for
    the answer's headers: `http.client` keeps them from Python 3.12 on only."""
    host, port = proxy["host"].strip("[]"), int((proxy["port"] or ":80")[1:])
    if (proxy["scheme"] or "http").lower() != "http":
        return []
    if ":" not in target.rpartition("]")[2]:
        target += ":443"
    try:
        with socket.create_connection((host, port), timeout=3) as asking:
            asking.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
            said = b""
            while b"\r\n\r\n" not in said and len(said) < _ENOUGH and (piece := asking.recv(4096)):
                said += piece
    except OSError:
        return []
    lines = re.findall(r"^proxy-authenticate:[ \t]*([a-z-]{1,20})", said.decode("latin-1").lower(), re.MULTILINE)
    return [_SCHEMES.get(line, line.capitalize()) for line in dict.fromkeys(lines)]


_SCHEMES = {"ntlm": "NTLM"}


def setting_of(url: str) -> str:
    """Where the proxy for an address is set, as people know it."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        if os.environ.get(name, "").strip() and os.environ[name].strip() == as_set(url):
            return name
    return "the system's proxy setting"


def secrets_of(url: str) -> list[str]:
    """The ways in which user and password of the proxy are written and sent."""
    parts = ADDRESS.fullmatch(as_set(url))
    said = [part for part in (parts.group("user", "password") if parts else ()) if part]
    pair = ":".join(unquote(part) for part in said)
    return [*said, *map(unquote, said), *([base64.b64encode(pair.encode()).decode()] if said else [])]
