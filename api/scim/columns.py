"""Where the database holds what a filter or an order names: columns, values of profiles, members of groups."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any
from uuid import UUID

from scim2_models.path import CompareOperator as Op
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from api.scim.comparing import Bytewise, Test
from api.scim.names import ENTERPRISE_SIMPLE, LISTS, SIMPLE, attribute, item_model, wire
from governance.directory import models
from governance.directory.models import GroupMember, Person, PersonProfile, ProfileValue
from governance.directory.provisioned import DISPLAY_NAME
from governance.directory.rules import PersonStatus

Leaf = Callable[[Test], ColumnElement[bool]]
Inside = Callable[[Mapping[str, Leaf]], ColumnElement[bool]]

EMAILS, WORK = "emails", "work"
TOLD, UNTOLD = PersonProfile.id.is_not(None), PersonProfile.id.is_(None)
SHOWN_ACTIVE = case(
    (Person.status == PersonStatus.LEFT, literal(False, Boolean)),
    (and_(TOLD, PersonProfile.active.is_(None)), null()),
    else_=literal(True, Boolean),
)


@dataclass(frozen=True)
class Single:
    """An attribute with at most one value: how it is tested, and what a list is ordered by."""

    test: Leaf
    order: SQLColumnExpression[Any]


@dataclass(frozen=True)
class Many:
    """An attribute with several entries: `some` is true where an entry satisfies what is asked of its parts.

    `first` narrows by an index what `some` then looks at, and is true where no index helps.
    """

    some: Callable[[Inside], ColumnElement[bool]]
    parts: frozenset[str]
    order: Callable[[str], SQLColumnExpression[Any]]
    first: Callable[[str, Test], ColumnElement[bool]] = lambda _part, _test: true()


@dataclass(frozen=True)
class Complex:
    """An attribute with parts and one value."""

    parts: Mapping[str, Single]


Source = Single | Many | Complex


@lru_cache(maxsize=32)  # a provider asks again and again
def user_sources(tenant_id: UUID) -> Mapping[str, Source]:
    """Give where each attribute of a user of this tenant is held, by its name (the extension's with their prefix)."""
    found: dict[str, Source] = {
        "id": Single(lambda test: test.id(Person.id), Person.id),
        "userName": _either(tenant_id, "user_name_key", "mail_key"),
        "externalId": _either(tenant_id, "external_id", "external_id"),
        "active": Single(lambda test: test.flag(SHOWN_ACTIVE), SHOWN_ACTIVE),
        "meta": _meta("User", Person.recorded_at, func.coalesce(PersonProfile.changed_at, Person.recorded_at), Person),
        "name": Complex({wire(item_model("name"), part): _kept(tenant_id, "name", wire(item_model("name"), part))
                         for part in item_model("name").model_fields}),
        "groups": _memberships(),
        "enterprise:manager": Complex({"value": Single(lambda test: test.id(Person.manager_id), Person.manager_id)}),
    }  # fmt: skip
    found |= {attribute(field): _kept(tenant_id, attribute(field), "") for field in (*SIMPLE, *ENTERPRISE_SIMPLE)}
    found |= {attribute(field): _entries(tenant_id, attribute(field), item_model(field)) for field in LISTS}
    return found


@cache
def group_sources() -> Mapping[str, Source]:
    """Give where each attribute of a group is held."""
    row = models.Group
    return {
        "id": Single(lambda test: test.id(row.id), row.id),
        "externalId": Single(lambda test: test.text(row.external_id), row.external_id),
        "displayName": Single(lambda test: test.text(row.name_key), row.name_key),
        "meta": _meta("Group", row.recorded_at, row.changed_at, row),
        "members": _members(),
    }


def _meta(kind: str, created: Any, modified: Any, row: Any) -> Complex:
    version = literal('W/"', String) + cast(row.version, String) + literal('"', String)
    return Complex(
        {
            "resourceType": Single(lambda test: test.text(literal(kind)), literal(kind)),
            "created": Single(lambda test: test.instant(created), created),
            "lastModified": Single(lambda test: test.instant(modified), modified),
            "version": Single(lambda test: test.text(version), version),
        }
    )


def _either(tenant_id: UUID, told: str, untold: str) -> Single:
    """Give an attribute that is said in the profile, or known from elsewhere where no provider told of a person.

    For equality each table's index is asked first.
    """
    profile, person = aliased(PersonProfile), aliased(Person)
    said, known = getattr(PersonProfile, told), Bytewise(getattr(Person, untold))

    def test(test: Test) -> ColumnElement[bool]:
        whole = or_(and_(TOLD, test.text(said)), and_(UNTOLD, test.text(known)))
        if not _is_equality(test):
            return whole
        by_profile = select(profile.person_id).where(
            profile.tenant_id == tenant_id, getattr(profile, told) == test.value
        )
        by_person = select(person.id).where(person.tenant_id == tenant_id, getattr(person, untold) == test.value)
        return and_(Person.id.in_(union_all(by_profile, by_person)), whole)

    return Single(test, case((TOLD, Bytewise(said)), else_=known))


def _is_equality(test: Test) -> bool:
    return test.op is Op.eq and isinstance(test.value, str)


def _having(tenant_id: UUID, name: str, part: str, value: str) -> Select[Any]:
    """Give whose profile has this very value, by index."""
    row = aliased(ProfileValue)
    return select(row.person_id).where(
        row.tenant_id == tenant_id, row.attribute == name, row.part == part, row.key == value
    )


def _kept(tenant_id: UUID, name: str, part: str) -> Single:
    """Give a value of a profile; a person of whom no provider told shows their name as `displayName`."""
    row = aliased(ProfileValue)
    where = and_(row.tenant_id == Person.tenant_id, row.person_id == Person.id, row.attribute == name, row.part == part)

    def test(test: Test) -> ColumnElement[bool]:
        told: ColumnElement[bool] = exists(select(row.id).where(where, test.text(row.key)).correlate(Person))
        if _is_equality(test):
            told = and_(Person.id.in_(_having(tenant_id, name, part, test.value)), told)
        if name != DISPLAY_NAME:
            return told
        return or_(told, and_(UNTOLD, test.text(Bytewise(func.lower(Person.name)))))

    order: Any = select(row.key).where(where).limit(1).correlate(Person).scalar_subquery()
    if name == DISPLAY_NAME:
        order = case((UNTOLD, Bytewise(func.lower(Person.name))), else_=Bytewise(order))
    return Single(test, order)


def _entries(tenant_id: UUID, name: str, model: Any) -> Many:
    """Give a list of a profile; a person of whom no provider told shows their mail address."""
    parts = {wire(model, field): field for field in model.model_fields}

    def some(inside: Inside) -> ColumnElement[bool]:
        row = aliased(ProfileValue)
        entry = {part: _beside(row, part) for part in parts}
        told = exists(
            select(row.id)
            .where(row.tenant_id == Person.tenant_id, row.person_id == Person.id, row.attribute == name, inside(entry))
            .correlate(Person)
        )
        if name != EMAILS:
            return told
        known: dict[str, Leaf] = {
            "value": lambda test: test.text(Bytewise(Person.mail_key)),
            "type": lambda test: test.text(literal(WORK)),
            "primary": lambda test: test.flag(literal(True, Boolean)),
        }
        nothing: dict[str, Leaf] = {part: lambda _test: false() for part in parts}
        return or_(told, and_(UNTOLD, Person.mail_key != "", inside(nothing | known)))

    return Many(some, frozenset(parts), lambda part: _entry_order(name, part), partial(_first_having, tenant_id, name))


def _entry_order(name: str, part: str) -> SQLColumnExpression[Any]:
    """Give what a list is ordered by: the part of its primary entry, else of its first."""
    row, mark = aliased(ProfileValue), aliased(ProfileValue)
    primary = exists(select(mark.id).where(_same_entry(mark, row), mark.part == "primary", mark.key == "true"))
    told: Any = (
        select(row.key)
        .where(row.tenant_id == Person.tenant_id, row.person_id == Person.id)
        .where(row.attribute == name, row.part == part)
        .order_by(case((primary, 0), else_=1), row.position)
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )
    known = {"value": Person.mail_key, "type": literal(WORK, String)}.get(part) if name == EMAILS else None
    return told if known is None else case((UNTOLD, Bytewise(known)), else_=Bytewise(told))


def _first_having(tenant_id: UUID, name: str, part: str, test: Test) -> ColumnElement[bool]:
    """Narrow to who has an entry of this very value, by index, where equality is asked for."""
    if part != "value" or not _is_equality(test):
        return true()
    people = _having(tenant_id, name, part, test.value)
    if name == EMAILS:
        person = aliased(Person)
        known = select(person.id).where(person.tenant_id == tenant_id, person.mail_key == test.value)
        return Person.id.in_(union_all(people, known))
    return Person.id.in_(people)


def _beside(row: Any, part: str) -> Leaf:
    """Give a part of the entry to which `row` belongs."""

    def test(test: Test) -> ColumnElement[bool]:
        twin = aliased(ProfileValue)
        held = Test(test.op, ("true" if test.value else "false") if isinstance(test.value, bool) else test.value)
        return exists(select(twin.id).where(_same_entry(twin, row), twin.part == part, held.text(twin.key)))

    return test


def _same_entry(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(
        one.tenant_id == other.tenant_id, one.person_id == other.person_id, one.attribute == other.attribute,
        one.position == other.position,
    )  # fmt: skip


def _memberships() -> Many:
    row, group = aliased(GroupMember), aliased(models.Group)
    open_ = and_(row.tenant_id == Person.tenant_id, row.person_id == Person.id, row.end.is_(None))
    joined = and_(group.tenant_id == row.tenant_id, group.id == row.group_id)
    parts: dict[str, Leaf] = {
        "value": lambda test: test.id(group.id),
        "display": lambda test: test.text(group.name_key),
        "type": lambda test: test.text(literal("direct")),
    }

    def some(inside: Inside) -> ColumnElement[bool]:
        return exists(select(row.id).join(group, joined).where(open_, inside(parts)).correlate(Person))

    def order(part: str) -> SQLColumnExpression[Any]:
        column: Any = group.name_key if part == "display" else group.id
        chosen = select(column).select_from(row).join(group, joined).where(open_).order_by(group.name_key)
        return chosen.limit(1).correlate(Person).scalar_subquery()

    return Many(some, frozenset(parts), order)


def _members() -> Many:
    row, person, shown = aliased(GroupMember), aliased(Person), aliased(ProfileValue)
    group = models.Group
    open_ = and_(row.tenant_id == group.tenant_id, row.group_id == group.id, row.end.is_(None))
    joined = and_(person.tenant_id == row.tenant_id, person.id == row.person_id)
    display = (
        select(shown.key)
        .where(shown.tenant_id == person.tenant_id, shown.person_id == person.id, shown.attribute == DISPLAY_NAME)
        .correlate(person)
        .scalar_subquery()
    )
    parts: dict[str, Leaf] = {
        "value": lambda test: test.id(row.person_id),
        "display": lambda test: test.text(display),
        "type": lambda test: test.text(literal("user")),
    }

    def some(inside: Inside) -> ColumnElement[bool]:
        return exists(select(row.id).join(person, joined).where(open_, inside(parts)).correlate(group))

    def order(part: str) -> SQLColumnExpression[Any]:
        column: Any = display if part == "display" else row.person_id
        chosen = select(column).select_from(row).join(person, joined).where(open_).order_by(row.id)
        return chosen.limit(1).correlate(group).scalar_subquery()

    return Many(some, frozenset(parts), order)
