"""The doors by which people come in with their organization's own sign-in, and one page for whatever is not right."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from api.auth.caller import caller_of
from api.auth.vouching import NotTakenError, Vouching
from api.console.links import own_address
from api.console.reader import stranger
from api.console.serving import go, html
from api.console.view import View
from governance.directory.errors import NotVouchedFor
from governance.kernel.errors import NotFound

SMALL_FORM: Final = 65_536
Asked = Request[Any, Any, Any]


def provider_handlers(vouching: Vouching) -> list[HTTPRouteHandler]:
    """Every door of providers."""
    return [_send(vouching), _send_again(vouching), _take(vouching), _end(vouching)]


def _send(vouching: Vouching) -> HTTPRouteHandler:
    @get("/sign-in/with/{provider_id:uuid}", name="console.vouched.send", include_in_schema=False)
    async def send(request: Asked, provider_id: FromPath[UUID]) -> Response[str]:
        """Send a browser to a provider."""
        next_path = own_address(request.query_params.get("next", "/"))
        try:
            sent = await vouching.send(request.scope, provider_id, next_path)
        except (NotTakenError, NotFound) as error:
            return not_taken(vouching, request, error)
        return _away(sent.address, sent.cookie)

    return send


def _send_again(vouching: Vouching) -> HTTPRouteHandler:
    @get("/sign-in/again/with", name="console.vouched.again", include_in_schema=False)
    async def send_again(request: Asked) -> Response[str]:
        """Send somebody whom we know to their provider, to prove anew who they are."""
        signed_in = caller_of(request.scope).signed_in
        if signed_in is None:
            return go(request, "/sign-in")
        try:
            sent = await vouching.send_again(
                request.scope, signed_in, own_address(request.query_params.get("next", "/"))
            )
        except (NotTakenError, NotFound) as error:
            return not_taken(vouching, request, error)
        return _away(sent.address, sent.cookie)

    return send_again


def _take(vouching: Vouching) -> HTTPRouteHandler:
    @get("/sign-in/from/{provider_id:uuid}", name="console.vouched.back", include_in_schema=False)
    async def take(request: Asked, provider_id: FromPath[UUID]) -> Response[str]:
        """Take a provider's answer and lead on."""
        try:
            back = await vouching.take(request.scope, provider_id)
        except (NotTakenError, NotFound) as error:
            return not_taken(vouching, request, error)
        answer = go(request, back.next_path)
        if back.cookie is not None:
            answer.cookies.append(back.cookie)
        return answer

    return take


def _end(vouching: Vouching) -> HTTPRouteHandler:
    @post("/sign-in/from/{provider_id:uuid}/logout", name="console.vouched.logout", include_in_schema=False,
          status_code=200, request_max_body_size=SMALL_FORM, opt={"no_caller": True})  # fmt: skip
    async def end(request: Asked, provider_id: FromPath[UUID]) -> Response[str]:
        """End sessions at the provider's own word; it asks from server to server, without any cookie."""
        form = await request.form()
        try:
            await vouching.end_at_their_word(provider_id, str(form.get("logout_token", "")))
        except (NotVouchedFor, NotFound):
            return html("", HTTPStatus.BAD_REQUEST)
        return html("")

    return end


def not_taken(vouching: Vouching, request: Asked, error: NotTakenError | NotFound) -> Response[str]:
    """Tell a person that they are not in: one page for whatever was not right, with a reference for their admin."""
    ctx = stranger(request, vouching.office.clock.now())
    if isinstance(error, NotTakenError):
        sentence = ctx.text("door.not_vouched_text", reference=str(error.reference))
    else:
        sentence = ctx.text("door.no_provider_text")
    title = ctx.text("door.not_vouched")
    body = View(ctx).draw("notice.html", title=title, sentence=sentence, href="/sign-in", link="door.to_sign_in")
    return html(str(body), HTTPStatus.UNAUTHORIZED)


def _away(address: str, cookie: Any) -> Response[str]:
    """Lead a browser to another site, the one place where that is meant."""
    answer = html("", HTTPStatus.SEE_OTHER, Location=address)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.cookies.append(cookie)
    return answer
