"""Cost a seat at the terminal: by lot, line, license, product or unit, as lines or as one JSON object."""

from dataclasses import asdict
from typing import Any

from api.cli.exits import Exit
from api.cli.ground import answer, ground, run, stop
from api.cli.instants import instants_of
from governance.kernel.money import Money
from governance.metrics.formulas.seat_period import Periods
from governance.metrics.seat_cost import SeatCostQuery, SeatCosts, seat_costs
from governance.metrics.seat_cost_rules import CostBy, CostOf, SeatCost

IDLE = ("unassigned", "never_used", "dormant")


def tell_seat_cost(by: str, as_of: str | None, known_at: str | None, tenant: str | None, *, as_json: bool) -> None:
    """Tell what seats cost."""
    if by.upper() not in set(CostBy):
        stop(Exit.USAGE, "--by takes " + ", ".join(each.value.lower() for each in CostBy) + ".")

    async def command() -> SeatCosts:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            query = SeatCostQuery(*await instants_of(work, as_of, known_at), CostBy(by.upper()))
            return await seat_costs(work, query)

    found = run(command)
    answer(
        document(found), as_json=as_json, said="\n".join(_line(row, cost) for row in found.rows for cost in row.costs)
    )


def document(found: SeatCosts) -> dict[str, Any]:
    """Give the answer as one JSON object; amounts in units of their currency, null: none, or withheld."""
    return {
        "by": found.by.value, "currency": found.rates.currency, "asked_day": found.rates.asked.isoformat(),
        "definitions": [found.definition.label, found.unused_definition.label],
        "rows": [_row(found, each) for each in found.rows],
        "whole": None if found.whole is None else _row(found, found.whole),
        "as_of": found.as_of.isoformat(), "known_at": found.known_at.isoformat(), "scope": asdict(found.scope),
        "policy_version": found.policy_version,
        "freshness": [{"source": one.source, "last_heard_at": one.last_heard_at.isoformat(), "stale": one.stale}
                      for one in found.freshness],
    }  # fmt: skip


def _row(found: SeatCosts, row: SeatCost) -> dict[str, Any]:
    return {
        "id": None if row.id is None else str(row.id), "name": row.name, "of": row.of, "purchased": row.purchased,
        "occupied": row.occupied, **{name: getattr(row, name) for name in IDLE},
        "withheld": row.withheld, "dormant_withheld": row.dormant_withheld,
        "costs": [_cost(found, each) for each in row.costs],
    }  # fmt: skip


def _cost(found: SeatCosts, cost: CostOf) -> dict[str, Any]:
    rate = found.rates.known.get(cost.currency)
    year = None if cost.per_seat is None or cost.per_seat.year is None else cost.per_seat.year
    done = None if year is None else found.converted(year, cost.currency).converted
    return {
        "currency": cost.currency, "seats": cost.seats,
        **{name: _periods(getattr(cost, name)) for name in ("total", "per_seat", *IDLE)},
        "endless": _amount(cost.endless), "unlimited": _amount(cost.unlimited),
        "per_seat_year_converted": None if done is None else _amount(done.micros),
        "rate": None if rate is None else f"{rate.rate:f}", "rate_day": None if rate is None else rate.day.isoformat(),
    }  # fmt: skip


def _periods(told: Periods | None) -> dict[str, str | None] | None:
    return None if told is None else {name: _amount(micros) for name, micros in asdict(told).items()}


def _amount(micros: int | None) -> str | None:
    return None if micros is None else f"{Money(micros, '').decimal():.2f}"


def _line(row: SeatCost, cost: CostOf) -> str:
    year = None if cost.per_seat is None else cost.per_seat.year
    seat = "no price a year" if year is None else f"{_amount(year)} {cost.currency} a seat and year"
    idle = "" if row.unassigned is None else f"; {row.unassigned} unassigned"
    seats = "no limit of" if not cost.seats and cost.unlimited else cost.seats
    return f"{row.name}: {seats} seats, {seat}{idle}"
