"""The requests to Microsoft Graph as its reference pages write them: paths, query options, headers and bodies.

Each row is of the reference pages (api-reference/v1.0/api/*.md of microsoft-graph-docs-contrib). What is sent
otherwise is a mistake, even where the practice tenant would be lenient.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import jsonschema

GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
USER = rf"({GUID}|[^/?]+@[^/?]+|[^/?]+%40[^/?]+)"
BIND = {"type": "string", "pattern": rf"^https://[^/]+/v1\.0/(directoryObjects|users)/{GUID}$"}
PLANS = {"type": "array", "items": {"type": "string", "pattern": f"^{GUID}$"}, "uniqueItems": True}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


LIST = frozenset({"$select", "$top", "$filter", "$search", "$orderby", "$count", "$skiptoken"})
GROUP_BODY = _object(
    {
        "displayName": {"type": "string", "minLength": 1, "maxLength": 256},
        "mailNickname": {"type": "string", "pattern": r"^(?!\.)[!#-'*+\--9=?A-Z^-~]{1,64}(?<!\.)$"},
        "mailEnabled": {"type": "boolean"},
        "securityEnabled": {"type": "boolean"},
    },
    {
        "groupTypes": {"enum": [[], ["Unified"]]},
        "description": {"type": "string", "minLength": 1},
        "visibility": {"enum": ["Public", "Private", "HiddenMembership"]},
        "owners@odata.bind": {"type": "array", "items": BIND, "minItems": 1, "maxItems": 20},
        "members@odata.bind": {"type": "array", "items": BIND, "minItems": 1, "maxItems": 20},
    },
)
LICENCES = _object(
    {
        "addLicenses": {
            "type": "array",
            "items": _object({"skuId": {"type": "string", "pattern": f"^{GUID}$"}, "disabledPlans": PLANS}),
        },
        "removeLicenses": PLANS,
    }
)
_NULLABLE = {
    "city": 128, "companyName": 64, "country": 128, "department": 64, "employeeId": 16, "jobTitle": 128,
    "mobilePhone": 64, "officeLocation": 128,
}  # fmt: skip
PROPERTIES = {
    "minProperties": 1,
    **_object(
        {},
        {
            "usageLocation": {"type": "string", "pattern": "^[A-Z]{2}$"},  # "not nullable"
            **{
                name: {"type": ["string", "null"], "minLength": 1, "maxLength": longest}
                for name, longest in _NULLABLE.items()
            },
        },
    ),
}
BATCH = _object(
    {
        "requests": {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": _object(
                {
                    "id": {"type": "string"},
                    "method": {"enum": ["GET", "POST", "PATCH", "DELETE"]},
                    "url": {"type": "string", "pattern": "^/(?!v1.0)"},
                },
                {"headers": {"type": "object"}, "body": {"type": "object"}, "dependsOn": {"type": "array"}},
            ),
        }
    }
)


@dataclass(frozen=True)
class Documented:
    """One documented request. `advanced`: it always needs ConsistencyLevel."""

    method: str
    path: str
    options: frozenset[str] = frozenset()
    body: dict[str, Any] | None = None
    advanced: bool = False


TABLE = (
    Documented("GET", "/users", LIST),
    Documented("GET", r"/users/\$count", frozenset({"$filter"}), advanced=True),
    Documented("GET", f"/users/{USER}", frozenset({"$select"})),
    Documented("GET", f"/users/{USER}/memberOf", LIST),
    Documented("GET", "/groups", LIST),
    Documented("GET", f"/groups/{GUID}", frozenset({"$select"})),
    Documented("GET", r"/groups/\$count", frozenset({"$filter"}), advanced=True),
    Documented("GET", f"/groups/{GUID}/members", LIST),
    Documented("GET", rf"/groups/{GUID}/members/\$count", advanced=True),
    Documented("GET", f"/groups/{GUID}/owners", LIST),
    Documented("GET", f"/groups/{GUID}/transitiveMembers", LIST),
    Documented("GET", r"/directory/deletedItems/microsoft\.graph\.(user|group)", LIST),
    Documented("GET", "/subscribedSkus", frozenset({"$select"})),
    Documented("GET", "/organization", frozenset({"$select"})),
    Documented(
        "POST",
        "/directoryObjects/getByIds",
        frozenset({"$select"}),
        _object(
            {"ids": {"type": "array", "minItems": 1, "maxItems": 1000, "uniqueItems": True}},
            {"types": {"type": "array", "items": {"enum": ["user", "group"]}}},
        ),
    ),
    Documented("POST", r"/\$batch", body=BATCH),
    Documented("POST", "/groups", body=GROUP_BODY),
    Documented(
        "PATCH",
        f"/groups/{GUID}",
        body=_object({"members@odata.bind": {"type": "array", "items": BIND, "minItems": 1, "maxItems": 20}}),
    ),
    Documented("POST", rf"/groups/{GUID}/members/\$ref", body=_object({"@odata.id": BIND})),
    Documented("DELETE", rf"/groups/{GUID}/members/{GUID}/\$ref"),
    Documented("DELETE", f"/groups/{GUID}"),
    Documented("POST", f"/users/{USER}/assignLicense", body=LICENCES),
    Documented("PATCH", f"/users/{USER}", body=PROPERTIES),
)


def faults(entry: dict[str, Any]) -> list[str]:
    """What is wrong with one entry of the practice tenant's log of Graph requests, in words."""
    path = entry["path"].removeprefix("/v1.0")
    row = next((row for row in TABLE if row.method == entry["method"] and re.fullmatch(row.path, path)), None)
    if row is None:
        return [f"{entry['method']} {path} is not documented"]
    return [f"{entry['method']} {path}: {text}" for text in (*_queried(row, entry), *_sent(row, entry))]


def _queried(row: Documented, entry: dict[str, Any]) -> list[str]:
    options = dict(parse_qsl(entry.get("query", ""), keep_blank_values=True))
    found = [f"has no option {name}" for name in options if name not in row.options]
    if "$top" in options and not 1 <= int(options["$top"]) <= 999:
        found.append("$top is from 1 to 999")
    needs = row.advanced or "$search" in options or {"$filter", "$orderby"} <= set(options) or _advanced(options)
    said = entry["headers"].get("consistencylevel", "")
    if needs and said != "eventual":
        found.append("an advanced query without ConsistencyLevel")
    if needs and not row.advanced and options.get("$count") != "true":
        found.append("an advanced query without $count=true")
    if said and not needs and "$count" not in options:
        found.append("ConsistencyLevel where nothing needs it")
    return found


def _advanced(options: dict[str, str]) -> bool:
    text = options.get("$filter", "")
    return bool(re.search(r"\bendswith\(|\bnot\b|\bne\b|/\$count", text, re.IGNORECASE))


def _sent(row: Documented, entry: dict[str, Any]) -> list[str]:
    found = []
    inside = "batch" in entry and entry["path"] != "/v1.0/$batch"
    if not inside and not re.fullmatch(GUID, entry["client_request_id"]):
        found.append("no client-request-id")
    if not inside and not entry["headers"].get("accept", "").startswith("application/json"):
        found.append("no Accept")
    if row.body is None:
        return found + (["a body that is not documented"] if entry.get("body") is not None else [])
    if not entry["headers"].get("content-type", "").startswith("application/json"):
        found.append("a body without Content-Type")
    found += [error.message for error in jsonschema.Draft202012Validator(row.body).iter_errors(entry.get("body"))]
    if row.body is GROUP_BODY and isinstance(entry.get("body"), dict):
        body = entry["body"]
        if sum(len(body.get(f"{name}@odata.bind", ())) for name in ("owners", "members")) > 20:
            found.append("more than 20 relationships")
    if row.body is BATCH and isinstance(entry.get("body"), dict):
        found += _batched(entry["body"]["requests"])
    return found


def _batched(items: list[dict[str, Any]]) -> list[str]:
    ids = [item["id"].lower() for item in items]
    found = ["ids that are not unique"] if len(set(ids)) < len(ids) else []
    for item in items:
        headers = {name.lower() for name in item.get("headers", {})}
        if "body" in item and "content-type" not in headers:
            found.append(f"item {item['id']}: a body without Content-Type")
    return found
