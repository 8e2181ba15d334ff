"""Plans and runs made up for pictures and for tests of widgets: no tenant stands behind them."""

from datetime import datetime, timedelta
from typing import Any

from o365desk.model.problems import Problem
from o365desk.model.run import (
    Counts,
    Fix,
    Limit,
    Plan,
    PlanRow,
    Row,
    RowOutcome,
    Run,
    RunProgress,
    RunRow,
    RunState,
    Standing,
)

PEOPLE = ("Anna Müller", "Björn Ek", "Chloé Dubois", "Dmitri Orlov", "Eoin Ó Briain", "Farah Haddad", "Goran Ilić")
NO_USER = Problem(
    title="There is no user “old.intern@contoso.com”",
    cause="Neither a user principal name nor a mail address reads so.",
    remedy="Look the name up with Find Users, or take the row out.",
    code="not-found",
)
DISABLED = Problem(
    title="The account of Farah Haddad is disabled",
    cause="A disabled account is not added to groups.",
    remedy="Enable the account first, or take the row out.",
    code="disabled",
)


def row(number: int) -> Row:
    """What a row of a file asks for."""
    mail = PEOPLE[number % len(PEOPLE)].split()[0].lower()
    return Row(number=number, line=number + 1, values={"group": "Sales", "user": f"{mail}{number}@contoso.com"})


def plan_rows(count: int) -> tuple[PlanRow, ...]:
    """Rows of which every ninth cannot be done and every fifth is so already."""
    return tuple(_plan_row(number) for number in range(1, count + 1))


def _plan_row(number: int) -> PlanRow:
    label = f"{PEOPLE[number % len(PEOPLE)]} → Sales"
    who = f"{row(number).values['user']} · sales@contoso.com"
    if number % 9 == 0:
        problem = NO_USER if number % 2 else DISABLED
        return PlanRow(row=row(number), label=label, who=who, standing=Standing.CANNOT, problem=problem)
    if number % 5 == 0:
        return PlanRow(row=row(number), label=label, who=who, standing=Standing.ALREADY, note="already a member")
    return PlanRow(row=row(number), label=label, who=who, standing=Standing.WILL)


def plan(source_id: str, made: datetime, count: int = 40, **changes: Any) -> Plan:
    """A plan to add users to Sales."""
    rows = plan_rows(count)
    will = sum(item.standing is Standing.WILL for item in rows)
    values: dict[str, Any] = {
        "operation": "add-user-to-group",
        "source_id": source_id,
        "source_name": "Contoso HR",
        "made": made,
        "rows": rows,
        "sentence": f"Add {will:,} users to Sales",
    }
    return Plan(**(values | changes))


def undo(source_id: str, made: datetime) -> Plan:
    """The undo of a run that added people to Sales."""
    again = Problem(
        title="Run 77ab1200 changed this again",
        cause="What that run brought is not this run's to take back.",
        remedy="Undo run 77ab1200 first, then this one again; or leave it as it is.",
        code="changed-later",
    )
    said = {2: "Stays its owner.", 5: "Stays in it through “Sales North”.", 6: "Stays its owner."}
    rows = tuple(
        PlanRow(
            row=row(number),
            label=f"{PEOPLE[number % len(PEOPLE)]} from Sales",
            standing=Standing.CANNOT if number == 3 else Standing.ALREADY if number == 6 else Standing.WILL,
            problem=again if number == 3 else None,
            note="Not a member." if number == 6 else "",
            warnings=(said[number],) if number in said else (),
        )
        for number in range(1, 9)
    )
    sentence = "Remove 6 users from Sales"
    return plan(
        source_id, made, operation="remove-user-from-group", rows=rows, sentence=sentence, undoes="1c5065b0"
    )


def warned(source_id: str, made: datetime) -> Plan:
    """A plan of rows of a file, to create groups, with warnings of all lengths."""
    said = (
        ("It will have no owner.",),
        ("2 of the members: the accounts are disabled (Anna Müller, Room Berlin 4).", "It will have no owner."),
        ("Another group has this display name; Microsoft accepts that.",),
        (
            "The mail nickname “north” is that of “Sales North” (1f2e3d4c-0000-4000-8000-0000000000aa), too. "
            "Microsoft is known to take this for security groups, and to refuse it.",
        ),
    )
    rows = tuple(
        PlanRow(
            row=row(number),
            label=f"Team {number}",
            who=f"Security group · team-{number}",
            standing=Standing.WILL,
            note=f"Security group, mail nickname team-{number}, owners: 0, members: {number}. Description: The "
            "people who look after the things of the week, and those who stand in for them.",
            warnings=said[number % 7] if number % 7 < len(said) else (),
        )
        for number in range(1, 15)
    )
    return plan(
        source_id, made, operation="create-group", rows=rows, sentence="Create 14 groups", disabled=4
    )  # fmt: skip


def large(source_id: str, made: datetime) -> Plan:
    """A plan with everything that can be said about one."""
    return plan(
        source_id,
        made,
        operation="remove-user-from-group",
        sentence="Remove 412 users from Sales",
        limit=Limit(reason="This removes 412 of the 1,030 members of Sales, 40 %.", word="Sales"),
        fixes=(
            Fix(
                title="14 users have no usage location",
                operation="set-usage-location",
                rows=tuple(Row(number=n, values={"user": f"u{n}@contoso.com"}) for n in range(1, 15)),
                asks="usageLocation",
                suggestion="IE",
            ),
        ),
        notes=("3 rows name the same user twice: the later ones are left out.",),
    )


def run(source_id: str, started: datetime, **changes: Any) -> Run:
    """A run that added users to Sales."""
    values: dict[str, Any] = {
        "id": "5d1c09ae",
        "operation": "add-user-to-group",
        "title": "Add User to Group",
        "sentence": "Add 9,963 users to Sales",
        "source_id": source_id,
        "source_name": "Contoso HR",
        "state": RunState.FINISHED,
        "by": "a.admin",
        "started": started,
        "ended": started + timedelta(seconds=42),
        "counts": Counts(changed=9960, already=3, failed=25, cannot=12),
        "undoable": 9960,
    }
    return Run(**(values | changes))


def run_rows(count: int) -> list[RunRow]:
    """Rows as they ended: of those that were sent, every fourteenth was refused."""
    return [_run_row(item) for item in plan_rows(count)]


def _run_row(item: PlanRow) -> RunRow:
    if item.standing is Standing.WILL and item.row.number % 14 == 0:
        return RunRow(
            number=item.row.number,
            line=item.row.line,
            label=item.label,
            outcome=RowOutcome.FAILED,
            detail="Microsoft Graph does not know the user any more. Somebody deleted it after the plan was made.",
            remedy="Look the user up with Find Users.",
            code="Request_ResourceNotFound",
            request_id="6ad1c0de-9f3b-4f0e-8d55-0c2b7a91e4f7",
        )
    outcomes = {
        Standing.WILL: RowOutcome.CHANGED,
        Standing.ALREADY: RowOutcome.ALREADY,
        Standing.CANNOT: RowOutcome.CANNOT,
    }
    problem = item.problem
    return RunRow(
        number=item.row.number,
        line=item.row.line,
        label=item.label,
        outcome=outcomes[item.standing],
        detail=problem.with_(remedy="").sentence() if problem else item.note,
        remedy=problem.remedy if problem else "",
        code=problem.code if problem else "",
    )


def progress(waiting: str = "") -> RunProgress:
    """A run in the middle."""
    return RunProgress(
        run="5d1c09ae",
        counts=Counts(changed=4120, already=3, failed=12, not_attempted=5865),
        rate=236.4,
        left=24.8,
        waiting=waiting,
        recent=tuple(row for row in run_rows(280) if row.outcome is RowOutcome.FAILED)[:12],
    )


def users(count: int) -> list[dict[str, Any]]:
    """People made up, in Graph's shape."""
    first, last = ("Anna", "Bea", "Cem", "Dalia", "Émile", "Finn"), ("Müller", "Black", "Novák", "O'Brien", "Sato")
    made = []
    for number in range(count):
        name = f"{first[number % 6]} {last[number % 5]}"
        upn = f"{first[number % 6][:1].lower()}{number:04}@contoso.com"
        made.append({
            "id": f"{number:08x}-5b0d-4c6a-9e8f-0a1b2c3d4e5f", "displayName": name, "userPrincipalName": upn,
            "mail": upn, "accountEnabled": number % 9 != 4, "userType": "Guest" if number % 13 == 5 else "Member",
            "jobTitle": ("Engineer", "Buyer", None)[number % 3], "department": ("Sales", "HR")[number % 2],
            "usageLocation": ("IE", "DE", None)[number % 3], "assignedLicenses": [],
            "createdDateTime": "2024-03-01T08:30:00Z",
        })  # fmt: skip
    return made


def members() -> list[dict[str, Any]]:
    """What is in a group: people, a group, and a device of which only the type may be read."""
    people = [row | {"@odata.type": "#microsoft.graph.user"} for row in users(40)]
    group = {
        "@odata.type": "#microsoft.graph.group",
        "id": "g-1",
        "displayName": "Sales EMEA",
        "mail": "emea@contoso.com",
    }
    return [*people[:3], group, {"@odata.type": "#microsoft.graph.device", "id": "d-1"}, *people[3:]]


def plans() -> list[dict[str, Any]]:
    """Licence plans made up: with seats left, without, and with more used than there are."""
    seats = (("SPE_E3", 250, 212), ("SPE_E5", 50, 50), ("POWER_BI_PRO", 151, 155), ("FLOW_FREE", 10_000, 129))
    return [
        {
            "skuId": f"{number:08x}-3b5a", "skuPartNumber": name, "consumedUnits": used,
            "capabilityStatus": "Enabled", "appliesTo": "User",
            "prepaidUnits": {"enabled": enabled, "warning": 0}, "servicePlans": [],
        }
        for number, (name, enabled, used) in enumerate(seats)
    ]  # fmt: skip
