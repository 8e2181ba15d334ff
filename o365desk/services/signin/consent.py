"""The link to send to whoever can consent for a tenant."""

from o365desk.model.datasource import DataSource
from o365desk.services import addresses


def consent_link(source: DataSource) -> str:
    """For all that a data source asks for. Raises ProblemError where that would lead elsewhere."""
    from o365desk import catalogue
    from o365desk.catalogue import permissions

    link = permissions.consent_link(source, catalogue.permissions_asked_for(source), permissions.REDIRECT)
    return addresses.for_browser(link, source)
