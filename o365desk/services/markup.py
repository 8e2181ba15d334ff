"""Documents that leave the program to be read in a browser, or where Markdown is rendered. Names and answers, which
are strangers' texts, are text in them, not markup, and every text is masked on its way in: the texts, not the
document, as what is masked must not break the form."""

import html
import re

from o365desk.log import mask
from o365desk.model.status import Outcome
from o365desk.model.text.shown import shown

SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.NOT_PROVEN: "?", Outcome.SKIPPED: "–"}

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&#$]|(?<=[a-z]):(?=//)|(?<=www)\.", re.IGNORECASE)
"""What Markdown takes for more than text: marks, HTML, character references, and addresses that become links."""
_PLAIN_CODE = re.compile(r"[\w.~%/?&=:+,@-]+", re.ASCII)
"""What stands in a code span as it is, in a table too."""


def markdown_text(text: str) -> str:
    """A text as it is in Markdown, on one line."""
    return _MARKUP.sub(r"\\\g<0>", _line(text))


def markdown_code(text: str) -> str:
    """A text to be copied out of Markdown, such as an address; escaped where it is more than that."""
    return f"`{line}`" if _PLAIN_CODE.fullmatch(line := _line(text)) else markdown_text(text)


def html_text(value: object) -> str:
    """A text as it is in HTML, on one line."""
    return html.escape(_line(str(value)))


def _line(text: str) -> str:
    return shown(mask(" ".join(text.split())))


_POLICY = (
    """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
    '<meta name="referrer" content="no-referrer">'
)
"""The page needs nothing but its own style: whatever else it should come to hold, it loads and runs nothing."""

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .75rem .25rem 0;
border-bottom: 1px solid #8885; vertical-align: top; } td.n { text-align: right; white-space: nowrap; }
.failed { color: #c62828; } .passed { color: #2e7d32; } @media (prefers-color-scheme: dark) {
.failed { color: #ef9a9a; } .passed { color: #a5d6a7; } }
"""


def html_page(title: str, body: str, style: str = "") -> str:
    """A page of its own; `body` is HTML, `style` adds to what all have."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{_POLICY}\n'
        f"<title>{html_text(title)}</title>\n<style>{_STYLE}{style}</style></head><body>{body}</body></html>\n"
    )
