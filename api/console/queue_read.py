"""What waits for IT, read within reach: calls for help, stuck seats, proposed reclaims, invitations that ran out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from api.console import formats
from api.console.context import Context
from api.console.controls import Action
from api.console.journey_said import step_words
from api.console.own_help import product_names
from api.console.parts import Facts, Panel, Part
from api.console.request_rows import request_rows
from api.console.seat_rows import SeatRow, seat_rows
from api.console.values import Link, Person
from governance.activation.journeys import open_contacts, seats_of_failures, stuck_failures
from governance.activation.models import ErrorText, JourneyEvent, SupportContact
from governance.activation.queries import texts_of
from governance.activation.service.contacts import HERE
from governance.directory.models import Person as PersonRow
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import LINE_OF_POOL, visible_entitlements
from governance.kernel.errors import NotFound
from governance.kernel.page import count_all
from governance.kernel.work import Work
from governance.requests.models import SeatRequest
from governance.requests.queries import undecided, visible_requests
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, lapsed, visible_assignments
from governance.seats.rules import ReleaseReason, SeatState
from governance.usage.showing import named
from policies.access.actions import Action as Right

SHOWN: Final = 50
INVITATIONS_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class HelpRow:
    """Somebody who needs help, as the queue shows them: because they asked, or because an error stops them."""

    id: UUID
    who: Person
    product: str
    step: str
    said: str
    code: str
    since: date
    source: str
    act: Link | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One part of the queue: its first rows and how many there are."""

    rows: Sequence[Any]
    total: int


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The one license that the queue is narrowed to: its name, and its product."""

    id: UUID
    name: str
    product_id: UUID


async def narrowing(work: Work, asked: str) -> Narrowing | None:
    """Give the license that the address names. Raises NotFound for none within reach."""
    if not asked:
        return None
    try:
        wanted = UUID(asked)
    except ValueError:
        raise NotFound("license", asked) from None
    row = (await work.session.execute(visible_entitlements(work).where(Entitlement.id == wanted))).scalar_one_or_none()
    if row is None:
        raise NotFound("license", asked)
    return Narrowing(row.id, row.name, row.product_id)


def contacts_for(work: Work, product_id: UUID | None) -> Select[SupportContact]:
    """Give the open calls for help, of one product where it is named; none to whoever only has their own."""
    query = open_contacts(work)
    if not work.gate.may(work.actor, Right.JOURNEY_ASSIST):
        query = query.where(SupportContact.id.is_(None))
    return query if product_id is None else query.where(SupportContact.product_id == product_id)


def stuck_for(work: Work, product_id: UUID | None) -> Select[JourneyEvent]:
    """Give the errors that keep somebody from the next step, of one product where it is named."""
    query = stuck_failures(work)
    return query if product_id is None else query.where(JourneyEvent.product_id == product_id)


async def contacts(ctx: Context, work: Work, product_id: UUID | None) -> Waiting:
    """Calls for help that are open, the oldest first."""
    query = contacts_for(work, product_id)
    oldest = query.order_by(SupportContact.opened_at, SupportContact.id).limit(SHOWN)
    found = (await work.session.execute(oldest)).scalars().all()
    people = await _people(work, [row.person_id for row in found])
    names = await product_names(work, [row.product_id for row in found])
    close = ctx.may("support:close") and not ctx.past
    rows = [
        HelpRow(
            row.id,
            _who(ctx, people[row.person_id], row.assignment_id, asked_here=row.source == HERE),
            names[row.product_id],
            step_words(ctx, row.step.value) if row.step else "",
            row.note or ctx.text("journey.contact", channel=ctx.text(f"journey.channel_{row.channel.value.lower()}")),
            "",
            row.opened_at.astimezone(ctx.zone).date(),
            ctx.text("queue.here") if row.source == HERE else row.case_id,
            Link(ctx.text("queue.close"), f"/queue/{row.id}/close") if close else None,
        )
        for row in found
    ]
    return Waiting(rows, await count_all(work.session, query))


async def stuck(ctx: Context, work: Work, product_id: UUID | None) -> Waiting:
    """Seats that an error keeps from the next step, the longest first, with what the code means and what helps."""
    query = stuck_for(work, product_id)
    oldest = query.order_by(JourneyEvent.occurred_at, JourneyEvent.id).limit(SHOWN)
    found = (await work.session.execute(oldest)).scalars().all()
    people = await _people(work, [row.person_id for row in found])
    names = await product_names(work, [row.product_id for row in found])
    seats = await seats_of_failures(work, found)
    texts = await texts_of(work, [row.product_id for row in found])
    rows = []
    for row in found:
        seat = seats.get(row.id)
        who = _who(ctx, people[row.person_id], seat.id if seat else None, asked_here=False)
        rows.append(
            HelpRow(
                row.id, who, names[row.product_id], step_words(ctx, row.step.value),
                _meaning(ctx, texts.get((row.product_id, row.code or ""))), row.code or "",
                row.occurred_at.astimezone(ctx.zone).date(), row.source,
                Link(ctx.text("journey.see"), who.href) if who.href else None,
            )
        )  # fmt: skip
    return Waiting(rows, await count_all(work.session, query))


async def requests(ctx: Context, work: Work, license_id: UUID | None) -> Waiting:
    """Requests for seats that nobody has decided on, the oldest first; none to whoever does not decide."""
    query = visible_requests(work).where(undecided(work))
    if not work.gate.may(work.actor, Right.SEAT_ASSIGN):
        query = query.where(SeatRequest.id.is_(None))
    if license_id is not None:
        query = query.join(MetricLine, LINE_OF_POOL).where(MetricLine.entitlement_id == license_id)
    oldest = query.order_by(SeatRequest.asked_at, SeatRequest.id).limit(SHOWN)
    found = (await work.session.execute(oldest)).scalars().all()
    return Waiting(await request_rows(ctx, work, found), await count_all(work.session, query))


async def reclaims(ctx: Context, work: Work, license_id: UUID | None) -> Waiting:
    """Seats that are proposed to be taken back, the earliest decision first."""
    query = _seats(work, license_id).where(
        Assignment.state == SeatState.RECLAIM_PENDING, Assignment.released_at.is_(None)
    )
    return await _seats_waiting(ctx, work, query, Assignment.reclaim_due_at)


async def lapsed_invitations(ctx: Context, work: Work, license_id: UUID | None) -> Waiting:
    """Invitations that ran out lately with no answer, of people who got no other seat of the license since."""
    since, again = work.now() - timedelta(days=INVITATIONS_DAYS), aliased(Assignment)
    seated = exists().where(
        again.tenant_id == Assignment.tenant_id, again.line_id == Assignment.line_id,
        again.person_id == Assignment.person_id, again.started_at > Assignment.started_at,
    )  # fmt: skip
    swept = and_(Assignment.release_reason == ReleaseReason.INVITE_EXPIRED, Assignment.released_at > since)
    query = _seats(work, license_id).where(or_(lapsed(work.now()), swept), ~seated)
    return await _seats_waiting(ctx, work, query, Assignment.invitation_expires_at)


async def _seats_waiting(ctx: Context, work: Work, query: Select[Assignment], due: Any) -> Waiting:
    found = (await work.session.execute(query.order_by(due, Assignment.id).limit(SHOWN))).scalars().all()
    rows: list[SeatRow] = await seat_rows(ctx, work, found)
    return Waiting(rows, await count_all(work.session, query))


def _seats(work: Work, license_id: UUID | None) -> Select[Assignment]:
    query = visible_assignments(work)
    if license_id is None:
        return query
    return query.join(MetricLine, LINE_OF_SEAT).where(MetricLine.entitlement_id == license_id)


def _who(ctx: Context, person: PersonRow, seat_id: UUID | None, *, asked_here: bool) -> Person:
    """Name a person, with the way to their seat, unless their region lets nobody be named beside what they did."""
    if not asked_here and not named(person.country):
        return Person(ctx.text("queue.someone"), ctx.text("queue.unnamed"))
    return Person(person.name, person.mail, f"/seats/{seat_id}" if seat_id else f"/people/{person.id}")


def _meaning(ctx: Context, text: ErrorText | None) -> str:
    if text is None:
        return ctx.text("queue.no_text")
    return f"{text.title}. {text.help}" if text.help else text.title


async def _people(work: Work, ids: Sequence[UUID]) -> dict[UUID, PersonRow]:
    query = select(PersonRow).where(PersonRow.tenant_id == work.tenant_id, PersonRow.id.in_(sorted(set(ids))))
    return {row.id: row for row in (await work.session.execute(query)).scalars()} if ids else {}


async def help_panel(ctx: Context, license_id: UUID, product_id: UUID) -> tuple[Part, ...]:
    """Give the panel of a license that says how many of its product need help; none where nobody does."""
    if ctx.past or not ctx.may("journey:assist"):
        return ()
    async with ctx.work() as work:
        calls = await count_all(work.session, contacts_for(work, product_id))
        errors = await count_all(work.session, stuck_for(work, product_id))
    if not calls + errors:
        return ()
    facts = tuple(
        (ctx.text(f"queue.{name}"), formats.number(ctx.locale, n))
        for name, n in (("contacts", calls), ("stuck", errors))
    )
    go = Action("queue.open", f"/queue?license={license_id}")
    return (Panel(ctx.text("queue.need_help_title"), (Facts(facts),), actions=(go,)),)
