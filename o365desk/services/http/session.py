"""The wire: one way to send a request, with time-outs, the system's proxy and trust, and a way to stop."""

import contextlib
import socket
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast
from urllib.parse import quote, unquote, urlsplit

from o365desk import __version__
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.http import proxy
from o365desk.services.http.no_answer import issuer_of, no_answer, no_end

if TYPE_CHECKING:
    import requests

TIMEOUTS = (10.0, 60.0)
"""Seconds to wait for a connection, and for (the next part of) an answer."""
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
        whole: float | None = None,
        shut: Problem | None = None,
    ) -> None:
        """A `whole` answer may take so many seconds; None: a multiple of the second time-out."""
        from http.cookiejar import DefaultCookiePolicy

        import requests

        from o365desk.services.http.adapter import adapter

        self.stop = stop
        self._shut = shut
        self.timeouts = timeouts
        self._whole = _WHOLE * timeouts[1] if whole is None else whole
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
        self._session.mount("https://", adapter(ca, self._opened, self._secured))
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
        watch = self._here.watch = _Watch(self._whole)
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
            raise ProblemError(no_end("slow", url) if watch.over else no_answer(error, url)) from error
        finally:
            watch.end()
        # Where it was cut, an answer that does not tell its length seems to have ended.
        self.stop.check()
        if watch.over:
            raise ProblemError(no_end("slow", url))
        return answer

    def _read(self, answer: "requests.Response", most: int, watch: "_Watch") -> None:
        """Reads an answer's body piece by piece, and keeps it there."""
        parts, size = [], 0
        for part in _unpacked(answer, watch):
            self.stop.check()
            size += len(part)
            if size > most:
                raise ProblemError(no_end("large", answer.url))
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
        self.issuers[host] = issuer_of(sock.getpeercert() or {})

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
        self.ends = time.monotonic() + seconds
        self._ended = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        _WATCHMAN.begin(self)

    def over_socket(self, sock: socket.socket) -> None:
        """The answer is to come from there."""
        with self._lock:
            self._sockets.append(sock)
        if self.over:
            _cut([sock])

    def came(self, size: int) -> None:
        """Some of it did."""
        self.ends += size / _SLOWEST

    def end(self) -> None:
        """All of it did, or nobody waits any more: the connection is somebody else's from now on."""
        _WATCHMAN.end(self)
        with self._lock:
            self._ended = True

    def cut(self) -> None:
        """Its time is over."""
        with self._lock:
            if not self._ended:
                self.over = True
                _cut(self._sockets)


class _Watchman:
    """Looks after all watches, in one thread: one for each answer would cost more than to ask for it. The thread
    ends when it finds that nothing is to be watched."""

    def __init__(self) -> None:
        self._watched: set[_Watch] = set()
        self._changed = threading.Condition()
        self._next = 0.0
        """When the thread looks again."""
        self._thread: threading.Thread | None = None

    def begin(self, watch: _Watch) -> None:
        """From now on."""
        with self._changed:
            self._watched.add(watch)
            if self._thread is None or not self._thread.is_alive():  # the child of a fork has none
                self._next = watch.ends
                self._thread = threading.Thread(target=self._look, daemon=True, name="watch")
                self._thread.start()
            elif watch.ends < self._next:
                self._changed.notify()

    def end(self, watch: _Watch) -> None:
        """No longer."""
        with self._changed:
            self._watched.discard(watch)

    def _look(self) -> None:
        with self._changed:
            while self._watched:
                now = time.monotonic()
                for watch in [each for each in self._watched if each.ends <= now]:
                    self._watched.discard(watch)
                    watch.cut()
                self._next = min((each.ends for each in self._watched), default=now)
                self._changed.wait(self._next - now)
            self._thread = None


_WATCHMAN = _Watchman()


def _unpacked(answer: "requests.Response", watch: _Watch) -> Iterator[bytes]:
    """The body in small pieces. Not by urllib3's own unpacking, which may make much of little at once, nor by its
    own taking apart of chunks, which reads to the end where one is said to have -1 bytes."""
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16) if packing in ("gzip", "x-gzip") else None
    empty = True
    while piece := answer.raw.read1(_PIECE, decode_content=False):
        watch.came(len(piece))
        if packing not in ("", "identity", "gzip", "x-gzip"):
            raise ProblemError(no_end("packed", answer.url))
        if unpacker is None:
            yield piece
            continue
        empty = False
        while piece:
            try:
                yield unpacker.decompress(piece, _PIECE)
            except zlib.error as error:
                raise ProblemError(no_end("packed", answer.url)) from error
            piece = unpacker.unconsumed_tail
        if unpacker.unused_data:
            raise ProblemError(no_end("packed", answer.url))
    if unpacker and not empty:
        yield unpacker.flush()
        if not unpacker.eof:
            raise ProblemError(no_end("packed", answer.url))


def proxies_for(url: str) -> dict[str, str]:
    """The system's proxy for an address, by scheme; none for this computer itself. Raises ProblemError where its
    address cannot be read: not even an error of requests gets to see that."""
    address = proxy.as_set(url)
    if not address:
        return {}
    parts = proxy.ADDRESS.fullmatch(address)
    if not parts or not 0 < int((parts["port"] or ":80")[1:]) < 65_536:
        raise ProblemError(no_end("no-proxy", url))
    if (parts["scheme"] or "").lower().startswith("socks"):
        raise ProblemError(no_end("socks", url))
    scheme, user, password, host, port = parts.group("scheme", "user", "password", "host", "port")
    login = ":".join(quote(unquote(part), safe="") for part in (user, password) if part is not None)
    return {"https": f"{scheme or 'http'}://{login}{'@' if login else ''}{host}{port or ''}"}


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
