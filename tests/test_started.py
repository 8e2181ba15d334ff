"""What this program starts: from a folder that strangers write to, with a secret in the environment."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import o365desk
from o365desk import processes
from o365desk.app import show_in_browser
from o365desk.practice_process import Practice
from tests.cli.shell import PASSPHRASE, Shell

PACKAGE = Path(o365desk.__file__).parent
MODULES = (
    "typer", "click", "rich", "msgspec", "uvicorn", "httptools", "trustme", "cryptography", "requests", "msal",
    "keyring", "platformdirs", "filelock", "openpyxl", "numpy", "sitecustomize", "usercustomize", "webbrowser",
    "json", "ssl", "asyncio", "uuid", "readline", "runpy",
)  # fmt: skip


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder with modules and programs of a stranger, each of which would leave a file named stranger-*."""
    folder = tmp_path / "shared"
    folder.mkdir()
    for name in MODULES:
        mark = tmp_path / f"stranger-{name}"
        (folder / f"{name}.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    for name in ("xdg-open", "firefox", "python", "python3", "sh"):
        program = folder / name
        program.write_text(f"#!/bin/sh\n: > '{tmp_path}/stranger-{name}'\n")
        program.chmod(0o755)
    return folder


def strangers(tmp_path: Path) -> list[str]:
    return sorted(file.name for file in tmp_path.glob("stranger-*"))


def test_the_practice_tenant_runs_no_module_of_the_current_folder(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shared)
    monkeypatch.setenv("PYTHONPATH", f"{shared}{os.pathsep}")
    monkeypatch.setenv("PYTHONSTARTUP", str(shared / "typer.py"))
    practice = Practice()
    practice.start()
    practice.stop()
    assert practice.ready["apps"]
    assert strangers(tmp_path) == []


@pytest.mark.parametrize("words", [["sources", "list"], ["settings", "--json"], ["run", "--help"], ["--version"]])
def test_nor_does_the_program_itself(shared: Path, tmp_path: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "o365desk", *words], cwd=shared, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert strangers(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no other system shows it so")
def test_the_practice_tenant_is_given_no_secret_and_a_folder_of_its_own(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shared)
    for name in ("O365DESK_VAULT_PASSPHRASE", "AZURE_CLIENT_SECRET", "GH_TOKEN", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "to-look-for")
    practice = Practice()
    practice.start()
    try:
        assert practice._process
        seen = Path(f"/proc/{practice._process.pid}")
        assert b"to-look-for" not in (seen / "environ").read_bytes()
        assert (seen / "cwd").readlink() == Path(sys.executable).parent.resolve()
    finally:
        practice.stop()


def browser(tmp_path: Path) -> Path:
    """A browser that writes down what it was given, and refuses the sign-in."""
    program = tmp_path / "browser"
    program.write_text(f"""#!{sys.executable} -I
import json, os, pathlib, sys, urllib.parse, urllib.request
seen = {{"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
pathlib.Path({str(tmp_path / "seen.json")!r}).write_text(json.dumps(seen))
asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sys.argv[1]).query))
if "redirect_uri" in asked:
    answer = urllib.parse.urlencode({{"error": "access_denied", "state": asked["state"]}})
    urllib.request.urlopen(asked["redirect_uri"] + "?" + answer)
""")
    program.chmod(0o755)
    return program


@pytest.mark.skipif(sys.platform != "linux", reason="the environment names no browser elsewhere")
class TestBrowser:
    def test_it_is_given_the_address_but_neither_passphrase_nor_the_current_folder(
        self, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(shared)
        monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", PASSPHRASE)
        monkeypatch.setenv("PYTHONPATH", str(shared))
        monkeypatch.setenv("BROWSER", f"{browser(tmp_path)} %s")
        assert show_in_browser("https://login.example.com/x?a=b&c=%20d") is True
        seen = json.loads((tmp_path / "seen.json").read_text())
        assert seen["words"] == ["https://login.example.com/x?a=b&c=%20d"]
        assert PASSPHRASE not in seen["environment"].values()
        assert Path(seen["folder"]) == Path(sys.executable).parent
        assert seen["environment"]["HOME"] == os.environ["HOME"]
        assert strangers(tmp_path) == []

    def test_there_may_be_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PATH", "/nowhere")
        assert processes.browse("https://login.example.com/") is False

    def test_a_whole_sign_in_opens_the_vault_and_gives_its_passphrase_to_nobody(
        self, shell: Shell, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shell.add("Contoso", "read")
        monkeypatch.setenv("BROWSER", f"{browser(tmp_path)} %s")
        done = subprocess.run(
            [sys.executable, "-m", "o365desk", "authorize", "Contoso"],
            cwd=shared, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 1
        assert "vault" not in done.stderr.lower()
        seen = json.loads((tmp_path / "seen.json").read_text())
        assert seen["words"][0].startswith(shell.ready["login"])
        assert PASSPHRASE not in str(seen)
        assert strangers(tmp_path) == []


def test_nothing_is_started_anywhere_else() -> None:
    """Programs are started in one module, and Qt opens only our own files and what `addresses` let through."""
    starting = {"subprocess", "webbrowser", "multiprocessing", "QProcess", "startfile", "system", "popen", "pty"}
    starting |= {f"{kind}{how}" for kind in ("exec", "spawn") for how in ("l", "le", "lp", "v", "ve", "vp", "vpe")}
    starts: set[str] = set()
    opens: list[str] = []
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = {alias.name.split(".")[0] for alias in node.names} if isinstance(node, ast.Import) else set()
            if isinstance(node, ast.ImportFrom):
                names = {str(node.module).split(".")[0], *(alias.name for alias in node.names)}
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                names = {node.attr}
            if names & starting:
                starts.add(file.relative_to(PACKAGE).as_posix())
            if isinstance(node, ast.Attribute) and node.attr == "openUrl":
                opens.append(file.relative_to(PACKAGE).as_posix())
    assert starts <= {"processes.py", "practice_process.py"}  # the latter: for the type, and what a wait raises
    assert sorted(opens) == [
        "ui/handover.py",
        "ui/pages/connector/authorize.py",
        "ui/pages/datasources/datasources.py",
        "ui/shell/diagnostics.py",
    ]


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, practice: object, switches: object
) -> Shell:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", PASSPHRASE)
    return Shell(capsys, monkeypatch, practice.ready)  # type: ignore[attr-defined]
