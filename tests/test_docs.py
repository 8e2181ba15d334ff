"""The words about the program are true of the program."""

import re
import subprocess
from pathlib import Path

import pytest

from o365desk.model.datasource import FIELDS, DataSource
from o365desk.practice.switches import SWITCHES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_named_files_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert not [link for link in links if not (page.parent / link).exists()]
    named = re.findall(r"`((?:o365desk|tests|resources|docs|\.ci)/[\w./-]+)`", text)
    assert not [name for name in named if not (ROOT / name).exists()]


def test_every_chore_that_is_named_can_be_made() -> None:
    rules = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"`?make (\w+)`", page.read_text("utf-8"))) <= rules, page.name


def test_every_switch_of_the_practice_tenant_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)`", (ROOT / "docs/practice.md").read_text("utf-8"), re.MULTILINE)
    assert documented == [switch.key for switch in SWITCHES]


def test_every_module_says_its_purpose() -> None:
    for file in (ROOT / "o365desk").rglob("*.py"):
        assert file.read_text("utf-8").startswith('"""'), file


def test_every_field_of_the_form_is_a_detail_of_a_data_source() -> None:
    keys = {field.key for field in FIELDS.values()} - {"readProfiles", "secret", "passphrase"}
    names = set(DataSource.__struct_encode_fields__)
    assert keys <= names


def test_nothing_that_is_committed_names_this_machine_or_holds_a_key() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    key = "PRIVATE KEY" + "-----\n"
    for name in done.stdout.split():
        file = ROOT / name
        if file.suffix in (".png", ".ico") or not file.is_file():
            continue
        # The cases are what people have: some are no UTF-8, which is what they are for.
        text = file.read_text("utf-8", errors="replace" if name.startswith("tests/cases/") else "strict")
        assert str(ROOT) + "/" not in text, name
        assert not re.search(rf"{key}[A-Za-z0-9+/=\n]{{100}}", text), name


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_every_file_and_room_that_is_named_is_there(page: str) -> None:
    known = {path.relative_to(ROOT).as_posix() for folder in ("o365desk", "tests", "resources", "docs", ".ci")
             for path in (ROOT / folder).rglob("*")}  # fmt: skip
    named = re.findall(r"`([\w./-]+(?:\.py|\.json|\.md|/))`", (ROOT / page).read_text("utf-8"))
    assert named
    for name in named:
        wanted = name.rstrip("/")
        assert any(path == wanted or path.endswith(f"/{wanted}") for path in known), name
