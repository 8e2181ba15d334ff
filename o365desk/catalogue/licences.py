"""Operations on licences."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from o365desk.catalogue.changes import Licences
from o365desk.catalogue.operations import (
    Box,
    Column,
    ColumnKind,
    Family,
    Listing,
    Operation,
    QueryType,
    Rows,
    Words,
)
from o365desk.catalogue.plans import product_name
from o365desk.catalogue.users import USAGE_LOCATION, USER
from o365desk.model.fields import Field, Kind

_LICENCE_ROLES = ("License Administrator", "User Administrator", "Directory Writers")


def seats(sku: Mapping[str, Any]) -> dict[str, int]:
    """A plan's seats: `enabled` can be assigned (a plan in its grace period still can), `used` are, `free` is what
    is left, below 0 where more are used than there are. Source: subscribedSku resource, prepaidUnits."""
    units = sku.get("prepaidUnits") or {}
    enabled = int(units.get("enabled") or 0) + int(units.get("warning") or 0)
    used = int(sku.get("consumedUnits") or 0)
    return {"used": used, "enabled": enabled, "free": enabled - used}


def _name(sku: Mapping[str, Any]) -> str:
    return product_name(str(sku.get("skuId") or ""), str(sku.get("skuPartNumber") or ""))


def _service_plans(sku: Mapping[str, Any]) -> list[str]:
    return [str(plan.get("servicePlanName")) for plan in sku.get("servicePlans") or ()]


PLAN = Field(
    key="plan",
    label="Licence &plan",
    kind=Kind.PLAN,
    required=True,
    help="The product: choose it by name, or give its part number (SPE_E3) or SKU ID.",
    placeholder="Product name, part number or SKU ID",
)

COLUMNS = (
    Column(key="productName", title="Product", of=_name, width=220),
    Column(key="seats", title="Seats", kind=ColumnKind.SEATS, of=seats, width=260),
    Column(key="capabilityStatus", title="State", width=100),
    Column(key="skuPartNumber", title="Part number", kind=ColumnKind.IDENTIFIER, width=190),
    Column(
        key="enabledUnits", title="Total", kind=ColumnKind.NUMBER, of=lambda sku: seats(sku)["enabled"], width=80
    ),
    Column(key="consumedUnits", title="Used", kind=ColumnKind.NUMBER, width=80),
    Column(key="freeUnits", title="Free", kind=ColumnKind.NUMBER, of=lambda sku: seats(sku)["free"], width=80),
    Column(key="appliesTo", title="For", width=90),
    Column(
        key="servicePlans", title="Service plans", kind=ColumnKind.LIST, of=_service_plans, shown=False, width=260
    ),
    Column(key="skuId", title="SKU ID", kind=ColumnKind.IDENTIFIER, shown=False, width=290),
)

OPERATIONS = (
    Operation(
        key="licence-plan-list",
        title="Licence Plan List",
        summary="Lists the tenant's licence plans with their seats.",
        family=Family.LICENCES,
        query_type=QueryType.READ,
        request="GET /subscribedskus",
        permission="LicenseAssignment.Read.All",
        box=Box.READ_WRITE,
        proof="licences",
        place=8,
        columns=COLUMNS,
        listing=Listing(
            path="/subscribedSkus",
            rows=Rows(one="plan", many="plans", kind=Kind.PLAN, key="skuId", note="skuPartNumber"),
            select=(
                "skuId",
                "skuPartNumber",
                "prepaidUnits",
                "consumedUnits",
                "capabilityStatus",
                "appliesTo",
                "servicePlans",
            ),
            paged=False,
        ),
    ),
    Operation(
        key="assign-licence-to-user",
        title="Assign Licence to User",
        summary="Assigns a licence plan to users, as far as there are seats.",
        family=Family.LICENCES,
        query_type=QueryType.UPDATE,
        request="POST /users/{id}/assignlicense",
        permission="LicenseAssignment.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="licences",
        place=9,
        roles=_LICENCE_ROLES,
        fields=(
            USER,
            PLAN,
            Field(
                key="disabledPlans",
                label="&Without",
                kind=Kind.SERVICE_PLANS,
                help="Service plans of the product to leave out, separated by semicolons. For a user who has the "
                "product already, this replaces what was left out; “none” switches all of them on. Where nothing "
                "is given, it stays as it is. An empty cell of a column that is there counts as “none”.",
                placeholder="As it is; of a new licence, none",
            ),
            replace(
                USAGE_LOCATION,
                help="The two-letter ISO code of the country, such as IE or DE. It is set, before the licence is "
                "given, for users who have no usage location; that of others stays.",
                placeholder="As it is",
                empties=False,
            ),
        ),
        change=Licences(adds=True),
        words=Words(
            one="Assign {target} to {item}",
            many="Assign {target} to {count} users",
            spread="Assign {count} licences of {targets} plans",
        ),
        inverse="remove-licence-from-user",
    ),
    Operation(
        key="remove-licence-from-user",
        title="Remove Licence from User",
        summary="Takes a licence plan from users. What it alone kept, such as a mailbox, goes after 30 days.",
        family=Family.LICENCES,
        query_type=QueryType.DELETE,
        request="POST /users/{id}/assignlicense",
        permission="LicenseAssignment.ReadWrite.All",
        box=Box.READ_WRITE,
        proof="licences",
        place=10,
        roles=_LICENCE_ROLES,
        fields=(USER, PLAN),
        change=Licences(adds=False),
        words=Words(
            one="Take {target} from {item}",
            many="Take {target} from {count} users",
            spread="Take {count} licences of {targets} plans",
            row="{target} from {item}",
        ),
        restores=Words(
            one="Bring {target} of {item} back to what it was",
            many="Bring {target} of {count} users back to what it was",
            spread="Bring {count} licences of {targets} plans back to what they were",
        ),
        inverse="assign-licence-to-user",
    ),
)
