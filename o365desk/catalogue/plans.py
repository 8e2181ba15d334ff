"""Names of licence plans: Graph tells identifiers only. From the bundled table `licence-skus.json`."""

from functools import cache

from o365desk import paths


@cache
def _names() -> dict[str, tuple[str, str]]:
    rows = paths.table("licence-skus.json")["skus"]
    return {row["skuId"].lower(): (row["name"], row["skuPartNumber"]) for row in rows}


def product_name(sku_id: str, part_number: str = "") -> str:
    """The product's name as the admin centres show it; else its part number, else its id."""
    name, part = _names().get(sku_id.lower(), ("", ""))
    return name or part_number or part or sku_id
