"""How the company was reorganized, who may do what for some hours or by a group, and a deputy who has left."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.living import Life
from governance.directory.models import Group, Person
from governance.directory.rules import EVERYONE, PersonStatus
from governance.directory.service.elevations import AskElevation, approve_elevation, ask_elevation
from governance.directory.service.grants import NewGrant, grant_role
from governance.entitlements.models import Entitlement
from governance.entitlements.service import CorrectEntitlement, correct_entitlement
from governance.kernel.work import Work
from governance.reorganization.rules import RolesFate
from governance.reorganization.service import (
    MergeUnits,
    MoveUnit,
    SplitUnit,
    merge_units,
    move_unit,
    plan_ahead,
    preview_merge,
    preview_move,
    preview_split,
    split_unit,
)
from policies.access.parties import Actor, Role, ScopeKind

EVENTS_SPLIT, EVENTS_MERGED = timedelta(days=200), timedelta(days=60)
SECURITY_PLANNED, SECURITY_AHEAD = timedelta(days=1), timedelta(days=21)
SUCCESS_SPLIT, SUCCESS_MOVED = timedelta(days=150), timedelta(days=30)
GROUP, GROUP_ROLE_BEFORE = "Legal", timedelta(days=90)
DEPUTY_BEFORE, LICENSE = timedelta(days=120), "tableau"
GIVEN_BEFORE, ASKED_BEFORE = timedelta(hours=3), timedelta(hours=2)
ON_STAGE = frozenset({"Priya Raman", "Camille Laurent"})


def plan_organization(life: Life) -> None:
    """Put on the agenda two splits, a move, a merge, a move to come, a role of a group, two wishes, and a deputy."""
    until = life.until
    events = SplitUnit(life.company.units["product"], "events", "Events desk", "Two fairs a year have a team now.")
    success = SplitUnit(life.company.units["support"], "success", "Customer success", "Renewals need their own people.")
    life.plan(until - EVENTS_SPLIT, partial(_split, life, events, "product", 2))
    life.plan(until - SUCCESS_SPLIT, partial(_split, life, success, "support", 4))
    life.plan(until - EVENTS_MERGED, partial(_merge, life, "events", "product"))
    life.plan(until - SUCCESS_MOVED, partial(_move, life, "success", "sales"))
    life.plan(until - SECURITY_PLANNED, partial(_ahead, life, "security", "engineering"))
    life.plan(until - GROUP_ROLE_BEFORE, partial(_role_of_group, life))
    life.plan(until - DEPUTY_BEFORE, partial(_deputy, life))
    proof = AskElevation(Role.AUDITOR, ScopeKind.TENANT, 24, "The external auditor asks for the trail of last quarter.")
    life.plan(until - GIVEN_BEFORE, partial(_wish, life, "security", proof, decided=True))
    cover = AskElevation(
        Role.LICENSE_OWNER, ScopeKind.UNIT, 8, "Kenji is away today, and a team cannot start without seats.",
        unit_id=life.company.units["engineering"],
    )  # fmt: skip
    life.plan(until - ASKED_BEFORE, partial(_wish, life, "engineering", cover, decided=False))


async def _split(life: Life, command: SplitUnit, unit: str, people: int) -> None:
    admin, office = life.company.admin, life.desk.office
    async with office.reading(admin) as work:
        chosen = replace(command, people=tuple((await _here(life, work, unit))[:people]))
        token = (await preview_split(work, chosen)).token
    made = await office.perform(admin, lambda work: split_unit(work, replace(chosen, token=token)))
    life.company.units[command.code] = made.id


async def _merge(life: Life, unit: str, into: str) -> None:
    admin, office, units = life.company.admin, life.desk.office, life.company.units
    command = MergeUnits(units[unit], units[into], "The fairs went to an agency.", RolesFate.END)
    async with office.reading(admin) as work:
        token = (await preview_merge(work, command)).token
    await office.perform(admin, lambda work: merge_units(work, replace(command, token=token)))


async def _move(life: Life, unit: str, below: str) -> None:
    admin, office, units = life.company.admin, life.desk.office, life.company.units
    command = MoveUnit(units[unit], units[below], "Whoever renews sits with whoever sells.")
    async with office.reading(admin) as work:
        token = (await preview_move(work, command)).token
    await office.perform(admin, lambda work: move_unit(work, replace(command, token=token)))


async def _ahead(life: Life, unit: str, below: str) -> None:
    """Plan a move for three weeks from now; the clock carries it out, if nobody comes to the unit until then."""
    admin, office, units = life.company.admin, life.desk.office, life.company.units
    day = life.until + SECURITY_AHEAD
    command = MoveUnit(units[unit], units[below], "Who builds it answers for its security.", at=day)
    async with office.reading(admin) as work:
        token = (await preview_move(work, command)).token
    await office.perform(admin, lambda work: plan_ahead(work, replace(command, token=token)))


async def _role_of_group(life: Life) -> None:
    """Let whoever is in a group read the trail and the rights of Legal."""

    async def verb(work: Work) -> None:
        query = select(Group.id).where(Group.tenant_id == work.tenant_id, Group.name == GROUP)
        group_id = (await work.session.execute(query)).scalar_one()
        why = "Contracts are looked at by those who read them."
        unit = life.company.units["legal"]
        await grant_role(work, NewGrant(Role.AUDITOR, ScopeKind.UNIT, why, group_id=group_id, unit_id=unit))

    await life.desk.office.perform(life.company.admin, verb)


async def _deputy(life: Life) -> None:
    """Name a deputy who leaves before the story ends, so that somebody has to hand over."""
    today, company = life.clock.now().date(), life.company
    leavers = sorted(
        each.external_id for each in company.people.values()
        if each.left is not None and today < each.left <= life.until.date() and each.external_id in company.ids
    )  # fmt: skip
    if not leavers:
        return

    async def verb(work: Work) -> None:
        query = select(Entitlement).where(Entitlement.tenant_id == work.tenant_id, Entitlement.code.like(f"{LICENSE}%"))
        row = (await work.session.execute(query.order_by(Entitlement.code))).scalars().first()
        if row is not None and row.deputy_id is None:
            changes = {"deputy_id": company.ids[leavers[0]]}
            await correct_entitlement(
                work, CorrectEntitlement(row.id, row.version, changes, "Stands in for the owner.")
            )

    await life.desk.office.perform(company.admin, verb)


async def _wish(life: Life, unit: str, wish: AskElevation, *, decided: bool) -> None:
    company, office = life.company, life.desk.office
    async with office.reading(company.admin) as work:
        asks = (await _here(life, work, unit))[0]
    person = Actor(company.tenant_id, f"person:{asks}", asks, frozenset({EVERYONE}))
    row = await office.perform(person, lambda work: ask_elevation(work, wish))
    if decided:
        await office.perform(
            company.admin, lambda work: approve_elevation(work, row.id, "Until tomorrow, for the audit.")
        )


async def _here(life: Life, work: Work, unit: str) -> list[UUID]:
    """Give who works in a unit, in one order whenever asked, and is not on stage elsewhere."""
    company = life.company
    query = select(Person.id).where(
        Person.tenant_id == work.tenant_id, Person.unit_id == company.units[unit],
        Person.status == PersonStatus.ACTIVE, Person.id.not_in(company.cast.values()), Person.name.not_in(ON_STAGE),
    )  # fmt: skip
    return list((await work.session.execute(query.order_by(Person.external_id))).scalars())
