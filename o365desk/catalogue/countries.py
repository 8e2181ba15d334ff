"""Countries as usage locations are given: by the two letters of ISO 3166-1. From the bundled `countries.json`."""

from functools import cache

from o365desk import paths


@cache
def _names() -> dict[str, str]:
    """The first name of each country, by its code."""
    return {code: name for code, _, name, *_ in paths.table("countries.json")["countries"]}


@cache
def _meant() -> dict[str, str]:
    """The code that may be meant by a code of three letters or a name, by that without case."""
    rows = paths.table("countries.json")["countries"]
    return {text.casefold(): code for code, *others in rows for text in others}


def code_of(text: str) -> str:
    """The country's code; "" for what is none. One that is not ISO's, but widely used, is read as the one that is:
    whoever takes it shows both."""
    wanted = text.strip().upper()
    wanted = str(paths.table("countries.json")["read"].get(wanted, wanted))
    return wanted if wanted in _names() else ""


def meant_by(text: str) -> str:
    """The code that somebody may mean who writes a name or three letters; "" for none."""
    return _meant().get(" ".join(text.split()).casefold(), "")


def named(code: str) -> str:
    """A code with the country's name: "GB (United Kingdom)"."""
    return f"{code} ({_names()[code]})" if code in _names() else code
