"""The parts of requests and urllib3 that are bent."""

import base64
import socket
import ssl
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from o365desk.services.http.trust import trusting

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter


def adapter(
    ca: bytes, opened: Callable[[socket.socket], None], secured: Callable[[str, Any], None]
) -> "HTTPAdapter":
    """An adapter of requests that trusts by our contexts alone. Tells each socket as soon as it is connected, when
    it is secured, with the host whose certificate it showed, and with each request that is sent over it."""
    from requests.adapters import HTTPAdapter
    from requests.utils import get_auth_from_url
    from urllib3.connection import HTTPSConnection
    from urllib3.connectionpool import HTTPSConnectionPool

    with trusting(ca):
        pass  # What holds no authority is told before anything is sent.

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
            try:
                with trusting(ca) as self.ssl_context:
                    super().connect()
            except OSError as error:
                _close_left_behind(error)
                raise
            finally:
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
