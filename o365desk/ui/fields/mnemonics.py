"""Letters for generated forms: each label keeps its own where it is free, and gets another where not."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from o365desk.model.fields import Field
from o365desk.ui.commands import MENUS


def letter_of(label: str) -> str:
    """The letter that a label marks; "" for none."""
    plain = label.replace("&&", "")
    at = plain.find("&")
    return plain[at + 1 : at + 2].lower() if at >= 0 else ""


def lettered(fields: Sequence[Field], taken: Iterable[str]) -> list[Field]:
    """The fields with labels whose letters are neither those of a menu, nor `taken`, nor each other's. Where no
    letter is left there is none."""
    used = {letter_of(title) for title in MENUS.values()} | set(taken)
    made = []
    for field in fields:
        text = field.plain_label
        own = letter_of(field.label)
        free = [letter for letter in (own, *text.lower()) if letter.isalnum() and letter.isascii()]
        letter = next((letter for letter in free if letter not in used), "")
        used.add(letter)
        made.append(replace(field, label=_marked(text, letter)))
    return made


def _marked(text: str, letter: str) -> str:
    at = text.lower().find(letter) if letter else -1
    safe = text.replace("&", "&&")
    if at < 0:
        return safe
    return text[:at].replace("&", "&&") + "&" + text[at:].replace("&", "&&")
