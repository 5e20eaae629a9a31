"""The console as the server takes it in: all pages and doors as handlers, and failures as pages for people."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.types import ControllerRouterHandler

from api.auth.caller import caller_of
from api.auth.errors import ForgedRequest
from api.auth.vouching import Vouching
from api.console.context import Context
from api.console.controls import Action
from api.console.entering import again_page, door_handlers
from api.console.generic import routes
from api.console.links import own_address
from api.console.parts import Empty
from api.console.phrases import spoken
from api.console.reader import Reading, plain_context
from api.console.render import Chrome, render_failure, render_state
from api.console.serving import html
from api.console.site import SITE
from api.console.view import View
from api.problems import Problem
from api.settings import Settings
from governance.kernel.errors import Code
from governance.seats.service import SeatDesk

HIDDEN = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED})
FORGED = ForgedRequest().message()


def console_handlers(
    desk: SeatDesk, settings: Settings, vouching: Vouching | None = None
) -> list[ControllerRouterHandler]:
    """Give every handler of the console: its pages with their files, the static files, the doors."""
    return [*routes(SITE, Reading(desk, settings)), *door_handlers(desk, settings, vouching)]


def problem_page(desk: SeatDesk, settings: Settings) -> Callable[[Request[Any, Any, Any], Problem], Response[Any]]:
    """Give the page that tells a person of a problem: what did not change, what to do. It asks no database."""

    def page(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
        signed_in = caller_of(request.scope).signed_in
        ctx = plain_context(request, signed_in, desk.office.clock.now())
        if problem.code == Code.SIGN_IN_AGAIN.value:
            by_provider = signed_in is not None and signed_in.by_provider
            return _door(request, ctx, known=signed_in is not None, by_provider=by_provider)
        body = _inside(ctx, problem) if signed_in is not None else _outside(ctx, problem)
        return html(body, problem.status)

    return page


def _door(request: Request[Any, Any, Any], ctx: Context, *, known: bool, by_provider: bool) -> Response[Any]:
    """Ask for the password where the act waits; HTMX leads there, a browser finds the form on this very page."""
    here = own_address(request.url.path)
    where = f"/sign-in/again?next={here}" if known else "/sign-in"
    if known:
        return html(again_page(ctx, here, by_provider=by_provider), HTTPStatus.UNAUTHORIZED, **{"HX-Redirect": where})
    title, sentence = ctx.text("door.ended"), ctx.text("door.ended_text")
    body = View(ctx).draw("notice.html", title=title, sentence=sentence, href="/sign-in", link="door.to_sign_in")
    return html(str(body), HTTPStatus.UNAUTHORIZED, **{"HX-Redirect": where})


def _inside(ctx: Context, problem: Problem) -> str:
    """A problem of somebody whom we know, within the rail they have."""
    if problem.correlation is not None:
        return render_failure(ctx, problem.correlation)
    title, sentence, icon = _words(ctx, problem)
    rail = SITE.rails.get(ctx.audience, ())
    home = Action("state.home", rail[0].href if rail else "/", changes=False)
    return render_state(ctx, Chrome(rail, settings=SITE.settings), Empty(title, sentence, icon, home))


def _outside(ctx: Context, problem: Problem) -> str:
    if problem.correlation is not None:
        title, sentence = ctx.text("state.failed"), ctx.text("state.failed_text", reference=problem.correlation)
    else:
        title, sentence, _ = _words(ctx, problem)
    return str(View(ctx).draw("notice.html", title=title, sentence=sentence, href="/", link="door.first_page"))


def _words(ctx: Context, problem: Problem) -> tuple[str, str, str]:
    """Title, sentence and icon; what may not be seen reads like what is not there."""
    if problem.message == FORGED:
        return ctx.text("door.forged"), ctx.text("form.expired"), "shield"
    if problem.status in HIDDEN:
        return ctx.text("state.not_found"), ctx.text("state.not_found_text"), "lock"
    return ctx.text("door.not_done"), spoken(ctx.locale, problem.message), "info"
