"""Assign seats: who, from which pool; first what would happen to each person and why, then exactly that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from api.console import formats
from api.console.assign_chosen import CHOSEN, assign_chosen
from api.console.declare import (
    Action,
    Claim,
    Context,
    Done,
    Field,
    FormPage,
    HasNeeds,
    Ids,
    Itemized,
    Items,
    Level,
    Note,
    Opened,
    Option,
    Outcome,
    Part,
    Person,
    Preview,
    Query,
    Refused,
    SeatBar,
    Seats,
    Status,
    Step,
    Why,
)
from api.console.desk import desk_of
from api.console.finding_people import Found, find_people, suggest_people
from api.console.license_read import license_id_of, license_of
from api.console.phrases import spoken
from api.console.refusals import told
from api.console.sealing import check_sealed, sealed
from api.console.standing import region_name, units_of
from governance.directory.models import Person as PersonRow
from governance.entitlements.models import MetricLine, Pool
from governance.entitlements.queries import entitlement, line_of_pool, rooms_of, visible_pools
from governance.kernel.errors import Code, Reason
from governance.seats.service import AssignSeats, Denied, SeatAnswers, Seated, assign_seats, preview_assignment
from policies.access.actions import Action as Act

OTHERS, NOBODY = "others", "nobody"
VERB: Final = Act.SEAT_ASSIGN.value


async def pool_options(ctx: Context) -> tuple[Option, ...]:
    """The open pools of the license within reach, each with what is left in it."""
    async with ctx.work() as work:
        query = visible_pools(work).where(MetricLine.entitlement_id == license_of(ctx), Pool.closed_at.is_(None))
        pools = (await work.session.execute(query.order_by(Pool.name, Pool.id))).scalars().all()
        rooms = await rooms_of(work, tuple(pool.id for pool in pools))
    named = tuple(
        Option(str(pool.id), text=f"{pool.name} · {_left(ctx, rooms[pool.id].ceiling, rooms[pool.id].occupied)}")
        for pool in pools
        if pool.id in rooms
    )
    return (*named, Option(CHOSEN, "assign.chosen")) if named else ()


def _left(ctx: Context, ceiling: int | None, occupied: int) -> str:
    if ceiling is None:
        return ctx.text("seats.no_limit")
    if ceiling < occupied:
        return ctx.text("assign.over", count=occupied - ceiling)
    return ctx.text("assign.free", count=ceiling - occupied)


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form, its answers taken from the address where a remedy led here. Raises NotFound."""
    license_id = license_id_of(ids["id"])
    async with ctx.work() as work:
        row = await entitlement(work, license_id)
    pools = await pool_options(ctx)
    asked = query.raw.get("pool", "")
    chosen = asked if any(option.value == asked for option in pools) else pools[0].value if pools else ""
    initial = {"pool": chosen, "refused": OTHERS, "people": query.raw.get("people", "").replace(",", "\n")}
    here = f"/licenses/{license_id}"
    crumbs = ((ctx.text("licenses.title"), "/licenses"), (row.name, here))
    return Opened(ctx.text("assign.title"), initial, row.name, crumbs, cancel=here)


async def assign(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show per person what would happen; with the token of what was shown, do it. Denials are kept with reasons."""
    asked = [*([values["person"]] if values["person"] else []), *values["people"]]
    if not asked:
        return Refused({"people": ctx.text("assign.nobody_named")})
    found = await find_people(ctx, asked)
    if found.wrong:
        return Refused({"people": _unknown(ctx, found)})
    if values["pool"] == CHOSEN:
        return await assign_chosen(ctx, ids, found, token, atomic=values["refused"] == NOBODY)
    pool_id, desk = UUID(values["pool"]), desk_of(ctx)
    people = tuple(found.people)
    command = AssignSeats(pool_id, people, atomic=values["refused"] == NOBODY)
    foreseen = await preview_assignment(desk.desk, desk.actor, command, desk.request_id)
    diff = _diff(command, foreseen)
    if token:
        check_sealed(ctx, VERB, diff, token)
        keyed = AssignSeats(pool_id, people, atomic=command.atomic, key=token)
        return _done(ctx, ids, await assign_seats(desk.desk, desk.actor, keyed, desk.request_id))
    parts = await _itemized(ctx, command, foreseen, found)
    if not foreseen.seated:
        return Refused({"": ctx.text("assign.none")}, parts)
    confirm = ctx.text("assign.confirm", count=len(foreseen.seated))
    return Preview(parts, sealed(ctx, VERB, diff), confirm, ctx.text("assign.not_yet"))


def _diff(command: AssignSeats, foreseen: SeatAnswers) -> dict[str, Any]:
    return {
        "pool": str(command.pool_id),
        "people": [str(each) for each in command.person_ids],
        "atomic": command.atomic,
        "seated": [[str(each.person_id), each.overage] for each in foreseen.seated],
    }


def _unknown(ctx: Context, found: Found) -> str:
    named = ", ".join(found.wrong[:5]) + (" …" if len(found.wrong) > 5 else "")
    return ctx.text("assign.unknown", count=len(found.wrong), names=named)


def _done(ctx: Context, ids: Ids, answers: SeatAnswers) -> Outcome:
    where = f"/licenses/{ids['id']}?tab=seats"
    said = ctx.text("assign.done", count=len(answers.seated))
    if answers.denied:
        said += ctx.text("assign.done_refused", count=len(answers.denied))
    return Done(where, said)


@dataclass(frozen=True, slots=True)
class _Pool:
    row: Pool
    occupied: int
    ceiling: int | None
    places: Mapping[UUID, str]
    licenses: Mapping[UUID, UUID]


async def _itemized(ctx: Context, command: AssignSeats, foreseen: SeatAnswers, found: Found) -> tuple[Part, ...]:
    """One line a person, in the order asked, under the pool as it would be."""
    pool = await _pool(ctx, command, foreseen, found)
    seated = {each.person_id: each for each in foreseen.seated}
    denied = {each.person_id: each for each in foreseen.denied}
    items = []
    for person_id in command.person_ids:
        row = found.people[person_id]
        person = Person(row.name, _placed(ctx, row, pool))
        if person_id in denied:
            refusal = _refusal(ctx, denied[person_id], row, pool)
            items.append(Itemized(person, Status(Level.CRITICAL, ctx.text("assign.refused")), refusal))
        elif person_id in seated:
            items.append(Itemized(person, _seated(ctx, seated[person_id])))
        else:
            items.append(Itemized(person, Status(Level.UNKNOWN, ctx.text("assign.held_back"))))
    after = pool.occupied + len(seated)
    title = ctx.text("assign.can", can=formats.number(ctx.locale, len(seated)), count=len(items))
    corner = ctx.text("assign.after", occupied=formats.number(ctx.locale, after), limit=_limit(ctx, pool.ceiling))
    bar = Seats(SeatBar(after, pool.ceiling), large=False)
    kept = (Note(ctx.text("assign.kept", count=len(denied))),) if denied else ()
    return (Items(tuple(items), title, corner, above=(bar,)), *kept)


def _limit(ctx: Context, ceiling: int | None) -> str:
    return ctx.text("seats.no_limit") if ceiling is None else formats.number(ctx.locale, ceiling)


async def _pool(ctx: Context, command: AssignSeats, foreseen: SeatAnswers, found: Found) -> _Pool:
    async with ctx.work() as work:
        row = await work.session.get_one(Pool, (work.tenant_id, command.pool_id))
        room = (await rooms_of(work, (row.id,)))[row.id]
        near = {each.nearest.pool_id for each in foreseen.denied if each.nearest is not None}
        licenses = {pool_id: (await line_of_pool(work, pool_id))[1].id for pool_id in sorted(near)}
        places = await units_of(work, [person.unit_id for person in found.people.values()])
    return _Pool(row, room.occupied, room.ceiling, places, licenses)


def _placed(ctx: Context, row: PersonRow, pool: _Pool) -> str:
    works = ctx.text("assign.works_in", country=region_name(ctx, row.country))
    return f"{pool.places.get(row.unit_id, '')} · {works}"


def _seated(ctx: Context, seat: Seated) -> Status:
    if seat.overage:
        return Status(Level.WARN, ctx.text("assign.overage"))
    key = "assign.invited" if seat.state.value == "INVITED" else "assign.seated"
    return Status(Level.OK, ctx.text(key))


def _refusal(ctx: Context, denied: Denied, row: PersonRow, pool: _Pool) -> HasNeeds:
    """The first reason as has and needs, all of them behind why, and the nearest thing that would work."""
    said = [told(each, ctx.locale) for each in denied.reasons]
    first, about = said[0], [_about(ctx, each, row) for each in denied.reasons]
    steps = tuple(
        Step(Level.CRITICAL, f"{name}: {each.has}", each.needs) for name, each in zip(about[:5], said, strict=False)
    )
    return HasNeeds(
        Claim(_sentence(first.has), first.source),
        Claim(_sentence(first.needs), first.remedy),
        _remedies(ctx, denied, row, pool),
        Why(ctx.text("assign.why"), steps),
    )


def _about(ctx: Context, reason: Reason, row: PersonRow) -> str:
    """What a reason is about; the person by name, whom the ledger knows by id."""
    return row.name if reason.subject == f"person {row.id}" else spoken(ctx.locale, reason.subject)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _remedies(ctx: Context, denied: Denied, row: PersonRow, pool: _Pool) -> tuple[Action, ...]:
    remedies = []
    if denied.nearest is not None:
        near = denied.nearest
        free = ctx.text("seats.no_limit") if near.free is None else ctx.text("assign.free", count=near.free)
        query = urlencode({"pool": near.pool_id, "people": row.mail})
        text = ctx.text("assign.use_pool", pool=near.pool, free=free)
        remedies.append(Action(text=text, href=f"/licenses/{pool.licenses[near.pool_id]}/assign?{query}"))
    if _has(denied.reasons, Code.ALREADY_SEATED):
        remedies.append(Action("assign.their_seats", f"/people/{row.id}", changes=False))
    return tuple(remedies)


def _has(reasons: Sequence[Reason], code: Code) -> bool:
    return any(reason.code is code for reason in reasons)


FORM: Final = FormPage(
    name="assign", path="/licenses/{id}/assign", opens=opens, submit=assign, button="form.preview",
    action="seat:assign", nav="licenses",
    fields=(
        Field("pool", "assign.pool", "select", options=pool_options),
        Field("person", "assign.person", "person", required=False, suggest=suggest_people, help="assign.person_help"),
        Field("people", "assign.people", "person", required=False, multiple=True, help="assign.people_help"),
        Field("refused", "assign.if_refused", "choice",
              options=(Option(OTHERS, "assign.seat_others"), Option(NOBODY, "assign.seat_nobody"))),
    ),
)  # fmt: skip
PAGES: Final = (FORM,)
