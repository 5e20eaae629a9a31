"""A hundred thousand leases renewed: heartbeats of five hundred through the ledger, beside a raw batched UPDATE."""

import contextlib
import sqlite3
import time
import uuid
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import insert

from governance.entitlements.models import Room
from governance.entitlements.rules import LicenseModel
from governance.kernel.work import Office
from governance.seats.leases.lease import Beat, Heartbeat, LeaseState, Said
from governance.seats.ledger.port import Lend, Outcome
from governance.seats.models import Lease, LeaseRoom
from tests.bench.conftest import Say, burned, settled
from tests.estate import Estate, License
from tests.governance.seats.ground import claim, running

POOLS, LEASES, A_CALL = 10, 10_000, 500
TERM = timedelta(seconds=600)


async def _lent(office: Office, estate: Estate) -> list[tuple[License, list[uuid.UUID]]]:
    """Give ten pools with ten thousand leases each, as the ledger leaves them."""
    now, made = office.clock.now(), []
    for n in range(POOLS):
        license_ = await estate.license(f"lent{n}", quantity=None, last_day=None, model=LicenseModel.CONCURRENT_USER)
        ids, pool = [uuid.uuid4() for _ in range(LEASES)], license_.pools["main"]
        common = {
            "tenant_id": estate.tenant_id, "line_id": license_.line_id, "pool_id": pool,
            "person_id": estate.people["ada"], "quantity": 1, "state": LeaseState.HELD, "borrowed": False,
            "overage": False, "granted_at": now, "heard_at": now, "expires_at": now + TERM, "due_at": now + TERM,
        }  # fmt: skip
        rows = [common | {"id": i, "client": f"c{k}", "token": k + 1, "claim_id": i} for k, i in enumerate(ids)]
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(insert(Lease.__table__), rows)
            session.add(
                LeaseRoom(
                    tenant_id=estate.tenant_id, id=pool, line_id=license_.line_id, held={"": LEASES}, fence=LEASES,
                    due_at=now + TERM,
                )
            )  # fmt: skip
            for room_id in (pool, license_.line_id):
                room = await session.get_one(Room, (estate.tenant_id, room_id))
                room.occupied = LEASES
        made.append((license_, ids))
    return made


async def test_a_hundred_thousand_leases(office: Office, estate: Estate, clock: Any, say: Say) -> None:
    made = await _lent(office, estate)
    settled(office)
    clock.advance(timedelta(seconds=200))
    async with running(office, patience_s=600) as ledger:
        start, before = time.perf_counter(), burned(office)
        for license_, ids in made:
            for first in range(0, LEASES, A_CALL):
                beats = tuple(Beat(ids[k], k + 1) for k in range(first, first + A_CALL))
                ask = Lend(license_.pools["main"], license_.line_id, Heartbeat(beats))
                answer = await ledger.submit(claim(estate, ask, act="lease:renew"))
                assert answer.outcome is Outcome.DONE
                assert all(each.said is Said.RENEWED for each in answer.lent)
        ours, cpu = time.perf_counter() - start, burned(office) - before
    before = burned(office)
    raw = _raw(office, estate.tenant_id, [i for _, ids in made for i in ids], clock.now() + TERM)
    raw_cpu, count = burned(office) - before, POOLS * LEASES
    note = (
        f"{cpu / count * 1e6:.1f} against {raw_cpu / count * 1e6:.1f} µs CPU a lease, the server's included; "
        f"{count / ours:.0f} against {count / raw:.0f} leases/s"
    )
    say(f"{office.database.kind}: heartbeats of 500 / a raw UPDATE of 500 rows a transaction, by CPU", cpu / raw_cpu, 2,
        at_most=True, note=note)  # fmt: skip


def _raw(office: Office, tenant: uuid.UUID, ids: list[uuid.UUID], until: Any) -> float:
    """Move the same ends by hand, 500 rows a statement and transaction; give the seconds it took."""
    start = time.perf_counter()
    parts = [ids[first : first + A_CALL] for first in range(0, len(ids), A_CALL)]
    if office.database.kind == "sqlite":
        with contextlib.closing(sqlite3.connect(office.database.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            for part in parts:
                marks = ",".join("?" * len(part))
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(
                    f"UPDATE lease SET expires_at = expires_at + 1, due_at = due_at + 1, heard_at = heard_at + 1 "
                    f"WHERE tenant_id = ? AND id IN ({marks})",
                    [tenant.bytes, *(each.bytes for each in part)],
                )
                assert connection.execute("SELECT changes()").fetchone() == (len(part),)
                connection.execute("COMMIT")
    else:
        with psycopg.connect(office.database.url) as connection:
            for part in parts:
                done = connection.execute(
                    "UPDATE lease SET expires_at = %s, due_at = %s, heard_at = %s WHERE tenant_id = %s AND id = ANY(%s)",
                    (until, until, until, tenant, part),
                )
                assert done.rowcount == len(part)
                connection.commit()
    return time.perf_counter() - start
