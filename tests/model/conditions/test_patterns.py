"""Patterns: what RE2 has not is told by its name; nothing reaches the terminal; no pattern takes long or much."""

import time

import pytest

from o365desk.model.conditions.patterns import PatternError, compiled


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)b", "uses look-ahead"),
        ("(?!a)b", "uses look-ahead"),
        ("(?<=a)b", "uses look-behind"),
        ("(?<!a)b", "uses look-behind"),
        (r"(a)\1", "uses a back reference"),
        (r"(?P<x>a)(?P=x)", "uses a back reference"),
        (r"(?<x>a)\k<x>", "uses a back reference"),
        ("(?>a)", "uses an atomic group"),
        ("a++", "uses a possessive quantifier"),
        ("(?(1)a|b)", "uses a condition within"),
        ("(?R)", "uses recursion"),
        ("(?#x)", "uses a comment"),
        ("(?|a|b)", "uses a branch reset"),
        ("(", "a “(” is never closed"),
        (")", "a “)” closes nothing"),
        ("[", "a “[” is never closed"),
        ("*", "nothing before"),
        ("a**", "repeats what is repeated"),
        ("a{2,1}", "the wrong way round"),
        ("a{1001}", "too often"),
        ("(?:a{900}){900}", "too"),
        (r"[\pL]{900}", "too large"),
        ("[z-a]", "a range or class"),
        (r"\Z", "does not know “\\Z”"),
        ("a\\", "a lone backslash"),
        (r"\q", "does not know “\\q”"),
        ("(?P<a b>x)", "a group's name is none"),
        ("\ud800", "a damaged letter"),
        ("x" * 501, "501 letters long"),
    ],
)
def test_what_is_no_pattern(pattern: str, why: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PatternError) as error:
        compiled(pattern)
    assert why in error.value.why
    assert error.value.remedy
    assert capfd.readouterr() == ("", "")


def test_five_hundred_letters_are_not_too_many() -> None:
    assert compiled("x" * 500)("x" * 500)


def test_without_regard_to_case_and_anywhere() -> None:
    assert compiled("sales")("North SALES team")
    assert compiled("É")("café")
    assert not compiled("^sales")("North SALES team")
    assert not compiled("(?-i)sales")("North SALES team")
    assert compiled(r"^a\sb$")("a\nb")
    assert compiled("ab")("x\ud800ab")  # a damaged letter of a stranger
    assert compiled("a.b")("a\0b")


def test_blanks_at_its_ends_are_not_meant_unless_escaped() -> None:
    assert compiled("  sales ")("sales")
    assert not compiled("sales\\ ")("sales")
    assert compiled("sales\\ ")("sales ")


def test_a_literal_has_no_signs() -> None:
    assert compiled("A.*(", literal=True)("xa.*(x")
    assert not compiled(".*", literal=True)("anything")


@pytest.mark.parametrize("pattern", ["(x+x+)+y", "(a|aa)+$", "(.*a){20}", "(?:a?){30}a{30}", "([a-z]+)*!"])
def test_what_runs_for_years_elsewhere_does_not_here(pattern: str) -> None:
    search, text = compiled(pattern), "xa" * 20_000
    began = time.process_time()
    search(text)
    assert time.process_time() - began < 10
