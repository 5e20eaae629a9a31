"""The queue's own schema on PostgreSQL: Procrastinate's tables, as pinned, in `jobs`, with the narrowest grants."""

import hashlib

from procrastinate.schema import SchemaManager
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

PINNED = "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"  # procrastinate 3.10
GRANTS = (
    "GRANT USAGE ON SCHEMA jobs TO lictor_app, lictor_system",
    "GRANT ALL ON ALL TABLES IN SCHEMA jobs TO lictor_system",
    "GRANT ALL ON ALL SEQUENCES IN SCHEMA jobs TO lictor_system",
    "GRANT SELECT, INSERT ON jobs.procrastinate_jobs, jobs.procrastinate_events TO lictor_app",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO lictor_app",
)


class OtherJobs(RuntimeError):
    """The queue's schema is not the one this version of Lictor was tried with."""

    def __init__(self, where: str, found: str) -> None:
        super().__init__(
            f"The job queue's schema {where} has hash {found[:16]}, this version needs {PINNED[:16]}. "
            "Install from requirements.lock; an older database needs the migration that ships with the newer version."
        )


def shipped_hash() -> str:
    """Give the SHA-256 of the schema that the installed Procrastinate would lay."""
    return hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()


async def laid_hash(connection: AsyncConnection) -> str | None:
    """Give the hash of the schema that stands in this database, None where there is none."""
    found = await connection.execute(
        text("SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = 'jobs'")
    )
    return found.scalar_one_or_none()


async def lay_jobs(connection: AsyncConnection) -> None:
    """Lay the queue's schema once, and its grants each time. Raises OtherJobs where another one ships or stands."""
    if (shipped := shipped_hash()) != PINNED:
        raise OtherJobs("that is installed", shipped)
    standing = await laid_hash(connection)
    if standing is None:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await connection.execute(text("CREATE SCHEMA jobs"))
        await connection.execute(text("SET LOCAL search_path = jobs"))
        await raw.execute(SchemaManager.get_schema())  # by the driver: its text holds percent signs
        await connection.execute(text("SET LOCAL search_path = public"))
        await connection.execute(text(f"COMMENT ON SCHEMA jobs IS '{PINNED}'"))
    elif standing != PINNED:
        raise OtherJobs("that stands in this database", standing)
    for grant in GRANTS:
        await connection.execute(text(grant))
