"""Hands out finished reports: to whoever may read them now, or for ten minutes to who was given the link."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from anyio import to_thread
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from api.auth.caller import caller_of
from api.links import read_link
from api.settings import Settings
from governance.directory.errors import SignInAgain
from governance.kernel.errors import NotFound
from governance.kernel.work import Office
from governance.runs.errors import PrincipalGone
from governance.runs.models import Run
from governance.runs.principals import actor_of
from policies.access.parties import Actor
from reports.running import fetchable_report, report_file

CHUNK = 256 * 1024
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
    "jsonl": "application/jsonl; charset=utf-8",
}
_NOT_SAFE = re.compile(r"[^A-Za-z0-9._-]+")


def download_handlers(office: Office, settings: Settings) -> list[HTTPRouteHandler]:
    """Give the routes of this door; the files stand in the data folder's `reports`."""
    folder = settings.data_dir / "reports"

    @get("/reports/{name:str}/runs/{run_id:uuid}/file", include_in_schema=False)
    async def fetch_report(request: Request[Any, Any, Any], name: FromPath[str], run_id: FromPath[UUID]) -> Stream:
        """Stream the file of a finished report."""
        async with office.reading(await _actor(office, request, run_id)) as work:
            row = await fetchable_report(work, run_id, name)
        path = report_file(folder, row)
        file = None if path is None else await to_thread.run_sync(_opened, path)
        if file is None:
            raise NotFound("report", str(run_id))
        return Stream(_content(file), headers=_headers(row), media_type=_media(row))

    return [fetch_report]


async def _actor(office: Office, request: Request[Any, Any, Any], run_id: UUID) -> Actor:
    """Find out who fetches: the bearer of a link that holds, else who is signed in. Raises SignInAgain, NotFound."""
    said = request.query_params.get("link", "")
    link = read_link(office.secret, run_id, said, office.clock.now())
    if link is None:
        actor = caller_of(request.scope).actor
        if actor is None and said:
            raise NotFound("report", str(run_id))
        if actor is None:
            raise SignInAgain
        return actor
    try:
        async with office.database.read(link.tenant_id) as session:
            return await actor_of(session, link.tenant_id, link.principal, office.clock.now())
    except PrincipalGone as gone:
        raise NotFound("report", str(run_id)) from gone


def _headers(row: Run) -> dict[str, str]:
    outcome = row.outcome or {}
    name = _NOT_SAFE.sub("_", str(outcome["file"])).lstrip(".") or "report"
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(outcome["size"]),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
    }


def _media(row: Run) -> str:
    return MEDIA.get(str((row.outcome or {}).get("suffix")), "application/octet-stream")


def _opened(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


async def _content(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while chunk := await to_thread.run_sync(file.read, CHUNK):
            yield chunk
    finally:
        file.close()
