"""Whether the network is there: a computer that wakes up runs what is due before it has one."""

import contextlib
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing

_CONNECT_SECONDS = 5.0

Reach = Callable[[str, int], str]
"""Tries to reach a host's port; says why not, "" if it could."""


def reach(host: str, port: int) -> str:
    """As the system does: name, then TCP."""
    try:
        with contextlib.closing(socket.create_connection((host, port), timeout=_CONNECT_SECONDS)):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def hosts(source: DataSource) -> list[tuple[str, int]]:
    """Whom work with a data source talks to first: its sign-in service and Graph, or the proxy on the way there."""
    return list(dict.fromkeys(_way(url) for url in (source.login_root, source.graph_root) if url))


def _way(url: str) -> tuple[str, int]:
    from o365desk.services.http import proxy

    set_to = proxy.ADDRESS.fullmatch(proxy.as_set(url))
    if set_to:
        return set_to["host"].strip("[]"), int((set_to["port"] or ":80")[1:])
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 443


def wait(wanted: Iterable[tuple[str, int]], stop: Stop, timing: Timing, reach: Reach = reach) -> Problem | None:
    """Waits until all can be reached; why they cannot, if that takes too long. Raises CancelledError."""
    until = stop.now() + timing.network
    left = list(wanted)
    while True:
        why = ""
        for host, port in list(left):
            stop.check()
            if why := reach(host, port):
                break
            left.remove((host, port))
        if not left:
            return None
        if stop.now() >= until:
            return _unreachable(left[0], why)
        stop.wait(timing.network_look)


def _unreachable(place: tuple[str, int], why: str) -> Problem:
    return Problem(
        title="There is no network",
        cause=f"{place[0]} cannot be reached: {why}.",
        remedy="The task stays due, and runs once the network is back.",
        action=Action.RETRY,
        code="no-network",
        conclusive=False,
    )
