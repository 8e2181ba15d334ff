"""The command-line journey, as an administrator without a window and without a keychain takes it.

`python tests/journey.py o365desk` runs it with that command; needs nothing but the standard library.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

READS = {"user-list", "group-list", "find-users", "find-groups", "licence-plan-list"}
WRITES = {
    "create-group", "add-user-to-group", "remove-user-from-group", "assign-licence-to-user",
    "remove-licence-from-user",
}  # fmt: skip


class Journey:
    """A home of its own, a practice tenant in a process of its own, and one command after the other."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.command, self.home = command, home
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

    def run(self, *words: str, given: str = "") -> tuple[int, str]:
        """Exit code and standard output of one command."""
        done = subprocess.run(
            [*self.command, *words], input=given, capture_output=True, text=True, encoding="utf-8",
            env=self.environment, cwd=self.home, timeout=120,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        return done.returncode, done.stdout

    def must(self, *words: str, given: str = "") -> str:
        """Standard output of a command that has to work."""
        code, out = self.run(*words, given=given)
        assert code == 0, f"{words} ended with {code}:\n{self.said[-2000:]}"
        return out

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


def travel(journey: Journey, ready: dict[str, Any]) -> None:
    """Every leg of the journey."""
    add = ("sources", "add", "Contoso", "--cloud", "practice", "--login", ready["login"], "--graph", ready["graph"])
    where = ("--ca-file", ready["ca_file"], "--tenant", ready["tenant"], "--sign-in", "secret")
    journey.must(*add, *where, "--client-id", ready["apps"]["read-write"]["client_id"], "--read-write")
    journey.use(ready, "Contoso", "read-write")
    journey.test("Contoso", 0, "succeeded", "passed", "passed")
    shown = json.loads(journey.must("sources", "list", "--json"))
    assert [(row["name"], row["status"]) for row in shown] == [("Contoso", "ready")], shown

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


def journey(command: list[str], home: Path) -> None:
    """The whole journey with a command, in a home that is empty at first."""
    trip = Journey(command, home)
    serve = [*command, "practice", "serve", "--ready-file", str(home / "ready.json")]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, env=trip.environment, cwd=home) as tenant:
        try:
            assert tenant.stdout
            ready = json.loads(tenant.stdout.readline())
            assert json.loads((home / "ready.json").read_text("utf-8")) == ready
            travel(trip, ready)
        finally:
            tenant.terminate()
    found = leaks(trip, ready)
    assert not found, found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        program = shutil.which(sys.argv[1])
        journey([str(Path(program or sys.argv[1]).absolute()), *sys.argv[2:]], Path(folder))
    print("The journey is complete; no file holds a secret or a token.")
