"""Units are merged, split and moved: as it was shown or not at all, and what was there before is there afterwards."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from governance import tables
from governance.audit.models import Entry
from governance.directory import queries as directory
from governance.directory.errors import UnitBelowItself
from governance.directory.models import (
    Elevation,
    GroupMapping,
    IdentityProvider,
    OwnedPlacement,
    PersonPlacement,
    RoleGrant,
    ServiceAccount,
)
from governance.directory.rules import PersonStatus
from governance.directory.service import (
    NewGrant,
    NewServiceAccount,
    NewUnit,
    add_unit,
    create_service_account,
    end_grant,
    grant_role,
)
from governance.directory.standing import owned_at
from governance.entitlements.models import LicenseRules
from governance.entitlements.service import NewPool, open_pool
from governance.inventory.models import Device
from governance.inventory.rules import DeviceKind
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.metrics.cost_by_unit import CostByUnit, CostQuery, cost_by_unit
from governance.metrics.cost_by_unit_gather import Tree
from governance.metrics.cost_of_the_day import by_unit_of_the_day
from governance.metrics.cost_rollup import by_unit
from governance.reorganization.errors import NotOfTheUnit
from governance.reorganization.rules import (
    AccessChange,
    Effect,
    Held,
    Kind,
    Over,
    Principal,
    PrincipalKind,
    RolesFate,
    access_changes,
)
from governance.reorganization.service import (
    MergeUnits,
    MoveUnit,
    Preview,
    SplitUnit,
    merge_units,
    move_unit,
    preview_merge,
    preview_move,
    preview_split,
    split_unit,
)
from governance.reviews.models import Board
from governance.reviews.service import CreateBoard, create_board
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState
from policies.access.parties import Grant, Role, ScopeKind
from tests.estate import Estate, License

# What names a unit and stays where it was, each with why.
STAYS = {
    "assignment_rule_version": "a version as it was published; whoever looks after the rule draws it anew",
    "elevation": "what was asked then; a role that is held ends with the others over the unit",
    "finding": "what a scan found then; the next one finds it where it is now",
    "owned_placement": "history",
    "person_placement": "history",
    "planned_reorganization": "a plan; it stops by itself where the unit is not what it was",
    "review": "frozen",
    "role_grant": "its fate is chosen",
    "signature": "signed",
    "staged_row": "a file as it was read",
    "unit_closure": "today's tree; what ended stays below what it was below",
    "unit_placement": "history",
}
GOES = {
    "agreement": Kind.AGREEMENT, "board": Kind.BOARD, "entitlement": Kind.LICENSE, "person": Kind.PERSON,
    "pool": Kind.POOL, "service_account": Kind.SERVICE_ACCOUNT, "device": Kind.DEVICE,
}  # fmt: skip
FOLLOWS = {"identity_provider", "group_mapping"}


async def named(office: Office, estate: Estate) -> dict[str, Counter[UUID]]:
    """Count by table what names which unit."""
    found = {}
    async with office.database.read(estate.tenant_id) as session:
        for name in GOES:
            column = tables.METADATA.tables[name].c.unit_id
            query = select(column, func.count()).group_by(column)
            found[name] = Counter({row[0]: row[1] for row in await session.execute(query)})
    return found


async def furnished(estate: Estate) -> License:
    """Let Sales EMEA have one of everything: a license with two pools, an agreement, a board, a machine."""
    owned = await estate.license(
        "m365", quantity=9, pools={"main": 6, "closed": 3}, unit="sales-emea", pool_unit="sales-emea"
    )
    emea, now = estate.units["sales-emea"], estate.office.clock.now()
    async with estate.at_once():
        await estate.add(
            Board(
                **estate.key(), name="EMEA", unit_id=emea, quorum=2, chair_needed=True, departments_needed=[],
                created_by="system:tests", created_at=now,
            )
        )  # fmt: skip
        await estate.add(ServiceAccount(**estate.key(), name="robot", unit_id=emea, created_at=now))
        await estate.grant("cleo", Role.LICENSE_OWNER, unit="sales-emea")
        await estate.grant("ben", Role.LICENSE_OWNER, unit="sales")
        await estate.person("gone", "sales-emea", status=PersonStatus.LEFT)
        for code, keeper in (("nb-1", "ada"), ("nb-2", "ben")):
            await estate.add(
                Device(
                    **estate.key(), code=code, name=code, kind=DeviceKind.WORKSTATION, person_id=estate.people[keeper],
                    unit_id=emea, region="DE", recorded_at=now,
                )
            )  # fmt: skip
    return owned


def changes(seen: Preview, estate: Estate) -> set[tuple[str, Role, Effect, Over]]:
    names = {key: name for name, key in estate.people.items()}
    return {(names[one.principal.id], one.role, one.effect, one.over) for one in seen.plan.access}


async def merge(office: Office, estate: Estate, **said: Any) -> tuple[Preview, MergeUnits]:
    command = MergeUnits(estate.units["sales-emea"], estate.units["it"], "one desk", **said)
    async with office.reading(estate.actor("admin")) as work:
        return await preview_merge(work, command), command


def by(command: Any, seen: Preview) -> Any:
    return type(command)(**{**vars(command), "token": seen.token})


async def test_a_merge_carries_all_and_ends_the_unit_from_its_day_on(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin, emea, it = estate.actor("admin"), estate.units["sales-emea"], estate.units["it"]
    owned = await furnished(estate)
    began = clock.now()
    clock.advance(timedelta(days=10))
    day = began + timedelta(days=5)
    seen, command = await merge(office, estate, at=day)
    assert seen.plan.counts == {
        Kind.PERSON: 3, Kind.AGREEMENT: 1, Kind.LICENSE: 1, Kind.POOL: 2, Kind.BOARD: 1, Kind.SERVICE_ACCOUNT: 1,
        Kind.DEVICE: 2,
    }  # fmt: skip
    moves = Over.WHAT_MOVES
    assert changes(seen, estate) == {
        ("cleo", Role.LICENSE_OWNER, Effect.LOSES, moves), ("ben", Role.LICENSE_OWNER, Effect.LOSES, moves),
    }  # fmt: skip
    before = await named(office, estate)
    await office.perform(admin, lambda work: merge_units(work, by(command, seen)))
    after = await named(office, estate)
    for name, counts in before.items():  # nothing is lost, nothing is left at the unit that ended
        assert after[name].total() == counts.total(), name
        assert after[name][emea] == 0, name
        assert after[name][it] == counts[it] + counts[emea], name
    async with office.reading(admin) as work:
        trees = [await directory.unit_tree(work, at) for at in (day - timedelta(seconds=1), day)]
        assert [emea in {node.unit.id for node in tree} for tree in trees] == [True, False]
        there = [
            await owned_at(work, "pool", at, known)
            for at, known in ((began, work.now()), (day, work.now()), (day, day))
        ]
        assert [found[owned.pools["main"]] for found in there] == [emea, it, emea]
        for at, unit in ((began, emea), (day - timedelta(seconds=1), emea), (day, it), (clock.now(), it)):
            ada = PersonPlacement.person_id == estate.people["ada"]
            query = select(PersonPlacement.unit_id).where(ada, directory.placed_at(PersonPlacement, at, work.now()))
            assert (await work.session.execute(query)).scalar_one() == unit
        left = select(func.count()).where(RoleGrant.unit_id == emea, RoleGrant.end.is_(None))
        assert (await work.session.execute(left)).scalar_one() == 0
        acts = select(Entry.act, func.count()).where(Entry.recorded_at >= work.now()).group_by(Entry.act)
        told = {row[0]: row[1] for row in await work.session.execute(acts)}
    assert told == {
        "person:edit": 3, "agreement:amend": 1, "entitlement:correct": 1, "pool:give": 2, "board:give": 1,
        "service_account:give": 1, "device:give": 2, "access:end": 1, "unit:end": 1, "unit:merge": 2,
    }  # fmt: skip
    with pytest.raises(WrongState):
        await merge(office, estate)


async def test_nothing_comes_to_a_unit_that_ends_nor_while_it_does(office: Office, estate: Estate) -> None:
    """Whoever opens a pool while the unit is merged is refused, or the merge is: nothing is left behind."""
    admin, emea, it = estate.actor("admin"), estate.units["sales-emea"], estate.units["it"]
    owned = await furnished(estate)
    seen, command = await merge(office, estate)
    done = await asyncio.gather(
        office.perform(admin, partial(merge_units, command=by(command, seen))),
        office.perform(admin, partial(open_pool, new=NewPool(owned.line_id, "late", "Late", emea))),
        return_exceptions=True,
    )
    assert [type(each) for each in done if isinstance(each, Exception)] in ([WrongState], [PreviewStale])
    if isinstance(done[0], Exception):
        seen, command = await merge(office, estate)
        await office.perform(admin, partial(merge_units, command=by(command, seen)))
    assert (await named(office, estate))["pool"][emea] == 0
    person = estate.people["ada"]
    for verb in (
        partial(open_pool, new=NewPool(owned.line_id, "later", "Later", emea)),
        partial(add_unit, command=NewUnit("below", "Below", parent_id=emea)),
        partial(create_service_account, command=NewServiceAccount("other", emea)),
        partial(create_board, command=CreateBoard("Late", emea)),
        partial(grant_role, command=NewGrant(Role.AUDITOR, ScopeKind.UNIT, "r", person_id=person, unit_id=emea)),
    ):
        with pytest.raises(WrongState):
            await office.perform(admin, verb)
    assert (await named(office, estate))["pool"][it] == 2 + isinstance(done[0], Exception)


async def test_a_merge_is_done_only_as_it_was_shown(office: Office, estate: Estate, clock: HandClock) -> None:
    """Each fact of the preview is sealed: what came, what went, who holds a role, the choice, the day, the tenant."""
    admin = estate.actor("admin")
    await furnished(estate)
    seen, command = await merge(office, estate)
    for other in (
        MergeUnits(**{**vars(by(command, seen)), "roles": RolesFate.CARRY}),
        MergeUnits(**{**vars(by(command, seen)), "into_id": estate.units["finance"]}),
        MergeUnits(**{**vars(by(command, seen)), "at": clock.now()}),
        MergeUnits(**{**vars(command), "token": ""}),
    ):
        with pytest.raises(PreviewStale):
            await office.perform(admin, partial(merge_units, command=other))
    given = await office.perform(admin, lambda work: grant_role(work, NewGrant(
        Role.IT_ADMIN, ScopeKind.UNIT, "r", person_id=estate.people["ada"], unit_id=estate.units["sales-emea"])))  # fmt: skip
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda work: merge_units(work, by(command, seen)))
    await office.perform(admin, lambda work: end_grant(work, given.id, "r"))
    await estate.person("newcomer", "sales-emea")
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda work: merge_units(work, by(command, seen)))
    seen, command = await merge(office, estate)
    clock.advance(timedelta(minutes=16))
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda work: merge_units(work, by(command, seen)))


async def test_roles_that_are_carried_are_wider_and_said_so_and_lent_ones_never_go_along(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin, emea, it = estate.actor("admin"), estate.units["sales-emea"], estate.units["it"]
    await furnished(estate)
    lent = await office.perform(admin, lambda work: grant_role(work, NewGrant(
        Role.IT_ADMIN, ScopeKind.UNIT, "r", person_id=estate.people["ada"], unit_id=emea,
        end=clock.now() + timedelta(hours=4))))  # fmt: skip
    await estate.add(
        Elevation(
            **estate.key(), person_id=estate.people["ada"], role=Role.IT_ADMIN, scope=ScopeKind.UNIT, unit_id=emea,
            hours=4, reason="r", asked_at=clock.now(), expires_at=clock.now() + timedelta(days=3), approved=True,
            grant_id=lent.id, version=2,
        )
    )  # fmt: skip
    seen, command = await merge(office, estate, roles=RolesFate.CARRY)
    owner, moves = Role.LICENSE_OWNER, Over.WHAT_MOVES
    assert changes(seen, estate) == {
        ("cleo", owner, Effect.GAINS, Over.WHAT_WAS_THERE), ("ben", owner, Effect.LOSES, moves),
        ("ada", Role.IT_ADMIN, Effect.LOSES, moves),
    }  # fmt: skip
    await office.perform(admin, lambda work: merge_units(work, by(command, seen)))
    async with office.reading(admin) as work:
        query = select(RoleGrant.person_id, RoleGrant.unit_id).where(
            RoleGrant.scope == ScopeKind.UNIT, (RoleGrant.end.is_(None)) | (RoleGrant.end > work.now())
        )
        held = {tuple(row) for row in await work.session.execute(query)}
    assert held == {(estate.people["cleo"], it), (estate.people["ben"], estate.units["sales"])}


async def test_newcomers_of_a_provider_enter_the_other_unit_and_its_groups_follow_the_fate_of_roles(
    office: Office, estate: Estate
) -> None:
    emea, it, now = estate.units["sales-emea"], estate.units["it"], office.clock.now()
    provider = await estate.add(
        IdentityProvider(
            **estate.key(), name="Login", issuer="https://login.halden.example", client_id="lictor", scopes=[],
            joins=True, unit_id=emea, country="DE", created_at=now,
        )
    )  # fmt: skip
    mapping = await estate.add(
        GroupMapping(
            **estate.key(), provider_id=provider.id, group_name="emea", role=Role.AUDITOR, scope=ScopeKind.UNIT,
            unit_id=emea, reason="r", made_by="system:tests", created_at=now,
        )
    )  # fmt: skip
    for fate, into in ((RolesFate.CARRY, it), (RolesFate.END, estate.units["finance"])):
        command = MergeUnits(emea, into, "one desk", fate)
        async with office.reading(estate.actor("admin")) as work:
            seen = await preview_merge(work, command)
        await office.perform(estate.actor("admin"), partial(merge_units, command=by(command, seen)))
        async with office.database.read(estate.tenant_id) as session:
            joins = await session.get_one(IdentityProvider, (estate.tenant_id, provider.id))
            maps = await session.get_one(GroupMapping, (estate.tenant_id, mapping.id))
            assert joins.unit_id == into
            assert (maps.unit_id, maps.ended_at is None) == (it, fate is RolesFate.CARRY)
        emea = it  # what was carried goes on from there, and ends


async def test_a_split_takes_what_was_chosen_and_leaves_the_rest(office: Office, estate: Estate) -> None:
    admin, emea = estate.actor("admin"), estate.units["sales-emea"]
    owned = await furnished(estate)
    command = SplitUnit(
        emea, "sales-dach", "Sales DACH", "grown", roles=RolesFate.CARRY,
        people=(estate.people["ada"],), licenses=(owned.entitlement_id,),
    )  # fmt: skip
    async with office.reading(admin) as work:
        seen = await preview_split(work, command)
        for wrong in ({"people": (estate.people["cleo"],)}, {"pools": (uuid4(),)}, {"people": (), "licenses": ()}):
            with pytest.raises((NotOfTheUnit, BadInput)):
                await preview_split(work, SplitUnit(**{**vars(command), **wrong}))
    assert seen.plan.counts == {Kind.PERSON: 1, Kind.LICENSE: 1, Kind.POOL: 2, Kind.DEVICE: 1}
    assert seen.plan.access == ()  # Ben looks after Sales above both, Cleo's role goes along
    before = await named(office, estate)
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda w: split_unit(w, by(SplitUnit(**{**vars(command), "name": "X"}), seen)))
    made = await office.perform(admin, lambda work: split_unit(work, by(command, seen)))
    after = await named(office, estate)
    for name, kind in GOES.items():
        went = seen.plan.counts.get(kind, 0)
        assert (after[name][emea], after[name][made.id]) == (before[name][emea] - went, went), name
        assert after[name].total() == before[name].total()
    cleo = estate.actor("cleo", Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=made.id))
    async with office.reading(cleo) as work:
        assert {row.id for row in (await work.session.execute(directory.visible_people(work))).scalars()} == {
            estate.people["ada"]
        }
    async with office.reading(admin) as work:
        assert await directory.parent_of(work, made.id) == estate.units["sales"]


async def test_a_move_says_who_gains_and_who_loses_and_which_lines_are_drawn_then(
    office: Office, estate: Estate
) -> None:
    admin, emea, it = estate.actor("admin"), estate.units["sales-emea"], estate.units["it"]
    owned = await furnished(estate)
    drawn = {"overrides": [{"origin": "UNIT", "id": str(estate.units["sales"]), "warn": 60}]}
    async with estate.at_once():
        await estate.add(
            LicenseRules(
                **estate.key(), entitlement_id=owned.entitlement_id, use={"warn": "70"}, set_at=office.clock.now(),
                set_by="system:tests",
            )
        )  # fmt: skip
        await estate.grant("cleo", Role.AUDITOR, unit="it")
        await estate.add(
            PolicyVersion(
                **estate.key(), kind=PolicyKind.THRESHOLDS, number=1, state=VersionState.LIVE, content=drawn,
                examples=[], note="tests", drafted_by="system:tests", drafted_at=office.clock.now(),
            )
        )  # fmt: skip
    command = MoveUnit(emea, it, "IT runs EMEA")
    async with office.reading(admin) as work:
        seen = await preview_move(work, command)
    assert changes(seen, estate) == {
        ("ben", Role.LICENSE_OWNER, Effect.LOSES, Over.WHAT_MOVES), ("cleo", Role.AUDITOR, Effect.GAINS, Over.WHAT_MOVES),
    }  # fmt: skip
    assert {(one.pool_id, int(one.before.warn), int(one.after.warn)) for one in seen.plan.lines} == {
        (pool, 60, 70) for pool in owned.pools.values()
    }  # the license's own line holds where no unit's does
    assert seen.plan.counts[Kind.PERSON] == 3
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda work: move_unit(work, command))
    moved = await office.perform(admin, lambda work: move_unit(work, by(command, seen)))
    async with office.reading(admin) as work:
        assert await directory.parent_of(work, moved.id) == it
        assert list((await work.session.execute(select(OwnedPlacement))).scalars()) == []  # whose it is stays


async def test_what_cannot_be_reorganized_is_refused_by_name(office: Office, estate: Estate, clock: HandClock) -> None:
    emea, sales, it = (estate.units[code] for code in ("sales-emea", "sales", "it"))
    await furnished(estate)
    over_sales = estate.actor("cleo", Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=sales))
    foreign = await Estate.raised(office, "Twin Group")
    for actor, command, error in (
        (estate.actor("admin"), MergeUnits(sales, emea, "r"), UnitBelowItself),
        (estate.actor("admin"), MergeUnits(emea, it, " "), BadInput),
        (estate.actor("admin"), MergeUnits(emea, it, "r", at=clock.now() + timedelta(days=999)), BadInput),
        (estate.actor("admin"), MergeUnits(emea, it, "r", at=clock.now() - timedelta(days=1)), BadInput),
        (estate.actor("admin"), MergeUnits(emea, foreign.units["it"], "r"), NotFound),
        (over_sales, MergeUnits(emea, sales, "r"), Refused),
        (over_sales, MergeUnits(emea, it, "r"), (NotFound, Refused)),
    ):
        async with office.reading(actor) as work:
            with pytest.raises(error):
                await preview_merge(work, command)


async def test_cost_of_earlier_months_stays_with_the_unit_that_had_it(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    """By the tree of the day, March is Sales EMEA's below Sales and May is IT's; by today's, all is IT's."""
    await estate.license("m365", quantity=9, pools={"main": 6}, unit="sales-emea", pool_unit="sales-emea")
    clock.set(datetime(2026, 6, 3, 9, tzinfo=UTC))
    seen, command = await merge(office, estate, at=datetime(2026, 4, 10, tzinfo=UTC))
    await office.perform(estate.actor("admin"), lambda work: merge_units(work, by(command, seen)))
    emea, it, sales = (estate.units[code] for code in ("sales-emea", "it", "sales"))

    async def asked(tree: Tree, known_at: datetime | None = None) -> tuple[CostByUnit, dict[UUID, int]]:
        query = CostQuery(datetime(2026, 5, 31, 21, tzinfo=UTC), known_at, date(2026, 3, 1), tree=tree)
        async with office.reading(estate.actor("admin")) as work:
            found = await cost_by_unit(work, query)
            then = tree is Tree.OF_THE_DAY
            rolled = await by_unit_of_the_day(work, found) if then else await by_unit(work, found.rows)
        return found, {each.unit_id: each.whole.total if each.whole else 0 for each in rolled}

    today, rolled_today = await asked(Tree.TODAY)
    then, rolled_then = await asked(Tree.OF_THE_DAY)
    assert {row.unit_id for row in today.rows} == {it}
    had = {row.period.name: row.unit_id for row in then.rows}
    assert had == {"2026-03": emea, "2026-04": it, "2026-05": it}
    assert sum(row.cost.total for row in then.rows) == sum(row.cost.total for row in today.rows) > 0
    root = estate.units["halden"]
    assert rolled_then[root] == rolled_today[root] == rolled_today[it]
    assert rolled_then[sales] == rolled_then[emea] == rolled_then[root] - rolled_then[it] > 0
    assert sales not in rolled_today
    before, _ = await asked(Tree.OF_THE_DAY, known_at=datetime(2026, 6, 3, 8, 59, tzinfo=UTC))
    assert {row.unit_id for row in before.rows} == {emea}  # nobody knew of a merge yet


def test_every_table_that_names_a_unit_is_decided() -> None:
    naming = {
        table.name for table in tables.METADATA.sorted_tables if "unit_id" in table.c and table.name != "org_unit"
    }
    assert naming == STAYS.keys() | GOES.keys() | FOLLOWS


def test_who_holds_the_role_both_ways_up_neither_gains_nor_loses() -> None:
    at, other, root = uuid4(), uuid4(), uuid4()
    one, two = Principal(PrincipalKind.PERSON, uuid4()), Principal(PrincipalKind.GROUP, uuid4())

    def held(who: Principal, unit: UUID, role: Role = Role.IT_ADMIN) -> Held:
        return Held(uuid4(), who, role, unit, None, None, False)  # type: ignore[arg-type]

    roles = [held(one, at), held(one, root), held(two, at), held(two, other, Role.AUDITOR)]
    assert access_changes(roles, (at, root), (other, root), (), Over.WHAT_MOVES) == (
        AccessChange(two, Role.AUDITOR, Effect.GAINS, Over.WHAT_MOVES),
        AccessChange(two, Role.IT_ADMIN, Effect.LOSES, Over.WHAT_MOVES),
    )
