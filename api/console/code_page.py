"""The page between a right password and the console: it asks for the code of the app."""

from http import HTTPStatus
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from api.auth.cookies import HALF, carried_secret, no_cookie
from api.auth.errors import PlainHttp
from api.auth.signing import give_code
from api.console.links import own_address
from api.console.reader import stranger
from api.console.serving import go, html
from api.console.view import View
from api.settings import Settings
from governance.directory.errors import SignInFailed
from governance.kernel.work import Office

HERE: Final = "/sign-in/code"
SMALL_FORM: Final = 16_384
Asked = Request[Any, Any, Any]


def code_handlers(office: Office, settings: Settings) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    """The page and what it sends."""

    def page(request: Asked, next_path: str, error: str = "", status: int = HTTPStatus.OK) -> Response[str]:
        ctx = stranger(request, office.clock.now())
        said = ctx.text(error) if error else ""
        return html(str(View(ctx).draw("code.html", next_path=next_path, error=said)), status)

    def begun(request: Asked) -> bool:
        try:
            return bool(carried_secret(settings, request.scope, HALF))
        except PlainHttp:
            return False

    @get(HERE, name="console.code", include_in_schema=False)
    async def ask(request: Asked) -> Response[str]:
        """Ask for the code; who gave no password begins at the door."""
        next_path = own_address(request.query_params.get("next", "/"))
        return page(request, next_path) if begun(request) else go(request, "/sign-in")

    @post(HERE, name="console.code.send", include_in_schema=False, status_code=200, request_max_body_size=SMALL_FORM)
    async def enter(request: Asked) -> Response[str]:
        """Open the session, or ask again with one sentence, alike for every failure."""
        form = await request.form()
        next_path = own_address(str(form.get("next", "/")))
        if not begun(request):
            return go(request, "/sign-in")
        try:
            cookie = await give_code(office, settings, request.scope, str(form.get("code", ""))[:100])
        except SignInFailed:
            return page(request, next_path, "door.code_failed", HTTPStatus.UNAUTHORIZED)
        answer = go(request, next_path)
        answer.cookies.extend((cookie, no_cookie(settings, request.scope, HALF)))
        return answer

    return ask, enter
