"""The editor of each kind of field."""

from collections.abc import Callable

from o365desk.model.fields import Field, Kind
from o365desk.ui.fields.editors import (
    CheckEditor,
    ChoiceEditor,
    DateEditor,
    Editor,
    LineEditor,
    NumberEditor,
    RadioEditor,
    SecretEditor,
)
from o365desk.ui.widgets.theme import Theme


def _picker(field: Field, theme: Theme) -> Editor:
    from o365desk.ui.fields import pickers  # late: only operations pick from a tenant

    return pickers.EDITORS[field.kind](field, theme)


EDITORS: dict[Kind, Callable[[Field, Theme], Editor]] = {
    Kind.TEXT: LineEditor,
    Kind.IDENTIFIER: LineEditor,
    Kind.COUNTRY: LineEditor,
    Kind.FILE: LineEditor,
    Kind.SECRET: SecretEditor,
    Kind.CHECK: CheckEditor,
    Kind.CHOICE: ChoiceEditor,
    Kind.RADIO: RadioEditor,
    Kind.DATE: DateEditor,
    Kind.NUMBER: NumberEditor,
    **dict.fromkeys((Kind.USER, Kind.USERS, Kind.GROUP, Kind.PLAN, Kind.SERVICE_PLANS), _picker),
}
