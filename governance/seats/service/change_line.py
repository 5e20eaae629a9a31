"""A line's tier or rules change: what that does to limits, holders, cost and features is shown first, then done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from governance.agreements.models import Agreement
from governance.audit.entries import difference, plain
from governance.catalog import queries as catalog
from governance.catalog.bands import price_for
from governance.catalog.models import Feature, ListPrice, TierFeature
from governance.entitlements import queries
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.rules import (
    COUNTING,
    GRACE_AT_MOST,
    Covered,
    Expiry,
    Overage,
    check_expiry,
    check_overage,
    counting_of,
    most_of,
    stops,
)
from governance.entitlements.service.effects import settle, supply_of, whose
from governance.kernel import given
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Change, Work
from governance.seats.errors import LineChangeUnseen
from governance.seats.feature_use import FeatureLost, users_of
from governance.seats.models import Assignment
from governance.seats.service.counting import Recount, recount
from policies.access.actions import Action

CHANGEABLE = frozenset(
    {
        "tier_id", "overage", "overage_percent", "expiry", "grace_days", "spill_order", "needs_acceptance",
        "invitation_days", "covered", *COUNTING,
    }
)  # fmt: skip
VERB = "entitlement:correct"


@dataclass(frozen=True)
class ChangeLine:
    """`changes` by field name: tier_id, overage, overage_percent, expiry, grace_days, spill_order, needs_acceptance,
    invitation_days, covered, and how it counts: measure, resets, own_device, least_cores, vm_cores. What concerns
    acceptance, invitations, own devices and cores holds for seats given from then on.
    """

    line_id: UUID
    expected_version: int
    changes: Mapping[str, Any]
    token: str | None = None


@dataclass(frozen=True)
class Limit:
    """What may be taken of the line, or of a pool, before and after (None: nothing stops), and what is taken."""

    name: str
    before: int | None
    after: int | None
    occupied: int


@dataclass(frozen=True)
class MonthlyCost:
    """The list prices of the line's seats a month in micro-units, at today's holders; None: a tier has no price."""

    currency: str
    before: int | None
    after: int | None


@dataclass(frozen=True)
class LinePreview:
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    limits: tuple[Limit, ...]
    holders: int
    lost: tuple[FeatureLost, ...]
    gained: tuple[str, ...]
    cost: MonthlyCost | None
    counting: Recount | None
    token: str


@dataclass(frozen=True)
class _Plan:
    line: MetricLine
    preview: LinePreview
    diff: Mapping[str, Any]


async def preview_change_line(work: Work, command: ChangeLine) -> LinePreview:
    """Show what other rules, or another tier, do to the line. Raises NotFound, Refused, Conflict, BadInput."""
    return (await _plan(work, command, locked=False)).preview


async def change_line(work: Work, command: ChangeLine) -> MetricLine:
    """Give a line another tier or other rules, by the preview's token; nobody is revoked by it.

    Raises NotFound, Refused, Conflict, BadInput, LineChangeUnseen without a token, PreviewStale where the facts moved.
    """
    plan = await _plan(work, command, locked=True)
    line, preview = plan.line, plan.preview
    if not command.token:
        raise LineChangeUnseen(line.code, preview.holders)
    check_preview(
        work.office.secret, command.token, tenant=str(work.tenant_id), verb=VERB, diff=plan.diff, now=work.now()
    )
    for name, value in preview.after.items():
        setattr(line, name, value)
    line.version += 1
    await work.session.flush()
    await work.record(Change(VERB, "metric_line", line.id, before=preview.before, after=preview.after))
    await settle(work, line)
    await work.emit("LineChanged", line.id, fields=sorted(preview.after), holders=preview.holders)
    return line


async def _plan(work: Work, command: ChangeLine, *, locked: bool) -> _Plan:
    line, entitlement = await queries.line(work, command.line_id, locked=locked)
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, entitlement), f"entitlement {entitlement.code}")
    if line.version != command.expected_version:
        raise Conflict(f"Line {line.code}", str(command.expected_version), str(line.version))
    before, after = difference(line, await _checked(work, line, entitlement, command.changes))
    if not after:
        raise BadInput("changes", "what is already so", "at least one value that differs")
    limits = await _limits(work, line, after)
    holders = await _holders(work, line)
    lost, gained = await _features(work, line, entitlement, after)
    cost = await _cost(work, line, entitlement, after, holders)
    counting = await recount(work, line, after)
    diff = {
        "line": str(line.id), "version": line.version, "changes": plain(after), "holders": holders,
        "limits": [[each.name, each.before, each.after, each.occupied] for each in limits],
        "lost": [each.code for each in lost], "gained": list(gained),
        "cost": None if cost is None else [cost.currency, cost.before, cost.after],
        "counting": None if counting is None else counting.told(),
    }  # fmt: skip
    token = preview_token(work.office.secret, tenant=str(work.tenant_id), verb=VERB, diff=diff, now=work.now())
    return _Plan(line, LinePreview(before, after, limits, holders, lost, gained, cost, counting, token), diff)


async def _checked(
    work: Work, line: MetricLine, entitlement: Entitlement, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the new values as they are kept, checked together with those that stay. Raises NotFound, BadInput."""
    given.known_fields(changes, CHANGEABLE)
    values = {name: getattr(line, name) for name in CHANGEABLE} | dict(changes)
    overage = given.word(values["overage"], "changes.overage", Overage)
    if overage is not Overage.ALLOW_TO_PERCENT and "overage_percent" not in changes:
        values["overage_percent"] = None
    expiry = given.word(values["expiry"], "changes.expiry", Expiry)
    if expiry is not Expiry.GRACE and "grace_days" not in changes:
        values["grace_days"] = 0
    if (tier_id := values["tier_id"]) is not None:
        tier = await catalog.tier(work, tier_id)
        if tier.product_id != entitlement.product_id:
            raise BadInput("changes.tier_id", tier.code, "a tier of the entitlement's product")
    order = values["spill_order"]
    grace = given.whole(values["grace_days"], "changes.grace_days", most=GRACE_AT_MOST)
    check_expiry(expiry, grace, path="changes.")
    return {
        "tier_id": tier_id,
        "overage": overage,
        "overage_percent": check_overage(overage, values["overage_percent"], path="changes."),
        "expiry": expiry,
        "grace_days": grace,
        "covered": given.word(values["covered"], "changes.covered", Covered),
        "spill_order": None if order is None else given.whole(order, "changes.spill_order", most=99),
        "needs_acceptance": given.flag(values["needs_acceptance"], "changes.needs_acceptance"),
        "invitation_days": given.whole(values["invitation_days"], "changes.invitation_days", least=1, most=365),
        **counting_of(line.model, values, path="changes."),
    }


async def _limits(work: Work, line: MetricLine, after: Mapping[str, Any]) -> tuple[Limit, ...]:
    """Say which limits move: of the line, and of each of its pools."""
    supply, now = await supply_of(work, line.id), work.now()
    pools = await queries.pools_of(work, line.id)
    rooms = await queries.rooms_of(work, (line.id, *(pool.id for pool in pools)))
    modes = (
        (line.overage, line.overage_percent),
        (after.get("overage", line.overage), after.get("overage_percent", line.overage_percent)),
    )
    found = []
    for room_id, name in ((line.id, line.code), *((pool.id, pool.name) for pool in pools)):
        seats = supply.line_at(now) if room_id == line.id else supply.pool_at(room_id, now)
        old, new = (most_of(seats, percent) if stops(mode) else None for mode, percent in modes)
        if old != new:
            found.append(Limit(name, old, new, rooms[room_id].occupied if room_id in rooms else 0))
    return tuple(found)


async def _holders(work: Work, line: MetricLine) -> int:
    query = select(func.count()).where(
        Assignment.tenant_id == work.tenant_id, Assignment.line_id == line.id, Assignment.released_at.is_(None)
    )
    return (await work.session.execute(query)).scalar_one()


async def _features(
    work: Work, line: MetricLine, entitlement: Entitlement, after: Mapping[str, Any]
) -> tuple[tuple[FeatureLost, ...], tuple[str, ...]]:
    if "tier_id" not in after:
        return (), ()
    old, new = await _granted(work, line.tier_id), await _granted(work, after["tier_id"])
    lost = []
    for code in sorted(old.keys() - new.keys()):
        holders = _holding(line)
        users, named = await users_of(work, holders, entitlement.product_id, code)
        lost.append(FeatureLost(code, old[code], users, named))
    return tuple(lost), tuple(sorted(new.keys() - old.keys()))


def _holding(line: MetricLine) -> Select[UUID]:
    """Give who holds a seat of the line."""
    return select(Assignment.person_id).where(
        Assignment.tenant_id == line.tenant_id, Assignment.line_id == line.id, Assignment.released_at.is_(None)
    )


async def _granted(work: Work, tier_id: UUID | None) -> dict[str, str]:
    """Give the features that a tier grants now, by code."""
    query = (
        select(Feature.code, Feature.name)
        .join(TierFeature, (TierFeature.tenant_id == Feature.tenant_id) & (TierFeature.feature_id == Feature.id))
        .where(
            Feature.tenant_id == work.tenant_id, TierFeature.tier_id == tier_id, TierFeature.retired_at.is_(None)
        )
    )  # fmt: skip
    return {code: name for code, name in await work.session.execute(query)}  # noqa: C416


async def _cost(
    work: Work, line: MetricLine, entitlement: Entitlement, after: Mapping[str, Any], holders: int
) -> MonthlyCost | None:
    """Say what the holders' seats cost a month by the list, before and after; None where the tier stays."""
    if "tier_id" not in after:
        return None
    agreement = await work.session.get_one(Agreement, (work.tenant_id, entitlement.agreement_id))
    prices = catalog.visible_prices(work).where(
        ListPrice.currency == agreement.currency, ListPrice.tier_id.in_({line.tier_id, after["tier_id"]} - {None})
    )
    micros = {
        row.tier_id: price_for(row.price, holders).total for row in (await work.session.execute(prices)).scalars()
    }
    old, new = (None if tier_id is None else micros.get(tier_id) for tier_id in (line.tier_id, after["tier_id"]))
    return MonthlyCost(agreement.currency, old, new)
