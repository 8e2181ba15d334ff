"""Scheduled tasks on the command line: the JSON that stays, exit codes, and a wake that takes nothing along."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.shell import Shell

ROW = {
    "name", "id", "task", "source", "rule", "start", "zone", "schedule", "state", "paused", "here", "last",
    "next",
    "owner", "machine", "problem",
}  # fmt: skip
RUN = {
    "run", "task", "id", "due", "started", "ended", "seconds", "outcome", "exit_code", "message", "counts",
    "missed",
    "notice", "by", "machine", "details", "error",
}  # fmt: skip
NIGHTLY = ("--rule", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "--zone", "Europe/Berlin")


@pytest.fixture
def able(shell: Shell) -> Shell:
    # The vault is there before the passphrase of the environment opens it.
    shell.able()
    return shell


def test_a_task_is_added_listed_shown_paused_run_and_removed(able: Shell) -> None:
    added = able.json("schedule", "add", "Nightly", "--task", "test", "--source", "Contoso", *NIGHTLY)
    assert set(added) == ROW | {"unattended", "warnings", "following"}
    assert (added["rule"], added["state"], added["here"]) == ("FREQ=DAILY;WKST=MO", "waiting", True)
    assert (added["unattended"], added["warnings"]) == (True, [])
    listed = able.json("schedule", "list")
    assert set(listed) == {"tasks", "refused", "waking"}
    assert [row["name"] for row in listed["tasks"]] == ["Nightly"]
    following = able.json("schedule", "next", "nightly", "--count", "3")
    moments = [datetime.fromisoformat(text) for text in following]
    assert [(f"{each:%H:%M}", each.utcoffset() is not None) for each in moments] == [("02:30", True)] * 3
    ran = able.json("schedule", "run", "nightly")
    assert set(ran) == RUN
    assert (ran["outcome"], ran["counts"]) == ("done", {"passed": 10, "operations": 10})
    shown = able.json("schedule", "show", "nightly")
    assert set(shown) == ROW | {
        "file", "what", "values", "report", "on_success", "on_failure", "limit", "runs",
    }  # fmt: skip
    assert [run["run"] for run in shown["runs"]] == [ran["run"]]
    assert able("schedule", "pause", "nightly") == 0
    assert able.json("schedule", "list")["tasks"][0]["state"] == "paused"
    assert able.json("schedule", "resume", "nightly")["state"] == "waiting"
    assert able("schedule", "list") == 0
    assert "Nightly" in able.out
    assert able("schedule", "remove", "nightly") == 0
    assert able.json("schedule", "list")["tasks"] == []
    assert able("schedule", "show", "nightly") == 1


def test_a_read_goes_to_its_file_and_a_plan_is_applied_as_it_was_approved(able: Shell, tmp_path: Path) -> None:
    out = tmp_path / "users.csv"
    read = ("schedule", "add", "Users", "--task", "read", "--source", "Contoso", "--operation", "user-list")
    assert able(*read, "--output", str(out), "--report", str(tmp_path / "r.md")) == 0, able.err
    assert able.json("schedule", "run", "users")["counts"] == {"rows": 1260}
    assert len(out.read_text("utf-8").splitlines()) == 1261
    assert "# Users: done" in (tmp_path / "r.md").read_text("utf-8")
    plan = (
        "schedule", "add", "Starters", "--task", "apply", "--source", "Contoso", "--operation", "create-group",
        "--set", "displayName=Night shift", "--set", "kind=security", "--set", "mailNickname=night",
    )  # fmt: skip
    able(*plan)
    assert able.json("schedule", "list")["tasks"][0]["name"] == "Users"
    assert len(able.json("schedule", "list")["tasks"]) == 1  # it was only shown
    assert able(*plan, "--apply") == 0, able.err
    ran = able.json("schedule", "run", "starters")
    assert (ran["outcome"], ran["counts"]) == ("done", {"changed": 1})
    assert able.json("runs", "show", ran["details"]["run"])["counts"]["changed"] == 1
    assert able(*plan[:2], "Again", *plan[3:], "--apply", "--rule", "FREQ=DAILY") == 1
    assert "applied once" in able.err


WRONG = (
    (("--rule", "FREQ=DAILY;INTERVAL=0"), "INTERVAL=0"),
    (("--rule", "FREQ=DAILY;UNTIL=20301231"), "without a time"),
    (("--start", "yesterday"), "date and time"),
    (("--zone", "Mars"), "no time zone"),
    (("--report", "report.pdf"), ".html or .md"),
    (("--output", "x.csv"), "says nothing of"),
    (("--limit", "0"), "limit"),
    (("--task", "sync"), "needs a group"),
)


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_wrong_usage_is_told(able: Shell, words: tuple[str, ...], said: str) -> None:
    assert able("schedule", "add", "Nightly", "--task", "test", "--source", "Contoso", *words) == 2
    assert said in " ".join(able.err.replace("│", " ").split())


def test_what_runs_on_demand_has_no_next_time(able: Shell) -> None:
    assert able("schedule", "add", "Asked", "--task", "test", "--source", "Contoso") == 0, able.err
    assert able("schedule", "next", "Asked") == 0
    assert "It runs on demand only." in able.err
    assert able.json("schedule", "next", "Asked") == []


def test_lifetimes_are_listed_and_saved_as_a_calendar(able: Shell, tmp_path: Path) -> None:
    assert able("sources", "edit", "Contoso", "--secret-expires", "2099-01-31") == 0, able.err
    assert able("schedule", "add", "Nightly", "--task", "test", "--source", "Contoso", *NIGHTLY) == 0, able.err
    ics = tmp_path / "ends.ics"
    found = able.json("lifetimes", "--ics", str(ics))
    assert [set(each) for each in found] == [{"at", "key", "title", "source", "task", "warning"}] * 2
    assert [each["key"] for each in found] == ["run", "secret"]
    data = ics.read_bytes()
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    text = data.decode()
    assert "RRULE:FREQ=DAILY;WKST=MO\r\n" in text
    assert "TZID:Europe/Berlin\r\n" in text
    assert "SUMMARY:Client secret of “Contoso” ends" in text


def test_a_refused_file_is_told_by_a_wake_and_its_exit_code_and_the_others_run(able: Shell) -> None:
    assert able("schedule", "add", "Bad", "--task", "test", "--source", "Contoso", *NIGHTLY) == 0, able.err
    assert able("schedule", "run-due") == 0
    [file] = (path for path in Path.home().rglob("bad.json") if path.parent.name == "schedules")
    file.write_text(file.read_text().replace("FREQ=DAILY", "FREQ=SOMETIMES"))
    add = ("schedule", "add", "Good", "--task", "test", "--source", "Contoso", "--start", "+1m")
    assert able(*add) == 0, able.err
    assert able("schedule", "run-due") == 3
    assert f"{file.name}: refused." in able.err
    made = able.json("schedule", "run-due", code=3)
    assert [each["file"] for each in made["refused"]] == [file.name]
    assert made["next"] is not None  # the other one's
    file.unlink()
    assert able("schedule", "run-due") == 0


def test_what_would_be_told_to_the_system_is_shown_and_nothing_written(able: Shell) -> None:
    assert able("schedule", "install", "--show", "--using", "systemd") == 0
    assert "OnCalendar=*:0/5 UTC" in able.out
    shown = able.json("schedule", "install", "--show", "--using", "cron")
    assert [set(each) for each in shown] == [{"where", "text"}]
    assert not list(Path.home().rglob("*.timer"))


def test_a_wake_with_nothing_to_do_says_so_and_takes_nothing_along(able: Shell) -> None:
    assert able("schedule", "add", "Nightly", "--task", "test", "--source", "Contoso", *NIGHTLY) == 0, able.err
    made = able.json("schedule", "run-due")
    assert set(made) == {"at", "runs", "missed", "due", "refused", "next"}
    assert (made["runs"], made["due"]) == ([], [])
    assert made["next"] is not None
    code = (
        "import sys\nfrom o365desk.cli import main\n"
        "code = main(['schedule', 'run-due', '--woken-by', 'cron'])\n"
        "import json\nprint(json.dumps([code, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    ended, modules = json.loads(done.stdout)
    assert (ended, done.stderr) == (0, "")
    assert not {"PySide6", "msal", "requests", "typer", "rich", "dateutil", "keyring"} & set(modules)
