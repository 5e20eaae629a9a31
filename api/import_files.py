"""Hands out what goes with imports: the empty tables to fill in, and the report of an import row by row, as CSV."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from api.auth.caller import caller_of
from api.downloads import MEDIA
from governance.directory.errors import SignInAgain
from governance.imports.row_report import report_lines
from governance.imports.templates import TEMPLATES
from governance.kernel.errors import NotFound
from governance.kernel.work import Office
from governance.runs.queries import run
from policies.access.parties import Actor
from reports.fill_in import SUFFIXES, template


def import_handlers(office: Office) -> list[HTTPRouteHandler]:
    """Give the routes of this door, for who is signed in."""

    @get("/imports/templates/{name:str}/{suffix:str}", include_in_schema=False)
    async def fetch_template(
        request: Request[Any, Any, Any], name: FromPath[str], suffix: FromPath[str]
    ) -> Response[bytes]:
        """Give an empty table to fill in."""
        _signed_in(request)
        if name not in TEMPLATES or suffix not in SUFFIXES:
            raise NotFound("template", f"{name}.{suffix}"[:80])
        return Response(template(name, suffix), media_type=MEDIA[suffix], headers=_headers(f"{name}.{suffix}"))

    @get("/imports/{run_id:uuid}/rows", include_in_schema=False)
    async def fetch_rows(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Stream:
        """Stream the report of an import."""
        actor = _signed_in(request)
        async with office.reading(actor) as work:
            await run(work, run_id)
        headers = _headers(f"import-{run_id}.csv")
        return Stream(_lines(office, actor, run_id), headers=headers, media_type=MEDIA["csv"])

    return [fetch_template, fetch_rows]


async def _lines(office: Office, actor: Actor, run_id: UUID) -> AsyncIterator[bytes]:
    async with office.reading(actor) as work:
        async for lines in report_lines(work, run_id):
            yield lines.encode()


def _signed_in(request: Request[Any, Any, Any]) -> Actor:
    actor = caller_of(request.scope).actor
    if actor is None:
        raise SignInAgain
    return actor


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
