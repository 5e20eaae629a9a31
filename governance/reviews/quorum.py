"""When a board's review counts: enough departments signed, the needed ones and the chair among them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from governance.metrics.periods import quarter_name
from governance.reviews.errors import AlreadySigned, NoMandate, SeparationOfDuties
from governance.reviews.rules import Seat


@dataclass(frozen=True)
class Rule:
    """At least `quorum` departments, those in `needed` among them, and the chair where `chair_needed`."""

    quorum: int
    chair_needed: bool
    needed: tuple[str, ...]


@dataclass(frozen=True)
class Speaker:
    """A membership: who speaks for which department, from when until when."""

    id: UUID
    person_id: UUID
    department: str
    seat: Seat
    start: datetime
    end: datetime | None

    def in_force(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True)
class Mark:
    """A signature given for a department by one membership at an instant."""

    member_id: UUID
    person_id: UUID
    department: str
    at: datetime


@dataclass(frozen=True)
class Missing:
    """What a review still lacks: how many departments, which needed ones, and whether the chair's signature."""

    departments: int
    needed: tuple[str, ...]
    chair: bool

    @property
    def nothing(self) -> bool:
        return not (self.departments or self.needed or self.chair)

    def said(self, unsigned: Sequence[str]) -> str:
        """Name who is missing in a sentence's part."""
        parts = [*self.needed, *(["the chair"] if self.chair else [])]
        if self.departments:
            parts.append(f"{self.departments} of: {', '.join(unsigned) or 'departments without a member'}")
        return "; ".join(parts)


def counted(speakers: Collection[Speaker], marks: Collection[Mark]) -> tuple[Mark, ...]:
    """Give the signatures that count: of memberships in force when they were given."""
    by_id = {speaker.id: speaker for speaker in speakers}
    return tuple(mark for mark in marks if mark.member_id in by_id and by_id[mark.member_id].in_force(mark.at))


def missing(rule: Rule, speakers: Collection[Speaker], marks: Collection[Mark]) -> Missing:
    """Say what is missing for a quorum."""
    seats = {speaker.id: speaker.seat for speaker in speakers}
    standing = counted(speakers, marks)
    signed = {mark.department for mark in standing}
    chair = any(seats[mark.member_id] is Seat.CHAIR for mark in standing)
    return Missing(
        max(0, rule.quorum - len(signed)),
        tuple(name for name in rule.needed if name not in signed),
        rule.chair_needed and not chair,
    )


def unsigned(speakers: Collection[Speaker], marks: Collection[Mark], now: datetime) -> tuple[str, ...]:
    """Give the departments with a voice today that have not signed, by name."""
    signed = {mark.department for mark in marks}
    return tuple(sorted({s.department for s in speakers if s.in_force(now)} - signed))


def mandate(
    rule: Rule, speakers: Collection[Speaker], marks: Collection[Mark], *,
    person_id: UUID, principal: str, prepared_by: str, department: str | None, now: datetime, review: str,
) -> Speaker:  # fmt: skip
    """Give the membership for which this person signs: a member's before a deputy's.

    Raises AlreadySigned, SeparationOfDuties (who prepared), NoMandate, which names who is missing.
    """
    if any(mark.person_id == person_id for mark in marks):
        raise AlreadySigned(review)
    if principal == prepared_by:
        raise SeparationOfDuties("You prepared this review", "somebody who did not prepare it")
    lacks = missing(rule, speakers, marks).said(unsigned(speakers, marks, now))
    mine = [s for s in speakers if s.person_id == person_id and s.in_force(now)]
    if department is not None:
        mine = [s for s in mine if s.department == department]
    if not mine:
        of = f"{department} in" if department else "any department of"
        raise NoMandate(f"You do not speak for {of} this board today", lacks)
    signed = {mark.department for mark in marks}
    free = sorted((s for s in mine if s.department not in signed), key=lambda s: (s.seat is Seat.DEPUTY, s.department))
    if not free:
        raise NoMandate(f"{', '.join(sorted(s.department for s in mine))} signed already", lacks)
    return free[0]


@dataclass(frozen=True)
class Quarter:
    """A fiscal quarter, named as every figure names it (FY2026-Q1): its first day, the day after its last."""

    name: str
    first: date
    after: date


def ended_quarter(now: datetime, zone: str, fiscal_start: int) -> Quarter:
    """Give the fiscal quarter that ended last, in the tenant's zone."""
    today = now.astimezone(ZoneInfo(zone)).date()
    months = today.year * 12 + today.month - fiscal_start  # months since a fiscal year's first
    after = months - months % 3
    first = _first_day(after - 3 + fiscal_start - 1)
    return Quarter(quarter_name(first, fiscal_start), first, _first_day(after + fiscal_start - 1))


def _first_day(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)
