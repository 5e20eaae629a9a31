"""Retention at the terminal: one side, over a period, as a table's worth of numbers or as one JSON object."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from api.cli.exits import Exit
from api.cli.ground import answer, ground, run, stop
from api.cli.instants import instants_of
from governance.agreements.rules import Side
from governance.kernel.errors import BadInput
from governance.kernel.money import Money
from governance.renewals.retention import ByValue, Figures, Retention, RetentionBy, RetentionQuery, retention


def tell_retention(
    side: str, days: tuple[str, str], by: str | None, rate_day: str | None, as_of: str | None, known_at: str | None,
    tenant: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Tell retention of one side."""
    if side.upper() not in set(Side):
        stop(Exit.USAGE, "--side takes provided or procured.")
    if by is not None and by.upper() not in set(RetentionBy):
        stop(Exit.USAGE, "--by takes " + ", ".join(each.value.lower() for each in RetentionBy) + ".")

    async def command() -> Retention:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            at, known = await instants_of(work, as_of, known_at)
            query = RetentionQuery(
                Side(side.upper()), _day("from", days[0]), _day("until", days[1]),
                by=None if by is None else RetentionBy(by.upper()),
                rate_day=None if rate_day is None else _day("rate-day", rate_day), as_of=at, known_at=known,
            )  # fmt: skip
            return await retention(work, query)

    found = run(command)
    answer(document(found), as_json=as_json, said="\n".join(_line(each) for each in (found.total, *found.groups)))


def document(found: Retention) -> dict[str, Any]:
    """Give the answer as one JSON object; amounts in units of their currency, rates from 0 to 1, null: none."""
    return {
        "side": found.side.value, "from": found.first_day.isoformat(), "until": found.last_day.isoformat(),
        "definition": found.definition.label, "confidence": found.confidence, **_figures(found.total),
        "by": None if found.by is None else found.by.value, "groups": [_figures(each) for each in found.groups],
        "as_of": found.as_of.isoformat(), "known_at": found.known_at.isoformat(),
        "scope": asdict(found.scope), "policy_version": found.policy_version,
        "freshness": [{"source": one.source, "last_heard_at": one.last_heard_at.isoformat(), "stale": one.stale}
                      for one in found.freshness],
    }  # fmt: skip


def _figures(figures: Figures) -> dict[str, Any]:
    due, count = figures.due, figures.due.by_count
    return {
        "key": figures.key, "name": figures.name, "contracts": figures.contracts, "due": due.due,
        "renewed": due.renewed, "churned": due.lost, "by_silence": due.by_silence, "not_yet_due": due.not_yet_due,
        "renewal_rate": None if count is None else {"value": count.value, "lower": count.lower, "upper": count.upper,
                                                    "n": count.n},
        "seats": {"due": due.seats_due, "renewed": due.seats_renewed, "rate": _rate(due.by_seats),
                  "unlimited": due.unlimited},
        "as_booked": _value(figures.booked), "constant_currency": _value(figures.constant),
    }  # fmt: skip


def _value(by: ByValue) -> dict[str, Any]:
    head = {"currency": by.currency, "rate_day": None if by.day is None else by.day.isoformat(),
            "missing_rates": list(by.missing), "rates": [_used(rate) for rate in by.rates]}  # fmt: skip
    if by.worths is None:
        return {**head, "renewal_rate": None, "grr": None, "nrr": None, "waterfall": None}
    flow = by.worths.waterfall
    names = ("opening", "expansion", "contraction", "churn", "closing")
    return {
        **head, "due": _amount(by.worths.due, by.currency), "renewed": _amount(by.worths.renewed, by.currency),
        "renewal_rate": _rate(by.worths.by_value), "grr": _rate(by.worths.grr), "nrr": _rate(by.worths.nrr),
        "waterfall": {name: _amount(getattr(flow, name), by.currency) for name in names},
    }  # fmt: skip


def _used(rate: Any) -> dict[str, Any]:
    return {name: str(getattr(rate, name)) for name in ("currency", "asked", "rate", "day", "source")}


def _amount(micros: int, currency: str) -> str:
    return f"{Money(micros, currency).decimal().quantize(Decimal('0.01')):f}"


def _rate(rate: Fraction | None) -> float | None:
    return None if rate is None else round(float(rate), 6)


def _line(figures: Figures) -> str:
    due, by = figures.due, figures.booked
    head = f"{figures.name or 'All'}: due {due.due}, renewed {due.renewed}, churned {due.lost}"
    if by.worths is None:
        return f"{head}; by value no figure: no rate of {', '.join(by.missing)}."
    rates = (("renewal rate", by.worths.by_value), ("GRR", by.worths.grr), ("NRR", by.worths.nrr))
    told = ", ".join(f"{name} {'none' if rate is None else f'{float(rate):.2%}'}" for name, rate in rates)
    return f"{head}; by value in {by.currency}: {told}."


def _day(option: str, said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise BadInput(option, said, "a day such as 2026-01-31") from None
