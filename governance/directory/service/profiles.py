"""Profiles of people: what an identity provider says beyond what licenses need, value by value."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from governance.directory.models import Person, PersonProfile, ProfileValue
from governance.directory.rules import Placing
from governance.kernel.errors import BadInput
from governance.kernel.work import Work

NATURAL_KEY_MOST = 120
VALUE_MOST, VALUES_MOST = 1_000, 400


@dataclass(frozen=True)
class Value:
    """One value of a profile, and the form in which it is compared."""

    attribute: str
    value: str
    key: str
    part: str = ""
    position: int = 0


@dataclass(frozen=True)
class ProfileFacts:
    """A person as an identity provider tells of them, whole: what is not there was not said, or is said no more.

    `country` is an ISO 3166-1 code of two letters if one was understood; department and cost center are the words of
    the provider. `user_name_key` is the name folded: two that differ by case alone are one.
    """

    user_name: str
    user_name_key: str
    external_id: str | None = None
    active: bool | None = None
    name: str | None = None
    mail: str | None = None
    country: str | None = None
    locale: str | None = None
    manager_id: UUID | None = None
    department: str | None = None
    cost_center: str | None = None
    values: tuple[Value, ...] = ()


async def keep_profile(
    work: Work,
    row: Person,
    profile: PersonProfile | None,
    facts: ProfileFacts | None,
    placing: Placing,
    at: datetime | None = None,
) -> PersonProfile:
    now = at or work.now()
    if profile is None:
        profile = PersonProfile(
            tenant_id=work.tenant_id, id=work.new_id(), person_id=row.id, source=work.actor.principal, recorded_at=now
        )
        work.session.add(profile)
    if facts is not None:
        profile.user_name, profile.user_name_key = facts.user_name, facts.user_name_key
        profile.external_id, profile.active = facts.external_id, facts.active
    profile.placing, profile.changed_at, profile.withdrawn_at = placing, now, None
    await work.session.flush()
    return profile


async def insert_values(work: Work, person_id: UUID, values: Collection[Value]) -> None:
    rows = [
        {
            "tenant_id": work.tenant_id, "id": work.new_id(), "person_id": person_id, "attribute": value.attribute,
            "position": value.position, "part": value.part, "value": value.value, "key": value.key,
        }
        for value in values
    ]  # fmt: skip
    if rows:
        await work.session.execute(insert(ProfileValue), rows)


def values_where(work: Work, person_id: UUID) -> tuple[Any, Any]:
    return ProfileValue.tenant_id == work.tenant_id, ProfileValue.person_id == person_id


def changed_attributes(had: Collection[ProfileValue], says: Collection[Value]) -> set[str]:
    before = {(row.attribute, row.position, row.part): row.value for row in had}
    after = {(value.attribute, value.position, value.part): value.value for value in says}
    return {place[0] for place in before.keys() | after.keys() if before.get(place) != after.get(place)}


def changed_profile(profile: PersonProfile | None, facts: ProfileFacts) -> set[str]:
    if profile is None:
        return {"userName", "externalId", "active"}
    pairs = {
        "userName": (profile.user_name, facts.user_name),
        "externalId": (profile.external_id, facts.external_id),
        "active": (profile.active, facts.active),
    }
    return {name for name, (has, says) in pairs.items() if has != says}


def said_of(placing: Placing, changed: Collection[str]) -> dict[str, Any]:
    """Give what the trail holds of a profile: how they were placed, and which values changed, never which they are."""
    return {"placing": placing, **({"profile": sorted(changed)} if changed else {})}


def check_facts(facts: ProfileFacts) -> None:
    for field, text, most in (
        ("userName", facts.user_name, 254),
        ("externalId", facts.external_id, NATURAL_KEY_MOST),
        ("displayName", facts.name, 200),
        ("emails.value", facts.mail, 254),
    ):
        if text is not None and not 0 < len(text.strip()) <= most:
            raise BadInput(field, text[:80], f"1 to {most} characters")
    if len(facts.values) > VALUES_MOST:
        raise BadInput("attributes", str(len(facts.values)), f"at most {VALUES_MOST} values")
    for value in facts.values:
        if len(value.value) > VALUE_MOST or "\x00" in value.value:
            field = f"{value.attribute}.{value.part}" if value.part else value.attribute
            raise BadInput(field, value.value[:80], f"at most {VALUE_MOST} characters, none of them NUL")
