"""`import` and `directory` as commands."""

from o365desk.model.text.folding import plain
from tests.cli.shell import Shell


def test_an_import_is_a_plan_first(shell: Shell) -> None:
    shell.able()
    planned = shell.json("import", "Contoso")
    assert not planned["applied"]
    assert planned["complete"]
    assert planned["counts"]["added"] > 1000
    assert planned["requests"] > 1
    assert shell("directory", "users", "Contoso") == 1
    assert "was not imported yet" in shell.err
    done = shell.json("import", "Contoso", "--apply")
    assert done["applied"]
    assert done["counts"] == planned["counts"]
    rows = shell.json("directory", "users", "Contoso")
    assert len(rows) == done["counts"]["added"]
    assert "As of" in shell.err
    names = [plain(row["displayName"]) for row in rows]
    assert names == sorted(names)
