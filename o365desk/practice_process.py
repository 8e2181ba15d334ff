"""The practice tenant in a process of its own: starting it, ending it, and the trainer's switches. It is reached
over HTTPS like any other tenant, at addresses that are part of its data source, and no service knows of it."""

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop

if TYPE_CHECKING:
    import subprocess


class Practice:
    """The practice tenant that this program starts. Safe from any thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.ready: dict[str, Any] = {}
        """What it announced: addresses, app profiles, accounts (see `o365desk practice serve`); empty before."""

    def start(self) -> None:
        """Starts it and waits until it answers: a second or two. Raises ProblemError if it does not."""
        from o365desk import processes

        with self._lock:
            if self._process:
                return
            # Closing its standard input ends it, also when this process is killed.
            process = processes.ours("practice", "serve", "--with-parent")
            self._process = process
            line = process.stdout.readline() if process.stdout else b""
            if line:
                self.ready = json.loads(line)
                return
        self.stop()
        raise ProblemError(
            Problem(
                title="The practice tenant did not start",
                cause=f"Its process ended with code {process.returncode}.",
                remedy="Run `o365desk practice serve` in a terminal: it says why.",
                code="practice",
            )
        )

    def stop(self) -> None:
        """Ends it, and waits until it has ended."""
        import subprocess

        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def sample(self) -> tuple[DataSource, Secret]:
        """A data source for it with every detail filled in, and its client secret."""
        profile = self.ready["apps"]["read-write"]
        source = new(
            "Practice connector",
            cloud="practice",
            login=self.ready["login"],
            graph=self.ready["graph"],
            ca_file=self.ready["ca_file"],
            tenant=self.ready["domain"],
            client_id=profile["client_id"],
            sign_in=SignIn.SECRET,
            read_write=True,
        )
        return source, Secret(profile["secret"])

    def switches(self) -> list[dict[str, Any]]:
        """The trainer's switches as the tenant lists them: key, title, explanation, group, kind, value, choices."""
        listed: list[dict[str, Any]] = self._control("GET", "/")["switches"]
        return listed

    def set(self, key: str, value: Any, app: str = "") -> None:
        """Turns a switch, for one app profile where the switch is kept per app."""
        self._control("POST", "/switches", {key: {app: value} if app else value})

    def reset(self) -> None:
        """Everything back to how it was."""
        self._control("POST", "/reset", {})

    def pass_days(self, days: int) -> dict[str, Any]:
        """Lets days pass; what changed, as the control port tells it: `users` and `groups`, each what happened with
        the ids."""
        told: dict[str, Any] = self._control("POST", "/day", {"days": days})
        return told

    def _control(self, method: str, path: str, body: object = None) -> Any:
        from o365desk.services.http.session import HttpSession
        from o365desk.services.http.trust import read_ca

        with HttpSession(Stop(), read_ca(self.ready["ca_file"])) as line:
            data = None if body is None else json.dumps(body).encode()
            response = line.send(method, self.ready["control"].rstrip("/") + path, data=data)
        if response.status_code != 200:
            raise ProblemError(
                Problem(
                    title="The practice tenant did not take the switch", detail=response.text[:300], code="practice"
                )
            )
        return response.json()


def serve_practice(port: int, users: int, groups: int, seed: int, latency_ms: int, ready_file: Path | None) -> int:
    """Runs the practice tenant in this process until it is interrupted; announces itself on standard output."""
    from o365desk.practice.server.server import Options, serve

    def announce(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    try:
        return serve(Options(port, users, groups, seed, latency_ms), ready_file, announce)
    except OSError as error:
        raise ProblemError(
            Problem(
                title="The practice tenant cannot be served",
                cause=f"{error.strerror or error}" + (f" (ports {port} to {port + 2})" if port else ""),
                remedy="Choose another --port, or 0 for free ones, and a --ready-file that can be written.",
                code="practice",
            )
        ) from error
