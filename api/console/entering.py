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
from api.auth.vouching import Vouching
from api.console.code_page import HERE as CODE
from api.console.code_page import code_handlers
from api.console.context import Context
from api.console.linked import link_handlers
from api.console.links import own_address
from api.console.own_file import own_file_handler
from api.console.provider_doors import provider_handlers
from api.console.reader import LANGUAGE, plain_context, stranger
from api.console.render import render_sign_in
from api.console.serving import go, html
from api.console.texts import LOCALES
from api.console.values import Link
from api.console.view import View
from api.settings import Settings
from governance.directory.errors import SignInFailed
from governance.kernel.work import Office
from governance.seats.service import SeatDesk

SMALL_FORM: Final = 16_384
YEAR_S: Final = 365 * 24 * 3600
QUIET_LINK: Final = {"Referrer-Policy": "no-referrer"}
Asked = Request[Any, Any, Any]


def door_handlers(desk: SeatDesk, settings: Settings, vouching: Vouching | None = None) -> list[HTTPRouteHandler]:
    """Every door: they are open to strangers, and say alike whatever does not open."""
    vouching = vouching or Vouching.of(desk.office, settings)
    return [
        _ask_handler(vouching),
        _enter_handler(vouching),
        _sign_out_handler(vouching),
        *provider_handlers(vouching),
        *code_handlers(desk.office, settings),
        *_again_handlers(desk.office, settings),
        _language_handler(),
        own_file_handler(desk.office),
        *link_handlers(desk),
    ]


async def door_page(
    vouching: Vouching, request: Asked, next_path: str, *, organization: str | None, error: str = "", login: str = ""
) -> str:
    """The door with the ways in by a provider: of the organization that was named, or of the only one."""
    ways = await vouching.ways_in((organization or "").strip().lower()[:60] or None)
    asked = urlencode({"next": next_path})
    return render_sign_in(
        stranger(request, vouching.office.clock.now()), error=error, login=login[:200], next_path=next_path,
        organization=organization if organization is None else organization[:60],
        providers=[Link(way.name, f"/sign-in/with/{way.id}?{asked}") for way in ways],
    )  # fmt: skip


def _ask_handler(vouching: Vouching) -> HTTPRouteHandler:
    @get("/sign-in", name="console.sign-in", include_in_schema=False)
    async def ask(request: Asked) -> Response[str]:
        """Show the door; who is signed in already goes on."""
        next_path = own_address(request.query_params.get("next", "/"))
        if caller_of(request.scope).signed_in is not None:
            return go(request, next_path)
        organization = request.query_params.get("organization")
        return html(await door_page(vouching, request, next_path, organization=organization))

    return ask


def _enter_handler(vouching: Vouching) -> HTTPRouteHandler:
    office, settings = vouching.office, vouching.settings

    @post("/sign-in", name="console.sign-in.send", include_in_schema=False, status_code=200,
          request_max_body_size=SMALL_FORM)  # fmt: skip
    async def enter(request: Asked) -> Response[str]:
        """Open a session, or show the door again with one sentence, alike for every failure."""
        form = await request.form()
        login, password, organization = (str(form.get(name, "")) for name in ("login", "password", "organization"))
        ctx, next_path = stranger(request, office.clock.now()), own_address(str(form.get("next", "/")))

        async def again(key: str, status: HTTPStatus, **facts: str) -> Response[str]:
            said = ctx.text(key, **facts)
            door = door_page(vouching, request, next_path, organization=organization, error=said, login=login)
            return html(await door, status)

        if not login.strip() or not password:
            return await again("door.both", HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            entered = await sign_in(
                office, settings, request.scope, Credentials(login, password, organization.strip() or None)
            )
        except SignInFailed:
            return await again("door.failed", HTTPStatus.UNAUTHORIZED)
        except PlainHttp as error:
            return await again("door.plain_http", HTTPStatus.UNAUTHORIZED, host=error.host)
        where = f"{CODE}?{urlencode({'next': next_path})}" if entered.code_awaited else next_path
        answer = go(request, where)
        answer.cookies.append(entered.cookie)
        return answer

    return enter


def _sign_out_handler(vouching: Vouching) -> HTTPRouteHandler:
    office, settings = vouching.office, vouching.settings

    @post("/sign-out", name="console.sign-out", include_in_schema=False, status_code=200,
          request_max_body_size=SMALL_FORM)  # fmt: skip
    async def leave(request: Asked) -> Response[str]:
        """End the session; who came in by a provider is shown the way out there, who has none is at the door."""
        answer, signed_in = go(request, "/sign-in"), caller_of(request.scope).signed_in
        if signed_in is None:
            return answer
        way = await vouching.way_out(signed_in)
        cookie = await sign_out(office, settings, request.scope)
        if way is not None:
            ctx = stranger(request, office.clock.now())
            text = ctx.text("door.left_text", provider=way[0])
            answer = html(str(View(ctx).draw("left.html", title=ctx.text("door.left"), sentence=text, way=way)))
        answer.cookies.append(cookie)
        return answer

    return leave


def _again_handlers(office: Office, settings: Settings) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    @get("/sign-in/again", name="console.again", include_in_schema=False)
    async def ask(request: Asked) -> Response[str]:
        """Ask for the password once more, before an act that needs a fresh proof."""
        signed_in = caller_of(request.scope).signed_in
        if signed_in is None:
            return go(request, "/sign-in")
        next_path = own_address(request.query_params.get("next", "/"))
        return html(again_page(_known(request, office), next_path, by_provider=signed_in.by_provider))

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


def again_page(ctx: Context, next_path: str, error: str = "", *, by_provider: bool = False) -> str:
    """The page that asks for a proof once more: the password, or the provider's word where one came in by it."""
    there = f"/sign-in/again/with?{urlencode({'next': next_path})}" if by_provider else ""
    return str(View(ctx).draw("again.html", next_path=next_path, error=error, there=there))


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
