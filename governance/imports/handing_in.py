"""How a file comes in: kept by its hash, laid out for its reader, emptied when its import has ended."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import and_, update

from governance.imports import queries
from governance.imports.models import Upload
from governance.imports.sheet import Limits
from governance.imports.sheet_errors import FileTooLarge
from governance.kernel.work import Change, Office, Work
from governance.runs.desk import RunDesk
from policies.access.actions import Action


@dataclass(frozen=True)
class HandedIn:
    """A file and how it is to be imported. The same `key` with the same content gives the same upload."""

    name: str
    content: bytes
    options: Mapping[str, Any]
    key: str | None = None


async def keep_upload(work: Work, file: HandedIn, act: Action) -> Upload:
    """Keep a file until its import has ended. Raises FileTooLarge."""
    if len(file.content) > Limits().bytes:
        raise FileTooLarge("bytes", len(file.content), Limits().bytes)
    sha256 = hashlib.sha256(file.content).hexdigest()
    upload_id = work.new_id()
    if file.key is not None:
        upload_id = uuid5(work.tenant_id, f"{work.actor.principal}\n{file.key}\n{sha256}")
        before = await work.session.get(Upload, (work.tenant_id, upload_id))
        if before is not None:
            return before
    row = Upload(
        tenant_id=work.tenant_id, id=upload_id, name=Path(file.name).name[:200], sha256=sha256,
        size=len(file.content), content=file.content, uploaded_by=work.actor.principal, recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    after = {"sha256": sha256, "size": row.size, **file.options}
    await work.record(Change(act, "upload", row.id, after=after))
    return row


@asynccontextmanager
async def laid_out(desk: RunDesk) -> AsyncIterator[Path]:
    """Lay the upload into a file of its own for the reader, which knows nothing but files."""
    async with desk.reading() as work:
        upload = await queries.upload(work, UUID(desk.asked["upload"]))
        content = upload.content
    with tempfile.TemporaryDirectory(prefix="lictor-") as folder:
        path = Path(folder) / "table"
        await asyncio.to_thread(path.write_bytes, content)
        del content, upload
        yield path


async def empty_upload(office: Office, tenant_id: UUID, upload_id: UUID) -> None:
    """Forget the content of a file whose import has ended; its name, hash and size stay."""
    async with office.database.write(tenant_id) as session:
        whole = and_(Upload.tenant_id == tenant_id, Upload.id == upload_id)
        await session.execute(update(Upload).where(whole).values(content=b""))
