"""Every error row of the facts on the operations (sections 0.5 and 5 to 10), how the practice tenant is made to
answer it, and what must be said. One table: for the runner's tests, the command line's and the window's.

Planning keeps most of them from ever being sent. So each row says what the plan is to say beforehand (`planned`,
where it can know), and what a run says that was planned before the tenant changed (`told`, in Graph's own refusal).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from o365desk.model.run import Plan, PlanRow, Row, Standing
from o365desk.model.targets import MemberTarget, NewGroupTarget, Target, expect
from tests.services.bulk import Bulk

ADD, REMOVE, CREATE = "add-user-to-group", "remove-user-from-group", "create-group"
ASSIGN, TAKE, LOCATE = "assign-licence-to-user", "remove-licence-from-user", "set-usage-location"
NOBODY = "11111111-2222-4333-8444-555555555555"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One row. `stale` makes a plan that Graph will refuse, whatever it takes; `status` and `code` are Graph's.
    `told` is part of the remedy then; with `outcome` other than "failed" it is part of the row's detail, or of the
    problem that stopped the run. `values` are what planning is given for the same case, `planned` the code of its
    problem; "" where only Graph can know. `switches` are turned between plan and run."""

    section: str
    name: str
    operation: str
    stale: Callable[[Bulk], Plan]
    status: int
    code: str = "Request_BadRequest"
    told: str
    outcome: str = "failed"
    planned: str = ""
    values: Callable[[Bulk], dict[str, str]] | None = None
    switches: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.section}: {self.name}"


# --- plans that Graph will refuse ---------------------------------------------------------------------------------


def made(bulk: Bulk, key: str, values: dict[str, str], **target: Any) -> Plan:
    """A plan as if planning had let this pass: the tenant was another when it was made."""
    good = {
        ADD: {"group": bulk.group("security"), "user": bulk.outsiders(bulk.group("security"), 9)[8]["id"]},
        REMOVE: {"group": bulk.group("security"), "user": min(bulk.writer.members(bulk.group("security")))},
        CREATE: {"displayName": "Night shift", "mailNickname": "night-shift"},
        ASSIGN: {"user": person(bulk), "plan": sku(bulk, "FLOW_FREE")},
        TAKE: {"user": holder(bulk, "SPB"), "plan": sku(bulk, "SPB")},
        LOCATE: {"user": person(bulk), "usageLocation": "IE"},
    }[key]
    plan = bulk.plan(key, [good])
    row = plan.rows[0]
    assert row.standing is not Standing.CANNOT, row.problem
    assert row.target is not None
    changed = msgspec.structs.replace(
        row,
        row=Row(number=1, values=good | values),
        standing=Standing.WILL,
        target=msgspec.structs.replace(row.target, **target),
        label="The row",
    )
    return msgspec.structs.replace(plan, rows=(changed,), limit=None)


def in_group(key: str, kind: str) -> Callable[[Bulk], Plan]:
    """The members of a group of this kind are to change."""

    def stale(bulk: Bulk) -> Plan:
        group = bulk.group(kind)
        inside = bulk.writer.members(group)
        outside = next(user["id"] for user in bulk.users if user["accountEnabled"] and user["id"] not in inside)
        return made(bulk, key, {}, group=group, user=outside if key == ADD else min(inside))

    return stale


def of_group(key: str, kind: str) -> Callable[[Bulk], dict[str, str]]:
    """What is given for the same."""

    def given(bulk: Bulk) -> dict[str, str]:
        row: PlanRow = in_group(key, kind)(bulk).rows[0]
        target = expect(row.target, MemberTarget)
        return {"group": target.group, "user": target.user}

    return given


def sku(bulk: Bulk, part: str) -> str:
    """A plan's id."""
    rows = bulk.writer.get("/subscribedSkus")["value"]
    return str(next(row["skuId"] for row in rows if row["skuPartNumber"] == part))


def seats(bulk: Bulk, part: str) -> int:
    """How many seats of a plan are free."""
    row = next(row for row in bulk.writer.get("/subscribedSkus")["value"] if row["skuPartNumber"] == part)
    return int(row["prepaidUnits"]["enabled"] + row["prepaidUnits"]["warning"] - row["consumedUnits"])


def holder(bulk: Bulk, part: str, but: str = "") -> str:
    """Somebody who has a plan, and not another one."""
    has, lacks = sku(bulk, part), sku(bulk, but) if but else ""
    for user in bulk.users:
        held = {entry["skuId"] for entry in user["assignedLicenses"]}
        if has in held and lacks not in held:
            return str(user["id"])
    raise AssertionError(part)


def person(bulk: Bulk) -> str:
    """An enabled member with a usage location and no plan at all."""
    return str(
        next(user["id"] for user in bulk.users
             if user["accountEnabled"] and user["usageLocation"] and not user["assignedLicenses"])
    )  # fmt: skip


def nowhere(bulk: Bulk) -> str:
    """An enabled user without a usage location."""
    return str(next(user["id"] for user in bulk.users if user["accountEnabled"] and not user["usageLocation"]))


def through_group(bulk: Bulk) -> str:
    """Somebody who has Power BI Pro through the licensed group only."""
    plan, members = sku(bulk, "POWER_BI_PRO"), bulk.writer.members(bulk.group("licensed"))
    for user in sorted(members):
        entry = bulk.writer.get(f"/users/{user}?$select=licenseAssignmentStates")
        ways = [state["assignedByGroup"] for state in entry["licenseAssignmentStates"] if state["skuId"] == plan]
        if ways and None not in ways:
            return user
    raise AssertionError("the seed has such people")


def licence(key: str, user: Callable[[Bulk], str], part: str) -> Callable[[Bulk], Plan]:
    """A plan is to be assigned to, or taken from, somebody."""
    return lambda bulk: made(bulk, key, {}, user=user(bulk), sku=sku(bulk, part))


def given_licence(user: Callable[[Bulk], str], part: str) -> Callable[[Bulk], dict[str, str]]:
    """What is given for the same."""
    return lambda bulk: {"user": user(bulk), "plan": part}


def emptied(bulk: Bulk) -> Plan:
    """The last seats go between plan and run."""
    part = "ENTERPRISEPACK"
    plan = bulk.plan(ASSIGN, [{"user": person(bulk), "plan": part}])
    ids = [user["id"] for user in bulk.users if user["accountEnabled"] and user["usageLocation"]
           and not user["assignedLicenses"]][1:]  # fmt: skip
    body = {"addLicenses": [{"skuId": sku(bulk, part), "disabledPlans": []}], "removeLicenses": []}
    for number in range(seats(bulk, part)):
        answer = bulk.writer.send("POST", f"/users/{ids[number]}/assignLicense", body)
        assert answer.status_code == 200, answer.text
    return plan


def taken_nickname(bulk: Bulk) -> Plan:
    """Somebody else creates a group of that nickname between plan and run."""
    plan = bulk.plan(CREATE, [{"displayName": "Night shift", "mailNickname": "night-shift"}])
    body = {"displayName": "Other", "mailNickname": "night-shift", "mailEnabled": False, "securityEnabled": True}
    assert bulk.writer.send("POST", "/groups", body).status_code == 201
    return plan


def bad_nickname(bulk: Bulk) -> Plan:
    """A nickname with a blank, as if nobody had looked at it."""
    plan = made(bulk, CREATE, {})
    target = expect(plan.rows[0].target, NewGroupTarget)
    return _with(plan, msgspec.structs.replace(target, body=target.body | {"mailNickname": "night shift"}))


def owner_twice(bulk: Bulk) -> Plan:
    """An owner who is named twice, as if nobody had looked at it."""
    plan = made(bulk, CREATE, {})
    target = expect(plan.rows[0].target, NewGroupTarget)
    return _with(plan, msgspec.structs.replace(target, owners=[bulk.users[30]["id"]] * 2))


def _with(plan: Plan, target: Target) -> Plan:
    return msgspec.structs.replace(plan, rows=(msgspec.structs.replace(plan.rows[0], target=target),))


def deleted_user(key: str) -> Callable[[Bulk], Plan]:
    """The user is deleted between plan and run."""

    def stale(bulk: Bulk) -> Plan:
        plan = made(bulk, key, {})
        user = msgspec.to_builtins(plan.rows[0].target)["user"]
        assert bulk.writer.send("DELETE", f"/users/{user}").status_code == 204
        return plan

    return stale


def any_of(key: str) -> Callable[[Bulk], Plan]:
    """Nothing is wrong with the row itself."""
    return lambda bulk: made(bulk, key, {})


def nobody(key: str) -> Callable[[Bulk], dict[str, str]]:
    """Somebody who does not exist."""
    return lambda bulk: {
        ADD: {"group": bulk.group("security"), "user": NOBODY},
        REMOVE: {"group": bulk.group("security"), "user": NOBODY},
        ASSIGN: {"user": NOBODY, "plan": "FLOW_FREE"},
        TAKE: {"user": NOBODY, "plan": "FLOW_FREE"},
        LOCATE: {"user": NOBODY, "usageLocation": "IE"},
    }[key]


# --- the table ----------------------------------------------------------------------------------------------------


def _anywhere() -> list[Refusal]:
    """Section 0.5: what any operation can be answered; seen with one that is batched and one that is not."""
    rows: list[Refusal] = []
    for key in (ADD, CREATE, ASSIGN):
        rows += [
            Refusal(section="0.5", name=f"401 {key}", operation=key, stale=any_of(key), status=401,
                    code="InvalidAuthenticationToken", told="Authorise again", outcome="stopped",
                    switches={"graph_refuses": "token"}),
            Refusal(section="0.5", name=f"403 {key}", operation=key, stale=any_of(key), status=403,
                    code="Authorization_RequestDenied", told="Test the connection",
                    switches={"graph_refuses": "denied"}),
            Refusal(section="0.5", name=f"403 identity {key}", operation=key, stale=any_of(key), status=403,
                    code="Authorization_IdentityNotFound", told="consent",
                    switches={"graph_refuses": "identity"}),
            Refusal(section="0.5", name=f"400 {key}", operation=key, stale=any_of(key), status=400,
                    told="Correct what Microsoft names", switches={"graph_refuses": "bad_request"}),
            Refusal(section="0.5", name=f"405 {key}", operation=key, stale=any_of(key), status=405,
                    told="Correct what Microsoft names", switches={"graph_refuses": "method"}),
            Refusal(section="0.5", name=f"quota {key}", operation=key, stale=any_of(key), status=400,
                    code="Directory_QuotaExceeded", told="Delete what is not needed",
                    switches={"graph_refuses": "quota"}),
            Refusal(section="0.5", name=f"429 {key}", operation=key, stale=any_of(key), status=429,
                    code="TooManyRequests", told="wait 400 seconds", outcome="stopped",
                    switches={"graph_throttle": 50, "batch_throttle": 50, "retry_after": 400}),
        ]  # fmt: skip
    return rows


_KINDS = ("dynamic", "mail-security", "distribution", "synced", "role")


def _kinds() -> list[Refusal]:
    """Sections 6 and 7: kinds of groups that refuse."""
    told = {
        "dynamic": (403, "Authorization_RequestDenied", "Test the connection", "dynamic"),
        "mail-security": (400, "Request_BadRequest", "Exchange admin centre", "mail-enabled"),
        "distribution": (400, "Request_BadRequest", "Exchange admin centre", "mail-enabled"),
        "synced": (400, "Request_BadRequest", "Active Directory", "synced"),
        "role": (403, "Authorization_RequestDenied", "Test the connection", "role-assignable"),
    }
    return [
        Refusal(section=section, name=f"{kind} group, {key}", operation=key, stale=in_group(key, kind),
                status=status, code=code, told=remedy, planned=planned, values=of_group(key, kind))
        for section, key in (("6", ADD), ("7", REMOVE))
        for kind, (status, code, remedy, planned) in told.items()
    ]  # fmt: skip


REFUSALS = (
    *_anywhere(),
    # 5: Create Group
    Refusal(section="5", name="nickname taken", operation=CREATE, stale=taken_nickname, status=400,
            told="a free one is suggested", planned="nickname-taken",
            values=lambda bulk: {"displayName": "New", "kind": "microsoft365",
                                 "mailNickname": bulk.groups[0]["mailNickname"]}),
    Refusal(section="5", name="nickname with letters that are refused", operation=CREATE,
            stale=bad_nickname,
            status=400, told="Give another one", planned="letters",
            values=lambda bulk: {"displayName": "New", "mailNickname": "night shift"}),
    Refusal(section="5", name="an owner twice", operation=CREATE, stale=owner_twice, status=400,
            told="Correct what Microsoft names"),
    # 6: Add User to Group
    Refusal(section="6", name="already a member", operation=ADD, stale=lambda bulk: made(
                bulk, ADD, {}, user=min(bulk.writer.members(bulk.group("security")))),
            status=400, told="became so after the plan", outcome="already"),
    Refusal(section="6", name="user unknown", operation=ADD, stale=deleted_user(ADD), status=404,
            code="Request_ResourceNotFound", told="Plan again", planned="not-found", values=nobody(ADD)),
    *_kinds(),
    # 7: Remove User From Group
    Refusal(section="7", name="not a member", operation=REMOVE, stale=lambda bulk: made(
                bulk, REMOVE, {}, user=bulk.outsiders(bulk.group("security"), 1)[0]["id"]),
            status=404, code="Request_ResourceNotFound", told="became so after the plan", outcome="already"),
    # 9: Assign Licence to User
    Refusal(section="9", name="no usage location", operation=ASSIGN, stale=licence(ASSIGN, nowhere, "FLOW_FREE"),
            status=400, told="Set the usage location", planned="no-usage-location",
            values=given_licence(nowhere, "FLOW_FREE")),
    Refusal(section="9", name="no seats", operation=ASSIGN, stale=emptied, status=400, told="Buy seats or free one",
            planned="no-seat", values=given_licence(person, "POWER_BI_PRO")),
    Refusal(section="9", name="conflicting plans", operation=ASSIGN,
            stale=licence(ASSIGN, lambda bulk: holder(bulk, "Microsoft_Teams_Rooms_Basic"),
                          "Microsoft_Teams_Rooms_Pro"),
            status=400, told="Take the other plan", planned="exclusive",
            values=given_licence(lambda bulk: holder(bulk, "Microsoft_Teams_Rooms_Basic"),
                                 "Microsoft_Teams_Rooms_Pro")),
    Refusal(section="9", name="base plan absent", operation=ASSIGN, stale=licence(ASSIGN, person, "MCOMEETADV"),
            status=400, told="Assign the base plan first", planned="dependency",
            values=given_licence(person, "MCOMEETADV")),
    Refusal(section="9", name="plan not owned", operation=ASSIGN,
            stale=lambda bulk: made(bulk, ASSIGN, {}, sku=NOBODY), status=400, told="Look at Licence Plan List",
            planned="not-found", values=given_licence(person, NOBODY)),
    Refusal(section="9", name="user unknown", operation=ASSIGN, stale=deleted_user(ASSIGN), status=404,
            code="Request_ResourceNotFound", told="restore the user", planned="not-found", values=nobody(ASSIGN)),
    # 10: Remove Licence from User
    Refusal(section="10", name="through a group", operation=TAKE,
            stale=licence(TAKE, through_group, "POWER_BI_PRO"), status=400, told="Take the user out of the group",
            planned="inherited", values=given_licence(through_group, "POWER_BI_PRO")),
    Refusal(section="10", name="no such licence", operation=TAKE, stale=licence(TAKE, person, "SPB"), status=400,
            told="became so after the plan", outcome="already"),
    Refusal(section="10", name="another plan needs it", operation=TAKE,
            stale=licence(TAKE, lambda bulk: holder(bulk, "MCOMEETADV", "ENTERPRISEPACK"), "EXCHANGESTANDARD"),
            status=400, told="Take the other plan from the user first"),
)  # fmt: skip

ELSEWHERE = {
    "0.5: 500, 502, 503, 504": "tests/services/writes/test_troubles.py and test_batch.py: faults are no refusals",
    "0.5: 404": "the unknown users and groups of sections 6, 7 and 9",
    "6: group created seconds ago": "tests/services/writes/test_troubles.py: it is given time",
    "6: missing $ref": "tests/practice/graph/writes/test_writes_refusals.py: this program never asks so",
    "5: neither security nor Microsoft 365": "likewise: the form offers no other kinds",
    "5: group creation is limited": "the same answer as 0.5: 403",
    "9: plans in conflict, Microsoft's other words": "tests/services/test_explain.py; it is one refusal",
    "9: duplicate proxy address": "no refusal: it is recorded with the user, see test_planning.py",
    "9: both arrays empty": "this program never asks so",
    "10: dependency hidden behind a group": "the same answer as 10: another plan needs it",
}
"""Rows of the facts that are no rows here, and why."""
FACTS = {
    "0.5": {"401", "403", "403 identity", "400", "405", "quota", "429"},
    "5": {"nickname taken", "nickname with letters that are refused", "an owner twice"},
    "6": {"already a member", "user unknown", *(f"{kind} group" for kind in _KINDS)},
    "7": {"not a member", *(f"{kind} group" for kind in _KINDS)},
    "9": {
        "no usage location",
        "no seats",
        "conflicting plans",
        "base plan absent",
        "plan not owned",
        "user unknown",
    },
    "10": {"through a group", "no such licence", "another plan needs it"},
}
"""The rows of the facts by section; each must be provoked."""
