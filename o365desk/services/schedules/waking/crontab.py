"""A block of lines in the user's crontab, where there is no systemd. `crontab` replaces the whole table: all other
lines are written back as they were, and what came of it is read again."""

import re
import shlex

from o365desk.model.problems import Problem, ProblemError
from o365desk.services.schedules.waking.entry import MINUTES, Entry, Programs, Shown, Standing, done

_NO_TABLE = re.compile(r"\bno crontab for\b", re.IGNORECASE)


class Crontab:
    """See `entry.Waker`."""

    key, title, starts = "cron", "cron", False
    notes: tuple[str, ...] = (
        "cron wakes whether you are signed in or not; then the keychain may be locked. It has no catch-up.",
    )

    def __init__(self, entry: Entry, programs: Programs) -> None:
        self._entry, self._programs = entry, programs
        self._begin, self._end = f"# {entry.name}: begin (made by o365desk)", f"# {entry.name}: end"

    def texts(self) -> list[Shown]:
        """The block."""
        carried = [f"{key}={value}" for key, value in (("LANG", "C.UTF-8"), *self._entry.environment)]
        # A line that sets a variable would hold for the user's own lines below as well.
        words = ["env", *carried, *self._entry.words]
        command = " ".join(map(shlex.quote, words)).replace("%", "\\%")
        block = [self._begin, f"*/{MINUTES} * * * * {command} >/dev/null 2>&1", self._end]
        return [Shown("your crontab", "\n".join(block) + "\n")]

    def standing(self) -> Standing:
        """By what is in the table; whether cron runs, only the wakes show."""
        block = self._parts(self._table())[1]
        if not block:
            return Standing()
        program = ""
        for line in block[1:-1]:
            try:
                words = shlex.split(line.replace("\\%", "%"))[6:]
            except ValueError:
                continue
            program = next((word for word in words if "=" not in word), "")
        return Standing(True, None, "\n".join(block) + "\n" == self.texts()[0].text, program)

    def install(self) -> None:
        """Puts the block where it was, or at the end."""
        before, block, after = self._parts(self._table())
        if not block and before and before[-1].strip():
            before = [*before, ""]
        self._write([*before, *self.texts()[0].text.splitlines(), *after])

    def start(self) -> None:
        """Cron cannot be told."""

    def uninstall(self) -> bool:
        """Takes the block out."""
        before, block, after = self._parts(self._table())
        if block:
            if not after and before and not before[-1].strip():
                before = before[:-1]
            self._write([*before, *after])
        return bool(block)

    def _table(self) -> list[str]:
        """The lines that are there. Raises ProblemError where that is not known: then nothing is ever written."""
        ended = self._programs(["crontab", "-l"])
        if ended.code == 1 and _NO_TABLE.search(ended.err):
            return []
        return done(ended, "Reading your crontab").out.removesuffix("\n").split("\n")

    def _parts(self, lines: list[str]) -> tuple[list[str], list[str], list[str]]:
        """What is before our block, the block, and what is after it. Raises ProblemError where half of one is
        there: where it ends, nobody can tell."""
        begins = [place for place, line in enumerate(lines) if line.strip() == self._begin]
        ends = [place for place, line in enumerate(lines) if line.strip() == self._end]
        if not begins and not ends:
            return lines, [], []
        if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
            raise ProblemError(
                Problem(
                    title="Your crontab has half a block of o365desk",
                    cause=f"The lines “{self._begin}” and “{self._end}” must be there once each, in this order.",
                    remedy="Mend or remove these lines with crontab -e, and try again. Nothing was written.",
                    code="half-a-block",
                )
            )
        first, last = begins[0], ends[0]
        return lines[:first], lines[first : last + 1], lines[last + 1 :]

    def _write(self, lines: list[str]) -> None:
        """Writes the table, and reads it back."""
        if not any(line.strip() for line in lines):
            done(self._programs(["crontab", "-r"]), "Removing your empty crontab")
            return
        text = "".join(f"{line}\n" for line in lines)
        ended = self._programs(["crontab", "-"], given=text.encode("utf-8", "surrogateescape"))
        done(ended, "Writing your crontab")
        if self._table() != lines:
            raise ProblemError(
                Problem(
                    title="Your crontab is not what was written",
                    cause="Something else has changed it at that moment.",
                    remedy="Look at it with crontab -l, and try again.",
                    code="crontab",
                )
            )
