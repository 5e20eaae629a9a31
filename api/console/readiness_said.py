"""A renewal before its decision, in words: the facts that speak, and each way out with its seats and money."""

from typing import Any, Final

from sqlalchemy import func, select

from api.console import formats
from api.console.declare import Column, Context, Facts, Footer, Missing, Panel, Table
from governance.compliance.queries import visible_findings
from governance.compliance.rules import FindingState
from governance.entitlements.models import Entitlement, Lot, MetricLine, Pool
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.renewals.readiness import Readiness
from governance.renewals.readiness_rules import MARGIN_PERCENT
from governance.renewals.rules import Ends

OPEN: Final = (FindingState.OPEN, FindingState.ACKNOWLEDGED)


async def open_findings_of(ctx: Context, work: Work, license_: Entitlement) -> int | None:
    """Count what the checks hold against a license, its lines, pools and agreement; None for who may not read it."""
    if not ctx.may("finding:read"):
        return None
    lines = select(MetricLine.id).where(
        MetricLine.tenant_id == work.tenant_id, MetricLine.entitlement_id == license_.id
    )
    pools = select(Pool.id).where(Pool.tenant_id == work.tenant_id, Pool.line_id.in_(lines))
    found = visible_findings(work, OPEN).subquery()
    subject = found.c.subject_id
    of_it = subject.in_([license_.id, license_.agreement_id]) | subject.in_(lines) | subject.in_(pools)
    return (await work.session.execute(select(func.count()).select_from(found).where(of_it))).scalar_one()


def readiness_panels(
    ctx: Context, told: Readiness, lot: Lot, ends: Ends, findings: int | None, *, money: bool
) -> tuple[Panel, ...]:
    """The facts, and the ways out while nothing follows and the end is still to come."""
    facts = Panel(ctx.text("readiness.facts"), (Facts(tuple(_facts(ctx, told, lot, findings, money=money))),))
    today = (ctx.as_of or ctx.now).astimezone(ctx.zone).date()
    if ends.follows or ends.last_day < today:
        return (facts,)
    return facts, _options(ctx, told, lot, money=money)


def _facts(ctx: Context, told: Readiness, lot: Lot, findings: int | None, *, money: bool) -> list[tuple[str, Any]]:
    none = Missing(ctx.text("readiness.no_pool"))
    unused: Any = none if told.unassigned is None else told.unassigned
    withheld = Missing(ctx.text("renewals.withheld"))
    cost: Any = none if told.unassigned_cost is None else Money(told.unassigned_cost, lot.currency)
    most = Missing("") if told.capped is None else Money(told.capped, lot.currency)
    return [
        (ctx.text("readiness.occupied"), none if told.occupied is None else _of(ctx, told.occupied, told.purchased)),
        (ctx.text("readiness.observed"), _observed(ctx, told)),
        (ctx.text("readiness.unassigned"), unused),
        (ctx.text("readiness.unassigned_cost"), cost if money else withheld),
        (ctx.text("readiness.price"), _price(ctx, told, lot) if money else withheld),
        *(((ctx.text("readiness.capped"), most),) if money and told.capped is not None else ()),
        *(() if findings is None else ((ctx.text("readiness.findings"), findings),)),
        (ctx.text("readiness.deadline"), _deadline(ctx, told)),
        *(((ctx.text("readiness.last_said"), _last_said(ctx, told)),) if ctx.may("agreement:read") else ()),
        (ctx.text("readiness.owner"), ctx.text("readiness.here" if told.owner_here else "readiness.nobody")),
    ]  # fmt: skip


def _of(ctx: Context, part: int, whole: int | None) -> str:
    said = formats.number(ctx.locale, part)
    if not whole:
        return said
    share = formats.percent(ctx.locale, part / whole)
    return ctx.text("readiness.of", part=said, whole=formats.number(ctx.locale, whole), share=share)


def _observed(ctx: Context, told: Readiness) -> Any:
    if told.observed is None or told.occupied is None:
        return Missing(ctx.text("readiness.unobserved"))
    return _of(ctx, told.observed, told.occupied)


def _price(ctx: Context, told: Readiness, lot: Lot) -> Any:
    """What is paid for a seat and year beside the list's price, in the lot's currency; never converted."""
    if told.paid is None:
        return Missing(ctx.text("readiness.no_seat_price"))
    paid = formats.money(ctx.locale, Money(told.paid, lot.currency))
    if told.listed is None:
        return ctx.text("readiness.not_listed", paid=paid, currency=lot.currency)
    listed = formats.money(ctx.locale, Money(told.listed, lot.currency))
    return ctx.text("readiness.listed", paid=paid, listed=listed)


def _deadline(ctx: Context, told: Readiness) -> Any:
    if told.deadline_days is None:
        return Missing(ctx.text("agreements.no_notice"))
    if told.deadline_days < 0:
        return ctx.text("readiness.deadline_over", count=-told.deadline_days)
    return ctx.text("readiness.deadline_in", count=told.deadline_days)


def _last_said(ctx: Context, told: Readiness) -> Any:
    if told.last_said is None:
        return Missing(ctx.text("renewals.no_conversation"))
    return ctx.text("readiness.said", day=formats.day(ctx.locale, told.last_said.day), whom=told.last_said.with_whom)


def _options(ctx: Context, told: Readiness, lot: Lot, *, money: bool) -> Panel:
    withheld = Missing(ctx.text("renewals.withheld"))
    rows = [
        {
            "choice": ctx.text(f"readiness.{each.choice.value.lower()}", margin=MARGIN_PERCENT),
            "quantity": ctx.text("seats.no_limit") if each.quantity is None else each.quantity,
            "yearly": Money(each.yearly, lot.currency) if money else withheld,
            "change": Money(each.change, lot.currency) if money else withheld,
            "uncovered": each.uncovered,
        }
        for each in told.options
    ]
    columns = (
        Column("choice", "readiness.option", strong=True),
        Column("quantity", "license.quantity", kind="number"),
        Column("yearly", "renewals.yearly", kind="money"),
        Column("change", "readiness.change", kind="money", leaves=3),
        Column("uncovered", "readiness.uncovered", kind="number", leaves=2),
    )
    table = Table(ctx.text("readiness.options"), columns, rows, bare=True, ident="options",
                  footer=Footer(method=ctx.text("readiness.method")))  # fmt: skip
    return Panel(ctx.text("readiness.options"), (table,), sub=ctx.text("readiness.options_sub"))
