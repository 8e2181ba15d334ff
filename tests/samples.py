"""Values to try each operation with: the one table of them. Whatever it names is in the practice tenant."""

_TEAM = "O'Brien's team"
_SAMPLES = {
    "user-list": {},
    "group-list": {},
    "find-users": {"search": "a", "match": "starts"},
    "find-groups": {"search": "pro", "match": "words"},
    "create-group": {"displayName": "Night shift"},
    "add-user-to-group": {"group": _TEAM, "user": "{user}"},
    "remove-user-from-group": {"group": _TEAM, "user": "{user}"},
    "licence-plan-list": {},
    "assign-licence-to-user": {"user": "{user}", "plan": "FLOW_FREE"},
    "remove-licence-from-user": {"user": "{user}", "plan": "FLOW_FREE"},
    "group-members": {"group": _TEAM},
    "groups-of-user": {"user": "{user}"},
}


def sample(key: str, user: str) -> dict[str, str]:
    """Values for an operation's fields. `user` is the UPN, mail address or ID of somebody."""
    return {name: text.format(user=user) for name, text in _SAMPLES[key].items()}
