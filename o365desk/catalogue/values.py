"""What was given for an operation's fields, checked offline: for window, command line and files of rows."""

import re
from collections.abc import Callable, Mapping

from o365desk.catalogue import countries
from o365desk.catalogue.operations import Operation
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Action, Problem

_DAMAGED = re.compile(r"\d+(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_LONGEST = dict.fromkeys((Kind.USER, Kind.USERS, Kind.GROUP, Kind.PLAN), 320)
"""Letters of what names one user, group or plan: no id, address or name is longer, and no query could hold it."""
_CUT_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{4,27}|[0-9a-f]{32}", re.IGNORECASE)


_EMPLOYEE = re.compile(r"(?=[^0-9]*[0-9])[0-9A-Za-z][0-9A-Za-z._/-]{0,15}")
"""What an employee ID looks like that is told from a name or a user name: short, in one piece, with a digit."""


def is_employee_id(text: str) -> bool:
    """Whether a text may be an employee ID: Microsoft takes up to 16 letters."""
    return _EMPLOYEE.fullmatch(text) is not None


def several(text: str) -> list[str]:
    """The items of a field that takes several: separated by semicolons or line breaks, each once."""
    return list(dict.fromkeys(part.strip() for part in re.split(r"[;\n]", text) if part.strip()))


def check(operation: Operation, values: Mapping[str, str]) -> list[Problem]:
    """Everything that is wrong with the values, in the form's order; `Problem.field` is the key. Unknown keys are
    wrong too: a value that nobody looks at would be lost in silence."""
    found = [
        problem
        for field in operation.fields
        if (problem := check_field(field, values.get(field.key, "")) or _check_use(operation, field, values))
    ]
    known = [field.key for field in operation.fields]
    for key in values:
        if key not in known:
            names = ", ".join(known) or "none at all"
            found.append(
                _problem(key, f"“{operation.title}” has no field “{key}”", f"Its fields: {names}.", "unknown-field")
            )
    return found


def _check_use(operation: Operation, field: Field, values: Mapping[str, str]) -> Problem | None:
    key, wanted = field.only_with
    if not key or not values.get(field.key, "").strip():
        return None
    choice = next(each for each in operation.fields if each.key == key)
    chosen = values.get(key, "").strip() or choice.choices[0][0]
    words = dict(choice.choices)
    if chosen == wanted or chosen not in words:  # what is wrong then is the choice
        return None
    return _problem(
        field.key,
        f"{field.plain_label} makes no sense with the {choice.plain_label.lower()} “{words[chosen]}”",
        f"Leave it empty, or choose “{words[wanted]}”.",
        "no-use",
    )


def check_field(field: Field, value: str) -> Problem | None:
    """What is wrong with one value, None for nothing."""
    text = value.strip()
    if not text:
        if field.required:
            return _problem(field.key, f"{field.plain_label} is missing", "It is needed.", "missing")
        return None
    longest = field.longest or _LONGEST.get(field.kind, 0)
    length = max(map(len, several(text)), default=0) if field.kind is Kind.USERS else len(text)
    if longest and length > longest:
        return _problem(
            field.key,
            f"{field.plain_label} is too long",
            f"{length:,} letters; Microsoft takes at most {longest}.",
            "too-long",
        )
    bad = [letter for letter in text if field.forbidden and (letter in field.forbidden or not letter.isascii())]
    if bad:
        shown = " ".join("blank" if letter == " " else letter for letter in dict.fromkeys(bad))
        return _problem(
            field.key,
            f"{field.plain_label} has letters that Microsoft refuses: {shown}",
            "Leave them out.",
            "letters",
        )
    if field.inner and (text[0] in field.inner or text[-1] in field.inner):
        edge = text[0] if text[0] in field.inner else text[-1]
        title = f"{field.plain_label} begins or ends with “{edge}”"
        return _problem(field.key, title, "Microsoft takes it between other letters only.", "letters")
    judge = _BY_KIND.get(field.kind)
    return judge(field, text) if judge else None


def check_reference(field: Field, text: str) -> Problem | None:
    """What is wrong with an id, UPN, mail or name as such: damage that spreadsheets do, and cut ids."""
    if _DAMAGED.fullmatch(text):
        return _problem(
            field.key,
            f"“{text}” is an id that a spreadsheet turned into a number",
            "Its digits are lost. Take the id from the source again, and format the column as text before pasting.",
            "spreadsheet-damage",
        )
    if _CUT_GUID.fullmatch(text) and not is_guid(text):
        return _problem(
            field.key,
            f"“{text}” is not a whole object ID",
            "An object ID has 36 letters: 8-4-4-4-12. Take it from the source again.",
            "cut-id",
        )
    return None


def _user(field: Field, text: str) -> Problem | None:
    problem = check_reference(field, text)
    named = "@" in text.strip("@") and not any(c.isspace() for c in text)
    if problem is None and not (named or is_guid(text) or is_employee_id(text)):
        problem = _problem(
            field.key,
            f"“{text}” names no user",
            "Give a user principal name, a mail address, an object ID or an employee ID: "
            "a name alone is never guessed.",
            "no-user",
        )
    return problem


def _users(field: Field, text: str) -> Problem | None:
    if text.isdecimal():  # as where exports count the members
        return _problem(
            field.key,
            f"“{text[:60]}” names no user",
            "A number alone may be a count. Give UPNs, mail addresses or object IDs.",
            "no-user",
        )
    return next((problem for item in several(text) if (problem := _user(field, item))), None)


def _choice(field: Field, text: str) -> Problem | None:
    keys = [str(key) for key, _ in field.choices]
    if text in keys:
        return None
    known = ", ".join(key for key in keys if key)
    return _problem(field.key, f"{field.plain_label} cannot be “{text}”", f"It is one of: {known}.", "no-choice")


def _number(field: Field, text: str) -> Problem | None:
    if not field.most or (text.isdecimal() and len(text) <= len(str(field.most)) and int(text) <= field.most):
        return None
    return _problem(
        field.key,
        f"{field.plain_label} cannot be “{text[:20]}”",
        f"Give a whole number from 0 to {field.most:,}.",
        "number",
    )


def _country(field: Field, text: str) -> Problem | None:
    """A country's code, or one that is read as another."""
    if countries.code_of(text):
        return None
    meant = countries.named(countries.meant_by(text))
    return Problem(
        title=f"“{text[:60]}” is no {field.plain_label.lower()}",
        cause="It is the country's code of two letters, by ISO 3166.",
        remedy=f"Give {meant}, if that is meant." if meant else "Give a code such as IE, DE or US.",
        field=field.key,
        action=Action.FIELD,
        code="no-country",
    )


_BY_KIND: dict[Kind, Callable[[Field, str], Problem | None]] = {
    Kind.USER: _user,
    Kind.USERS: _users,
    Kind.GROUP: check_reference,
    Kind.PLAN: check_reference,
    Kind.CHOICE: _choice,
    Kind.RADIO: _choice,
    Kind.NUMBER: _number,
    Kind.COUNTRY: _country,
}


def _problem(key: str, title: str, remedy: str, code: str) -> Problem:
    return Problem(title=title, remedy=remedy, field=key, action=Action.FIELD, code=code)
