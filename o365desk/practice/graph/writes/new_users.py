"""New users, and what values the properties of users can be given.

By user-post-users and resources/user of Microsoft's reference; the texts of refusals are those seen in the wild.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from o365desk.practice.directory import changes, names
from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph import properties
from o365desk.practice.graph.call import Call, bad_request, conflict, denied, invalid_value, unmodelled
from o365desk.practice.graph.selection import entity_answer
from o365desk.practice.graph.writes.bodies import json_object
from o365desk.practice.graph.writes.group_creation import is_nickname
from o365desk.practice.wire import Answer

_REQUIRED = ("accountEnabled", "displayName", "mailNickname", "userPrincipalName")
_LOCAL_PART = re.compile(r"[A-Za-z0-9'._!#^~-]{1,64}")
_CLASSES = tuple(re.compile(letters) for letters in ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9]"))
_POLICIES = frozenset({"DisablePasswordExpiration", "DisableStrongPassword", "None"})
# What Graph can write through other services than the directory, or only with permissions of its own.
_ELSEWHERE = (properties.USERS.single_only - {"licenseAssignmentStates", "deviceEnrollmentLimit", "print"}) | {
    "customSecurityAttributes", "employeeLeaveDateTime", "identities"
}  # fmt: skip

Fits = Callable[[Any], bool]


def _text(longest: int, needed: bool = False) -> Fits:
    def fits(value: Any) -> bool:
        return not needed if value is None else isinstance(value, str) and 0 < len(value) <= longest

    return fits


def _one_of(*values: Any) -> Fits:
    return lambda value: any(value is known or (value == known and isinstance(value, str)) for known in values)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _moment(value: Any) -> bool:
    try:
        return value is None or datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _parts(*known: str) -> Fits:
    """A structured value: texts or nothing by these names."""
    return lambda value: (
        value is None
        or (isinstance(value, dict) and set(value) <= set(known) and all(map(_text(1024), value.values())))
    )


def _policies(value: Any) -> bool:
    return value is None or (isinstance(value, str) and {part.strip() for part in value.split(",")} <= _POLICIES)


VALUES: dict[str, Fits] = {
    "accountEnabled": lambda value: isinstance(value, bool),
    "ageGroup": _one_of(None, "Minor", "NotAdult", "Adult"),
    "businessPhones": lambda value: _texts(value) and len(value) <= 1,
    "city": _text(128),
    "companyName": _text(64),
    "consentProvidedForMinor": _one_of(None, "Granted", "Denied", "NotRequired"),
    "country": _text(128),
    "department": _text(64),
    "displayName": _text(256, needed=True),
    "employeeHireDate": _moment,
    "employeeId": _text(16),
    "employeeOrgData": _parts("division", "costCenter"),
    "employeeType": _text(64),
    "faxNumber": _text(64),
    "givenName": _text(64),
    "jobTitle": _text(128),
    "mail": lambda value: isinstance(value, str) and bool(re.fullmatch(r"[^@\s]+@[^@\s]+", value)),
    "mailNickname": is_nickname,
    "mobilePhone": _text(64),
    "officeLocation": _text(128),
    "onPremisesExtensionAttributes": _parts(*(f"extensionAttribute{n}" for n in range(1, 16))),
    "onPremisesImmutableId": _text(128),
    "otherMails": lambda value: _texts(value) and all("@" in one for one in value),
    "passwordPolicies": _policies,
    "postalCode": _text(40),
    "preferredDataLocation": _text(64),
    "preferredLanguage": _text(64),
    "showInAddressList": _one_of(None, True, False),
    "state": _text(128),
    "streetAddress": _text(1024),
    "surname": _text(64),
    "usageLocation": lambda value: isinstance(value, str) and value in names.ISO_COUNTRIES,  # "not nullable"
    "userPrincipalName": lambda value: isinstance(value, str),  # see principal_name
    "userType": _one_of("Member", "Guest"),
}


def check_names(body: dict[str, Any]) -> None:
    """Refuses what is no property of users, and what of them cannot be written, here or at Microsoft."""
    for name in body.keys() - VALUES.keys():
        if name not in properties.USERS.known:
            raise bad_request(f"One or more property values specified are invalid: '{name}'.")
        if name in _ELSEWHERE:
            raise unmodelled(f"writing '{name}' of a user", there=True)
        raise bad_request(f"Property '{name}' is read-only and cannot be set.")


def check_values(call: Call, user: Entity | None, body: dict[str, Any]) -> None:
    """Refuses values that cannot be, or that belong to somebody else."""
    for name, value in body.items():
        if not VALUES[name](value):
            raise invalid_value(name, "User")
    if "userPrincipalName" in body:
        _check_principal_name(call, user, body["userPrincipalName"])
    if "mail" in body:
        _check_mail(call, user, body["mail"])


def _check_principal_name(call: Call, user: Entity | None, given: str) -> None:
    local, _, domain = given.rpartition("@")
    if domain.lower() not in {entry["name"] for entry in call.directory.organization["verifiedDomains"]}:
        text = "The domain portion of the userPrincipalName property is invalid. You must use one of the verified "
        raise bad_request(
            f"{text}domain names in your organization.", code="InvalidValue", target="userPrincipalName"
        )
    if not _LOCAL_PART.fullmatch(local) or local.endswith(".") or len(given) > 113:
        raise bad_request("Property userPrincipalName is invalid.", code="InvalidValue", target="userPrincipalName")
    if call.directory.user_by_key.get(given.lower(), user) is not user:
        raise conflict("userPrincipalName")


def _check_mail(call: Call, user: Entity | None, given: str) -> None:
    wanted = f"smtp:{given.lower()}"
    for other in call.directory.users:
        if other is not user and any(address.lower() == wanted for address in other["proxyAddresses"]):
            raise conflict("proxyAddresses")


def create_user(call: Call, parts: tuple[str, ...]) -> Answer:
    """POST /users"""
    if call.account and not call.account.administrator:
        raise denied()
    body = json_object(call)
    profile = body.pop("passwordProfile", None)
    check_names(body)
    for name in _REQUIRED:
        if body.get(name) is None:
            raise bad_request(f"A value is required for property '{name}' of resource 'User'.")
    _check_password(profile, body.get("passwordPolicies"))
    check_values(call, None, body)
    user = _made(call, body)
    changes.add_user(call.directory, user)
    call.directory.pristine.keep(call.directory.passwords)
    call.directory.passwords[user["id"]] = profile["password"]
    return entity_answer(call, "users", user, properties.USERS, 201)


def _check_password(profile: Any, policies: Any) -> None:
    if profile is None or (isinstance(profile, dict) and profile.get("password") is None):
        raise bad_request("A password must be specified to create a new user.")
    if not isinstance(profile, dict) or not isinstance(profile["password"], str):
        raise invalid_value("passwordProfile", "User")
    password, weak = profile["password"], isinstance(policies, str) and "DisableStrongPassword" in policies
    classes = sum(1 for letters in _CLASSES if letters.search(password))
    if not 8 <= len(password) <= 256 or (classes < 3 and not weak):
        text = "The specified password does not comply with password complexity requirements. Please provide a "
        raise bad_request(f"{text}different password.")


def _made(call: Call, body: dict[str, Any]) -> Entity:
    nothing: dict[str, Any] = dict.fromkeys(properties.USERS.default) | dict.fromkeys(VALUES)
    return nothing | {
        "id": call.directory.new_id(),
        "createdDateTime": changes.instant(call.now),
        "userType": "Member",
        "businessPhones": [],
        "otherMails": [],
        "onPremisesSyncEnabled": None,
        "assignedLicenses": [],
        "proxyAddresses": [],
        **changes.with_mail(None, body),
    }
