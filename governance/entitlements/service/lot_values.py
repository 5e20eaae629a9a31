"""What can be said of a lot, each value checked by itself and all of them together."""

from collections.abc import Callable, Mapping
from typing import Any

from governance.catalog.bands import CostBasis, Price, check_price, checked_bands
from governance.entitlements.models import MetricLine
from governance.entitlements.rules import check_term, check_territory
from governance.kernel import given
from governance.kernel.due import end_after, start_of, zone
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from policies.regions.region import RegionTree

Check = Callable[[Any, str], Any]
CORRECTABLE = frozenset(
    {
        "quantity",
        "first_day",
        "last_day",
        "zone",
        "included",
        "excluded",
        "currency",
        "unit_price",
        "cost_basis",
        "pack_size",
        "bands",
        "po_number",
        "priority",
    }
)


def checked(work: Work, values: Mapping[str, Any], *, path: str) -> dict[str, Any]:
    """Give what was said of a lot as it is kept, value by value. Raises BadInput."""
    checks = _checks(work.office.regions)
    return {name: checks[name](value, path + name) for name, value in values.items()}


def check_whole(line: MetricLine, values: Mapping[str, Any], *, path: str) -> None:
    """Check what concerns several values at once. Raises BadInput."""
    given.days_in_order(values["first_day"], values["last_day"], field=f"{path}last_day")
    check_term(line.term, values["last_day"], path=path)
    price = Price(values["cost_basis"], values["unit_price"], values["pack_size"], values["bands"])
    check_price(price, values["quantity"], path=path)
    check_territory(values["included"], values["excluded"], path=path)


def instants(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the half-open instants of a lot's days in its own zone."""
    name = values["zone"]
    return {"start": start_of(values["first_day"], name), "end": end_after(values["last_day"], name)}


def _checks(tree: RegionTree) -> dict[str, Check]:
    def regions(value: Any, name: str) -> list[str]:
        if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset) or len(value) > 300:
            raise BadInput(name, given.shown(value), "a list of at most 300 regions")
        return sorted({given.region(code, tree, name) for code in value})

    return {
        "quantity": lambda v, n: None if v is None else given.whole(v, n),
        "first_day": given.day,
        "last_day": lambda v, n: None if v is None else given.day(v, n),
        "zone": lambda v, n: zone(given.text(v, n, most=60), field=n).key,
        "included": regions,
        "excluded": regions,
        "currency": given.currency,
        "unit_price": lambda v, n: given.whole(v, n, most=10**15),
        "cost_basis": lambda v, n: given.word(v, n, CostBasis),
        "pack_size": lambda v, n: given.whole(v, n, least=1, most=1_000_000),
        "bands": checked_bands,
        "po_number": lambda v, n: given.optional_text(v, n, most=80),
        "priority": lambda v, n: given.whole(v, n, most=1000),
    }
