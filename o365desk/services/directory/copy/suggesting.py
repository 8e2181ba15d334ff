"""What somebody who types may mean, from the directory: where the tenant is out of reach."""

from o365desk.catalogue.groups import kind_of
from o365desk.model.directory.imports import Kind
from o365desk.model.fields import Kind as FieldKind
from o365desk.model.text import wording
from o365desk.services.directory.copy.directory import Directory
from o365desk.services.directory.suggestions import Suggestion

_SUGGESTED = 20
KINDS = {FieldKind.USER: Kind.USERS, FieldKind.USERS: Kind.USERS, FieldKind.GROUP: Kind.GROUPS}
"""Whom fields mean, as the directory has them."""


def suggest(directory: Directory, kind: FieldKind, text: str) -> list[Suggestion]:
    """Like `suggestions.suggest`, each with where it is from and how old that is. Raises ProblemError."""
    as_of = directory.as_of
    if as_of is None or not text.strip():
        return []
    said = f"from the directory, as of {wording.moment(as_of)}"
    made = []
    for row in directory.window(KINDS[kind], search=text, limit=_SUGGESTED).rows:
        own = row.get("userPrincipalName") if KINDS[kind] is Kind.USERS else kind_of(row)
        title = str(row.get("displayName") or own or row["id"])
        made.append(Suggestion(row["id"], title, " · ".join(filter(None, (str(own or ""), said))), row))
    return made
