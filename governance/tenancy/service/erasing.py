"""A tenant is deleted as a whole, in one transaction, and a signed certificate says what went.

Its trail goes with it: what remains is that it was here, the last root of its trail, and how many rows went. Backups
that were made before are the operator's to destroy; the certificate says so and does not vouch for them.
"""

import base64
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from governance.audit.checkpoints import Signer
from governance.audit.queries import last_checkpoint
from governance.directory.models import Tenant
from governance.directory.queries import tenant_by_slug
from governance.kernel.database.engine import postgresql_engine
from governance.kernel.database.guards import ERASER, lift_guards, sqlite_guards
from governance.kernel.errors import BadInput
from governance.kernel.work import Office
from governance.tenancy.errors import BadCertificate, NotSuspended, OtherExport
from governance.tenancy.models import DeletedTenant
from governance.tenancy.rules import CERTIFICATE, FORMAT, plain, statement
from governance.tenancy.service.exporting import digest_of, tenant_tables, trail_of


@dataclass(frozen=True)
class DeleteTenant:
    """`confirm` repeats the slug; `export` is the file that was handed over, None where none was wanted."""

    slug: str
    confirm: str
    reason: str
    by: str
    export: Path | None = None


async def delete_tenant(office: Office, signer: Signer, command: DeleteTenant) -> DeletedTenant:
    """Delete every row of a suspended tenant and keep the certificate.

    Raises NotFound, BadInput, NotSuspended, OtherExport (not of this tenant, or from before it was suspended).
    """
    if command.confirm != command.slug:
        raise BadInput("confirm", command.confirm, f"the short name once more: {command.slug}")
    if not 0 < len(command.reason.strip()) <= 400:
        raise BadInput("reason", command.reason, "1 to 400 characters")
    async with office.database.system_read() as session:
        tenant = await tenant_by_slug(session, command.slug)
        if tenant.suspended_at is None:
            raise NotSuspended(command.slug)
        last = await last_checkpoint(session, tenant.id)
    export = None if command.export is None else _checked(command.export, tenant)
    async with _erasing(office) as session:
        rows = await _erase(session, tenant.id)
        said = {
            "format": CERTIFICATE, "tenant": str(tenant.id), "slug": tenant.slug, "reason": command.reason.strip(),
            "deleted_at": plain(office.clock.now()), "deleted_by": command.by, "rows": rows,
            "total": sum(rows.values()), "export_sha256": export, "trail": trail_of(last),
            "public_key": plain(signer.public_key),
        }  # fmt: skip
        certificate = {**said, "signature": plain(signer.sign(statement(said)))}
        row = DeletedTenant(
            id=tenant.id, deleted_at=office.clock.now(), deleted_by=command.by, reason=command.reason.strip(),
            export_sha256=export, rows=rows, certificate=certificate,
        )  # fmt: skip
        session.add(row)
        await session.flush()
    return row


def verify_certificate(said: Mapping[str, Any], trusted: bytes | None = None) -> None:
    """Let pass a certificate that was signed as it stands, by the `trusted` key if one is given.

    Raises BadCertificate.
    """
    if said.get("format") != CERTIFICATE:
        raise BadCertificate(f"it is no {CERTIFICATE}")
    try:
        key, signature = base64.b64decode(said["public_key"]), base64.b64decode(said["signature"])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, statement(said).encode())
    except (KeyError, ValueError, TypeError, InvalidSignature):
        raise BadCertificate("its signature is not of this text") from None
    if trusted is not None and key != trusted:
        raise BadCertificate("another key than this deployment's signed it")


def _checked(path: Path, tenant: Tenant) -> str:
    try:
        with zipfile.ZipFile(path) as file:
            manifest = orjson.loads(file.read("manifest.json"))
        whose, taken = manifest["tenant"]["id"], datetime.fromisoformat(manifest["taken_at"])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError):
        raise OtherExport(path.name, "it is no export of a tenant") from None
    if manifest.get("format") != FORMAT or whose != str(tenant.id):
        raise OtherExport(path.name, "it holds another tenant")
    assert tenant.suspended_at is not None
    if taken < tenant.suspended_at:
        raise OtherExport(path.name, "it was taken before the tenant was suspended")
    return digest_of(path)


async def _erase(session: AsyncSession, tenant_id: UUID) -> dict[str, int]:
    """Delete row by row that nothing refers to any more; gives how many went, by table, of those that had any."""
    rows: dict[str, int] = {}
    for table in reversed(tenant_tables()):
        gone = (await session.execute(delete(table).where(table.c.tenant_id == tenant_id))).rowcount  # type: ignore[attr-defined]
        if gone:
            rows[table.name] = gone
    await session.execute(delete(Tenant).where(Tenant.id == tenant_id))
    return rows


@asynccontextmanager
async def _erasing(office: Office) -> AsyncIterator[AsyncSession]:
    """Open the one transaction that may delete what is append-only, and sees no more than it needs for that."""
    if office.database.kind == "sqlite":
        tables = tenant_tables()
        async with office.database.system_write() as session:
            for lifted in lift_guards(tables):
                await session.execute(text(lifted))
            yield session
            for laid in sqlite_guards(tables):
                await session.execute(text(laid))
        return
    engine = postgresql_engine(office.database.url, ERASER, 1)
    try:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            await session.execute(text("SET LOCAL statement_timeout = 0"))
            yield session
    finally:
        await engine.dispose()
