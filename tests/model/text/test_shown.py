"""Foreign texts as they are shown: marks instead of what is invisible or steers; honest names as they are."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk.model.text.shown import MOST, escaped, shown
from tests.names import HONEST, HOSTILE, hidden, short
from tests.torture import FULL

TAGS = range(0xE0000, 0xE1000)
_ODD = st.sampled_from(
    "ab1#نیශ්රिক👩💻❤葛\u0301\u0316\u200b\u200c\u200d\u202e\u2066\ufe0f\U000e0061\U000e0101\x1b\n\r\t\x9b\ud800\uffff\u3164"
)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("invoice\u202efdp.exe", "invoice⟨U+202E⟩fdp.exe"),
        ("ad\u200bmin", "ad⟨U+200B⟩min"),
        ("ad\u200dmin", "ad⟨U+200D⟩min"),
        ("user1\ufe0f", "user1⟨U+FE0F⟩"),
        ("one\ntwo\r\nthree", "one⏎two⏎three"),
        ("a\tb\x7f\x85\u2028", "a⟨U+0009⟩b⟨U+007F⟩⟨U+0085⟩⟨U+2028⟩"),
        ("\ud800 \uffff \U000e0061", "⟨U+D800⟩ ⟨U+FFFF⟩ ⟨U+E0061⟩"),
        ("Z" + "\u0301" * 20, "Z" + "\u0301" * 6 + "⟨+14 combining⟩"),
        ("م\u200c\u200cم", "م⟨U+200C⟩⟨U+200C⟩م"),
    ],
)
def test_marks(text: str, marked: str) -> None:
    assert shown(text) == marked


@pytest.mark.parametrize("text", HONEST)
def test_honest_names_are_shown_as_they_are(text: str) -> None:
    assert shown(text) is text


@pytest.mark.parametrize("text", HOSTILE, ids=short)
def test_nothing_hidden_is_left(text: str) -> None:
    assert hidden(shown(text)) == []
    assert hidden(shown(text, lines=True).replace("\n", "").replace("\t", "")) == []


@given(st.text(st.characters() | st.characters(categories=["Cf", "Cc", "Cs", "Mn"]) | _ODD), st.integers(1, 40))
def test_whatever_comes(text: str, most: int) -> None:
    for lines in (False, True):
        made = shown(text, most, lines=lines)
        assert hidden(made.replace("\n", "").replace("\t", "") if lines else made) == []
        assert shown(made, most, lines=lines) == made
        assert len(made) <= most + 1
        assert not re.search("[\u0300-\u036f]{7}", made)


def test_long_texts_are_cut() -> None:
    assert shown("x" * 100_000) == "x" * MOST + "…"
    assert shown("\u200b" * 100_000).endswith("…")
    assert shown("abc", 2) == "ab…"


def test_lines_stay_where_they_may() -> None:
    assert shown("one\r\ntwo\n\tthree\x1b\r", lines=True) == "one\ntwo\n\tthree⟨U+001B⟩⟨U+000D⟩"


@pytest.mark.torture
def test_all_of_unicode() -> None:
    """One by one, between two letters: what is to be hidden is marked, what is seen is not. `make test` tries only
    some of the planes that have nothing but more ideographs, or nothing."""
    missed, marked = [], []
    for code in range(0x110000) if FULL else (*range(0x20000), *range(0x20000, 0x110000, 97), *TAGS):
        letter = chr(code)
        made = shown(f"a{letter}b")
        if hidden(made):
            missed.append(hex(code))
        elif len(made) > 3 and unicodedata.category(letter)[0] in "LNPSZ" and not hidden(letter):
            marked.append(hex(code))
    assert (missed, marked) == ([], [])


@given(
    st.recursive(st.text(st.characters() | _ODD), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_json_means_the_same(value: object) -> None:
    document = json.dumps(value, indent=2, ensure_ascii=False)
    made = escaped(document)
    assert json.loads(made) == json.loads(json.dumps(value))
    assert hidden(made.replace("\n", "")) == []
