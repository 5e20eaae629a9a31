"""Groups of people as verbs: entered, brought up to date, ended; who joins and who leaves is dated."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from governance.audit.entries import difference
from governance.directory import provisioned
from governance.directory.errors import Taken
from governance.directory.models import Group, GroupGrant, GroupMember, RoleGrant
from governance.directory.service.grants import raise_revision
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership

ACT = Action.PERSON_PROVISION
CHANGED = "GroupMembersChanged"
CHUNK = 400
MEMBERS_MOST = 100_000


@dataclass(frozen=True)
class GroupFacts:
    """A group as an identity provider tells of it; `members` is everybody who is in it, None leaves them as they are.

    `name_key` is the name folded.
    """

    name: str
    name_key: str
    external_id: str | None = None
    members: tuple[UUID, ...] | None = ()
    source: str = "scim"


async def provision_group(work: Work, facts: GroupFacts) -> Group:
    """Enter a group with its members. Raises Refused, Taken, BadInput (a member whom nobody knows)."""
    work.permit(ACT, Ownership(work.tenant_id), f"group {facts.name}")
    _check(facts)
    now = work.now()
    row = Group(
        tenant_id=work.tenant_id, id=work.new_id(), name=facts.name, name_key=facts.name_key,
        external_id=facts.external_id, source=facts.source, recorded_at=now, changed_at=now, ended_at=None,
    )  # fmt: skip
    await _written(work, row, facts)
    joined, _ = await _keep_members(work, row.id, facts.members or ())  # a new group holds no role yet
    after = {"name": row.name, "external_id": row.external_id, "joined": sorted(map(str, joined))}
    await work.record(Change("group:create", "group", row.id, after=after))
    if joined:
        await work.emit(CHANGED, row.id)
    return row


async def reprovision_group(
    work: Work, group_id: UUID, facts: GroupFacts, *, expected_version: int | None = None
) -> Group:
    """Bring a group up to date; the same facts twice change nothing.

    Raises NotFound, Refused, Taken, BadInput, Conflict.
    """
    row = await _group(work, group_id, expected_version)
    _check(facts)
    values = {"name": facts.name, "name_key": facts.name_key, "external_id": facts.external_id}
    before, after = difference(row, values)
    for key, value in after.items():
        setattr(row, key, value)
    if after:
        await _written(work, row, facts)
    joined, left = await _keep_members(work, row.id, facts.members)
    if after or joined or left:
        await _record(work, row, before, after, joined, left)
    return row


async def change_members(
    work: Work,
    group_id: UUID,
    *,
    joining: Collection[UUID] = (),
    leaving: Collection[UUID] = (),
    expected_version: int | None = None,
) -> Group:
    """Let some join and some leave, whatever the size of the group. Raises NotFound, Refused, BadInput, Conflict."""
    row = await _group(work, group_id, expected_version)
    wanted = list(dict.fromkeys([*joining, *leaving]))
    there: set[UUID] = set()
    for at in range(0, len(wanted), CHUNK):
        rows = await work.session.execute(
            select(GroupMember.person_id).where(
                *_open(work, row.id), GroupMember.person_id.in_(wanted[at : at + CHUNK])
            )
        )
        there.update(rows.scalars())
    joined = tuple(one for one in dict.fromkeys(joining) if one not in there)
    left = tuple(one for one in dict.fromkeys(leaving) if one in there and one not in set(joining))
    await _join(work, row.id, joined)
    await _leave(work, row.id, left)
    if joined or left:
        await _record(work, row, {}, {}, joined, left)
    return row


async def end_group(work: Work, group_id: UUID, *, expected_version: int | None = None) -> None:
    """End a group and its memberships from now on. Raises NotFound, Refused, Conflict."""
    row = await _group(work, group_id, expected_version)
    row.ended_at = row.changed_at = work.now()
    row.version += 1
    await work.session.execute(update(GroupMember).where(*_open(work, row.id)).values(end=work.now()))
    await work.session.flush()
    await _rights_move(work, row.id)
    await work.record(Change("group:end", "group", row.id, before={"ended_at": None}, after={"ended_at": row.ended_at}))
    await work.emit(CHANGED, row.id)


async def _group(work: Work, group_id: UUID, expected_version: int | None) -> Group:
    row = await provisioned.group(work, group_id, ACT, lock=True)
    work.permit(ACT, Ownership(work.tenant_id), f"group {row.id}")
    if expected_version is not None and row.version != expected_version:
        raise Conflict("group", str(expected_version), str(row.version))
    return row


async def _record(
    work: Work,
    row: Group,
    before: dict[str, object],
    after: dict[str, object],
    joined: Collection[UUID],
    left: Collection[UUID],
) -> None:
    row.version += 1
    row.changed_at = work.now()
    await work.session.flush()
    said = {key: value for key, value in after.items() if key != "name_key"}
    was = {key: value for key, value in before.items() if key != "name_key"}
    if joined:
        said["joined"] = sorted(map(str, joined))
    if left:
        said["left"] = sorted(map(str, left))
    await work.record(Change("group:edit", "group", row.id, before=was, after=said))
    if joined or left:
        await _rights_move(work, row.id)
        await work.emit(CHANGED, row.id)


async def _rights_move(work: Work, group_id: UUID) -> None:
    """Raise the revision where the group holds a role that counts now or will: its members' rights have moved."""
    counts = (
        select(GroupGrant.id)
        .join(RoleGrant, and_(RoleGrant.tenant_id == GroupGrant.tenant_id, RoleGrant.id == GroupGrant.grant_id))
        .where(
            GroupGrant.tenant_id == work.tenant_id,
            GroupGrant.group_id == group_id,
            or_(RoleGrant.end.is_(None), RoleGrant.end > work.now()),
        )
        .limit(1)
    )
    if (await work.session.execute(counts)).first() is not None:
        await raise_revision(work)


async def _keep_members(
    work: Work, group_id: UUID, members: Collection[UUID] | None
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """Make these and nobody else the members of today; gives who joined and who left."""
    if members is None:
        return (), ()
    rows = await work.session.execute(select(GroupMember.person_id).where(*_open(work, group_id)))
    there, wanted = set(rows.scalars()), dict.fromkeys(members)
    joined = tuple(one for one in wanted if one not in there)
    left = tuple(sorted(there - wanted.keys()))
    await _join(work, group_id, joined)
    await _leave(work, group_id, left)
    return joined, left


async def _join(work: Work, group_id: UUID, people: tuple[UUID, ...]) -> None:
    known = await provisioned.known_users(work, people)
    for one in people:
        if one not in known:
            raise BadInput("members.value", str(one), "the id of a User")
    now = work.now()
    rows = [
        {
            "tenant_id": work.tenant_id, "id": work.new_id(), "group_id": group_id, "person_id": one, "start": now,
            "end": None, "recorded_at": now,
        }
        for one in people
    ]  # fmt: skip
    if rows:
        await work.session.execute(insert(GroupMember), rows)


async def _leave(work: Work, group_id: UUID, people: tuple[UUID, ...]) -> None:
    for at in range(0, len(people), CHUNK):
        some = people[at : at + CHUNK]
        await work.session.execute(
            update(GroupMember).where(*_open(work, group_id), GroupMember.person_id.in_(some)).values(end=work.now())
        )


async def _written(work: Work, row: Group, facts: GroupFacts) -> None:
    """Write a group whose external id must be single. Raises Taken."""
    try:
        async with work.session.begin_nested():
            work.session.add(row)
            await work.session.flush()
    except IntegrityError as error:
        if "unique" not in str(error.orig).lower():
            raise
        raise Taken("externalId", facts.external_id or "") from None


def _open(work: Work, group_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return GroupMember.tenant_id == work.tenant_id, GroupMember.group_id == group_id, GroupMember.end.is_(None)


def _check(facts: GroupFacts) -> None:
    for field, text in (("displayName", facts.name), ("externalId", facts.external_id)):
        if text is not None and not 0 < len(text.strip()) <= 200:
            raise BadInput(field, text[:80], "1 to 200 characters")
    if facts.members is not None and len(facts.members) > MEMBERS_MOST:
        raise BadInput("members", str(len(facts.members)), f"at most {MEMBERS_MOST} members")
