"""Holders of a license go to another tier: who, what they lose and gain, what it costs, then exactly that."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.declare import (
    Claim,
    Column,
    Context,
    Done,
    Facts,
    Field,
    FormPage,
    HasNeeds,
    Ids,
    Note,
    Opened,
    Outcome,
    Part,
    Preview,
    Query,
    Refused,
    Table,
)
from api.console.desk import desk_of
from api.console.finding_people import Found, find_people, suggest_people
from api.console.license_read import license_id_of
from api.console.refusals import told
from api.console.supply_fields import opened, pool_options
from governance.entitlements.models import MetricLine, Pool
from governance.kernel.money import Money
from governance.seats.models import Assignment
from governance.seats.queries import visible_assignments
from governance.seats.service.change_line import MonthlyCost
from governance.seats.service.retier import RetierPreview, preview_retier, retier_seats
from governance.seats.service.transfer import TransferSeats
from policies.access.fields import FieldClass


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Who, and to which pool. Raises NotFound."""
    return await opened(ctx, ids, "retier.title", {"people": query.raw.get("person", "")}, "seats")


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what another tier does to each, or why somebody cannot go; with the token of that, do it for all."""
    found = await find_people(ctx, values["people"])
    seats = await _seats(ctx, license_id_of(ids["id"]), found)
    without = [*found.wrong, *(found.people[each].name for each in found.people if each not in seats)]
    if without or not seats:
        return Refused({"people": ctx.text("retier.no_seat", names=", ".join(without[:5]) or "–")})
    desk = desk_of(ctx)
    command = TransferSeats(tuple(seats.values()), UUID(values["pool"]), values["note"], token or None)
    if token:
        begun = await retier_seats(desk.desk, desk.actor, command, desk.request_id)
        return Done(f"/licenses/{ids['id']}?tab=seats", ctx.text("retier.done", count=len(begun)))
    seen = await preview_retier(desk.desk, desk.actor, command, desk.request_id)
    if seen.transfer.token is None:
        return Refused({"pool": ctx.text("retier.refused", pool=seen.transfer.pool.name)}, _against(ctx, seen))
    async with ctx.work() as work:
        money = work.gate.may_read(work.actor, FieldClass.MONEY)
    return Preview(_shown(ctx, seen, found, money=money), seen.transfer.token, ctx.text("retier.act", count=len(seats)))


async def _seats(ctx: Context, license_id: UUID, found: Found) -> dict[UUID, UUID]:
    """The seats that these people hold of the license, by person; of several the one held longest."""
    async with ctx.work() as work:
        query = (
            visible_assignments(work)
            .join(MetricLine, (MetricLine.tenant_id == Pool.tenant_id) & (MetricLine.id == Pool.line_id))
            .where(
                MetricLine.entitlement_id == license_id, Assignment.released_at.is_(None),
                Assignment.person_id.in_(sorted(found.people)),
            )
            .order_by(Assignment.started_at.desc(), Assignment.id)
        )  # fmt: skip
        return {seat.person_id: seat.id for seat in (await work.session.execute(query)).scalars()}


def _against(ctx: Context, seen: RetierPreview) -> tuple[Part, ...]:
    reasons = dict.fromkeys(reason for each in seen.transfer.seats for reason in each.reasons)
    return tuple(
        HasNeeds(Claim(f"{each.subject}: {each.has}", each.source), Claim(each.needs, each.remedy))
        for each in (told(reason, ctx.locale) for reason in reasons)
    )


def _shown(ctx: Context, seen: RetierPreview, found: Found, *, money: bool) -> tuple[Part, ...]:
    facts: list[tuple[str, Any]] = [
        (ctx.text("retier.from"), seen.before), (ctx.text("retier.to"), f"{seen.after}, {seen.transfer.pool.name}"),
        (ctx.text("retier.gained"), ", ".join(seen.gained) or "–"),
    ]  # fmt: skip
    if money:
        cost = f"{_money(ctx, seen.cost, seen.cost.before)} → {_money(ctx, seen.cost, seen.cost.after)}"
        facts.append((ctx.text("retier.month"), cost))
    parts: list[Part] = [Facts(tuple(facts))]
    if seen.lost:
        parts.append(_lost(ctx, seen))
    if seen.losses:
        parts.append(_losses(ctx, seen, found))
    invited = sum(each.invite for each in seen.transfer.seats)
    if invited:
        parts.append(Note(ctx.text("retier.invited", count=invited)))
    return tuple(parts)


def _money(ctx: Context, cost: MonthlyCost, micros: int | None) -> str:
    return "–" if micros is None else formats.money(ctx.locale, Money(micros, cost.currency))


def _lost(ctx: Context, seen: RetierPreview) -> Part:
    return Table(
        ctx.text("lines.lost"),
        (
            Column("feature", "lines.feature", strong=True, value=lambda row: row.name),
            Column("users", "lines.users", value=lambda row: ctx.text("lines.few") if row.users is None else row.users),
        ),
        seen.lost, bare=True,
    )  # fmt: skip


def _losses(ctx: Context, seen: RetierPreview, found: Found) -> Part:
    """Add-ons that stand on nothing then, and parts that nothing covers any more, by person."""
    rows: Sequence[dict[str, str]] = [
        {"person": found.people[each.person_id].name, "uncovered": ", ".join(each.uncovered) or "–",
         "stranded": ", ".join(held.spoken for held in each.stranded) or "–"}
        for each in seen.losses
    ]  # fmt: skip
    columns = (
        Column("person", "seat.person", strong=True),
        Column("stranded", "retier.stranded"),
        Column("uncovered", "retier.uncovered"),
    )
    return Table(ctx.text("retier.losses"), columns, rows, bare=True)


RETIER: Final = FormPage(
    name="retier", path="/licenses/{id}/retier", opens=opens, submit=submit, button="form.preview",
    action="seat:transfer", nav="licenses",
    fields=(
        Field("people", "retier.people", "person", multiple=True, suggest=suggest_people, help="retier.people_help"),
        Field("pool", "retier.pool", "select", options=pool_options, help="retier.pool_help"),
        Field("note", "seat.note_field", required=False, longest=400),
    ),
)  # fmt: skip
PAGES: Final = (RETIER,)
