"""Ends and notice deadlines are announced on the rungs of their ladder, by the clock alone, to who looks after them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from governance.agreements.models import Agreement
from governance.alerts.queries import (
    agreements_ending,
    all_tenants,
    dated_lots,
    lines_ending,
    lines_in_use_without_supply,
    lines_of_agreements,
    told_under,
)
from governance.alerts.rules import (
    Announcement,
    DatedLot,
    Ending,
    LadderRule,
    announcement,
    ends_unrenewed,
    outlives,
)
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.rules import seats_of
from governance.kernel.due import days_until
from governance.kernel.work import Office, Work
from governance.notices.service import tell_first
from governance.runs.principals import system_actor
from governance.templates.queries import ladders_of
from governance.templates.rules import joined
from policies.thresholds.threshold import Ladder, default_thresholds

AT_ONCE = 200
A_DAY = timedelta(days=1)  # zones are up to 14 hours away from UTC

Lines = Sequence[tuple[MetricLine, Entitlement]]


async def announce_due(office: Office) -> None:
    """Tell owner and deputy, in every tenant, of each end and notice deadline that has come to its next rung.

    Each rung is told once per person, however often this runs and whoever runs it; of several rungs that nobody looked
    at, the latest. Where no owner or deputy is left, the IT admins are told.
    """
    async with office.database.system_read() as session:
        tenants = await all_tenants(session)
    for tenant_id in tenants:
        actor = system_actor(tenant_id, "ladders")
        async with office.reading(actor) as work:
            due = await announcements_due(work)
        for first in range(0, len(due), AT_ONCE):
            async with office.writing(actor) as work:
                for one in due[first : first + AT_ONCE]:
                    await tell_first(work, one.people, one.text, one.facts, one.dedupe)


async def announcements_due(work: Work) -> Sequence[Announcement]:
    """Give what the ladders announce at this instant and has not been told to everybody named."""
    ladder, now = default_thresholds().expiry, work.now()
    said = await ladders_of(work)
    lots = await lots_ending(work, joined([ladder, *said.expiry.values()]))
    notices = await notices_ending(work, joined([ladder, *said.notice.values()]))
    by_ladder = [(each, said.expiry.get(each.subject_id, ladder)) for each in lots]
    by_ladder += [(each, said.notice.get(each.subject_id, ladder)) for each in notices]
    found = [one for one in (announcement(each, now, by) for each, by in by_ladder) if one is not None]
    untold: list[Announcement] = []
    for first in range(0, len(found), AT_ONCE):
        page = found[first : first + AT_ONCE]
        told = await told_under(work, [key for one in page for key in _keys(one)])
        untold += [one for one in page if not one.people or not told.issuperset(_keys(one))]
    return untold


async def lots_ending(work: Work, ladder: Ladder) -> Sequence[Ending]:
    """Give the lots within the ladder's days that nothing follows, those of a line that end together as one."""
    today = work.now().astimezone(UTC).date()
    in_use = await lines_in_use_without_supply(work)
    first, last = _window(today, ladder)
    lines = await lines_ending(work, first, last, in_use)
    lots = await dated_lots(work, [line.id for line, _ in lines])
    return [ending for line, license_ in lines for ending in _endings(line, license_, lots[line.id], line.id in in_use)]


async def notices_ending(work: Work, ladder: Ladder) -> Sequence[Ending]:
    """Give the notice deadlines within the ladder's days, of agreements not yet renewed beyond their end."""
    now = work.now()
    today = now.astimezone(UTC).date()
    _, last = _window(today, ladder)
    asked = [(row, deadline) for row in await agreements_ending(work, today - A_DAY) if (deadline := _deadline(row))]
    near = {row.id: (row, deadline) for row, deadline in asked if deadline <= last and _runs(row, now)}
    lines = await lines_of_agreements(work, near)
    lots = await dated_lots(work, [line.id for found in lines.values() for line, _ in found])
    return [
        ending
        for row, deadline in near.values()
        if (ending := _notice(row, deadline, lines.get(row.id, ()), lots, now)) is not None
    ]


def _endings(line: MetricLine, license_: Entitlement, lots: Sequence[DatedLot], in_use: bool) -> Sequence[Ending]:
    together: dict[tuple[date, str], list[DatedLot]] = {}
    for lot in ends_unrenewed(lots):
        if lot.last_day is not None:
            together.setdefault((lot.last_day, lot.zone), []).append(lot)
    newest = max((day for day, _ in together), default=None)
    return [
        Ending(
            LadderRule.EXPIRY, line.id, day, zone, seats_of(lot.quantity for lot in ended), _people(license_),
            pending=in_use and day == newest, facts=(("license", license_.name), ("line", line.code)),
        )
        for (day, zone), ended in together.items()
    ]  # fmt: skip


def _notice(
    row: Agreement, deadline: date, lines: Lines, lots: Mapping[UUID, Sequence[DatedLot]], now: datetime
) -> Ending | None:
    last_day = row.last_day
    of_lines = [lots.get(line.id, ()) for line, _ in lines]
    if last_day is None or outlives(last_day, of_lines, now):
        return None
    ending = [
        lot.quantity for found in of_lines for lot in ends_unrenewed(found)
        if lot.end is not None and lot.end > now and lot.last_day is not None and lot.last_day <= last_day
    ]  # fmt: skip
    licenses = ", ".join(dict.fromkeys(license_.name for _, license_ in lines)) or "–"
    facts = (("agreement", row.number), ("licenses", licenses), ("ends", last_day.isoformat()))
    people = _people(row)
    return Ending(LadderRule.NOTICE_DEADLINE, row.id, deadline, row.zone, seats_of(ending), people, True, facts)


def _deadline(row: Agreement) -> date | None:
    """Give the last day on which notice can be given: the agreement's last day minus its notice period."""
    if row.last_day is None or row.notice_days is None:
        return None
    return row.last_day - timedelta(days=row.notice_days)


def _runs(row: Agreement, now: datetime) -> bool:
    """Say whether the agreement has not ended yet in its own zone: afterwards there is no notice to be given."""
    return row.last_day is not None and days_until(row.last_day, now, row.zone) >= 0


def _people(owned: Entitlement | Agreement) -> tuple[UUID, ...]:
    return tuple(person for person in (owned.owner_id, owned.deputy_id) if person is not None)


def _window(today: date, ladder: Ladder) -> tuple[date, date]:
    """Give the days that may stand on a rung today in some zone: from those just over to the first rung's."""
    return today - timedelta(days=ladder.days_after[-1] + ladder.then_every) - A_DAY, today + timedelta(
        days=ladder.days_before[0]
    ) + A_DAY


def _keys(one: Announcement) -> list[str]:
    return [f"{one.dedupe}:{person}" for person in one.people]
