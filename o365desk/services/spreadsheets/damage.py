"""Cells of a file whose text is not what somebody wrote: a formula without a value, an error, lost letters. Such a
row is refused by its place; nothing is put in the place of what is not known."""

from o365desk.model.problems import Action, Problem
from o365desk.services.spreadsheets.formats import encodings
from o365desk.services.spreadsheets.formats.workbooks import Unknown

_LOST = "\ufffd"


def unknown(cell: Unknown, where: str, key: str) -> Problem:
    """Why the value of a workbook's cell is not known; `where` is its address, `key` its field."""
    if cell.calculated:
        title = f"{where} holds an error, not a value"
        cause = f"The spreadsheet could not calculate it: {cell[:20]}."
        remedy, code = f"Put {where} right in Excel, and save the file again.", "spreadsheet-error"
    else:
        title = f"The formula in {where} has not been calculated"
        cause = f"The file holds no value for {where}: the program that wrote it does not calculate."
        remedy, code = "Open and save it in Excel, then choose it again.", "not-calculated"
    return Problem(title=title, cause=cause, remedy=remedy, field=key, action=Action.FIELD, code=code)


def damage(text: str, key: str) -> Problem | None:
    """What happened to the letters of a cell on their way here, None for nothing."""
    again = "Correct it in the file; or export it again, and save it as CSV UTF-8."
    if _LOST in text:
        return Problem(
            title=f"“{text.strip()[:60]}” has lost a letter",
            cause="Another program could not read it, and put � in its place.",
            remedy=again,
            field=key,
            action=Action.FIELD,
            code="lost-letter",
        )
    meant = encodings.once(text.strip())
    if meant:
        return Problem(
            title=f"“{text.strip()[:60]}” was converted twice",
            cause=f"UTF-8 was read as another encoding, and saved again. It was probably “{meant[:60]}”.",
            remedy=again,
            field=key,
            action=Action.FIELD,
            code="converted-twice",
        )
    return None
