"""The estate that benches share: thousands of people and seats, inserted in bulk, on SQLite kept between runs.

Sizes by LICTOR_BENCH_PEOPLE and LICTOR_BENCH_SEATS (default 20,000 and 100,000).
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert, text

from governance import tables
from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason, Payment, Side
from governance.catalog.models import Product, Vendor
from governance.directory.models import OrgUnit, Person, Tenant, UnitClosure, UnitPlacement
from governance.directory.rules import PersonStatus, UnitKind
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool, Room
from governance.entitlements.rules import CostBasis, LicenseModel, Overage, RoomKind, Term
from governance.kernel.database import Database
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.rules import SeatState
from tests.conftest import _raise_house

PEOPLE = int(os.environ.get("LICTOR_BENCH_PEOPLE", "20000"))
SEATS = int(os.environ.get("LICTOR_BENCH_SEATS", "100000"))
UNITS, POOLS, AT_ONCE = 40, 4, 5_000
TENANT = UUID("0192f000-0000-7000-8000-000000000001")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RECIPE = Path(__file__).read_text("utf-8")
KEPT = Path(tempfile.gettempdir()) / "lictor-bench"


@dataclass(frozen=True)
class Built:
    """The ids of what was built: they follow from names, so that a kept file needs no list beside it."""

    tenant_id: UUID
    admin_id: UUID
    unit_ids: tuple[UUID, ...]


def named(kind: str, number: int) -> UUID:
    return uuid5(TENANT, f"{kind} {number}")


BUILT = Built(TENANT, named("person", 0), tuple(named("unit", n) for n in range(UNITS)))


async def sqlite_estate(path: Path) -> Path:
    """Give a copy of the estate at `path`; built once for its size and schema, then kept in the temporary folder."""
    shape = repr(sorted((t.name, sorted(c.name for c in t.c)) for t in tables.METADATA.sorted_tables))
    sign = hashlib.sha256(f"{PEOPLE} {SEATS} {shape} {RECIPE}".encode()).hexdigest()[:16]
    kept = KEPT / f"{sign}.sqlite"
    if not kept.exists():
        KEPT.mkdir(exist_ok=True)
        making = KEPT / f"{sign}.{os.getpid()}.making"
        for left in KEPT.glob("*.making*"):
            left.unlink()
        await filled(f"sqlite:///{making}")
        making.rename(kept)
    shutil.copyfile(kept, path)
    return path


async def filled(url: str) -> None:
    """Build the estate in a new database."""
    await _raise_house(url)
    database = Database(url, pool_size=2)
    for model, rows in _everything():
        held = list(rows)
        for first in range(0, len(held), AT_ONCE):
            async with database.system_write() as session:
                await session.execute(insert(model), held[first : first + AT_ONCE])
    await database.dispose()
    database = Database(url, pool_size=2)
    async with database.system_write() as session:
        await session.execute(text("ANALYZE") if database.kind == "sqlite" else text("SELECT 1"))
    if database.kind == "sqlite":
        async with database._readers.connect() as connection:
            await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    await database.dispose()


def _row(kind: str, number: int, /, **values: Any) -> dict[str, Any]:
    return {"tenant_id": TENANT, "id": named(kind, number), **values}


def _everything() -> Iterator[tuple[Any, Iterator[dict[str, Any]]]]:
    yield (
        Tenant,
        iter([{"id": TENANT, "name": "Bench", "slug": "bench", "currency": "USD", "zone": "UTC", "created_at": NOW}]),
    )
    yield (
        OrgUnit,
        (_row("unit", n, code=f"u{n}", name=f"Unit {n}", kind=UnitKind.DEPARTMENT, region="001") for n in range(UNITS)),
    )
    yield UnitPlacement, (
        _row("place", n, unit_id=named("unit", n), parent_id=named("unit", (n - 1) // 3) if n else None, start=NOW,
             recorded_at=NOW)
        for n in range(UNITS)
    )  # fmt: skip
    yield UnitClosure, _closure()
    yield Person, (
        _row("person", n, external_id=f"p{n}", name=f"Person {n}", mail=f"p{n}@x.example", mail_key=f"p{n}@x.example",
             status=PersonStatus.ACTIVE, unit_id=named("unit", n % UNITS), country=("DE", "CH", "FR")[n % 3],
             source="bench", recorded_at=NOW)
        for n in range(PEOPLE)
    )  # fmt: skip
    yield from _licenses(-(-SEATS // PEOPLE) + 1)
    yield Assignment, (_seat(n) for n in range(SEATS))
    yield AssignmentStep, (
        _row("step", n, assignment_id=named("seat", n), state=SeatState.ASSIGNED, event="ASSIGN", at=NOW,
             recorded_at=NOW, actor="system:bench")
        for n in range(SEATS)
    )  # fmt: skip


def _closure() -> Iterator[dict[str, Any]]:
    for n in range(UNITS):
        ancestor, depth = n, 0
        while True:
            yield _row(
                "closure", n * UNITS + depth, ancestor_id=named("unit", ancestor), unit_id=named("unit", n), depth=depth
            )
            if ancestor == 0:
                break
            ancestor, depth = (ancestor - 1) // 3, depth + 1


def _licenses(lines: int) -> Iterator[tuple[Any, Iterator[dict[str, Any]]]]:
    pools = [(line, n) for line in range(lines) for n in range(POOLS)]
    each, given = PEOPLE // POOLS + 1, {"reason": ChangeReason.NEW, "recorded_at": NOW, "recorded_by": "system:bench"}
    yield Vendor, iter([_row("vendor", 0, name="Vendor")])
    yield (
        Product,
        (_row("product", n, vendor_id=named("vendor", 0), code=f"p{n}", name=f"Product {n}") for n in range(lines)),
    )
    yield Agreement, iter([
        _row("agreement", 0, number="A", title="A", side=Side.PROCURED, vendor_id=named("vendor", 0),
             unit_id=named("unit", 0), currency="USD", zone="UTC", first_day=date(2025, 1, 1), payment=Payment.PAID,
             recorded_at=NOW)
    ])  # fmt: skip
    yield Entitlement, (
        _row("entitlement", n, agreement_id=named("agreement", 0), product_id=named("product", n), code=f"e{n}",
             name=f"License {n}", unit_id=named("unit", 0), recorded_at=NOW)
        for n in range(lines)
    )  # fmt: skip
    yield MetricLine, (
        _row("line", n, entitlement_id=named("entitlement", n), code="named", model=LicenseModel.NAMED_USER,
             term=Term.PERPETUAL, overage=Overage.BLOCK)
        for n in range(lines)
    )  # fmt: skip
    yield Lot, (
        _row("lot", n, lot_key=named("key", n), line_id=named("line", n), quantity=each * POOLS,
             first_day=date(2025, 1, 1), zone="UTC", start=NOW - timedelta(days=365), included=["001"], excluded=[],
             currency="USD", unit_price=10_000_000, cost_basis=CostBasis.PER_SEAT, **given)
        for n in range(lines)
    )  # fmt: skip
    yield Pool, (
        _row("pool", line * POOLS + n, line_id=named("line", line), code=f"c{n}", name=f"Pool {n}",
             unit_id=named("unit", (line + n) % UNITS), opened_at=NOW)
        for line, n in pools
    )  # fmt: skip
    yield Allocation, (
        _row("allocation", line * POOLS + n, lot_key=named("key", line), pool_id=named("pool", line * POOLS + n),
             quantity=each, start=NOW - timedelta(days=365), **given)
        for line, n in pools
    )  # fmt: skip
    yield (
        Room,
        (
            {
                "tenant_id": TENANT,
                "id": named("pool", line * POOLS + n),
                "kind": RoomKind.POOL,
                "ceiling": each,
                "occupied": 0,
            }
            for line, n in pools
        ),
    )
    yield (
        Room,
        (
            {"tenant_id": TENANT, "id": named("line", n), "kind": RoomKind.LINE, "ceiling": each * POOLS, "occupied": 0}
            for n in range(lines)
        ),
    )


def _seat(number: int) -> dict[str, Any]:
    line, person = divmod(number, PEOPLE)
    return _row(
        "seat", number, line_id=named("line", line), pool_id=named("pool", line * POOLS + person % POOLS),
        person_id=named("person", person), state=SeatState.ASSIGNED, started_at=NOW + timedelta(seconds=number),
        recorded_at=NOW + timedelta(seconds=number),
    )  # fmt: skip
