"""What each check says of a finding in the reader's language: what it has, what it needs, and the path between."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.console import formats
from api.console.context import Context
from api.console.standing import region_name
from api.console.values import Level, Step
from governance.compliance.models import Finding

Claims = tuple[str, str]


def claims_of(ctx: Context, row: Finding) -> Claims | None:
    """Has and needs where the check's facts say it all; None leaves it at what the check recorded."""
    match row.check_id, row.facts:
        case "over-assigned", {"occupied": int(occupied), "supply": int(supply)}:
            return ctx.text("findings.over_has", count=occupied), ctx.text("findings.over_needs", count=supply)
        case "expired-in-use", {"occupied": int(occupied)}:
            return ctx.text("findings.expired_has", count=occupied), ctx.text("findings.expired_needs")
        case "leaver-holds-seat", _:
            return ctx.text("findings.leaver_has"), ctx.text("findings.leaver_needs")
        case "region-mismatch", {"country": str(country)}:
            named = region_name(ctx, country)
            return (
                ctx.text("findings.country_has", country=named),
                ctx.text("findings.country_needs", country=named),
            )
        case "over-consumed", {"consumed": int(consumed), "supply": int(supply), "measure": str(measure)}:
            unit = measure or ctx.text("consumption.units").lower()
            return (
                ctx.text("findings.consumed_has", count=formats.number(ctx.locale, consumed), measure=unit),
                ctx.text("findings.consumed_needs", count=formats.number(ctx.locale, supply), measure=unit),
            )
        case "release-beyond-maintenance", {"released_on": str(released), "maintained_until": str(until)}:
            return ctx.text("findings.release_has", day=released), ctx.text("findings.release_needs", day=until)
        case "redundant-tier", {"tier": str(tier)}:
            return ctx.text("findings.tier_has", tier=tier), ctx.text("findings.tier_needs")
        case "unapproved-in-use", {"occupied": int(occupied), "approval": str(approval)}:
            kind = approval.lower() if approval in {"DENIED", "WITHDRAWN"} else "ended"
            return ctx.text(f"findings.approval_{kind}", count=occupied), ctx.text("findings.approval_needs")
        case "ownerless", facts:
            return ctx.text(f"findings.owner_{_owner(facts)}"), ctx.text("findings.owner_needs")
    return _of_stacks(ctx, row)


def _of_stacks(ctx: Context, row: Finding) -> Claims | None:
    match row.check_id, row.facts:
        case "covered-by-suite", {"part": str(part), "suite": str(suite)}:
            return ctx.text("findings.suite_has", part=part, suite=suite), ctx.text("findings.suite_needs", suite=suite)
        case "addon-without-base", {"addon": str(addon), "base": str(base)}:
            return ctx.text("findings.addon_has", addon=addon), ctx.text("findings.addon_needs", base=base)
        case "release-without-right", {"release": str(_)}:
            return row.has, ctx.text("findings.right_needs")
        case "two-bases", {"base": str(base), "other": str(other)}:
            return ctx.text("findings.bases_has", base=base, other=other), ctx.text("findings.bases_needs")
    return None


def _owner(facts: Mapping[str, Any]) -> str:
    if not facts.get("owner_left_at"):
        return "none"
    return "both_left" if facts.get("deputy_id") else "left"


def steps_of(ctx: Context, row: Finding, has: str) -> tuple[Step, ...]:
    """The steps between the subject and the verdict, at most three."""
    match row.check_id, row.facts:
        case "over-assigned", {"occupied": int(occupied), "supply": int(supply)}:
            held = ctx.text("findings.over_supply", count=supply)
            return (
                Step(Level.OK, held, ctx.text("findings.over_supply_text")),
                Step(Level.CRITICAL, has, ctx.text("findings.over_by", count=occupied - supply)),
            )
        case "expired-in-use", {"ended_at": str(ended)}:
            return (
                Step(Level.CRITICAL, ctx.text("findings.expired_ended", instant=_instant(ctx, ended))),
                Step(Level.CRITICAL, has),
            )
        case "leaver-holds-seat", {"left_at": str(left), **rest}:
            due = rest.get("reclaim_due_at")
            answer = (
                Step("todo", ctx.text("findings.leaver_due", instant=_instant(ctx, due)))
                if isinstance(due, str)
                else Step(Level.WARN, ctx.text("findings.leaver_not_asked"))
            )
            return Step(Level.CRITICAL, ctx.text("findings.leaver_left", instant=_instant(ctx, left))), answer
        case "region-mismatch", {"country": str(country), **rest}:
            steps = [
                Step(Level.OK, has),
                Step(Level.CRITICAL, ctx.text("findings.country_not_covered", country=region_name(ctx, country))),
            ]
            if rest.get("suggested_pool"):
                steps.append(Step("todo", ctx.text("findings.country_pool", pool=rest["suggested_pool"])))
            return tuple(steps)
        case "ownerless", {"owner_left_at": str(left)}:
            gone = Step(Level.CRITICAL, ctx.text("findings.owner_gone", instant=_instant(ctx, left)))
            return gone, Step(Level.CRITICAL, has)
    return (Step(Level.CRITICAL, has),)


def _instant(ctx: Context, said: str) -> str:
    return formats.instant(ctx.locale, datetime.fromisoformat(said), ctx.zone)
