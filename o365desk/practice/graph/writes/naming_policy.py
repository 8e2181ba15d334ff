"""The tenant's naming policy for Microsoft 365 groups, if a switch sets one.

The refusal of a missing prefix is as seen in the wild. That of a blocked word has the code of validateProperties'
reference page, and words of our own.
"""

from o365desk.practice.graph.call import Call, GraphError, bad_request

PREFIX = "GRP-"
BLOCKED = ("CEO", "Payroll")
JUDGED = ("displayName", "mailNickname")


def check(call: Call, names: dict[str, str]) -> None:
    """Refuses names (by property) that do not keep to it. Administrators are exempt; apps are not."""
    if call.naming_policy == "none" or (call.account and call.account.administrator):
        return
    details = _missing(names) if call.naming_policy == "prefix" else _blocked(names)
    if details:
        raise _refused(call.naming_policy, details)


def _missing(names: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"target": name, "suggestedPropertyValue": PREFIX + value, "code": "MissingPrefixSuffix"}
        for name, value in names.items()
        if not value.startswith(PREFIX)
    ]


def _blocked(names: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"target": name, "code": "ContainsBlockedWord", "blockedWord": word}
        for name, value in names.items()
        for word in BLOCKED
        if word.lower() in value.lower().replace("-", " ").replace("_", " ").split()
    ][:1]  # only the first failure is told


def _refused(policy: str, details: list[dict[str, str]]) -> GraphError:
    error = bad_request(
        "The property is missing a required prefix/suffix per your organization's Group naming requirements."
        if policy == "prefix"
        else "The property contains one or more words that your organization's Group naming requirements block."
    )
    error.details = details
    return error
