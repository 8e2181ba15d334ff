"""Services in which a point of the matrix is so."""

from o365desk.app import App
from o365desk.model.access.operator import os_user
from o365desk.model.access.people import NOBODY
from o365desk.model.datasource import DataSource
from tests.services.access.expected import Case, identities


def secured(app: App, source: DataSource, case: Case) -> DataSource:
    """Has whoever the case is about sit before the program, with its people, settings and groups."""
    access = app.access
    access._load = lambda: NOBODY
    access.operator = os_user("a.admin")
    entry = app.workspace.get(source.id)
    saved = app.workspace.save(entry.source.replace(security=case.security), entry.version).source
    access._load = lambda: case.people
    access._known = identities(case)
    access.operator = os_user(case.address)
    return saved
