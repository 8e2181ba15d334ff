"""What was given for an operation's fields, checked offline: for window, command line and files of rows."""

import re
from collections.abc import Callable, Mapping

from o365desk.catalogue import countries, odata, texts
from o365desk.catalogue.operations import Operation
from o365desk.catalogue.splitting import likely_plans, people
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Action, Problem
from o365desk.model.text import letters

_BLANK = re.compile(r"\s")
_PLAIN = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[A-Za-z0-9._'+#~!^=&-]+@[A-Za-z0-9.-]+")
"""One ID or address beyond doubt: most are."""
_DAMAGED = re.compile(r"\d+(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_LONGEST = dict.fromkeys((Kind.USER, Kind.USERS, Kind.GROUP, Kind.PLAN), 320)
"""Letters of what names one user, group or plan: no id, address or name is longer, and no query could hold it."""
_CUT_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{4,27}|[0-9a-f]{32}", re.IGNORECASE)


Judge = Callable[[Field, str], Problem | None]


_EMPLOYEE = re.compile(r"(?=[^0-9]*[0-9])[0-9A-Za-z][0-9A-Za-z._/-]{0,15}")
"""What an employee ID looks like that is told from a name or a user name: short, in one piece, with a digit."""


def is_employee_id(text: str) -> bool:
    """Whether a text may be an employee ID: Microsoft takes up to 16 letters."""
    return _EMPLOYEE.fullmatch(text) is not None


def several(text: str) -> list[str]:
    """The items of a field that takes several: separated by semicolons or line breaks, each once."""
    return list(dict.fromkeys(part.strip() for part in re.split(r"[;\n]", text) if part.strip()))


def check(
    operation: Operation, values: Mapping[str, str], judge: "Judge | None" = None, *, searching: bool = True
) -> list[Problem]:
    """Everything that is wrong with the values, in the form's order; `Problem.field` is the key. Unknown keys are
    wrong too: a value that nobody looks at would be lost in silence. `judge` is `check_field`, or one that
    remembers. Not `searching`: there are conditions, so that nothing need be searched for."""
    judge = judge or check_field
    found = [
        problem
        for field in operation.fields
        if (
            problem := _left_out(field, values)
            or judge(field, values.get(field.key, ""))
            or _check_use(operation, field, values)
        )
    ]
    if not searching:
        found = [problem for problem in found if (problem.field, problem.code) != ("search", "missing")]
    found += _unsearchable(values)
    known = [field.key for field in operation.fields]
    for key in values:
        if key not in known:
            names = ", ".join(known) or "none at all"
            found.append(
                _problem(key, f"“{operation.title}” has no field “{key}”", f"Its fields: {names}.", "unknown-field")
            )
    return found


def _left_out(field: Field, values: Mapping[str, str]) -> Problem | None:
    """Nobody empties something by forgetting to say what it is to be."""
    if not field.empties or field.key in values:
        return None
    remedy = f"Give it; to empty it, give nothing on purpose ({field.key}=)."
    return _problem(field.key, f"{field.plain_label} is missing", remedy, "missing")


def _unsearchable(values: Mapping[str, str]) -> list[Problem]:
    """What no search for words can be made of."""
    text = values.get("search", "")
    if values.get("match") != "words" or odata.searchable(text):
        return []
    letters = " and ".join(letter for letter in odata.UNSEARCHABLE if letter in text)
    return [
        _problem(
            "search",
            f"Microsoft cannot search for words with {letters}",
            "It would look for what stands before only (its known issue 18185). Compare with “Begins with”, or "
            f"leave {letters} and what follows out.",
            "unsearchable",
        )
    ]


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
    if field.kind in _LONGEST and len(text) <= _LONGEST[field.kind] and _PLAIN.fullmatch(text):
        return None
    if not text:
        if field.required:
            return _problem(field.key, f"{field.plain_label} is missing", "It is needed.", "missing")
        return None
    if not field.free and (problem := _check_text(field, text)):
        return problem
    if problem := _too_long(field, text) or _refused_letters(field, text):
        return problem
    judge = _BY_KIND.get(field.kind)
    return judge(field, text) if judge else None


def _too_long(field: Field, text: str) -> Problem | None:
    longest = field.longest or _LONGEST.get(field.kind, 0)
    length = max(map(len, several(text)), default=0) if field.kind is Kind.USERS else len(text)
    if longest and length > longest:
        return _problem(
            field.key,
            f"{field.plain_label} is too long",
            f"{length:,} letters; Microsoft takes at most {longest}.",
            "too-long",
        )
    return None


def _refused_letters(field: Field, text: str) -> Problem | None:
    """Letters that Microsoft takes nowhere in this field, or not at its ends."""
    bad = [x for x in text if x in field.forbidden or not x.isascii()] if field.forbidden else []
    if bad:
        shown = " ".join(_named_letter(letter) for letter in dict.fromkeys(bad))
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
    return None


def _named_letter(letter: str) -> str:
    """A letter so that it can be told from others that look like it."""
    if letter == " ":
        return "blank"
    return f"{letter} ({letters.letter_name(letter)})" if letter in letters.looks() else letter


_NAMES = frozenset({Kind.USER, Kind.USERS, Kind.GROUP, Kind.PLAN, Kind.SERVICE_PLANS, Kind.IDENTIFIER, Kind.TEXT})
_BREAKS = re.compile("[\n\t\u2028\u2029]")


def _check_text(field: Field, text: str) -> Problem | None:
    """What is wrong with a text as such: it is no value, or not the one that it looks like."""
    key, label = field.key, field.plain_label
    if text[0] == "#" and texts.is_error(text):
        title = f"“{text}” is a spreadsheet's error, not a value"
        remedy = "Put it right there, and save the file again."
        return _problem(key, title, remedy, "spreadsheet-error", "The spreadsheet could not calculate this cell.")
    if "@" not in text and texts.is_nothing(field, text):
        remedy = f"Write what is meant, or {'take the row out' if field.required else 'leave it empty'}."
        return _problem(key, f"“{text}” is no value of “{label}”", remedy, "no-value", _NOTHING)
    if text.isascii() and text.isprintable():
        return None
    if "\ufffd" in text:
        remedy = "Take the text from its source again, and save the file as “CSV UTF-8”."
        return _problem(key, f"“{text[:60]}” has lost a letter", remedy, "lost-letter", _LOST)
    if field.kind in _NAMES and (before := texts.twice_converted(text)):
        remedy = "Take it from its source again, or write it anew."
        return _problem(key, f"“{text}” was converted twice; it was probably “{before}”", remedy, "converted-twice")
    if field.kind in _NAMES and field.kind is not Kind.USERS and not field.lines and _BREAKS.search(text):
        shown = " ".join(text.split())
        return _problem(
            key, f"{label} has a line break or tab in it: “{shown}”", "Write it in one line.", "line-break"
        )
    return None


_NOTHING = "That is what other programs write where there is no value."
_LOST = "They were lost when the text was converted."


def _check_looks(field: Field, text: str) -> Problem | None:
    """Letters of an address or an ID that only look like those of another."""
    title, remedy = letters.told(text)
    return _problem(field.key, title, remedy, "lookalike") if title else None


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


def _several(field: Field, found: list[str], what: str) -> Problem | None:
    """That a text holds more than the one that is asked for."""
    if len(found) < 2:
        return None
    named = ", ".join(f"“{each[:60]}”" for each in found[:3]) + (" …" if found[3:] else "")
    title = f"{field.plain_label} holds {len(found):,} {what}: {named}"
    return _problem(field.key, title, "Give one of them; in a file, a row for each.", "several-values")


def _group(field: Field, text: str) -> Problem | None:
    problem = check_reference(field, text)
    if problem is None and not text.isascii() and texts.names_one(letters.plain_letters(text)):
        problem = _check_looks(field, text)
    if problem is None and (what := texts.sort_of_name(text)) and "DOMAIN" not in what:
        remedy = "Give the group's object ID, mail address or display name."
        problem = _problem(field.key, f"“{text}” is {what}", remedy, "other-name", _UNKNOWN_NAMES)
    return problem


_UNKNOWN_NAMES = "Microsoft 365 finds nothing by that."


def _plan(field: Field, text: str) -> Problem | None:
    if texts.is_unlicensed(field, text):
        remedy = "Name the plan, or take the row out."
        return _problem(field.key, f"“{text}” says that there is no licence plan", remedy, "no-value")
    return check_reference(field, text) or _several(field, likely_plans(text), "plans")


def _user(field: Field, text: str) -> Problem | None:
    if is_guid(text):
        return None
    problem = (check_reference(field, text) if "@" not in text else None) or _check_looks(field, text)
    if problem is None and (what := texts.sort_of_name(text)):
        remedy = "Give the user principal name, a mail address or the object ID."
        problem = _problem(field.key, f"“{text}” is {what}", remedy, "other-name", _UNKNOWN_NAMES)
    if problem is None:
        problem = _several(field, people(text), "users")
    named = "@" in text.strip("@") and not _BLANK.search(text)
    if problem is None and not (named or is_employee_id(text)):
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
    Kind.GROUP: _group,
    Kind.PLAN: _plan,
    Kind.CHOICE: _choice,
    Kind.RADIO: _choice,
    Kind.NUMBER: _number,
    Kind.COUNTRY: _country,
}


def _problem(key: str, title: str, remedy: str, code: str, cause: str = "") -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, field=key, action=Action.FIELD, code=code)
