"""Names of licence plans and of what is in them: Graph tells identifiers only. From the bundled table
`licence-skus.json`, which is read when the first name is asked for."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from o365desk import paths


@dataclass(frozen=True)
class Product:
    """One product that Microsoft publishes; `part` is its part number."""

    id: str
    part: str
    name: str


def key_of_plan(text: str) -> str:
    """By what names of plans are told apart: letters of any case and width, with any dash and any blanks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join("-" if unicodedata.category(each) == "Pd" else each for each in plain).split())


@cache
def _products() -> dict[str, Product]:
    rows = paths.table("licence-skus.json")["skus"]
    return {row["skuId"].lower(): Product(row["skuId"].lower(), row["skuPartNumber"], row["name"]) for row in rows}


@cache
def _by_text() -> dict[str, tuple[Product, ...]]:
    """Products by everything that they are called; an id is one's own, a part number and a name need not be."""
    found: dict[str, tuple[Product, ...]] = {}
    for product in _products().values():
        for text in {product.id, key_of_plan(product.part), key_of_plan(product.name)}:
            found[text] = (*found.get(text, ()), product)
    return found


@cache
def _service_plans() -> dict[str, str]:
    return {row["servicePlanId"].lower(): row["name"] for row in paths.table("licence-skus.json")["servicePlans"]}


@cache
def _service_plan_texts() -> frozenset[str]:
    rows = paths.table("licence-skus.json")["servicePlans"]
    keys = ("servicePlanId", "servicePlanName", "name")
    return frozenset(key_of_plan(row[key]) for row in rows for key in keys)


def products(text: str) -> tuple[Product, ...]:
    """The products of Microsoft's list that a text names by SKU id, part number or product name; several where that
    does not tell them apart, none where it is nothing that Microsoft publishes. Whether a tenant has one is
    another question: `services.lookup.Plans.find`."""
    return _by_text().get(key_of_plan(text), ())


@cache
def all_products() -> tuple[tuple[str, str], ...]:
    """The SKU id and the name of each product that Microsoft publishes, by name."""
    named = ((product.id, product.name) for product in _products().values())
    return tuple(sorted(named, key=lambda each: (each[1].casefold(), each[0])))


def product_name(sku_id: str, part_number: str = "") -> str:
    """The product's name as the admin centres show it; else its part number, else its id."""
    product = _products().get(sku_id.lower())
    return product.name if product else part_number or sku_id


def service_plan_name(plan_id: str, name: str = "") -> str:
    """A service plan's name as the admin centres show it; else what Graph calls it, else its id."""
    return _service_plans().get(plan_id.lower()) or name or plan_id


def is_service_plan(text: str) -> bool:
    """Whether Microsoft's list has a service plan with this id or name."""
    return key_of_plan(text) in _service_plan_texts()


def nearest(text: str, names: Iterable[str]) -> list[str]:
    """The names, each once, those that are most like the text first; a name that holds it is like it."""
    from difflib import SequenceMatcher

    wanted = key_of_plan(text)
    matcher = SequenceMatcher(b=wanted, autojunk=False)

    def likeness(name: str) -> float:
        key = key_of_plan(name)
        matcher.set_seq1(key)
        return matcher.ratio() + (1 if wanted and wanted in key else 0)

    return sorted(dict.fromkeys(names), key=likeness, reverse=True)
