"""What is told to the system's schedulers, and what is made of their answers. systemd's own check and a real
crontab where they are installed; all are played here besides."""

import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from o365desk import processes
from o365desk.model.problems import ProblemError
from o365desk.model.stop import Stop
from o365desk.processes import Ended
from o365desk.services.schedules import machine
from o365desk.services.schedules.waking.choosing import choose
from o365desk.services.schedules.waking.crontab import Crontab
from o365desk.services.schedules.waking.entry import Entry, entry_for
from o365desk.services.schedules.waking.launchd import Launchd
from o365desk.services.schedules.waking.systemd import Systemd
from o365desk.services.schedules.waking.waking import Waking
from o365desk.services.schedules.waking.windows import Windows
from tests.services.schedules.staged import NOW, Stage

AWKWARD = Entry(
    "o365desk-schedule", (sys.executable, "-m", "a 100% $HOME \"quoted\" \\ 'ü'", "run-due"), (("A", "b c%"),)
)


class Played:
    """Programs of the system: answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Callable[[list[str], bytes | None], Ended] = lambda words, given: Ended(0)) -> None:
        self.answer, self.asked = answer, list[list[str]]()

    def __call__(self, words: Sequence[str], *, given: bytes | None = None, seconds: float = 30.0) -> Ended:
        self.asked.append(list(words))
        return self.answer(list(words), given)


class Table:
    """A `crontab` program that behaves as Debian's."""

    def __init__(self, text: str | None = None) -> None:
        self.text = text

    def __call__(self, words: Sequence[str], *, given: bytes | None = None, seconds: float = 30.0) -> Ended:
        if words[1] == "-l":
            return Ended(0, self.text) if self.text is not None else Ended(1, "", "no crontab for ada\n")
        if words[1] == "-r":
            self.text = None
        else:
            assert given is not None
            if not given.endswith(b"\n"):
                return Ended(1, "", "new crontab file is missing newline before EOF, can't install.")
            self.text = given.decode()
        return Ended(0)


# --- systemd ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_the_units_as_they_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    waker = Systemd(AWKWARD, Played(), tmp_path)
    waker.install()
    for shown in waker.texts():
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", shown.where], capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, ""), shown.text


def test_systemd_is_enabled_and_removed_cleanly(tmp_path: Path) -> None:
    played = Played()
    waker = Systemd(AWKWARD, played, tmp_path)
    assert not waker.standing().installed
    waker.install()
    assert (waker.standing().enabled, waker.standing().same) == (True, True)
    assert waker.standing().program == sys.executable
    verbs = [words[2] for words in played.asked]
    assert verbs.index("daemon-reload") < verbs.index("enable")
    timer = Path(waker.texts()[1].where)
    timer.write_text(timer.read_text().replace("0/5 UTC", "0/5"))
    assert not waker.standing().same
    assert waker.uninstall()
    assert not waker.standing().installed
    assert not timer.exists()
    assert not waker.uninstall()


def test_a_refusal_of_systemd_is_told(tmp_path: Path) -> None:
    waker = Systemd(AWKWARD, Played(lambda words, given: Ended(1, "", "No medium found")), tmp_path)
    with pytest.raises(ProblemError, match="No medium found"):
        waker.install()


def test_an_entry_whose_program_is_gone_is_stale(tmp_path: Path) -> None:
    gone = Entry("o365desk-schedule", (str(tmp_path / "gone" / "python"), "run-due"), ())
    for waker in (
        Systemd(gone, Played(), tmp_path),
        Launchd(gone, Played(), tmp_path, 501),
        Crontab(gone, Table()),
    ):
        waker.install()
        assert waker.standing().stale, waker.key
    assert not Systemd(AWKWARD, Played(), tmp_path).standing().same


# --- launchd, Windows ---------------------------------------------------------------------------------------------


def test_the_agent_of_launchd_says_what_is_meant(tmp_path: Path) -> None:
    played = Played()
    waker = Launchd(AWKWARD, played, tmp_path, 501)
    waker.install()
    made = plistlib.loads(Path(waker.texts()[0].where).read_bytes())
    assert made["ProgramArguments"] == list(AWKWARD.words)
    assert [each["Minute"] for each in made["StartCalendarInterval"]] == list(range(0, 60, 5))
    assert made["EnvironmentVariables"]["A"] == "b c%"
    assert ["launchctl", "bootstrap", "gui/501", waker.texts()[0].where] in played.asked
    assert (waker.standing().enabled, waker.standing().same) == (True, True)
    assert waker.uninstall()
    assert not waker.standing().installed


def test_the_task_of_windows_says_what_is_meant() -> None:
    kept: dict[str, bytes] = {}

    def answer(words: list[str], given: bytes | None) -> Ended:
        if words[0] == "whoami":
            return Ended(0, '"desk\\ada","S-1-5-21-1-2-3-1001"\n')
        if words[1] == "/Create":
            kept["task"] = Path(words[words.index("/XML") + 1]).read_bytes()
        if words[1] == "/Delete":
            kept.clear()
        if words[1] == "/Query":
            return Ended(0, kept["task"].decode("utf-16")) if kept else Ended(1, "", "FEHLER")
        return Ended(0)

    waker = Windows(AWKWARD, Played(answer))
    assert not waker.standing().installed
    waker.install()
    assert kept["task"].startswith(b"\xff\xfe<\x00")
    root = Xml.fromstring(kept["task"].decode("utf-16").partition("?>")[2])
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    assert root.findtext(f".//{space}Interval") == "PT5M"
    assert root.findtext(f".//{space}LogonTrigger/{space}UserId") == "S-1-5-21-1-2-3-1001"
    arguments = root.findtext(f".//{space}Arguments") or ""
    assert arguments == subprocess.list2cmdline(AWKWARD.words[1:])
    assert root.findtext(f".//{space}StopIfGoingOnBatteries") == "false"
    assert (waker.standing().same, waker.standing().program) == (True, sys.executable)
    assert waker.uninstall()
    assert not waker.standing().installed


# --- cron ---------------------------------------------------------------------------------------------------------

TABLES = (
    "",
    "MAILTO=ada\n# mine\n0 5 * * 1 tar -zcf \\%x\n",
    "\n\n",
    "* * * * * a\n\n# end\n",
    "0 0 * * * täglich\n",
)


@pytest.mark.parametrize("text", TABLES)
def test_all_other_lines_of_a_crontab_survive(text: str) -> None:
    table = Table(text or None)
    waker = Crontab(AWKWARD, table)
    waker.install()
    once = table.text
    assert once is not None
    waker.install()
    assert table.text == once
    assert (waker.standing().installed, waker.standing().same) == (True, True)
    kept = [line for line in once.splitlines() if line not in waker.texts()[0].text.splitlines()]
    assert [line for line in kept if line] == [line for line in text.splitlines() if line]
    assert waker.uninstall()
    assert (table.text or "").strip("\n") == text.strip("\n")
    assert not waker.uninstall()


@pytest.mark.parametrize("drop", ["begin", "end"])
def test_half_a_block_is_left_alone(drop: str) -> None:
    table = Table("0 5 * * 1 mine\n")
    waker = Crontab(AWKWARD, table)
    waker.install()
    assert table.text is not None
    table.text = "".join(
        f"{line}\n" for line in table.text.splitlines() if not (line.startswith("#") and drop in line)
    )
    half = table.text
    for act in (waker.install, waker.uninstall, waker.standing):
        with pytest.raises(ProblemError, match="half a block"):
            act()
    assert table.text == half


def test_nothing_is_written_where_the_table_cannot_be_read() -> None:
    played = Played(lambda words, given: Ended(1, "", "crontab: permission denied"))
    with pytest.raises(ProblemError, match="permission denied"):
        Crontab(AWKWARD, played).install()
    assert [words[1] for words in played.asked] == ["-l"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
def test_the_line_of_cron_starts_what_is_meant(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = f"import os, sys; open({str(out)!r}, 'w').write(repr((sys.argv[1:], os.environ['A'])))"
    entry = Entry("o365desk-schedule", (sys.executable, "-c", code, *AWKWARD.words[2:]), (("A", "b c%"),))
    line = Crontab(entry, Table()).texts()[0].text.splitlines()[1]
    command = line.removeprefix("*/5 * * * * ").replace("\\%", "%")
    subprocess.run(["/bin/sh", "-c", command], check=True, env={"PATH": os.environ["PATH"]}, timeout=60)
    assert eval(out.read_text()) == (list(AWKWARD.words[2:]), "b c%")


@pytest.mark.skipif(not shutil.which("crontab"), reason="crontab is not installed")
def test_a_real_crontab_goes_round() -> None:
    before = processes.system(["crontab", "-l"])
    if before.code == 0 and before.out.strip():
        pytest.skip("whoever runs this has a crontab, which is theirs")
    waker = Crontab(AWKWARD, processes.system)
    waker.install()
    try:
        assert waker.standing().same
    finally:
        assert waker.uninstall()
    assert not waker.standing().installed


# --- choosing, proving, heartbeats --------------------------------------------------------------------------------


def test_workspaces_have_entries_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", "secret")
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE_FILE", "/home/ada/passphrase")
    one, other = entry_for(tmp_path / "a", "cron"), entry_for(tmp_path / "b", "cron")
    assert one.name != other.name
    assert one.words[-6:] == ("--workspace", str(tmp_path / "a"), "schedule", "run-due", "--woken-by", "cron")
    assert ("O365DESK_VAULT_PASSPHRASE_FILE", "/home/ada/passphrase") in one.environment
    assert "secret" not in repr(one)


@pytest.mark.parametrize(("system", "key"), [("darwin", "launchd"), ("win32", "windows")])
def test_each_system_has_its_scheduler(system: str, key: str, tmp_path: Path) -> None:
    assert choose("", tmp_path, Played(), system=system, home=tmp_path).key == key


def waking(stage: Stage, programs: Played | Table) -> Waking:
    app = stage.app
    return Waking(
        stage.folder / "workspace", app.state, stage.schedules.records, app.connections, app.vault, stage.clock,
        app.timing, programs, stage.reach,
    )  # fmt: skip


def test_it_is_proven_by_a_wake_in_the_scheduler(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.source()
    stage.network = "no route"

    def answer(words: list[str], given: bytes | None) -> Ended:
        if words[2:3] == ["start"]:
            waking(stage, Played()).woken("systemd")  # as the program that it starts does
        return Ended(0) if words[0] != "crontab" else Ended(1, "", "no crontab for ada")

    proof = waking(stage, Played(answer)).install(Stop(), "systemd")
    assert (proof.came, proof.good) == (True, False)
    checks = {check.what: check for check in proof.checks}
    assert {key: check.good for key, check in checks.items()} == {
        "vault": True, "files": True, "network": False, "zone": True,
    }  # fmt: skip
    assert "no route" in checks["network"].said
    stage.close()


def test_a_wake_looks_for_no_host_that_nobody_here_approved(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    source = stage.source()
    made = waking(stage, Played())
    made.look_around()
    assert stage.reached == ["login.microsoftonline.com", "graph.microsoft.com"]
    stage.lead_elsewhere(source, "stranger.example")
    stage.reached.clear()
    network = next(check for check in made.look_around() if check.what == "network")
    assert (stage.reached, network.said) == ([], "nothing to reach yet")
    stage.close()


def test_two_schedulers_are_one_too_many(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    made = waking(stage, Table())
    made.waker("cron").install()
    with pytest.raises(ProblemError, match="cron wakes o365desk already"):
        made.install(Stop(), "systemd")
    stage.close()


def test_a_broken_wake_is_told_from_a_computer_that_was_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    stage = Stage(tmp_path)
    made = waking(stage, Played())
    assert made.silent() is None  # none was ever set up
    up = machine.uptime()
    stage.schedules.records.wake(NOW, up.boot, up.awake - 3600, {"by": "cron"})
    stage.clock.go(minutes=10)
    assert made.silent() is None
    stage.clock.go(hours=1)
    problem = made.silent()
    assert problem is not None
    assert problem.code == "no-wakes"
    # Asleep: hours went by, and the computer was awake for none of them.
    stage.schedules.records.wake(stage.clock.now, up.boot, machine.uptime().awake, {"by": "cron"})
    stage.clock.go(hours=9)
    assert made.silent() is None
    stage.close()


def test_a_wake_that_finds_a_locked_vault_leaves_the_task_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    passphrase.chmod(0o600)
    from o365desk.model.secret import Secret
    from o365desk.services.vault.vault import Vault

    Vault(tmp_path / "v").unlock(Secret("correct horse"))
    vault = Vault(tmp_path / "v")
    vault.unlock(Secret("correct horse"))
    assert not vault.unattended  # a person gave it
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE_FILE", str(passphrase))
    assert Vault(tmp_path / "v").unattended
    if os.name == "posix":
        passphrase.chmod(0o644)
        open_to_all = Vault(tmp_path / "v")
        assert not open_to_all.unattended
        with pytest.raises(ProblemError, match="may be read by others"):
            open_to_all.get("a", "b")
    passphrase.unlink()
    with pytest.raises(ProblemError, match="cannot be read"):
        Vault(tmp_path / "v").get("a", "b")


def test_the_zone_of_this_computer_is_named(tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    assert machine.time_zone("", link) == "Europe/Berlin"
    assert machine.time_zone(":America/Lima", link) == "America/Lima"
    assert machine.time_zone("nonsense/zone", tmp_path / "none") == "UTC"
