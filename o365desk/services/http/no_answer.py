"""What it means that a request got no answer, or none that ends: by the errors underneath, not by their texts."""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from o365desk.log import mask
from o365desk.model.problems import Action, Problem
from o365desk.services.http import proxy
from o365desk.services.http.trust import bundle_problem

_NO_ANSWER: dict[str, tuple[str, str, str]] = {
    "dns": (
        "The name {host} was not found",
        "The computer is offline, its name service does not know the host, or the address has a typing error.",
        "Check the network connection and, for own endpoints, the address.",
    ),
    "refused": (
        "{host} refuses the connection",
        "The computer answers, but nothing listens at this port, or a firewall turns it away.",
        "Check the address and port; ask whoever runs the firewall to allow it.",
    ),
    "timeout": (
        "{host} does not answer",
        "No answer came in time. A firewall may swallow the connection, or the service hangs.",
        "Try again; if it stays so, ask whoever runs the network whether {host} is allowed.",
    ),
    "reset": (
        "The connection to {host} was cut",
        "It was closed before the answer was complete: by a firewall, a proxy, or the service itself.",
        "Try again; if it stays so, ask whoever runs the network.",
    ),
    "slow": (
        "{host} does not finish its answer",
        "The time that a whole answer may take was over before its end, so it was cut off.",
        "Try again; if it stays so, ask whoever runs the network what stands in between.",
    ),
    "large": (
        "The answer of {host} is too large",
        "It goes on far beyond what Microsoft sends; it may be made to fill this computer's memory.",
        "Check the address; ask whoever runs the network what stands in between.",
    ),
    "packed": (
        "The answer of {host} cannot be unpacked",
        "It is damaged, or packed in a way that nobody asked for; it may have been changed on the way.",
        "Try again; if it stays so, ask whoever runs the network what stands in between.",
    ),
    "no-proxy": (
        "The address of the proxy in {setting} cannot be read",
        "Traffic for {host} is to go through a proxy, but its setting names no host, or one that cannot be.",
        "Correct {setting}: http://host:port, or http://user:password@host:port. Or name {host} in NO_PROXY, if it "
        "can be reached without.",
    ),
    "socks": (
        "The proxy in {setting} is a SOCKS proxy, which o365desk does not support",
        "Traffic for {host} is to go through {proxy}; o365desk speaks to HTTP proxies only.",
        "Name an HTTP proxy in {setting}: http://host:port. Or name {host} in NO_PROXY, if it needs no proxy.",
    ),
    "proxy-sign-in": (
        "The proxy {proxy} asks for a sign-in",
        "It lets traffic for {host} through only for somebody whom it knows (407).",
        "Give user and password in {setting}: http://user:password@host:port; or ask whoever runs the proxy to let "
        "{host} through without.",
    ),
    "proxy": (
        "The proxy {proxy} does not let the connection through",
        "The system's proxy setting sends traffic for {host} there, and it refused or did not answer.",
        "Check the system's proxy setting; ask whoever runs the proxy to allow {host}.",
    ),
    "tls": (
        "No secure connection to {host}",
        "The two sides could not agree on encryption; something in between may speak another protocol.",
        "Check the address and port, and whether a proxy stands in between.",
    ),
    "wire": (
        "{host} could not be reached",
        "The connection failed; the details tell more.",
        "Check the address and the network connection, then try again.",
    ),
}


def no_answer(error: BaseException, url: str) -> Problem:
    """What it means that a request got no answer. Tells name lookup, refusal, time-out, cut, proxy, TLS and
    an untrusted certificate apart by the errors underneath, not by their texts."""
    causes = list(_causes(error))
    if _tunnel_status(causes) == 407:
        return _sign_in_of_proxy(url)
    certificate = next((item for item in causes if isinstance(item, ssl.SSLCertVerificationError)), None)
    if certificate:
        return _untrusted(certificate, url)
    # A proxy may repeat in its refusal what it was told.
    detail = str(causes[-1])
    return no_end(_kind(causes), url, "" if any(part in detail for part in proxy.secrets_of(url)) else mask(detail))


def no_end(kind: str, url: str, detail: str = "") -> Problem:
    host = urlsplit(url).netloc
    named = {"host": host, "proxy": proxy.proxy_for(url), "setting": proxy.setting_of(url)}
    title, cause, remedy = (text.format(**named) for text in _NO_ANSWER[kind])
    return Problem(
        title=title,
        cause=cause,
        remedy=remedy,
        action=Action.RETRY,
        code=kind,
        detail=detail,
        conclusive=False,
    )


def _tunnel_status(causes: list[BaseException]) -> int:
    """The status with which a proxy refused to connect; 0 if none did. `http.client` tells it in its text only."""
    for item in causes:
        if match := re.search(r"Tunnel connection failed: (\d{3})", str(item)):
            return int(match[1])
    return 0


def _sign_in_of_proxy(url: str) -> Problem:
    """What it means that the proxy asks who is there: whether it knows nobody yet, did not take what it was given,
    or takes only what o365desk cannot do."""
    problem, parts = no_end("proxy-sign-in", url).with_(code="proxy"), proxy.ADDRESS.fullmatch(proxy.as_set(url))
    offers = proxy.ways_to_sign_in(parts, urlsplit(url).netloc) if parts else []
    named, setting = " and ".join(offers), proxy.setting_of(url)
    if offers and "basic" not in map(str.lower, offers):
        return problem.with_(
            cause=f"It takes {named} only, which o365desk does not support: it signs in with user and password "
            "(Basic).",
            remedy="Let a program on this computer sign in to the proxy (Px or CNTLM, for example) and name it in "
            f"{setting}; or ask whoever runs the proxy to let {urlsplit(url).netloc} through without.",
        )
    if parts and parts["user"]:
        return problem.with_(
            title=f"The proxy {proxy.proxy_for(url)} did not accept user and password",
            remedy=f"Correct user and password in {setting}: http://user:password@host:port, with @, : "
            "and % in them written as %40, %3A and %25.",
        )
    return problem


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        item = waiting.pop(0)
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        parts = (item.__cause__, item.__context__, getattr(item, "reason", None), *item.args)
        waiting += [part for part in parts if isinstance(part, BaseException)]


def _kind(causes: list[BaseException]) -> str:
    import http.client

    from requests import exceptions as outer
    from urllib3 import exceptions as inner

    table: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (
        ("proxy", (outer.ProxyError, inner.ProxyError)),
        ("dns", (socket.gaierror, inner.NameResolutionError)),
        ("refused", (ConnectionRefusedError,)),
        # urllib3 counts every failed connection as a time-out of its own; the system's error tells better.
        ("timeout", (TimeoutError, outer.Timeout)),
        ("reset", (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, http.client.HTTPException)),
        ("reset", (ssl.SSLEOFError, inner.IncompleteRead)),
        ("tls", (ssl.SSLError,)),
        ("reset", (inner.ProtocolError, outer.ChunkedEncodingError)),
    )
    # What http.client says of a line or of headers that go on and on; there is no name of its own for the latter.
    if any(type(item) in (http.client.LineTooLong, http.client.HTTPException) for item in causes):
        return "large"
    for kind, types in table:
        if any(isinstance(item, types) for item in causes):
            return kind
    return "wire"


# OpenSSL's numbers, then Windows' and macOS', which truststore passes on.
_EXPIRED = {10, 0x800B0101, -67818}
_WRONG_NAME = {62, 64, 0x800B010F, -67602}


def _untrusted(error: ssl.SSLCertVerificationError, url: str) -> Problem:
    issuer = _issuer_unverified(url)
    host = urlsplit(url).netloc
    code = getattr(error, "verify_code", 0)
    expired, wrong_name = code in _EXPIRED, code in _WRONG_NAME
    by = f", issued by “{issuer}”," if issuer else ""
    if expired:
        cause = f"The certificate that it shows{by} has expired, or this computer's clock is wrong."
    elif wrong_name:
        cause = f"The certificate that it shows{by} is for another name."
    else:
        cause = f"The certificate that it shows{by} is not known to this computer{_inspected(url)}."
    cause = " ".join(filter(None, (cause, bundle_problem())))
    return Problem(
        title=f"The certificate of {host} is not trusted",
        cause=cause,
        remedy="If the issuer is your organisation's, add its certificate to the operating system's store, or "
        "choose it as the CA file. If not, stop here and ask whoever runs the network.",
        field="caFile",
        action=Action.FIELD,
        code="untrusted",
        detail=getattr(error, "verify_message", "") or str(error),
    )


def _inspected(url: str) -> str:
    """Who may have put another certificate in its place: only where something points to that."""
    if named := proxy.proxy_for(url):
        return f"; the proxy {named} may be inspecting TLS"
    host = urlsplit(url).netloc.lower()
    return "; Microsoft's own would be, so something on the way inspects TLS" if host.endswith(_MICROSOFTS) else ""


_MICROSOFTS = (".microsoftonline.com", ".microsoft.com", ".microsoftonline.us", ".microsoft.us")
"""Ends of the hosts whose certificates every computer knows."""


def issuer_of(certificate: Mapping[str, Any]) -> str:
    names = dict(pair for part in certificate.get("issuer", ()) for pair in part)
    return str(names.get("organizationName") or names.get("commonName") or "")


def _issuer_unverified(url: str) -> str:
    """Who issued the certificate that a host shows, trusted or not; "" if that cannot be told, as behind a proxy.
    Only for saying so: nothing is sent over this connection."""
    parts = urlsplit(url)
    if proxy.proxy_for(url):
        return ""
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=3)
        from cryptography import x509

        subject = x509.load_pem_x509_certificate(pem.encode()).issuer
        organisation = subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        return str(organisation[0].value) if organisation else subject.rfc4514_string()
    except (OSError, ValueError):
        return ""
