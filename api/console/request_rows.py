"""Requests for seats as lists of the console show them: for whom, of what, why, how they stand, what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.console.context import Context
from api.console.standing import day_words, units_of
from api.console.values import Level, Link, Person, Status
from governance.directory.models import Person as PersonRow
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL
from governance.kernel.work import Work
from governance.requests.models import SeatRequest
from governance.requests.queries import place_of
from governance.requests.rules import OPEN, RequestOrigin, RequestState, state_at
from policies.access.parties import Actor

STATES: Final = {
    RequestState.ASKED: Level.WARN, RequestState.WAITING: Level.HIGH, RequestState.GRANTED: Level.OK,
    RequestState.REFUSED: Level.UNKNOWN, RequestState.WITHDRAWN: Level.UNKNOWN, RequestState.EXPIRED: Level.UNKNOWN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request with the names it is read under; `act` is what its reader can do about it."""

    id: UUID
    who: Person
    license: str
    license_id: UUID
    pool: str
    said: str
    status: Status
    answer: str
    since: date
    act: Link | None
    no: Link | None


async def request_rows(
    ctx: Context, work: Work, found: Sequence[SeatRequest], *, own: bool = False
) -> list[RequestRow]:
    """The requests of one page with the names of people, pools and licenses; `own`: to take back, not to decide on."""
    ids = sorted({row.person_id for row in found})
    read = select(PersonRow).where(PersonRow.tenant_id == work.tenant_id, PersonRow.id.in_(ids))
    people = {row.id: row for row in (await work.session.execute(read)).scalars()}
    units = await units_of(work, [person.unit_id for person in people.values()])
    query = (
        select(Pool, Entitlement)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, Pool.id.in_(sorted({row.pool_id for row in found})))
    )
    pools = {pool.id: (pool, license_) for pool, license_ in await work.session.execute(query)}
    rows = []
    for row in found:
        person, (pool, license_) = people[row.person_id], pools[row.pool_id]
        href = f"/people/{person.id}" if ctx.may("person:read") else ""
        act, no = _acts(ctx, row, work.actor, own=own)
        rows.append(
            RequestRow(
                row.id, Person(person.name, units.get(person.unit_id, ""), href), license_.name, license_.id, pool.name,
                _said(ctx, row), await _status(ctx, work, row), row.note or "",
                row.asked_at.astimezone(ctx.zone).date(), act, no,
            )
        )  # fmt: skip
    return rows


async def _status(ctx: Context, work: Work, row: SeatRequest) -> Status:
    state = state_at(row.state, row.expires_at, ctx.now)
    note = ""
    if state is RequestState.WAITING:
        note = ctx.text("requests.place", place=await place_of(work, row) or 1)
    elif state is RequestState.ASKED:
        note = ctx.text("my_licenses.until", day=day_words(ctx, row.expires_at))
    return Status(STATES[state], ctx.text(f"requests.state_{state.value.lower()}"), note)


def _said(ctx: Context, row: SeatRequest) -> str:
    return ctx.text("requests.returned") if row.origin is RequestOrigin.RETURNED else row.reason


def _acts(ctx: Context, row: SeatRequest, reader: Actor, *, own: bool) -> tuple[Link | None, Link | None]:
    """The two links of a row: decide on it, or take one's own back; none where that is not for this reader."""
    state = state_at(row.state, row.expires_at, ctx.now)
    if ctx.past or state not in OPEN:
        return None, None
    if own:
        return Link(ctx.text("requests.withdraw"), f"/my-licenses/requests/{row.id}/withdraw"), None
    mine = row.requested_by == reader.principal or row.person_id == reader.person_id
    if mine or not ctx.may("seat:assign"):
        return None, None
    yes = Link(ctx.text("requests.approve"), f"/requests/{row.id}/approve") if state is RequestState.ASKED else None
    return yes, Link(ctx.text("requests.refuse"), f"/requests/{row.id}/refuse")
