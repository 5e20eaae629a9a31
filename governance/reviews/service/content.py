"""What a snapshot holds of figures, in JSON types alone: position, findings, time to first use; no person is named."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func

from governance.compliance.models import Finding
from governance.compliance.queries import UNSETTLED, findings_at
from governance.compliance.roster import describe_checks, roster_version
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, Moments
from governance.metrics.first_use import FirstUse
from governance.metrics.formulas.kaplan_meier import Quantile, Share
from governance.metrics.measures import Measures
from governance.metrics.position import Dimension, Position

BY = (Dimension.PRODUCT, Dimension.TIER, Dimension.LICENSE)


def position_part(place: Position) -> dict[str, Any]:
    return {
        "definition": place.definition.label,
        "window_days": place.window_days,
        "totals": None if place.totals is None else _measures(place.totals),
        "rows": [
            {
                "product": row.group[0].name,
                "tier": row.group[1].name or None,
                "license_id": row.group[2].id,
                "license": row.group[2].name,
                **_measures(row.measures),
            }
            for row in place.rows
        ],
    }


def _measures(measures: Measures) -> dict[str, Any]:
    return {
        "purchased": measures.purchased,
        "entitled": measures.entitled,
        "allocated": measures.allocated,
        "occupied": measures.occupied,
        "active": measures.active,
        "observed": measures.observed,
        "overage": measures.overage,
        "balance": measures.balance,
        "percent": None if measures.percent is None else _decimal(measures.percent),
        "cost": [_money(cost) for cost in measures.cost],
    }


async def findings_part(here: Work, when: Moments) -> dict[str, Any]:
    """Count what is not resolved by check and state; a finding's subject may be a person, so none is named."""
    query = findings_at(here, when.as_of, when.known_at).select_from(Finding)
    state = query.column_descriptions[1]["expr"].element.label("standing")
    rows = await here.session.execute(
        query.with_only_columns(Finding.check_id, state, func.count()).group_by(Finding.check_id, state)
    )
    counts = {(check, standing): int(count) for check, standing, count in rows}
    described = {check.id: check for check in describe_checks()}
    judged = sorted({*described, *(check for check, _ in counts)})  # a retired check's findings stay open findings
    return {
        "roster": roster_version(),
        "checks": [
            {
                "check": check,
                "title": described[check].title if check in described else None,
                "severity": described[check].severity.value if check in described else None,
                "rule_version": described[check].rule_version if check in described else None,
                **{state.value.lower(): counts.get((check, state), 0) for state in UNSETTLED},
            }
            for check in judged
        ],
        "totals": {state.value.lower(): sum(n for (_, of), n in counts.items() if of is state) for state in UNSETTLED},
    }


def first_use_part(told: FirstUse) -> dict[str, Any]:
    return {
        "definition": told.definition.label,
        "unit": told.definition.unit,
        "n": told.n,
        "events": told.events,
        "censored": told.censored,
        "unknown_dates": told.unknown_dates,
        "suppressed": told.suppressed,
        "k": told.k,
        "confidence": _number(told.confidence),
        "lower_quartile": _quantile(told.lower_quartile),
        "median": _quantile(told.median),
        "upper_quartile": _quantile(told.upper_quartile),
        "within_7": _share(told.within_7),
        "within_30": _share(told.within_30),
    }


def _quantile(told: Quantile | None) -> dict[str, Any] | None:
    return None if told is None else {key: _number(getattr(told, key)) for key in ("time", "lower", "upper")}


def _share(told: Share | None) -> dict[str, Any] | None:
    return None if told is None else {key: _number(getattr(told, key)) for key in ("value", "lower", "upper")}


def source_part(source: Freshness) -> dict[str, Any]:
    return {"source": source.source, "last_event_at": instant(source.last_event_at), "stale": source.stale}


def _number(value: float | None) -> str | None:
    """Give a figure as decimal text of at most six places: a text is the same in every database and reader."""
    return None if value is None else _decimal(round(Decimal(value), 6))


def _decimal(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(cost: Money) -> dict[str, str]:
    return {"micros": str(cost.micros), "currency": cost.currency}


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
