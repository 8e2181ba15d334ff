"""Files of tests/cases and values of options as the command line tells of them."""

import pytest

from tests.cli.shell import Shell
from tests.test_cases_meaning import CASES, ID

RUN = ("run", "Contoso")
ENGINEERS = ("--set", "group=Engineering Berlin 16")


@pytest.fixture
def able(shell: Shell) -> Shell:
    shell.able()
    return shell


# the file, the operation and its options, the exit code, parts of what is said on the screen and beside it
ENDS = (
    ("51-userstatus.csv", ("add-user-to-group",), 3, ("“action” says “remove”: the row is to be removed",)),
    ("12-many-mails-in-cell.csv", ("add-user-to-group",), 0, ("line 2: “user” holds 2 users", "became 4 rows")),
    ("17-export-for-assign.csv", ("assign-licence-to-user", "--set", "plan=EMS"), None,
     ("Column “Licenses” is not used: “plan” is given for all rows.",)),
    ("106-lookalike.csv", ("add-user-to-group", *ENGINEERS), 3, ("only looks like “-”: U+2011",)),
    ("45-german.csv", ("add-user-to-group", *ENGINEERS), 0, ("“Objekt-ID”, “Benutzerprinzipalname” all mean",)),
)  # fmt: skip


@pytest.mark.parametrize(("name", "words", "code", "parts"), ENDS, ids=[row[0] for row in ENDS])
def test_a_file_ends_as_it_should(
    able: Shell, name: str, words: tuple[str, ...], code: int | None, parts: tuple[str, ...]
) -> None:
    operation, *options = words
    ended = able(*RUN, operation, "--rows", str(CASES / name), *options)
    assert code is None or ended == code
    told = " ".join(f"{able.out} {able.err}".split())
    for part in parts:
        assert part in told


def test_a_column_is_left_out_on_demand_and_the_command_says_so(able: Shell) -> None:
    words = (*RUN, "add-user-to-group", "--rows", str(CASES / "51-userstatus.csv"), "--leave-out", "ACTION")
    assert able(*words) == 0
    assert "Column “action” was left out, as you said." in able.err
    assert "--leave-out ACTION --apply" in able.err
    assert able(*RUN, "add-user-to-group", "--leave-out", "x", "--set", "group=x", "--set", "user=a@b.c") == 2
    assert "no file with columns" in able.err


def test_what_is_given_is_put_right_as_in_a_file_and_said(able: Shell) -> None:
    given = (
        "--set",
        "user=SMTP:una.user@ostwindpractice629.onmicrosoft.com",
        "--set",
        "group=“Engineering Berlin 16”",
    )
    assert able(*RUN, "add-user-to-group", *given) == 0
    assert "--set user: The address was taken out of “user”: “SMTP:una" in able.err
    assert "--set group: The quotation marks around “group” were taken away" in able.err
    assert able(*RUN, "add-user-to-group", "--set", "group=x", "--set", "user=a@b.c;d@b.c") == 2
    assert "User holds 2 users: “a@b.c”, “d@b.c”" in " ".join(able.err.replace("│", " ").split())


def test_tenant_and_client_id_are_put_right_and_said(shell: Shell) -> None:
    page = f"https://portal.azure.com/#view/Microsoft_AAD_IAM/tenantId/{ID}"
    client = ID.replace("3f", "4f")
    shell("sources", "add", "New", "--tenant", page, "--client-id", f"api://{client}")
    assert f"is read as “{ID}”" in shell.err
    shown = shell.json("sources", "show", "New")
    assert (shown["tenant"], shown["clientId"]) == (ID, client)
    shell("sources", "edit", "New", "--tenant", "contoso\u2011x.com")
    assert "U+2011 (non-breaking hyphen)" in shell.err
