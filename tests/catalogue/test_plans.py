"""Names of products and service plans, from the published list: found however they are written, never guessed."""

import subprocess
import sys

import pytest

from o365desk import paths
from o365desk.catalogue import plans

TABLE = paths.table("licence-skus.json")
E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"


def test_the_whole_list_is_there() -> None:
    assert (len(TABLE["skus"]), len(TABLE["servicePlans"])) == (619, 791)
    for row in TABLE["skus"]:
        for text in (row["skuId"], row["skuPartNumber"], row["name"]):
            assert row["skuId"].lower() in [product.id for product in plans.products(text)], text
        assert plans.product_name(row["skuId"].upper()) == row["name"]
    for row in TABLE["servicePlans"]:
        assert plans.service_plan_name(row["servicePlanId"].upper()) == row["name"]
        assert all(plans.is_service_plan(row[key]) for key in ("servicePlanId", "servicePlanName", "name"))


@pytest.mark.parametrize("text", ["SPE_E3", " spe_e3 ", "microsoft  365 e3", "Microsoft\u00a0365 E3", E3.upper()])
def test_a_product_is_found_however_it_is_written(text: str) -> None:
    assert [product.id for product in plans.products(text)] == [E3]


@pytest.mark.parametrize("text", ["", "E3", "Microsoft 365", "SPE_E33", "Enterprise Mobility"])
def test_a_part_of_a_name_is_none(text: str) -> None:
    assert plans.products(text) == ()


def test_a_plus_may_be_part_of_a_name() -> None:
    assert [product.part for product in plans.products("Enterprise Mobility + Security E3")] == ["EMS"]


def test_one_name_of_several_products_gives_all_of_them() -> None:
    names = [row["name"] for row in TABLE["skus"]]
    doubled = next(name for name in names if names.count(name) > 1)
    assert len(plans.products(doubled)) == names.count(doubled)


def test_the_nearest_come_first() -> None:
    names = ["Microsoft 365 E5", "Visio Plan 2", "Microsoft 365 E3", "Office 365 E3"]
    assert plans.nearest("Mircosoft 365 E3", names)[0] == "Microsoft 365 E3"
    assert plans.nearest("visio", names)[0] == "Visio Plan 2"
    assert sorted(plans.nearest("", names)) == sorted(names)


def test_the_list_is_not_read_before_it_is_asked_for() -> None:
    code = (
        "from o365desk import paths, catalogue; from o365desk.services.directory import lookup;"
        "from o365desk.services.writes.changes import licences;"
        "print(paths.table.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "0"
