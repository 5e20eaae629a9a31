"""What rights cost where much is there: a page of licenses under a unit's subtree, and one right as grants grow."""

import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.base import PGDialect

from governance.directory.models import RoleGrant
from governance.directory.queries import grants_of
from governance.entitlements.models import Entitlement
from governance.entitlements.queries import visible_entitlements
from governance.kernel.page import Order, Window, read_page
from governance.kernel.work import Work
from policies.access.parties import Grant, Role, ScopeKind
from tests.bench.conftest import Say, Taken, settled, turns
from tests.bench.estate import BUILT, NOW, PEOPLE

LICENSES = int(os.environ.get("LICTOR_BENCH_LICENSES", "1000000"))
ROUNDS = 9
NUMBERS = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {many})"
NEW_ID = {"sqlite": "randomblob(16)", "postgresql": "gen_random_uuid()"}
SCOPE = "entitlement.unit_id IN (SELECT unit_id FROM unit_closure WHERE tenant_id = {tenant} AND ancestor_id = {unit})"
BY_HAND = "SELECT {columns} FROM entitlement WHERE tenant_id = {tenant} AND withdrawn_at IS NULL AND {scope} ORDER BY id LIMIT 50"
COLUMNS = Entitlement.__table__.c
BY_ID = (Order(Entitlement.id),)
SPOKEN = {"sqlite": sqlite.dialect(paramstyle="named"), "postgresql": PGDialect(paramstyle="named")}  # type: ignore[no-untyped-call]
Page = Callable[[], Awaitable[Sequence[Any]]]


async def _make(office: Any, made: str, **values: Any) -> None:
    async with office.database.system_write() as session:
        if office.database.kind == "postgresql":
            await session.execute(text("SET LOCAL statement_timeout = 0"))
        await session.execute(text(made), values)
    settled(office)


async def test_a_page_of_fifty_licenses_of_a_subtree(bench_office: Any, say: Say) -> None:
    office, actor = bench_office
    columns = [column.name for column in Entitlement.__table__.columns if column.name not in {"id", "code", "unit_id"}]
    copied, kind = ", ".join(f"e.{name}" for name in columns), office.database.kind
    made = (
        f"{NUMBERS.format(many=LICENSES)} INSERT INTO entitlement (id, code, unit_id, {', '.join(columns)}) "
        f"SELECT {NEW_ID[kind]}, 'many' || n.n, u.id, {copied} FROM n "
        "JOIN (SELECT o.id, row_number() OVER (ORDER BY o.id) AS nth, count(*) OVER () AS units FROM org_unit o) u "
        "ON u.nth = 1 + n.n % u.units JOIN entitlement e ON e.code = 'e0'"
    )
    await _make(office, made)
    unit = BUILT.unit_ids[1]
    owner = replace(actor, grants=frozenset({Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=unit)}))
    async with office.reading(owner) as work:
        for what, ours, hand in _sides(work, unit):
            mine, theirs = await turns(work.session, ours, hand)
            note = f"{mine.wall * 1e3:.2f} against {theirs.wall * 1e3:.2f} ms, {LICENSES} licenses; by CPU {mine.cpu / theirs.cpu:.2f}×"
            say(f"{kind}: {what}", mine.wall / theirs.wall, 1.1, at_most=True, note=note)


def _sides(work: Work, unit: UUID) -> Iterator[tuple[str, Page, Page]]:
    """Give what is compared: the bare SQL of both, a list's whole way, and its rows beside those of bare text."""
    kind = work.office.database.kind
    values = _as_stored(kind, {"tenant": work.tenant_id, "unit": unit})
    scope = SCOPE.format(tenant=":tenant", unit=":unit")
    listed = ", ".join(f"entitlement.{column.name}" for column in COLUMNS)
    hand_sql = BY_HAND.format(columns=listed, tenant=":tenant", scope=scope)

    async def entities(query: Callable[[], Select[Any]]) -> Sequence[Any]:
        work.session.expunge_all()
        return (await read_page(work.session, query(), BY_ID, Window(50))).rows

    def scoped_by_hand() -> Select[Any]:
        reached = text(scope).bindparams(**values)
        return select(Entitlement).where(
            Entitlement.tenant_id == work.tenant_id, Entitlement.withdrawn_at.is_(None), reached
        )

    async def rows(query: Any) -> Sequence[Any]:
        return (await work.session.execute(query)).all()

    scope_of_ours = visible_entitlements(work).whereclause
    assert scope_of_ours is not None
    ours = select(*COLUMNS).where(scope_of_ours).order_by(COLUMNS.id).limit(50)
    spoken = ours.compile(dialect=SPOKEN[kind])
    given = _as_stored(kind, spoken.params)
    sql = text(re.sub(r"::\w+", "", str(spoken))).bindparams(**given), text(hand_sql).bindparams(**values)
    yield (
        "the SQL of a page of 50 under a subtree / the SQL by hand, both sent as text",
        partial(rows, sql[0]),
        partial(rows, sql[1]),
    )
    yield (
        "such a page as lists read it, made anew each time / the same with the scope by hand",
        partial(entities, lambda: visible_entitlements(work)),
        partial(entities, scoped_by_hand),
    )
    yield (
        "its statement by SQLAlchemy / all of it as bare text",
        partial(rows, ours),
        partial(rows, sql[1].columns(*COLUMNS)),
    )


def _as_stored(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: v.bytes if kind == "sqlite" and isinstance(v, UUID) else v for name, v in values.items()}


async def test_a_right_is_read_as_fast_among_many_grants(bench_office: Any, say: Say) -> None:
    office, actor = bench_office
    kind, done = office.database.kind, 0
    least: dict[int, Taken] = {}
    made = (
        "INSERT INTO role_grant (tenant_id, id, person_id, role, scope, unit_id, start, granted_by, reason) "
        f"SELECT p.tenant_id, {NEW_ID[kind]}, p.id, '{Role.LICENSE_OWNER}', '{ScopeKind.UNIT}', p.unit_id, :at, 'bench', 'bench' FROM "
        "(SELECT x.*, row_number() OVER (ORDER BY x.id) AS nth FROM person x) p WHERE p.nth > :done AND p.nth <= :many"
    )
    at = NOW if kind == "postgresql" else int(NOW.timestamp() * 1e6)
    for many in (10, PEOPLE):
        await _make(office, made, at=at, done=done, many=many)
        done = many
        async with office.reading(actor) as work:
            granted = cycle((await work.session.execute(select(RoleGrant.person_id).limit(200))).scalars().all())

            async def fifty(work: Work = work, granted: Iterator[Any] = granted) -> None:
                for person_id in islice(granted, 50):
                    asked = {"person_id": person_id, "service_account_id": None}
                    assert len(await grants_of(work.session, BUILT.tenant_id, office.clock.now(), **asked)) == 1

            (least[many],) = await turns(work.session, fifty, rounds=ROUNDS)
    few, lots = least.values()
    note = f"{lots.wall / 50 * 1e6:.0f} against {few.wall / 50 * 1e6:.0f} µs, among {PEOPLE} people and grants and among 10; "
    note += f"by CPU {lots.cpu / few.cpu:.2f}×"
    say(f"{kind}: reading what a person may do, among many / among ten", lots.wall / few.wall, 1.2, at_most=True, note=note)  # fmt: skip
