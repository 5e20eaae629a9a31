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
from tests.bench.conftest import Say
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
    clock.advance(timedelta(seconds=200))
    async with running(office, patience_s=600) as ledger:
        start, cpu = time.perf_counter(), time.process_time()
        for license_, ids in made:
            for first in range(0, LEASES, A_CALL):
                beats = tuple(Beat(ids[k], k + 1) for k in range(first, first + A_CALL))
                ask = Lend(license_.pools["main"], license_.line_id, Heartbeat(beats))
                answer = await ledger.submit(claim(estate, ask, act="lease:renew"))
                assert answer.outcome is Outcome.DONE
                assert all(each.said is Said.RENEWED for each in answer.lent)
        ours, our_cpu = time.perf_counter() - start, time.process_time() - cpu
    raw, raw_cpu = _raw(office, estate.tenant_id, [i for _, ids in made for i in ids], clock.now() + TERM)
    count = POOLS * LEASES
    note = (
        f"{count / ours:.0f} against {count / raw:.0f} leases/s; our process {our_cpu:.1f} s CPU against {raw_cpu:.1f}"
    )
    say(f"{office.database.kind}: heartbeats of 500 / a raw UPDATE of 500 rows a transaction", ours / raw, 2,
        at_most=True, note=note)  # fmt: skip


def _raw(office: Office, tenant: uuid.UUID, ids: list[uuid.UUID], until: Any) -> tuple[float, float]:
    """Move the same ends by hand, 500 rows a statement and transaction; give seconds and seconds of this process."""
    start, cpu = time.perf_counter(), time.process_time()
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
    return time.perf_counter() - start, time.process_time() - cpu
