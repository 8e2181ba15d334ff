"""The report of a connection test as a text to copy, save or send. Holds no secret and no token; and names and
answers, which are strangers' texts, are text in it, not markup: a report is opened in a browser, or pasted where
Markdown is rendered."""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from o365desk.log import mask
from o365desk.model.report import Report, Step
from o365desk.model.status import Outcome
from o365desk.model.text import wording
from o365desk.model.text.shown import escaped
from o365desk.services.markup import SIGNS, html_page, html_text, markdown_text

FORMATS = {"markdown": ".md", "html": ".html", "json": ".json"}
"""The forms of a report, with the ending of their files."""


def render(report: Report, form: str) -> str:
    """The report as markdown, html or json. Its texts are masked once more on their way out: foreign ones may hold
    anything."""
    make: dict[str, Callable[[Report], str]] = {"markdown": _markdown, "html": _html, "json": _json}
    return make[form](report)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list | tuple) else value


def _json(report: Report) -> str:
    masked = msgspec.convert(_masked(msgspec.to_builtins(report)), Report)
    return escaped(json.dumps(masked.as_json(), indent=2, ensure_ascii=False)) + "\n"


def _when(report: Report) -> str:
    return f"{wording.utc(report.started)}, {report.seconds:.1f} s"


def _heading(report: Report) -> list[tuple[str, str]]:
    rows = [("Data source", report.source), ("Outcome", report.outcome), ("When", _when(report))]
    if report.tenant:
        rows.append(("Tenant", report.tenant))
    if report.account:
        rows.append(("Signed in as", report.account))
    return rows


def _about(step: Step) -> list[tuple[str, str]]:
    """A step's long form, as pairs."""
    rows = list(step.facts)
    if step.problem:
        named = (("Why", step.problem.cause), ("What to do", step.problem.remedy), ("Code", step.problem.code))
        rows += [pair for pair in (*named, ("As it came", step.problem.detail)) if pair[1]]
    if step.request_id:
        rows.append(("Request ID", step.request_id))
    return rows


def _markdown(report: Report) -> str:
    lines = [f"# {markdown_text(report.message)}", ""]
    lines += [f"- {name}: {markdown_text(value)}" for name, value in _heading(report)]
    if report.problem:
        lines += ["", f"**What to do:** {markdown_text(report.problem.remedy)}"]
    lines += ["", "## Steps", "", "| | Step | Outcome | Time | Detail |", "|---|---|---|---:|---|"]
    for step in report.steps:
        row = (
            SIGNS[step.outcome],
            step.title,
            step.outcome,
            f"{step.seconds * 1000:.0f} ms",
            markdown_text(step.detail),
        )
        lines.append(f"| {' | '.join(row)} |")
    lines += ["", "## Operations", "", "| | Operation | Outcome | Detail |", "|---|---|---|---|"]
    for item in report.operations:
        lines.append(f"| {SIGNS[item.outcome]} | {item.title} | {item.outcome} | {markdown_text(item.detail)} |")
    for step in report.steps:
        about = _about(step)
        if about:
            lines += ["", f"### {step.title}", ""]
            lines += [f"- {markdown_text(name)}: {markdown_text(value)}" for name, value in about]
    return "\n".join(lines) + "\n"


def _html(report: Report) -> str:
    text = html_text
    parts = [
        f"<h1>{text(report.message)}</h1><ul>",
        *(f"<li>{text(name)}: {text(value)}</li>" for name, value in _heading(report)),
        "</ul>",
    ]
    if report.problem:
        parts.append(f"<p><strong>What to do:</strong> {text(report.problem.remedy)}</p>")
    parts.append("<h2>Steps</h2><table><tr><th>Step<th>Outcome<th>Time<th>Detail</tr>")
    for step in report.steps:
        more = "".join(f"<br><small>{text(name)}: {text(value)}</small>" for name, value in _about(step))
        parts.append(
            f"<tr><td>{text(step.title)}</td>{_outcome(step.outcome)}"
            f'<td class="n">{step.seconds * 1000:.0f} ms</td><td>{text(step.detail)}{more}</td></tr>'
        )
    parts.append("</table><h2>Operations</h2><table><tr><th>Operation<th>Outcome<th>Detail</tr>")
    parts += [
        f"<tr><td>{text(item.title)}</td>{_outcome(item.outcome)}<td>{text(item.detail)}</td></tr>"
        for item in report.operations
    ]
    parts.append("</table>")
    return html_page(report.message, "\n".join(parts))


def _outcome(outcome: Outcome) -> str:
    return f'<td class="{outcome.value.replace(" ", "-")}">{SIGNS[outcome]} {outcome.value}</td>'
