"""The calendar of renewals, for who is signed in or holds a token: what ends, and until when one may say no."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from api.auth.caller import caller_of
from governance.directory.errors import SignInAgain
from governance.kernel.work import Office
from reports.icalendar import renewals_calendar

MEDIA = "text/calendar; charset=utf-8"


def feed_handlers(office: Office) -> list[HTTPRouteHandler]:
    """Give the routes of this door; rights are asked anew at every fetch."""

    @get("/feeds/renewals.ics", include_in_schema=False)
    async def fetch_renewals(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Give the calendar as a file that calendar programs open."""
        actor = caller_of(request.scope).actor
        if actor is None:
            raise SignInAgain
        async with office.reading(actor) as work:
            said = await renewals_calendar(work, request.headers.get("accept-language", "en")[:2])
        headers = {"Content-Disposition": 'attachment; filename="renewals.ics"', "Cache-Control": "private, no-store"}
        return Response(said.encode(), media_type=MEDIA, headers=headers)

    return [fetch_renewals]
