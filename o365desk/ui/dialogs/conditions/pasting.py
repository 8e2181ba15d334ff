"""Conditions as text, to be copied and pasted. Pasted text is a stranger's: read strictly, refused in words."""

import json
from typing import Any, NoReturn

from o365desk.model.conditions import tree
from o365desk.model.conditions.tree import Condition, Group, MalformedError
from o365desk.model.text.shown import escaped, shown
from o365desk.ui.dialogs.conditions import editing
from o365desk.ui.dialogs.conditions.editing import Box, Draft, Node

MOST = 1_000_000
"""Letters of a text that is read."""


class NotPastedError(ValueError):
    """Why a text is no conditions, as a sentence."""


def copied(node: Node) -> str:
    """A row or group as JSON text; as it is kept in files. A row or group with gaps raises NotPastedError."""
    box = node if isinstance(node, Box) else Box(editing.ROOT, rows=(node,))
    if editing.gaps(Draft(box, 0)) or not box.rows:
        raise NotPastedError("Not copied: it is not finished yet.")
    made = tree.dumps(editing.tree_of(box))
    return escaped(json.dumps(made if isinstance(node, Box) else made["rows"][0], ensure_ascii=False, indent=2))


def read(text: str) -> Condition | Group:
    """The row or group in a text. Raises NotPastedError."""
    if not text.strip():
        raise NotPastedError("Nothing to paste: the clipboard holds no text.")
    if len(text) > MOST:
        raise NotPastedError(f"Not pasted: the text is longer than {MOST:,} letters.")
    given = _json(text)
    row = isinstance(given, dict) and "parameter" in given
    try:
        found = tree.loads({"join": "and", "rows": [given]} if row else given)
    except MalformedError as error:
        where = "" if row or not error.place else f" ({tree.place_words(error.place)})"
        raise NotPastedError(f"Not pasted: {shown(error.why, 200)}{where}.") from error
    if not found:
        raise NotPastedError("Not pasted: there are no conditions in it.")
    return found.rows[0] if row else found


def _json(text: str) -> Any:
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False).encode()
        return found
    except UnicodeEncodeError as error:
        raise NotPastedError("Not pasted: it holds half of a character (a lone surrogate).") from error
    except RecursionError as error:
        raise NotPastedError("Not pasted: it is nested too deeply.") from error
    except NotPastedError:
        raise
    except ValueError as error:
        at = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise NotPastedError(f"Not pasted: the clipboard holds no conditions, it is no JSON{at}.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise NotPastedError(f"Not pasted: “{shown(key, 40)}” is there twice in one group of braces.")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise NotPastedError(f"Not pasted: {name} is no value.")
