"""The program as a process: the journey, the practice tenant's life, and a computer without a display."""

import contextlib
import io
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from o365desk.cli import main
from o365desk.model.secret import Secret
from o365desk.practice_process import Practice
from o365desk.services.vault.passphrase_file import VaultFile
from tests.cli.shell import PASSPHRASE, Shell
from tests.journey import Journey, journey
from tests.torture import FULL

COMMAND = [sys.executable, "-m", "o365desk"]


def cheaper(home: Path) -> None:
    """A command made the vault at its full price; some sixty that open it from here on pay a quarter."""
    (path,) = home.rglob("vault")
    dear, passphrase = VaultFile(path), Secret(PASSPHRASE)
    dear.open(passphrase)
    assert path.read_bytes()[8] >= 16
    kept = dear.all()
    path.unlink()
    cheap = VaultFile(path)
    cheap.open(passphrase)
    for owner, secrets in kept.items():
        cheap.put(owner, secrets)
    assert path.read_bytes()[8] == 14


class Mostly:
    """Carries out most commands of a journey in this process, in the home that their processes have: the first
    ones, which make the vault, and of the others each `_EACH`-th as a process, which finds what was left to it. One
    that prints is a process, too: it puts Qt away at its end, and the tests of the window would miss that."""

    _EACH = 6

    def __init__(
        self, journey: Journey, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._journey, self._monkeypatch, self._capsys = journey, monkeypatch, capsys
        self._made = self.processes = 0
        for name in [name for name in os.environ if name.startswith("XDG_")]:
            monkeypatch.delenv(name)
        for name, value in journey.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(journey.home)

    def __call__(self, words: tuple[str, ...], given: str) -> tuple[int, str, str]:
        self._made += 1
        prints = any(word.endswith(".pdf") for word in words)
        if self._made <= 3 or self._made % self._EACH == 0 or prints:
            self.processes += 1
            return self._journey.process(words, given)
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        self._capsys.readouterr()  # what the journey itself said
        code = main(words)
        return code, *self._capsys.readouterr()


@pytest.mark.long
@pytest.mark.torture
@pytest.mark.timeout(400)  # in full it is a hundred processes, one after the other
def test_the_command_line_journey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    if FULL:
        journey(COMMAND, folder, cheaper)
        return
    made: list[Mostly] = []

    def calling(trip: Journey) -> Mostly:
        made.append(Mostly(trip, monkeypatch, capsys))
        return made[0]

    journey(COMMAND, folder, cheaper, calling)
    assert made[0].processes >= 8


def test_a_command_starts_without_what_it_may_not_need() -> None:
    """Each takes as long as the rest of the start; the library for commands would bring some of it along."""
    dear = {"PySide6", "pydantic", "msal", "requests", "keyring", "cryptography", "openpyxl", "uvicorn"}
    asked = f"import sys; from o365desk.cli import main; main(['operations']); print(*{dear!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == ""


def without_display() -> dict[str, str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {name: value for name, value in os.environ.items() if name not in hidden}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
class TestWithoutDisplay:
    def test_the_window_says_so_in_one_line(self) -> None:
        done = subprocess.run(COMMAND, capture_output=True, text=True, env=without_display(), timeout=60)
        assert done.returncode == 1
        assert done.stderr.splitlines()[0].startswith("o365desk: no window can be shown here")
        assert "DISPLAY" in done.stderr

    def test_a_display_that_does_not_answer_is_no_abort(self) -> None:
        environment = without_display() | {"DISPLAY": ":40771"}
        done = subprocess.run(COMMAND, capture_output=True, text=True, env=environment, timeout=60)
        assert done.returncode == 1
        assert ":40771" in done.stderr

    def test_practice_goes_on_in_the_terminal(self) -> None:
        done = subprocess.run(
            [*COMMAND, "--practice"], capture_output=True, text=True, env=without_display(), timeout=90
        )
        assert done.returncode == 0, done.stderr
        assert "no window can be shown here" in done.stderr
        assert "Connection test succeeded" in done.stderr


@contextlib.contextmanager
def deaf() -> Iterator[int]:
    """The end of a pipe to write to, at whose other end nobody is."""
    ear, mouth = os.pipe()
    os.close(ear)
    try:
        yield mouth
    finally:
        os.close(mouth)


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_output_that_nobody_reads_to_its_end_is_no_failure(shell: Shell, form: str) -> None:
    shell.able()
    with deaf() as mouth:
        done = subprocess.run(
            [*COMMAND, "run", "Contoso", "user-list", "--format", form],
            stdout=mouth, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_work_goes_on_when_nobody_reads_its_messages(shell: Shell) -> None:
    shell.able()
    words = ["run", "Contoso", "create-group", "--set", "displayName=Unheard", "--apply", "--json"]
    with deaf() as mouth:
        done = subprocess.run([*COMMAND, *words], stdout=subprocess.PIPE, stderr=mouth, text=True, timeout=60)
    assert done.returncode == 0
    assert json.loads(done.stdout)["counts"]["changed"] == 1


@pytest.mark.torture
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize(
    "words",
    [
        ("operations",),
        ("operations", "--json"),
        ("run", "Contoso", "user-list"),
        ("run", "Contoso", "user-list", "--format", "csv"),
        ("run", "Contoso", "user-list", "--json"),
    ],
    ids=" ".join,
)
def test_a_full_disk_is_told_in_words(shell: Shell, words: tuple[str, ...]) -> None:
    shell.able()
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 1, done.stderr
        assert "The results cannot be written" in done.stderr
        assert "Traceback" not in done.stderr
        if FULL or len(words) == 3:
            mute = subprocess.run([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=full, timeout=60)
            assert mute.returncode == 0, "messages are not worth stopping for"


_CLOSED = [">&-", "2>&-", "<&-", ">&- 2>&- <&-"]


@pytest.mark.torture
@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes streams")
@pytest.mark.parametrize("closed", _CLOSED)
def test_closed_streams_are_no_traceback(shell: Shell, closed: str, tmp_path: Path) -> None:
    shell.able()
    file = tmp_path / "users.csv"
    without_files = ["sources list --json", "operations", "run Contoso licence-plan-list --json"]
    some = without_files if FULL else without_files[_CLOSED.index(closed) % 3 :][:1]
    for words in (*some, f"run Contoso user-list --output {file}"):
        command = shlex.join(COMMAND) + f" {words} {closed}"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    lines = file.read_text("utf-8-sig").splitlines()
    assert len(lines) > 100
    assert "users" not in lines[-1], "what is printed never gets into a file"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_what_was_applied_is_told_though_its_rows_cannot_be_printed(shell: Shell, form: str) -> None:
    shell.able()
    words = ["run", "Contoso", "create-group", "--set", "displayName=Unseen", "--apply", "--format", form]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 3, done.stderr
    assert "finished" in done.stderr
    assert "o365desk runs undo " in done.stderr


def test_the_practice_tenant_announces_itself_and_ends_on_a_signal(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    with subprocess.Popen(
        [*COMMAND, "practice", "serve", "--users", "5", "--ready-file", str(ready_file)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        assert json.loads(ready_file.read_text("utf-8")) == ready
        assert {"login", "graph", "ca_file", "tenant", "domain", "control", "apps", "admin"} <= set(ready)
        assert {"users-only", "read", "read-write", "no-consent", "sso"} <= set(ready["apps"])
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert not Path(ready["ca_file"]).exists()


def test_the_practice_tenant_ends_with_the_program_that_started_it() -> None:
    practice = Practice()
    practice.start()
    try:
        process = practice._process
        assert process is not None
        assert process.poll() is None
        assert {"consent", "secret", "clock_offset"} <= {row["key"] for row in practice.switches()}
        practice.set("secret", "expired", "read")
        row = next(row for row in practice.switches() if row["key"] == "secret")
        assert (row["apps"]["read"], row["apps"]["read-write"]) == ("expired", "valid")
        practice.reset()
    finally:
        practice.stop()
    assert process.poll() == 0
    practice.stop()


@pytest.mark.parametrize("form", ["table", "json"])
def test_who_stops_reading_does_not_change_what_came_of_it(shell: Shell, tmp_path: Path, form: str) -> None:
    """A test that failed, and a write of which no row could be done, end with 1 as ever."""
    shell.able()
    nobody = tmp_path / "nobody.csv"
    nobody.write_text("displayName,members\nUnread,nobody@nowhere.example\n", "utf-8")
    shell.add("Not consented", "no-consent", "--sign-in", "secret")
    secret = shell.ready["apps"]["no-consent"]["secret"]
    assert shell("secret", "set", "Not consented", "--stdin", given=secret) == 0
    options = ["--json"] if form == "json" else []
    for words in (
        ["test", "Not consented", *options],
        ["run", "Contoso", "create-group", "--rows", str(nobody), *options],
        ["run", "Contoso", "create-group", "--rows", str(nobody), "--apply", *options],
    ):
        with deaf() as mouth:
            done = subprocess.run([*COMMAND, *words], stdout=mouth, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 1, (words, done.stderr)
        assert "Traceback" not in done.stderr


def test_a_damaged_state_is_told(shell: Shell, home: Path) -> None:
    assert shell("runs", "list") == 0
    (file,) = home.rglob("state.sqlite")
    file.write_bytes(b"junk" * 1000)
    assert shell("runs", "list") == 0
    assert "was damaged" in shell.err
    assert shell("runs", "list") == 0
    assert "was damaged" not in shell.err
