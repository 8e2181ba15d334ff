"""One entry adds a field: its option, its place in JSON, in the schema and in the form follow."""

import json
import subprocess
import sys
from pathlib import Path

import typer

from o365desk import paths
from o365desk.cli.sources import sources
from o365desk.model import datasource
from o365desk.model.datasource import DETAILS, FIELDS, DataSource, new, values_of, with_values
from o365desk.model.fields import Kind
from o365desk.ui.pages.connector.connector_form import ConnectorForm
from o365desk.ui.widgets.theme import Theme
from tests.cli.conftest import shell
from tests.cli.shell import Shell
from tests.ui.conftest import Clock

__all__ = ["shell"]


def options(command: str) -> set[str]:
    """What a command of `sources` may be given."""
    group = typer.main.get_command(sources)
    return {flag for each in group.commands[command].params for flag in each.opts}  # type: ignore[attr-defined]


def test_every_detail_of_a_data_source_is_a_field_and_every_other_field_is_a_secret_or_fixed() -> None:
    of_the_program = {"id", "security", "searches", "imports", "modified", "modified_by", "extra"}
    assert set(DETAILS.values()) == set(DataSource.__struct_fields__) - of_the_program
    assert {key for key, field in FIELDS.items() if key not in DETAILS} == {
        key for key, field in FIELDS.items() if field.fixed or field.kind is Kind.SECRET
    }


def test_each_field_is_an_option_a_key_of_json_and_of_the_schema_and_in_the_form(
    shell: Shell, theme: Theme, clock: Clock
) -> None:
    assert shell("sources", "add", "Contoso") == 0
    shown = shell.json("sources", "show", "Contoso")
    schema = json.loads((paths.resources() / "data-source.schema.json").read_text("utf-8"))
    form = ConnectorForm(theme, clock, lambda url: False)
    for key in DETAILS:
        assert FIELDS[key].option in options("edit")
        assert key == "name" or FIELDS[key].option in options("add")
        assert key in shown
        assert key in schema["properties"]
        card = form.form.rows[key].parentWidget()
        assert card is not None
        assert card.property("role") == "card", key


def test_values_of_fields_are_put_back_as_what_they_are() -> None:
    source = new("A", tenant="contoso.com", sign_in=datasource.SignIn.SECRET)
    assert with_values(new("B").replace(id=source.id), values_of(source)) == source
    assert with_values(source, {"signIn": "certificate"}).sign_in is datasource.SignIn.CERTIFICATE


TOY = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("o365desk.model.datasource", sys.argv[1])
module = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = module
spec.loader.exec_module(module)
from PySide6.QtWidgets import QApplication
from o365desk.cli import main
from o365desk.ui.pages.connector.connector_form import ConnectorForm
from o365desk.ui.widgets.theme import Theme
for words in (["add", "Toy", "--cost-centre", "4711"], ["edit", "Toy", "--cost-centre", "12", "--on-duty"]):
    assert main(["sources", *words]) == 0
assert main(["sources", "show", "Toy", "--json"]) == 0
app = QApplication([])
form = ConnectorForm(Theme(app), lambda: None, lambda url: False)
for key in ("costCentre", "onDuty"):
    assert form.form.rows[key].isVisibleTo(form), key
    assert form.form.rows[key].parentWidget().property("role") == "card", key
"""


def test_a_new_field_is_an_entry_and_a_member(tmp_path: Path) -> None:
    text = Path(datasource.__file__).read_text("utf-8")
    member = "    sso: bool = False\n"
    entries = "    for field in (\n"
    assert text.count(member) == text.count(entries) == 1
    text = text.replace(member, f'{member}    cost_centre: str = ""\n    on_duty: bool = False\n')
    toys = (
        "        Field(key='costCentre', label='Cost centre', kind=Kind.TEXT),\n"
        "        Field(key='onDuty', label='On duty', kind=Kind.CHECK),\n"
    )
    toy = tmp_path / "datasource.py"
    toy.write_text(text.replace(entries, entries + toys), "utf-8")
    done = subprocess.run([sys.executable, "-c", TOY, toy], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert (shown["costCentre"], shown["onDuty"]) == ("12", True)
