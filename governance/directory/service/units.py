"""The org tree as verbs: a unit is added, moved, or ended; today's flattened tree follows in the same transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from governance.directory import queries
from governance.directory.errors import UnitBelowItself, UnitNotEmpty
from governance.directory.models import OrgUnit, Person, UnitClosure
from governance.directory.rules import PersonStatus, UnitKind
from governance.directory.service.grants import raise_revision
from governance.directory.service.placements import cut_unit, effective, place_unit
from governance.directory.standing import unit_there
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership


@dataclass(frozen=True)
class NewUnit:
    """`code` is the natural key; `parent_id` None makes a root; `region` is a code of the territory tree."""

    code: str
    name: str
    kind: UnitKind = UnitKind.DEPARTMENT
    parent_id: UUID | None = None
    region: str = "001"
    start: datetime | None = None


@dataclass(frozen=True)
class MoveUnit:
    """`at` is the instant from which the new place holds, not in the future; None is now."""

    unit_id: UUID
    parent_id: UUID
    reason: str
    at: datetime | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class EndUnit:
    unit_id: UUID
    reason: str
    at: datetime | None = None
    expected_version: int | None = None


async def add_unit(work: Work, command: NewUnit) -> OrgUnit:
    """Add a unit below its parent. Raises NotFound, Refused, BadInput (code taken, region unknown, start to come)."""
    whose = Ownership(work.tenant_id)
    if command.parent_id is not None:
        parent = await _unit(work, command.parent_id)
        whose = await _ownership(work, parent)
        await unit_there(work, parent.id)
    work.permit(Action.UNIT_EDIT, whose, f"unit {command.code}")
    start = effective(work, command.start)
    code = await _free_code(work, command.code)
    if command.region not in work.office.regions.nodes:
        raise BadInput("region", command.region, "a region of the territory tree such as 001, 150 or DE")
    row = OrgUnit(
        tenant_id=work.tenant_id, id=work.new_id(), code=code, name=command.name.strip(), kind=command.kind,
        region=command.region,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await place_unit(work, row.id, command.parent_id, start)
    await _hang(work, {row.id: 0}, command.parent_id, itself=row.id)
    after = {"code": code, "name": row.name, "kind": row.kind, "parent_id": command.parent_id, "start": start}
    await work.record(Change(Action.UNIT_EDIT, "unit", row.id, after=after))
    return row


async def move_unit(work: Work, command: MoveUnit) -> OrgUnit:
    """Hang a unit with its whole subtree below another parent.

    Raises NotFound, Refused, Conflict, UnitBelowItself, BadInput.
    """
    row = await _unit(work, command.unit_id, lock=True)
    parent = await _unit(work, command.parent_id)
    work.permit(Action.UNIT_EDIT, await _ownership(work, row), f"unit {row.code}")
    work.permit(Action.UNIT_EDIT, await _ownership(work, parent), f"unit {parent.code}")
    _expect(row, command.expected_version)
    at = effective(work, command.at)
    if parent.id in await _below(work, row.id):
        raise UnitBelowItself(row.code, parent.code)
    await hang_below(work, row, parent.id, at, command.reason)
    return row


async def hang_below(work: Work, row: OrgUnit, parent_id: UUID, at: datetime, reason: str) -> None:
    """Write the new place of a unit with its subtree. For verbs that asked for the right and looked at the tree."""
    before = await queries.parent_of(work, row.id)
    await place_unit(work, row.id, parent_id, at)
    below = await _below(work, row.id)
    await _unhang(work, frozenset(below))
    await _hang(work, below, parent_id)
    row.version += 1
    await raise_revision(work)
    after = {"parent_id": parent_id, "at": at}
    await work.record(Change("unit:move", "unit", row.id, before={"parent_id": before}, after=after, reason=reason))
    await work.emit("UnitMoved", row.id, parent_id=str(parent_id))


async def end_unit(work: Work, command: EndUnit) -> OrgUnit:
    """End an empty unit. What still names it stays within the reach of those above it.

    Raises NotFound, Refused, Conflict, UnitNotEmpty.
    """
    row = await _unit(work, command.unit_id, lock=True)
    work.permit(Action.UNIT_EDIT, await _ownership(work, row), f"unit {row.code}")
    _expect(row, command.expected_version)
    units = len(await queries.children_of(work, row.id))
    people = await _people_in(work, row.id)
    if units or people:
        raise UnitNotEmpty(row.code, units, people)
    at = effective(work, command.at)
    await cut_unit(work, row.id, at)
    row.version += 1
    await work.record(Change("unit:end", "unit", row.id, after={"end": at}, reason=command.reason))
    return row


async def _unit(work: Work, unit_id: UUID, *, lock: bool = False) -> OrgUnit:
    """Fetch a unit within reach of reading. Raises NotFound."""
    return await queries.visible_unit(work, unit_id, lock=lock)


async def _ownership(work: Work, row: OrgUnit) -> Ownership:
    return await queries.ownership(work, unit_id=row.id, region=row.region)


def _expect(row: OrgUnit, version: int | None) -> None:
    if version is not None and version != row.version:
        raise Conflict(f"unit {row.code}", str(version), str(row.version))


async def _free_code(work: Work, code: str) -> str:
    code = code.strip()
    if not code or len(code) > 80:
        raise BadInput("code", code, "1 to 80 characters")
    taken = select(OrgUnit.id).where(OrgUnit.tenant_id == work.tenant_id, OrgUnit.code == code)
    if (await work.session.execute(taken)).first() is not None:
        raise BadInput("code", code, "a code that no other unit has")
    return code


async def _people_in(work: Work, unit_id: UUID) -> int:
    count = select(func.count()).where(
        Person.tenant_id == work.tenant_id, Person.unit_id == unit_id, Person.status != PersonStatus.LEFT
    )
    return int((await work.session.execute(count)).scalar_one())


async def _below(work: Work, unit_id: UUID) -> dict[UUID, int]:
    """Give the unit and all below it, with their depth under it."""
    rows = await work.session.execute(
        select(UnitClosure.unit_id, UnitClosure.depth).where(
            UnitClosure.tenant_id == work.tenant_id, UnitClosure.ancestor_id == unit_id
        )
    )
    return {row.unit_id: row.depth for row in rows}


async def _unhang(work: Work, below: frozenset[UUID]) -> None:
    """Forget every line from outside a subtree into it."""
    await work.session.execute(
        delete(UnitClosure).where(
            UnitClosure.tenant_id == work.tenant_id,
            UnitClosure.unit_id.in_(below),
            UnitClosure.ancestor_id.not_in(below),
        )
    )


async def _hang(work: Work, below: dict[UUID, int], parent_id: UUID | None, *, itself: UUID | None = None) -> None:
    """Draw the lines from a parent and everything above it to each unit of a subtree (and of a new unit to itself)."""
    above: list[tuple[UUID, int]] = []
    if parent_id is not None:
        rows = await work.session.execute(
            select(UnitClosure.ancestor_id, UnitClosure.depth).where(
                UnitClosure.tenant_id == work.tenant_id, UnitClosure.unit_id == parent_id
            )
        )
        above = [(ancestor, depth) for ancestor, depth in rows]
    lines = [(ancestor, unit, up + 1 + down) for ancestor, up in above for unit, down in below.items()]
    if itself is not None:
        lines.append((itself, itself, 0))
    work.session.add_all(
        UnitClosure(tenant_id=work.tenant_id, id=work.new_id(), ancestor_id=a, unit_id=u, depth=d) for a, u, d in lines
    )
    await work.session.flush()
