"""Opens the office of a process: database, gates that follow each tenant's rights, clock, trail, movers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import and_, select

from api.settings import Settings
from governance import tables
from governance.audit.entries import DatabaseTrail
from governance.directory.models import PolicyRevision
from governance.directory.queries import TodaysTree
from governance.directory.service import TodaysRights
from governance.kernel.clock import Clock, SystemClock
from governance.kernel.database import Database
from governance.kernel.ids import TimeOrderedIds
from governance.kernel.work import Office
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState, gate_of
from governance.runs.queueing import mover_for
from policies.access.gate import Gate
from policies.regions.region import world_tree

TABLES = len(tables.METADATA.tables)  # a mapper finds its neighbors only when every room was opened


@dataclass
class Gates:
    """The gate of each tenant: the house's roles, or the tenant's own published ones.

    Which version is live is read at every opening, so a process never judges by a gate older than its transaction;
    the gate itself is built once per version.
    """

    database: Database
    base: Gate = field(default_factory=Gate.from_files)
    built: dict[UUID, tuple[tuple[int, UUID | None], Gate]] = field(default_factory=dict)

    async def __call__(self, tenant_id: UUID) -> Gate:
        mark, version = await self._live(tenant_id)
        known = self.built.get(tenant_id)
        if known is not None and known[0] == mark:
            return known[1]
        gate = self.base if version is None else gate_of(version.content, tenant_id)
        self.built[tenant_id] = (mark, gate)
        return gate

    async def _live(self, tenant_id: UUID) -> tuple[tuple[int, UUID | None], PolicyVersion | None]:
        query = (
            select(PolicyRevision.revision, PolicyVersion)
            .outerjoin(
                PolicyVersion,
                and_(
                    PolicyVersion.tenant_id == PolicyRevision.tenant_id,
                    PolicyVersion.kind == PolicyKind.ROLES,
                    PolicyVersion.state == VersionState.LIVE,
                ),
            )
            .where(PolicyRevision.tenant_id == tenant_id)
        )
        async with self.database.read(tenant_id) as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            return (0, None), None
        revision, version = row
        return (revision, None if version is None else version.id), version


def office_of(settings: Settings, database: Database, clock: Clock | None = None) -> Office:
    """Furnish an office on a database that is already open."""
    return Office(
        database=database,
        gates=Gates(database),
        clock=clock or SystemClock(),
        ids=TimeOrderedIds(),
        trail=DatabaseTrail(),
        mover=mover_for(database),
        units=TodaysTree(),
        rights=TodaysRights(),
        regions=world_tree(),
        secret=settings.secret_bytes,
    )


@asynccontextmanager
async def open_office(settings: Settings) -> AsyncIterator[Office]:
    """Open the office of this process and close its connections in the end; the data folder is made if need be."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database, pool_size=settings.pool_size)
    try:
        yield office_of(settings, database)
    finally:
        await database.dispose()
