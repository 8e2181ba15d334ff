"""The `singleSignOn` of `workspace.json`: JSON to `SingleSignOn` and back. What is malformed is refused by its
place; unknown keys are kept.
"""

from datetime import UTC, datetime
from typing import Any

from o365desk.model.access.people import same_address
from o365desk.model.access.single_sign_on import MOST_DAYS, NO_SINGLE_SIGN_ON, Armed, Bypass, SingleSignOn
from o365desk.services.workspace.security_block import flag_of, items_of, object_of, rest_of, text_of, with_rest
from o365desk.services.workspace.strict_json import FaultError, Path, sort_of

KEY = "singleSignOn"

_MENDED = "Correct it, or put back an older version from .history or from git. Until then nothing is allowed."
_KNOWN = {"enabled", "connector", "autoRedirect", "bypassGroup", "rememberMe", "rememberDays", "armed"}


def read(given: Any) -> SingleSignOn:
    """The settings that a JSON value holds. Raises FaultError."""
    path: Path = (KEY,)
    found = object_of(given, path)
    group = tuple(_bypass(each, place) for each, place in items_of(found, "bypassGroup", path))
    seen: dict[str, int] = {}
    for number, each in enumerate(group):
        first = seen.setdefault(same_address(each.account), number)
        if first != number:
            place = (*path, "bypassGroup", number, "account")
            raise FaultError(place, f": the account is also that of number {first + 1}", "Keep one of the two.")
    settings = SingleSignOn(
        enabled=flag_of(found, "enabled", path),
        connector=text_of(found, "connector", path),
        auto_redirect=flag_of(found, "autoRedirect", path),
        bypass_group=group,
        remember_me=flag_of(found, "rememberMe", path),
        remember_days=_days(found, path),
        armed=_armed(found["armed"], (*path, "armed")) if "armed" in found else None,
        extra=rest_of(found, _KNOWN),
    )
    if settings.enabled and not settings.connector.strip():
        raise FaultError((*path, "connector"), "is missing, and single sign-on is enabled", _MENDED)
    return settings


def dumps(settings: SingleSignOn) -> dict[str, Any]:
    """The settings as JSON, without what is as it is by itself; the same settings always give the same."""
    made: dict[str, Any] = {}
    if settings.enabled:
        made["enabled"] = True
    if settings.connector:
        made["connector"] = settings.connector
    if settings.auto_redirect:
        made["autoRedirect"] = True
    if settings.bypass_group:
        made["bypassGroup"] = [_bypass_as_json(each) for each in settings.bypass_group]
    if settings.remember_me:
        made["rememberMe"] = True
    if settings.remember_days != NO_SINGLE_SIGN_ON.remember_days:
        made["rememberDays"] = settings.remember_days
    if settings.armed:
        made["armed"] = _armed_as_json(settings.armed)
    return with_rest(made, settings.extra, _KNOWN)


def _days(found: dict[str, Any], path: Path) -> int:
    given = found.get("rememberDays", NO_SINGLE_SIGN_ON.remember_days)
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_DAYS:
        raise FaultError((*path, "rememberDays"), f"is no whole number from 1 to {MOST_DAYS}", _MENDED)
    return given


def _bypass(given: Any, path: Path) -> Bypass:
    found = object_of(given, path)
    return Bypass(
        account=text_of(found, "account", path, needed=True),
        seen=_moment(found, "seen", path) if "seen" in found else None,
        extra=rest_of(found, {"account", "seen"}),
    )


def _bypass_as_json(bypass: Bypass) -> dict[str, Any]:
    made: dict[str, Any] = {"account": bypass.account}
    if bypass.seen:
        made["seen"] = _written(bypass.seen)
    return with_rest(made, bypass.extra, {"account", "seen"})


def _armed(given: Any, path: Path) -> Armed:
    found = object_of(given, path)
    return Armed(
        by=text_of(found, "by", path, needed=True),
        at=_moment(found, "at", path),
        until=_moment(found, "until", path),
        confirmed=flag_of(found, "confirmed", path),
        extra=rest_of(found, {"by", "at", "until", "confirmed"}),
    )


def _armed_as_json(armed: Armed) -> dict[str, Any]:
    made: dict[str, Any] = {"by": armed.by, "at": _written(armed.at), "until": _written(armed.until)}
    if armed.confirmed:
        made["confirmed"] = True
    return with_rest(made, armed.extra, {"by", "at", "until", "confirmed"})


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(found: dict[str, Any], key: str, path: Path) -> datetime:
    given = found.get(key)
    if not isinstance(given, str):
        why = f"is {sort_of(given)} and must be a time" if key in found else "is missing"
        raise FaultError((*path, key), why, _MENDED)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise FaultError((*path, key), "is no time such as 2026-11-27T09:00:00Z", _MENDED)
    return moment.astimezone(UTC)
