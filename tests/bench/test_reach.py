"""What rights cost where much is there: a page of licenses under a unit's subtree, and one right as grants grow."""

import os
import time
from dataclasses import replace
from typing import Any

from sqlalchemy import select, text

from governance.directory.models import RoleGrant
from governance.directory.queries import grants_of
from governance.entitlements.models import Entitlement
from governance.entitlements.queries import visible_entitlements
from policies.access.parties import Grant, Role, ScopeKind
from tests.bench.conftest import Say, settled
from tests.bench.estate import BUILT, NOW, PEOPLE

LICENSES = int(os.environ.get("LICTOR_BENCH_LICENSES", "1000000"))
PAGES, ROUNDS = 20, 9
NUMBERS = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {many})"
NEW_ID = {"sqlite": "randomblob(16)", "postgresql": "gen_random_uuid()"}
BY_HAND = """
SELECT {columns} FROM entitlement WHERE tenant_id = :tenant AND withdrawn_at IS NULL AND unit_id IN (
  SELECT unit_id FROM unit_closure WHERE tenant_id = :tenant AND ancestor_id = :unit
) ORDER BY id LIMIT 50"""


async def _make(office: Any, made: str, **values: Any) -> None:
    async with office.database.system_write() as session:
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
    hand = text(BY_HAND.format(columns=", ".join(f"entitlement.{c.name}" for c in Entitlement.__table__.columns)))
    hand = hand.columns(*Entitlement.__table__.columns)
    values = {"tenant": BUILT.tenant_id, "unit": unit}
    if kind == "sqlite":
        values = {name: each.bytes for name, each in values.items()}
    async with office.reading(owner) as work:
        ours = visible_entitlements(work).order_by(Entitlement.id).limit(50).with_only_columns(*Entitlement.__table__.c)
        sides: dict[str, list[float]] = {"ours": [], "hand": []}
        for _ in range(ROUNDS):
            for name, query, given in (("ours", ours, {}), ("hand", hand, values)):
                start = time.perf_counter()
                for _ in range(PAGES):
                    rows = (await work.session.execute(query, given)).all()
                sides[name].append(time.perf_counter() - start)
                assert len(rows) == 50
    least = {name: min(taken) for name, taken in sides.items()}
    note = f"{least['ours'] / PAGES * 1e3:.2f} against {least['hand'] / PAGES * 1e3:.2f} ms, {LICENSES} licenses"
    say(f"{kind}: a page of 50 under a subtree / the scope by hand", least["ours"] / least["hand"], 1.1, at_most=True,
        note=note)  # fmt: skip


async def test_a_right_is_read_as_fast_among_many_grants(bench_office: Any, say: Say) -> None:
    office, actor = bench_office
    kind, least = office.database.kind, {}
    made = (
        "INSERT INTO role_grant (tenant_id, id, person_id, role, scope, unit_id, start, granted_by, reason) "
        f"SELECT p.tenant_id, {NEW_ID[kind]}, p.id, '{Role.LICENSE_OWNER}', '{ScopeKind.UNIT}', p.unit_id, :at, 'bench', 'bench' FROM "
        "(SELECT x.*, row_number() OVER (ORDER BY x.id) AS nth FROM person x) p WHERE p.nth > :done AND p.nth <= :many"
    )
    at, done = NOW if kind == "postgresql" else int(NOW.timestamp() * 1e6), 0
    for many in (10, PEOPLE):
        await _make(office, made, at=at, done=done, many=many)
        taken, done = [], many
        async with office.reading(actor) as work:
            granted = (await work.session.execute(select(RoleGrant.person_id).limit(200))).scalars().all()
            for _ in range(ROUNDS):
                start = time.perf_counter()
                for nth in range(200):
                    asked = {"person_id": granted[nth % len(granted)], "service_account_id": None}
                    assert len(await grants_of(work.session, BUILT.tenant_id, office.clock.now(), **asked)) == 1
                taken.append(time.perf_counter() - start)
        least[many] = min(taken) / 200
    few, lots = least.values()
    note = f"{lots * 1e6:.0f} against {few * 1e6:.0f} µs, among {PEOPLE} people and grants and among 10"
    say(f"{kind}: reading what a person may do, among many / among ten", lots / few, 1.2, at_most=True, note=note)
