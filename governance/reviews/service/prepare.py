"""Preparing: position, findings and time to first use of a unit are frozen, so that a board decides on what stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.audit.queries import head
from governance.directory.models import OrgUnit, Tenant
from governance.directory.narrowing import within_unit
from governance.directory.queries import ownership, visible_unit
from governance.kernel import given
from governance.kernel.work import Change, Work
from governance.metrics.answers import Moments, moments
from governance.metrics.first_use import FirstUseQuery, time_to_first_use
from governance.metrics.position import PositionQuery, position
from governance.reviews.agenda import agenda
from governance.reviews.errors import PeriodTaken
from governance.reviews.models import Board, Meeting, Review, Snapshot
from governance.reviews.queries import board, frozen_before, speakers, taken
from governance.reviews.quorum import ended_quarter
from governance.reviews.rules import ReviewState, sha256_of
from governance.reviews.service.content import (
    BY,
    findings_part,
    first_use_part,
    instant,
    position_part,
    source_part,
)
from governance.reviews.service.waiting import standing_part
from policies.access.actions import Action

TITLE_MOST = 200
FORMAT = "lictor-review/1"
BOARD_FORMAT = "lictor-review/2"
READS = (Action.POSITION_READ, Action.FINDING_READ, Action.METRIC_READ)
BOARD_READS = (*READS, Action.ALERT_READ, Action.RENEWAL_READ)


@dataclass(frozen=True)
class PrepareReview:
    """`as_of`: the instant the snapshot speaks of, `known_at`: as it was known then; both default to now."""

    title: str
    unit_id: UUID
    as_of: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True)
class PrepareMeeting:
    """A board's review of the fiscal quarter that ended last before `as_of`; title: the board and quarter if empty."""

    board_id: UUID
    title: str | None = None
    as_of: datetime | None = None
    known_at: datetime | None = None


async def prepare_review(work: Work, command: PrepareReview) -> Review:
    """Freeze what a unit and everything below it looks like, for a board to decide upon.

    Raises NotFound, Refused, BadInput (title; moments that cannot be asked for).
    """
    unit = await _permitted_unit(work, command.unit_id)
    title = given.text(command.title, "title", most=TITLE_MOST)
    when = moments(work, command.as_of, command.known_at)
    row = _review(work, unit, title, when)
    return await _freeze(work, row, unit, await _content(work, row, unit, when))


async def prepare_meeting(work: Work, command: PrepareMeeting) -> Review:
    """Freeze a board's quarter with its agenda and who speaks for whom; once a board and quarter.

    Raises NotFound, Refused, BadInput (title; moments that cannot be asked for), PeriodTaken.
    """
    of = await board(work, command.board_id, lock=True)
    unit = await _permitted_unit(work, of.unit_id, BOARD_READS)
    when = moments(work, command.as_of, command.known_at)
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    quarter = ended_quarter(when.as_of, tenant.zone, tenant.fiscal_year_start)
    if await taken(work, of.id, quarter.name):
        raise PeriodTaken(of.name, quarter.name)
    said = given.optional_text(command.title, "title", most=TITLE_MOST)
    row = _review(work, unit, said or f"{of.name}, {quarter.name}"[:TITLE_MOST], when)
    content = await _content(work, row, unit, when) | {"format": BOARD_FORMAT, "period": quarter.name}
    before = await frozen_before(work, of.id)
    content["board"] = await _board(work, of)
    content |= await standing_part(work, of, unit.id, when, None if before is None else before.recorded_at)
    content["agenda"] = [
        {"key": item.key, **item.facts} for item in agenda(content, None if before is None else before.content)
    ]
    await _freeze(work, row, unit, content)
    met = Meeting(tenant_id=work.tenant_id, id=row.id, review_id=row.id, board_id=of.id, period=quarter.name,
                  recorded_at=work.now())  # fmt: skip
    work.session.add(met)
    await work.session.flush()
    return row


async def _permitted_unit(work: Work, unit_id: UUID, reads: tuple[Action, ...] = READS) -> OrgUnit:
    unit = await visible_unit(work, unit_id)
    placed = await ownership(work, unit_id=unit.id, region=unit.region)
    for action in (Action.REVIEW_PREPARE, *reads):
        work.permit(action, placed, f"unit {unit.code}")
    return unit


def _review(work: Work, unit: OrgUnit, title: str, when: Moments) -> Review:
    return Review(
        tenant_id=work.tenant_id, id=work.new_id(), title=title, unit_id=unit.id, state=ReviewState.PREPARED,
        prepared_by=work.actor.principal, prepared_at=work.now(), as_of=when.as_of, known_at=when.known_at, version=1,
    )  # fmt: skip


async def _freeze(work: Work, row: Review, unit: OrgUnit, content: dict[str, Any]) -> Review:
    frozen = Snapshot(
        tenant_id=work.tenant_id, id=row.id, review_id=row.id, content=content, sha256=sha256_of(content),
        recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    work.session.add(frozen)
    after = {"title": row.title, "unit": unit.id, "as_of": row.as_of, "known_at": row.known_at, "sha256": frozen.sha256}
    await work.record(Change(Action.REVIEW_PREPARE.value, "review", row.id, after=after))
    await work.emit("ReviewPrepared", row.id, unit_id=str(unit.id), sha256=frozen.sha256)
    return row


async def _board(work: Work, of: Board) -> dict[str, Any]:
    """Freeze the rule of the board; which departments have a voice, and no person."""
    now = work.now()
    there = [each for each in await speakers(work, of.id) if each.start <= now and (each.end is None or now < each.end)]
    return {
        "id": str(of.id), "name": of.name, "quorum": of.quorum, "chair_needed": of.chair_needed,
        "departments_needed": list(of.departments_needed), "departments": sorted({each.department for each in there}),
    }  # fmt: skip


async def _content(work: Work, row: Review, unit: OrgUnit, when: Moments) -> dict[str, Any]:
    """Gather the snapshot in JSON types alone; it names licenses and counts people, and no person."""
    here = await within_unit(work, unit.id)
    place = await position(here, PositionQuery(when.as_of, when.known_at, BY))
    first_use = await time_to_first_use(here, FirstUseQuery(when.as_of, when.known_at))
    entries, last = await head(work)
    return {
        "format": FORMAT,
        "review": str(row.id),
        "title": row.title,
        "unit": {"id": str(unit.id), "code": unit.code, "name": unit.name, "tree": "today"},
        "as_of": instant(when.as_of),
        "known_at": instant(when.known_at),
        "prepared_by": row.prepared_by,
        "prepared_at": instant(row.prepared_at),
        "policy_version": work.gate.revision,
        "audit": {"entries": entries, "last_at": None if last is None else instant(last)},
        "sources": [source_part(source) for source in place.freshness],
        "position": position_part(place),
        "findings": await findings_part(here, when),
        "time_to_first_use": first_use_part(first_use),
    }
