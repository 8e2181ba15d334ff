"""What Graph is asked for a text finds whatever the text means, however it is written."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o365desk.model.text.folding import folded
from o365desk.services.conditions.caseless import EXPANSIONS, LONGEST, Ask, Way, asks

ODD = "".join(EXPANSIONS)
LETTERS = st.sampled_from(ODD + "sStTfFiIlLnNaA;`kK eE\u0307\u0301\u0323\u02beéüÅ")
TEXTS = st.text(LETTERS, min_size=1, max_size=6)


def simple(text: str) -> str:
    """Letter by letter: the least that Graph may call the same."""
    return "".join(one if len(one := letter.casefold()) == 1 else letter for letter in text)


_TESTS: dict[Way, Callable[[str, str], bool]] = {
    Way.EQUALS: str.__eq__,
    Way.STARTS: str.startswith,
    Way.ENDS: str.endswith,
}


def finds(ask: Ask, stored: str) -> bool:
    return any(_TESTS[way](simple(stored), simple(text)) for way, text in ask.tests)


def means(way: Way, typed: str, stored: str) -> bool:
    return _TESTS[way](folded(stored), folded(typed.strip()))


def test_the_table_is_unicodes() -> None:
    made = {}
    for letter in map(chr, range(128, 0x110000)):
        if 0xD800 <= ord(letter) < 0xE000:
            continue
        long = folded(letter)
        if any(one.isascii() for one in long) and (len(long) > 1 or letter.casefold() != long):
            made[letter] = long
    assert made == EXPANSIONS


@given(st.sampled_from(Way), TEXTS, TEXTS, st.text(LETTERS, max_size=2))
@settings(max_examples=500)
def test_nothing_that_is_meant_is_missed(way: Way, typed: str, stored: str, more: str) -> None:
    if not typed.strip():
        return
    written = _again(typed.strip(), stored)
    for text in (stored, written, more + written, written + more, typed.strip() + more, more + typed.strip()):
        if means(way, typed, text):
            assert all(finds(ask, text) for ask in asks(way, typed)), (typed, text, asks(way, typed))


def _again(text: str, how: str) -> str:
    """The same text, written otherwise: decomposed, in capitals, with letters that stand for several."""
    text = unicodedata.normalize("NFD" if len(how) % 2 else "NFC", text)
    for letter in how:
        if letter in EXPANSIONS:
            text = text.replace(EXPANSIONS[letter], letter)
    return text.upper() if "K" in how else text


@pytest.mark.parametrize(
    ("way", "typed", "asked"),
    [
        (Way.EQUALS, "Berlin", [(Way.EQUALS, "Berlin")]),
        (Way.EQUALS, " Finance ", [(Way.EQUALS, "Finance"), (Way.STARTS, "ﬁ")]),
        (Way.STARTS, "Sales", [(Way.STARTS, "Sales"), (Way.STARTS, "Saleß"), (Way.STARTS, "Saleẞ"),
                               (Way.STARTS, "Saleﬅ"), (Way.STARTS, "Saleﬆ")]),
        (Way.ENDS, "@contoso.com", [(Way.ENDS, "@contoso.com")]),
        (Way.ENDS, "s.ie", [(Way.ENDS, "s.ie"), (Way.ENDS, "ß.ie"), (Way.ENDS, "ẞ.ie")]),
        (Way.ENDS, "München", [(Way.ENDS, "nchen")]),
        (Way.EQUALS, "Müller", [(Way.STARTS, "M")]),
        (Way.EQUALS, "Straße", [(Way.EQUALS, "strasse"), (Way.STARTS, "ﬅ"), (Way.STARTS, "ﬆ"),
                                (Way.STARTS, "straß"), (Way.STARTS, "straẞ")]),
        (Way.STARTS, "O'Brien & Co", [(Way.STARTS, "O'Brien & Co")]),
        (Way.EQUALS, "x" * 256, [(Way.STARTS, "x" * LONGEST)]),
        (Way.EQUALS, "a\tb", [(Way.STARTS, "a")]),
    ],
)  # fmt: skip
def test_the_closest_that_can_be_asked(way: Way, typed: str, asked: list[tuple[Way, str]]) -> None:
    first = asks(way, typed)[0]
    assert sorted(first.tests) == sorted(asked)


@pytest.mark.parametrize("typed", ["李明", "éa", "\U0001f600", "ss\u0301", "ﬁé"])
def test_where_nothing_is_certain_nothing_is_asked(typed: str) -> None:
    assert [ask for ask in asks(Way.EQUALS, typed) if not ask.whole] == []


def test_what_is_stored_in_ascii_is_asked_for_as_it_is() -> None:
    assert asks(Way.EQUALS, "FI", plain=True) == [Ask(((Way.EQUALS, "FI"),), True)]
