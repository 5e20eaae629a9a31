"""People as an identity provider tells of them: entered, brought up to date, withdrawn; leavers leave as everywhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from governance.audit.entries import difference
from governance.directory import provisioned, queries
from governance.directory.errors import Taken
from governance.directory.models import GroupMember, OrgUnit, Person, PersonProfile, ProfileValue
from governance.directory.provisioned import Known
from governance.directory.rules import PersonStatus, Placing, same_mail
from governance.directory.service.people import bring_up_to_date, enter
from governance.directory.service.profiles import (
    NATURAL_KEY_MOST,
    ProfileFacts,
    changed_attributes,
    changed_profile,
    check_facts,
    insert_values,
    keep_profile,
    said_of,
    values_where,
)
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.work import Work
from policies.access.actions import Action

SOURCE = "scim"
ACT = Action.PERSON_PROVISION
DEPARTMENT, COST_CENTER = "enterprise:department", "enterprise:costCenter"


@dataclass(frozen=True)
class _Place:
    unit: OrgUnit
    placing: Placing


async def provision_person(work: Work, facts: ProfileFacts) -> Person:
    """Enter a person, or take back one who was withdrawn under the same external id.

    A department that names no unit keeps its text; the person stands at the root then, and their profile says so.
    Raises Taken, Refused, BadInput, NotFound (no unit within reach).
    """
    check_facts(facts)
    await _check_single(work, facts, None)
    await _check_manager(work, facts, None)
    back = await _withdrawn(work, facts)
    if back is not None:
        return await _change(work, back, facts)
    place = await _place(work, facts, None, {})
    await _permit(work, place.unit, facts.country, None)
    key = await _natural_key(work, facts)
    values = _person(facts, None, place) | {"external_id": key, "source": SOURCE}
    said = said_of(place.placing, {value.attribute for value in facts.values})
    async with _alone(work, facts):
        row = await enter(work, values, act=ACT, said=said)
        # Made and last changed are one instant, whatever the clock did meanwhile.
        await keep_profile(work, row, None, facts, place.placing, at=row.recorded_at)
    await insert_values(work, row.id, facts.values)
    return row


async def reprovision_person(
    work: Work, person_id: UUID, facts: ProfileFacts, *, expected_version: int | None = None
) -> Person:
    """Bring a person up to date with what their identity provider says; the same facts twice change nothing.

    `active` False is a leaver, True a comeback, which seats and pools never hinder.
    Raises NotFound, Taken, Refused, BadInput, Conflict.
    """
    check_facts(facts)
    known = await provisioned.user(work, person_id, lock=True)
    _check_version(known.person, expected_version)
    await _check_single(work, facts, person_id)
    await _check_manager(work, facts, person_id)
    return await _change(work, known, facts)


async def withdraw_person(work: Work, person_id: UUID, *, expected_version: int | None = None) -> None:
    """Let a person go whom their identity provider deletes: a leaver, of whom only what licenses need is kept.

    Raises NotFound, Refused, Conflict.
    """
    known = await provisioned.user(work, person_id, lock=True)
    row, profile = known.person, known.profile
    _check_version(row, expected_version)
    await _permit(work, await queries.unit(work, row.unit_id), row.country, row)
    if profile is None:
        profile = await keep_profile(work, row, None, None, Placing.KEPT)
    profile.user_name = profile.user_name_key = profile.active = None  # their external id stays: they may come back
    profile.withdrawn_at = profile.changed_at = work.now()
    await work.session.execute(delete(ProfileValue).where(*values_where(work, row.id)))
    await work.session.execute(
        update(GroupMember)
        .where(GroupMember.tenant_id == work.tenant_id, GroupMember.person_id == row.id, GroupMember.end.is_(None))
        .values(end=work.now())
    )
    before, after = difference(row, {"status": PersonStatus.LEFT})
    await bring_up_to_date(work, row, before, after, act=ACT, said={"withdrawn": True})


async def _change(work: Work, known: Known, facts: ProfileFacts) -> Person:
    row, profile = known.person, known.profile
    had = (await provisioned.values_of(work, (row.id,)))[row.id]
    place = await _place(work, facts, known, {value.attribute: value.value for value in had})
    await _permit(work, place.unit, facts.country, row)
    before, after = difference(row, _person(facts, known, place))
    changed = changed_attributes(had, facts.values) | changed_profile(profile, facts)
    if not after and not changed and profile is not None and profile.placing is place.placing:
        return row
    async with _alone(work, facts):
        await keep_profile(work, row, profile, facts, place.placing)
    await work.session.execute(
        delete(ProfileValue).where(*values_where(work, row.id), ProfileValue.attribute.in_(sorted(changed)))
    )
    await insert_values(work, row.id, tuple(value for value in facts.values if value.attribute in changed))
    await bring_up_to_date(work, row, before, after, act=ACT, said=said_of(place.placing, changed))
    return row


def _person(facts: ProfileFacts, known: Known | None, place: _Place) -> dict[str, Any]:
    """Give what the facts come to for the record that licenses know; what was not said stays as it is known."""
    row = None if known is None else known.person
    mail = facts.mail or (row.mail if row is not None else facts.user_name if "@" in facts.user_name else "")
    unit_moved = row is None or row.unit_id != place.unit.id
    country = facts.country or (place.unit.region if row is None else row.country)
    if not facts.country and unit_moved and row is not None and len(row.country) != 2:
        country = place.unit.region
    return {
        "name": facts.name or (row.name if row is not None else facts.user_name),
        "mail": mail,
        "mail_key": same_mail(mail),
        "status": _status(facts, row),
        "unit_id": place.unit.id,
        "manager_id": facts.manager_id,
        "country": country,
        "locale": facts.locale or (row.locale if row is not None else None),
        "contract_end": None if row is None else row.contract_end,
    }


def _status(facts: ProfileFacts, row: Person | None) -> PersonStatus:
    if facts.active is False:
        return PersonStatus.LEFT
    if row is None or row.status is PersonStatus.LEFT:
        return PersonStatus.ACTIVE
    return row.status


async def _place(work: Work, facts: ProfileFacts, known: Known | None, had: dict[str, str]) -> _Place:
    """Find the unit that is meant: by department, else by cost center, else where they are, a new person at the root.

    What was looked up before and has not changed is not looked up again: somebody may have moved them since.
    """
    row = None if known is None else known.person
    profile = None if known is None else known.profile
    said = (facts.department, facts.cost_center)
    if row is not None and profile is not None and profile.withdrawn_at is None:
        same = said == (had.get(DEPARTMENT), had.get(COST_CENTER))
        if same and profile.placing is not Placing.UNKNOWN_UNIT:
            return _Place(await queries.unit(work, row.unit_id), profile.placing)
    for text, placing in zip(said, (Placing.BY_DEPARTMENT, Placing.BY_COST_CENTER), strict=True):
        unit = await provisioned.unit_called(work, text) if text else None
        if unit is not None:
            return _Place(unit, placing)
    unit = await provisioned.root_unit(work) if row is None else await queries.unit(work, row.unit_id)
    return _Place(unit, Placing.UNKNOWN_UNIT if any(said) else Placing.KEPT)


async def _permit(work: Work, unit: OrgUnit, country: str | None, row: Person | None) -> None:
    """Ask for the right over where the person will be and, if they are known, over where they are."""
    there = await queries.ownership(work, unit_id=unit.id, region=country or unit.region)
    work.permit(ACT, there, f"people of unit {unit.code}")
    if row is not None:
        here = await queries.ownership(work, unit_id=row.unit_id, region=row.country, people=(row.id,))
        work.permit(ACT, here, f"person {row.id}")


async def _withdrawn(work: Work, facts: ProfileFacts) -> Known | None:
    """Give who was withdrawn and is now told of anew under the same external id; a name alone makes nobody the same."""
    if facts.external_id is None:
        return None
    said = PersonProfile.external_id
    for condition in (said == facts.external_id, said.is_(None) & (Person.external_id == facts.external_id)):
        query = (  # one for each index: together they would read every profile
            select(Person, PersonProfile)
            .join(PersonProfile, (PersonProfile.tenant_id == Person.tenant_id) & (PersonProfile.person_id == Person.id))
            .where(Person.tenant_id == work.tenant_id, PersonProfile.withdrawn_at.is_not(None), condition)
            .with_for_update(key_share=True, of=Person)
        )
        row = (await work.session.execute(query)).one_or_none()
        if row is not None:
            return Known(row[0], row[1])
    return None


async def _natural_key(work: Work, facts: ProfileFacts) -> str:
    """Give the key of a new person: the provider's own id, else their name, else an id of ours."""
    for key in (facts.external_id, facts.user_name):
        if key is None or len(key) > NATURAL_KEY_MOST:
            continue
        if await queries.person_by_external_id(work, key) is None:
            return key
    return str(work.new_id())


def _check_version(row: Person, expected: int | None) -> None:
    if expected is not None and row.version != expected:
        raise Conflict("user", str(expected), str(row.version))


async def _check_single(work: Work, facts: ProfileFacts, besides: UUID | None) -> None:
    field = await provisioned.taken(
        work, user_name_key=facts.user_name_key, external_id=facts.external_id, besides=besides
    )
    if field is not None:
        raise Taken(field, facts.user_name if field == "userName" else facts.external_id or "")


@asynccontextmanager
async def _alone(work: Work, facts: ProfileFacts) -> AsyncIterator[None]:
    """Write what must be single; whoever came first meanwhile keeps it. Raises Taken."""
    try:
        async with work.session.begin_nested():
            yield
    except IntegrityError as error:
        if "unique" not in str(error.orig).lower():
            raise
        raise Taken("userName", facts.user_name) from None


async def _check_manager(work: Work, facts: ProfileFacts, person_id: UUID | None) -> None:
    """Let pass a manager who is another person within reach. Raises BadInput, alike for missing and foreign ones."""
    manager_id = facts.manager_id
    if manager_id is None:
        return
    if manager_id == person_id or manager_id not in await provisioned.known_users(work, (manager_id,)):
        raise BadInput("manager.value", str(manager_id), "the id of another User")
