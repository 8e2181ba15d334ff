"""Which groups Microsoft Graph does not change, and why."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from o365desk.catalogue.permissions import SEES_HIDDEN
from o365desk.model.problems import Problem

ROLE_GROUPS = "RoleManagement.ReadWrite.Directory"
"""The permission that groups with directory roles need besides."""
_EXCHANGE = "Change its members in the Exchange admin centre."
_KINDS: tuple[tuple[Callable[[Mapping[str, Any]], bool], str, str, str, str], ...] = (
    (
        lambda group: bool(group.get("onPremisesSyncEnabled")),
        "synced",
        "“{}” is synchronised from Active Directory",
        "Microsoft takes changes of it from there only.",
        "Change it in Active Directory; the change arrives with the next synchronisation.",
    ),
    (
        lambda group: "DynamicMembership" in (group.get("groupTypes") or ()),
        "dynamic",
        "“{}” is a dynamic group",
        "Its members follow its rule, and nobody can be added or removed by hand.",
        "Change the rule, or the properties of the users that it looks at.",
    ),
    (
        lambda group: bool(group.get("mailEnabled")) and "Unified" not in (group.get("groupTypes") or ()),
        "mail-enabled",
        "“{}” is a mail-enabled security group or distribution list",
        "Exchange looks after it; Microsoft Graph can only read it.",
        _EXCHANGE,
    ),
)


def refused_kind(group: Mapping[str, Any], granted: Collection[str], *, members: bool = True) -> Problem | None:
    """Why a group's members (or, not `members`, the group itself) cannot be changed through Graph, by its kind."""
    name = str(group.get("displayName"))
    for applies, code, title, cause, remedy in _KINDS:
        if applies(group) and (members or code != "dynamic"):
            return Problem(title=title.format(name), cause=cause, remedy=remedy, field="group", code=code)
    if not granted:  # a token that cannot be read proves nothing
        return None
    if members and (hidden := hidden_members(group, granted)):
        return hidden
    if group.get("isAssignableToRole") and ROLE_GROUPS not in granted:
        return _role_assignable(name)
    return None


def hidden_members(group: Mapping[str, Any], granted: Collection[str]) -> Problem | None:
    """Why it is not told who is in a group; None where it is. A token that cannot be read proves nothing."""
    if group.get("visibility") != "HiddenMembership" or not granted or SEES_HIDDEN & set(granted):
        return None
    name = str(group.get("displayName"))
    return Problem(
        title=f"The members of “{name}” are hidden",
        cause=f"Only with {' or '.join(sorted(SEES_HIDDEN))} does Microsoft tell who is in it; else it answers "
        "with an empty list, from which nothing may be concluded.",
        remedy="Have Member.Read.Hidden consented to for the app, or change the members in the Entra admin centre.",
        field="group",
        code="hidden-members",
    )


def _role_assignable(name: str) -> Problem:
    return Problem(
        title=f"“{name}” can be given directory roles",
        cause=f"Such a group is protected: the app would need {ROLE_GROUPS}.",
        remedy="Change it in the Entra admin centre as a Privileged Role Administrator.",
        field="group",
        code="role-assignable",
    )
