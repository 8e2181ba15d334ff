"""A handover sheet as HTML and as Markdown."""

from collections.abc import Callable, Iterable

from o365desk.services.handover.document import Block, Cell, Details, Points, Section, Sheet, Text, Tone
from o365desk.services.markup import html_page, html_text, markdown_code, markdown_text

_SIGNS = {Tone.GOOD: "✓", Tone.WARN: "!", Tone.BAD: "✗"}

_STYLE = """
body { max-width: 60rem; } td { overflow-wrap: anywhere; } code { font-family: ui-monospace, monospace; }
h2 { margin: 2rem 0 .5rem; border-bottom: 2px solid #1565c0; } p.made, p.dim, span.dim { opacity: .75; }
p.point { margin: .25rem 0; overflow-wrap: anywhere; } h1 { margin-bottom: 0; overflow-wrap: anywhere; }
.good { color: #2e7d32; } .warn { color: #8a5300; } .bad { color: #c62828; } p.break { margin: .75rem 0; }
@media (prefers-color-scheme: dark) { .good { color: #a5d6a7; } .warn { color: #ffcc80; } .bad { color: #ef9a9a; } }
@media print { :root { color-scheme: light; } body { margin: 0; font-size: 10pt; max-width: none; }
h2, thead { break-after: avoid; } tr { break-inside: avoid; } @page { size: A4; margin: 18mm; } }
"""


def render(sheet: Sheet, ending: str) -> str:
    """The sheet in the form that a file's ending names: .html or .md."""
    make: dict[str, Callable[[Sheet], str]] = {".html": _html, ".md": _markdown}
    return make[ending](sheet)


# --- HTML ---------------------------------------------------------------------------------------------------------


def _html(sheet: Sheet) -> str:
    return html_page(sheet.title, html_body(sheet), _STYLE)


def html_body(sheet: Sheet) -> str:
    """What stands on the page, in the HTML that Qt's documents know too: whoever shows it brings the style, for the
    classes of the tones (`Tone`) and for table.details, table.grid, p.made, p.point and code."""
    return "\n".join([
        f'<h1>{html_text(sheet.title)}</h1>\n<p class="made">{html_text(sheet.made)}</p>',
        *map(_html_point, sheet.summary),
        *(_html_section(number, section) for number, section in enumerate(sheet.sections, 1)),
    ])  # fmt: skip


def _html_section(number: int, section: Section) -> str:
    return "\n".join([f"<h2>{number}. {html_text(section.title)}</h2>", *map(_html_block, section.blocks)])


def _html_block(block: Block) -> str:
    if isinstance(block, str):
        return f"<p>{html_text(block)}</p>"
    if isinstance(block, Points):
        return "\n".join(map(_html_point, block.points))
    if isinstance(block, Details):
        rows = (
            f'<tr><td class="label" width="34%">{html_text(label)}</td>'
            f'<td width="66%">{"<br>".join(map(_html_cell, values))}</td></tr>'
            for label, values in block.rows
        )
        return _html_table("details", "", rows)
    head = "".join(
        f'<th width="{width}%">{html_text(heading)}</th>'
        for heading, width in zip(block.headings, block.widths, strict=True)
    )
    lines = (f"<tr>{''.join(f'<td>{_html_cell(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
    return _html_table("grid", f"<thead><tr>{head}</tr></thead>", lines)


def _html_table(kind: str, head: str, rows: Iterable[str]) -> str:
    """Qt leaves no room below a table: the empty paragraph does."""
    lines = "\n".join(rows)
    table = f'<table class="{kind}" width="100%" cellspacing="0">{head}<tbody>\n{lines}\n</tbody></table>'
    return f'{table}\n<p class="break"></p>'


def _html_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return html_text(cell)
    if cell.tone is Tone.CODE:
        return f"<code>{html_text(cell.text)}</code>"
    return f'<span class="{cell.tone}">{html_text(_signed(cell))}</span>'


def _html_point(point: Text) -> str:
    return f'<p class="point">{_html_cell(point)}</p>'


def _signed(text: Text) -> str:
    return f"{_SIGNS[text.tone]} {text.text}" if text.tone in _SIGNS else text.text


# --- Markdown -----------------------------------------------------------------------------------------------------


def _markdown(sheet: Sheet) -> str:
    lines = [f"# {markdown_text(sheet.title)}", "", markdown_text(sheet.made), ""]
    lines += map(_markdown_point, sheet.summary)
    for number, section in enumerate(sheet.sections, 1):
        lines += ["", f"## {number}. {markdown_text(section.title)}"]
        for block in section.blocks:
            lines += ["", *_markdown_block(block)]
    return "\n".join(lines) + "\n"


def _markdown_block(block: Block) -> list[str]:
    if isinstance(block, str):
        return [markdown_text(block)]
    if isinstance(block, Points):
        return list(map(_markdown_point, block.points))
    if isinstance(block, Details):
        rows = [(markdown_text(label), "; ".join(map(_markdown_cell, values))) for label, values in block.rows]
        return _markdown_table(("Detail", "Value"), rows)
    return _markdown_table(block.headings, [tuple(map(_markdown_cell, row)) for row in block.rows])


def _markdown_table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    head = [markdown_text(heading) for heading in headings]
    return [_markdown_row(head), _markdown_row(["---"] * len(head)), *map(_markdown_row, rows)]


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return markdown_text(cell)
    return markdown_code(cell.text) if cell.tone is Tone.CODE else markdown_text(_signed(cell))


def _markdown_point(point: Text) -> str:
    return f"- {_markdown_cell(point)}"
