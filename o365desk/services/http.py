"""The wire: one way to send a request, with time-outs, the system's proxy and trust, and a way to stop."""

import base64
import contextlib
import os
import re
import socket
import ssl
import threading
import time
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast
from urllib.parse import quote, unquote, urlsplit

from o365desk import __version__, files
from o365desk.log import mask
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.stop import Stop

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

TIMEOUTS = (10.0, 60.0)
"""Seconds to wait for a connection, and for (the next part of) an answer."""
MAX_CA_BYTES = 4_000_000
"""All authorities that a system trusts are a few hundred thousand."""

_WHOLE = 2
"""How often the second of them a whole answer may take, from the request to its last byte,"""

_SLOWEST = 1 << 15
"""not counting a second for each so many bytes of it: a large answer over a thin line may go on."""

MOST = 64 << 20
"""The most bytes of an answer, unpacked. A full page of Graph's has 1 to 2 MB, a batch of them at most 40."""

LITTLE = 1 << 20
"""The same for what is always small: the sign-in service's answers have a few kilobytes."""

_PIECE = 1 << 16


class HttpSession:
    """An open line for one piece of work: each of its requests has time-outs, each answer an end in time and size,
    and `stop` cuts them all at once.

    Certificates are checked against the operating system's store, `REQUESTS_CA_BUNDLE` if set, and the authorities
    in `ca`: the content of the file (see `read_ca`), so that what was looked at is what is trusted. The system's
    proxy is used, but never for this computer itself. Neither cookies nor .netrc take part: a .netrc would replace
    the token. Redirects are never followed: a token must not travel on. On a `shut` line nothing is sent: whoever
    tries meets that problem. Use it as a context manager. Threads may share it.
    """

    def __init__(
        self,
        stop: Stop,
        ca: bytes = b"",
        timeouts: tuple[float, float] = TIMEOUTS,
        *,
        shut: Problem | None = None,
    ) -> None:
        from http.cookiejar import DefaultCookiePolicy

        import requests

        self.stop = stop
        self._shut = shut
        self.timeouts = timeouts
        self.issuers: dict[str, str] = {}
        """By host, who issued the certificate that it showed."""
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._here = threading.local()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # requests looks where an answer points to though nobody follows, and reads all of such an answer for it.
        cast("Any", self._session).get_redirect_target = lambda _: None
        self._session.headers.update({"User-Agent": f"o365desk/{__version__}", "Accept-Encoding": "gzip"})
        self._session.mount("https://", _adapter(ca, self._opened, self._secured))
        self._session.mount("http://", cast("Any", _Refusing()))
        stop.listen(self._cut)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up."""
        self.stop.unlisten(self._cut)
        self._session.close()

    def start_afresh(self) -> None:
        """Lets go of the connections that nobody is using: what is sent next gets a new one."""
        self._session.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | bytes | None = None,
        most: int = MOST,
    ) -> "requests.Response":
        """Sends one request and returns the whole answer, whatever its status. Raises ProblemError where there is
        no answer, or none that ends within its time and `most` bytes (inconclusive, but for a certificate that is
        not trusted), CancelledError on stop."""
        import requests
        import urllib3

        self.stop.check()
        if self._shut:
            raise ProblemError(self._shut)
        proxies = proxies_for(url)
        watch = self._here.watch = _Watch(_WHOLE * self.timeouts[1])
        try:
            answer = self._session.request(
                method,
                url,
                headers=dict(headers or {}),
                data=data,
                timeout=self.timeouts,
                allow_redirects=False,
                proxies=proxies,
                stream=True,
            )
            with contextlib.closing(answer):
                self._read(answer, most, watch)
        except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
            self.stop.check()
            raise ProblemError(_no_end("slow", url) if watch.over else no_answer(error, url)) from error
        finally:
            watch.end()
        # Where it was cut, an answer that does not tell its length seems to have ended.
        self.stop.check()
        if watch.over:
            raise ProblemError(_no_end("slow", url))
        return answer

    def _read(self, answer: "requests.Response", most: int, watch: "_Watch") -> None:
        """Reads an answer's body piece by piece, and keeps it there."""
        parts, size = [], 0
        for part in _unpacked(answer, watch):
            self.stop.check()
            size += len(part)
            if size > most:
                raise ProblemError(_no_end("large", answer.url))
            parts.append(part)
        kept = cast("Any", answer)
        kept._content, kept._content_consumed = b"".join(parts), True
        # JSON is in UTF-8; requests would believe any name, or guess for seconds.
        answer.encoding = "utf-8"

    def _opened(self, sock: socket.socket) -> None:
        self._here.watch.over_socket(sock)
        with self._lock:
            self._sockets = {known for known in self._sockets if known.fileno() >= 0}
            self._sockets.add(sock)
        if self.stop.is_set():
            self._cut()

    def _secured(self, host: str, sock: Any) -> None:
        self.issuers[host] = _issuer(sock.getpeercert() or {})

    def _cut(self) -> None:
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        _cut(sockets)


def _cut(sockets: Iterable[socket.socket]) -> None:
    for sock in sockets:
        with contextlib.suppress(OSError):
            # Not SSLSocket's own: it drops the encryption first, and another thread that is sending just then
            # would go on in the clear.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Watch:
    """The time that one answer may take in all. When it is over, its connection is cut, whatever is being waited
    for: the proxy, the handshake, the headers, the body."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        """Whether it was cut."""
        self._ends = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._ended = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._watch, daemon=True, name="watch").start()

    def over_socket(self, sock: socket.socket) -> None:
        """The answer is to come from there."""
        with self._lock:
            self._sockets.append(sock)
        if self.over:
            _cut([sock])

    def came(self, size: int) -> None:
        """Some of it did."""
        self._ends += size / _SLOWEST

    def end(self) -> None:
        """All of it did, or nobody waits any more: the connection is somebody else's from now on."""
        with self._lock:
            self._ended.set()

    def _watch(self) -> None:
        while (left := self._ends - time.monotonic()) > 0:
            if self._ended.wait(left):
                return
        with self._lock:
            if not self._ended.is_set():
                self.over = True
                _cut(self._sockets)


def _unpacked(answer: "requests.Response", watch: _Watch) -> Iterator[bytes]:
    """The body in small pieces. Not by urllib3's own unpacking, which may make much of little at once, nor by its
    own taking apart of chunks, which reads to the end where one is said to have -1 bytes."""
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16) if packing in ("gzip", "x-gzip") else None
    empty = True
    while piece := answer.raw.read1(_PIECE, decode_content=False):
        watch.came(len(piece))
        if packing not in ("", "identity", "gzip", "x-gzip"):
            raise ProblemError(_no_end("packed", answer.url))
        if unpacker is None:
            yield piece
            continue
        empty = False
        while piece:
            try:
                yield unpacker.decompress(piece, _PIECE)
            except zlib.error as error:
                raise ProblemError(_no_end("packed", answer.url)) from error
            piece = unpacker.unconsumed_tail
        if unpacker.unused_data:
            raise ProblemError(_no_end("packed", answer.url))
    if unpacker and not empty:
        yield unpacker.flush()
        if not unpacker.eof:
            raise ProblemError(_no_end("packed", answer.url))


def trust(ca: bytes) -> ssl.SSLContext:
    """The operating system's trust, and the authorities in `ca` besides. Raises ssl.SSLError if that holds none."""
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with contextlib.suppress(OSError, ValueError):  # told by `bundle_problem`
        _trust_bundle(context)
    if ca:
        context.load_verify_locations(cadata=_pem(ca))
    return context


_BUNDLE = "REQUESTS_CA_BUNDLE"


def _trust_bundle(context: Any) -> None:
    """Trusts what the environment names besides. Raises OSError (ssl.SSLError is one) or ValueError."""
    bundle = os.environ.get(_BUNDLE, "")
    if not bundle:
        return
    if os.path.isdir(bundle):  # noqa: PTH112 - the path may hold anything that was typed
        context.load_verify_locations(capath=bundle)
    else:
        context.load_verify_locations(cadata=_pem(files.read_named(bundle, MAX_CA_BYTES)))


def bundle_problem() -> str:
    """Why the authorities that REQUESTS_CA_BUNDLE names are not trusted, as a sentence; "" if they are, or it names
    none."""
    try:
        _trust_bundle(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    except (OSError, ValueError) as error:
        return (
            f"{_BUNDLE} names “{os.environ[_BUNDLE]}”, which {_why_unusable(error)}, so it adds nothing to trust."
        )
    return ""


def read_ca(file: str) -> bytes:
    """The content of a CA file, which a data source names; b"" if none is named. Raises ProblemError naming the
    file if it cannot be used. Offline and quick."""
    if not file:
        return b""
    try:
        ca = files.read_named(file, MAX_CA_BYTES, by_others=True)
        _refuse_unusable(ca)
    except (OSError, ValueError) as error:
        raise ProblemError(_bad_ca_file(file, error)) from error
    return ca


@lru_cache(maxsize=16)
def _refuse_unusable(ca: bytes) -> None:
    """Raises ssl.SSLError for what holds no authority. Thousands of data sources name the same few."""
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=_pem(ca))


def check_ca_file(file: str) -> Problem | None:
    """What is wrong with a CA file, None if it can be used or none is named. Offline and quick."""
    try:
        read_ca(file)
    except ProblemError as error:
        return error.problem
    return None


def _pem(data: bytes) -> str:
    if b"-----BEGIN CERTIFICATE-----" not in data:
        from o365desk.services.certificate_forms import authorities

        data = authorities(data) or data
    # Comments between the certificates may be in any language; they are never looked at.
    return data.decode("ascii", "ignore")


def _why_unusable(error: Exception, forms: str = "in PEM form") -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, files.UnfitError):
        return str(error)
    if isinstance(error, PermissionError):
        return "may not be read by you"
    return f"holds no certificate {forms}"


def _bad_ca_file(file: str, error: Exception) -> Problem:
    return Problem(
        title="The CA file cannot be used",
        cause=f"“{file}” {_why_unusable(error, 'in PEM form, in DER or as a chain (p7b)')}.",
        remedy="Choose the PEM or DER file of the certificate authority, or leave the field empty.",
        field="caFile",
        action=Action.FIELD,
        code="ca-file",
        detail=mask(str(error)),
    )


_PROXY = re.compile(
    r"(?:(?P<scheme>https?|socks[45][ah]?)://)?(?:(?P<user>[^:]*?)(?::(?P<password>.*))?@)?"
    r"(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:\d{1,5})?/?",
    re.IGNORECASE | re.DOTALL,
)
"""A proxy's address as people write it: whatever stands before the last @ is user and password, encoded or not."""


def proxies_for(url: str) -> dict[str, str]:
    """The system's proxy for an address, by scheme; none for this computer itself. Raises ProblemError where its
    address cannot be read: not even an error of requests gets to see that."""
    proxy = _set_proxy(url)
    if not proxy:
        return {}
    parts = _PROXY.fullmatch(proxy)
    if not parts or not 0 < int((parts["port"] or ":80")[1:]) < 65_536:
        raise ProblemError(_no_end("no-proxy", url))
    if (parts["scheme"] or "").lower().startswith("socks"):
        raise ProblemError(_no_end("socks", url))
    scheme, user, password, host, port = parts.group("scheme", "user", "password", "host", "port")
    login = ":".join(quote(unquote(part), safe="") for part in (user, password) if part is not None)
    return {"https": f"{scheme or 'http'}://{login}{'@' if login else ''}{host}{port or ''}"}


def proxy_for(url: str) -> str:
    """The proxy for an address as scheme, host and port, "" if there is none. Never its user or password: what
    cannot be taken apart is not repeated."""
    proxy = _set_proxy(url)
    parts = _PROXY.fullmatch(proxy)
    if parts:
        return f"{parts['scheme'] or 'http'}://{parts['host']}{parts['port'] or ''}"
    return "a proxy whose address cannot be read" if proxy else ""


def _set_proxy(url: str) -> str:
    """The proxy's address as it was set, "" if there is none."""
    from requests.utils import get_environ_proxies, select_proxy

    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return ""
    return (select_proxy(url, dict(get_environ_proxies(url))) or "").strip()


# --- what no answer means -----------------------------------------------------------------------------------------

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
    return _no_end(_kind(causes), url, "" if any(part in detail for part in _proxy_secrets(url)) else mask(detail))


def _no_end(kind: str, url: str, detail: str = "") -> Problem:
    host = urlsplit(url).netloc
    named = {"host": host, "proxy": proxy_for(url), "setting": _proxy_setting(url)}
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
    problem, parts = _no_end("proxy-sign-in", url).with_(code="proxy"), _PROXY.fullmatch(_set_proxy(url))
    offers = _offered(parts, urlsplit(url).netloc) if parts else []
    named = " and ".join(offers)
    if offers and "basic" not in map(str.lower, offers):
        return problem.with_(
            cause=f"It takes {named} only, which o365desk does not support: it signs in with user and password "
            "(Basic).",
            remedy="Let a program on this computer sign in to the proxy (Px or CNTLM, for example) and name it in "
            f"{_proxy_setting(url)}; or ask whoever runs the proxy to let {urlsplit(url).netloc} through without.",
        )
    if parts and parts["user"]:
        return problem.with_(
            title=f"The proxy {proxy_for(url)} did not accept user and password",
            remedy=f"Correct user and password in {_proxy_setting(url)}: http://user:password@host:port, with @, : "
            "and % in them written as %40, %3A and %25.",
        )
    return problem


def _offered(proxy: re.Match[str], target: str) -> list[str]:
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
            while b"\r\n\r\n" not in said and len(said) < _PIECE and (piece := asking.recv(4096)):
                said += piece
    except OSError:
        return []
    lines = re.findall(r"^proxy-authenticate:[ \t]*([a-z-]{1,20})", said.decode("latin-1").lower(), re.MULTILINE)
    return [_SCHEMES.get(line, line.capitalize()) for line in dict.fromkeys(lines)]


_SCHEMES = {"ntlm": "NTLM"}


def _proxy_setting(url: str) -> str:
    """Where the proxy for an address is set, as people know it."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        if os.environ.get(name, "").strip() and os.environ[name].strip() == _set_proxy(url):
            return name
    return "the system's proxy setting"


def _proxy_secrets(url: str) -> list[str]:
    """The ways in which user and password of the proxy are written and sent."""
    parts = _PROXY.fullmatch(_set_proxy(url))
    said = [part for part in (parts.group("user", "password") if parts else ()) if part]
    pair = ":".join(unquote(part) for part in said)
    return [*said, *map(unquote, said), *([base64.b64encode(pair.encode()).decode()] if said else [])]


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
    if proxy := proxy_for(url):
        return f"; the proxy {proxy} may be inspecting TLS"
    host = urlsplit(url).netloc.lower()
    return "; Microsoft's own would be, so something on the way inspects TLS" if host.endswith(_MICROSOFTS) else ""


_MICROSOFTS = (".microsoftonline.com", ".microsoft.com", ".microsoftonline.us", ".microsoft.us")
"""Ends of the hosts whose certificates every computer knows."""


def _issuer(certificate: Mapping[str, Any]) -> str:
    names = dict(pair for part in certificate.get("issuer", ()) for pair in part)
    return str(names.get("organizationName") or names.get("commonName") or "")


def _issuer_unverified(url: str) -> str:
    """Who issued the certificate that a host shows, trusted or not; "" if that cannot be told, as behind a proxy.
    Only for saying so: nothing is sent over this connection."""
    parts = urlsplit(url)
    if proxy_for(url):
        return ""
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=3)
        from cryptography import x509

        subject = x509.load_pem_x509_certificate(pem.encode()).issuer
        organisation = subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        return str(organisation[0].value) if organisation else subject.rfc4514_string()
    except (OSError, ValueError):
        return ""


# --- the parts of requests and urllib3 that are bent ----------------------------------------------------------


class _Contexts:
    """Trust for each handshake. truststore lets one handshake at a time through a context, so that a host that
    hangs would hold up the others: each takes a context of its own and gives it back."""

    def __init__(self, ca: bytes) -> None:
        self._ca = ca
        # Made at once, so that what holds no authority is told before anything is sent.
        self._free = [trust(ca)]

    def take(self) -> ssl.SSLContext:
        """One that nobody is using."""
        try:
            return self._free.pop()
        except IndexError:
            return trust(self._ca)

    def give(self, context: ssl.SSLContext) -> None:
        """Puts it back."""
        self._free.append(context)


def _adapter(
    ca: bytes, opened: Callable[[socket.socket], None], secured: Callable[[str, Any], None]
) -> "HTTPAdapter":
    """An adapter of requests that trusts by our contexts alone. Tells each socket as soon as it is connected, when
    it is secured, with the host whose certificate it showed, and with each request that is sent over it."""
    from requests.adapters import HTTPAdapter
    from requests.utils import get_auth_from_url
    from urllib3.connection import HTTPSConnection
    from urllib3.connectionpool import HTTPSConnectionPool

    contexts = _Contexts(ca)

    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            sock = super()._new_conn()
            # The handshake takes this socket's handle away: a second one is what can cut it meanwhile.
            self._handles.append(sock.dup())
            opened(self._handles[-1])
            return sock

        def request(self, *args: Any, **kwargs: Any) -> None:
            # A proxy's encryption around ours is no socket, but has one.
            opened(getattr(self.sock, "socket", self.sock))
            super().request(*args, **kwargs)

        def connect(self) -> None:
            self._handles: list[socket.socket] = []
            self.ssl_context = contexts.take()
            try:
                super().connect()
            except OSError as error:
                _close_left_behind(error)
                raise
            finally:
                contexts.give(self.ssl_context)
                for handle in self._handles:
                    handle.close()
            # Behind a proxy, `host` is the proxy's.
            secured(getattr(self, "_tunnel_host", None) or self.host, self.sock)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"https": Pool}

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(proxy, **kwargs)
            manager.pool_classes_by_scheme = manager.pool_classes_by_scheme | {"https": Pool}
            return manager

        def proxy_headers(self, proxy: str) -> dict[str, str]:
            # requests knows no password beyond Latin-1, and its error would tell the character.
            user, password = get_auth_from_url(proxy)
            login = base64.b64encode(f"{user}:{password}".encode()).decode()
            return {"Proxy-Authorization": f"Basic {login}"} if user else {}

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            # requests would add its own bundle to the context's; the operating system's store is what counts.
            conn.cert_reqs = "CERT_REQUIRED"

    return Adapter()


def _close_left_behind(error: OSError) -> None:
    """Closes the secured socket that Python's `ssl` leaves open where the other side resets the connection before
    the handshake: `SSLSocket._create` has taken the handle over then, and only its frame still knows it."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        left = frame.f_locals.get("self")
        if isinstance(left, ssl.SSLSocket):
            left.close()


class _Refusing:
    """Stands where requests would speak unencrypted HTTP: a token must never go there."""

    def send(self, request: Any, **_: object) -> NoReturn:
        raise ProblemError(
            Problem(
                title="The address is not secure",
                cause=f"“{urlsplit(request.url).netloc}” was asked for without https.",
                remedy="Addresses must begin with https://.",
                code="http",
            )
        )

    def close(self) -> None:
        """Nothing to let go of."""
