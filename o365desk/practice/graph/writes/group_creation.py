"""New groups: what must be said, what may be said, and what becomes of it."""

from collections.abc import Callable
from typing import Any

from o365desk.practice.directory import changes
from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph import properties
from o365desk.practice.graph.call import Call, bad_request, conflict, denied, invalid_value
from o365desk.practice.graph.selection import entity_answer
from o365desk.practice.graph.writes import naming_policy
from o365desk.practice.graph.writes.bodies import bound, check_count, json_object
from o365desk.practice.wire import Answer

_REQUIRED = (("displayName", str), ("mailEnabled", bool), ("mailNickname", str), ("securityEnabled", bool))
_OPTIONAL = {
    "description": str,
    "visibility": str,
    "groupTypes": list,
    "isAssignableToRole": bool,
    "membershipRule": str,
    "membershipRuleProcessingState": str,
    "classification": str,
    "preferredDataLocation": str,
    "preferredLanguage": str,
    "theme": str,
}
_NOT_AT_CREATION = frozenset(
    {"allowExternalSenders", "autoSubscribeNewMembers", "hideFromAddressLists", "hideFromOutlookClients",
     "isSubscribedByMail", "unseenCount"}
)  # fmt: skip
_NOT_IN_A_NICKNAME = frozenset('@()\\[]";:<>, ')
_VISIBILITIES = ("Public", "Private", "HiddenMembership")


def create_group(call: Call, parts: tuple[str, ...]) -> Answer:
    """POST /groups"""
    body = json_object(call)
    _check_names(body)
    kinds = _kinds(body)
    nickname(call, None, body["mailNickname"])
    display_name(call, None, body["displayName"])
    description(call, None, body.get("description"))
    if "Unified" in kinds:
        naming_policy.check(call, {name: body[name] for name in naming_policy.JUDGED})
    _check_visibility(body, kinds)
    _check_role(call, body)
    owners, members = _people(call, body, kinds)
    group = _made(call, body, kinds)
    seen = call.now + call.replication_delay
    changes.add_group(call.directory, group, owners, members, seen)
    return entity_answer(call, "groups", group, properties.GROUPS, 201)


def _check_names(body: dict[str, Any]) -> None:
    for name, kind in _REQUIRED:
        if body.get(name) is None:
            raise bad_request(f"A value is required for property '{name}' of resource 'Group'.")
        if not isinstance(body[name], kind):
            raise invalid_value(name, "Group")
    for name, value in body.items():
        if "@" in name or name in dict(_REQUIRED):
            continue
        if name in _NOT_AT_CREATION:
            raise bad_request(f"Property '{name}' cannot be set when a group is created.")
        if name not in _OPTIONAL:
            raise bad_request(f"One or more property values specified are invalid: '{name}'.")
        if value is not None and not isinstance(value, _OPTIONAL[name]):
            raise invalid_value(name, "Group")


def _kinds(body: dict[str, Any]) -> list[str]:
    """The group types, of a group that Graph can make."""
    kinds: list[str] = body.get("groupTypes") or []
    if any(kind not in ("Unified", "DynamicMembership") for kind in kinds) or len(set(kinds)) < len(kinds):
        raise invalid_value("groupTypes", "Group")
    if "Unified" in kinds and not body["mailEnabled"]:
        raise bad_request("A Microsoft 365 group must be mail-enabled: 'mailEnabled' must be true.")
    if "Unified" not in kinds and body["mailEnabled"]:
        raise bad_request("Cannot Create a mail-enabled security groups and or distribution list.")
    if "Unified" not in kinds and not body["securityEnabled"]:
        raise bad_request("A group must be security-enabled, or be a Microsoft 365 group.")
    dynamic = "DynamicMembership" in kinds
    if dynamic != bool(body.get("membershipRule")):
        raise bad_request("'membershipRule' belongs to groups with dynamic membership, and they need one.")
    if dynamic and body.get("members@odata.bind"):
        raise bad_request("Members of a group with dynamic membership cannot be set.")
    return kinds


def display_name(call: Call, group: Entity | None, value: Any) -> None:
    """Refuses a display name that is none."""
    if not isinstance(value, str) or not value.strip() or len(value) > 256:
        raise invalid_value("displayName", "Group")


def description(call: Call, group: Entity | None, value: Any) -> None:
    """Refuses a description that is none or too long; null clears it."""
    if value is not None and (not isinstance(value, str) or len(value) > 1024):
        raise invalid_value("description", "Group")


def is_nickname(value: Any) -> bool:
    """Whether mail knows all the letters; a dot may be between others since November 2022."""
    plain = isinstance(value, str) and 0 < len(value) <= 64 and value.isascii() and value.isprintable()
    return plain and not _NOT_IN_A_NICKNAME & set(value) and value[0] != "." != value[-1]


def nickname(call: Call, group: Entity | None, value: Any) -> None:
    """Refuses a mail nickname with characters that mail does not know, and one that another group has."""
    if not is_nickname(value):
        raise invalid_value("mailNickname", "Group")
    waiting = [entry for _, entry in call.directory.pending.values()]
    others = (other for other in [*call.directory.groups, *waiting] if other is not group)
    if any(str(other["mailNickname"]).lower() == value.lower() for other in others):
        raise conflict("mailNickname")


def _patched_visibility(call: Call, group: Entity, value: Any) -> None:
    """HiddenMembership is for good: it can neither be set nor left later."""
    unified = "Unified" in group["groupTypes"]
    hidden = "HiddenMembership" in (value, group["visibility"])
    if not unified or hidden or value not in _VISIBILITIES:
        raise invalid_value("visibility", "Group")


PATCHED: dict[str, Callable[[Call, Entity, Any], None]] = {
    "displayName": display_name,
    "description": description,
    "mailNickname": nickname,
    "visibility": _patched_visibility,
}


def _check_visibility(body: dict[str, Any], kinds: list[str]) -> None:
    asked = body.get("visibility")
    if asked is None:
        return
    if asked not in _VISIBILITIES or (asked == "HiddenMembership" and "Unified" not in kinds):
        raise invalid_value("visibility", "Group")


def _check_role(call: Call, body: dict[str, Any]) -> None:
    if not body.get("isAssignableToRole"):
        return
    if "RoleManagement.ReadWrite.Directory" not in call.granted or (
        call.account and not call.account.administrator
    ):
        raise denied()
    if body.get("visibility") == "Public":
        raise bad_request("A group that can be assigned to roles must be private.")


def _people(call: Call, body: dict[str, Any], kinds: list[str]) -> tuple[list[Entity], list[Entity]]:
    """Owners and members; a person who names no owner of a Microsoft 365 group becomes it."""
    check_count(body)
    owners, members = bound(call, body, "owners"), bound(call, body, "members")
    if any("userPrincipalName" not in entity for entity in owners):
        raise bad_request("The type of the object is not valid as an owner of a group.")
    if "Unified" in kinds and any("userPrincipalName" not in entity for entity in members):
        raise bad_request("Only users can be members of a Microsoft 365 group.")
    person = call.account
    if person and not owners and ("Unified" in kinds or not person.administrator):
        owners = [person.user]
    return owners, members


def _made(call: Call, body: dict[str, Any], kinds: list[str]) -> Entity:
    unified = "Unified" in kinds
    mail = f"{body['mailNickname']}@{call.directory.mail_domain}" if unified else None
    now = changes.instant(call.now)
    role = True if body.get("isAssignableToRole") else None
    usual = "Public" if unified else "Private" if role else None
    rule = body.get("membershipRule")
    return {
        "id": call.directory.new_id(),
        "deletedDateTime": None,
        "classification": body.get("classification"),
        "createdDateTime": now,
        "description": body.get("description"),
        "displayName": body["displayName"],
        "expirationDateTime": None,
        "groupTypes": kinds,
        "isAssignableToRole": role,
        "mail": mail,
        "mailEnabled": body["mailEnabled"],
        "mailNickname": body["mailNickname"],
        "membershipRule": rule,
        "membershipRuleProcessingState": (body.get("membershipRuleProcessingState") or "On") if rule else None,
        "onPremisesSyncEnabled": None,
        "preferredDataLocation": body.get("preferredDataLocation"),
        "preferredLanguage": body.get("preferredLanguage"),
        "proxyAddresses": [f"SMTP:{mail}"] if mail else [],
        "renewedDateTime": now,
        "securityEnabled": body["securityEnabled"],
        "theme": body.get("theme"),
        "visibility": body.get("visibility") or usual,
        "assignedLicenses": [],
    }
