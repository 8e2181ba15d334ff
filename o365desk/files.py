"""Replacing files so that a crash at any point leaves the old or the new one, whole; and a lock for all processes.

A temporary file is written beside the target, forced to disk, put in the target's place in one step, and the folder
forced to disk. What a killed process leaves behind is a temporary file that `sweep` removes later.
"""

import contextlib
import errno
import os
import re
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from o365desk.model.problems import Action, Problem, ProblemError

_Result = TypeVar("_Result")

LOCK_SECONDS = 15.0
"""How long to wait for another process; a save takes milliseconds."""
_STALE_SECONDS = 3600
_TEMPORARY = re.compile(r"\.\d+-[0-9a-f]{12}\.tmp")
_WINDOWS = sys.platform == "win32"
_AWAY = re.compile(r"[\\/][\\/]|\\\?\?\\")
_JUNCTION = re.compile(r"\\[\\?]\?\\(?=[A-Za-z]:|Volume\{)")
"""Before the target of a junction on a disk of this computer, as Windows writes it."""
_NO_FILE = "is no file but a folder, a pipe or a device"
_LINKS = 40
"""As many links may lead to each other, as on Linux."""


def write(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Replaces a file, or makes it. `mode` are the rights it gets; None keeps those of the file that is there, and
    gives a new one the usual ones. Raises OSError; then the file is as it was."""
    if mode is None:
        mode = _mode_of(path)
    temporary = beside(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, 0o666 if mode is None else 0o600)
    try:
        try:
            if mode is not None and not _WINDOWS:
                os.fchmod(handle, mode)
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        _patiently(lambda: temporary.replace(path))
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def read(path: Path) -> bytes:
    """The content of a file of ours that another program may be replacing just now. Raises OSError."""
    return _patiently(path.read_bytes)


class UnfitError(OSError):
    """The file that somebody's text names is no file that can be read whole: a folder, a device, too large. It says
    so in words that follow the name in a sentence."""


def read_named(name: str | Path, most: int, *, by_others: bool = False) -> bytes:
    """The content of a file that is named in a text: on the command line or, `by_others`, in a file that others can
    write. It must be a regular file (or lead to one) of at most `most` bytes, and is opened without waiting for the
    other end of a pipe. Raises UnfitError, another OSError, or ValueError for what can be no path."""
    if by_others and _WINDOWS and leads_away(os.fspath(name)):
        raise UnfitError(
            "is on another computer, which would be told who you are; copy the file to a disk of this one, and "
            "name it there"
        )
    # Before it is opened: that alone may set a device going.
    _refuse_unfit(os.stat(name), most)  # noqa: PTH116 - the path may hold anything that was typed
    flags = os.O_RDONLY
    for flag in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT"):
        flags |= getattr(os, flag, 0)
    handle = os.open(name, flags)
    with os.fdopen(handle, "rb", buffering=0) as file:
        _refuse_unfit(os.fstat(handle), most)
        # Read, not asked for: it may grow meanwhile.
        data = b""
        while len(data) <= most and (more := file.read(most + 1 - len(data))):
            data += more
        if more is None:  # a pipe that calls itself a file, as some of the kernel's do
            raise UnfitError(_NO_FILE)
    if len(data) > most:
        raise UnfitError(f"is larger than {most:,} bytes")
    return data


def _refuse_unfit(about: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise UnfitError(_NO_FILE)
    if about.st_size > most:
        raise UnfitError(f"is larger than {most:,} bytes")


def leads_away(name: str) -> bool:
    r"""Whether Windows would ask another computer for this path, and prove to it who the user is: `\\host\share`,
    also as `//host/share` or `\??\UNC\host`, or a link on the way there. All that begins like that counts,
    a device (`\\.\`) as well."""
    for _ in range(_LINKS):
        if _AWAY.match(name):
            return True
        path = Path(name)
        for part in (*reversed(path.parents), path):
            try:
                target = os.readlink(part)  # noqa: PTH115 - a Path would tidy the target
            except (OSError, ValueError):
                continue
            target = _JUNCTION.sub("", target)
            if _AWAY.match(target):
                return True
            name = os.path.join(part.parent, target, path.relative_to(part))  # noqa: PTH118 - the same
            break
        else:
            return False
    return True


def beside(path: Path) -> Path:
    """A name for a temporary file in the folder of a file that it is to replace; `sweep` knows it."""
    # Not made from the target's: that may have the full length that a file system allows already.
    return path.with_name(f".{os.getpid()}-{os.urandom(6).hex()}.tmp")


def replace(temporary: Path, path: Path) -> None:
    """Puts a file that was written `beside` another one, and forced to disk, in its place, with its rights. Raises
    OSError; then both are as they were."""
    mode = _mode_of(path)
    if mode is not None and not _WINDOWS:
        temporary.chmod(mode)
    _patiently(lambda: temporary.replace(path))
    sync_folder(path.parent)


def move(old: Path, new: Path) -> None:
    """Renames a file within one file system, in one step. The caller holds the lock and knows `new` is free."""
    _patiently(lambda: old.rename(new))
    sync_folder(new.parent)
    if old.parent != new.parent:
        sync_folder(old.parent)


def remove(path: Path) -> None:
    """Removes a file; fine if it is gone already."""
    with contextlib.suppress(FileNotFoundError):
        _patiently(lambda: path.unlink())


def make_folder(folder: Path, *, private: bool = False) -> None:
    """Makes a folder and those above it, and forces their names to disk. A `private` one is for this user only,
    whatever the umask says and whoever made it; so are those above it that are made with it."""
    if not folder.is_dir():
        make_folder(folder.parent, private=private and not folder.parent.is_dir())
        with contextlib.suppress(FileExistsError):
            folder.mkdir(0o700 if private else 0o777)
            if private and not _WINDOWS:
                folder.chmod(0o700)  # a umask may have taken even the user's own rights
            sync_folder(folder.parent)
    if private:
        keep_private(folder)


def keep_private(path: Path) -> None:
    """Takes from all others the rights to a file or folder of this user. Where that cannot be done, as on some
    network drives, they stay as they are."""
    if not _WINDOWS:
        with contextlib.suppress(OSError):
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & 0o077:
                path.chmod(mode & 0o700)


def make_private(path: Path) -> None:
    """Makes an empty file for this user only, whatever the umask says; takes the others' rights to one that is
    there. For those who open it afterwards by themselves."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        keep_private(path)
        return
    try:
        if not _WINDOWS:
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def same(one: Path, other: Path) -> bool:
    """Whether both are the same file, which is there."""
    with contextlib.suppress(OSError):
        return one.samefile(other)
    return False


def sync_folder(folder: Path) -> None:
    """Forces a folder's names to disk, where the system can: Windows and some network file systems cannot. Never
    raises: what was done to the folder is done, and to say that it failed would be wrong."""
    if _WINDOWS:
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> None:
    """Removes temporary files that a killed process left more than an hour ago."""
    with contextlib.suppress(OSError), os.scandir(folder) as items:
        for item in items:
            if _TEMPORARY.fullmatch(item.name):
                with contextlib.suppress(OSError):
                    if time.time() - item.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS:
                        Path(item.path).unlink()


class Lock:
    """A lock that keeps out other threads and other processes; the operating system lets go of it when its process
    is gone, however it went. Not for files on several machines."""

    def __init__(
        self,
        path: Path,
        what: str,
        *,
        private: bool = False,
        seconds: float | None = None,
        in_use: Problem | None = None,
    ) -> None:
        """`what` is locked by `path`, whose folder is made when needed: `private` for this user only. Others are
        waited for as many `seconds` (None: LOCK_SECONDS); `in_use` is said where they do not let go."""
        self._path = path
        self._private = private
        self._what = what
        self._seconds = LOCK_SECONDS if seconds is None else seconds
        self._in_use = in_use
        self._threads = threading.RLock()
        self._depth = 0
        self._file: Any = None

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Holds the lock. Raises ProblemError when another program does not let go, or the folder is not ours."""
        try:
            self.acquire()
        except TimeoutError:
            raise ProblemError(self._in_use or self._said_in_use()) from None
        except OSError as error:
            raise ProblemError(problem(f"{self._what} cannot be changed", error, self._path.parent)) from error
        try:
            yield
        finally:
            self.release()

    def acquire(self) -> None:
        """Holds it until as many `release`. Raises TimeoutError when another program does not let go, or another
        OSError."""
        self._threads.acquire()
        try:
            if self._depth == 0:
                self._lock(self._seconds)
            self._depth += 1
        except BaseException:
            self._threads.release()
            raise

    def release(self) -> None:
        """Lets go."""
        try:
            self._depth -= 1
            if self._depth == 0:
                self._file.release()
        finally:
            self._threads.release()

    def is_held(self, seconds: float) -> bool:
        """Whether somebody else holds it now, in whatever process; looks for as many seconds, as another one may be
        looking just then. Raises OSError."""
        if not self._path.exists():
            return False
        with self._threads:
            try:
                self._lock(seconds)
            except TimeoutError:
                return True
            self._file.release()
        return False

    def _lock(self, seconds: float) -> None:
        import filelock

        # What is in the folder may come from others: opening a link would empty the file that it leads to.
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(self._path.lstat().st_mode):
                raise OSError(errno.EINVAL, "it is a link, a pipe or a device", str(self._path))
        make_folder(self._path.parent, private=self._private)
        if self._file is None:
            # Whoever may write in the folder must be able to take the lock, whatever our umask says.
            mode = self._path.parent.stat().st_mode & 0o666 | 0o600
            self._file = filelock.FileLock(self._path, mode=mode, thread_local=False)
        self._file.acquire(timeout=seconds, poll_interval=0.01)

    def _said_in_use(self) -> Problem:
        return Problem(
            title=f"{self._what} is in use",
            cause=f"Another program has held {self._path} for {self._seconds:.0f} seconds.",
            remedy="Wait until it is done, or end it, and try again.",
            action=Action.RETRY,
            code="locked",
        )


def problem(title: str, error: OSError, path: Path, *, reading: bool = False) -> Problem:
    """An operating system's refusal in words: what failed, why, and what can be done. `path` is what was to be read
    (`reading`) or written in."""
    right = f"Ask for the right to {'read' if reading else 'write in'} {path}."
    remedies = {
        errno.EACCES: right,
        errno.EPERM: right,
        errno.EROFS: "Choose a folder on a disk that can be written to.",
        errno.ENOSPC: "Free some space on the disk, and try again.",
        errno.EDQUOT: "Free some of your space on the disk, and try again.",
        errno.ENOENT: f"See whether {path} is still there, or reconnect the drive.",
    }
    reason = error.strerror or str(error)
    return Problem(
        title=title,
        cause=f"The operating system said of {error.filename or path}: {reason}.",
        remedy=remedies.get(error.errno or 0, f"See what is the matter with {path}, and try again."),
        action=Action.RETRY,
        code=errno.errorcode.get(error.errno or 0, "os-error"),
    )


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        return None


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _patiently(act: Callable[[], _Result]) -> _Result:
    """Windows refuses to replace a file that a virus scanner or a reader has open, and to open one that is replaced
    just then: try for a second."""
    for wait in (0.01, 0.03, 0.1, 0.3, 0.6):
        try:
            return act()
        except PermissionError:
            if not _WINDOWS:
                raise
            time.sleep(wait)
    return act()
