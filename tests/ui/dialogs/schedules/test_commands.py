"""A command as a line: the words come back as they were, and no letter means anything but itself."""

import pytest

from o365desk.ui.dialogs.schedules.commands import as_line, as_words

WORDS = (
    ("mail", "-s", "it is broken", "ada@contoso.com"),
    ("C:\\Program Files\\tool.exe", "/x", "$HOME", "#no comment", "a;b|c&d", "*", "`id`"),
    ("", 'quote"s', "it's", "both ' and \"", "  "),
    ("tool", "line\nbreak", "tab\there"),
    (),
)


@pytest.mark.parametrize("words", WORDS, ids=str)
def test_words_come_back(words: tuple[str, ...]) -> None:
    assert as_words(as_line(words)) == words


def test_a_line_is_split_at_blanks_alone() -> None:
    assert as_words("  mail   -s 'it is' \"broken\"  ") == ("mail", "-s", "it is", "broken")
    assert as_words("a\\ b") == ("a\\", "b"), "a backslash is a letter"


@pytest.mark.parametrize("line", ["'open", 'tool "open', "it's"])
def test_a_quote_that_is_not_closed_is_told(line: str) -> None:
    with pytest.raises(ValueError, match="quotation"):
        as_words(line)
