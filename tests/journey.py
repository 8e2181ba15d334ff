"""The command-line journey, as an administrator without a window and without a keychain takes it.

`python tests/journey.py o365desk` runs it with that command; needs nothing but the standard library.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

READS = {"user-list", "group-list", "find-users", "find-groups", "licence-plan-list"}
WRITES = {
    "create-group", "add-user-to-group", "remove-user-from-group", "assign-licence-to-user",
    "remove-licence-from-user",
}  # fmt: skip


Call = Callable[[tuple[str, ...], str], tuple[int, str, str]]
"""Carries out a command that is given something to read: exit code, standard output and standard error."""


class Journey:
    """A home of its own, a practice tenant in a process of its own, and one command after the other."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.command, self.home = command, home
        self.call: Call = self.process
        self.environment = {
            name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "LANG", "TMPDIR")
        } | {
            "HOME": str(home),
            "USERPROFILE": str(home),
            "APPDATA": str(home / "appdata"),
            "LOCALAPPDATA": str(home / "appdata"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "O365DESK_VAULT_PASSPHRASE": "correct horse battery staple",
        }
        self.said = ""

    def process(self, words: tuple[str, ...], given: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of one command, which is a process of its own."""
        done = subprocess.run(
            [*self.command, *words], input=given, capture_output=True, text=True, encoding="utf-8",
            env=self.environment, cwd=self.home, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def run(self, *words: str, given: str = "") -> tuple[int, str]:
        """Exit code and standard output of one command."""
        code, out, err = self.call(words, given)
        self.said += out + err
        return code, out

    def must(self, *words: str, given: str = "") -> str:
        """Standard output of a command that has to work."""
        code, out = self.run(*words, given=given)
        assert code == 0, f"{words} ended with {code}:\n{self.said[-2000:]}"
        return out

    def write(self, *words: str, code: int = 0) -> dict[str, int]:
        """Applies a write to Contoso, which has to end so, and returns its counts."""
        got, out = self.run("run", "Contoso", *words, "--apply", "--json")
        assert got == code, f"{words} ended with {got}:\n{self.said[-2000:]}"
        made = json.loads(out)
        assert made["applied"]
        assert sum(made["counts"].values()) == len(made["items"])
        counts: dict[str, int] = made["counts"]
        return counts

    def use(self, ready: dict[str, Any], name: str, profile: str) -> None:
        """Points a data source at an app profile: its client ID and its secret."""
        self.must("sources", "edit", name, "--client-id", ready["apps"][profile]["client_id"])
        self.must("secret", "set", name, "--stdin", given=ready["apps"][profile]["secret"] + "\n")

    def test(self, name: str, code: int, outcome: str, reads: str, writes: str) -> dict[str, Any]:
        """Tests a connection, and checks exit code, outcome and the verdicts on reads and writes."""
        got, out = self.run("test", name, "--json")
        report: dict[str, Any] = json.loads(out)
        verdicts = {item["key"]: item["outcome"] for item in report["operations"]}
        assert (got, report["outcome"]) == (code, outcome), report
        assert set(verdicts) == READS | WRITES
        if reads:
            assert {verdicts[key] for key in READS} == {reads}, verdicts
        assert {verdicts[key] for key in WRITES} == {writes}, verdicts
        counts = Counter(verdicts.values())
        print(f"{report['outcome']:<12} exit {got}  {dict(counts)}  {report['message']}")
        return report


def switch(ready: dict[str, Any], **values: object) -> None:
    """Turns switches of the practice tenant, over its control channel."""
    import ssl

    context = ssl.create_default_context(cafile=ready["ca_file"])
    request = urllib.request.Request(ready["control"] + "/switches", json.dumps(values).encode(), method="POST")
    with urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    ).open(request) as answer:
        assert answer.status == 200


def travel(journey: Journey, ready: dict[str, Any], settled: Callable[[Path], object]) -> None:
    """Every leg of the journey; `settled` is told once the home has its vault."""
    add = ("sources", "add", "Contoso", "--cloud", "practice", "--login", ready["login"], "--graph", ready["graph"])
    where = ("--ca-file", ready["ca_file"], "--tenant", ready["tenant"], "--sign-in", "secret")
    journey.must(*add, *where, "--client-id", ready["apps"]["read-write"]["client_id"], "--read-write")
    journey.use(ready, "Contoso", "read-write")
    settled(journey.home)
    journey.test("Contoso", 0, "succeeded", "passed", "passed")
    shown = json.loads(journey.must("sources", "list", "--json"))
    assert [(row["name"], row["status"]) for row in shown] == [("Contoso", "ready")], shown

    work(journey)

    journey.use(ready, "Contoso", "read")
    report = journey.test("Contoso", 1, "failed", "passed", "failed")
    missing = {item["key"]: item["missing"] for item in report["operations"] if item["outcome"] == "failed"}
    assert set(missing) == WRITES
    assert {name for names in missing.values() for name in names} == {
        "Group.ReadWrite.All",
        "LicenseAssignment.ReadWrite.All",
    }

    journey.must("sources", "edit", "Contoso", "--no-read-write")
    journey.test("Contoso", 0, "succeeded", "passed", "skipped")
    switch(ready, graph_down_after=3)
    report = journey.test("Contoso", 3, "not proven", "", "skipped")
    assert not any(step["outcome"] == "failed" for step in report["steps"]), report
    switch(ready, graph_down="none", graph_down_after=0)

    journey.use(ready, "Contoso", "users-only")
    report = journey.test("Contoso", 0, "succeeded", "", "skipped")
    passed = {item["key"] for item in report["operations"] if item["outcome"] == "passed"}
    assert passed == {"user-list", "find-users"}
    assert Counter(item["outcome"] for item in report["operations"]) == {"passed": 2, "skipped": 8}

    journey.use(ready, "Contoso", "no-consent")
    report = journey.test("Contoso", 1, "failed", "", "skipped")
    assert not any(item["outcome"] == "passed" for item in report["operations"])
    read = {"permissions", "organisation", "users", "groups", "licences"}
    assert not any(step["outcome"] == "passed" for step in report["steps"] if step["key"] in read), report
    journey.must("sources", "remove", "Contoso")
    journey.must("sources", "restore", "Contoso")


def work(journey: Journey) -> None:
    """Uses the data source: lists, finds, creates, adds in bulk, looks at the run, undoes, licenses."""
    journey.must("run", "Contoso", "user-list", "--output", "users.csv")
    with (journey.home / "users.csv").open(encoding="utf-8", newline="") as file:
        users = [row for row in csv.DictReader(file) if row["accountEnabled"] == "true"]
    found = json.loads(journey.must("run", "Contoso", "Find Users", "--set", "search=Siobhán", "--json"))
    assert "Siobhán O'Brien" in [user["displayName"] for user in found], found
    print(f"{'read':<12} {len(users):,} enabled users in users.csv, {len(found)} found by name")

    journey.must("run", "Contoso", "create-group", "--set", "displayName=Night shift")
    assert journey.write("create-group", "--set", "displayName=Night shift")["changed"] == 1
    names = [user["userPrincipalName"] for user in users[:30]]
    bad = ["nobody@nowhere.example", "1.16E+20", "Anna Schmidt"]
    text = "\n".join(["UPN", *names[:15], *bad, *names[15:]])
    (journey.home / "members.csv").write_text(text + "\n", encoding="utf-8")
    add = ("add-user-to-group", "--set", "group=Night shift", "--rows", "members.csv")
    code, out = journey.run("run", "Contoso", *add, "--json")
    plan = json.loads(out)
    assert (code, plan["run"], plan["counts"]["not_attempted"], plan["counts"]["cannot"]) == (3, None, 30, 3), plan
    assert journey.write(*add, code=3) == {
        "changed": 30, "already": 0, "failed": 0, "cannot": 3, "not_attempted": 0,
    }  # fmt: skip
    assert journey.write(*add, code=3)["already"] == 30
    again, run, *_ = (item["run"] for item in json.loads(journey.must("runs", "list", "--json")))
    assert again != run
    shown = json.loads(journey.run("runs", "show", run, "--json")[1])
    refused = {item["row"]: item["detail"] for item in shown["items"] if item["outcome"] == "cannot"}
    assert set(refused) == {16, 17, 18}, shown
    assert all(refused.values()), refused
    journey.must("runs", "undo", run)
    undone = json.loads(journey.must("runs", "undo", run, "--apply", "--allow-large", "--json"))
    assert undone["counts"]["changed"] == 30, undone
    print(f"{'wrote':<12} 30 of 33 rows added to a new group, the 3 bad ones named, and all of it undone")
    license_one(journey)


def license_one(journey: Journey) -> None:
    """Gives somebody a plan with free seats, and takes it again."""
    plans = json.loads(journey.must("run", "Contoso", "licence-plan-list", "--json"))
    sku = next(plan["skuId"] for plan in plans if plan["skuPartNumber"] == "FLOW_FREE")
    people = json.loads(journey.must("run", "Contoso", "user-list", "--json"))
    user = next(
        user["userPrincipalName"]
        for user in people
        if user["accountEnabled"] and user["usageLocation"] and not user["assignedLicenses"]
    )
    given = ("--set", f"user={user}", "--set", "plan=flow_free")
    for operation, owned in (("assign-licence-to-user", True), ("remove-licence-from-user", False)):
        assert journey.write(operation, *given)["changed"] == 1
        (now,) = json.loads(journey.must("run", "Contoso", "find-users", "--set", f"search={user}", "--json"))
        assert (sku in json.dumps(now["assignedLicenses"])) is owned, now
    print(f"{'licensed':<12} one user, and no longer")


def leaks(journey: Journey, ready: dict[str, Any]) -> list[str]:
    """Files below the home, and what was said, that hold a secret or a token. The announcement of the practice
    tenant itself is the only one that may."""
    secrets = [app["secret"] for app in ready["apps"].values()] + ["correct horse", "eyJ0", "eyJh"]
    texts = {str(path): path.read_bytes() for path in journey.home.rglob("*") if path.is_file()}
    texts["what was said"] = journey.said.encode()
    return [
        f"{name}: {secret[:4]}…"
        for name, data in texts.items()
        if not name.endswith("ready.json")
        for secret in secrets
        if secret.encode() in data
    ]


def journey(
    command: list[str],
    home: Path,
    settled: Callable[[Path], object] = lambda home: None,
    calling: Callable[[Journey], Call] = lambda journey: journey.process,
) -> None:
    """The whole journey with a command, in a home that is empty at first. `calling` says how commands are carried
    out."""
    trip = Journey(command, home)
    trip.call = calling(trip)
    serve = [*command, "practice", "serve", "--ready-file", str(home / "ready.json")]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, env=trip.environment, cwd=home) as tenant:
        try:
            assert tenant.stdout
            ready = json.loads(tenant.stdout.readline())
            assert json.loads((home / "ready.json").read_text("utf-8")) == ready
            travel(trip, ready, settled)
        finally:
            tenant.terminate()
    found = leaks(trip, ready)
    assert not found, found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        program = shutil.which(sys.argv[1])
        journey([str(Path(program or sys.argv[1]).absolute()), *sys.argv[2:]], Path(folder))
    print("The journey is complete; no file holds a secret or a token.")
