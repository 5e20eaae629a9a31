"""The doors of the console: sign in and out, prove again who one is, answer an invitation by its link, language."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from api.auth.caller import caller_of
from api.auth.errors import PlainHttp
from api.auth.signing import Credentials, prove_again, sign_in, sign_out
from api.console.code_page import HERE as CODE
from api.console.code_page import code_handlers
from api.console.context import Context
from api.console.linked import link_handlers
from api.console.links import own_address
from api.console.reader import LANGUAGE, plain_context, stranger
from api.console.render import render_sign_in
from api.console.serving import go, html
from api.console.texts import LOCALES
from api.console.view import View
from api.settings import Settings
from governance.directory.errors import SignInFailed
from governance.kernel.work import Office
from governance.seats.service import SeatDesk

SMALL_FORM: Final = 16_384
YEAR_S: Final = 365 * 24 * 3600
QUIET_LINK: Final = {"Referrer-Policy": "no-referrer"}
Asked = Request[Any, Any, Any]


def door_handlers(desk: SeatDesk, settings: Settings) -> list[HTTPRouteHandler]:
    """Every door: they are open to strangers, and say alike whatever does not open."""
    return [
        *_sign_in_handlers(desk.office, settings),
        _sign_out_handler(desk.office, settings),
        *code_handlers(desk.office, settings),
        *_again_handlers(desk.office, settings),
        _language_handler(),
        *link_handlers(desk),
    ]


def _sign_in_handlers(office: Office, settings: Settings) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    @get("/sign-in", name="console.sign-in", include_in_schema=False)
    async def ask(request: Asked) -> Response[str]:
        """Show the door; who is signed in already goes on."""
        next_path = own_address(request.query_params.get("next", "/"))
        if caller_of(request.scope).signed_in is not None:
            return go(request, next_path)
        return html(render_sign_in(stranger(request, office.clock.now()), next_path=next_path))

    @post("/sign-in", name="console.sign-in.send", include_in_schema=False, status_code=200,
          request_max_body_size=SMALL_FORM)  # fmt: skip
    async def enter(request: Asked) -> Response[str]:
        """Open a session, or show the door again with one sentence, alike for every failure."""
        form = await request.form()
        login, password, organization = (str(form.get(name, "")) for name in ("login", "password", "organization"))
        ctx, next_path = stranger(request, office.clock.now()), own_address(str(form.get("next", "/")))

        def again(key: str, status: HTTPStatus, **facts: str) -> Response[str]:
            shown = render_sign_in(
                ctx, error=ctx.text(key, **facts), login=login[:200], organization=organization[:60],
                next_path=next_path,
            )  # fmt: skip
            return html(shown, status)

        if not login.strip() or not password:
            return again("door.both", HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            entered = await sign_in(
                office, settings, request.scope, Credentials(login, password, organization.strip() or None)
            )
        except SignInFailed:
            return again("door.failed", HTTPStatus.UNAUTHORIZED)
        except PlainHttp as error:
            return again("door.plain_http", HTTPStatus.UNAUTHORIZED, host=error.host)
        where = f"{CODE}?{urlencode({'next': next_path})}" if entered.code_awaited else next_path
        answer = go(request, where)
        answer.cookies.append(entered.cookie)
        return answer

    return ask, enter


def _sign_out_handler(office: Office, settings: Settings) -> HTTPRouteHandler:
    @post("/sign-out", name="console.sign-out", include_in_schema=False, status_code=200,
          request_max_body_size=SMALL_FORM)  # fmt: skip
    async def leave(request: Asked) -> Response[str]:
        """End the session; who has none is at the door already."""
        answer = go(request, "/sign-in")
        if caller_of(request.scope).signed_in is not None:
            answer.cookies.append(await sign_out(office, settings, request.scope))
        return answer

    return leave


def _again_handlers(office: Office, settings: Settings) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    @get("/sign-in/again", name="console.again", include_in_schema=False)
    async def ask(request: Asked) -> Response[str]:
        """Ask for the password once more, before an act that needs a fresh proof."""
        if caller_of(request.scope).signed_in is None:
            return go(request, "/sign-in")
        return html(again_page(_known(request, office), own_address(request.query_params.get("next", "/"))))

    @post("/sign-in/again", name="console.again.send", include_in_schema=False, status_code=200,
          request_max_body_size=SMALL_FORM)  # fmt: skip
    async def prove(request: Asked) -> Response[str]:
        """Take the password and go on to where the act waits."""
        if caller_of(request.scope).signed_in is None:
            return go(request, "/sign-in")
        form = await request.form()
        next_path = own_address(str(form.get("next", "/")))
        try:
            password, code = (str(form.get(name, "")) for name in ("password", "code"))
            await prove_again(office, settings, request.scope, password, code[:100])
        except SignInFailed:
            ctx = _known(request, office)
            return html(again_page(ctx, next_path, ctx.text("door.failed_again")), HTTPStatus.UNAUTHORIZED)
        return go(request, next_path)

    return ask, prove


def again_page(ctx: Context, next_path: str, error: str = "") -> str:
    """The page that asks for the password once more."""
    return str(View(ctx).draw("again.html", next_path=next_path, error=error))


def _known(request: Asked, office: Office) -> Context:
    return plain_context(request, caller_of(request.scope).signed_in, office.clock.now())


def _language_handler() -> HTTPRouteHandler:
    @post("/language", name="console.language", include_in_schema=False, status_code=200,
          request_max_body_size=SMALL_FORM)  # fmt: skip
    async def speak(request: Asked) -> Response[str]:
        """Keep the language that was chosen, in this browser, and show the page again."""
        form = await request.form()
        answer = go(request, own_address(str(form.get("next", "/"))))
        chosen = str(form.get("locale", ""))
        if chosen in LOCALES:
            secure = request.url.scheme == "https"
            answer.cookies.append(
                Cookie(LANGUAGE, value=chosen, max_age=YEAR_S, httponly=True, samesite="lax", secure=secure)
            )
        return answer

    return speak
