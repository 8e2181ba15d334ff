"""Commands that are shown for copying: 60 hostile names come through each shell as they are, and start nothing."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from o365desk import catalogue
from o365desk.catalogue import OPERATIONS, permissions
from o365desk.catalogue.permissions import REDIRECT
from o365desk.cli.outcomes import fix_command
from o365desk.model.datasource import SignIn, new
from o365desk.model.run import Fix
from o365desk.model.text import shells
from tests.cli.shell import Shell
from tests.desk import Desk

NAMES = [
    "Contoso HR",
    "O'Brien",
    "''",
    "'",
    '"',
    '""',
    "a\"b'c",
    "‘",
    "’",
    "‚",
    "‛",
    "“x”",
    "it’s ‘so’",
    "’; Start-Process calc; ‘",
    "'; touch PWNED; '",
    "'\n touch PWNED\n'",
    "\ntouch PWNED",
    "x\r\ntouch PWNED",
    "x\rtouch PWNED",
    "\x03touch PWNED\n",
    "\x1b[201~\ntouch PWNED\n",
    "x\x85touch PWNED",
    "x\u2028touch PWNED",
    "x\u2029touch PWNED",
    "$(touch PWNED)",
    "`touch PWNED`",
    "${IFS}",
    "$PATH",
    "$env:PATH",
    "%PATH%",
    "!!",
    "!x",
    "^x^y",
    "~",
    "~root",
    "*",
    "?",
    "[a-z]*",
    "{a,b}",
    "&touch PWNED",
    "|touch PWNED",
    ";touch PWNED",
    ">PWNED",
    "<PWNED",
    "<(touch PWNED)",
    "# comment",
    "a # b",
    "\\",
    "x\\",
    "\\\\",
    "\\n",
    "x\\'y",
    "-x",
    "--",
    "--apply",
    "--help",
    "-",
    "@/etc/passwd",
    "@x",
    "=x",
    "a=b",
    "\u202etxt.exe",
    "\u200bx",
    "\ufeffx",
    "é ü ß",
    "名前",
    "👩‍💻",
    " lead",
    "trail ",
    "\t",
    "(x)",
    "$'x'",
    "x\x7fy",
    "x\u00a0y",
    "`n",
    "`",
    "$([char]10)",
]

BASH = shutil.which("bash") or ""
PWSH = shutil.which("pwsh") or ""
USUAL = pytest.mark.skipif(sys.platform == "win32", reason="commands are for PowerShell there")


def test_there_are_sixty() -> None:
    assert len(set(NAMES)) >= 60


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with programs that write down how many words they were given and which, each ended by a NUL."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("o365desk", "az"):
        program = folder / name
        program.write_text(
            f"#!{BASH}\n"
            f'for word; do test "$word" = create && echo the-app-id; done\n'
            f"printf '%s\\0' $# \"$@\" >> {shlex.quote(str(tmp_path / name))}.given\n"
        )
        program.chmod(0o755)
    return folder


def carried_out(script: str, programs: Path, program: str) -> list[list[str]]:
    """What words the program was given by a script in bash, which must do nothing else."""
    room, given = programs.parent / "room", programs.parent / f"{program}.given"
    room.mkdir(exist_ok=True)
    given.unlink(missing_ok=True)
    done = subprocess.run(
        [BASH, "--norc", "--noprofile"], input=script.encode(), cwd=room, capture_output=True, timeout=60,
        env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert list(room.iterdir()) == []
    words = iter(given.read_bytes().decode().removesuffix("\0").split("\0"))
    return [list(islice(words, int(count))) for count in words]


@USUAL
@pytest.mark.skipif(not BASH, reason="bash is not here")
def test_our_own_commands_come_through_bash(programs: Path) -> None:
    item = OPERATIONS["find-users"]
    key = item.fields[0].key
    lines = [catalogue.command_line(name, item, {key: name}, "--rows", name) for name in NAMES]
    lines += [
        fix_command(
            name,
            Fix(title="x", operation="set-usage-location", rows=(), asks="usageLocation", suggestion=name),
            name,
        )
        for name in NAMES
    ]
    assert all(line.isprintable() for line in lines)
    given = carried_out("\n".join(lines) + "\n", programs, "o365desk")
    for number, (words, name) in enumerate(zip(given, NAMES * 2, strict=True)):
        fixing = number >= len(NAMES)
        operation = "set-usage-location" if fixing else item.key
        field = "usageLocation" if fixing else key
        rest = words[1:]
        # What follows “--” is no option, and nothing that looks like one stands before it in a name's place.
        if name.startswith("-"):
            assert rest[-3:] == ["--", name, operation]
            rest = rest[:-3]
        else:
            assert rest[:2] == [name, operation]
            rest = rest[2:]
        assert sorted(rest) == sorted(
            ["--set", f"{field}={name or '…'}", "--rows", name, *(["--apply"] if fixing else [])]
        )


@USUAL
@pytest.mark.skipif(not BASH, reason="bash is not here")
def test_the_register_script_comes_through_bash(programs: Path) -> None:
    for name in NAMES:
        source = new(name, tenant=name, client_id=name, certificate=name, sign_in=SignIn.SECRET, read_write=True)
        plan = catalogue.permissions_asked_for(source)
        script = permissions.azure_cli(source, plan, REDIRECT)
        comments = [line for line in script.splitlines() if line.startswith("#")]
        assert len(name) < 4 or not [line for line in comments if name in line]
        login, create, service, reset = carried_out(script, programs, "az")
        assert login == ["login", f"--tenant={name}", "--allow-no-subscriptions"]
        # The Azure CLI reads a value that begins with “@” from that file.
        assert create[3] == f"--display-name={' ' if name.startswith('@') else ''}{name}"
        manifest = json.loads(create[create.index("--required-resource-accesses") + 1])
        assert {row["id"] for row in manifest[0]["resourceAccess"]} == {item.id for item in plan}
        assert service == ["ad", "sp", "create", "--id", "the-app-id"]
        assert reset[:5] == ["ad", "app", "credential", "reset", "--id"]


def tokens(script: str) -> list[tuple[str, str]]:
    """A script of PowerShell as its rules have it (about_Quoting_Rules, about_Comments, about_Operators): strings
    with their texts, comments, and the characters between them. Knows no more than these scripts need, and refuses
    what it does not know."""
    found: list[tuple[str, str]] = []
    single, double = "'‘’‚‛", '"“”„'
    place = 0
    while place < len(script):
        letter = script[place]
        if letter in single:
            text, place = "", place + 1
            while True:
                if script[place] in single:
                    if place + 1 < len(script) and script[place + 1] in single:
                        text, place = text + script[place + 1], place + 2
                        continue
                    place += 1
                    break
                text, place = text + script[place], place + 1
            found.append(("string", text))
        elif letter == "#":
            end = min(x for x in (script.find("\n", place), script.find("\r", place), len(script)) if x >= 0)
            found.append(("comment", script[place:end]))
            place = end
        else:
            assert letter not in double, "a string in double quotes"
            assert letter.isprintable() or letter == "\n", "a character that cannot be seen"
            found.append(("code", letter))
            place += 1
    return found


def strings(script: str) -> list[str]:
    """The texts of its strings, with `('…' + [char]::ConvertFromUtf32(n) + '…')` put together."""
    whole: list[str] = []
    code = ""
    for kind, text in tokens(script):
        if kind == "code":
            code += text
        elif kind == "string":
            joined = code.removeprefix(" + [char]::ConvertFromUtf32(").removesuffix(") + ")
            if whole and code != joined and joined.isdigit():
                whole[-1] += chr(int(joined)) + text
            else:
                whole.append(text)
            code = ""
    return whole


def test_the_register_script_comes_through_powershell_s_rules() -> None:
    plain = new("plain", tenant="plain", client_id="plain", sign_in=SignIn.SECRET, read_write=True)

    def outline(script: str) -> str:
        """The script without its strings: what they hold must not change it."""
        return "".join("s" if kind == "string" else text for kind, text in tokens(script) if kind != "comment")

    for name in NAMES:
        source = plain.replace(name=name, tenant=name, client_id=name)
        plan = catalogue.permissions_asked_for(source)
        script = permissions.powershell(source, plan, REDIRECT)
        usual = permissions.powershell(plain, plan, REDIRECT)
        assert strings(script) == [text if text != "plain" else name for text in strings(usual)]
        assert [text for kind, text in tokens(script) if kind == "comment"] == [
            text for kind, text in tokens(usual) if kind == "comment"
        ]
        if name.isprintable():
            assert outline(script) == outline(usual)


def native(line: str) -> list[str]:
    """The words that a program on Windows is given by PowerShell 5.1: strings are taken as they are and joined, in
    quotation marks where they hold blanks, and taken apart again by the rules of Microsoft's C runtime."""
    words: list[str] = [""]
    for kind, text in tokens(line):
        if kind == "code" and text == " ":
            words.append("")
        else:
            assert kind == "string" or text not in "$`@{}()[];&|<>,%!~*?", (line, text)
            words[-1] += text
    joined = " ".join(f'"{word}"' if " " in word or not word else word for word in words)
    return _c_runtime(joined)


def _c_runtime(line: str) -> list[str]:
    words, quoted, place = [""], False, 0
    while place < len(line):
        slashes = len(line) - place - len(line[place:].lstrip("\\"))
        place += slashes
        if place < len(line) and line[place] == '"':
            words[-1] += "\\" * (slashes // 2)
            if slashes % 2:
                words[-1] += '"'
            else:
                quoted = not quoted
            place += 1
        elif slashes:
            words[-1] += "\\" * slashes
        elif line[place] == " " and not quoted:
            words.append("")
            place += 1
        else:
            words[-1] += line[place]
            place += 1
    return words


def test_our_own_commands_come_through_powershell_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    item = OPERATIONS["find-users"]
    key = item.fields[0].key
    for name in (name for name in NAMES if name.isprintable()):
        line = catalogue.command_line(name, item, {key: name}, "--rows", name)
        options = ["--set", f"{key}={name}", "--rows", name]
        names = [name, item.key]
        expected = ["run", *options, "--", *names] if name.startswith("-") else ["run", *names, *options]
        assert native(line) == ["o365desk", *expected]
    assert all(shells.word(name).isprintable() for name in NAMES)


def parsed(script: str) -> tuple[list[str], list[str]]:
    """A script of PowerShell as a parser that was not written here reads it: the kinds of its parts, in order, and
    the texts of its strings. That parser takes typographic quotation marks for letters: they come out doubled."""
    import tree_sitter
    import tree_sitter_powershell

    language = tree_sitter.Language(tree_sitter_powershell.language())
    whole = tree_sitter.Parser(language).parse(script.encode()).root_node
    assert not whole.has_error, script
    kinds, texts, left = [], [], [whole]
    while left:
        node = left.pop()
        left += reversed(node.children)
        kinds.append(node.type)
        if node.type == "verbatim_string_characters":
            texts.append(re.sub("(['‘’‚‛])\\1", r"\1", (node.text or b"").decode()[1:-1]))
    return kinds, texts


def test_sixty_names_come_through_a_parser_of_powershell_that_was_not_written_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are texts and change nothing about what is carried out, in the register script and in our commands."""
    monkeypatch.setattr(sys, "platform", "win32")

    def script(name: str) -> str:
        source = new(name, tenant=name, client_id=name, sign_in=SignIn.SECRET, read_write=True)
        return permissions.powershell(source, catalogue.permissions_asked_for(source), REDIRECT)

    item = OPERATIONS["find-users"]
    kinds, usual = parsed(script("plain"))
    for name in NAMES:
        found, texts = parsed(script(name))
        assert found.count("command") == kinds.count("command"), name
        if name.isprintable():
            assert found == kinds, name
            assert texts == [text if text != "plain" else name for text in usual], name
        line = catalogue.command_line(name, item, {item.fields[0].key: name}, "--rows", name)
        found, texts = parsed(line)
        assert found.count("command") == 1, line
        active = {
            "variable",
            "sub_expression",
            "redirection",
            "comment",
            "script_block",
            "expandable_string_literal",
        }
        assert not active.intersection(found), line


@pytest.mark.skipif(not PWSH, reason="PowerShell is not here")
def test_strings_come_through_powershell_itself() -> None:
    script = "\n".join(
        f"[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes({shells.powershell(name)}))" for name in NAMES
    )
    done = subprocess.run(
        [PWSH, "-NoProfile", "-Command", "-"], input=script.encode(), capture_output=True, timeout=120, check=True
    )
    import base64

    assert [base64.b64decode(line).decode() for line in done.stdout.split()] == NAMES


@USUAL
def test_problems_name_the_data_source_in_their_commands(shell: Shell, tmp_path: Path) -> None:
    where = tmp_path / "work space"
    ready = shell.ready
    details = (
        "--cloud",
        "custom",
        "--login",
        ready["login"],
        "--graph",
        ready["graph"],
        "--ca-file",
        ready["ca_file"],
    )
    app = ("--tenant", ready["tenant"], "--client-id", ready["apps"]["read"]["client_id"])
    for name in ("-x", "O'Brien; touch PWNED", "$(touch PWNED)"):
        assert shell("--workspace", str(where), "sources", "add", *details, *app, "--", name) == 0, shell.err
        shell("--workspace", str(where), "run", "--", name, "user-list")
        (line,) = (text for text in shell.err.splitlines() if text.startswith("On the command line: "))
        command = line.partition(": ")[2]
        done = subprocess.run([BASH, "-c", f"o365desk() {{ printf '%s\\n' \"$@\"; }}; {command}"],
                              capture_output=True, text=True, timeout=60, check=True)  # fmt: skip
        words = done.stdout.splitlines()
        assert words[:3] == ["--workspace", str(where), "authorize"]
        assert words[3:] == (["--", name] if name.startswith("-") else [name])
        assert shell(*words[:2], "sources", "show", *words[3:]) == 0  # it is found so


def test_the_workspace_is_named_in_full(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = desk.app.workspace.folder
    desk.app.workspace.folder = Path("-rf; x")
    try:
        command = desk.app.command_here("o365desk runs list")
    finally:
        desk.app.workspace.folder = folder
    assert command == f"o365desk --workspace {shells.word(str(tmp_path / '-rf; x'))} runs list"


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, practice: object, switches: object
) -> Shell:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", "correct horse battery staple")
    return Shell(capsys, monkeypatch, practice.ready)  # type: ignore[attr-defined]
