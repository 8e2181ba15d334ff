"""Files that are named in texts: what is read, what is refused, and that nothing is waited for."""

import logging
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from o365desk import files
from o365desk.app import build, start_log
from o365desk.files import UnfitError, leads_away, read_named
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.services.signin.token_cache import TokenCaches
from o365desk.services.spreadsheets import export

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there are neither pipes nor devices among the files")


def _socket(path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # the name of a socket must be short
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


_opened: set[str] = set()
sys.addaudithook(lambda event, arguments: _opened.add(str(arguments[0])) if event == "open" else None)

UNFIT: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (lambda path: path.mkdir(), "no file"),
    "pipe": (os.mkfifo, "no file"),
    "socket": (_socket, "no file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "no file"),
    "terminal": (lambda path: path.symlink_to("/dev/ptmx"), "no file"),
    "large": (lambda path: path.write_bytes(b"x" * 11), "larger than 10 bytes"),
    "sparse": (_sparse, "larger than 10 bytes"),
}
"""How each is made, and what is said of it."""


@POSIX
@pytest.mark.parametrize("kind", UNFIT)
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_file_of_a_size_that_makes_sense_is_refused_unopened(
    tmp_path: Path, kind: str, linked: bool
) -> None:
    make, words = UNFIT[kind]
    path = tmp_path / "named"
    make(path)
    if linked:
        (tmp_path / "link").symlink_to(path)
        path = tmp_path / "link"
    _opened.clear()
    with pytest.raises(UnfitError, match=words):
        read_named(path, 10)
    assert os.fspath(path) not in _opened


@POSIX
def test_a_file_is_read_whole_and_also_through_a_link(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    (tmp_path / "link").symlink_to(path)
    _opened.clear()
    assert read_named(tmp_path / "link", 10) == read_named(str(path), 10, by_others=True) == b"0123456789"
    assert str(path) in _opened


@POSIX
def test_what_says_that_it_is_empty_and_is_not_is_bounded_all_the_same() -> None:
    with pytest.raises(UnfitError, match="larger than 10 bytes"):
        read_named("/proc/self/maps", 10)


def test_what_is_not_there_or_can_be_no_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_named(tmp_path / "none", 10)
    with pytest.raises(ValueError, match="null"):
        read_named("a\0b", 10)


AWAY = (
    r"\\host\share\ca.pem", "//host/share/ca.pem", r"\/host/share/ca.pem", r"/\host\share",
    r"\\?\UNC\host\share\ca.pem", r"\\.\UNC\host\share", r"\\.\pipe\name", r"\\?\C:\ca.pem",
    r"\??\UNC\host\share", r"\\host@SSL\DavWWWRoot\ca.pem",
)  # fmt: skip
HERE = (
    r"C:\certificates\ca.pem", "C:/certificates/ca.pem", "ca.pem", r"folder\ca.pem", "/etc/ssl/ca.pem", "",
    r"\ca.pem",
)  # fmt: skip


@pytest.mark.parametrize("name", AWAY)
def test_a_path_that_tells_another_computer_who_one_is(name: str) -> None:
    assert leads_away(name)


@pytest.mark.parametrize("name", HERE)
def test_a_path_on_this_computer(name: str) -> None:
    assert not leads_away(name)


@POSIX
def test_links_on_the_way_to_another_computer_count_too(tmp_path: Path) -> None:
    (tmp_path / "folder").symlink_to(r"\\host\share")
    (tmp_path / "file").symlink_to("folder/ca.pem")
    (tmp_path / "junction").symlink_to(r"\??\UNC\host\share")
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "here").symlink_to(tmp_path)
    for name in ("folder/ca.pem", "file", "junction/ca.pem", "round", "here/here/file"):
        assert leads_away(str(tmp_path / name)), name
    (tmp_path / "disk").symlink_to(r"\??\C:\folder")
    for name in ("here/here/ca.pem", "disk/ca.pem"):
        assert not leads_away(str(tmp_path / name)), name


def test_on_windows_such_a_path_is_not_opened_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_WINDOWS", True)
    with pytest.raises(UnfitError, match="copy the file"):
        read_named(r"\\host\share\ca.pem", 10, by_others=True)


@POSIX
@pytest.mark.parametrize("mask", [0, 0o777])
def test_what_is_ours_is_for_this_user_only_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        app = build(tmp_path / "above" / "workspace", state_folder=tmp_path / "made" / "state")
        start_log(app)
        logging.getLogger("o365desk").info("something to say")
        app.state.remember("key", b"value")
        app.vault.unlock(Secret("open sesame"))
        app.vault.set("o365desk", "name", Secret("value"))
        TokenCaches(tmp_path / "made" / "state" / "tokens", app.vault).replace("contoso", "{}")
        app.state.use(lambda connection: connection.execute("SELECT 1"))
        found = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "made").rglob("*")}
        app.close()
    finally:
        os.umask(before)
    found[tmp_path / "made"] = stat.S_IMODE((tmp_path / "made").stat().st_mode)
    assert len(found) >= 9
    for path, mode in found.items():
        assert mode in ((0o700,) if path.is_dir() else (0o600,)), f"{path}: {mode:o}"


@POSIX
def test_what_was_open_to_others_is_closed_when_it_is_used_next(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    app = build(tmp_path / "workspace", state_folder=folder)
    app.state.remember("key", b"value")
    app.close()
    folder.chmod(0o777)
    (folder / "state.sqlite").chmod(0o666)
    (folder / "logs").mkdir(mode=0o755)
    (folder / "logs" / "o365desk.log").touch(0o644)
    start_log(app)
    logging.getLogger("o365desk").info("something to say")
    assert app.state.remembered("key") == b"value"
    app.close()
    for path in (folder, folder / "logs", folder / "state.sqlite", folder / "logs" / "o365desk.log"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@POSIX
def test_an_export_that_replaces_a_private_file_is_never_more_open_than_that(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.touch(0o600)
    writing = export.writer("csv", path, ())
    (temporary,) = tmp_path.glob(".*.tmp")
    assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
    writing.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# --- locks --------------------------------------------------------------------------------------------------------


def test_a_lock_is_held_once_by_a_thread_and_seen_by_others(tmp_path: Path) -> None:
    path = tmp_path / "made" / "it.lock"
    mine, others = files.Lock(path, "It"), files.Lock(path, "It", seconds=0.1)
    assert not others.is_held(0.05)
    assert not path.parent.exists(), "who only looks makes nothing"
    with mine(), mine():
        assert others.is_held(0.05)
        with pytest.raises(ProblemError, match="It is in use") as caught, others():
            pass
        assert caught.value.problem.code == "locked"
    assert not others.is_held(0.05)
    with others():
        assert mine.is_held(0.05)


def test_who_finds_a_lock_in_use_says_so_in_its_own_words(tmp_path: Path) -> None:
    path, said = tmp_path / "it.lock", Problem(title="Somebody works on it", code="busy")
    with files.Lock(path, "It")(), pytest.raises(ProblemError) as caught:  # noqa: SIM117
        with files.Lock(path, "It", seconds=0.05, in_use=said)():
            pass
    assert caught.value.problem == said


def test_an_error_under_a_lock_is_not_taken_for_the_locks(tmp_path: Path) -> None:
    lock = files.Lock(tmp_path / "it.lock", "It")
    for error in (TimeoutError("mine"), OSError("mine")):
        with pytest.raises(type(error), match="mine"), lock():
            raise error
    assert not files.Lock(tmp_path / "it.lock", "It").is_held(0.05)
