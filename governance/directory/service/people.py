"""People as verbs: entered or corrected by their natural key, placed from a day on, and marked when they leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from governance.audit.entries import difference
from governance.directory import queries
from governance.directory.models import Account, Person, Session, Token
from governance.directory.rules import PersonStatus, same_mail
from governance.directory.service.grants import raise_revision
from governance.directory.service.placements import effective, place_newcomer, place_person
from governance.kernel.errors import BadInput, Conflict, WrongState
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.regions.region import RegionTree

# Values of these would be personal data in a trail that cannot forget: entries name them and copy nothing.
PERSONAL = frozenset({"external_id", "name", "mail", "country", "locale", "manager_id", "contract_end"})


@dataclass(frozen=True)
class PersonFacts:
    """A person as a source knows them. `external_id` is the natural key, `country` an ISO 3166-1 alpha-2 code."""

    external_id: str
    name: str
    mail: str
    unit_id: UUID
    country: str
    status: PersonStatus = PersonStatus.ACTIVE
    manager_id: UUID | None = None
    locale: str | None = None
    contract_end: date | None = None
    source: str = "manual"


async def upsert_person(work: Work, facts: PersonFacts, *, expected_version: int | None = None) -> Person:
    """Enter a person, or bring the one with this natural key up to date; the same facts twice change nothing.

    Raises NotFound (unit, manager), Refused, BadInput, Conflict.
    """
    row = await queries.person_by_external_id(work, facts.external_id.strip())
    await _permit(work, facts, row)
    _check(facts, work.office.regions)
    if facts.manager_id is not None:
        await queries.person(work, facts.manager_id)
    if expected_version is not None and (row is None or row.version != expected_version):
        raise Conflict("person", str(expected_version), str(row.version if row else 0))
    values = _values(facts)
    if row is None:
        return await enter(work, values)
    before, after = difference(row, values)
    if after:
        await bring_up_to_date(work, row, before, after)
    return row


async def mark_left(work: Work, person_id: UUID, at: datetime | None = None) -> Person:
    """Mark that a person has left: their sessions and tokens end at once; what they hold is answered by `PersonLeft`.

    Raises NotFound, Refused, WrongState when they left before, BadInput for an instant to come.
    """
    row = await queries.person(work, person_id, lock=True)
    whose = await queries.ownership(work, unit_id=row.unit_id, region=row.country, people=(row.id,))
    work.permit(Action.PERSON_EDIT, whose, f"person {row.id}")
    if row.status is PersonStatus.LEFT:
        raise WrongState("person", row.status, "leave")
    before = row.status
    row.status, row.left_at = PersonStatus.LEFT, effective(work, at)
    row.version += 1
    await work.record(
        Change(
            Action.PERSON_EDIT, "person", row.id, before={"status": before},
            after={"status": row.status, "left_at": row.left_at},
        )
    )  # fmt: skip
    await end_access(work, (row.id,))
    await work.emit("PersonLeft", row.id)
    return row


async def end_access(work: Work, people: tuple[UUID, ...]) -> None:
    """End every session and token of these people, at once; who is under way with one commits nothing more."""
    now = work.now()
    accounts = select(Account.id).where(Account.tenant_id == work.tenant_id, Account.person_id.in_(people))
    sessions = await work.session.execute(
        update(Session)
        .where(Session.tenant_id == work.tenant_id, Session.account_id.in_(accounts), Session.ended_at.is_(None))
        .values(ended_at=now)
    )
    tokens = await work.session.execute(
        update(Token)
        .where(Token.tenant_id == work.tenant_id, Token.person_id.in_(people), Token.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if sessions.rowcount or tokens.rowcount:  # type: ignore[attr-defined]
        await raise_revision(work)


def named(values: dict[str, Any]) -> dict[str, Any]:
    """Give what a trail may hold of changed facts: personal ones by name only, the others with their value."""
    said = {key: value for key, value in values.items() if key not in PERSONAL and key != "mail_key"}
    changed = sorted(key for key in values if key in PERSONAL)
    return {**({"changed": changed} if changed else {}), **said}


async def _permit(work: Work, facts: PersonFacts, row: Person | None) -> None:
    """Ask for the right over where the person will be and, if they are known, over where they are."""
    unit = await queries.visible_unit(work, facts.unit_id)
    region = facts.country if facts.country in work.office.regions.nodes else unit.region
    there = await queries.ownership(work, unit_id=unit.id, region=region)
    work.permit(Action.PERSON_EDIT, there, f"people of unit {unit.code}")
    if row is not None:
        here = await queries.ownership(work, unit_id=row.unit_id, region=row.country, people=(row.id,))
        work.permit(Action.PERSON_EDIT, here, f"person {row.id}")


async def enter(
    work: Work,
    values: dict[str, Any],
    *,
    act: Action = Action.PERSON_EDIT,
    said: Mapping[str, Any] = MappingProxyType({}),
) -> Person:
    """Write a new person and their first place. For verbs that asked for the right; `said` joins the trail's entry."""
    now = work.now()
    left_at = now if values["status"] is PersonStatus.LEFT else None
    row = Person(tenant_id=work.tenant_id, id=work.new_id(), recorded_at=now, left_at=left_at, **values)
    work.session.add(row)
    await work.session.flush()
    await place_newcomer(work, row.id, row.unit_id, row.country, now)
    await work.record(Change(act, "person", row.id, after=named(values) | dict(said)))
    return row


async def bring_up_to_date(
    work: Work,
    row: Person,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    act: Action = Action.PERSON_EDIT,
    said: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Write what changed of a person with all that follows: places, the end of access, events. As `enter`."""
    for key, value in after.items():
        setattr(row, key, value)
    row.version += 1
    if "status" in after:
        row.left_at = work.now() if row.status is PersonStatus.LEFT else None
    await work.session.flush()
    if "unit_id" in after or "country" in after:
        await place_person(work, row.id, row.unit_id, row.country, work.now())
    await work.record(Change(act, "person", row.id, before=named(before), after=named(after) | dict(said)))
    if row.status is PersonStatus.LEFT and "status" in after:
        await end_access(work, (row.id,))
        await work.emit("PersonLeft", row.id)
    elif before.get("status") is PersonStatus.LEFT:
        await work.emit("PersonReturned", row.id)
    if "country" in after:
        await work.emit("PersonMovedCountry", row.id)
    if "unit_id" in after:
        await work.emit("PersonMovedUnit", row.id)


def _values(facts: PersonFacts) -> dict[str, Any]:
    return {
        "external_id": facts.external_id.strip(),
        "name": facts.name.strip(),
        "mail": facts.mail.strip(),
        "mail_key": same_mail(facts.mail),
        "status": facts.status,
        "unit_id": facts.unit_id,
        "manager_id": facts.manager_id,
        "country": facts.country,
        "locale": facts.locale,
        "contract_end": facts.contract_end,
        "source": facts.source,
    }


def _check(facts: PersonFacts, regions: RegionTree) -> None:
    for field, value, most in (
        ("external_id", facts.external_id, 120),
        ("name", facts.name, 200),
        ("mail", facts.mail, 254),
    ):
        if not 0 < len(value.strip()) <= most:
            raise BadInput(field, value, f"1 to {most} characters")
    if "@" not in facts.mail.strip("@ "):
        raise BadInput("mail", facts.mail, "a mail address such as ada@halden.example")
    if len(facts.country) != 2 or facts.country not in regions.nodes:
        raise BadInput("country", facts.country, "an ISO 3166-1 code of two letters such as DE")
