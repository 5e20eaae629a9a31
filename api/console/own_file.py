"""What Lictor knows about whoever is signed in, as a file to take along."""

from typing import Any

import orjson
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from api.auth.caller import signed_in_of
from governance.kernel.work import Office
from reports.own_data import as_json, own_data


def own_file_handler(office: Office) -> HTTPRouteHandler:
    """The route of the file."""

    @get("/my-sign-in/data.json", name="console.own-data", include_in_schema=False)
    async def fetch(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Give the file, to a person in a browser only. Raises SignInAgain."""
        async with office.reading(signed_in_of(request.scope).actor, steady=True) as work:
            told = as_json(await own_data(work), work.now())
        headers = {
            "Content-Disposition": 'attachment; filename="lictor-about-me.json"',
            "Cache-Control": "private, no-store",
        }
        return Response(orjson.dumps(told, option=orjson.OPT_INDENT_2), media_type="application/json", headers=headers)

    return fetch
