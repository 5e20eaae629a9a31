"""Handlers for every declared page: lists with their files, details, forms; one rhythm, no domain.

`routes(site, open_context)` gives Litestar handlers. `open_context(request)` answers the reader's Context, or None
for who is not signed in. All works as links and forms; HTMX is answered with the fragment that the page includes.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from api.console import render
from api.console.answers import Answers, read_answers
from api.console.assets import STATIC
from api.console.context import PAGE_SIZE, Context, Query
from api.console.controls import Action, Option
from api.console.declare import (
    Detail,
    DetailPage,
    Done,
    Field,
    Filter,
    FormPage,
    Opened,
    Page,
    Preview,
    Site,
    TablePage,
)  # fmt: skip
from api.console.files import csv_lines
from api.console.links import local, query_of
from api.console.parts import Empty, Run

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
RUN_RELOAD_SECONDS: Final = 2
SMALL_BODY: Final = 1_000_000


def html(body: str, status: int = 200, /, **headers: str) -> Response[str]:
    """A page or fragment with the headers every answer of the console carries; never kept by a shared cache."""
    sent = {**SECURITY, "Vary": "HX-Request, Cookie", "Cache-Control": "no-store", **headers}
    return Response(body, status_code=status, media_type="text/html; charset=utf-8", headers=sent)


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
                quote(toast[:300]),
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
            path=request.url.path,
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
            answer.cookies.append(Cookie(TOAST, "", max_age=0, httponly=True, samesite="lax"))
        return answer


def sign_in_first(request: Request[Any, Any, Any]) -> Response[str]:
    """To the door, and back here afterwards."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return go(request, f"/sign-in?{urlencode({'next': asked})}" if request.method == "GET" else "/sign-in")


def raw_query(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The address's query, the last of equal names winning, bounded."""
    return {key[:100]: value[:500] for key, value in list(request.query_params.multi_items())[:50]}


async def resolve(ctx: Context, options: Any) -> Sequence[Option]:
    """Choices as they are for this reader."""
    return options if isinstance(options, tuple) else await options(ctx)


async def pills_of(ctx: Context, filters: Sequence[Filter]) -> list[render.Pill]:
    """The filters of a page with their choices."""
    return [render.Pill(each, await resolve(ctx, each.options)) for each in filters]


def ids_of(request: Request[Any, Any, Any]) -> Mapping[str, str]:
    """The names an address carries in its path."""
    return {key: str(value) for key, value in request.path_params.items()}


def allowed(ctx: Context, page: Page) -> bool:
    """Whether the reader may open this page at all."""
    return not page.action or ctx.may(page.action)


def routes(site: Site, open_context: OpenContext) -> list[ControllerRouterHandler]:
    """All handlers of the site, the static files included."""
    console = Console(site, open_context)
    handlers: list[ControllerRouterHandler] = [static_files()]
    if not any(page.path == "/" for page in site.pages):
        handlers.append(first_page_handler(console))
    for page in site.pages:
        match page:
            case TablePage():
                handlers += [list_handler(console, page), csv_handler(console, page)]
            case DetailPage():
                handlers.append(detail_handler(console, page))
            case FormPage():
                handlers += [opening_handler(console, page), sending_handler(console, page)]
    return handlers


def static_files() -> ControllerRouterHandler:
    """Our own files and the vendored ones, kept by browsers, since their addresses carry their hash."""
    return create_static_files_router(
        path="/static", directories=[STATIC], cache_control=None, include_in_schema=False, opt={"public": True}
    )


def first_page_handler(console: Console) -> HTTPRouteHandler:
    """GET /: each audience begins at the first entry of its rail."""

    async def begin(request: Request[Any, Any, Any]) -> Response[str]:
        ctx = await console.reader(request)
        if ctx is None:
            return sign_in_first(request)
        rail = (await console.chrome(ctx, None)).rail
        return go(request, rail[0].href) if rail else await console.missing(ctx)

    return get("/", name="console.first", include_in_schema=False)(begin)


def _path(declared: str) -> str:
    return re.sub(r"\{(\w+)\}", r"{\1:str}", declared)


def list_handler(console: Console, page: TablePage) -> HTTPRouteHandler:
    """GET of a list: its page, or its rows for HTMX."""

    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        ctx = await console.reader(request)
        if ctx is None:
            return sign_in_first(request)
        if not allowed(ctx, page):
            return await console.missing(ctx, page)
        query = query_of(raw_query(request), page.filter_names, page.sort, PAGE_SIZE)
        rows = await page.rows(ctx, query)
        fragment = bool(wants_fragment(request))
        chrome = render.Chrome() if fragment else await console.chrome(ctx, page)
        pills = await pills_of(ctx, page.filters)
        return console.shown(ctx, html(render.render_list(ctx, chrome, page, rows, query, pills, fragment=fragment)))

    return get(_path(page.path), name=f"console.{page.name}", include_in_schema=False)(show)


def csv_handler(console: Console, page: TablePage) -> HTTPRouteHandler:
    """GET of a list's file."""

    async def download(request: Request[Any, Any, Any]) -> Response[Any]:
        ctx = await console.reader(request)
        if ctx is None:
            return sign_in_first(request)
        if not allowed(ctx, page):
            return await console.missing(ctx, page)
        query = query_of(raw_query(request), page.filter_names, page.sort, PAGE_SIZE)
        headers = {
            **SECURITY,
            "Content-Disposition": f'attachment; filename="{page.name}.csv"',
            "Cache-Control": "no-store",
        }
        return Stream(csv_lines(ctx, page, query), media_type="text/csv; charset=utf-8", headers=headers)

    return get(f"{_path(page.path)}.csv", name=f"console.{page.name}.csv", include_in_schema=False)(download)


def detail_handler(console: Console, page: DetailPage) -> HTTPRouteHandler:
    """GET of one object: its page, or the element HTMX asks for."""

    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        ctx = await console.reader(request)
        if ctx is None:
            return sign_in_first(request)
        query = query_of(raw_query(request), page.filter_names, "", PAGE_SIZE)
        detail = await page.gather(ctx, ids_of(request), query) if allowed(ctx, page) else None
        if detail is None:
            return await console.missing(ctx, page)
        fragment = wants_fragment(request)
        chrome = render.Chrome() if fragment else await console.chrome(ctx, page, _reload(detail))
        pills = await pills_of(ctx, page.filters)
        return console.shown(ctx, html(render.render_detail(ctx, chrome, detail, query, pills, fragment=fragment)))

    return get(_path(page.path), name=f"console.{page.name}", include_in_schema=False)(show)


def _reload(detail: Detail) -> int:
    """Without script a page reloads while a run on it goes on."""
    every = (*detail.parts, *detail.side, *detail.under_tabs)
    return RUN_RELOAD_SECONDS if any(isinstance(each, Run) and each.running for each in every) else 0


async def _choices(ctx: Context, fields: Sequence[Field]) -> dict[str, Sequence[Option]]:
    return {each.name: await resolve(ctx, each.options) for each in fields if each.options}


def opening_handler(console: Console, page: FormPage) -> HTTPRouteHandler:
    """GET of a form: its page, its dialog, or the suggestions for one field."""

    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        ctx = await console.reader(request)
        if ctx is None:
            return sign_in_first(request)
        query = query_of(raw_query(request), (), "", PAGE_SIZE)
        opened = await page.opens(ctx, ids_of(request), query) if allowed(ctx, page) else None
        if opened is None:
            return await console.missing(ctx, page)
        if ctx.past:
            return await console.refused_past(ctx, page)
        if "suggest" in query.raw:
            return html(await _suggestions(ctx, page, query))
        state = render.FormState(page, opened, dict(opened.initial), await _choices(ctx, page.fields))
        fragment = wants_fragment(request)
        chrome = render.Chrome() if fragment else await console.chrome(ctx, page)
        return console.shown(ctx, html(render.render_form(ctx, chrome, state, fragment=fragment)))

    return get(_path(page.path), name=f"console.{page.name}", include_in_schema=False)(show)


async def _suggestions(ctx: Context, page: FormPage, query: Query) -> str:
    """Choices for what has been typed so far, at most twenty."""
    for asked in page.fields:
        if asked.name == query.raw["suggest"] and asked.suggest is not None:
            found = await asked.suggest(ctx, query.raw.get(asked.name, "").strip())
            return str(render.View(ctx).draw("bits/suggestions.html", options=found[:20]))
    return ""


def sending_handler(console: Console, page: FormPage) -> HTTPRouteHandler:
    """POST of a form: 303 when it holds, 422 with every error when not, 200 with a preview before it destroys."""

    async def send(request: Request[Any, Any, Any]) -> Response[str]:
        ctx = await console.reader(request)
        if ctx is None:
            return sign_in_first(request)
        query = query_of(raw_query(request), (), "", PAGE_SIZE)
        opened = await page.opens(ctx, ids_of(request), query) if allowed(ctx, page) else None
        if opened is None:
            return await console.missing(ctx, page)
        if ctx.past:
            return await console.refused_past(ctx, page)
        form = await request.form()
        options = await _choices(ctx, page.fields)
        answers = await read_answers(ctx, page, form, options)
        state = render.FormState(page, opened, answers.typed, options, answers.errors)
        if not compare_digest(str(form.get("csrf", "")).encode(), ctx.csrf.encode()):
            return await _again(console, request, ctx, replace(state, errors={"": ctx.text("form.expired")}), 403)
        if "check" in form:
            return _checked(ctx, state, str(form["check"]))
        return await _submitted(console, request, ctx, state, answers, str(form.get("token", "")))

    largest = SMALL_BODY + sum(each.longest for each in page.fields if each.kind == "file")
    return post(
        _path(page.path), name=f"console.{page.name}.send", include_in_schema=False, request_max_body_size=largest,
        status_code=200,
    )(send)  # fmt: skip


def _checked(ctx: Context, state: render.FormState, name: str) -> Response[str]:
    """One field, judged while the person still types the others."""
    asked = next((each for each in state.page.fields if each.name == name), None)
    if asked is None:
        return html("", 204)
    return html(render.render_field(ctx, state, asked), 422 if name in state.errors else 200)


async def _submitted(
    console: Console,
    request: Request[Any, Any, Any],
    ctx: Context,
    state: render.FormState,
    answers: Answers,
    token: str,
) -> Response[str]:
    if answers.errors:
        return await _again(console, request, ctx, state, 422)
    outcome = await state.page.submit(ctx, ids_of(request), answers.values, token)
    if isinstance(outcome, Done):
        return go(request, outcome.location, outcome.toast)
    if isinstance(outcome, Preview):
        return await _again(console, request, ctx, replace(state, preview=outcome), 200)
    errors = dict(outcome.errors) or ({} if outcome.parts else {"": ctx.text("form.unchanged")})
    return await _again(console, request, ctx, replace(state, errors=errors, parts=outcome.parts), 422)


async def _again(
    console: Console, request: Request[Any, Any, Any], ctx: Context, state: render.FormState, status: int
) -> Response[str]:
    """The form once more, with what was typed."""
    fragment = wants_fragment(request)
    chrome = render.Chrome() if fragment else await console.chrome(ctx, state.page)
    return html(render.render_form(ctx, chrome, state, fragment=fragment), status)


__all__ = ["SECURITY", "Console", "OpenContext", "Opened", "go", "html", "routes", "static_files"]
