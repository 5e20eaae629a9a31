"""Handlers for every declared page: lists with their files, details, forms; one rhythm, no domain.

`routes(site, open_context)` gives Litestar handlers. `open_context(request)` answers the reader's Context, or None
for who is not signed in. All works as links and forms; HTMX is answered with the fragment that the page includes.
"""

import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from hmac import compare_digest
from typing import Any, Final, TypeVar

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from api.console import render
from api.console.answers import Answers, read_answers
from api.console.assets import STATIC
from api.console.context import PAGE_SIZE, Context, Query
from api.console.controls import Option
from api.console.declare import Detail, DetailPage, Done, Field, Filter, FormPage, Preview, Site, TablePage
from api.console.files import csv_lines, named_tables, table_csv, tables_of
from api.console.links import query_of
from api.console.objects import Run
from api.console.parts import Table
from api.console.refusals import refusal_of
from api.console.serving import (
    SECURITY,
    Console,
    OpenContext,
    allowed,
    go,
    html,
    ids_of,
    raw_query,
    sign_in_first,
    wants_fragment,
)
from api.console.view import View
from governance.kernel.errors import BusinessError, Code, NotFound

T = TypeVar("T")
RUN_RELOAD_SECONDS: Final = 2
SMALL_BODY: Final = 1_000_000
FILE: Final = ".csv"


async def resolve(ctx: Context, options: Any) -> Sequence[Option]:
    """Choices as they are for this reader."""
    return options if isinstance(options, tuple) else await options(ctx)


async def found(gathering: Awaitable[T | None]) -> T | None:
    """What was gathered, None where the domain says that it is not there or not for this reader."""
    try:
        return await gathering
    except NotFound:
        return None


async def pills_of(ctx: Context, filters: Sequence[Filter]) -> list[render.Pill]:
    """The filters of a page with their choices."""
    return [render.Pill(each, await resolve(ctx, each.options)) for each in filters]


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
        path="/static", directories=[STATIC], cache_control=None, include_in_schema=False, opt={"no_caller": True}
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
        if "table" in query.raw:
            return await _table_file(console, ctx, page, named_tables((await page.rows(ctx, query)).above), query)
        headers = {
            **SECURITY,
            "Content-Disposition": f'attachment; filename="{page.name}.csv"',
            "Cache-Control": "no-store",
        }
        return Stream(csv_lines(ctx, page, query), media_type="text/csv", headers=headers)

    return get(f"{_path(page.path)}.csv", name=f"console.{page.name}.csv", include_in_schema=False)(download)


def detail_handler(console: Console, page: DetailPage) -> HTTPRouteHandler:
    """GET of one object: its page, or the element HTMX asks for; a run that has ended makes its page load anew."""

    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        ctx = await console.reader(request)
        if ctx is None:
            return sign_in_first(request)
        query = query_of(raw_query(request), page.filter_names, "", PAGE_SIZE)
        detail = await found(page.gather(ctx, ids_of(request), query)) if allowed(ctx, page) else None
        if detail is None:
            return await console.missing(ctx, page)
        if request.url.path.endswith(FILE):
            return await _table_file(console, ctx, page, tables_of(detail), query)
        fragment = wants_fragment(request)
        if fragment == "l-run" and not _reload(detail):
            return html("", **{"HX-Refresh": "true"})
        chrome = render.Chrome() if fragment else await console.chrome(ctx, page, _reload(detail))
        pills = await pills_of(ctx, page.filters)
        return console.shown(ctx, html(render.render_detail(ctx, chrome, detail, query, pills, fragment=fragment)))

    own = page.path.endswith("}")
    paths = [_path(page.path)] if own else [_path(page.path), f"{_path(page.path)}{FILE}"]
    return get(paths, name=f"console.{page.name}", include_in_schema=False)(show)


async def _table_file(
    console: Console, ctx: Context, page: TablePage | DetailPage, tables: Mapping[str, Table], query: Query
) -> Response[str]:
    """One table of a page as a file: the named one, else the first."""
    name = query.raw.get("table", "") or next(iter(tables), "")
    if name not in tables:
        return await console.missing(ctx, page)
    said = f'attachment; filename="{page.name}-{name}.csv"'
    headers = {**SECURITY, "Content-Disposition": said, "Cache-Control": "no-store"}
    return Response(table_csv(ctx, tables[name]), media_type="text/csv", headers=headers)


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
        opened = await found(page.opens(ctx, ids_of(request), query)) if allowed(ctx, page) else None
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
            return str(View(ctx).draw("bits/suggestions.html", options=found[:20]))
    return ""


def sending_handler(console: Console, page: FormPage) -> HTTPRouteHandler:
    """POST of a form: 303 when it holds, 422 with every error when not, 200 with a preview before it destroys."""

    async def send(request: Request[Any, Any, Any]) -> Response[str]:
        ctx = await console.reader(request)
        if ctx is None:
            return sign_in_first(request)
        query = query_of(raw_query(request), (), "", PAGE_SIZE)
        opened = await found(page.opens(ctx, ids_of(request), query)) if allowed(ctx, page) else None
        if opened is None:
            return await console.missing(ctx, page)
        if ctx.past:
            return await console.refused_past(ctx, page)
        form = await request.form()
        options = await _choices(ctx, page.fields)
        answers = await read_answers(ctx, page, form, options)
        state = render.FormState(page, opened, answers.typed, options, answers.errors)
        if not compare_digest(str(form.get("_csrf", "")).encode(), ctx.csrf.encode()):
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
    try:
        outcome = await state.page.submit(ctx, ids_of(request), answers.values, token)
    except NotFound:
        return await console.missing(ctx, state.page)
    except BusinessError as error:
        if error.code is Code.SIGN_IN_AGAIN:
            raise
        outcome = refusal_of(error, state.page.fields, ctx.locale)
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
