"""Changing and deleting users."""

from o365desk.practice.directory import changes
from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph.call import Call, Handler, bad_request, denied, not_found, restricted
from o365desk.practice.graph.writes.bodies import SYNCED, json_object
from o365desk.practice.graph.writes.new_users import check_names, check_values, create_user
from o365desk.practice.permissions import WRITE_USERS
from o365desk.practice.wire import Answer, json_answer

_OWN = frozenset({"mobilePhone", "businessPhones", "preferredLanguage"})
# What belongs to the cloud also where everything else comes from the company's own directory.
_NOT_MASTERED = frozenset({"usageLocation"})
# What does not count as a change of somebody in a restricted management administrative unit.
_NOT_RESTRICTED = frozenset({"usageLocation"})
# What apps cannot change of administrators, by user-update of Microsoft's reference.
_SENSITIVE = frozenset({"accountEnabled", "businessPhones", "mobilePhone", "otherMails", "userPrincipalName"})


def handlers() -> dict[str, Handler]:
    """What is modelled, by row of the permission table."""
    return {
        "POST /users": create_user,
        "PATCH /users/{id}": _patch,
        "DELETE /users/{id}": _delete,
        "DELETE /groups/{id}/members/{id}": _delete_through_group,
    }


def user_answer(call: Call, user: Entity) -> Answer:
    """A user as actions answer with one: all that is kept of it."""
    return json_answer(200, {"@odata.context": f"{call.context}users/$entity", **user})


def _patch(call: Call, parts: tuple[str, ...]) -> Answer:
    """PATCH /users/{id or user principal name}"""
    user = call.user(parts[1])
    body = json_object(call)
    if "passwordProfile" in body:  # takes User-PasswordProfile.ReadWrite.All, which no app can be given here
        raise denied()
    check_names(body)
    _may_change(call, user, set(body))
    if user["onPremisesSyncEnabled"] and body.keys() - _NOT_MASTERED:
        raise bad_request(SYNCED)
    check_values(call, user, body)
    if body:
        changes.set_user_values(call.directory, user, changes.with_mail(user, body))
    return Answer(204)


def _may_change(call: Call, user: Entity, what: set[str]) -> None:
    """People need a role for others and for most of their own; apps may not lock administrators out."""
    account = call.account
    if user["id"] in call.directory.restricted and what - _NOT_RESTRICTED:
        raise restricted()
    if account is None:
        if what & _SENSITIVE and _administers(call, user):
            raise denied()
    elif not account.administrator and (user is not account.user or what - _OWN):
        raise denied()


def _administers(call: Call, user: Entity) -> bool:
    return any(account.user is user and account.administrator for account in call.directory.accounts)


def _delete(call: Call, parts: tuple[str, ...]) -> Answer:
    """DELETE /users/{id or user principal name}: into the recycle bin."""
    return _deleted(call, call.user(parts[1]))


def _deleted(call: Call, user: Entity) -> Answer:
    if user["id"] in call.directory.restricted:
        raise restricted()
    if call.account is None and _administers(call, user):
        raise denied()
    if call.account and not call.account.administrator:
        raise denied()
    changes.delete_users(call.directory, [user], call.now)
    return Answer(204)


def _delete_through_group(call: Call, parts: tuple[str, ...]) -> Answer:
    """DELETE /groups/{id}/members/{id}, without /$ref: the member itself is deleted, as Microsoft documents."""
    group = call.group(parts[1])
    member = call.directory.members[group["id"]].get(parts[3].lower())
    if not WRITE_USERS & call.granted:
        raise denied()
    if member is None:
        raise not_found(parts[3])
    if "userPrincipalName" not in member:
        raise denied()
    return _deleted(call, member)
