"""Who reads, what stands around their page, and the answers every page of the console gives alike."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from litestar import Request, Response
from litestar.datastructures import Cookie

from api.console import render
from api.console.context import Context
from api.console.controls import Action
from api.console.declare import Page, Site
from api.console.links import local
from api.console.parts import Empty

OpenContext = Callable[[Request[Any, Any, Any]], Awaitable[Context | None]]

SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
TOAST: Final = "lictor-toast"
THEME: Final = "lictor-theme"
ROWS: Final = "lictor-rows"


def html(body: str, status: int = 200, /, **headers: str) -> Response[str]:
    """A page or fragment with the headers every answer of the console carries; never kept by a shared cache."""
    sent = {**SECURITY, "Vary": "HX-Request, Cookie", "Cache-Control": "no-store", **headers}
    return Response(body, status_code=status, media_type="text/html", headers=sent)


def go(request: Request[Any, Any, Any], location: str, toast: str = "") -> Response[str]:
    """Lead the reader to an address of ours, where `toast` is shown once."""
    where = local(location)
    name = "HX-Redirect" if request.headers.get("hx-request") else "Location"
    status = 200 if name == "HX-Redirect" else 303
    answer = html("", status, **{name: where})
    if toast:
        answer.cookies.append(
            Cookie(
                TOAST,
                value=quote(toast[:300]),
                max_age=30,
                httponly=True,
                samesite="lax",
                secure=request.url.scheme == "https",
            )
        )
    return answer


def wants_fragment(request: Request[Any, Any, Any]) -> str:
    """The id of the element that HTMX will swap, "" where a whole page is wanted."""
    if not request.headers.get("hx-request") or request.headers.get("hx-history-restore-request"):
        return ""
    return request.headers.get("hx-target") or "l-body"


class Console:
    """A site, and how its readers are known."""

    def __init__(self, site: Site, open_context: OpenContext) -> None:
        self.site = site
        self.open_context = open_context

    async def reader(self, request: Request[Any, Any, Any]) -> Context | None:
        """The reader's context with what their browser keeps: theme, density, a toast that waits."""
        ctx = await self.open_context(request)
        if ctx is None:
            return None
        theme = request.cookies.get(THEME, "")
        return replace(
            ctx,
            path=request.url.path.removesuffix(".csv"),
            asked=raw_query(request),
            theme=theme if theme in ("light", "dark") else "",
            compact=request.cookies.get(ROWS) == "compact",
            toast=unquote(request.cookies.get(TOAST, ""))[:300],
        )

    async def chrome(self, ctx: Context, page: Page | None, reload_seconds: int = 0) -> render.Chrome:
        """The rail of the reader's audience, without what they may not open, and how many wait where."""
        rail = [each for each in self.site.rails.get(ctx.audience, ()) if not each.action or ctx.may(each.action)]
        counts = {}
        for entry in rail:
            waiting = await entry.count(ctx) if entry.count else None
            if waiting:
                counts[entry.key] = waiting
        settings = self.site.settings
        if settings is not None and settings.action and not ctx.may(settings.action):
            settings = None
        return render.Chrome(rail, counts, page.nav if page else "", settings, reload_seconds)

    async def missing(self, ctx: Context, page: Page | None = None) -> Response[str]:
        """What does not exist and what lies outside reach: one page."""
        home = self.site.rails.get(ctx.audience, ())
        back = Action("state.home", home[0].href if home else "/", changes=False)
        empty = Empty(ctx.text("state.not_found"), ctx.text("state.not_found_text"), "lock", back)
        return html(render.render_state(ctx, await self.chrome(ctx, page), empty), 404)

    async def refused_past(self, ctx: Context, page: Page) -> Response[str]:
        """A change asked for on a page of the past."""
        empty = Empty(ctx.text("state.past"), ctx.text("state.past_text"), "history")
        return html(render.render_state(ctx, await self.chrome(ctx, page), empty), 409)

    def shown(self, ctx: Context, answer: Response[str]) -> Response[str]:
        """The answer; a toast that it showed is not shown again."""
        if ctx.toast:
            answer.cookies.append(Cookie(TOAST, value="", max_age=0, httponly=True, samesite="lax"))
        return answer


def sign_in_first(request: Request[Any, Any, Any]) -> Response[str]:
    """To the door, and back here afterwards."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return go(request, f"/sign-in?{urlencode({'next': asked})}" if request.method == "GET" else "/sign-in")


def raw_query(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The address's query, the last of equal names winning, bounded."""
    return {key[:100]: value[:500] for key, value in list(request.query_params.multi_items())[:50]}


def ids_of(request: Request[Any, Any, Any]) -> Mapping[str, str]:
    """The names an address carries in its path."""
    ids = {key: str(value) for key, value in request.path_params.items()}
    last = next(reversed(ids), "")
    if request.url.path.endswith(".csv") and last:
        ids[last] = ids[last].removesuffix(".csv")
    return ids


def allowed(ctx: Context, page: Page) -> bool:
    """Whether the reader may open this page at all."""
    return not page.action or ctx.may(page.action)
