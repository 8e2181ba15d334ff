"""What is being edited: a data source as it was and as the form has it. No widgets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from o365desk.model.datasource import FIELDS, DataSource, SignIn
from o365desk.services.connections import Credential

_SECRETS = {"secret", "passphrase"}
KEYS = tuple(key for key, field in FIELDS.items() if not field.fixed and key not in _SECRETS)
"""The form's fields that a file holds."""


def attribute(key: str) -> str:
    """The attribute of DataSource behind a field's key."""
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", key)


def as_values(source: DataSource) -> dict[str, Any]:
    """A data source's values by field."""
    return {key: getattr(source, attribute(key)) for key in KEYS}


def with_values(source: DataSource, values: Mapping[str, Any]) -> DataSource:
    """The data source with the form's values."""
    changes = {attribute(key): values[key] for key in KEYS}
    changes["sign_in"] = SignIn(changes["sign_in"])
    return source.replace(**changes)


def credential(values: Mapping[str, Any]) -> Credential:
    """What was typed as secrets."""
    return Credential(values["secret"], values["passphrase"])


@dataclass(frozen=True)
class Editing:
    """`source` is as the form has it; `saved` as the file has it, None when there is none yet (`fresh` is then
    what the form started with, so that an untouched draft is not unsaved work). `base` names the file's version."""

    source: DataSource
    saved: DataSource | None
    base: str | None
    fresh: DataSource | None = None

    @property
    def dirty(self) -> bool:
        """Whether there is something to save."""
        return as_values(self.source) != self._compared

    @property
    def _compared(self) -> dict[str, Any]:
        start = self.saved or self.fresh
        return as_values(start) if start else {}
