"""Hands out finished reports: to whoever may read them now, or for ten minutes to who was given the link."""

import base64
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode
from uuid import UUID

from anyio import to_thread
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from api.auth.caller import caller_of
from api.settings import Settings
from governance.directory.errors import SignInAgain
from governance.kernel.errors import NotFound
from governance.kernel.work import Office
from governance.runs.errors import PrincipalGone
from governance.runs.models import Run
from governance.runs.principals import actor_of
from policies.access.actions import Action
from policies.access.parties import Actor
from reports.running import fetchable_report, report_file

VALID_FOR = timedelta(minutes=10)
CHUNK = 256 * 1024
LINK_MOST = 400
PURPOSE = b"lictor report link, version 1"
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
    "jsonl": "application/jsonl; charset=utf-8",
}
_NOT_SAFE = re.compile(r"[^A-Za-z0-9._-]+")
_EXPIRES = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True)
class Link:
    """Who may fetch a file without a session, and until when."""

    tenant_id: UUID
    principal: str
    expires: int


def download_link(office: Office, actor: Actor, run: Run) -> str | None:
    """Give the path under which this actor fetches the file of their finished report for the next ten minutes.

    None while there is no file, and where it is not theirs. Whoever has the link acts as this actor for this one file;
    what they may is read again at each fetch.
    """
    mine = (run.tenant_id, run.principal) == (actor.tenant_id, actor.principal)
    narrowed = actor.token_actions is not None and Action.REPORT_READ not in actor.token_actions
    if not mine or narrowed or not run.outcome or "suffix" not in run.outcome:
        return None
    link = Link(run.tenant_id, actor.principal, int((office.clock.now() + VALID_FOR).timestamp()))
    return f"{path_of(run)}?{urlencode({'link': _written(office.secret, run.id, link)})}"


def path_of(run: Run) -> str:
    """Give the path of a finished report for who is signed in."""
    return f"/reports/{(run.outcome or {}).get('report', 'report')}/runs/{run.id}/file"


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


def read_link(secret: bytes, run_id: UUID, said: str, now: datetime) -> Link | None:
    """Give what a link says, None for one that was changed, is of another file, or has run out."""
    parts = said.split(".")
    if len(said) > LINK_MOST or len(parts) != 4 or not _EXPIRES.fullmatch(parts[2]):
        return None
    try:
        link = Link(UUID(parts[0]), parts[1], int(parts[2]))
    except ValueError:
        return None
    if not hmac.compare_digest(_written(secret, run_id, link).encode(), said.encode("utf-8", "surrogatepass")):
        return None
    return link if now.timestamp() < link.expires else None


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


def _written(secret: bytes, run_id: UUID, link: Link) -> str:
    """Write a link: what it says and the HMAC-SHA256 over it, under a key made for this purpose alone."""
    key = hmac.new(secret, PURPOSE, hashlib.sha256).digest()
    said = f"{link.tenant_id}.{link.principal}.{link.expires}"
    seal = hmac.new(key, f"{run_id}.{said}".encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


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
