"""Seats where no pool is named: which pool each person would get, or every reason why none; then exactly that."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.declare import (
    Claim,
    Context,
    Done,
    HasNeeds,
    Ids,
    Itemized,
    Items,
    Level,
    Note,
    Outcome,
    Part,
    Person,
    Preview,
    Refused,
    Status,
    Step,
    Why,
)
from api.console.desk import desk_of
from api.console.finding_people import Found
from api.console.license_read import license_id_of
from api.console.refusals import told
from api.console.sealing import check_sealed, sealed
from api.console.standing import region_name
from governance.directory.models import Person as PersonRow
from governance.entitlements.models import Pool
from governance.entitlements.queries import entitlement, visible_pools
from governance.seats.service import AssignByProduct, Denied, SeatAnswers, Seated, assign_by_product, preview_by_product
from policies.access.actions import Action as Act

CHOSEN: Final = "chosen"
VERB: Final = f"{Act.SEAT_ASSIGN.value}:chosen"


async def assign_chosen(ctx: Context, ids: Ids, found: Found, token: str, *, atomic: bool) -> Outcome:
    """Show per person which pool goes first; with the token of what was shown, seat them there."""
    async with ctx.work() as work:
        product_id = (await entitlement(work, license_id_of(ids["id"]))).product_id
    desk = desk_of(ctx)
    command = AssignByProduct(product_id, tuple(found.people), atomic=atomic, key=token or None)
    foreseen = await preview_by_product(desk.desk, desk.actor, command, desk.request_id)
    diff = {
        "product": str(product_id), "people": [str(each) for each in command.person_ids], "atomic": atomic,
        "seated": [[str(each.person_id), str(each.pool_id), each.overage] for each in foreseen.seated],
    }  # fmt: skip
    if token:
        check_sealed(ctx, VERB, diff, token)
        answers = await assign_by_product(desk.desk, desk.actor, command, desk.request_id)
        said = ctx.text("assign.done", count=len(answers.seated))
        if answers.denied:
            said += ctx.text("assign.done_refused", count=len(answers.denied))
        return Done(f"/licenses/{ids['id']}?tab=seats", said)
    parts = await _itemized(ctx, foreseen, found.people)
    if not foreseen.seated:
        return Refused({"": ctx.text("assign.none")}, parts)
    confirm = ctx.text("assign.confirm", count=len(foreseen.seated))
    return Preview(parts, sealed(ctx, VERB, diff), confirm, ctx.text("assign.not_yet"))


async def _itemized(ctx: Context, foreseen: SeatAnswers, people: Mapping[UUID, PersonRow]) -> tuple[Part, ...]:
    """One line a person, in the order asked: the pool, or what stands against each."""
    async with ctx.work() as work:
        wanted = [each.pool_id for each in foreseen.seated]
        query = visible_pools(work).where(Pool.id.in_(wanted)).with_only_columns(Pool.id, Pool.name)
        pools = {row.id: row.name for row in await work.session.execute(query)}
    seated = {each.person_id: each for each in foreseen.seated}
    denied = {each.person_id: each for each in foreseen.denied}
    items = []
    for person_id, row in people.items():
        person = Person(row.name, ctx.text("assign.works_in", country=region_name(ctx, row.country)))
        if person_id in denied:
            refused = Status(Level.CRITICAL, ctx.text("assign.refused"))
            items.append(Itemized(person, refused, _refusal(ctx, denied[person_id], row)))
        elif person_id in seated:
            items.append(Itemized(person, _seated(ctx, seated[person_id], pools)))
        else:
            items.append(Itemized(person, Status(Level.UNKNOWN, ctx.text("assign.held_back"))))
    kept = (Note(ctx.text("assign.kept", count=len(denied))),) if denied else ()
    title = ctx.text("assign.can", can=str(len(seated)), count=len(items))
    return (Items(tuple(items), title), *kept)


def _seated(ctx: Context, one: Seated, pools: Mapping[Any, str]) -> Status:
    key = "overage" if one.overage else "invited" if one.state.value == "INVITED" else "seated"
    level = Level.WARN if one.overage else Level.OK
    return Status(level, ctx.text(f"assign.{key}"), ctx.text("assign.in_pool", pool=pools.get(one.pool_id, "")))


def _refusal(ctx: Context, denied: Denied, row: PersonRow) -> HasNeeds:
    said = [told(each, ctx.locale) for each in denied.reasons]
    first, names = said[0], [_about(each.subject, row) for each in denied.reasons]
    steps = tuple(
        Step(Level.CRITICAL, f"{name}: {each.has}", each.needs) for name, each in zip(names[:5], said[:5], strict=True)
    )
    return HasNeeds(
        Claim(first.has, first.source), Claim(first.needs, first.remedy), (), Why(ctx.text("assign.why"), steps)
    )


def _about(subject: str, row: PersonRow) -> str:
    return row.name if subject == f"person {row.id}" else subject
