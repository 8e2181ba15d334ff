"""What foreign errors mean: from bundled tables, offline, to a `Problem` with the field at fault.

Codes explain; they never decide protocol behaviour (Microsoft asks for that). What the tables do not know is shown
with code and text as they came.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from o365desk import paths
from o365desk.catalogue.changes import Change
from o365desk.log import mask
from o365desk.model.datasource import SignIn
from o365desk.model.problems import Action, Problem, quotation

_LONGEST = 4_000
"""Letters of a foreign text that are kept."""
_QUOTED = 400
"""Letters of what an error says of one property."""
_AADSTS = re.compile(r"AADSTS(\d{3,8})")

# By the table's area: the field to look at, and what the program can do about it.
_BY_AREA: dict[str, tuple[str, Action]] = {
    "client": ("clientId", Action.FIELD),
    "tenant": ("tenant", Action.FIELD),
    "consent": ("", Action.CONSENT),
    "conditional-access": ("", Action.AUTHORIZE),
    "user": ("", Action.AUTHORIZE),
    "token": ("", Action.AUTHORIZE),
    "credential": ("secret", Action.FIELD),
    "redirect": ("", Action.NONE),
    "device-code": ("", Action.DEVICE_CODE),
    "service": ("", Action.RETRY),
}

_BY_PERSON = frozenset({Action.AUTHORIZE, Action.BROWSER, Action.DEVICE_CODE})

# Where a code says more than its area: title, field, action ("" keeps the area's).
_BY_CODE: dict[int, tuple[str, str, Action]] = {
    7000215: ("The client secret is wrong", "secret", Action.FIELD),
    7000222: ("The client secret has expired", "secret", Action.FIELD),
    700016: ("The app is not known in this tenant", "clientId", Action.FIELD),
    7000229: ("The app has no enterprise application in this tenant", "clientId", Action.CONSENT),
    7000112: ("The app is disabled in this tenant", "clientId", Action.RETRY),
    50105: ("The account is not assigned to the app", "", Action.AUTHORIZE),
    90002: ("The tenant was not found", "tenant", Action.FIELD),
    900023: ("The tenant is not valid", "tenant", Action.FIELD),
    90038: ("The tenant lives in another cloud", "cloud", Action.FIELD),
    900382: ("The tenant lives in another cloud", "cloud", Action.FIELD),
    900432: ("The tenant lives in another cloud", "cloud", Action.FIELD),
    65001: ("Nobody has consented to this app yet", "", Action.CONSENT),
    65004: ("Consent was declined", "", Action.CONSENT),
    90094: ("An administrator must consent", "", Action.CONSENT),
    90095: ("An administrator must consent", "", Action.CONSENT),
    50011: ("The redirect address is not registered for the app", "", Action.NONE),
    500113: ("The app has no redirect address", "", Action.NONE),
    7000218: ("The app does not allow a desktop sign-in", "signIn", Action.FIELD),
    50076: ("Multifactor authentication is required", "", Action.BROWSER),
    53003: ("Conditional Access blocks this sign-in", "", Action.BROWSER),
    530031: ("Conditional Access blocks this sign-in", "", Action.BROWSER),
    500014: ("The API is disabled in this tenant", "", Action.RETRY),
    7000217: ("The app's credential was not accepted", "secret", Action.FIELD),
    530033: ("Conditional Access blocks signing in with a device code", "", Action.BROWSER),
    50053: ("The account is locked", "", Action.AUTHORIZE),
    50057: ("The account is disabled", "", Action.AUTHORIZE),
    50034: ("The account does not exist in this tenant", "", Action.AUTHORIZE),
    50055: ("The account's password has expired", "", Action.AUTHORIZE),
    50173: ("The sign-in was revoked", "", Action.AUTHORIZE),
    700082: ("The sign-in was not used for too long", "", Action.AUTHORIZE),
    70043: ("The sign-in is older than the tenant allows", "", Action.AUTHORIZE),
    70044: ("The sign-in is older than the tenant allows", "", Action.AUTHORIZE),
    700027: ("The certificate is not registered for the app", "certificate", Action.FIELD),
    700024: ("The computer's clock is wrong", "", Action.RETRY),
    500011: ("Microsoft Graph is not known under this address", "graph", Action.FIELD),
    70011: ("The permissions asked for are not valid", "", Action.CONSENT),
    1002012: ("The permissions asked for are not valid", "", Action.CONSENT),
    70016: ("The code was not used yet", "", Action.DEVICE_CODE),
}

# OAuth's own words, where no number came along (device code errors have none in the documentation).
_BY_OAUTH: dict[str, Problem] = {
    "authorization_declined": Problem(
        title="The sign-in was declined",
        cause="Somebody pressed Cancel on the pages to which the code leads.",
        remedy="Start again and accept, or sign in with the browser.",
        action=Action.DEVICE_CODE,
    ),
    "expired_token": Problem(
        title="The code has expired",
        cause="Nobody signed in with it within 15 minutes.",
        remedy="Start again; a new code is shown.",
        action=Action.DEVICE_CODE,
    ),
    "bad_verification_code": Problem(
        title="The code is not known",
        cause="The sign-in service does not recognise the device code.",
        remedy="Start again; a new code is shown.",
        action=Action.DEVICE_CODE,
    ),
    "authorization_pending": Problem(
        title="The code was not used yet",
        cause="Nobody has finished signing in with it.",
        remedy="Type the code on the page shown, and sign in there.",
        action=Action.DEVICE_CODE,
    ),
    "access_denied": Problem(
        title="The sign-in was declined",
        cause="Somebody pressed Cancel on its pages, or the sign-in service denied it.",
        remedy="Sign in again, and accept what the pages ask. If nobody pressed Cancel, the tenant's sign-in log "
        "says why.",
        action=Action.AUTHORIZE,
    ),
    "permission_denied": Problem(
        title="Consent was declined",
        cause="The administrator pressed Cancel on the consent page.",
        remedy="Open the consent link again and accept, or send it to somebody who may.",
        action=Action.CONSENT,
    ),
    "temporarily_unavailable": Problem(
        title="The sign-in service is not available",
        cause="It answers that it is overloaded or down.",
        remedy="Wait and try again.",
        action=Action.RETRY,
        conclusive=False,
    ),
}


@cache
def _codes() -> dict[int, dict[str, Any]]:
    return {row["code"]: row for row in paths.table("aadsts.json")["codes"]}


def aadsts(text: str) -> int:
    """The first AADSTS number in a text, 0 if there is none."""
    match = _AADSTS.search(text)
    return int(match[1]) if match else 0


def sign_in_error(answer: Mapping[str, Any], method: SignIn) -> Problem:
    """What the sign-in service's error means. `answer` is its JSON body, or MSAL's result with the same keys."""
    error = str(answer.get("error") or "")
    text = mask(str(answer.get("error_description") or error))
    numbers = answer.get("error_codes")
    first = str(numbers[0]) if isinstance(numbers, list) and numbers else ""
    code = int(first) if first.isdigit() else aadsts(text)
    found = entra_code(code, method)
    if found is None or (error in _BY_OAUTH and code in (0, 70016, 70019, 70020)):
        found = _BY_OAUTH.get(error) or found
    if found is None:
        found = Problem(
            title="The sign-in was refused",
            cause=f"The sign-in service answered “{error}”; this version knows no more about it.",
            remedy="The details show its own words; search for the code, or show them to Microsoft's support.",
        )
    request = str(answer.get("correlation_id") or answer.get("trace_id") or "")
    said = text != error and bool(text)
    return found.with_(code=f"AADSTS{code}" if code else error, detail=text, request_id=request, quoted=said)


def entra_code(code: int, method: SignIn = SignIn.ADMINISTRATOR) -> Problem | None:
    """What an AADSTS number means, or None if the table does not know it."""
    row = _codes().get(code)
    if row is None:
        return None
    field, action = _BY_AREA[row["area"]]
    title, cause = str(row["meaning"]).rstrip("."), ""
    if code in _BY_CODE:
        title, field, action = _BY_CODE[code]
        cause = row["meaning"]
    if field == "secret" and method is not SignIn.SECRET:
        field = "certificate" if method is SignIn.CERTIFICATE else "signIn"
    remedy = row["fix"]
    if not method.delegated:
        # Nobody signs in there, neither in a browser nor with a code.
        action = Action.RETRY if action in _BY_PERSON else action
        remedy = row.get("fixApp", remedy)
    return Problem(
        title=title,
        cause=cause,
        remedy=remedy,
        field=field,
        action=action,
        code=f"AADSTS{code}",
        conclusive=row["area"] != "service",
    )


def graph_error(status: int, body: object, headers: Mapping[str, str]) -> Problem:
    """What an error of Microsoft Graph means. `body` is the decoded JSON, or None where it is not JSON."""
    code, message, request = _envelope(body)
    message = mask(message)
    row = _graph_row(status, code)
    cause = row["cause"]
    if message and row.get("quotes"):
        cause = f"Microsoft says: {quotation(message)}"
    return Problem(
        title=row["title"],
        cause=cause,
        remedy=row["remedy"],
        action=Action(row.get("action", "")),
        code=code or f"HTTP {status}",
        detail=message,
        request_id=request or headers.get("request-id", ""),
        conclusive=row.get("conclusive", status < 500),
        quoted=bool(message),
    )


def _graph_row(status: int, code: str) -> dict[str, Any]:
    """What the tables know of an error: by its code, by its status, or nothing. A fault of the service is one,
    whatever its code says."""
    table = paths.table("graph-errors.json")
    by_code, by_status = table["codes"].get(code), table["statuses"].get(str(status))
    if status >= 500 and by_status and not (by_code and by_code.get("conclusive") is False):
        by_code = None
    fallback = table["failed" if status >= 500 else "refused"]
    found: dict[str, Any] = by_code or by_status or fallback | {"title": fallback["title"].format(status=status)}
    return found


_GENERAL = frozenset({"Request_BadRequest", "Request_ResourceNotFound", "Authorization_RequestDenied", "HTTP 403",
                      "HTTP 404", "HTTP 400", "BadRequest", "Forbidden", "NotFound"})  # fmt: skip
"""Codes that say no more than the status does."""


def refused_write(
    change: Change, status: int, problem: Problem, answer: object = None, asked: object = None
) -> Problem:
    """The same refusal as it concerns a row of this change: what Graph's text is known for, as far as the table has
    it. `answer` and `asked` are the bodies of answer and request, for what they say of single properties. Only
    explains; what became of the row was found out otherwise."""
    row = _row_of(change, status, problem)
    if not row:
        return problem
    found = problem.with_(**{key: row[key] for key in ("title", "cause", "remedy")})
    wanted = _right_names(answer, asked) if row.get("names") else ""
    return found.with_(remedy=wanted) if wanted else found


def _right_names(answer: object, asked: object) -> str:
    """What to do where a naming policy asks for a beginning or an end: the names as they would be taken."""
    given, right = _folded(asked), {}
    for detail in _details(_folded(answer).get("error")):
        target, parts = detail["target"], (detail["prefix"], detail["suffix"])
        name = _text(given.get(target.lower()))
        if detail["code"].casefold() == "missingprefixsuffix" and name and any(parts):
            before = "" if name.startswith(parts[0]) else parts[0]
            after = "" if name.endswith(parts[1]) else parts[1]
            right[target] = f"{_PROPERTIES.get(target, target)} “{before}{name}{after}”"
    return f"Give it the {' and the '.join(right.values())}." if right else ""


_PROPERTIES = {"displayName": "name", "mailNickname": "mail nickname"}


def may_be_so(change: Change, status: int, problem: Problem) -> bool:
    """Whether a refusal of a row may mean that what it asks for is so already."""
    return bool(_row_of(change, status, problem).get("already"))


def _row_of(change: Change, status: int, problem: Problem) -> dict[str, Any]:
    """What the table knows of a refusal; empty for nothing."""
    said = problem.detail.casefold()
    for row in paths.table("graph-errors.json")["writes"]:
        fits = change.key in row["changes"] and status in row["statuses"]
        # What a code of its own says is more than what the status means to the change.
        known = row["says"].casefold() in said if "says" in row else problem.code in _GENERAL
        if fits and known:
            found: dict[str, Any] = row
            return found
    return {}


def is_error(body: object) -> bool:
    """Whether a decoded body has the form of an error of Graph's or of the sign-in service's."""
    folded = _folded(body)
    return bool(folded.get("error") or folded.get("odata.error"))


def _envelope(body: object) -> tuple[str, str, str]:
    """Code, message and request id of an error body: new and old form, any case, the most specific code."""
    folded = _folded(body)
    error = folded.get("error") or folded.get("odata.error")
    if not isinstance(error, dict):
        return "", _text(folded.get("error_description") or error), ""
    more = _details(error)
    error = _folded(error)
    message = error.get("message")
    if isinstance(message, dict):
        message = _folded(message).get("value")
    message = _text(message)
    for detail in more:
        # Often it is here only that Microsoft says which value it means, and what is wrong with it.
        if detail["message"] and detail["message"] not in message:
            message = f"{message} {detail['message']}".strip()
        if (about := _about(detail)) and about not in message:
            message = f"{message} ({about})".strip()
    code, request, inner = _text(error.get("code")), "", _folded(error.get("innererror"))
    while inner:
        request = _text(inner.get("request-id")) or request
        deeper = _text(inner.get("code"))
        # Throttling repeats the HTTP status as the inner code: that is not more specific.
        code = deeper if deeper and not deeper.isdigit() else code
        inner = _folded(inner.get("innererror"))
    return code, _text(message), request


_DETAILS = 5
"""How many of an error's details are told."""


def _details(error: object) -> list[dict[str, str]]:
    """What an error says of single properties: target, code, message, prefix and suffix of each, "" where it does
    not say. Source: microsoft-graph-docs-contrib concepts/errors.md, api/directoryobject-validateproperties.md."""
    rows = _folded(error).get("details")
    keys = ("target", "code", "message", "prefix", "suffix", "blockedword")
    found = [_folded(row) for row in (rows if isinstance(rows, list) else ())[:_DETAILS]]
    return [{key: _text(row.get(key))[:_QUOTED] for key in keys} for row in found if row]


def _about(detail: Mapping[str, str]) -> str:
    """A detail's machine words: the property, what is wrong with it, and what would be right."""
    head = ": ".join(filter(None, (detail["target"], detail["code"])))
    more = [f"{key} “{detail[key]}”" for key in ("prefix", "suffix") if detail[key]]
    return ", ".join(filter(None, (head, *more)))


def _folded(value: object) -> dict[str, Any]:
    """An object with its keys in lower case, for spellings that vary; an empty one of anything else."""
    return {str(key).lower(): item for key, item in value.items()} if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A text that is not longer than anybody reads; "" of anything else."""
    return value[:_LONGEST] if isinstance(value, str) else ""


def explain(text: str) -> Problem | None:
    """What a code or a pasted error text means: an AADSTS number, a bare number, a Graph code or its JSON."""
    stripped = text.strip()
    number = aadsts(stripped) or (int(stripped) if stripped.isdigit() and len(stripped) < 9 else 0)
    if number:
        found = entra_code(number)
        return found.with_(detail=mask(stripped)) if found else None
    codes = paths.table("graph-errors.json")["codes"]
    for code in codes:
        if code.lower() in stripped.lower():
            return graph_error(0, {"error": {"code": code, "message": stripped}}, {})
    try:
        body = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    return graph_error(0, body, {}) if isinstance(body, dict) and "error" in body else None
