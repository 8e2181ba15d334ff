"""The steps of the state file: numbered, never changed, and each tried on a file from before it."""

import ast
import hashlib
import inspect
from pathlib import Path

from o365desk.app import build
from o365desk.services.state.database import SchemaStep
from tests.services.state.stepping import declared

TESTS = Path(__file__).resolve().parents[2]

RELEASED = {
    "0001-evidence-authorisations-drafts-notices-remembered": "46e188c2df501329",
    "0002-runs": "629e08621b6aba7b",
    "0003-given": "bf28f11851196f2b",
    "0004-approvals": "f809e5ece7e626c1",
    "0005-turns": "82d010210f8fc105",
    "0006-known": "693b2a81a6b54c3e",
    "0007-schedules": "7068691828446955",
    "0008-activity": "2804cf90dad72e1a",
}
"""The digests of the texts of all steps as they were released: add a line, change none."""
RELEASED_APART = {
    "0001-directory": "710037de2eb93629",
    "0001-incoming": "de2ada797c5de7de",
    "0002-owners": "a9b3ca4b94eb083e",
}
"""The same of files of their own."""


def digest(step: SchemaStep) -> str:
    text = (
        inspect.getsource(step.change)
        if callable(step.change)
        else "; ".join(statement.strip() for statement in step.change)
    )
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def of_the_state_file(tmp_path: Path) -> tuple[SchemaStep, ...]:
    app = build(tmp_path / "workspace", state_folder=tmp_path / "state")
    app.close()
    return app.state.steps


def test_a_step_that_was_released_is_never_changed(tmp_path: Path) -> None:
    """Files have taken it: add another."""
    assert {step.name: digest(step) for step in of_the_state_file(tmp_path)} == RELEASED


def test_nor_is_one_of_a_file_of_its_own() -> None:
    steps = [step for steps in declared(apart=True).values() for step in steps]
    assert {step.name: digest(step) for step in steps} == RELEASED_APART


def test_steps_are_numbered_across_all_stores_of_the_file(tmp_path: Path) -> None:
    numbers = [int(step.name[:4]) for step in of_the_state_file(tmp_path)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_store_of_the_state_file_is_made_before_it_is_used(tmp_path: Path) -> None:
    """Else its steps would be taken for those of a newer program."""
    ours = {step for steps in declared().values() for step in steps}
    assert set(of_the_state_file(tmp_path)) == ours


def test_each_step_is_tried_on_a_file_from_before_it() -> None:
    tried = {
        str(call.args[0].value)
        for file in TESTS.rglob("test_*.py")
        for test in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
        for call in ast.walk(test)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "file_before"
        if isinstance(call.args[0], ast.Constant)
    }
    steps = [step.name for apart in (False, True) for steps in declared(apart=apart).values() for step in steps]
    # Before the first there was no file.
    first = {"0001-evidence-authorisations-drafts-notices-remembered", "0001-directory", "0001-incoming"}
    assert set(steps) - tried == first
    assert tried <= set(steps)
