"""Saving a data source's handover sheet: where to, written in a worker, and an offer to open it."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from o365desk.model.datasource import DataSource
from o365desk.ui.context import Context

_FILTERS = {"PDF (*.pdf)": ".pdf", "Web page (*.html)": ".html", "Markdown (*.md)": ".md"}


def hand_over(context: Context, source: DataSource, page: QWidget) -> None:
    """Asks for a file and writes the sheet of a saved data source in the form that its ending names."""
    from o365desk.services.handover import sheet as sheets

    chosen, wanted = QFileDialog.getSaveFileName(
        page, "Save the handover sheet", f"{sheets.file_name(source)}.pdf", ";;".join(_FILTERS)
    )
    if not chosen:
        return
    file = Path(chosen)
    if file.suffix.lower() not in sheets.ENDINGS:
        file = file.with_name(file.name + _FILTERS.get(wanted, ".pdf"))
    context.tasks.run(
        f"Writing {file.name}",
        lambda stop, tell: write(context, source, file),
        lambda _: context.notices.say(
            "good",
            f"The handover sheet is in {file.name}",
            str(file),
            source.id,
            way=("Open it", lambda: _show(context, file)),
        ),
        context.notices.problem,
        owner=page,
    )


def write(context: Context, source: DataSource, file: Path) -> None:
    """Writes the sheet of a data source as its file has it by now. Raises ProblemError."""
    from o365desk.services.handover.rendering import render
    from o365desk.services.handover.sheet import sheet
    from o365desk.services.spreadsheets import export
    from o365desk.ui.printing import pdf

    app, ending = context.app, file.suffix.lower()
    made = sheet(app.connections, app.access, app.connections.by_id(source.id) or source, app.clock())
    data = pdf(made) if ending == ".pdf" else render(made, ending).encode("utf-8", "replace")
    export.save_document(file, data)


def _show(context: Context, file: Path) -> None:
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(file))):
        context.notices.say("warn", "No program shows such files here", f"It is in {file}")
