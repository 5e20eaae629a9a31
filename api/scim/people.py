"""Between users on the wire and people in the directory: what is said becomes facts, what is known becomes a user."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from babel import Locale, UnknownLocaleError
from scim2_models import Email as StrictEmail
from scim2_models import GroupMembership, Meta, Name, Reference, Resource

from api.scim.names import ENTERPRISE_SIMPLE, LISTS, SIMPLE, attribute, folded, item_model, wire
from api.scim.shapes import Email, EnterpriseUser, Manager, UserModel
from governance.directory import provisioned
from governance.directory.models import Group, ProfileValue
from governance.directory.provisioned import Known
from governance.directory.rules import PersonStatus
from governance.directory.service.profiles import ProfileFacts, Value
from governance.imports.formats.countries import country_code
from governance.kernel.errors import BadInput
from governance.kernel.work import Work

LOCALE_MOST = 10
WORK = StrictEmail.Type.work


@dataclass(frozen=True)
class _Beside:
    """What a user shows besides their own record."""

    values: Mapping[UUID, Collection[ProfileValue]]
    groups: Mapping[UUID, Collection[Group]]
    managers: Mapping[UUID, str | None]


def facts_of(user: Any, *, new: bool) -> ProfileFacts:
    """Read a user as facts. Of a new one who is not said to be inactive it is taken that they are active.

    Raises BadInput for a manager's id that is none.
    """
    user_name = (user.user_name or "").strip()
    work_place = user[EnterpriseUser]
    active = True if new and user.active is None else user.active
    return ProfileFacts(
        user_name=user_name,
        user_name_key=folded("userName", "", user_name),
        external_id=user.external_id or None,
        active=active,
        name=_name(user),
        mail=_mail(user),
        country=_country(user),
        locale=_locale(user),
        manager_id=_manager(work_place),
        department=None if work_place is None else work_place.department,
        cost_center=None if work_place is None else work_place.cost_center,
        values=tuple(_values(user)),
    )


def id_of(text: str) -> UUID | None:
    """Read an id of ours; what is none belongs to nobody."""
    try:
        return UUID(text)
    except ValueError:
        return None


async def users_of(work: Work, people: Collection[Known]) -> list[Resource[Any]]:
    """Give people as users, in their order: a fixed number of reads for all of them."""
    ids = [known.person.id for known in people]
    managers = {known.person.manager_id for known in people} - {None}
    beside = _Beside(
        await provisioned.values_of(work, ids),
        await provisioned.groups_of(work, ids),
        await provisioned.display_names(work, [one for one in managers if one is not None]),
    )
    return [_user(known, beside) for known in people]


def version_of(number: int) -> str:
    """Give a record's version as an entity tag: weak, for names of managers and groups may change beside it."""
    return f'W/"{number}"'


def number_of(version: str | None) -> int | None:
    """Read a record's version from an entity tag of ours."""
    digits = (version or "").removeprefix("W/").strip('"')
    return int(digits) if digits.isdecimal() else None


def _user(known: Known, beside: _Beside) -> Resource[Any]:
    person, profile = known.person, known.profile
    user: Any = UserModel(id=str(person.id))
    if profile is None:
        user.user_name, user.external_id = person.mail, person.external_id
        user.display_name, user.active = person.name, person.status is not PersonStatus.LEFT
        user.emails = [Email(value=person.mail, type=WORK, primary=True)] if person.mail else None
    else:
        user.user_name, user.external_id = profile.user_name, profile.external_id
        user.active = False if person.status is PersonStatus.LEFT else None if profile.active is None else True
        _fill(user, beside.values[person.id])
    if person.manager_id is not None:
        place = user[EnterpriseUser] or EnterpriseUser()
        place.manager = Manager(
            value=str(person.manager_id), ref=Reference(f"Users/{person.manager_id}"),
            display_name=beside.managers.get(person.manager_id),
        )  # fmt: skip
        user[EnterpriseUser] = place
    user.groups = [
        GroupMembership(value=str(group.id), ref=Reference(f"Groups/{group.id}"), display=group.name, type="direct")
        for group in beside.groups[person.id]
    ] or None
    changed_at = person.recorded_at if profile is None else max(profile.changed_at, person.recorded_at)
    user.meta = Meta(
        resource_type="User", created=person.recorded_at, last_modified=changed_at, version=version_of(person.version)
    )
    return user  # type: ignore[no-any-return]


def _fill(user: Any, values: Collection[ProfileValue]) -> None:
    """Write the kept values of a profile into a user."""
    kept = {(row.attribute, row.position, row.part): row.value for row in values}
    for field in SIMPLE:
        setattr(user, field, kept.get((attribute(field), 0, "")))
    name = {part: kept.get(("name", 0, wire(Name, part))) for part in Name.model_fields}
    if any(value is not None for value in name.values()):
        user.name = Name(**name)
    lists: dict[str, dict[int, dict[str, str]]] = {}
    for row in values:
        lists.setdefault(row.attribute, {}).setdefault(row.position, {})[row.part] = row.value
    for field in LISTS:
        entries = lists.get(attribute(field))
        if entries:
            setattr(user, field, [item_model(field).model_validate(entries[at]) for at in sorted(entries)])
    place: dict[str, Any] = {field: kept.get((attribute(field), 0, "")) for field in ENTERPRISE_SIMPLE}
    if any(value is not None for value in place.values()):
        user[EnterpriseUser] = EnterpriseUser(**place)


def _values(user: Any) -> Iterator[Value]:
    for field in SIMPLE:
        yield from _value(attribute(field), "", 0, getattr(user, field))
    for part in Name.model_fields if user.name is not None else ():
        yield from _value("name", wire(Name, part), 0, getattr(user.name, part))
    for field in LISTS:
        model = item_model(field)
        for position, entry in enumerate(getattr(user, field) or ()):
            for part in model.model_fields:
                yield from _value(attribute(field), wire(model, part), position, getattr(entry, part))
    place = user[EnterpriseUser]
    for field in ENTERPRISE_SIMPLE if place is not None else ():
        yield from _value(attribute(field), "", 0, getattr(place, field))


def _value(kept: str, part: str, position: int, value: Any) -> Iterator[Value]:
    if value is None:
        return
    said = str(value.value if isinstance(value, Enum) else value)
    text = said.lower() if isinstance(value, bool) else said
    yield Value(kept, text, folded(kept, part, text), part, position)


def _name(user: Any) -> str | None:
    """Give what a person is called: as displayed, else as formatted, else given and family name."""
    name = user.name
    parts = () if name is None else (name.given_name, name.family_name)
    spoken = " ".join(part.strip() for part in parts if part and part.strip())
    for said in (user.display_name, None if name is None else name.formatted, spoken):
        if said and said.strip():
            return str(said).strip()
    return None


def _mail(user: Any) -> str | None:
    entries = [entry for entry in user.emails or () if entry.value and "@" in entry.value.strip("@ ")]
    return None if not entries else str(_first(entries).value).strip()


def _country(user: Any) -> str | None:
    entries = [entry for entry in user.addresses or () if entry.country]
    return country_code(_first(entries).country) if entries else None


def _first(entries: list[Any]) -> Any:
    """Give the primary entry, else the one of work, else the first."""
    return min(entries, key=lambda entry: (not entry.primary, entry.type != "work"))


def _locale(user: Any) -> str | None:
    """Give the language in which letters are written: `preferredLanguage`, else `locale`, where one can be read."""
    for said in (user.preferred_language, user.locale):
        try:
            locale = Locale.parse(str(said or "").strip().split(",")[0].replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
        code = locale.language if locale.territory is None else f"{locale.language}-{locale.territory}"
        if len(code) <= LOCALE_MOST:
            return code
    return None


def _manager(place: Any) -> UUID | None:
    """Read the manager's id, from the reference where the id alone is not said."""
    if place is None or place.manager is None:
        return None
    said = place.manager.value or (place.manager.ref or "").rstrip("/").rpartition("/")[2]
    if not said:
        return None
    manager_id = id_of(said)
    if manager_id is None:
        raise BadInput("manager.value", said[:80], "the id of another User")
    return manager_id
