"""Everything of a tenant in one file: a zip of JSON lines, a table each, with a manifest that accounts for every row.

It is read in one moment, so that what refers to each other stands together; what opens doors stays here (rules.py).
"""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.audit.checkpoints import Statement
from governance.audit.queries import last_checkpoint
from governance.directory.models import Tenant
from governance.directory.queries import tenant_by_slug
from governance.kernel.database import Row
from governance.kernel.work import Office
from governance.tenancy.rules import FORMAT, carried, plain

AT_ONCE = 1_000


@dataclass(frozen=True)
class Exported:
    """What was written: rows by table, and the digest of the file, by which a deletion names it."""

    tenant_id: UUID
    path: Path
    taken_at: datetime
    rows: dict[str, int] = field(default_factory=dict)
    sha256: str = ""


def tenant_tables() -> list[Table]:
    """Give the tables that hold rows of tenants, those that others refer to first."""
    return [table for table in Row.metadata.sorted_tables if "tenant_id" in table.c]


async def export_tenant(office: Office, slug: str, path: Path) -> Exported:
    """Write a tenant into a file that takes its place at once and whole, readable by this user only.

    Raises NotFound, OSError.
    """
    async with office.database.system_read() as session:
        tenant_id = (await tenant_by_slug(session, slug)).id
    draft = path.with_name(f".{path.name}.tmp")
    taken_at = office.clock.now()
    draft.touch(mode=0o600)
    try:
        async with office.database.read(tenant_id, steady=True) as session:
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as into:
                files = await _write(session, tenant_id, into)
                manifest = await _manifest(session, tenant_id, taken_at, files)
                into.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    rows = {name: each["rows"] for name, each in files.items()}
    return Exported(tenant_id, path, taken_at, rows, digest_of(path))


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _write(session: AsyncSession, tenant_id: UUID, into: zipfile.ZipFile) -> dict[str, dict[str, Any]]:
    files: dict[str, dict[str, Any]] = {}
    for table in tenant_tables():
        digest, count = hashlib.sha256(), 0
        with into.open(f"{table.name}.jsonl", "w") as raw, io.BufferedWriter(raw) as file:
            async for lines in _lines(session, table, tenant_id):
                count += len(lines)
                text = b"".join(lines)
                digest.update(text)
                file.write(text)
        left_out = [str(column.name) for column in table.c if not carried(column.name)]
        files[str(table.name)] = {"rows": count, "sha256": digest.hexdigest(), "left_out": left_out}
    return files


async def _lines(session: AsyncSession, table: Table, tenant_id: UUID) -> AsyncIterator[list[bytes]]:
    columns = [column for column in table.c if carried(column.name)]
    query = select(*columns).where(table.c.tenant_id == tenant_id).order_by(*table.primary_key.columns)
    names = [str(column.name) for column in columns]
    async for some in (await session.stream(query)).partitions(AT_ONCE):
        yield [
            orjson.dumps({name: plain(value) for name, value in zip(names, row, strict=True)}) + b"\n" for row in some
        ]


async def _manifest(
    session: AsyncSession, tenant_id: UUID, taken_at: datetime, files: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    row, last = await session.get_one(Tenant, tenant_id), await last_checkpoint(session, tenant_id)
    settings = {str(column.name): plain(getattr(row, column.name)) for column in Tenant.__table__.c}
    return {
        "format": FORMAT, "tenant": settings, "taken_at": taken_at.isoformat(), "files": files,
        "rows": sum(each["rows"] for each in files.values()), "trail": trail_of(last),
    }  # fmt: skip


def trail_of(last: Any) -> dict[str, Any] | None:
    """Say under which checkpoint a trail stood; None where none was sealed yet."""
    if last is None:
        return None
    said = Statement.of(last)
    return {"size": said.size, "root": plain(said.root), "sealed_at": plain(said.sealed_at)}
